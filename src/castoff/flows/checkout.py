"""Where a verb works: the project's folder, its git repository, and who listens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from castoff.adapters.console import Console
from castoff.adapters.environment import Environment
from castoff.adapters.files import Folder
from castoff.adapters.git import Git
from castoff.core.commands import Typed, typed
from castoff.core.errors import Problem, refuse
from castoff.core.places import Places, find_places
from castoff.core.project import Project, read_project
from castoff.core.tree import Tree

_MARKS = ("pyproject.toml", "setup.cfg", "setup.py")


class Checkout(NamedTuple):
    """A project's folder, and how to talk about it."""

    root: Path
    environment: Environment
    console: Console

    @property
    def git(self) -> Git:
        """The repository around the folder."""
        return Git(self.root)

    @property
    def folder(self) -> Folder:
        """The files as they are now."""
        return Folder(self.root)

    def project(self, tree: Tree | None = None) -> Project:
        """Return the project as `tree` (the files as they are now) has it."""
        return read_project(tree or self.folder)

    def places(self, tree: Tree | None = None) -> Places:
        """Return the places of the version as `tree` (the files as they are now) has them."""
        return find_places(self.project(tree))

    @property
    def typed(self) -> Typed:
        """How a person types verbs here."""
        return typed(self.folder)

    def command(self, verb: str, version: str | None = None, flag: str | None = None) -> str:
        """Return how a person types `verb` here: the make target where the Makefile has it, else castoff itself."""
        return self.typed.command(verb, version, flag)


def find_root(start: Path) -> Path:
    """Return the project's folder: `start`, or the nearest folder above it that holds a Python package's files.

    Raises CastoffError when there is none.
    """
    for folder in (start, *start.parents):
        if any((folder / mark).is_file() for mark in _MARKS):
            return folder
    raise refuse(
        "there is no pyproject.toml here, nor in any folder above; run castoff in the folder of a Python package"
    )


def absent_problems(checkout: Checkout, files: Sequence[str]) -> list[Problem]:
    """Return the files with the version that a sparse checkout leaves out: the others alone would be bumped."""
    absent = [file for file in files if checkout.folder.read(file) is None]
    if not absent or not checkout.git.is_sparse():
        return []
    what = f"this sparse checkout lacks {', '.join(absent)}, where the version stands too"
    return [Problem(what, fix=("git sparse-checkout disable",))]


def required_name(project: Project) -> str:
    """Return the distribution's name; raises CastoffError when no file says it."""
    if project.name is None:
        raise refuse('pyproject.toml does not say the name; write [project] name = "..."')
    return project.name
