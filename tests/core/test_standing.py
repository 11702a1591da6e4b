"""Where a release stands: every state that it can be in, with its sentence and the command that is to be typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from castoff.core.commands import Typed
from castoff.core.observation import Observation, SeenBranch, SeenMain, SeenPlace
from castoff.core.published import RunJob, Unknown
from castoff.core.row import Row, State
from castoff.core.standing import RULES, Outcome, rows_of, standing
from tests.sights import (
    ASSETS,
    BUNDLE,
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
    PLACES,
    RELEASE,
    RELEASED,
    RIGHT_TAG,
    RUN,
    SDIST,
    TAG,
    WHEEL,
    asset,
    file,
    stopped,
)

GONE = Unknown("it cannot be reached")
SHALLOW = Unknown("this is a shallow clone", "git fetch --unshallow")
RERUN = "gh run rerun 5 --failed --repo owner/sample"
RERUN_ALL = "gh run rerun 5 --repo owner/sample"
RELEASE_IT = "castoff release --version 0.1.1"
UNDO, VERIFY, AGAIN = (f"castoff {verb} --version 0.1.1" for verb in ("undo", "verify", "status"))
NEXT_ONE = "castoff release --version 0.1.2"
TAGGED = replace(RELEASED, runs=(), files=(), releases=())
NOT_TAGGED = replace(GIT, tag_here=None, tag_there=None)
YOUNG = replace(RIGHT_TAG, made=NOW - timedelta(minutes=1))
OLDER = replace(RUN, created=NOW - 40 * DAY)
ELSEWHERE = replace(RIGHT_TAG, object="b" * 40, commit=OTHER)

Expected = tuple[Observation, Outcome, str, str]


def running(status: str) -> Observation:
    """Return a release whose workflow is at work."""
    return replace(TAGGED, runs=(replace(RUN, status=status, conclusion=None),))


JOB = RunJob("", "completed", "failure", "https://x/", NOW)
STATES: dict[str, Expected] = {
    # before the tag
    "nothing is begun": (FREE, Outcome.WAITING, "is free", RELEASE_IT),
    "the bump is only here": (
        replace(FREE, git=replace(FREE.git, branch_here=COMMIT)),
        Outcome.WAITING,
        "is free",
        RELEASE_IT,
    ),
    "the bump is pushed": (
        replace(FREE, git=replace(FREE.git, branch_there=SeenBranch(COMMIT, merged=False))),
        Outcome.WAITING,
        "waits for the pull request",
        "open https://github.com/owner/sample/compare/main...chore/release-0.1.1?expand=1 and merge it",
    ),
    "the bump is merged": (replace(FREE, git=NOT_TAGGED), Outcome.WAITING, "is on main, and not tagged", RELEASE_IT),
    "the tag is only here": (
        replace(FREE, git=replace(GIT, tag_there=None)),
        Outcome.WAITING,
        "is on main, and not tagged",
        RELEASE_IT,
    ),
    "main has gone past it": (
        replace(FREE, git=replace(FREE.git, main=replace(OLD_MAIN, places=(SeenPlace("x", "0.2.0"),)))),
        Outcome.STOPPED,
        "main has gone past it",
        "castoff release --version 0.2.0",
    ),
    # the workflow
    "the tag was pushed just now": (
        replace(TAGGED, git=replace(GIT, tag_there=YOUNG, tag_here=YOUNG)),
        Outcome.UNDER_WAY,
        "its workflow does not show yet",
        AGAIN,
    ),
    "no workflow has started": (TAGGED, Outcome.STOPPED, "no workflow has started", UNDO),
    "it is queued": (running("queued"), Outcome.UNDER_WAY, "(queued)", AGAIN),
    "it runs": (running("in_progress"), Outcome.UNDER_WAY, "(in progress)", AGAIN),
    "it waits for a reviewer": (
        running("waiting"),
        Outcome.WAITING,
        "waits in the workflow for somebody to approve it",
        "open https://x/5 and approve it",
    ),
    "the checks fail on the tag": (
        stopped(0, "Run make preflight"),
        Outcome.STOPPED,
        "nothing is published: put it right on main first",
        UNDO,
    ),
    "the runner died in the first job": (stopped(0), Outcome.STOPPED, "nothing is published", RERUN),
    "the files do not install": (stopped(1, "Run make twine-check"), Outcome.STOPPED, "put it right on main", UNDO),
    "what was handed on is not found": (stopped(1, "Fetch dist/"), Outcome.STOPPED, "step 'Fetch dist/'", RERUN_ALL),
    "it is not found in a workflow of one's own": (
        stopped(2, "Run actions/download-artifact@v8"),
        Outcome.STOPPED,
        "nothing is published",
        RERUN_ALL,
    ),
    "signing fails": (stopped(2, "Run sigstore/x"), Outcome.STOPPED, "in job 'Sign with Sigstore'", RERUN),
    "the publisher is not configured": (stopped(3, "Run pypa/x"), Outcome.STOPPED, "nothing is published", RERUN),
    "a job has a name of two lines": (
        replace(stopped(0), jobs=(replace(JOB, name="two\nlines"),)),
        Outcome.STOPPED,
        "in job 'two\\nlines'",
        RERUN,
    ),
    "it was cancelled between two jobs": (
        stopped(2, conclusion="cancelled"),
        Outcome.STOPPED,
        "ended with cancelled",
        RERUN,
    ),
    "its jobs cannot be seen": (
        replace(stopped(2), jobs=GONE),
        Outcome.STOPPED,
        "has stopped: the workflow ended with failure; nothing is published",
        RERUN,
    ),
    "it stopped long ago": (
        replace(stopped(2), runs=(replace(OLDER, conclusion="failure"),)),
        Outcome.STOPPED,
        "",
        UNDO,
    ),
    # published in part
    "one of two files is on the index": (
        replace(
            stopped(3, "Run pypa/x", files=(file(WHEEL, ago=DAY),)),
            runs=(replace(RUN, conclusion="failure", created=NOW - DAY - HOUR),),
        ),
        Outcome.STOPPED,
        "the index has files of it, and takes more for 13 days",
        RERUN,
    ),
    "one of two files, and the time is over": (
        replace(
            stopped(3, files=(file(WHEEL, ago=15 * DAY),)),
            runs=(replace(RUN, conclusion="failure", created=NOW - 15 * DAY - HOUR),),
        ),
        Outcome.STOPPED,
        "can never be completed",
        NEXT_ONE,
    ),
    "the files for the release are not found": (
        stopped(4, "Fetch the bundles", files=FILES),
        Outcome.STOPPED,
        "the index has files of it",
        RERUN,
    ),
    "the files for the release are not found again": (
        replace(stopped(4, "Fetch the bundles", files=FILES), runs=(replace(RUN, conclusion="failure", attempt=2),)),
        Outcome.STOPPED,
        "the index has files of it",
        RERUN_ALL,
    ),
    "the release is not made": (stopped(4, files=FILES), Outcome.STOPPED, "in job 'GitHub release'", RERUN),
    "the release is a draft": (stopped(4, files=FILES, releases=(DRAFT,)), Outcome.STOPPED, "", RERUN),
    "the draft lacks files": (
        stopped(4, files=FILES, releases=(replace(DRAFT, assets=ASSETS[:1]),)),
        Outcome.STOPPED,
        "",
        RERUN,
    ),
    "a whole draft that nobody publishes": (
        replace(RELEASED, releases=(DRAFT,)),
        Outcome.STOPPED,
        "is a draft on GitHub that has every file",
        "gh release edit v0.1.1 --draft=false --repo owner/sample",
    ),
    "the workflow is done, and no release is there": (
        replace(RELEASED, releases=()),
        Outcome.STOPPED,
        "is not whole: release v0.1.1: there is none",
        "gh run rerun 5 --repo owner/sample",
    ),
    "a bundle is missing": (
        replace(RELEASED, releases=(replace(RELEASE, assets=ASSETS[:3]),)),
        Outcome.STOPPED,
        f"bundle {SDIST}{BUNDLE}: there is none",
        "gh run rerun 5 --repo owner/sample",
    ),
    "no release, and its run is too old": (
        replace(RELEASED, releases=(), runs=(OLDER,), git=replace(GIT, tag_there=RIGHT_TAG)),
        Outcome.STOPPED,
        "30 days only",
        VERIFY,
    ),
    "published a moment ago": (
        replace(RELEASED, files=(), releases=(), runs=(replace(RUN, updated=NOW - timedelta(minutes=2)),)),
        Outcome.UNDER_WAY,
        "the index may lag 10 minutes",
        AGAIN,
    ),
    # done
    "it is released": (RELEASED, Outcome.RELEASED, "sample 0.1.1 is released", ""),
    "it is released, and its run is forgotten": (replace(RELEASED, runs=()), Outcome.RELEASED, "is released", ""),
    "it is released, and runs cannot be seen": (replace(RELEASED, runs=GONE), Outcome.RELEASED, "is released", ""),
    "the last job failed when its work was done": (
        stopped(4, files=FILES, releases=(RELEASE,)),
        Outcome.RELEASED,
        "is released",
        "",
    ),
    "it is yanked": (
        replace(RELEASED, files=tuple(replace(one, yanked=True) for one in FILES)),
        Outcome.RELEASED,
        "is released, and yanked",
        "",
    ),
    "another is under way": (
        replace(RELEASED, git=replace(GIT, under_way=Version("0.2.0"))),
        Outcome.RELEASED,
        "is released; 0.2.0 is under way",
        "castoff status --version 0.2.0",
    ),
    # what cannot be known
    "the index does not answer": (replace(RELEASED, files=GONE), Outcome.UNKNOWN, f"the index: {GONE.reason}", AGAIN),
    "before the tag, too": (replace(FREE, files=GONE), Outcome.UNKNOWN, "cannot be judged", AGAIN),
    "GitHub does not answer": (replace(RELEASED, releases=GONE), Outcome.UNKNOWN, "the release on GitHub", AGAIN),
    "GitHub hides it without a token": (
        replace(RELEASED, releases=GONE, runs=GONE, jobs=GONE, sees_drafts=False),
        Outcome.UNKNOWN,
        "the release on GitHub",
        f"GITHUB_TOKEN=$(gh auth token) {AGAIN}",
    ),
    "the remote does not answer": (
        replace(RELEASED, git=replace(GIT, main=GONE, branch_there=GONE, tag_there=GONE)),
        Outcome.UNKNOWN,
        "the tag on origin",
        AGAIN,
    ),
    "the clone is shallow": (
        replace(RELEASED, git=replace(GIT, tag_there=replace(RIGHT_TAG, on_main=SHALLOW))),
        Outcome.UNKNOWN,
        SHALLOW.reason,
        "git fetch --unshallow",
    ),
    "GitHub tells no digest": (
        replace(RELEASED, releases=(replace(RELEASE, assets=(replace(ASSETS[0], sha256=None), *ASSETS[1:])),)),
        Outcome.UNKNOWN,
        f"asset {WHEEL}",
        VERIFY,
    ),
    "whose files they are is hidden": (
        stopped(3, files=FILES[:1], uploads=GONE),
        Outcome.UNKNOWN,
        f"the jobs of the workflow: {GONE.reason}",
        AGAIN,
    ),
    "what the workflow does is hidden": (
        replace(TAGGED, runs=GONE, jobs=GONE),
        Outcome.UNKNOWN,
        f"the workflow: {GONE.reason}",
        AGAIN,
    ),
    # what contradicts
    "an asset has other bytes": (
        replace(RELEASED, releases=(replace(RELEASE, assets=(asset(WHEEL, "other"), *ASSETS[1:])),)),
        Outcome.CONTRADICTORY,
        "other bytes than on the index",
        NEXT_ONE,
    ),
    "an asset of a draft has other bytes": (
        stopped(4, files=FILES, releases=(replace(DRAFT, assets=(asset(WHEEL, "other"), *ASSETS[1:])),)),
        Outcome.CONTRADICTORY,
        "other bytes than on the index",
        "gh release delete v0.1.1 --yes --repo owner/sample",
    ),
    "the index has a file that the published release lacks": (
        replace(RELEASED, files=(*FILES, file("sample-0.1.1-py2-none-any.whl"))),
        Outcome.CONTRADICTORY,
        "the index has it, and the published release does not",
        VERIFY,
    ),
    "the release has a file that the index lacks": (
        replace(RELEASED, files=FILES[:1]),
        Outcome.CONTRADICTORY,
        "the published release has it, and the index does not",
        "gh release delete v0.1.1 --yes --repo owner/sample",
    ),
    "two releases of one tag": (
        replace(RELEASED, releases=(RELEASE, DRAFT)),
        Outcome.CONTRADICTORY,
        "2 releases of one tag",
        "gh api --method DELETE repos/owner/sample/releases/8",
    ),
    "a final is marked as a pre-release": (
        replace(RELEASED, releases=(replace(RELEASE, prerelease=True),)),
        Outcome.CONTRADICTORY,
        "it is marked as a pre-release",
        "gh release edit v0.1.1 --prerelease=false --repo owner/sample",
    ),
    "files without a tag": (
        replace(RELEASED, git=NOT_TAGGED, runs=()),
        Outcome.CONTRADICTORY,
        "it was never pushed, and 0.1.1 is published all the same",
        NEXT_ONE,
    ),
    "files that were there before the workflow": (
        stopped(3, files=(file(SDIST, ago=3 * HOUR),)),
        Outcome.CONTRADICTORY,
        "it was there before the tag's workflow ran",
        NEXT_ONE,
    ),
    "a file came before the workflow could publish": (
        stopped(0, files=(file(SDIST),), uploads=()),
        Outcome.CONTRADICTORY,
        "no job of the tag's workflow has begun to publish",
        NEXT_ONE,
    ),
    "the job that publishes was run later than a file came": (
        stopped(3, files=(file(SDIST),), uploads=(replace(JOB, started=NOW - timedelta(minutes=9)),)),
        Outcome.CONTRADICTORY,
        "it was there before the tag's workflow began to publish",
        NEXT_ONE,
    ),
    "deleted from the index": (
        replace(RELEASED, files=(), releases=()),
        Outcome.CONTRADICTORY,
        "though the workflow has published it",
        NEXT_ONE,
    ),
    "the tag was moved": (
        replace(
            TAGGED, git=replace(GIT, tag_there=replace(ELSEWHERE, commit=COMMIT)), runs=(replace(RUN, commit=OTHER),)
        ),
        Outcome.CONTRADICTORY,
        "another tag than the one on origin",
        "git tag -d v0.1.1",
    ),
    "the run was for another commit": (
        replace(stopped(2), runs=(replace(RUN, commit=OTHER, conclusion="failure"),)),
        Outcome.CONTRADICTORY,
        "it was moved",
        UNDO,
    ),
    "the run was for another commit, and has published": (
        replace(RELEASED, runs=(replace(RUN, commit=OTHER),)),
        Outcome.CONTRADICTORY,
        "it was moved",
        VERIFY,
    ),
    "the tag is not on main": (
        replace(TAGGED, git=replace(GIT, tag_here=None, tag_there=replace(RIGHT_TAG, on_main=False))),
        Outcome.CONTRADICTORY,
        "that commit is not on main",
        UNDO,
    ),
    "the tag is on files that say another version": (
        replace(TAGGED, git=replace(GIT, tag_here=None, tag_there=replace(RIGHT_TAG, holds=False))),
        Outcome.CONTRADICTORY,
        "the files there do not say 0.1.1",
        UNDO,
    ),
    "a wrong tag that is only here": (
        replace(FREE, git=replace(FREE.git, tag_here=replace(RIGHT_TAG, on_main=False))),
        Outcome.CONTRADICTORY,
        "it was never pushed",
        "git tag -d v0.1.1",
    ),
    "the places disagree": (
        replace(FREE, git=replace(NOT_TAGGED, main=replace(MAIN, places=(*PLACES, SeenPlace("y", "0.1.0"))))),
        Outcome.CONTRADICTORY,
        "the places disagree",
        "castoff bump --version 0.1.1",
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_its_sentence_and_one_command(name: str) -> None:
    seen, outcome, sentence, command = STATES[name]
    stands = standing(seen)
    assert (stands.outcome, stands.next) == (outcome, command)
    assert sentence in stands.sentence


def test_every_rule_has_the_word_in_some_state() -> None:
    """No rule is there that nothing reaches."""
    from castoff.core.standing_case import Case

    used = {next(rule for rule in RULES if rule.applies(Case(seen, rows_of(seen)))) for seen, *_ in STATES.values()}
    assert used == set(RULES)


def test_a_candidate_that_is_marked_as_a_release_contradicts() -> None:
    candidate = replace(RELEASED, version=Version("0.1.1rc1"), files=(), runs=(), releases=(RELEASE,))
    assert "it is marked as a release, and 0.1.1rc1 is a candidate" in standing(candidate).sentence


def test_a_spent_candidate_is_followed_by_the_next_candidate() -> None:
    candidate = replace(FREE, version=Version("0.4.0rc1"), files=FILES)
    assert standing(candidate).next == "castoff release --version 0.4.0-rc2"


def test_verbs_are_make_targets_where_there_is_a_makefile() -> None:
    assert standing(replace(FREE, typed=Typed(make=True))).next == "make release VERSION=0.1.1"


def test_an_asset_that_the_index_does_not_show_yet_is_missing_for_ten_minutes_only() -> None:
    new = replace(RELEASE, published=NOW - timedelta(minutes=9))
    assert standing(replace(RELEASED, files=FILES[:1], releases=(new,))).outcome is not Outcome.CONTRADICTORY
    old = replace(RELEASE, published=NOW - timedelta(minutes=11))
    assert standing(replace(RELEASED, files=FILES[:1], releases=(old,))).outcome is Outcome.CONTRADICTORY


def test_a_tag_that_is_another_one_in_this_clone_contradicts_though_all_else_is_right() -> None:
    assert standing(replace(RELEASED, git=replace(GIT, tag_here=ELSEWHERE))).next == "git tag -d v0.1.1"


def row(seen: Observation, place: str) -> Row:
    return next(row for row in rows_of(seen) if row.place == place)


def test_the_days_that_are_left_are_counted_from_the_first_file() -> None:
    seen = replace(RELEASED, files=(file(WHEEL, ago=13 * DAY + HOUR),), releases=())
    assert [one.said for one in rows_of(seen) if one.name == "sdist"] == [
        "there is no sdist; it can be added for 1 day"
    ]


def test_a_squashed_bump_is_known_by_what_main_holds() -> None:
    squashed = replace(GIT, branch_there=SeenBranch(OTHER, merged=False))
    assert row(replace(RELEASED, git=squashed), "bump branch").state is State.RIGHT


def test_a_tag_says_whether_it_is_annotated_and_signed() -> None:
    assert row(RELEASED, "tag on origin").said == f"annotated, signed, on {COMMIT[:10]}, on main"
    light = replace(RIGHT_TAG, object=COMMIT, signed=False)
    assert row(replace(RELEASED, git=replace(GIT, tag_there=light)), "tag on origin").said.startswith("lightweight")


KNOWN = st.sampled_from(list(STATES.values())).map(lambda state: state[0])


@st.composite
def mixed(draw: st.DrawFn) -> Observation:
    """Draw an observation whose parts are from different states, or unknown."""
    git, runs, files, releases = (draw(KNOWN) for _ in range(4))
    hidden = [draw(st.booleans()) and draw(st.booleans()) for _ in range(3)]
    seen = replace(draw(KNOWN), git=git.git, runs=runs.runs, jobs=runs.jobs, files=files.files)
    seen = replace(seen, releases=releases.releases, sees_drafts=draw(st.booleans()))
    for part, hide in zip(("runs", "files", "releases"), hidden, strict=True):
        seen = replace(seen, **{part: GONE}) if hide else seen
    return seen


@given(mixed())
def test_whatever_is_seen_gets_one_sentence_and_nothing_that_contradicts_or_is_hidden_is_called_released(
    seen: Observation,
) -> None:
    stands = standing(seen)
    assert "\n" not in stands.sentence
    assert "\n" not in stands.next
    states = {one.state for one in stands.rows}
    assert (stands.outcome is Outcome.CONTRADICTORY) == (State.CONTRADICTORY in states)
    if isinstance(seen.files, Unknown) or isinstance(seen.releases, Unknown):
        assert stands.outcome is not Outcome.RELEASED
    if stands.outcome is Outcome.RELEASED:
        assert {one.state for one in stands.rows if one.place in ("asset", "bundle", "index")} == {State.RIGHT}
    elif stands.outcome is not Outcome.CONTRADICTORY:
        assert stands.next
    assert all(one.fix for one in stands.rows if one.state is State.CONTRADICTORY)


def test_the_first_rule_is_about_what_contradicts_and_the_last_applies_always() -> None:
    from castoff.core.standing_case import Case

    assert RULES[0].outcome is Outcome.CONTRADICTORY
    assert RULES[-1].applies(Case(RELEASED, ()))


def test_main_without_a_known_version_hides_nothing_else() -> None:
    computed = SeenMain("main", TAG, Unknown("the version is computed"), Unknown("the version is computed"))
    assert row(replace(RELEASED, git=replace(GIT, main=computed)), "main").state is State.UNKNOWN
