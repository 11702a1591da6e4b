"""What is said of the files on the index, in each of their states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from packaging.version import Version

from castoff.core.published import PublishedFile, RunJob, Unknown, WorkflowRun
from castoff.core.row import Row, State
from castoff.core.rows_index import days_left, index_rows, lacking, next_release, run_succeeded
from tests.sights import (
    DAY,
    FILES,
    GIT,
    HOUR,
    NOW,
    OTHER,
    RELEASED,
    RUN,
    SDIST,
    WHEEL,
    digest,
    file,
)

GONE = Unknown("it cannot be reached")
MINUTE = timedelta(minutes=1)
RIGHT, MISSING, WRONG, UNKNOWN = State.RIGHT, State.MISSING, State.CONTRADICTORY, State.UNKNOWN
NEXT = "castoff release --version 0.1.2"
UPLOAD = RunJob("Publish to PyPI", "completed", "failure", "https://x/", NOW, started=NOW - HOUR)
NOT_TAGGED = replace(GIT, tag_here=None, tag_there=None)


def indexed(*files: PublishedFile, **changes: object) -> list[Row]:
    """Return the rows of the index."""
    return list(index_rows(replace(RELEASED, files=files, **changes)))


def test_each_file_is_told_and_its_provenance() -> None:
    known, bare = replace(FILES[0], size=2048), replace(FILES[1], yanked=True, provenance_url=None)
    assert indexed(known, bare) == [
        Row("index", WHEEL, RIGHT, f"2.0 KiB, sha256:{digest(WHEEL)[:10]}, 2026-03-20 11:00 UTC"),
        Row("index", SDIST, RIGHT, f"1 bytes, sha256:{digest(SDIST)[:10]}, 2026-03-20 11:00 UTC, yanked"),
        Row("provenance", WHEEL, RIGHT, "attested"),
        Row("provenance", SDIST, MISSING, "the index has none"),
    ]


def test_a_file_without_a_digest_cannot_be_judged() -> None:
    assert indexed(replace(FILES[0], sha256=None), FILES[1])[0] == Row(
        "index", WHEEL, UNKNOWN, "the index tells no SHA-256 of it"
    )


def test_an_index_that_does_not_answer_is_unknown() -> None:
    assert list(index_rows(replace(RELEASED, files=GONE))) == [Row("index", "", UNKNOWN, GONE.reason)]


def test_a_kind_of_file_that_is_missing_is_told_with_the_time_that_is_left() -> None:
    assert indexed(FILES[0])[1:2] == [Row("index", "sdist", MISSING, "there is no sdist; it can be added for 14 days")]
    old = [replace(one, uploaded=NOW - 14 * DAY) for one in FILES]
    before = {"runs": ()}
    said = "none can be added any more: 14 days have passed"
    assert indexed(old[1], **before)[1:2] == [Row("index", "wheel", MISSING, f"there is no wheel; {said}")]


@pytest.mark.parametrize(
    ("ago", "left"),
    [(timedelta(0), 14), (HOUR, 14), (13 * DAY, 1), (14 * DAY - MINUTE, 1), (14 * DAY, 0), (30 * DAY, 0)],
)
def test_a_day_that_has_begun_counts_among_those_that_are_left(ago: timedelta, left: int) -> None:
    files = (file(WHEEL, ago=timedelta(0)), file(SDIST, ago=ago), replace(FILES[0], uploaded=None))
    assert days_left(replace(RELEASED, files=files)) == left


def test_without_a_known_time_all_days_are_left() -> None:
    assert days_left(replace(RELEASED, files=(replace(FILES[0], uploaded=None),))) == 14
    assert days_left(replace(RELEASED, files=GONE)) == 14


def test_what_is_lacking_is_told_by_kind_and_a_stranger_is_of_none() -> None:
    assert lacking(RELEASED) == ()
    assert lacking(replace(RELEASED, files=FILES[:1])) == ("sdist",)
    assert lacking(replace(RELEASED, files=FILES[1:])) == ("wheel",)
    assert lacking(replace(RELEASED, files=(file("sample-0.1.1.zip"),))) == ("sdist", "wheel")


def test_an_empty_index_may_lag_behind_a_run_that_has_just_succeeded() -> None:
    def nothing(run: WorkflowRun | None) -> Row:
        (row,) = indexed(runs=(run,) if run else ())
        return row

    none = "no file of 0.1.1"
    late = f"{none}; the index may lag 10 minutes"
    assert nothing(None) == Row("index", "", MISSING, none)
    assert nothing(replace(RUN, conclusion="failure")) == Row("index", "", MISSING, none)
    assert nothing(replace(RUN, updated=NOW - 10 * MINUTE + timedelta(seconds=1))) == Row("index", "", MISSING, late)
    spent = f"{none}, though the workflow has published it; deleted names are spent for ever"
    assert nothing(replace(RUN, updated=NOW - 10 * MINUTE)) == Row("index", "", WRONG, spent, NEXT)


def test_a_run_has_succeeded_when_it_was_last_touched() -> None:
    assert run_succeeded(RELEASED) == RUN.updated
    assert run_succeeded(replace(RELEASED, runs=(replace(RUN, updated=None),))) == RUN.created
    assert run_succeeded(replace(RELEASED, runs=(replace(RUN, conclusion="failure"), RUN))) is None
    assert run_succeeded(replace(RELEASED, runs=())) is None


STRANGER = "it was there before the tag's workflow ran (2026-03-20 10:00 UTC); the name is spent"


def test_a_file_that_was_there_before_the_first_run_of_the_tag_is_a_stranger_s() -> None:
    early = file(WHEEL, ago=2 * HOUR + MINUTE)
    told = f"1 bytes, sha256:{digest(WHEEL)[:10]}, 2026-03-20 09:59 UTC"
    assert indexed(early, FILES[1])[0] == Row("index", WHEEL, WRONG, f"{told}: {STRANGER}", NEXT)
    later, first = replace(RUN, id=6, created=NOW - HOUR), replace(RUN, created=NOW - 3 * HOUR)
    assert indexed(early, runs=(later, first))[0].state is RIGHT  # of several runs the first counts


@pytest.mark.parametrize(
    "changes",
    [
        {"runs": GONE},
        {"runs": ()},
        {"runs": (replace(RUN, commit=OTHER),)},
        {"runs": (replace(RUN, created=None),)},
        {"git": NOT_TAGGED},
        {"git": replace(GIT, tag_there=GONE)},
    ],
)
def test_where_the_first_run_of_the_tag_is_not_known_no_file_is_called_a_stranger_s(changes: dict[str, object]) -> None:
    assert indexed(file(WHEEL, ago=30 * DAY), **changes)[0].state is RIGHT


def test_a_file_without_a_time_or_as_old_as_the_run_is_no_stranger_s() -> None:
    assert indexed(replace(FILES[0], uploaded=None))[0].state is RIGHT
    assert indexed(file(WHEEL, ago=2 * HOUR))[0].state is RIGHT


def test_a_file_that_came_while_the_workflow_ran_and_before_it_published_is_a_stranger_s() -> None:
    """Also when no job of it ever began to publish."""
    began = replace(UPLOAD, started=NOW - timedelta(minutes=30))
    told = f"1 bytes, sha256:{digest(WHEEL)[:10]}, 2026-03-20 11:00 UTC"
    late = "it was there before the tag's workflow began to publish (2026-03-20 11:30 UTC); the name is spent"
    assert indexed(FILES[0], uploads=(began,))[0] == Row("index", WHEEL, WRONG, f"{told}: {late}", NEXT)
    never = "no job of the tag's workflow has begun to publish; the name is spent"
    assert indexed(FILES[0], uploads=())[0] == Row("index", WHEEL, WRONG, f"{told}: {never}", NEXT)


def test_a_file_that_came_when_or_after_the_workflow_began_to_publish_is_right() -> None:
    assert indexed(FILES[0], uploads=(UPLOAD,))[0].state is RIGHT
    assert indexed(FILES[0], uploads=GONE)[0].state is RIGHT
    assert indexed(FILES[0], uploads=None)[0].state is RIGHT


def test_a_new_file_may_be_of_a_job_that_begins_at_this_moment() -> None:
    new = file(WHEEL, ago=MINUTE)
    at_work = replace(RUN, status="in_progress", conclusion=None)
    assert indexed(new, runs=(at_work,), uploads=())[0].state is RIGHT
    assert indexed(new, runs=(replace(RUN, conclusion="failure"),), uploads=())[0].state is WRONG


@pytest.mark.parametrize("changes", [{"runs": GONE}, {"runs": ()}, {"git": NOT_TAGGED}])
def test_where_no_run_of_the_tag_is_known_no_job_speaks_against_a_file(changes: dict[str, object]) -> None:
    assert indexed(FILES[0], uploads=(), **changes)[0].state is RIGHT


def test_after_a_spent_version_comes_the_next_patch_or_what_is_under_way_if_that_is_higher() -> None:
    assert next_release(RELEASED) == NEXT
    under_way = replace(RELEASED, git=replace(GIT, under_way=Version("0.2.0")))
    assert next_release(under_way) == "castoff release --version 0.2.0"
    lower = replace(RELEASED, git=replace(GIT, under_way=Version("0.1.2rc1")))
    assert next_release(lower) == NEXT
