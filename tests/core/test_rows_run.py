"""What is said of the workflow and its jobs, in each of their states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from castoff.core.observation import OnGit
from castoff.core.published import RunJob, Unknown, WorkflowRun
from castoff.core.row import Row, State
from castoff.core.rows_run import run_rows
from tests.sights import (
    COMMIT,
    DAY,
    FILES,
    GIT,
    NOW,
    OTHER,
    RELEASE,
    RELEASED,
    RIGHT_TAG,
    RUN,
)

GONE = Unknown("it cannot be reached")
MINUTE = timedelta(minutes=1)
RIGHT, MISSING, WRONG, UNKNOWN = State.RIGHT, State.MISSING, State.CONTRADICTORY, State.UNKNOWN
C, D = COMMIT[:10], OTHER[:10]
VERIFY, UNDO = "castoff verify --version 0.1.1", "castoff undo --version 0.1.1"
NOT_TAGGED = replace(GIT, tag_here=None, tag_there=None)


def ran(*runs: WorkflowRun, **changes: object) -> tuple[Row, ...]:
    """Return the rows of the workflow, of a release of which nothing is published."""
    said: dict[str, object] = {"files": (), "releases": (), **changes}
    return tuple(run_rows(replace(RELEASED, runs=runs, **said)))


def test_runs_and_jobs_that_cannot_be_seen_are_said_to_be_unknown() -> None:
    assert tuple(run_rows(replace(RELEASED, runs=GONE))) == (Row("workflow run", "", UNKNOWN, GONE.reason),)
    told = "success, attempt 1, https://x/5"
    assert ran(RUN, jobs=GONE) == (Row("workflow run", "5", RIGHT, told), Row("job", "", UNKNOWN, GONE.reason))


def test_that_there_is_no_run_is_said_with_the_reason() -> None:
    def none(**changes: object) -> Row:
        (row,) = ran(**changes)
        return row

    assert none() == Row("workflow run", "", MISSING, "none has started")
    assert none(git=NOT_TAGGED) == Row("workflow run", "", MISSING, "none, as there is no tag")
    assert none(files=FILES) == Row("workflow run", "", MISSING, "GitHub knows none: it forgets runs after a while")


@pytest.mark.parametrize(
    ("status", "conclusion", "row"),
    [
        ("completed", "success", (RIGHT, "success")),
        ("completed", "neutral", (RIGHT, "neutral")),
        ("completed", "timed_out_at_last", (MISSING, "timed out at last")),
        ("completed", None, (MISSING, "ended")),
        ("in_progress_now", None, (MISSING, "in progress now")),
    ],
)
def test_a_run_and_a_job_are_told_in_github_s_words(
    status: str, conclusion: str | None, row: tuple[State, str]
) -> None:
    job = RunJob("Sign", status, conclusion, "https://x/", NOW)
    rows = ran(
        replace(RUN, attempt=2, status=status, conclusion=conclusion), jobs=(job, replace(job, failed_step="a b"))
    )
    state, words = row
    assert rows == (
        Row("workflow run", "5", state, f"{words}, attempt 2, https://x/5"),
        Row("job", "Sign", state, words),
        Row("job", "Sign", state, f"{words} at step 'a b'"),
    )


def test_the_newest_run_is_the_one_that_is_told() -> None:
    assert [row.name for row in ran(RUN, replace(RUN, id=4))] == ["5"]


MOVED = replace(RUN, commit=OTHER)
WAS = f"was for commit {D}; the tag is on {C} now: it was moved; attempt 1, https://x/5"


def tag_made(ago: timedelta | None) -> OnGit:
    return replace(GIT, tag_there=replace(RIGHT_TAG, made=None if ago is None else NOW - ago))


@pytest.mark.parametrize("ago", [None, 5 * MINUTE, DAY])
def test_a_run_for_another_commit_contradicts(ago: timedelta | None) -> None:
    assert ran(MOVED, git=tag_made(ago)) == (Row("workflow run", "5", WRONG, WAS, UNDO),)


@pytest.mark.parametrize("out", [{"files": FILES}, {"releases": (RELEASE,)}, {"files": GONE}])
def test_a_run_for_another_commit_is_not_undone_where_something_is_or_may_be_published(out: dict[str, object]) -> None:
    assert ran(MOVED, **out)[0] == Row("workflow run", "5", WRONG, WAS, VERIFY)


def test_a_young_tag_may_wait_for_its_run_five_minutes() -> None:
    young = tag_made(5 * MINUTE - timedelta(seconds=1))
    said = f"was for {D}; that of the tag does not show yet"
    assert ran(MOVED, git=young) == (Row("workflow run", "5", MISSING, said),)
    assert ran(MOVED, git=young, files=FILES)[0].state is WRONG


def test_without_a_tag_the_run_is_told_as_it_is() -> None:
    assert ran(MOVED, git=NOT_TAGGED)[0].state is RIGHT
