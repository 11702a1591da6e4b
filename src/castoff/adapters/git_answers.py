"""What git answers, in its plumbing formats, read."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple

from castoff.core.errors import Location, Problem

_FIELDS = {"1 ": 8, "u ": 10, "? ": 1}
"""How many spaces stand before the path in each kind of entry of `git status --porcelain=v2`."""


class Tag(NamedTuple):
    """A tag: the object that its name stands for, and the commit behind it (the same for a lightweight tag)."""

    name: str
    object: str
    commit: str

    @property
    def annotated(self) -> bool:
        """Whether it is an object of its own, with a message and a tagger."""
        return self.object != self.commit


class Remote(NamedTuple):
    """What a remote has, asked in one go."""

    name: str
    head: str | None
    """The branch that its HEAD names."""
    branches: Mapping[str, str]
    tags: Mapping[str, Tag]


class Standing(NamedTuple):
    """What is checked out."""

    head: str | None
    """The commit, or None when there is none yet."""
    branch: str | None
    """The branch, or None when HEAD is detached."""
    dirty: tuple[str, ...]
    """The paths, relative to the project, of tracked files that differ from HEAD and of untracked ones."""
    submodules: tuple[Problem, ...]
    """What is to be said of the submodules among them: `git stash` leaves these alone."""

    @property
    def changes(self) -> tuple[str, ...]:
        """The paths that are no submodules."""
        modules = {problem.where.file for problem in self.submodules if problem.where}
        return tuple(path for path in self.dirty if path not in modules)


def read_standing(said: str, prefix: Callable[[], str]) -> Standing:
    """Return what `git status --porcelain=v2 --branch -z` says; `prefix` tells the project's folder in the repository.

    git names the paths from the root of the repository. It is asked only where something has changed.
    """
    about: dict[str, str] = {}
    changed: dict[str, str] = {}
    for entry in said.split("\0"):
        if entry.startswith("# "):
            name, _, value = entry.removeprefix("# ").partition(" ")
            about[name] = value
        elif entry[:2] in _FIELDS:
            words = entry.split(" ", _FIELDS[entry[:2]])
            changed[words[-1]] = words[2] if entry[0] != "?" else ""
    folder = prefix() if changed else ""
    paths = {path.removeprefix(folder): module for path, module in changed.items()}
    modules = tuple(_submodule_problem(path, state) for path, state in paths.items() if state.startswith("S"))
    head, branch = about.get("branch.oid"), about.get("branch.head")
    return Standing(
        None if head == "(initial)" else head, None if branch == "(detached)" else branch, tuple(paths), modules
    )


def _submodule_problem(path: str, state: str) -> Problem:
    """Return what is to be said of a submodule by its field in `git status --porcelain=v2`: `S<c><m><u>`."""
    if "M" in state or "U" in state:
        fix = shlex.join(("git", "-C", path, "stash", "--include-untracked"))
        return Problem("this submodule has changes of its own that are not committed", Location(path), (fix,))
    fix = shlex.join(("git", "submodule", "update", "--init", "--", path))
    return Problem("this submodule stands at another commit than what is committed here", Location(path), (fix,))


def read_remote(name: str, listed: str) -> Remote:
    """Return what `git ls-remote --symref` lists of a remote."""
    head: str | None = None
    branches: dict[str, str] = {}
    objects: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for left, _, ref in (line.partition("\t") for line in listed.splitlines()):
        if left.startswith("ref: ") and ref == "HEAD":
            head = left.removeprefix("ref: refs/heads/")
        elif ref.startswith("refs/heads/"):
            branches[ref.removeprefix("refs/heads/")] = left
        elif ref.startswith("refs/tags/"):
            tag = ref.removeprefix("refs/tags/")
            (peeled if tag.endswith("^{}") else objects)[tag.removesuffix("^{}")] = left
    return Remote(name, head, branches, {tag: Tag(tag, sha, peeled.get(tag, sha)) for tag, sha in objects.items()})
