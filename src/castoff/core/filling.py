"""Templates and what goes into them: a placeholder that was not filled, or a value that could break out, is an error.

What init writes is read by make, YAML, Markdown and shells. The values come from a project's own files and from its
remote's URL, which others may have written: so each is held to a narrow pattern, and nothing is ever quoted to fit.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass

from castoff.core.errors import Location, Problem

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?", re.ASCII)
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_BRANCH = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._/-]*[A-Za-z0-9_])?", re.ASCII)
_ENVIRONMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._ -]*[A-Za-z0-9])?", re.ASCII)
_PATH = re.compile(r"[\w][\w./+-]*")


class _Template(string.Template):
    """The standard library's template, with `%%{name}`: neither make, YAML, Markdown nor GitHub writes that."""

    delimiter = "%%"


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the template with every placeholder filled; raises KeyError or ValueError for one that cannot be."""
    return _Template(template).substitute(values)


def fill_lines(template: str, values: Mapping[str, str]) -> str:
    """Like `fill`; a line that is nothing but placeholders filled with nothing is left out as a whole."""
    lines = template.splitlines(keepends=True)
    filled = ((line, fill(line, values)) for line in lines)
    return "".join(new for old, new in filled if new.strip() or not old.strip())


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a project that are written into other files."""

    name: str
    owner: str | None
    repository: str | None
    branches: tuple[str, ...]
    """The main branch, and the remote."""
    environment: str
    paths: tuple[str, ...]


def name_problems(names: Names) -> list[Problem]:
    """Return which names cannot be written into a Makefile, a workflow and a page as they are."""
    pyproject = Location("pyproject.toml")
    told = [
        ("the distribution's name", names.name, _NAME, pyproject),
        ("the owner in the remote's URL", names.owner, _OWNER, None),
        ("the repository in the remote's URL", names.repository, _REPOSITORY, None),
        *(("the branch or remote", branch, _BRANCH, None) for branch in names.branches),
        ("the environment", names.environment, _ENVIRONMENT, pyproject),
        *(("the path", path, _PATH, None) for path in names.paths),
    ]
    return [
        Problem(f"{what} is {value!r}, which init cannot write safely into other files", where)
        for what, value, pattern, where in told
        if value is not None and not pattern.fullmatch(value)
    ]
