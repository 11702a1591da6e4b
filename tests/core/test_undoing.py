"""What `undo` may take back: decided from what git, the index and GitHub say, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from castoff.core import undoing
from castoff.core.errors import CastoffError, Problem
from castoff.core.forge import Repository
from castoff.core.plan import Run
from castoff.core.published import RunJob, Unknown
from castoff.core.spent import SpentError
from castoff.core.undoing import Delete, DeleteDraft, Found, Outside, Ran, decide
from tests.sights import DRAFT, FILES, NOW, RELEASE, RUN

AGAIN, ANEW, NEXT = "castoff undo", "castoff release", "castoff release next"
TAG, BRANCH = "refs/tags/v0.1.1", "refs/heads/chore/release-0.1.1"
GONE = Unknown("it cannot be reached")
SHOWN = "the index may show a file late; ask again at"

NOTHING = Found(
    version=Version("0.1.1"),
    remote="origin",
    main="main",
    local_tag=None,
    remote_tag=None,
    local_branch=None,
    remote_branch=None,
    kept=(),
    on_branch=False,
    dirty=(),
    locked=(),
    main_holds=False,
    again=AGAIN,
    said_yes=f"{AGAIN} --yes",
    release=ANEW,
    following=NEXT,
)
TAGGED = replace(NOTHING, local_tag="a" * 40, remote_tag="b" * 40)
ALL = replace(TAGGED, local_branch="c" * 40, remote_branch="d" * 40)
QUIET = Outside(
    files=(),
    releases=(),
    runs=(),
    publishing=("Publish",),
    forge=Repository("owner", "sample"),
    token=True,
    manage_page="https://pages/sample",
    now=NOW,
)
UPLOAD = RunJob("Publish", "completed", "failure", "https://x/", NOW - timedelta(minutes=9))
FAILED = replace(RUN, conclusion="failure")


def ran(*jobs: RunJob, conclusion: str = "failure") -> Outside:
    """Return a world in which the workflow has ended, after these jobs."""
    return replace(QUIET, runs=(Ran(replace(RUN, conclusion=conclusion), jobs),))


def refused(found: Found, outside: Outside) -> tuple[Problem, ...]:
    """Return every reason why nothing is taken back."""
    with pytest.raises(CastoffError) as caught:
        decide(found, outside)
    return caught.value.problems


def test_everything_goes_the_outermost_first_and_each_only_while_it_is_what_it_was() -> None:
    plan = decide(ALL, replace(QUIET, releases=(DRAFT,)))
    assert plan.actions == (
        DeleteDraft(DRAFT),
        Delete(TAG, "b" * 40, "origin"),
        Delete(BRANCH, "d" * 40, "origin"),
        Delete(TAG, "a" * 40),
        Delete(BRANCH, "c" * 40),
    )
    assert (plan.stands, plan.notes) == ("nothing was published", ())


def test_a_branch_that_is_checked_out_is_left_first() -> None:
    here = replace(NOTHING, local_branch="c" * 40, on_branch=True)
    assert decide(here, QUIET).actions == (Run(("switch", "--quiet", "main")), Delete(BRANCH, "c" * 40))


def test_no_branch_is_left_when_none_is_deleted_here() -> None:
    assert decide(replace(NOTHING, remote_branch="d" * 40, on_branch=True), QUIET).actions == (
        Delete(BRANCH, "d" * 40, "origin"),
    )


def test_where_nothing_is_there_is_nothing_to_take_back() -> None:
    plan = decide(NOTHING, QUIET)
    assert (plan.stands, plan.actions) == ("there is nothing of 0.1.1 to take back", ())


def test_the_commands_of_git_name_the_object_that_is_meant_and_force_nothing_else() -> None:
    assert Delete(TAG, "b" * 40).args == ("update-ref", "-d", TAG, "b" * 40)
    assert Delete(TAG, "b" * 40, "origin").args == (
        "push",
        "--quiet",
        "--no-follow-tags",
        "--recurse-submodules=no",
        f"--force-with-lease={TAG}:{'b' * 40}",
        "origin",
        f":{TAG}",
    )


def test_a_file_on_the_index_makes_the_version_spent_whatever_else_is_there() -> None:
    world = replace(QUIET, files=FILES, runs=(Ran(FAILED, ()), Ran(RUN, ())))
    with pytest.raises(SpentError) as caught:
        decide(ALL, world)
    complete, yank, following = caught.value.ways
    assert "gh run rerun 5 --failed" in complete.how[0]  # the newest run has failed
    assert yank.how[0] == "open https://pages/sample"
    assert following.how == (NEXT,)
    assert caught.value.problems[0].fix == complete.how[:1]


def test_a_file_that_the_workflow_cannot_have_uploaded_is_not_completed_by_it() -> None:
    """As long as the jobs of every run are told."""
    skipped = replace(UPLOAD, conclusion="skipped")
    for job, why in ((skipped, "has begun to publish"), (replace(UPLOAD, started=NOW), "before the tag's workflow")):
        with pytest.raises(SpentError) as caught:
            decide(ALL, replace(ran(job), files=FILES))
        assert caught.value.problems[0].fix == (NEXT,)
        assert caught.value.ways[0].when.startswith(f"not by its workflow: {FILES[0].name}: ")
        assert why in caught.value.ways[0].when
    for runs in ((Ran(FAILED, (skipped,)), Ran(FAILED, GONE)), (Ran(FAILED, ()),)):
        with pytest.raises(SpentError) as caught:
            decide(ALL, replace(QUIET, files=FILES, runs=runs))
        assert "gh run rerun 5 --failed" in caught.value.ways[0].how[0]


def of_its_workflow(world: Outside) -> bool:
    """Return whether the files may be what the workflow has uploaded."""
    with pytest.raises(SpentError) as caught:
        decide(ALL, world)
    when = caught.value.ways[0].when
    assert when
    return not when.startswith("not by its workflow")


def test_a_job_that_cannot_upload_says_nothing_of_where_a_file_came_from() -> None:
    build = replace(UPLOAD, name="Build", started=NOW - timedelta(days=2))
    files = (replace(FILES[0], uploaded=NOW - timedelta(days=1)),)
    assert not of_its_workflow(replace(ran(build), files=files))
    assert of_its_workflow(replace(ran(build), files=files, publishing=None))  # any job may


def test_a_file_that_came_just_now_may_be_of_a_run_that_is_at_work() -> None:
    """Its job may have begun since its jobs were asked for."""
    waits = replace(UPLOAD, status="queued", conclusion=None)
    files = (replace(FILES[0], uploaded=NOW - timedelta(minutes=1)),)
    at_work = Ran(replace(RUN, status="in_progress", conclusion=None), (waits,))
    ended = Ran(FAILED, (waits,))
    assert of_its_workflow(replace(QUIET, files=files, runs=(ended, at_work)))
    assert not of_its_workflow(replace(QUIET, files=files, runs=(ended,)))


def test_a_file_on_the_index_is_told_with_the_runs_unknown_too() -> None:
    with pytest.raises(SpentError) as caught:
        decide(ALL, replace(QUIET, files=FILES, runs=GONE))
    assert "0.1.1 is spent" in str(caught.value)
    assert caught.value.ways[0].how == (
        "re-run the failed jobs on https://github.com/owner/sample/actions/workflows/release.yml",
    )


@pytest.mark.parametrize(("immutable", "said"), [(False, "is published: it"), (True, "is published and immutable: it")])
def test_a_published_release_stays_and_its_tag_under_it(*, immutable: bool, said: str) -> None:
    world = replace(QUIET, releases=(DRAFT, replace(RELEASE, immutable=immutable)))
    assert refused(ALL, world) == (
        Problem(f"the release v0.1.1 on GitHub {said} stays, and so does its tag (https://x/7)", fix=(NEXT,)),
    )


def test_a_run_that_is_not_over_has_to_be_cancelled_first() -> None:
    world = replace(QUIET, runs=(Ran(replace(RUN, status="queued", conclusion=None), ()),))
    said = "the workflow still runs for v0.1.1 (queued), and may publish at any moment: https://x/5"
    assert refused(NOTHING, world) == (Problem(said, fix=("gh run cancel 5 --repo owner/sample", AGAIN)),)
    assert refused(NOTHING, replace(world, forge=None)) == (Problem(said, fix=(AGAIN,)),)


DOUBT = "whether 0.1.1 was published cannot be known, so no tag is deleted; "


def test_a_tag_stays_while_something_cannot_be_known() -> None:
    """Every unknown thing is told, each with what may show it."""
    world = replace(QUIET, files=GONE, releases=Unknown("hidden"), runs=Unknown("hidden, too"), token=False)
    token = ('export GITHUB_TOKEN="$(gh auth token)"', AGAIN)
    problems = (
        Problem(f"{DOUBT}the index: it cannot be reached", fix=(AGAIN,)),
        Problem(f"{DOUBT}the releases on GitHub: hidden", fix=token),
        Problem(f"{DOUBT}the runs of the workflow: hidden, too", fix=token),
    )
    assert refused(TAGGED, world) == problems
    assert [one.fix for one in refused(TAGGED, replace(world, token=True))] == [(AGAIN,)] * 3
    silent = Unknown("no network", silent=True)
    unheard = replace(world, releases=silent, runs=silent)
    assert [one.fix for one in refused(TAGGED, unheard)] == [(AGAIN,)] * 3, "a token makes no network"
    unnamed = (f"GITHUB_REPOSITORY=OWNER/NAME {AGAIN}",)
    assert [one.fix for one in refused(TAGGED, replace(world, forge=None))] == [(AGAIN,), unnamed, unnamed]


def test_what_an_answer_itself_says_to_type_comes_before_the_same_command_again() -> None:
    world = replace(QUIET, files=Unknown("it is not installed", "pip install it"))
    assert refused(TAGGED, world) == (Problem(f"{DOUBT}the index: it is not installed", fix=("pip install it", AGAIN)),)


def test_of_a_tag_that_is_only_here_the_index_alone_must_be_known() -> None:
    """No run can have begun without a tag on the remote, and no release has it."""
    here = replace(TAGGED, remote_tag=None)
    hidden = replace(QUIET, releases=GONE, runs=GONE)
    assert decide(here, hidden).actions == (Delete(TAG, "a" * 40),)
    assert [one.what for one in refused(here, replace(hidden, files=GONE))] == [f"{DOUBT}the index: {GONE.reason}"]


def test_a_tag_that_is_only_on_the_remote_is_no_less_in_doubt() -> None:
    assert len(refused(replace(TAGGED, local_tag=None), replace(QUIET, releases=GONE))) == 1


def test_without_a_tag_there_is_no_doubt_and_what_could_not_be_seen_is_told() -> None:
    world = replace(QUIET, files=GONE, releases=GONE, runs=GONE)
    plan = decide(replace(NOTHING, remote_branch="d" * 40), world)
    assert plan.actions == (Delete(BRANCH, "d" * 40, "origin"),)
    page = "https://github.com/owner/sample/releases"
    assert plan.notes == (
        f"whether there is a draft cannot be known without a token (GITHUB_TOKEN): look at {page}",
        "what the index holds cannot be known: it cannot be reached",
    )


def test_a_draft_may_be_hidden_without_a_token_where_there_is_a_repository() -> None:
    hidden = replace(QUIET, token=False)
    assert len(decide(TAGGED, hidden).notes) == 1
    assert decide(TAGGED, replace(hidden, forge=None)).notes == ()


def test_what_stays_is_told() -> None:
    stays = replace(NOTHING, kept=("a branch stays",), main_holds=True)
    assert decide(stays, QUIET).notes == (
        "a branch stays",
        f"main holds 0.1.1, and keeps it; to tag it anew: {ANEW}",
    )


def test_while_the_index_may_lag_behind_a_job_that_uploads_the_tag_stays() -> None:
    """Until ten minutes after it has ended, told to the minute."""
    said = f"the job 'Publish' has run, and {SHOWN} 12:01 UTC"
    assert refused(TAGGED, ran(UPLOAD)) == (Problem(said, fix=(AGAIN,)),)
    ended = replace(UPLOAD, ended=NOW - timedelta(minutes=10))
    assert decide(TAGGED, ran(ended)).stands == "nothing was published"
    unended = replace(UPLOAD, ended=None)
    assert [one.what for one in refused(TAGGED, ran(unended))] == [
        f"the job 'Publish' has run, and {SHOWN} 10 minutes after it"
    ]


@pytest.mark.parametrize(
    ("name", "publishing", "doubted"),
    [
        ("Publish", ("Build", "Publish"), True),
        ("Publish (linux, 3.12)", ("Publish",), True),  # of a matrix
        ("Publisher", ("Publish",), False),
        ("Build", ("Publish",), False),
        ("Build", None, True),  # any job may upload
    ],
)
def test_a_job_that_may_have_uploaded_is_told_by_its_name(
    name: str, publishing: tuple[str, ...] | None, *, doubted: bool
) -> None:
    world = replace(ran(replace(UPLOAD, name=name)), publishing=publishing)
    if doubted:
        assert SHOWN in refused(TAGGED, world)[0].what
    else:
        assert decide(TAGGED, world).stands == "nothing was published"


def test_a_job_that_was_skipped_has_uploaded_nothing() -> None:
    assert decide(TAGGED, ran(replace(UPLOAD, conclusion="skipped"))).stands == "nothing was published"


SAYS_SO = (
    "the workflow says that it has published (https://x/5), and the index shows nothing of 0.1.1: "
    "a name that was used and deleted there is spent all the same"
)


def test_an_index_that_shows_nothing_is_not_believed_against_a_workflow_that_says_it_has_published() -> None:
    long_ago = replace(UPLOAD, ended=NOW - timedelta(days=1), conclusion="success")
    contradicted = (Problem(SAYS_SO, fix=(NEXT,)),)
    assert refused(TAGGED, ran(long_ago)) == contradicted
    assert refused(TAGGED, ran(conclusion="success")) == contradicted


def test_a_job_of_a_workflow_that_is_not_known_says_nothing_by_having_succeeded() -> None:
    build = replace(UPLOAD, ended=NOW - timedelta(days=1), conclusion="success")
    assert decide(TAGGED, replace(ran(build), publishing=None)).stands == "nothing was published"


def test_jobs_that_cannot_be_seen_are_a_doubt_and_the_next_run_is_looked_at_all_the_same() -> None:
    world = replace(QUIET, runs=(Ran(FAILED, Unknown("hidden")), Ran(replace(FAILED, id=4), (UPLOAD,))))
    hidden, late = refused(TAGGED, world)
    assert hidden == Problem(f"{DOUBT}the jobs of https://x/5: hidden", fix=(AGAIN,))
    assert SHOWN in late.what


def test_changes_on_the_branch_that_goes_are_not_lost() -> None:
    dirty = tuple(f"file-{number}" for number in range(7))
    here = replace(NOTHING, local_branch="c" * 40, on_branch=True, dirty=dirty)
    shown = "file-0, file-1, file-2, file-3, file-4"
    what = f"chore/release-0.1.1 is checked out, with changes that are not committed: {shown}"
    assert refused(here, QUIET) == (Problem(what, fix=("git stash --include-untracked", AGAIN)),)
    for harmless in (replace(here, on_branch=False), replace(here, local_branch=None), replace(here, dirty=())):
        assert decide(harmless, QUIET).stands


def test_a_lock_is_in_the_way_where_something_is_to_be_deleted_here() -> None:
    lock = Problem("another git is at work here", fix=("rm .git/index.lock",))
    for here in ("local_tag", "local_branch"):
        assert refused(replace(NOTHING, locked=(lock,), **{here: "c" * 40}), QUIET) == (lock,)
    assert decide(replace(NOTHING, locked=(lock,), remote_tag="b" * 40), QUIET).actions


def test_all_reasons_are_told_together() -> None:
    world = replace(
        QUIET, releases=(RELEASE,), runs=(Ran(replace(RUN, status="queued"), (replace(UPLOAD, ended=None),)),)
    )
    here = replace(ALL, on_branch=True, dirty=("x",), locked=(Problem("a lock"),))
    words = ("is published: it stays", "still runs", SHOWN, "says that it has published", "a lock", "is checked out")
    problems = refused(here, world)
    assert len(problems) == len(words)
    assert all(word in problem.what for word, problem in zip(words, problems, strict=True))


ANSWERS = st.sampled_from([(), GONE])


@given(
    st.builds(
        Outside,
        files=ANSWERS,
        releases=st.sampled_from([(), (DRAFT,), (RELEASE,), GONE]),
        runs=st.sampled_from([(), (Ran(RUN, ()),), (Ran(FAILED, ()),), (Ran(FAILED, (UPLOAD,)),), GONE]),
        publishing=st.sampled_from([None, ("Publish",)]),
        forge=st.sampled_from([None, Repository("owner", "sample")]),
        token=st.booleans(),
        manage_page=st.just(""),
        now=st.just(NOW),
    )
)
def test_no_tag_on_the_remote_goes_unless_it_is_known_that_nothing_was_published(outside: Outside) -> None:
    known = outside.files == () and outside.releases in ((), (DRAFT,)) and outside.runs in ((), (Ran(FAILED, ()),))
    if known:
        assert Delete(TAG, "b" * 40, "origin") in decide(TAGGED, outside).actions
    else:
        assert all(problem.fix for problem in refused(TAGGED, outside))


def test_acts_are_shown_with_what_is_typed_for_them() -> None:
    assert undoing.described(DeleteDraft(replace(DRAFT, assets=DRAFT.assets[:2]))) == [
        ("", "delete the draft of v0.1.1 on GitHub (sample-0.1.1-py3-none-any.whl, sample-0.1.1.tar.gz)"),
        ("dim", "       https://x/7"),
    ]
    assert "(no files)" in undoing.described(DeleteDraft(replace(DRAFT, assets=())))[0][1]
    assert undoing.described(Run(("switch", "--quiet", "my main"))) == [("", "run    git switch --quiet 'my main'")]
    there = Delete(BRANCH, "d" * 40, "origin")
    assert undoing.described(there) == [
        ("", "delete the branch chore/release-0.1.1 on origin (dddddddddd)"),
        ("dim", f"       git {' '.join(there.args)}"),
    ]
    assert undoing.described(Delete(TAG, "a" * 40)) == [
        ("", "delete the tag v0.1.1 here (aaaaaaaaaa)"),
        ("dim", f"       git update-ref -d {TAG} {'a' * 40}"),
    ]


def test_acts_are_data_for_scripts() -> None:
    assert undoing.as_data(DeleteDraft(replace(DRAFT, assets=DRAFT.assets[:1]))) == {
        "delete_draft": 8,
        "page": "https://x/7",
        "assets": ["sample-0.1.1-py3-none-any.whl"],
    }
    assert undoing.as_data(Run(("switch", "main"))) == {"run": ["git", "switch", "main"]}
    act = Delete(TAG, "b" * 40, "origin")
    assert undoing.as_data(act) == {"delete": TAG, "object": "b" * 40, "on": "origin", "run": ["git", *act.args]}
