"""Which Python the release runs on: one that castoff runs on, and that the project allows."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from castoff.core.dev_requirements import poetry_range
from castoff.core.errors import CastoffError, Location, misuse, refuse
from castoff.core.project import Project
from castoff.core.toml_text import get_text

KNOWN = ("3.11", "3.12", "3.13", "3.14")
"""The Pythons that castoff runs on, the oldest first."""
_PREFERRED = "3.13"


def requires_python(project: Project) -> str:
    """Return what the project says of the Pythons it runs on, as a specifier (PEP 440); empty when it says nothing."""
    poetry = get_text(project.data, "tool", "poetry", "dependencies", "python")
    return (
        get_text(project.data, "project", "requires-python")
        or (poetry_range(poetry) if poetry else "")
        or get_text(project.data, "tool", "flit", "metadata", "requires-python")
        or project.setup_cfg_value("options", "python_requires")
        or ""
    )


def choose(project: Project) -> tuple[str, str]:
    """Return the Python of the jobs, and the oldest one that the release environment is made for.

    Raises CastoffError when the project allows none that castoff runs on.
    """
    written = requires_python(project)
    try:
        allowed = SpecifierSet(written)
    except InvalidSpecifier:
        raise misuse(f"requires-python is {written!r}, which is no specifier", where=_WHERE) from None
    fitting = [known for known in KNOWN if any(allowed.contains(f"{known}.{patch}") for patch in (0, 20))]
    if not fitting:
        raise _none(written)
    return (_PREFERRED if _PREFERRED in fitting else fitting[-1]), fitting[0]


_WHERE = Location("pyproject.toml")


def _none(written: str) -> CastoffError:
    return refuse(f"requires-python is {written!r}: castoff runs on Python {KNOWN[0]} and newer", where=_WHERE)
