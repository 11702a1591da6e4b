"""A version that is on the index: what is said of it, and the three ways on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from packaging.version import Version

from castoff.core.errors import Problem
from castoff.core.forge import Repository
from castoff.core.spent import Spent, Way, spent
from tests.sights import DAY, HOUR, NOW, RUN, SDIST, WHEEL, file

NEXT = "castoff release --version 0.1.2"
FAILED = replace(RUN, conclusion="failure")
FACTS = Spent(
    version=Version("0.1.1"),
    files=(file(WHEEL, ago=DAY + HOUR), file(SDIST, ago=2 * DAY)),
    run=FAILED,
    forge=Repository("owner", "sample"),
    manage_page="https://pages/sample",
    following=NEXT,
    now=NOW,
)
RERUN = ("gh run rerun 5 --failed --repo owner/sample", "or re-run the failed jobs on https://x/5")


def complete(facts: Spent) -> Way:
    """Return the first way on."""
    return spent(facts).ways[0]


def came(ago: timedelta) -> Spent:
    """Return a version the one file of which came so long ago."""
    return replace(FACTS, files=(file(WHEEL, ago=ago),))


def test_what_is_there_is_told_with_the_time_of_its_first_file() -> None:
    said = f"0.1.1 is spent: the index has {WHEEL} and 1 more since 2026-03-18 12:00 UTC; nothing is taken back"
    assert spent(FACTS).problems == (Problem(said, fix=RERUN[:1]),)
    untold = replace(FACTS, files=(replace(FACTS.files[0], uploaded=None),))
    assert spent(untold).problems[0].what == f"0.1.1 is spent: the index has {WHEEL}; nothing is taken back"


def test_the_three_ways_are_told_and_are_data_for_scripts() -> None:
    error = spent(FACTS)
    when = "12 days left, until 2026-04-01 12:00 UTC"
    yank = "it should not be installed; whoever asks for exactly this version still gets it"
    reason = 'Options, Yank; the reason: "Released by mistake; use 0.1.2 or later."'
    assert error.ways == (
        Way("complete it", when, RERUN),
        Way("yank it", yank, ("open https://pages/sample", reason)),
        Way("release the next", "it is complete, or past mending", (NEXT,)),
    )
    assert error.data == {"ways": [{"what": way.what, "when": way.when, "how": way.how} for way in error.ways]}


def test_a_file_of_a_stranger_is_completed_by_no_command() -> None:
    first = complete(replace(FACTS, stranger=f"{WHEEL}: it was there before"))
    assert first == Way("complete it", f"not by its workflow: {WHEEL}: it was there before", ())


@pytest.mark.parametrize(
    ("ago", "left"),
    [
        (timedelta(0), "14 days left, until 2026-04-03 12:00 UTC"),
        (12 * DAY + HOUR, "1 day left, until 2026-03-22 11:00 UTC"),
        (13 * DAY, "1 day left, until 2026-03-21 12:00 UTC"),
        (13 * DAY + HOUR, "23 hours left, until 2026-03-21 11:00 UTC"),
        (14 * DAY - timedelta(minutes=119), "1 hour left, until 2026-03-20 13:59 UTC"),
        (14 * DAY - timedelta(minutes=1), "0 hours left, until 2026-03-20 12:01 UTC"),
    ],
)
def test_the_time_that_is_left_is_counted_from_the_first_file(ago: timedelta, left: str) -> None:
    assert complete(came(ago)).when == left
    assert spent(came(ago)).problems[0].fix == RERUN[:1]


@pytest.mark.parametrize("ago", [14 * DAY, 15 * DAY])
def test_after_fourteen_days_only_the_next_version_leads_on(ago: timedelta) -> None:
    assert complete(came(ago)) == Way("complete it", "too late: a release takes new files for 14 days", ())
    assert spent(came(ago)).problems[0].fix == (NEXT,)


def test_where_the_workflow_has_succeeded_nothing_is_missing() -> None:
    done = replace(FACTS, run=RUN)
    assert complete(done) == Way("complete it", "its workflow has succeeded: nothing is missing", ())
    assert spent(done).problems[0].fix == (NEXT,)


def test_a_time_that_cannot_be_known_is_not_over() -> None:
    untold = replace(FACTS, files=(replace(FACTS.files[0], uploaded=None),))
    when = "within 14 days of its first file, the time of which cannot be known"
    assert complete(untold) == Way("complete it", when, RERUN)
    assert spent(untold).problems[0].fix == RERUN[:1]


def test_a_run_that_is_not_over_is_waited_for() -> None:
    running = replace(FACTS, run=replace(RUN, status="in_progress", conclusion=None))
    when = "its workflow still runs; 12 days left, until 2026-04-01 12:00 UTC"
    assert complete(running) == Way("complete it", when, ("wait for https://x/5",))


def test_what_to_run_again_is_named_as_far_as_it_is_known() -> None:
    page = "https://github.com/owner/sample/actions/workflows/release.yml"
    when = "12 days left, until 2026-04-01 12:00 UTC"
    assert complete(replace(FACTS, run=None)) == Way("complete it", when, (f"re-run the failed jobs on {page}",))
    unnamed = Way("complete it", when, ("re-run the failed jobs of its workflow",))
    assert complete(replace(FACTS, forge=None)) == unnamed
    assert spent(replace(FACTS, run=None)).problems[0].fix == (f"re-run the failed jobs on {page}",)
