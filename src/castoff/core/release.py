"""What the next right thing is in the release of a version, decided from what git says here and on the remote.

    not on main yet   check everything, then bump on a branch and push it (or, with --direct, on main with its tag)
    pushed, unmerged  wait for the pull request
    on main           annotated tag on main's commit that holds the version, pushed by name
    tag pushed        watch the workflow

Every stage can be reached again after a failure at any point: what an earlier run left behind is told by what it
is (a branch with our commit on it, a tag at the right commit), and used.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from packaging.version import Version

from castoff.core import versions
from castoff.core.bumping import FileChange, bump_problems
from castoff.core.errors import CastoffError, Problem
from castoff.core.forge import Repository
from castoff.core.plan import Action, Plan, Push, Run, Write

WORKFLOW = "release.yml"

_SHOWN = 5
"""How many paths an error names: a line's worth."""


class TagFact(NamedTuple):
    """A tag of the version's name: its object, its commit, and whether that commit is on main and holds the version."""

    object: str
    commit: str
    right: bool

    @property
    def annotated(self) -> bool:
        """Whether it is an object of its own."""
        return self.object != self.commit


class BranchFact(NamedTuple):
    """The bump branch, here or there: its commit, and whether it is main with nothing but the bump on top."""

    commit: str
    ours: bool
    holds: bool


class Facts(NamedTuple):
    """Where the release stands, as git tells it."""

    name: str
    version: Version
    remote: str
    repository: Repository | None
    main: str
    remote_main: str
    """The commit of main on the remote."""
    main_version: Version
    """The version that commit holds."""
    holding: str | None
    """The newest commit of main that holds the version, or None."""
    after_holding: int
    """How many commits main has since the version came: they are part of the release."""
    head_branch: str | None
    head: str
    local_main: str | None
    behind: bool
    """Whether the remote's main has commits that the local one lacks."""
    diverged: bool
    """Whether each has commits that the other one lacks."""
    main_elsewhere: str | None
    """The folder of another work tree in which main is checked out: git lets no second one have it."""
    bump_on_main: bool
    """Whether local main is the remote's with nothing but our bump commit on top."""
    unrelated: tuple[str, ...]
    """Paths that differ from HEAD, other than by the bump itself and submodules."""
    submodules: tuple[Problem, ...]
    """What is to be said of submodules that differ from HEAD."""
    unfinished: str | None
    """The command of git that was begun here and waits for a person: `merge`, `rebase`."""
    unwritable: tuple[Problem, ...]
    """Why the files, or git's own, could not be written: read-only, or locked."""
    tag_locked: tuple[Problem, ...]
    """The locks that making the tag would stumble over."""
    identity: Problem | None
    signing: Problem | None
    """Why git could not sign what it is told to sign."""
    tag_signing: Problem | None
    """Why it could not sign the tag."""
    newest_tag: Version | None
    local_tag: TagFact | None
    remote_tag: TagFact | None
    local_branch: BranchFact | None
    remote_branch: BranchFact | None
    changes: tuple[FileChange, ...]
    notes: tuple[str, ...]
    again: str
    """The command that goes on with this release."""
    undo: str
    """The command that takes this release back, as far as nothing of it is published."""

    @property
    def tag(self) -> str:
        """The one spelling of the version's tag."""
        return versions.tag_name(self.version)

    @property
    def branch(self) -> str:
        """The bump branch's name."""
        return versions.bump_branch(self.version)


def decide(facts: Facts, *, direct: bool) -> Plan:
    """Return the plan of the next right thing; raises CastoffError with all reasons when there is none."""
    if facts.remote_tag is not None:
        return _released(facts, facts.remote_tag)
    if facts.holding is not None:
        return tag_plan(facts, push=True)
    if facts.remote_branch is not None:
        return _in_review(facts, facts.remote_branch)
    problems = _start_problems(facts, direct=direct)
    if problems:
        raise CastoffError(*problems)
    return _direct_plan(facts) if direct else _branch_plan(facts)


def tag_plan(facts: Facts, *, push: bool) -> Plan:
    """Return the plan that tags main's commit that holds the version; raises CastoffError when it cannot be."""
    if facts.remote_tag is not None:
        return _released(facts, facts.remote_tag)
    if facts.holding is None:
        what = f"{facts.main} on {facts.remote} holds {facts.main_version}, not {facts.version}: nothing to tag yet"
        raise CastoffError(Problem(what, fix=(facts.again,)))
    cannot_sign = None if facts.local_tag else facts.tag_signing
    locked = () if facts.local_tag else facts.tag_locked
    problems = [problem for problem in (_local_tag_problem(facts), *locked, cannot_sign) if problem]
    if problems:
        raise CastoffError(*problems)
    actions: list[Action] = [] if facts.local_tag else [_make_tag(facts, facts.holding)]
    if push:
        actions.append(Push(facts.remote, ((f"refs/tags/{facts.tag}", facts.tag),)))
    after = (
        f", {facts.after_holding} commit(s) after the bump, all of which become part of it"
        if facts.after_holding
        else ""
    )
    done = (
        f"{facts.tag} is pushed: the release workflow runs now" if push else f"{facts.tag} is made here, and not pushed"
    )
    return Plan(
        stage="tag",
        stands=f"{facts.version} is on {facts.main} ({facts.holding[:10]}{after}), not tagged on {facts.remote} yet",
        actions=tuple(actions),
        done=done,
        next=_watch(facts) if push else (facts.again,),
        notes=facts.notes,
    )


def _released(facts: Facts, tag: TagFact) -> Plan:
    if not tag.right:
        not_there = f"which is not on {facts.main} with version {facts.version}"
        what = f"{facts.tag} on {facts.remote} stands on {tag.commit[:10]}, {not_there}"
        raise CastoffError(Problem(what, fix=(facts.undo, facts.again)))
    notes = facts.notes
    if facts.local_tag and facts.local_tag.object != tag.object:
        notes = (
            *notes,
            f"the tag {facts.tag} here is another object than the one on {facts.remote}: git tag -d {facts.tag}",
        )
    return Plan(
        stage="released",
        stands=f"{facts.tag} is pushed ({tag.commit[:10]}): the workflow has taken over",
        done="nothing is left to do here",
        next=_watch(facts),
        notes=notes,
    )


def untag(remote: str, tag: str) -> tuple[str, ...]:
    """Return the commands that delete a tag here and on the remote, for a person to type."""
    return (f"git push {remote} --delete refs/tags/{tag}", f"git tag -d {tag}")


def _in_review(facts: Facts, branch: BranchFact) -> Plan:
    if not branch.holds:
        what = f"{facts.branch} on {facts.remote} does not hold {facts.version}; the name is taken"
        raise CastoffError(
            Problem(what, fix=(f"git push {facts.remote} --delete refs/heads/{facts.branch}", facts.again))
        )
    stayed = facts.head_branch == facts.branch and facts.head == branch.commit and not facts.unrelated
    return Plan(
        stage="review",
        stands=f"{facts.branch} is pushed, and not merged into {facts.main} yet",
        actions=(Run(("switch", "--quiet", facts.main)),) if stayed else (),  # a run was killed before it went home
        done="waiting for the pull request to be merged",
        next=(_review(facts), facts.again),
        notes=facts.notes,
    )


def _start_problems(facts: Facts, *, direct: bool) -> list[Problem]:
    """Return every reason not to start the release, found before anything is changed."""
    problems = list(bump_problems(facts.main_version, facts.version))
    if facts.newest_tag is not None and facts.version <= facts.newest_tag and not problems:
        problems.append(Problem(f"{facts.version} does not come after {facts.newest_tag}, which is tagged already"))
    if facts.local_tag is not None and not direct:
        problems.append(
            Problem(
                f"the tag {facts.tag} exists here, and {facts.version} is not on {facts.main} yet",
                fix=(f"git tag -d {facts.tag}",),
            )
        )
    problems += _place_problems(facts, direct=direct)
    if facts.unrelated and not facts.unfinished:
        more = f" and {len(facts.unrelated) - _SHOWN} more" if len(facts.unrelated) > _SHOWN else ""
        shown = ", ".join(facts.unrelated[:_SHOWN]) + more
        problems.append(Problem(f"there are uncommitted changes: {shown}", fix=("git stash --include-untracked",)))
    problems += facts.submodules
    return [*problems, *facts.unwritable, *(problem for problem in (facts.identity, facts.signing) if problem)]


def _place_problems(facts: Facts, *, direct: bool) -> list[Problem]:
    """Return what is wrong with where the checkout stands: branch, and main against the remote's."""
    problems: list[Problem] = []
    if facts.unfinished:
        what = f"a {facts.unfinished} is under way here; end it, or take it back"
        problems.append(Problem(what, fix=(f"git {facts.unfinished} --abort",)))
    resumed = facts.local_branch is not None and facts.local_branch.ours and not direct
    if facts.local_main is None or facts.head_branch not in (facts.main, facts.branch if resumed else facts.main):
        problems.append(_elsewhere(facts))
    if facts.behind:
        how, too = ("--rebase", ", and has some that are not there") if facts.diverged else ("--ff-only", "")
        what = f"{facts.main} here lacks commits that {facts.remote} has{too}"
        problems.append(Problem(what, fix=(f"git pull {how} {facts.remote} {facts.main}",)))
    elif facts.local_main and facts.local_main != facts.remote_main and not (direct and facts.bump_on_main):
        ahead = f"{facts.main} here has commits that {facts.remote} lacks"
        undo = (
            f"git reset --keep {facts.remote_main[:10]}"
            if facts.bump_on_main
            else f"git push {facts.remote} {facts.main}"
        )
        problems.append(Problem(ahead, fix=(undo,)))
    if facts.local_branch is not None and not facts.local_branch.ours:
        what = f"the branch {facts.branch} exists here, and is not {facts.main} with the bump on top"
        problems.append(Problem(what, fix=(f"git branch -D {facts.branch}",)))
    return problems


def _elsewhere(facts: Facts) -> Problem:
    """Return the problem that main is not what is checked out here, and how it comes to be."""
    where = f"on {facts.head_branch}" if facts.head_branch else "on no branch"
    what = f"the checkout is {where}; releases start from {facts.main}"
    if facts.main_elsewhere:
        return Problem(f"{what}, which another folder has", fix=(shlex.join(("cd", facts.main_elsewhere)),))
    if facts.local_main is None:
        fetch = f"git fetch {facts.remote} {facts.main}:{facts.main}"
        return Problem(f"{what}, which is not in this clone yet", fix=(fetch, f"git switch {facts.main}"))
    return Problem(what, fix=(f"git switch {facts.main}",))


def _branch_plan(facts: Facts) -> Plan:
    """Bump on a branch and push it; from wherever an earlier run stopped."""
    branch = facts.local_branch
    actions: list[Action] = []
    if branch is None:
        undo = (("switch", "--quiet", facts.main), ("branch", "-D", "--quiet", facts.branch))
        actions.append(Run(("switch", "--quiet", "--no-track", "--create", facts.branch), undo))
    elif facts.head_branch != facts.branch and not branch.holds:
        actions.append(Run(("switch", "--quiet", facts.branch), (("switch", "--quiet", facts.main),)))
    if branch is None or not branch.holds:
        actions += _bump_actions(facts)
    actions.append(Push(facts.remote, ((f"refs/heads/{facts.branch}", facts.branch),)))
    if branch is None or facts.head_branch == facts.branch or not branch.holds:
        actions.append(Run(("switch", "--quiet", facts.main)))
    return Plan(
        stage="bump",
        stands=f"{facts.main} on {facts.remote} holds {facts.main_version}; {facts.version} is free",
        actions=tuple(actions),
        done=f"{facts.branch} is pushed; the pull request is yours to open",
        next=(_review(facts), facts.again),
        notes=facts.notes,
    )


def _direct_plan(facts: Facts) -> Plan:
    """Bump on main, tag, and push both in one atomic push; from wherever an earlier run stopped."""
    problem = _local_tag_problem(facts)
    if problem:
        raise CastoffError(problem)
    actions: list[Action] = [] if facts.bump_on_main else _bump_actions(facts)
    if facts.local_tag is None:
        actions.append(_make_tag(facts, "HEAD"))
    actions.append(
        Push(facts.remote, ((f"refs/heads/{facts.main}", facts.main), (f"refs/tags/{facts.tag}", facts.tag)))
    )
    return Plan(
        stage="bump",
        stands=f"{facts.main} on {facts.remote} holds {facts.main_version}; {facts.version} is free",
        actions=tuple(actions),
        done=f"{facts.main} and {facts.tag} are pushed: the release workflow runs now",
        next=_watch(facts),
        notes=facts.notes,
    )


def _bump_actions(facts: Facts) -> list[Action]:
    files = tuple(change.file for change in facts.changes)
    commit = ("commit", "--quiet", "--only", "--message", versions.bump_subject(facts.version), "--", *files)
    return [Write(facts.changes), Run(commit, (("reset", "--quiet", "--keep", facts.remote_main),))]


def _make_tag(facts: Facts, commit: str) -> Run:
    """Annotated: `git push --follow-tags` and `git describe` know no other. git signs it when it is told to."""
    make = ("tag", "--annotate", "--message", f"{facts.name} {facts.version}", facts.tag, commit)
    return Run(make, (("tag", "--delete", facts.tag),))


def _local_tag_problem(facts: Facts) -> Problem | None:
    """Return why the tag that exists here cannot be the one to push, or None."""
    tag = facts.local_tag
    if tag is None or (tag.right and tag.annotated):
        return None
    wrong = (
        "is a lightweight tag"
        if tag.right
        else f"stands on {tag.commit[:10]}, which is not {facts.main} with version {facts.version}"
    )
    return Problem(
        f"the tag {facts.tag} here {wrong}; it was never pushed", fix=(f"git tag -d {facts.tag}", facts.again)
    )


def _review(facts: Facts) -> str:
    if facts.repository:
        return f"open {facts.repository.compare(facts.main, facts.branch)} and merge it"
    return f"open a pull request from {facts.branch} into {facts.main}, and merge it"


def _watch(facts: Facts) -> tuple[str, ...]:
    if facts.repository:
        return (f"watch {facts.repository.workflow(WORKFLOW)}",)
    return (f"watch the workflow {WORKFLOW} of {facts.remote}",)
