"""`undo`: show what can be taken back of a release, ask, take it back, and look again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime

from castoff.adapters.files import alone
from castoff.adapters.git import Git
from castoff.adapters.github import GitHub, Refused
from castoff.core import versions
from castoff.core.errors import CastoffError, Problem, refuse
from castoff.core.plan import Run
from castoff.core.published import ForgeRelease, Unknown
from castoff.core.release import WORKFLOW, Facts
from castoff.core.spent import SpentError
from castoff.core.undoing import (
    Act,
    Delete,
    DeleteDraft,
    Found,
    Outside,
    Ran,
    UndoPlan,
    as_data,
    decide,
    described,
)
from castoff.core.uploads import publishing_jobs
from castoff.flows.asking import Asked, ask
from castoff.flows.checkout import Checkout
from castoff.flows.clients import github_of
from castoff.flows.questions import Questions

_NETWORK = 600.0


def undo(checkout: Checkout, wanted: str, *, yes: bool, dry_run: bool) -> None:
    """Take back what may be taken back of the release of `wanted`, once it is shown and confirmed.

    Raises CastoffError when nothing may be, when nobody says yes, or when an act fails: then the same command goes on.
    """
    version = versions.parse_new(wanted)
    with nullcontext() if dry_run else alone(checkout.root):
        data = _undo(checkout, wanted, yes=yes, dry_run=dry_run)
    checkout.console.result("undo", {"version": str(version), **data})


def _undo(checkout: Checkout, wanted: str, *, yes: bool, dry_run: bool) -> dict[str, object]:
    """Look, show, ask, act and look again; return what was found and done, as data."""
    console = checkout.console
    found, outside = _look(checkout, wanted)
    try:
        plan = decide(found, outside)
    except SpentError as error:
        console.say("three ways on:", "strong")
        for way in error.ways:
            console.rows([(f"{way.what}:", way.when), *(("", how) for how in way.how)])
        raise
    _show(checkout, found, plan)
    data: dict[str, object] = {
        "tag": found.tag,
        "stands": plan.stands,
        "actions": [as_data(act) for act in plan.actions],
        "notes": list(plan.notes),
        "dry_run": dry_run,
    }
    if plan.actions and dry_run:
        console.say("dry run: nothing was changed", "good")
        console.next(found.again)
    elif plan.actions:
        _confirm(checkout, found, yes=yes)
        _perform(checkout, found, plan.actions)
        data["left"] = _look_again(checkout, wanted)
    return data


def _look(checkout: Checkout, wanted: str) -> tuple[Found, Outside]:
    asked = ask(checkout, versions.parse_new(wanted))
    return _found(checkout, asked), _outside(checkout, asked.facts)


def _found(checkout: Checkout, asked: Asked) -> Found:
    facts, (standing, _) = asked.facts, asked.before
    kept: list[str] = []
    local, remote = (fact.commit if fact else None for fact in (facts.local_branch, facts.remote_branch))
    if remote and not (facts.remote_branch and facts.remote_branch.ours) and not _merged(checkout.git, facts, remote):
        kept.append(_stays(facts, f"on {facts.remote}", f"git push {facts.remote} --delete refs/heads/{facts.branch}"))
        remote = None
    if local and not (facts.local_branch and facts.local_branch.ours) and not _merged(checkout.git, facts, local):
        kept.append(_stays(facts, "here", f"git branch -D {facts.branch}"))
        local = None
    elsewhere = _checked_out(checkout.git, facts.branch) if local and facts.head_branch != facts.branch else ""
    if elsewhere:
        kept.append(f"{facts.branch} stays: it is checked out in {elsewhere}")
        local = None
    short = facts.tag.removeprefix("v")
    following = versions.tag_name(versions.next_patch(facts.version)).removeprefix("v")
    return Found(
        version=facts.version,
        remote=facts.remote,
        main=facts.main,
        local_tag=facts.local_tag.object if facts.local_tag else None,
        remote_tag=facts.remote_tag.object if facts.remote_tag else None,
        local_branch=local,
        remote_branch=remote,
        kept=tuple(kept),
        on_branch=facts.head_branch == facts.branch,
        dirty=standing.changes,
        locked=tuple(checkout.git.locks(f"refs/tags/{facts.tag}", f"refs/heads/{facts.branch}")),
        main_holds=facts.holding is not None,
        again=checkout.command("undo", short),
        said_yes=checkout.command("undo", short, "yes"),
        release=checkout.command("release", short),
        following=checkout.command("release", following),
    )


def _merged(git: Git, facts: Facts, commit: str) -> bool:
    return git.is_ancestor(commit, facts.remote_main)


def _stays(facts: Facts, where: str, command: str) -> str:
    return f"{facts.branch} {where} holds more than the bump, and stays; it goes by: {command}"


def _checked_out(git: Git, branch: str) -> str:
    """Return the folder in which another working tree has the branch checked out; empty for none."""
    return git.out("for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}")


def _outside(checkout: Checkout, facts: Facts) -> Outside:
    """Ask the index and GitHub, side by side."""
    asked = Questions(checkout, facts.name, facts.version)
    runs, forge = _runs(asked.github, facts.tag), asked.repository
    tag = facts.remote_tag or facts.local_tag
    return Outside(
        files=asked.files.answer(),
        releases=asked.releases.answer(),
        runs=runs,
        publishing=publishing_jobs(checkout.git.tree(tag.commit if tag else facts.remote_main)),
        forge=None if isinstance(forge, Unknown) else forge,
        token=checkout.environment.github_token is not None,
        manage_page=asked.index.manage_page(facts.name, facts.version),
        now=datetime.now(UTC),
    )


def _runs(github: GitHub | Unknown, tag: str) -> tuple[Ran, ...] | Unknown:
    if isinstance(github, Unknown):
        return github
    runs = github.runs(WORKFLOW, tag)
    return runs if isinstance(runs, Unknown) else tuple(Ran(run, github.jobs(run, every_attempt=True)) for run in runs)


def _show(checkout: Checkout, found: Found, plan: UndoPlan) -> None:
    console = checkout.console
    console.say(f"{found.tag}: {plan.stands}", "strong")
    for act in plan.actions:
        for style, line in described(act):
            console.say(f"  {line}", style or None)
    for note in plan.notes:
        console.say(f"  note: {note}", "dim")


def _confirm(checkout: Checkout, found: Found, *, yes: bool) -> None:
    """Raise CastoffError unless a person says yes, beforehand or on the terminal."""
    if yes:
        return
    answer = checkout.console.asked("take all of this back? Type yes: ")
    if answer is None:
        raise refuse("nothing was done: there is no terminal to ask for a yes", found.said_yes)
    if answer.strip() != "yes":
        raise refuse("nothing was done: that was no yes", found.again)


def _perform(checkout: Checkout, found: Found, acts: Sequence[Act]) -> None:
    """Perform the acts in order; when one fails, say what is done, and that the same command does the rest."""
    for number, act in enumerate(acts):
        try:
            _act(checkout, found, act)
        except (CastoffError, KeyboardInterrupt) as error:
            problems = error.problems if isinstance(error, CastoffError) else (Problem("interrupted"),)
            what = f"{number} of {len(acts)} acts were done, and the others not; the same command goes on with the rest"
            raise CastoffError(*problems, way_out=Problem(what, fix=(found.again,))) from None


def _act(checkout: Checkout, found: Found, act: Act) -> None:
    if isinstance(act, DeleteDraft):
        _delete_draft(checkout, act.release)
    elif isinstance(act, Run) or act.remote is None:
        checkout.git.run(*act.args)
    else:
        _delete_there(checkout.git, found, act)


def _delete_there(git: Git, found: Found, act: Delete) -> None:
    """Delete a ref on the remote; when git says that it failed, look whether it is gone all the same."""
    try:
        git.run(*act.args, timeout=_NETWORK)
    except CastoffError:
        there = _on_remote(git, found, act.ref)
        if there is None:
            return
        if there != act.object:
            raise refuse(f"{act.ref} on {found.remote} has moved since it was looked at, and stays") from None
        raise


def _on_remote(git: Git, found: Found, ref: str) -> str | None:
    """Return the object of a ref on the remote, None when it has none."""
    remote = git.ask(found.remote)
    _, kind, name = ref.split("/", 2)
    if kind == "heads":
        return remote.branches.get(name)
    tag = remote.tags.get(name)
    return tag.object if tag else None


def _delete_draft(checkout: Checkout, shown: ForgeRelease) -> None:
    """Delete a draft, unless it has become something else since it was shown."""
    github = github_of(checkout)
    if isinstance(github, Unknown):
        raise refuse(f"the draft cannot be deleted: {github.reason}")
    now = github.releases(shown.tag)
    if isinstance(now, Unknown):
        raise refuse(f"the draft cannot be deleted: {now.reason}")
    same = [release for release in now if release.id == shown.id]
    if same and same != [shown]:
        raise refuse(f"the draft of {shown.tag} has changed since it was looked at, and stays: {same[0].url}")
    answer = github.delete_draft(shown) if same else None
    if isinstance(answer, Refused):
        what = f"GitHub refuses to delete the draft ({answer.status}): the token needs contents: write"
        raise refuse(what, f"open {shown.url}")
    if isinstance(answer, Unknown):
        raise refuse(f"whether the draft is deleted cannot be known: {answer.reason}")


def _look_again(checkout: Checkout, wanted: str) -> list[str]:
    """Say what is still there after the acts; return it as lines."""
    found, outside = _look(checkout, wanted)
    plan = decide(found, outside)
    left = [line for act in plan.actions for _, line in described(act)[:1]]
    if left:
        again = Problem("what was done is done; the same command goes on", fix=(found.again,))
        raise CastoffError(*(Problem(f"still to be done: {line}") for line in left), way_out=again)
    console = checkout.console
    console.say(f"looked again: nothing is left of {found.tag}, neither here nor on {found.remote}", "good")
    for note in plan.notes:
        console.say(f"  note: {note}", "dim")
    console.next(found.release)
    return list(plan.notes)
