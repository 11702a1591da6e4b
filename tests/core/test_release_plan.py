"""What the next right thing of a release is, decided from facts alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from castoff.core.bumping import FileChange, LineChange
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.forge import Repository
from castoff.core.plan import Action, Plan, Push, Run, Write, as_data, described
from castoff.core.release import BranchFact, Facts, TagFact, decide, tag_plan
from tests.strategies import bounded

MAIN, BUMP, OTHER = "a" * 40, "b" * 40, "c" * 40
CHANGE = FileChange(
    "pyproject.toml",
    b'version = "0.4.0"\n',
    b'version = "0.5.0"\n',
    (LineChange(Location("pyproject.toml", 3), 'version = "0.4.0"', 'version = "0.5.0"'),),
)
RIGHT = TagFact(object=OTHER, commit=MAIN, right=True)
LIGHT = TagFact(object=MAIN, commit=MAIN, right=True)
WRONG = TagFact(object=OTHER, commit=BUMP, right=False)
OURS = BranchFact(commit=BUMP, ours=True, holds=True)
EMPTY = BranchFact(commit=MAIN, ours=True, holds=False)
THEIRS = BranchFact(commit=OTHER, ours=False, holds=False)


def facts(**changed: Any) -> Facts:  # noqa: ANN401 - each field has a type of its own
    """Return the facts of a project at 0.4.0 on a clean main, level with the remote; `changed` says what differs."""
    clean = Facts(
        name="demo",
        version=Version("0.5.0"),
        remote="origin",
        repository=Repository("o", "demo"),
        main="main",
        remote_main=MAIN,
        main_version=Version("0.4.0"),
        holding=None,
        after_holding=0,
        head_branch="main",
        head=MAIN,
        local_main=MAIN,
        behind=False,
        diverged=False,
        main_elsewhere=None,
        bump_on_main=False,
        unrelated=(),
        submodules=(),
        unfinished=None,
        unwritable=(),
        tag_locked=(),
        identity=None,
        signing=None,
        tag_signing=None,
        newest_tag=Version("0.4.0"),
        local_tag=None,
        remote_tag=None,
        local_branch=None,
        remote_branch=None,
        changes=(CHANGE,),
        notes=(),
        again="make release VERSION=0.5.0",
        undo="make undo VERSION=0.5.0",
    )
    return clean._replace(**changed)


def commands(plan: Plan) -> list[str]:
    """Return each action in short: the git command's first words, or `write`."""
    return ["write" if isinstance(action, Write) else " ".join(_words(action)) for action in plan.actions]


def _words(action: Run | Push) -> list[str]:
    return [word for word in action.args if word not in ("--quiet", "--no-follow-tags", "--recurse-submodules=no")]


SWITCH_NEW = "switch --no-track --create chore/release-0.5.0"
COMMIT = "commit --only --message chore(release): bump to 0.5.0 -- pyproject.toml"
PUSH_BRANCH = "push origin refs/heads/chore/release-0.5.0:refs/heads/chore/release-0.5.0"
PUSH_TAG = "push origin refs/tags/v0.5.0:refs/tags/v0.5.0"
PUSH_BOTH = "push --atomic origin refs/heads/main:refs/heads/main refs/tags/v0.5.0:refs/tags/v0.5.0"
HOME = "switch main"
ON_BRANCH: dict[str, object] = {"local_branch": OURS, "head_branch": "chore/release-0.5.0", "head": BUMP}
MERGED: dict[str, object] = {"holding": MAIN, "main_version": Version("0.5.0")}


def tag(commit: str) -> str:
    """Return the command that makes the tag."""
    return f"tag --annotate --message demo 0.5.0 v0.5.0 {commit}"


@pytest.mark.parametrize(
    ("changed", "direct", "stage", "expected"),
    [
        pytest.param({}, False, "bump", [SWITCH_NEW, "write", COMMIT, PUSH_BRANCH, HOME], id="nothing-done-yet"),
        pytest.param(
            {"local_branch": EMPTY},
            False,
            "bump",
            ["switch chore/release-0.5.0", "write", COMMIT, PUSH_BRANCH, HOME],
            id="branch-made-and-left",
        ),
        pytest.param(
            {"local_branch": EMPTY, "head_branch": "chore/release-0.5.0"},
            False,
            "bump",
            ["write", COMMIT, PUSH_BRANCH, HOME],
            id="branch-made-and-on-it",
        ),
        pytest.param(ON_BRANCH, False, "bump", [PUSH_BRANCH, HOME], id="committed-and-not-pushed"),
        pytest.param({"local_branch": OURS}, False, "bump", [PUSH_BRANCH], id="committed-and-gone-home"),
        pytest.param({"local_branch": OURS, "remote_branch": OURS}, False, "review", [], id="pushed"),
        pytest.param({"remote_branch": OURS}, False, "review", [], id="pushed-by-somebody-else"),
        pytest.param(
            {"remote_branch": OURS, "head_branch": "work", "behind": True, "unrelated": ("x",)},
            False,
            "review",
            [],
            id="pushed-and-working-on-something-else",
        ),
        pytest.param(MERGED, False, "tag", [tag(MAIN), PUSH_TAG], id="merged"),
        pytest.param({**MERGED, "remote_branch": OURS}, False, "tag", [tag(MAIN), PUSH_TAG], id="merged-branch-kept"),
        pytest.param({**MERGED, "local_tag": RIGHT}, False, "tag", [PUSH_TAG], id="tagged-and-not-pushed"),
        pytest.param({**MERGED, "holding": OTHER}, False, "tag", [tag(OTHER), PUSH_TAG], id="merged-some-time-ago"),
        pytest.param(
            {**MERGED, "unrelated": ("x",), "head_branch": "work", "behind": True},
            False,
            "tag",
            [tag(MAIN), PUSH_TAG],
            id="merged-and-working-on-something-else",
        ),
        pytest.param({**MERGED, "remote_tag": RIGHT}, False, "released", [], id="released"),
        pytest.param({"remote_tag": RIGHT}, False, "released", [], id="released-and-main-has-moved-on"),
        pytest.param({}, True, "bump", ["write", COMMIT, tag("HEAD"), PUSH_BOTH], id="direct-nothing-done-yet"),
        pytest.param(
            {"bump_on_main": True, "local_main": BUMP, "head": BUMP},
            True,
            "bump",
            [tag("HEAD"), PUSH_BOTH],
            id="direct-committed",
        ),
        pytest.param(
            {"bump_on_main": True, "local_main": BUMP, "head": BUMP, "local_tag": TagFact(OTHER, BUMP, right=True)},
            True,
            "bump",
            [PUSH_BOTH],
            id="direct-committed-and-tagged",
        ),
        pytest.param({**MERGED}, True, "tag", [tag(MAIN), PUSH_TAG], id="direct-pushed-without-its-tag"),
    ],
)
def test_the_next_right_thing_follows_from_where_the_release_stands(
    changed: dict[str, object], direct: bool, stage: str, expected: list[str]
) -> None:
    plan = decide(facts(**changed), direct=direct)
    assert (plan.stage, commands(plan)) == (stage, expected)
    assert plan.stands
    assert plan.done
    assert plan.next


@pytest.mark.parametrize(
    ("changed", "said", "fix"),
    [
        pytest.param({"main_version": Version("0.5.0")}, "0.5.0 already", None, id="the-version-that-there-is"),
        pytest.param({"main_version": Version("0.6.0")}, "lower than the version now", None, id="a-lower-version"),
        pytest.param({"newest_tag": Version("0.5.0")}, "does not come after 0.5.0", None, id="tagged-once-before"),
        pytest.param({"newest_tag": Version("1.0.0")}, "does not come after 1.0.0", None, id="a-newer-tag"),
        pytest.param({"local_tag": RIGHT}, "the tag v0.5.0 exists here", "git tag -d v0.5.0", id="a-tag-too-early"),
        pytest.param({"head_branch": "work"}, "the checkout is on work", "git switch main", id="another-branch"),
        pytest.param({"head_branch": None}, "the checkout is on no branch;", "git switch main", id="no-branch"),
        pytest.param(
            {"head_branch": "chore/release-0.5.0"},
            "the checkout is on chore/release-0.5.0",
            "git switch main",
            id="on-a-bump-branch-that-is-not-born",
        ),
        pytest.param({"behind": True}, "lacks commits", "git pull --ff-only origin main", id="behind"),
        pytest.param(
            {"behind": True, "diverged": True, "local_main": OTHER},
            "lacks commits that origin has, and has some that are not there",
            "git pull --rebase origin main",
            id="diverged",
        ),
        pytest.param(
            {"head_branch": "side", "main_elsewhere": "/a b/main"},
            "on side; releases start from main, which another folder has",
            "cd '/a b/main'",
            id="main-in-another-work-tree",
        ),
        pytest.param(
            {"unfinished": "merge", "unrelated": ("a",)}, "a merge is under way", "git merge --abort", id="in-a-merge"
        ),
        pytest.param({"signing": Problem("no key", fix=("make one",))}, "no key", "make one", id="no-key"),
        pytest.param({"local_main": OTHER}, "has commits that origin lacks", "git push origin main", id="ahead"),
        pytest.param(
            {"head_branch": "side", "local_main": None},
            "the checkout is on side; releases start from main, which is not in this clone yet",
            "git fetch origin main:main",
            id="no-main-here",
        ),
        pytest.param(
            {"local_main": BUMP, "bump_on_main": True},
            "has commits that origin lacks",
            f"git reset --keep {MAIN[:10]}",
            id="bumped-on-main-before",
        ),
        pytest.param(
            {"local_branch": THEIRS},
            "is not main with the bump on top",
            "git branch -D chore/release-0.5.0",
            id="taken",
        ),
        pytest.param(
            {"unrelated": ("a", "b")}, "uncommitted changes: a, b", "git stash --include-untracked", id="unclean"
        ),
        pytest.param({"unrelated": tuple("abcdefgh")}, "a, b, c, d, e and 3 more", None, id="very-unclean"),
        pytest.param({"submodules": (Problem("it has moved"),)}, "it has moved", None, id="submodule"),
        pytest.param({"unwritable": (Problem("the file is read-only"),)}, "read-only", None, id="read-only"),
        pytest.param({"identity": Problem("git does not know who you are")}, "who you are", None, id="nobody"),
    ],
)
def test_a_release_that_must_not_start_is_refused_with_the_command_that_helps(
    changed: dict[str, object], said: str, fix: str | None
) -> None:
    with pytest.raises(CastoffError) as caught:
        decide(facts(**changed), direct=False)
    (problem,) = caught.value.problems
    assert said in problem.what
    assert fix is None or fix in problem.fix


def test_a_direct_release_does_not_start_on_the_bump_branch_that_an_earlier_run_left() -> None:
    with pytest.raises(CastoffError, match=r"^the checkout is on chore/release-0\.5\.0; releases start from main$"):
        decide(facts(**ON_BRANCH), direct=True)


@pytest.mark.parametrize("paths", [("a",), tuple("abcde")], ids=["one", "as-many-as-a-line-holds"])
def test_few_uncommitted_changes_are_all_named_and_nothing_behind_them(paths: tuple[str, ...]) -> None:
    with pytest.raises(CastoffError, match=f"^there are uncommitted changes: {', '.join(paths)}$"):
        decide(facts(unrelated=paths), direct=False)


def test_all_reasons_not_to_start_are_listed_together() -> None:
    wrong = facts(
        main_version=Version("0.6.0"),
        head_branch="work",
        behind=True,
        unrelated=("x",),
        unwritable=(Problem("read-only", Location("pyproject.toml")),),
        identity=Problem("nobody"),
        local_tag=RIGHT,
        local_branch=THEIRS,
    )
    with pytest.raises(CastoffError) as caught:
        decide(wrong, direct=False)
    assert len(caught.value.problems) == 8


@pytest.mark.parametrize(
    ("changed", "said", "fix"),
    [
        pytest.param(
            {"remote_tag": WRONG},
            f"stands on {BUMP[:10]}, which is not on main with version 0.5.0",
            ("make undo VERSION=0.5.0", "make release VERSION=0.5.0"),
            id="pushed-tag-on-another-commit",
        ),
        pytest.param(
            {**MERGED, "local_tag": WRONG},
            f"stands on {BUMP[:10]}, which is not main with version 0.5.0; it was never pushed",
            ("git tag -d v0.5.0", "make release VERSION=0.5.0"),
            id="tag-here-on-another-commit",
        ),
        pytest.param(
            {**MERGED, "local_tag": LIGHT},
            "is a lightweight tag; it was never pushed",
            ("git tag -d v0.5.0", "make release VERSION=0.5.0"),
            id="lightweight-tag",
        ),
        pytest.param(
            {"remote_branch": THEIRS},
            "does not hold 0.5.0; the name is taken",
            ("git push origin --delete refs/heads/chore/release-0.5.0", "make release VERSION=0.5.0"),
            id="pushed-branch-of-something-else",
        ),
    ],
)
@pytest.mark.parametrize("direct", [False, True], ids=["branch", "direct"])
def test_what_stands_in_the_way_is_told_with_the_commands_that_clear_it(
    changed: dict[str, object], said: str, fix: tuple[str, ...], direct: bool
) -> None:
    with pytest.raises(CastoffError) as caught:
        decide(facts(**changed), direct=direct)
    (problem,) = caught.value.problems
    assert said in problem.what
    assert problem.fix == fix


def test_a_direct_release_refuses_a_wrong_tag_that_is_here() -> None:
    with pytest.raises(CastoffError, match="lightweight tag"):
        decide(facts(bump_on_main=True, local_main=BUMP, local_tag=LIGHT), direct=True)


def test_a_local_tag_that_differs_from_the_released_one_is_noted() -> None:
    plan = decide(facts(remote_tag=RIGHT, local_tag=TagFact(BUMP, MAIN, right=True)), direct=False)
    assert "git tag -d v0.5.0" in plan.notes[-1]


def test_commits_after_the_bump_are_told_because_they_are_released_too() -> None:
    after = "3 commit(s) after the bump, all of which become part of it"
    stands = f"0.5.0 is on main ({MAIN[:10]}, {after}), not tagged on origin yet"
    assert decide(facts(**MERGED, after_holding=3), direct=False).stands == stands


@pytest.mark.parametrize(
    ("changed", "stands", "done"),
    [
        pytest.param(
            MERGED,
            f"0.5.0 is on main ({MAIN[:10]}), not tagged on origin yet",
            "v0.5.0 is pushed: the release workflow runs now",
            id="merged",
        ),
        pytest.param(
            {"remote_tag": RIGHT},
            f"v0.5.0 is pushed ({MAIN[:10]}): the workflow has taken over",
            "nothing is left to do here",
            id="released",
        ),
        pytest.param(
            {"remote_branch": OURS},
            "chore/release-0.5.0 is pushed, and not merged into main yet",
            "waiting for the pull request to be merged",
            id="in-review",
        ),
    ],
)
def test_a_plan_says_where_the_release_stands_and_what_is_true_when_it_is_done(
    changed: dict[str, object], stands: str, done: str
) -> None:
    plan = decide(facts(**changed), direct=False)
    assert (plan.stands, plan.done) == (stands, done)


@pytest.mark.parametrize("direct", [False, True], ids=["branch", "direct"])
@pytest.mark.parametrize(
    "changed", [{}, {"remote_branch": OURS}, MERGED, {"remote_tag": RIGHT}], ids=["bump", "review", "tag", "released"]
)
def test_what_the_facts_note_is_told_at_every_stage(changed: dict[str, object], direct: bool) -> None:
    assert decide(facts(**changed, notes=("a note",)), direct=direct).notes == ("a note",)


def test_a_run_that_was_killed_on_the_pushed_bump_branch_goes_home() -> None:
    plan = decide(facts(**ON_BRANCH, remote_branch=OURS), direct=False)
    assert plan.actions == (Run(("switch", "--quiet", "main")),)


@pytest.mark.parametrize(
    "work",
    [
        pytest.param({"head": OTHER}, id="a-commit-of-its-own"),
        pytest.param({"unrelated": ("x",)}, id="uncommitted-changes"),
        pytest.param({"head_branch": "work"}, id="another-branch"),
    ],
)
def test_a_checkout_in_which_somebody_works_stays_where_it_is_during_the_review(work: dict[str, object]) -> None:
    assert decide(facts(**{**ON_BRANCH, "remote_branch": OURS, **work}), direct=False).actions == ()


def test_the_pages_to_open_are_named() -> None:
    waiting = decide(facts(remote_branch=OURS), direct=False)
    assert waiting.next[0] == (
        "open https://github.com/o/demo/compare/main...chore/release-0.5.0?expand=1 and merge it"
    )
    released = decide(facts(remote_tag=RIGHT), direct=False)
    assert released.next == ("watch https://github.com/o/demo/actions/workflows/release.yml",)


def test_without_pages_the_next_step_is_said_in_words() -> None:
    waiting = decide(facts(remote_branch=OURS, repository=None), direct=False)
    assert waiting.next[0] == "open a pull request from chore/release-0.5.0 into main, and merge it"
    released = decide(facts(remote_tag=RIGHT, repository=None), direct=False)
    assert released.next == ("watch the workflow release.yml of origin",)


def test_a_candidate_is_tagged_with_a_dash_and_bumped_without() -> None:
    plan = decide(facts(version=Version("0.5.0-rc1")), direct=True)
    assert commands(plan)[-1].endswith("refs/tags/v0.5.0-rc1:refs/tags/v0.5.0-rc1")
    assert "chore(release): bump to 0.5.0rc1" in commands(plan)[1]


def test_a_tag_can_be_made_without_being_pushed() -> None:
    plan = tag_plan(facts(**MERGED), push=False)
    assert commands(plan) == [tag(MAIN)]
    assert plan.done == "v0.5.0 is made here, and not pushed"
    assert plan.next == ("make release VERSION=0.5.0",)


def test_after_a_pushed_tag_the_workflow_is_watched() -> None:
    plan = tag_plan(facts(**MERGED), push=True)
    assert plan.next == ("watch https://github.com/o/demo/actions/workflows/release.yml",)


def test_a_tag_that_the_remote_has_is_not_made_again() -> None:
    plan = tag_plan(facts(**MERGED, remote_tag=RIGHT), push=True)
    assert (plan.stage, plan.actions) == ("released", ())
    with pytest.raises(CastoffError, match="which is not on main"):
        tag_plan(facts(**MERGED, remote_tag=WRONG), push=True)


def test_nothing_is_tagged_before_main_holds_the_version() -> None:
    with pytest.raises(CastoffError, match="nothing to tag yet") as caught:
        tag_plan(facts(), push=True)
    assert caught.value.problems[0].fix == ("make release VERSION=0.5.0",)


RESET = ("reset", "--quiet", "--keep", MAIN)
GO_HOME = ("switch", "--quiet", "main")


@pytest.mark.parametrize(
    ("changed", "direct", "undone"),
    [
        pytest.param(
            {}, False, [(GO_HOME, ("branch", "-D", "--quiet", "chore/release-0.5.0")), (RESET,), ()], id="branch"
        ),
        pytest.param({"local_branch": EMPTY}, False, [(GO_HOME,), (RESET,), ()], id="branch-that-was-there"),
        pytest.param({}, True, [(RESET,), (("tag", "--delete", "v0.5.0"),)], id="direct"),
    ],
)
def test_what_is_made_here_comes_with_the_commands_that_take_it_back(
    changed: dict[str, object], direct: bool, undone: list[tuple[tuple[str, ...], ...]]
) -> None:
    """A branch, a commit, a tag; nothing takes back the way home, and a push is never taken back."""
    runs = [action for action in decide(facts(**changed), direct=direct).actions if isinstance(action, Run)]
    assert [run.undo for run in runs] == undone


_FACTS = st.fixed_dictionaries(
    {
        "holding": st.sampled_from([None, MAIN]),
        "main_version": st.sampled_from([Version("0.4.0"), Version("0.5.0"), Version("0.6.0")]),
        "head_branch": st.sampled_from([None, "main", "work", "chore/release-0.5.0"]),
        "local_main": st.sampled_from([None, MAIN, BUMP]),
        "behind": st.booleans(),
        "bump_on_main": st.booleans(),
        "unrelated": st.sampled_from([(), ("x",)]),
        "identity": st.sampled_from([None, Problem("nobody")]),
        "newest_tag": st.sampled_from([None, Version("0.4.0"), Version("0.5.0"), Version("1.0")]),
        "local_tag": st.sampled_from([None, RIGHT, LIGHT, WRONG]),
        "remote_tag": st.sampled_from([None, None, RIGHT, LIGHT, WRONG]),
        "local_branch": st.sampled_from([None, OURS, EMPTY, THEIRS]),
        "remote_branch": st.sampled_from([None, None, OURS, THEIRS]),
        "repository": st.sampled_from([None, Repository("o", "demo")]),
    }
)


@bounded
@given(_FACTS, st.booleans())
def test_from_anywhere_there_is_a_plan_or_a_refusal_with_reasons_and_nothing_is_forced(
    changed: dict[str, object], direct: bool
) -> None:
    try:
        plan = decide(facts(**changed), direct=direct)
    except CastoffError as error:
        reasons = error.problems
    else:
        _is_gentle(plan)
        return
    assert reasons


def _is_gentle(plan: Plan) -> None:
    pushes = [action for action in plan.actions if isinstance(action, Push)]
    assert len(pushes) <= 1
    for action in (action for action in plan.actions if not isinstance(action, Write)):
        assert not {"--force", "-f", "--force-with-lease", "--tags", "--follow-tags", "--all"} & set(action.args)
        assert not any(word.startswith("+") for word in action.args)
    assert all("--no-follow-tags" in push.args for push in pushes)
    assert plan.next


def test_a_plan_shows_what_it_would_do() -> None:
    plan = decide(facts(), direct=True)
    shown = [line for action in plan.actions for line in described(action)]
    assert ("", "write pyproject.toml:3") in shown
    assert ("old", '  - version = "0.4.0"') in shown
    assert ("new", '  + version = "0.5.0"') in shown
    assert any(line.startswith("run   git commit") and "'chore(release): bump to 0.5.0'" in line for _, line in shown)


TWO_LINES = CHANGE._replace(lines=(*CHANGE.lines, LineChange(Location("pyproject.toml", 9), "old", "new")))


def test_every_line_of_a_change_is_shown_and_git_as_it_is_typed() -> None:
    assert described(Write((TWO_LINES,))) == [
        ("", "write pyproject.toml:3"),
        ("old", '  - version = "0.4.0"'),
        ("new", '  + version = "0.5.0"'),
        ("", "write pyproject.toml:9"),
        ("old", "  - old"),
        ("new", "  + new"),
    ]
    assert described(Run(("tag", "a b"))) == [("", "run   git tag 'a b'")]


def test_a_plan_as_data_tells_everything_in_its_order() -> None:
    plan = Plan("bump", "here", (Run(("fetch",)), Write((TWO_LINES,)), Write((CHANGE,))), next=("then",))
    first = {"write": "pyproject.toml", "line": 3, "old": 'version = "0.4.0"', "new": 'version = "0.5.0"'}
    assert as_data(plan) == {
        "stage": "bump",
        "stands": "here",
        "actions": [
            {"run": ["git", "fetch"]},
            first,
            {"write": "pyproject.toml", "line": 9, "old": "old", "new": "new"},
            first,
        ],
        "next": ["then"],
        "notes": [],
    }


def test_a_plan_as_data_holds_the_same_commands() -> None:
    plan = decide(facts(notes=("a note",)), direct=True)
    data = as_data(plan)
    assert data["stage"] == "bump"
    assert data["notes"] == ["a note"]
    assert data["actions"] == [
        {"write": "pyproject.toml", "line": 3, "old": 'version = "0.4.0"', "new": 'version = "0.5.0"'},
        *({"run": ["git", *action.args]} for action in _not_writes(plan.actions)),
    ]


def _not_writes(actions: tuple[Action, ...]) -> list[Run | Push]:
    return [action for action in actions if not isinstance(action, Write)]
