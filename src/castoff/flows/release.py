"""`release` and `tag`: find out where the release stands, do the next right thing, and say what comes next."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext, suppress

from castoff.adapters import process
from castoff.adapters.files import alone
from castoff.adapters.git import Git
from castoff.core import versions
from castoff.core.errors import CastoffError, Problem
from castoff.core.plan import Action, Plan, Push, Run, Write, as_data, described
from castoff.core.release import Facts, decide, tag_plan
from castoff.flows.asking import Asked, Snapshot, ask, snapshot
from castoff.flows.bump import unwrite, write_all
from castoff.flows.checkout import Checkout


def release(checkout: Checkout, wanted: str, *, direct: bool, dry_run: bool) -> None:
    """Do the next right thing of the release of `wanted`; raises CastoffError with all reasons when there is none."""
    version = versions.parse_new(wanted)
    with nullcontext() if dry_run else alone(checkout.root):
        asked = ask(checkout, version)._replace(direct=direct)
        carry_out(checkout, "release", asked, decide(asked.facts, direct=direct), dry_run=dry_run)


def tag(checkout: Checkout, wanted: str, *, push: bool, dry_run: bool) -> None:
    """Tag main's commit that holds `wanted`, and push the tag where that is asked for."""
    version = versions.parse_new(wanted)
    with nullcontext() if dry_run else alone(checkout.root):
        asked = ask(checkout, version)
        carry_out(checkout, "tag", asked, tag_plan(asked.facts, push=push), dry_run=dry_run)


def carry_out(checkout: Checkout, verb: str, asked: Asked, plan: Plan, *, dry_run: bool) -> None:
    """Print the plan; perform the same objects unless this is a dry run; say what is true then and what comes next."""
    console, facts = checkout.console, asked.facts
    console.say(f"{facts.name} {facts.version}: {plan.stands}", "strong")
    for action in plan.actions:
        for style, line in described(action):
            console.say(f"  {line}", style or None)
    for note in plan.notes:
        console.say(f"  note: {note}", "dim")
    if dry_run and plan.actions:
        console.say("dry run: nothing was changed", "good")
        console.next(_same_call(checkout, facts, direct=asked.direct))
    else:
        perform(checkout, asked, plan.actions)
        console.say(plan.done, "good")
        console.next(*plan.next)
    console.result(verb, {**as_data(plan), "version": str(facts.version), "tag": facts.tag, "dry_run": dry_run})


def perform(checkout: Checkout, asked: Asked, actions: Sequence[Action]) -> None:
    """Perform the actions in order; when one fails, take back what this run made, and say what is left.

    What has been pushed is never taken back: the next run goes on from it. A push to main that is refused leads to the
    pull request; after anything else the same call is named again.
    """
    begun: list[Action] = []
    pushed = False
    try:
        for action in actions:
            begun.append(action)
            pushed = _act(checkout, action) or pushed
    except (CastoffError, KeyboardInterrupt, OSError) as error:
        kept = pushed or isinstance(error, _PushedError)
        as_before = not kept and _take_back(checkout, begun, asked.before)
        changed = () if kept or as_before else _changed_meanwhile(checkout, begun, asked.before)
        again = _same_call(checkout, asked.facts, direct=asked.direct and not isinstance(begun[-1], Push))
        raise _explained(error, again, changed, kept=kept, as_before=as_before) from None


def _same_call(checkout: Checkout, facts: Facts, *, direct: bool) -> str:
    """Return the command that goes on, with the option that this run was given."""
    return checkout.command("release", facts.tag.removeprefix("v"), "direct" if direct else None)


class _PushedError(CastoffError):
    """A push that arrived though the run was broken off, or of which that cannot be known: nothing is taken back."""


def _act(checkout: Checkout, action: Action) -> bool:
    """Perform one action; return whether the remote has changed."""
    if isinstance(action, Write):
        write_all(checkout.root, action.changes)
    elif isinstance(action, Run):
        checkout.git.run(*action.args)
        if action.args[0] == "commit":
            _take_in_what_a_hook_added(checkout.git)
    else:
        _push(checkout.git, action)
    return isinstance(action, Push)


def _take_in_what_a_hook_added(git: Git) -> None:
    """Bring git's index to the commit: `commit --only` leaves out of it what a commit hook has added besides."""
    if git.run("diff-index", "--cached", "--quiet", "HEAD", check=False).code != 0:
        git.run("reset", "--quiet")


def _push(git: Git, push: Push) -> None:
    """Push, and when that is broken off or git says that it failed, look whether the remote has it all the same."""
    try:
        git.run(*push.args, timeout=600)
    except (CastoffError, KeyboardInterrupt) as error:
        with _uninterrupted():
            arrived = _arrived(git, push)
        if arrived is None:
            what = f"the connection to {push.remote} was lost while pushing, and whether it arrived cannot be known"
            raise _PushedError(Problem(what)) from None
        if arrived and isinstance(error, KeyboardInterrupt):
            raise _PushedError(Problem("interrupted")) from None
        if not arrived:
            raise


def _arrived(git: Git, push: Push) -> bool | None:
    """Return whether the remote has all the refs as they are here; None when it cannot be asked."""
    wanted = git.refs(*(ref for ref, _ in push.expected))
    try:
        remote = git.ask(push.remote)
    except CastoffError:
        return None
    there = {f"refs/heads/{name}": sha for name, sha in remote.branches.items()}
    there |= {f"refs/tags/{name}": tag.object for name, tag in remote.tags.items()}
    return all(there.get(ref) == sha for ref, sha in wanted.items())


def _take_back(checkout: Checkout, actions: Sequence[Action], before: Snapshot) -> bool:
    """Undo the actions, last first; return whether everything is as it was before them."""
    with _uninterrupted():
        for action in reversed(actions):
            with suppress(CastoffError, OSError):  # on a full disk, say: what is left then is looked at below
                _undo(checkout, action)
        with suppress(CastoffError):
            return snapshot(checkout.git) == before
    return False


def _changed_meanwhile(checkout: Checkout, actions: Sequence[Action], before: Snapshot) -> tuple[str, ...]:
    """Return the tracked files that were right before and are neither that nor what this run wrote.

    A commit hook that lays files out anew and then refuses leaves such; they are not ours to put back.
    """
    written = {change.file: change.new for action in actions if isinstance(action, Write) for change in action.changes}
    with suppress(CastoffError):
        differ = checkout.git.out("diff", "--name-only", "--relative", "HEAD").splitlines()
        foreign = (path for path in differ if checkout.folder.read(path) != written.get(path))
        return tuple(path for path in foreign if path not in before[0].dirty)
    return ()


def _undo(checkout: Checkout, action: Action) -> None:
    if isinstance(action, Write):
        unwrite(checkout.root, action.changes)
    elif isinstance(action, Run):
        for command in action.undo:
            checkout.git.run(*command, check=False)


def _explained(
    error: BaseException, again: str, changed: Sequence[str], *, kept: bool, as_before: bool
) -> CastoffError:
    """Return the error together with what is there now, and the commands that go on."""
    problems = error.problems if isinstance(error, CastoffError) else (Problem(str(error) or "interrupted"),)
    if kept:
        what = "what was pushed stays; the next run goes on from it"
    elif as_before:
        what = "nothing has changed: what this run made is taken back"
    elif changed:
        names = ", ".join(changed)
        what = f"{names}: changed meanwhile, by a commit hook, say, and left so; see what it wants, then put it back"
        commands = (shlex.join(("git", verb, "HEAD", "--", *changed)) for verb in ("diff", "checkout"))
        return CastoffError(*problems, way_out=Problem(what, fix=(*commands, again)))
    else:
        what = "part of what this run made is still here; the next run goes on from it"
    return CastoffError(*problems, way_out=Problem(what, fix=(again,)))


@contextmanager
def _uninterrupted() -> Generator[None]:
    """Let no second Ctrl-C break the taking back."""
    with process.undisturbed():
        yield
        handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in handlers.items():
        signal.signal(number, handler)
