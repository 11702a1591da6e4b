"""What `status` says of a release in one sentence, word by word, and the command that it names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from castoff.core import standing_words as words
from castoff.core.observation import Observation, SeenPlace
from castoff.core.published import Unknown
from castoff.core.standing import rows_of, standing
from castoff.core.standing_case import Case
from tests.sights import (
    ASSETS,
    DAY,
    DRAFT,
    FILES,
    FREE,
    GIT,
    MAIN,
    OLD_MAIN,
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
SILENT = Unknown("nobody answers", silent=True)
TAGGED = replace(RELEASED, runs=(), files=(), releases=())
ANEW = "GitHub runs the workflow again for 30 days only, and they have passed"
STATUS, VERIFY = "castoff status --version 0.1.1", "castoff verify --version 0.1.1"


def case(seen: Observation, **changes: object) -> Case:
    """Return a release that is to be judged."""
    changed = replace(seen, **changes)
    return Case(changed, rows_of(changed))


def running(status: str, **changes: object) -> Case:
    """Return a release whose workflow is at work."""
    return case(TAGGED, runs=(replace(RUN, status=status, conclusion=None),), **changes)


def stopped_in(job: int, step: str | None = None, **changes: object) -> Case:
    """Return a release whose workflow has stopped in the job of this number."""
    return case(stopped(job, step, **changes))  # pyright: ignore[reportArgumentType]


def test_of_several_contradictions_the_first_is_told_and_the_others_are_counted() -> None:
    one = case(RELEASED, releases=(RELEASE, DRAFT))
    said = "2 releases of one tag: published 7, draft 8"
    assert words.contradicts(one) == f"contradicts itself: release v0.1.1: {said}"
    assert words.fix(one) == "gh api --method DELETE repos/owner/sample/releases/8"
    two = case(RELEASED, releases=(RELEASE, DRAFT), git=replace(GIT, tag_here=None, tag_there=None))
    assert words.contradicts(two) == (
        "contradicts itself: tag on origin v0.1.1: it is gone, though its workflow has run, "
        "and 0.1.1 is published all the same (and 1 more)"
    )
    assert words.fix(two) == "castoff release --version 0.1.2"


def test_what_could_not_be_seen_is_named_with_its_reason_and_no_more_than_three() -> None:
    shallow = replace(RIGHT_TAG, on_main=Unknown("shallow"))
    dark = case(RELEASED, git=replace(GIT, tag_there=shallow), files=Unknown("one"), releases=Unknown("two"), runs=GONE)
    said = "the index: one; the tag: shallow; the release on GitHub: two"
    assert words.unseen(dark) == f"cannot be judged: {said}"
    assert dark.blind[3:] == (("the workflow", GONE.reason),)


def test_a_command_that_shows_more_is_said_once_below_the_sentence() -> None:
    dark = case(RELEASED, files=Unknown("it is not installed", "pip install it"))
    assert words.unseen(dark) == "cannot be judged: the index: it is not installed"
    assert words.see_more(dark) == "pip install it"


def test_a_run_is_told_in_github_s_words() -> None:
    assert words.runs(running("in_progress_now")) == "is being released by the workflow (in progress now)"
    assert words.stopped(stopped_in(2, conclusion="timed_out_now")) == (
        "has stopped: the workflow ended with timed out now in job 'Sign with Sigstore'; nothing is published"
    )


@pytest.mark.parametrize("command", ["make preflight", "castoff check-tag", "invoke twine-check"])
def test_where_the_sources_are_at_fault_it_is_said_that_they_come_first(command: str) -> None:
    assert words.stopped(stopped_in(0, f"Run {command}")) == (
        "has stopped: the workflow ended with failure in job 'Check, build and inspect', "
        f"step 'Run {command}'; nothing is published: put it right on main first"
    )
    assert standing(stopped(0, f"Run {command}")).next == "castoff undo --version 0.1.1"


def test_what_is_on_the_index_of_a_stopped_release_is_said_with_the_time_that_is_left() -> None:
    half = stopped_in(3, "Run pypa/x", files=(file(WHEEL, ago=13 * DAY),))
    assert words.stopped_half_way(half) == (
        "has stopped: the workflow ended with failure in job 'Publish to PyPI', step 'Run pypa/x'; "
        "the index has files of it, and takes more for 1 day"
    )


def test_what_is_missing_is_named_and_no_more_than_three() -> None:
    bare = case(RELEASED, releases=(replace(DRAFT, assets=()),))
    assert words.in_pieces(bare) == (
        "is not whole: release v0.1.1: a draft: it is not published yet; "
        f"asset {WHEEL}: not attached yet; asset {SDIST}: not attached yet"
    )
    half = case(RELEASED, files=FILES[:1], releases=(DRAFT,))
    assert words.in_pieces(half) == (
        "is not whole: index sdist: there is no sdist; it can be added for 14 days; release v0.1.1: "
        f"a draft: it is not published yet; asset {SDIST}: not on the index yet, which may lag 10 minutes"
    )
    assert words.too_old(bare) == f"{words.in_pieces(bare)}; {ANEW}"


def test_a_release_is_called_yanked_when_all_of_it_is() -> None:
    newer = replace(GIT, under_way=Version("0.2.0"))
    yanked = tuple(replace(one, yanked=True) for one in FILES)
    assert words.released(case(RELEASED, files=yanked)) == "is released, and yanked"
    assert words.released(case(RELEASED, files=(yanked[0], FILES[1]))) == "is released"
    assert words.released(case(RELEASED, files=yanked, git=newer)) == "is released, and yanked; 0.2.0 is under way"


def test_where_nothing_is_known_of_a_run_nothing_is_made_up() -> None:
    assert words.runs(case(TAGGED)) == "is being released by the workflow ()"
    assert words.stopped(case(TAGGED)) == "has stopped: the workflow ended with ; nothing is published"
    untold = case(TAGGED, runs=(replace(RUN, conclusion=None),))
    assert words.stopped(untold) == words.stopped(case(TAGGED))
    assert words.approve(case(TAGGED)) == STATUS
    assert words.run_again(case(TAGGED)) == VERIFY


def test_failed_jobs_are_run_again_and_where_none_has_failed_all_of_them() -> None:
    assert words.run_again(stopped_in(2)) == "gh run rerun 5 --failed --repo owner/sample"
    assert words.run_again(case(RELEASED)) == "gh run rerun 5 --repo owner/sample"


def test_the_pages_to_open_are_named() -> None:
    assert words.approve(running("waiting")) == "open https://x/5 and approve it"
    trunk = case(FREE, git=replace(FREE.git, main=replace(MAIN, branch="trunk")))
    page = "https://github.com/owner/sample/compare/trunk...chore/release-0.1.1?expand=1"
    assert words.merge(trunk) == f"open {page} and merge it"
    assert words.merge(case(FREE, repository=GONE)) == "merge chore/release-0.1.1"
    assert words.merge(case(FREE, git=replace(FREE.git, main=GONE))) == "merge chore/release-0.1.1"


def test_main_is_released_at_its_own_version_where_that_is_higher() -> None:
    def at(version: str) -> Case:
        return case(FREE, git=replace(FREE.git, main=replace(OLD_MAIN, places=(SeenPlace("x", version),))))

    assert words.release_main(at("0.2.0")) == "castoff release --version 0.2.0"
    assert words.release_main(at("0.1.1")) == "castoff release --version 0.1.1"
    assert words.release_main(at("0.1.0")) == "castoff release --version 0.1.1"
    assert words.release_main(case(FREE, git=replace(FREE.git, main=GONE))) == "castoff release --version 0.1.1"


def test_a_shallow_clone_is_completed_before_anything_else() -> None:
    shallow = Unknown("this is a shallow clone", "git fetch --unshallow")
    blind = replace(GIT, tag_there=replace(RIGHT_TAG, holds=shallow))
    assert words.see_more(case(RELEASED, git=blind, releases=GONE, sees_drafts=False)) == "git fetch --unshallow"


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({"files": Unknown("it is not installed", "pip install it")}, "pip install it"),
        (
            {"git": replace(GIT, tag_there=Unknown("no remote", "git remote add origin URL"))},
            "git remote add origin URL",
        ),
        ({"releases": GONE, "sees_drafts": False}, f"GITHUB_TOKEN=$(gh auth token) {STATUS}"),
        ({"runs": GONE, "sees_drafts": False}, f"GITHUB_TOKEN=$(gh auth token) {STATUS}"),
        ({"releases": SILENT, "runs": SILENT, "sees_drafts": False}, STATUS),
        ({"releases": SILENT, "runs": GONE, "sees_drafts": False}, f"GITHUB_TOKEN=$(gh auth token) {STATUS}"),
        ({"releases": GONE}, STATUS),
        ({"releases": GONE, "sees_drafts": False, "repository": GONE}, STATUS),
        ({"releases": GONE, "sees_drafts": False, "git": replace(GIT, tag_there=None)}, STATUS),
        ({"files": GONE, "sees_drafts": False}, STATUS),
        ({"releases": (replace(RELEASE, assets=(replace(ASSETS[0], sha256=None), *ASSETS[1:])),)}, VERIFY),
        ({"files": (replace(FILES[0], sha256=None), FILES[1]), "releases": ()}, STATUS),
        (
            {"files": GONE, "releases": (replace(RELEASE, assets=(replace(ASSETS[0], sha256=None),)),)},
            STATUS,
        ),
    ],
)
def test_what_may_show_more_is_a_token_a_look_into_the_files_or_asking_again(
    changes: dict[str, object], command: str
) -> None:
    assert words.see_more(case(RELEASED, **changes)) == command
