"""Plans as data: a dry run prints the very objects that a real run performs."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from castoff.core.bumping import FileChange, LineChange


class Write(NamedTuple):
    """Replace the contents of all these files, or of none."""

    changes: tuple[FileChange, ...]


class Run(NamedTuple):
    """Run git with these arguments. `undo` takes it back, command by command."""

    args: tuple[str, ...]
    undo: tuple[tuple[str, ...], ...] = ()


class Push(NamedTuple):
    """Push these refs by name, all or none, and nothing else; `expected` is what the remote must have then."""

    remote: str
    expected: tuple[tuple[str, str], ...]
    """Full ref names, and what they stand for here: a branch or tag name."""

    @property
    def args(self) -> tuple[str, ...]:
        """The arguments of git. Never forced; no tags but those named, whatever `push.followTags` says."""
        atomic = ("--atomic",) if len(self.expected) > 1 else ()
        refs = tuple(f"{ref}:{ref}" for ref, _ in self.expected)
        return ("push", "--quiet", "--no-follow-tags", "--recurse-submodules=no", *atomic, self.remote, *refs)


Action = Write | Run | Push


class Plan(NamedTuple):
    """What stands, what is done about it, and what comes next."""

    stage: str
    """One word for scripts: `bump`, `review`, `tag`, `released`."""
    stands: str
    actions: tuple[Action, ...] = ()
    done: str = ""
    """What is true once the actions are done."""
    next: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def described(action: Action) -> list[tuple[str, str]]:
    """Return an action as lines of (style, text); the style is `old`, `new` or empty."""
    if isinstance(action, Write):
        rows: list[tuple[str, str]] = []
        for line in (line for change in action.changes for line in change.lines):
            rows += [("", f"write {line.where}"), ("old", f"  - {line.old}"), ("new", f"  + {line.new}")]
        return rows
    return [("", f"run   git {shlex.join(action.args)}")]


def as_data(plan: Plan) -> dict[str, object]:
    """Return the plan for `--json`."""
    actions: list[dict[str, object]] = []
    for action in plan.actions:
        if isinstance(action, Write):
            lines = [line for change in action.changes for line in change.lines]
            actions += [_line_data(line) for line in lines]
        else:
            actions.append({"run": ["git", *action.args]})
    return {
        "stage": plan.stage,
        "stands": plan.stands,
        "actions": actions,
        "next": list(plan.next),
        "notes": list(plan.notes),
    }


def _line_data(line: LineChange) -> dict[str, object]:
    return {"write": line.where.file, "line": line.where.line, "old": line.old, "new": line.new}
