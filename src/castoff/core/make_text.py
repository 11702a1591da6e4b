"""An existing Makefile, as far as it can be read without running it: its targets, and what ours cannot live beside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from castoff.core.errors import Location, Problem
from castoff.core.texts import Text

NAMES = ("GNUmakefile", "makefile", "Makefile")
"""The names that make looks for, in its order."""
_RULE = re.compile(r"^ *(?P<targets>[^\s#:=][^#:=]*?)\s*&?::?(?!:?=)")
_ASSIGNED = re.compile(r"^ *[\w.-]+\s*[:+?!]*=")
_INCLUDE = re.compile(r"^ *[-s]?include\s+(?P<files>.+)$")
_CHANGES_RECIPES = re.compile(r"^ *(?P<what>\.ONESHELL\s*:|\.RECIPEPREFIX\s*[:?]?=)")


def targets(text: Text) -> dict[str, Location]:
    """Return the targets that a Makefile writes out, and where; not those of files it includes, nor computed ones."""
    found: dict[str, Location] = {}
    for number, line in _lines(text):
        match = _RULE.match(line)
        if match and not _ASSIGNED.match(line):
            for target in match["targets"].split():
                if not target.startswith(".") and "$" not in target and "%" not in target:
                    found.setdefault(target, Location(text.file, number))
    return found


def includes(text: Text, file: str) -> bool:
    """Whether a Makefile includes `file` by name."""
    lines = (_INCLUDE.match(line) for _, line in _lines(text))
    return any(file in match["files"].split() for match in lines if match)


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
    """Yield the lines with their numbers; continued ones as one. No rule begins with a tab, as those of recipes do."""
    held: list[str] = []
    for number, line in enumerate(text.text.splitlines(), 1):
        held.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield number - len(held) + 1, " ".join(held)
            held.clear()
