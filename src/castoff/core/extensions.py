"""Whether a project has modules that are compiled: then a wheel is good for one platform only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from castoff.core.errors import Location
from castoff.core.project import Project, normalized
from castoff.core.toml_text import get_table, get_tables, get_text, get_texts

_BACKENDS = ("maturin", "mesonpy", "scikit_build_core", "skbuild", "setuptools_rust", "py_build_cmake", "enscons")
"""Backends that are there to compile."""
_COMPILERS = frozenset(
    {"cython", "pybind11", "nanobind", "cffi", "setuptools-rust", "mypy", "hatch-cython", "hatch-mypyc"}
)
"""Build requirements that are there to compile."""
_IN_SETUP = re.compile(r"\b(ext_modules|cffi_modules|rust_extensions|cythonize|mypycify)\s*[=(]")


def compiled(project: Project) -> tuple[Location, str] | None:
    """Return where a project says that it has modules to compile, and what it says; None when it says nothing."""
    return next(_found(project), None)


def _found(project: Project) -> Iterator[tuple[Location, str]]:
    pyproject = Location("pyproject.toml")
    if project.backend.startswith(_BACKENDS):
        yield pyproject, f"build-backend = {project.backend}"
    names = [normalized(re.split(r"[^\w.-]", line)[0]) for line in get_texts(project.data, "build-system", "requires")]
    for name in (name for name in names if name in _COMPILERS):
        yield pyproject, f"build-system.requires has {name}"
    tool = get_table(project.data, "tool")
    if get_tables(tool, "setuptools", "ext-modules"):
        yield pyproject, "[tool.setuptools] ext-modules"
    if get_text(tool, "poetry", "build") or get_text(tool, "poetry", "build", "script"):  # a table may be without one
        yield pyproject, "[tool.poetry] build"
    text = project.text("setup.py")
    match = _IN_SETUP.search(text.text) if text else None
    if text and match:
        yield text.at(match.start()), match[1]
