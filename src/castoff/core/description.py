"""Whether a package has a description: PyPI shows it as the project's page, and `twine check --strict` asks for it."""

from __future__ import annotations

from castoff.core.errors import Location, Problem
from castoff.core.project import Project
from castoff.core.toml_text import get_table, get_texts

_NEEDED = "which `twine check --strict` asks for before a release"


def description_problem(project: Project) -> Problem | None:
    """Return that the description, or its type, is missing, and the line to write; None where only the build tells."""
    declared, poetry = (get_table(project.data, *key) for key in (("project",), ("tool", "poetry")))
    if declared:
        said = {*declared, *get_texts(declared, "dynamic")}
        return None if said & {"readme"} or poetry.keys() & {"readme"} else _missing(project, "[project]")
    if poetry and "poetry" in project.backend:
        return None if poetry.keys() & {"readme", "readmes"} else _missing(project, "[tool.poetry]")
    text = project.setup_cfg_value("metadata", "long_description")
    if text and not (project.setup_cfg_value("metadata", "long_description_content_type")):
        what = f"[metadata] has no type of the long_description, {_NEEDED} (text/markdown or text/x-rst)"
        return Problem(what, Location("setup.cfg"), instead=(f"long_description_content_type = {content_type(text)}",))
    return None


def _missing(project: Project, table: str) -> Problem:
    what = f"{table} has no readme, {_NEEDED}"
    return Problem(what, Location("pyproject.toml"), instead=(f'readme = "{readme(project)}"',))


def content_type(file: str) -> str:
    """Return the type of a description by the name of its file (the core metadata's Description-Content-Type)."""
    return "text/x-rst" if file.strip().endswith(".rst") else "text/markdown"


def readme(project: Project) -> str:
    """Return the file that would do for a description: the one that is there, else the usual name."""
    there = [name for name in project.tree.names("") if name.lower().startswith("readme")]
    return next((name for name in there if name.endswith((".md", ".rst"))), "README.md")
