"""An existing Makefile, as far as it can be read without running it: its targets, and what ours cannot live beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from castoff.core.errors import Location, Problem
from castoff.core.texts import Text

NAMES = ("GNUmakefile", "makefile", "Makefile")
"""The names that make looks for, in its order."""
_DEFINE = re.compile(r"^ *define\b.*?^ *endef\b[^\n]*$", re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"^ *(?P<targets>[^\s:=#][^:=#]*?)\s*&?::?(?![:=])")
_INCLUDE = re.compile(r"^ *(?P<optional>[-s]?)include\s+(?P<files>[^#]+)")
_CHANGES_RECIPES = re.compile(r"^ *(?P<what>\.ONESHELL\s*:|\.RECIPEPREFIX\s*[:?]?=)")


class Include(NamedTuple):
    """Other files that a Makefile is made of, as they are written there."""

    files: tuple[str, ...]
    optional: bool
    """Whether they may be missing."""


def rules(text: Text) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the line of each rule and its targets, as they are written there."""
    for number, line in _lines(text):
        if match := _RULE.match(line):
            yield number, tuple(match["targets"].split())


def included(text: Text) -> Iterator[Include]:
    """Yield what a Makefile includes, line by line."""
    for _, line in _lines(text):
        if match := _INCLUDE.match(line):
            yield Include(tuple(match["files"].split()), bool(match["optional"]))


def targets(text: Text) -> dict[str, Location]:
    """Return the targets that a Makefile writes out, and where; not those of files it includes, nor computed ones."""
    found: dict[str, Location] = {}
    for number, written in rules(text):
        for target in written:
            if not target.startswith(".") and "$" not in target and "%" not in target:
                found.setdefault(target, Location(text.file, number))
    return found


def includes(text: Text, file: str) -> bool:
    """Whether a Makefile includes `file` by name."""
    return any(file in include.files for include in included(text))


def foreign_recipes(text: Text) -> list[Problem]:
    """Return what in a Makefile changes how recipes are read, ours among them."""
    return [
        Problem(
            f"{match['what'].rstrip(' :=?')} changes the recipes of castoff.mk too; take it out", Location(text.file, n)
        )
        for n, line in _lines(text)
        if (match := _CHANGES_RECIPES.match(line))
    ]


def _lines(text: Text) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers; continued ones as one, and those of definitions empty.

    No rule begins with a tab, as the lines of recipes do.
    """
    held: list[str] = []
    plain = _DEFINE.sub(lambda match: "\n" * match[0].count("\n"), text.text.replace("\r\n", "\n"))
    for number, line in enumerate([*plain.split("\n"), ""], 1):
        held.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield number - len(held) + 1, " ".join(held)
            held.clear()
