"""A package without a description is told before it is built, with the line to write."""

from __future__ import annotations

import pytest

from castoff.core.description import description_problem
from castoff.core.errors import Location
from castoff.core.project import read_project
from tests.memory import Memory

HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
POETRY = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
PROJECT = '[project]\nname = "demo"\nversion = "1.0"\n'
OLD = '[tool.poetry]\nname = "demo"\nversion = "1.0"\n'
CFG = "[metadata]\nname = demo\nlong_description = file: README.rst\n"


def lacking(files: dict[str, str]) -> tuple[Location | None, str, tuple[str, ...]] | None:
    """Return where, what and the line to write; None when nothing lacks."""
    problem = description_problem(read_project(Memory({name: text.encode() for name, text in files.items()})))
    return problem and (problem.where, problem.what, problem.instead)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": HATCH + PROJECT + 'readme = "README.md"\n'},
        {"pyproject.toml": HATCH + PROJECT + 'dynamic = ["readme"]\n'},
        {"pyproject.toml": POETRY + OLD + 'readme = "README.md"\n'},
        {"pyproject.toml": POETRY + OLD + 'readmes = ["a.md", "b.md"]\n'},
        {"pyproject.toml": POETRY + PROJECT + '[tool.poetry]\nreadme = "README.md"\n'},
        {"setup.cfg": CFG + "long_description_content_type = text/x-rst\n"},
        {"setup.cfg": "[metadata]\nname = demo\n", "setup.py": "from setuptools import setup\nsetup()\n"},
        {"pyproject.toml": HATCH + "[tool.other]\nx = 1\n"},
        {"pyproject.toml": HATCH + OLD},
        {"pyproject.toml": POETRY},
    ],
)
def test_a_description_that_is_there_or_that_only_the_build_knows_is_no_problem(files: dict[str, str]) -> None:
    assert lacking(files) is None


@pytest.mark.parametrize(
    ("text", "others", "table", "line"),
    [
        (HATCH + PROJECT, {}, "[project]", 'readme = "README.md"'),
        (HATCH + PROJECT, {"README.rst": ""}, "[project]", 'readme = "README.rst"'),
        (HATCH + PROJECT, {"readme.txt": "", "readme.md": ""}, "[project]", 'readme = "readme.md"'),
        (POETRY + OLD, {"README": ""}, "[tool.poetry]", 'readme = "README.md"'),
    ],
)
def test_a_package_without_a_description_is_told_the_line_to_write(
    text: str, others: dict[str, str], table: str, line: str
) -> None:
    what = f"{table} has no readme, which `twine check --strict` asks for before a release"
    assert lacking({"pyproject.toml": text, **others}) == (Location("pyproject.toml"), what, (line,))


def test_a_description_in_setup_cfg_without_its_type_is_told_the_line_to_write() -> None:
    where, what, line = lacking({"setup.cfg": CFG}) or (None, "", ())
    assert (where, what.partition(",")[0]) == (Location("setup.cfg"), "[metadata] has no type of the long_description")
    assert line == ("long_description_content_type = text/x-rst",), "its file is README.rst"
