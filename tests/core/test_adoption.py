"""The pure parts of init: templates, ranges, texts that are added to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from castoff.core import make_text
from castoff.core.errors import CastoffError, Location, Problem, UsageError
from castoff.core.extensions import compiled
from castoff.core.filling import Names, fill, fill_lines, name_problems
from castoff.core.project import read_project
from castoff.core.pythons import choose, requires_python
from castoff.core.texts import Text
from tests.memory import Memory


def text(written: str, file: str = "pyproject.toml") -> Text:
    return Text(file, written, "utf-8", bom=False)


def project(pyproject: str, **files: str) -> Memory:
    return Memory({"pyproject.toml": pyproject.encode(), **{name: data.encode() for name, data in files.items()}})


def test_a_placeholder_is_filled_and_what_make_yaml_and_github_write_is_left() -> None:
    assert fill("%%{name} $(value $$x) ${{ github.ref }} %-13s %%%%", {"name": "x"}) == (
        "x $(value $$x) ${{ github.ref }} %-13s %%"
    )


@pytest.mark.parametrize("template", ["%%{missing}", "%%{", "a %% b"])
def test_a_placeholder_that_cannot_be_filled_is_an_error(template: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        fill(template, {"name": "x"})


def test_a_value_is_never_a_template_itself() -> None:
    assert fill("%%{a}", {"a": "%%{b}", "b": "no"}) == "%%{b}"


def test_a_line_of_placeholders_filled_with_nothing_goes_and_an_empty_line_stays() -> None:
    assert fill_lines("a\n%%{b}\n%%{b}%%{b}\n\nc\n", {"b": ""}) == "a\n\nc\n"


GOOD = Names("sample-x", "some-body", "sample.x", ("release/1.x", "origin"), "pypi", ("src/sample_x/__init__.py",))


def test_usual_names_are_written() -> None:
    assert name_problems(GOOD) == []


@pytest.mark.parametrize(
    "bad", ["$(x)", "a b", "a\nb", "`x`", "a'b", 'a"b', "%%{name}", "${{ x }}", "-rf", "a;b", "é", ""]
)
@pytest.mark.parametrize("field", ["name", "owner", "repository", "branches", "paths"])
def test_a_name_that_could_be_more_than_a_name_is_refused(field: str, bad: str) -> None:
    if field == "repository" and bad == "-rf":
        return  # GitHub allows it, and it stands behind `owner/` wherever it is written
    if field == "paths" and bad == "é":
        return  # a module may be called so
    value: Any = (bad,) if field in ("branches", "paths") else bad
    (problem,) = name_problems(replace(GOOD, **{field: value}))
    assert repr(bad) in problem.what


@pytest.mark.parametrize(
    ("field", "told", "file"),
    [
        ("name", "the distribution's name", "pyproject.toml"),
        ("owner", "the owner in the remote's URL", None),
        ("repository", "the repository in the remote's URL", None),
        ("branches", "the branch or remote", None),
        ("environment", "the environment", "pyproject.toml"),
        ("paths", "the path", None),
    ],
)
def test_a_name_that_is_refused_is_told_with_what_it_is_of_and_the_file_that_says_it(
    field: str, told: str, file: str | None
) -> None:
    value: Any = ("$(x)",) if field in ("branches", "paths") else "$(x)"
    what = f"{told} is '$(x)', which init cannot write safely into other files"
    assert name_problems(replace(GOOD, **{field: value})) == [Problem(what, Location(file) if file else None)]


MAKEFILE = """\
VERSION := $(shell x: y)
export A = b: c
.PHONY: all
all clean: dist ; echo all
dist/%.whl: x
\techo rule: no
$(TARGETS): y
two \\
  three: x
double:: x
grouped &: x
include other.mk castoff.mk
"""


def test_the_targets_of_a_makefile_are_read_without_running_it() -> None:
    found = make_text.targets(text(MAKEFILE, "Makefile"))
    assert {name: where.line for name, where in found.items()} == {
        "all": 4,
        "clean": 4,
        "two": 8,
        "three": 8,
        "double": 10,
        "grouped": 11,
    }
    assert make_text.includes(text(MAKEFILE, "Makefile"), "castoff.mk")
    assert not make_text.includes(text("# include castoff.mk\n", "Makefile"), "castoff.mk")


PYPROJECT = "pyproject.toml"


@pytest.mark.parametrize(
    ("pyproject", "setup", "said"),
    [
        ('[build-system]\nbuild-backend = "maturin"\n', "", (PYPROJECT, "build-backend = maturin")),
        ('[build-system]\nrequires = ["Cython>=3"]\n', "", (PYPROJECT, "build-system.requires has cython")),
        ('[build-system]\nrequires = ["x", "mypy [a] ; b"]\n', "", (PYPROJECT, "build-system.requires has mypy")),
        ('[build-system]\nrequires = ["mypy-extensions"]\n', "", None),
        ("[[tool.setuptools.ext-modules]]\nname = 'x'\n", "", (PYPROJECT, "[tool.setuptools] ext-modules")),
        ("[tool.poetry]\nbuild = 'build.py'\n", "", (PYPROJECT, "[tool.poetry] build")),
        ("[tool.poetry.build]\nscript = 'build.py'\n", "", (PYPROJECT, "[tool.poetry] build")),
        ("[tool.poetry.build]\ngenerate-setup-file = false\n", "", None),
        ("", "\nsetup(\n    ext_modules = [x])\n", ("setup.py:3", "ext_modules")),
        ("", "setup(ext_modules=cythonize('x.pyx'))\n", ("setup.py:1", "ext_modules")),
        ("", "x = cythonize (\n'x.pyx')\n", ("setup.py:1", "cythonize")),
        ("", "# setup without any\n", None),
        ("", "setup(name='ext_modules')\n", None),
    ],
)
def test_what_is_compiled_is_told_by_where_it_is_said(pyproject: str, setup: str, said: tuple[str, str] | None) -> None:
    found = compiled(read_project(project(pyproject, **{"setup.py": setup})))
    assert (found and (str(found[0]), found[1])) == said


@pytest.mark.parametrize(
    ("requires", "python", "minimum"),
    [
        ("", "3.13", "3.11"),
        (">=3.8", "3.13", "3.11"),
        (">=3.12", "3.13", "3.12"),
        (">=3.14", "3.14", "3.14"),
        (">=3.9,<3.13", "3.12", "3.11"),
        (">=3.11.4", "3.13", "3.11"),
        ("==3.12.0", "3.12", "3.12"),
    ],
)
def test_the_python_of_the_jobs_is_one_that_the_project_allows(requires: str, python: str, minimum: str) -> None:
    assert choose(read_project(project(f'[project]\nname = "x"\nrequires-python = "{requires}"\n'))) == (
        python,
        minimum,
    )


@pytest.mark.parametrize(
    ("pyproject", "setup_cfg", "python"),
    [
        ("[tool.poetry.dependencies]\npython = '^3.12'\n", "", ">=3.12,<4"),
        ("[tool.flit.metadata]\nrequires-python = '>=3.12'\n", "", ">=3.12"),
        ("", "[options]\npython_requires = >=3.12\n", ">=3.12"),
        ("[project]\nrequires-python = '>=3.11'\n[tool.poetry.dependencies]\npython = '^3.12'\n", "", ">=3.11"),
        ("", "[metadata]\nname = x\n", ""),
    ],
    ids=["poetry", "flit", "setup.cfg", "the standard table first", "nowhere"],
)
def test_the_pythons_of_a_project_are_read_where_its_backend_reads_them(
    pyproject: str, setup_cfg: str, python: str
) -> None:
    assert requires_python(read_project(project(pyproject, **{"setup.cfg": setup_cfg}))) == python


@pytest.mark.parametrize(
    ("requires", "error", "said"),
    [
        (">=3,<3.11", CastoffError, "castoff runs on Python 3.11 and newer"),
        ("three", UsageError, "which is no specifier"),
    ],
)
def test_a_project_without_a_python_for_castoff_is_told_so(requires: str, error: type[CastoffError], said: str) -> None:
    with pytest.raises(CastoffError) as caught:
        choose(read_project(project(f"[project]\nrequires-python = '{requires}'\n")))
    assert type(caught.value) is error
    (problem,) = caught.value.problems
    assert problem.where == Location(PYPROJECT)
    assert problem.what.startswith(f"requires-python is '{requires}'")
    assert problem.what.endswith(said)
