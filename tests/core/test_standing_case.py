"""The questions that the rules of `status` ask of a release."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from castoff.core.observation import Observation, SeenBranch, SeenPlace
from castoff.core.published import RunJob, Unknown
from castoff.core.standing import Outcome, rows_of, standing
from castoff.core.standing_case import Case
from tests.sights import (
    ASSETS,
    COMMIT,
    DAY,
    DRAFT,
    FILES,
    FREE,
    GIT,
    HOUR,
    MAIN,
    NOW,
    OLD_MAIN,
    OTHER,
    RELEASE,
    RELEASED,
    RIGHT_TAG,
    RUN,
    SDIST,
    WHEEL,
    file,
    stopped,
)

GONE = Unknown("it cannot be reached")
TAGGED = replace(RELEASED, runs=(), files=(), releases=())
MINUTE = timedelta(minutes=1)
JOB = RunJob("Sign", "completed", "failure", "https://x/", NOW)


def case(seen: Observation, **changes: object) -> Case:
    """Return a release that is to be judged."""
    changed = replace(seen, **changes)
    return Case(changed, rows_of(changed))


def running(status: str) -> Case:
    """Return a release whose workflow is at work."""
    return case(TAGGED, runs=(replace(RUN, status=status, conclusion=None),))


def young(ago: timedelta) -> Case:
    """Return a release whose tag was made so long ago, and nothing has happened since."""
    return case(TAGGED, git=replace(GIT, tag_there=replace(RIGHT_TAG, made=NOW - ago)))


def stopped_in(job: int, step: str | None = None, **changes: object) -> Case:
    """Return a release whose workflow has stopped in the job of this number."""
    return case(stopped(job, step, **changes))  # pyright: ignore[reportArgumentType]


def test_without_a_tag_on_the_remote_no_run_counts() -> None:
    """A run of a tag that was deleted says nothing of the one to come."""
    gone = replace(GIT, tag_here=None, tag_there=None)
    for status in ("waiting", "queued", "completed"):
        run = replace(RUN, status=status, conclusion="failure" if status == "completed" else None)
        alone = case(FREE, git=gone, runs=(run,))
        assert not any((alone.waits_for_approval, alone.runs, alone.has_run, alone.stopped))
        assert not any((alone.is_released, alone.is_finished_draft, alone.just_published, alone.too_late))
        assert standing(alone.seen).outcome is Outcome.WAITING


@pytest.mark.parametrize("status", ["waiting", "action_required"])
def test_a_run_waits_for_approval_in_either_of_github_s_words(status: str) -> None:
    waits = running(status)
    assert (waits.waits_for_approval, waits.runs, waits.has_run, waits.stopped) == (True, True, True, False)


def test_a_run_that_is_over_is_no_longer_at_work() -> None:
    over = stopped_in(2)
    assert (over.waits_for_approval, over.runs, over.has_run, over.stopped) == (False, False, True, True)
    done = case(RELEASED)
    assert (done.runs, done.has_run, done.stopped) == (False, True, False)
    none = case(TAGGED)
    assert (none.runs, none.has_run, none.stopped) == (False, False, False)


@pytest.mark.parametrize("fine", ["success", "neutral", "skipped", None])
def test_the_first_job_that_ended_otherwise_than_well_is_the_failed_one(fine: str | None) -> None:
    jobs = (replace(JOB, name="a", conclusion=fine), JOB, replace(JOB, name="c"))
    assert case(TAGGED, jobs=jobs).failed_job == JOB
    assert case(TAGGED, jobs=jobs[:1]).failed_job is None
    assert case(TAGGED, jobs=GONE).failed_job is None


def test_a_run_can_be_run_again_for_thirty_days() -> None:
    def started(ago: timedelta | None) -> Case:
        return case(RELEASED, runs=(replace(RUN, created=None if ago is None else NOW - ago),))

    assert not started(30 * DAY - MINUTE).too_old_to_run_again
    assert started(30 * DAY).too_old_to_run_again
    assert started(None).too_old_to_run_again
    assert not case(RELEASED, runs=()).too_old_to_run_again


def test_what_was_published_within_ten_minutes_may_not_show_yet() -> None:
    def done(ago: timedelta, **changes: object) -> Case:
        return case(RELEASED, **{"files": FILES[:1], "runs": (replace(RUN, updated=NOW - ago),), **changes})

    assert done(10 * MINUTE - timedelta(seconds=1)).just_published
    assert not done(10 * MINUTE).just_published
    assert done(MINUTE, files=FILES, releases=(replace(DRAFT, assets=ASSETS[:1]),)).just_published
    assert not done(MINUTE, files=FILES).just_published  # nothing is missing
    bundle = done(MINUTE, files=FILES, releases=(replace(RELEASE, assets=ASSETS[:3]),))
    assert not bundle.just_published  # the index does not bring bundles
    assert not case(RELEASED, files=FILES[:1], runs=(replace(RUN, conclusion="failure"),)).just_published


def test_it_is_too_late_only_for_an_index_that_lacks_files_and_takes_no_more() -> None:
    before = {"runs": ()}
    half = (file(WHEEL, ago=14 * DAY),)
    assert case(RELEASED, files=half, **before).too_late
    assert not case(RELEASED, files=(file(WHEEL, ago=14 * DAY - HOUR),), **before).too_late
    assert not case(RELEASED, files=(*half, file(SDIST)), **before).too_late
    assert not case(RELEASED, files=(), **before).too_late


def test_a_release_is_whole_with_every_file_everywhere() -> None:
    assert case(RELEASED).is_released
    assert not case(RELEASED, files=()).is_released
    assert not case(RELEASED, files=FILES[:1]).is_released
    assert not case(RELEASED, releases=(replace(RELEASE, assets=ASSETS[:3]),)).is_released  # a bundle
    assert not case(RELEASED, releases=(DRAFT,)).is_released
    assert not case(RELEASED, releases=()).is_released
    assert case(RELEASED, files=tuple(replace(one, provenance_url=None) for one in FILES)).is_released


def test_a_finished_draft_lacks_nothing_but_to_be_published() -> None:
    assert case(RELEASED, releases=(DRAFT,)).is_finished_draft
    assert not case(RELEASED, releases=(replace(DRAFT, assets=ASSETS[:2]),)).is_finished_draft
    assert not case(RELEASED).is_finished_draft
    assert not case(RELEASED, releases=()).is_finished_draft
    assert not stopped_in(4, files=FILES, releases=(DRAFT,)).is_finished_draft  # it is run again instead


def test_a_tag_may_wait_five_minutes_for_its_run() -> None:
    assert young(5 * MINUTE - timedelta(seconds=1)).awaits_run
    assert not young(5 * MINUTE).awaits_run
    assert not case(FREE).awaits_run


def test_what_is_on_main_in_review_or_passed_by_is_told_apart() -> None:
    def told(main: object, there: object = None) -> tuple[bool, bool, bool]:
        one = case(FREE, git=replace(FREE.git, main=main, branch_there=there))  # pyright: ignore[reportArgumentType]
        return one.is_on_main, one.in_review, one.is_passed_by

    assert told(OLD_MAIN) == (False, False, False)
    assert told(OLD_MAIN, SeenBranch(OTHER, merged=False)) == (False, True, False)
    assert told(OLD_MAIN, GONE) == (False, False, False)
    assert told(MAIN) == (True, False, True)
    assert told(replace(OLD_MAIN, places=(SeenPlace("x", "0.1.2"),))) == (False, False, True)
    assert told(replace(OLD_MAIN, places=(SeenPlace("x", "0.1.2"),), holding=COMMIT)) == (True, False, True)
    assert told(replace(OLD_MAIN, places=(SeenPlace("x", "1"), SeenPlace("y", "2")))) == (False, False, False)
    assert told(GONE) == (False, False, False)


def test_what_has_to_be_seen_depends_on_how_far_the_release_has_come() -> None:
    """Without a tag nothing on GitHub matters, and of a finished release its runs no longer do."""
    before = case(FREE, releases=GONE, runs=GONE)
    assert before.blind == ()
    assert case(FREE, git=replace(FREE.git, tag_there=GONE), files=GONE).blind == (
        ("the tag on origin", GONE.reason),
        ("the index", GONE.reason),
    )
    assert case(RELEASED, runs=GONE).blind == ()
    assert case(RELEASED, runs=GONE, releases=()).blind == (("the workflow", GONE.reason),)


def test_files_that_cannot_be_compared_are_what_is_not_seen() -> None:
    untold = replace(RELEASE, assets=(replace(ASSETS[0], sha256=None), *ASSETS[1:]))
    assert case(RELEASED, releases=(untold,)).blind == ((f"asset {WHEEL}", "its SHA-256 is not told"),)
    bare = (replace(FILES[0], sha256=None), FILES[1])
    assert case(RELEASED, files=bare).blind[0] == (f"index {WHEEL}", "the index tells no SHA-256 of it")


def test_outcomes_that_are_good_or_final_are_few() -> None:
    assert {one for one in Outcome if one.good} == {Outcome.RELEASED, Outcome.UNDER_WAY, Outcome.WAITING}
    assert {one for one in Outcome if one.final} == {Outcome.RELEASED, Outcome.STOPPED, Outcome.CONTRADICTORY}
