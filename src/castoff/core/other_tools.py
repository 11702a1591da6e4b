"""Other tools that bump or release, by their configuration: two on one project get in each other's way."""

from __future__ import annotations

from collections.abc import Iterator

from castoff.core.project import Project
from castoff.core.toml_text import get_table

_TABLES = {
    "bumpversion": "bump-my-version",
    "tbump": "tbump",
    "semantic_release": "python-semantic-release",
    "commitizen": "commitizen",
}
_FILES = {
    ".bumpversion.cfg": "bumpversion",
    ".bumpversion.toml": "bump-my-version",
    "tbump.toml": "tbump",
    "releaserc.toml": "python-semantic-release",
}


def other_tools(project: Project) -> Iterator[str]:
    """Yield a note for each other tool: what it is told, castoff finds; a copy of the version there goes stale."""
    tables = get_table(project.data, "tool")
    found = [(f"[tool.{table}] in pyproject.toml", tool) for table, tool in _TABLES.items() if table in tables]
    found += [(file, tool) for file, tool in _FILES.items() if project.tree.read(file) is not None]
    for where, tool in found:
        yield f"{where} is for {tool}: castoff finds the places by itself; take it out"
