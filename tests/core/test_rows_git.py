"""What is said of main, the bump branch and the tag, in each of their states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from castoff.core.observation import OnGit, SeenBranch, SeenMain, SeenPlace, SeenTag
from castoff.core.published import Unknown
from castoff.core.row import Row, State
from castoff.core.rows_git import git_rows
from tests.sights import (
    COMMIT,
    DRAFT,
    FILES,
    GIT,
    MAIN,
    OLD_MAIN,
    OTHER,
    PLACES,
    RELEASE,
    RELEASED,
    RIGHT_TAG,
    RUN,
)

GONE = Unknown("it cannot be reached")
RIGHT, MISSING, WRONG, UNKNOWN = State.RIGHT, State.MISSING, State.CONTRADICTORY, State.UNKNOWN
C, D = COMMIT[:10], OTHER[:10]
VERIFY, UNDO, NEXT, DELETE_TAG = (
    "castoff verify --version 0.1.1",
    "castoff undo --version 0.1.1",
    "castoff release --version 0.1.2",
    "git tag -d v0.1.1",
)
BRANCH, VTAG = "chore/release-0.1.1", "v0.1.1"
NOT_TAGGED = replace(GIT, tag_here=None, tag_there=None)
SAYS_NEW = "pyproject.toml:project.version 0.1.1"


def on_git(git: OnGit, **changes: object) -> tuple[Row, ...]:
    """Return the rows of a release of which git has this, and nothing is published."""
    said: dict[str, object] = {"runs": (), "files": (), "releases": (), **changes}
    return tuple(git_rows(replace(RELEASED, git=git, **said)))


@pytest.mark.parametrize(
    ("main", "row"),
    [
        (GONE, Row("main", "", UNKNOWN, GONE.reason)),
        (SeenMain("trunk", COMMIT, GONE, None), Row("trunk", "", UNKNOWN, GONE.reason)),
        (MAIN, Row("main", "", RIGHT, f"{SAYS_NEW}, on {C}")),
        (
            replace(OLD_MAIN, places=(SeenPlace("a", "0.2.0"),), holding=COMMIT),
            Row("main", "", RIGHT, f"held 0.1.1 on {C}, holds 0.2.0 now"),
        ),
        (
            replace(OLD_MAIN, places=(SeenPlace("a", "0.2.0"),), holding=GONE),
            Row("main", "", UNKNOWN, "holds 0.2.0; it cannot be reached"),
        ),
        (OLD_MAIN, Row("main", "", MISSING, "holds 0.1.0: pyproject.toml:project.version 0.1.0")),
        (
            replace(MAIN, branch="trunk", places=(*PLACES, SeenPlace("y", "0.1.0"))),
            Row("trunk", "", WRONG, f"the places disagree: {SAYS_NEW}, y 0.1.0", "castoff bump --version 0.1.1"),
        ),
    ],
)
def test_main_says_what_it_holds(main: SeenMain | Unknown, row: Row) -> None:
    assert on_git(replace(NOT_TAGGED, main=main))[0] == row


@pytest.mark.parametrize(
    ("there", "here", "main", "row"),
    [
        (GONE, None, MAIN, (UNKNOWN, GONE.reason)),
        (None, None, MAIN, (RIGHT, "none on origin: the bump is on main")),
        (None, COMMIT, OLD_MAIN, (MISSING, f"here only, on {C}: it is not pushed")),
        (None, None, OLD_MAIN, (MISSING, "there is none")),
        (None, None, GONE, (MISSING, "there is none")),
        (SeenBranch(OTHER, merged=True), None, OLD_MAIN, (RIGHT, f"{D}, merged")),
        (SeenBranch(OTHER, merged=False), None, MAIN, (RIGHT, f"{D}, its bump is on main by another commit")),
        (SeenBranch(OTHER, merged=GONE), None, MAIN, (RIGHT, f"{D}, its bump is on main by another commit")),
        (SeenBranch(OTHER, merged=GONE), None, OLD_MAIN, (UNKNOWN, GONE.reason)),
        (SeenBranch(OTHER, merged=False), None, OLD_MAIN, (MISSING, f"{D}, pushed, and not merged yet")),
    ],
)
def test_the_bump_branch_says_whether_its_bump_is_on_main(
    there: SeenBranch | Unknown | None, here: str | None, main: SeenMain | Unknown, row: tuple[State, str]
) -> None:
    git = replace(NOT_TAGGED, main=main, branch_there=there, branch_here=here)
    assert on_git(git)[1] == Row("bump branch", BRANCH, *row)


LIGHT = replace(RIGHT_TAG, object=COMMIT, signed=False, made=None)
OFF_MAIN = replace(RIGHT_TAG, on_main=False)
OTHER_FILES = replace(RIGHT_TAG, holds=False)


@pytest.mark.parametrize(
    ("here", "there", "row"),
    [
        (None, RIGHT_TAG, (MISSING, "not in this clone")),
        (RIGHT_TAG, RIGHT_TAG, (RIGHT, f"annotated, signed, on {C}")),
        (replace(RIGHT_TAG, signed=False), None, (RIGHT, f"annotated, not signed, on {C}")),
        (replace(RIGHT_TAG, signed=GONE), None, (RIGHT, f"annotated, not signed, on {C}")),
        (LIGHT, LIGHT, (RIGHT, f"lightweight, on {C}")),  # that it is there says that it was pushed
        (LIGHT, GONE, (RIGHT, f"lightweight, on {C}")),
        (LIGHT, None, (WRONG, f"on {C}: it is a lightweight tag; it was never pushed", DELETE_TAG)),
        (OFF_MAIN, None, (WRONG, f"on {C}: that commit is not on main; it was never pushed", DELETE_TAG)),
        (OFF_MAIN, GONE, (RIGHT, f"annotated, signed, on {C}")),
        (OTHER_FILES, None, (WRONG, f"on {C}: the files there do not say 0.1.1; it was never pushed", DELETE_TAG)),
        (
            RIGHT_TAG,
            replace(RIGHT_TAG, object="b" * 40),
            (WRONG, f"on {C}: another tag than the one on origin, which is on the same commit", DELETE_TAG),
        ),
        (
            RIGHT_TAG,
            replace(RIGHT_TAG, object="b" * 40, commit=OTHER),
            (WRONG, f"on {C}: another tag than the one on origin, which is on {D}", DELETE_TAG),
        ),
    ],
)
def test_a_tag_here_is_right_unless_another_is_there_or_it_could_not_be_pushed(
    here: SeenTag | None, there: SeenTag | Unknown | None, row: tuple[State, str]
) -> None:
    assert on_git(replace(GIT, tag_here=here, tag_there=there))[2] == Row("tag here", VTAG, *row)


@pytest.mark.parametrize(
    ("there", "row"),
    [
        (GONE, (UNKNOWN, GONE.reason)),
        (None, (MISSING, "it is not pushed")),
        (RIGHT_TAG, (RIGHT, f"annotated, signed, on {C}, on main")),
        (LIGHT, (RIGHT, f"lightweight, on {C}, on main")),
        (OFF_MAIN, (WRONG, f"on {C}: that commit is not on main", UNDO)),
        (OTHER_FILES, (WRONG, f"on {C}: the files there do not say 0.1.1", UNDO)),
        (replace(RIGHT_TAG, on_main=GONE), (UNKNOWN, f"annotated, signed, on {C}; {GONE.reason}")),
        (replace(RIGHT_TAG, holds=GONE), (UNKNOWN, f"annotated, signed, on {C}; {GONE.reason}")),
    ],
)
def test_a_tag_on_the_remote_releases_the_version_or_it_is_said_why_not(
    there: SeenTag | Unknown | None, row: tuple[State, str]
) -> None:
    assert on_git(replace(GIT, tag_here=None, tag_there=there))[3] == Row("tag on origin", VTAG, *row)


@pytest.mark.parametrize("out", [{"files": FILES}, {"releases": (RELEASE,)}, {"files": GONE}, {"releases": GONE}])
def test_a_wrong_tag_is_undone_only_where_nothing_is_or_may_be_published(out: dict[str, object]) -> None:
    git = replace(GIT, tag_here=None, tag_there=OFF_MAIN)
    assert on_git(git, **out)[3].fix == VERIFY
    assert on_git(git, releases=(DRAFT,))[3].fix == UNDO


@pytest.mark.parametrize("out", [{"files": FILES}, {"releases": (RELEASE,)}])
def test_no_tag_contradicts_what_is_published(out: dict[str, object]) -> None:
    after = "and 0.1.1 is published all the same"
    never, gone = f"it was never pushed, {after}", f"it is gone, though its workflow has run, {after}"
    assert on_git(NOT_TAGGED, **out)[3] == Row("tag on origin", VTAG, WRONG, never, NEXT)
    assert on_git(NOT_TAGGED, runs=(RUN,), **out)[3] == Row("tag on origin", VTAG, WRONG, gone, NEXT)


def test_a_draft_without_a_tag_contradicts_nothing() -> None:
    assert on_git(NOT_TAGGED, releases=(DRAFT,))[3].state is MISSING
