"""What a project's checks need: every place where maintainers write it, and what is taken from there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from castoff.core.dev_requirements import (
    Source,
    all_sources,
    build_requirements,
    chosen,
    plain,
    poetry_range,
    poetry_requirement,
)
from castoff.core.project import read_project
from tests.memory import Memory
from tests.strategies import bounded


def sources(**files: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the sources of a project that have requirements; a file is called by its name, with `_` for `.`."""
    names = {"pyproject_toml": "pyproject.toml", "setup_cfg": "setup.cfg", "tox_ini": "tox.ini"}
    data = {names.get(name, name): text.encode() for name, text in {"pyproject_toml": "", **files}.items()}
    return [(*source,) for source in map(_tuple, all_sources(read_project(Memory(data)))) if source[2]]


def _tuple(source: Source) -> tuple[str, str, tuple[str, ...]]:
    return source.kind, source.name, source.requirements


GROUPS = """\
[dependency-groups]
test = ["pytest>=8", { include-group = "Cov_Erage" }, "x @ file:///x", { unknown = "y" }, 3]
cov-erage = ["coverage # not a comment", "coverage", { include-group = "test" }]
"b d" = ["y"]
none = [{ include-group = "nowhere" }]
odd = "z"
"""


def test_groups_are_read_with_those_that_they_include_and_a_circle_ends() -> None:
    assert sources(pyproject_toml=GROUPS) == [
        ("group", "test", ("pytest>=8", "coverage", "coverage")),
        ("group", "cov-erage", ("coverage", "coverage", "pytest>=8")),
    ]


EXTRAS = """\
[project]
name = "x"
[project.optional-dependencies]
test = ["pytest", "-e ."]
" no name" = ["y"]
[tool.flit.metadata.requires-extra]
dev = ["ruff"]
"""
SETUP_CFG = """\
[metadata]
name = x
[options.extras_require]
test = pytest; mypy
dev =
    tox; python_version >= '3.8'
    nox
a b = y
"""


def test_extras_are_read_from_the_standard_table_flit_s_and_setup_cfg() -> None:
    assert sources(pyproject_toml=EXTRAS, setup_cfg=SETUP_CFG) == [
        ("extra", "test", ("pytest",)),
        ("extra", "dev", ("ruff",)),
        ("extra", "test", ("pytest", "mypy")),
        ("extra", "dev", ('tox; python_version >= "3.8"', "nox")),
    ]


@pytest.mark.parametrize("setup_cfg", ["", "[metadata]\nname = x\n"])
def test_a_setup_cfg_without_extras_has_none(setup_cfg: str) -> None:
    assert sources(setup_cfg=setup_cfg) == []


POETRY = """\
[tool.poetry.dependencies]
python = "^3.9"
requests = "*"
[tool.poetry.group.test.dependencies]
python = "^3.9"
pytest = "^8.0"
numpy = [{ version = "^1.0", python = "<3.12" }, { version = "^2.0", python = ">=3.12" }]
mine = { path = "../mine" }
[tool.poetry.group.docs]
optional = true
[tool.poetry.dev-dependencies]
ruff = "*"
"""
PDM = """\
[tool.pdm.dev-dependencies]
test = ["pytest"]
lint = ["ruff", "-e file:///x"]
[tool.uv]
dev-dependencies = ["mypy", "x @ file:///x"]
"""
HATCH = """\
[tool.hatch.envs.default]
dependencies = ["pytest"]
extra-dependencies = ["coverage"]
[tool.hatch.envs.lint]
detached = true
dependencies = ["ruff"]
"""


def test_what_uv_does_not_read_by_name_is_read_as_lines() -> None:
    assert sources(pyproject_toml=POETRY) == [
        (
            "lines",
            "test",
            (
                "pytest<9,>=8.0",
                'numpy<2,>=1.0; python_version < "3.12"',
                'numpy<3,>=2.0; python_version >= "3.12"',
            ),
        ),
        ("lines", "dev", ("ruff",)),
    ]
    assert sources(pyproject_toml=PDM) == [
        ("lines", "test", ("pytest",)),
        ("lines", "lint", ("ruff",)),
        ("lines", "dev-dependencies", ("mypy",)),
    ]
    assert sources(pyproject_toml=HATCH) == [("lines", "default", ("pytest", "coverage")), ("lines", "lint", ("ruff",))]


def test_requirement_files_are_those_that_are_called_after_development() -> None:
    """Of a `.in` and what was compiled from it, the one that somebody wrote; never what castoff itself writes."""
    files = {
        "requirements-dev.txt": "pytest \\\n  ; python_version < '4'\n-r requirements.txt\n",
        "test-requirements.txt": "tox\n",
        "requirements_test.in": "nox\r\n",
        "requirements_test.txt": "nox==1\n",
        "requirements.txt": "a\n",
        "requirements-docs.txt": "b\n",
        "requirements-release-test.txt": "c\n",
        "dev.txt": "d\n",
        "requirements/lint.txt": "ruff\n",
        "requirements/docs.txt": "e\n",
        "requirements/typing/x.txt": "f\n",
        "requirements/testing.in": "pytest\n",
        "requirements/testing.txt": "pytest==1\n",
    }
    assert sources(**files) == [
        ("lines", "requirements-dev.txt", ('pytest; python_version < "4"',)),
        ("lines", "requirements_test.in", ("nox",)),
        ("lines", "test-requirements.txt", ("tox",)),
        ("lines", "requirements/lint.txt", ("ruff",)),
        ("lines", "requirements/testing.in", ("pytest",)),
    ]


TOX = """\
[tox]
deps = no
[testenv]
deps =
    pytest
    -r x.txt
    py311: old
[testenv:lint]
deps = ruff
[testenv:docs]
commands = sphinx-build
[other]
deps = no
"""


def test_the_environments_of_tox_are_read_and_called_after_tests() -> None:
    assert sources(tox_ini=TOX) == [("lines", "test", ("pytest",)), ("lines", "test:lint", ("ruff",))]


@pytest.mark.parametrize(
    ("poetry", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0.0.0", ">=0.0.0,<0.0.1"),
        ("^1", ">=1,<2"),
        ("^10.20", ">=10.20,<11"),
        ("^ 1.2rc1", ">=1.2rc1,<2"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.4", "~=1.4"),
        ("!=1.5", "!=1.5"),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        (">=1.0,<2.0", ">=1.0,<2.0"),
        (">=1.0 <2.0", ">=1.0,<2.0"),
        (" ^1.2 , !=1.3 ", ">=1.2,<2,!=1.3"),
        (">=1.0,", ">=1.0"),
        ("^3.8 || ^4.0", ">=4.0,<5"),
        ("*", ""),
        ("", ""),
    ],
)
def test_a_range_as_poetry_writes_it_is_a_specifier(poetry: str, specifier: str) -> None:
    assert poetry_range(poetry) == specifier


@bounded
@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), st.sampled_from("^~"))
def test_a_range_of_poetry_begins_with_its_version_and_ends_with_the_next_one(numbers: list[int], mark: str) -> None:
    """A caret lets all numbers behind the first that is not nought grow, a tilde all behind the second."""
    version = ".".join(map(str, numbers))
    allowed = SpecifierSet(poetry_range(f"{mark}{version}"))
    first = next((at for at, number in enumerate(numbers, 1) if number), len(numbers))
    fixed = numbers[: first if mark == "^" else 2]
    following = [*fixed[:-1], fixed[-1] + 1]
    assert version in allowed
    assert ".".join(map(str, [*fixed, 99])) in allowed
    assert ".".join(map(str, following)) not in allowed


@pytest.mark.parametrize(
    ("spec", "requirement"),
    [
        ("^7.2", "coverage>=7.2,<8"),
        ("*", "coverage"),
        (
            {"version": "^7.2", "extras": ["toml", "x"], "python": ">=3.9"},
            "coverage[toml,x]>=7.2,<8 ; (python_version >= '3.9')",
        ),
        (
            {"version": "7.2", "python": "^3.9", "markers": "sys_platform == 'x'"},
            "coverage==7.2 ; sys_platform == 'x' and (python_version >= '3.9' and python_version < '4')",
        ),
        ({"version": "7.2", "python": "3.9.*"}, "coverage==7.2 ; (python_version == '3.9.*')"),
        ({"version": "7.2", "python": "*"}, "coverage==7.2"),
        ({"path": "../coverage"}, None),
        ({"git": "https://example.com/x.git"}, None),
        (3, None),
    ],
)
def test_a_dependency_as_poetry_writes_it_is_a_requirement(spec: object, requirement: str | None) -> None:
    assert poetry_requirement("coverage", spec) == requirement


def test_only_requirements_are_copied() -> None:
    lines = [
        "pytest>=8  # tests",
        "#no",
        "-e .",
        "-r base.txt",
        "--hash=x",
        "x @ https://example.com/x.whl#sha256=y",
        "",
        "# no",
        "  mypy\t#no",
        "tox#no",
    ]
    assert plain(lines) == ("pytest>=8", "mypy")


TOOLS = {"pytest": "pytest", "ruff": "ruff==1"}
DEV, LINT = Source("group", "dev", ("PyTest>=8",)), Source("extra", "lint", ("ruff",))
UNIT = Source("extra", "unit-tests", ("mock",))
FILE, TOXED = Source("lines", "dev.txt", ("pytest", "ruff")), Source("lines", "tests", ("freezegun",))
DOCS = Source("group", "docs", ("sphinx", "furo"))


@pytest.mark.parametrize(
    ("given", "needed", "more"),
    [
        ([], [], ["pytest", "ruff==1"]),
        ([DOCS], [], ["pytest", "ruff==1"]),
        ([DEV, LINT, FILE, TOXED], [DEV, LINT], []),
        ([DEV, FILE, TOXED], [DEV, FILE], []),
        ([DEV, TOXED], [DEV], ["ruff==1"]),
        ([FILE, TOXED, DOCS], [FILE, TOXED], []),
        ([UNIT, FILE], [UNIT, FILE], []),
        ([Source("group", "test", ()), LINT], [LINT], ["pytest"]),
        ([Source("lines", "x", ("ruff", "sphinx"))], [Source("lines", "x", ("ruff",))], ["pytest"]),
        (
            [Source("group", "dev", ("pytest>=8", "sphinx<5", "furo", "mkdocs-x", "myst-parser"))],
            [Source("lines", "dev", ("pytest>=8",))],
            ["ruff==1"],
        ),
    ],
    ids=[
        *("nothing", "documentation", "both by name", "one by name", "not in a file either", "a file", "for tests"),
        *("an empty group", "lines with documentation", "a group with documentation"),
    ],
)
def test_what_has_a_tool_or_is_called_after_tests_is_needed_and_the_same_in_a_file_is_not(
    given: list[Source], needed: list[Source], more: list[str]
) -> None:
    assert chosen(given, TOOLS) == (needed, more)


def test_what_tests_need_is_needed_where_no_tool_runs_them() -> None:
    """They may be run by `python -m unittest`, or by a script of the project's own."""
    assert chosen([FILE, TOXED, UNIT], {}) == ([UNIT], [])
    assert chosen([FILE, TOXED], {}) == ([TOXED], [])


@pytest.mark.parametrize(
    ("name", "told"),
    [("test", True), ("Testing", True), ("unit_tests", True), ("x-test", True), ("latest", False), ("dev", False)],
)
def test_a_source_is_for_tests_when_it_is_called_so(name: str, told: bool) -> None:
    assert Source("extra", name, ()).for_tests is told


@pytest.mark.parametrize(
    ("pyproject", "needed"),
    [
        ("[project]\nname = 'x'\n", ("setuptools", "wheel")),
        ("[build-system]\nrequires = ['setuptools>=61', '-e .']\n", ("setuptools>=61",)),
        (
            "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n",
            ("hatchling", "editables"),
        ),
        (
            "[build-system]\nrequires = ['meson-python', 'Ninja>1']\nbuild-backend = 'mesonpy'\n",
            ("meson-python", "Ninja>1"),
        ),
        (
            "[build-system]\nrequires = ['a']\nbuild-backend = 'scikit_build_core.build'\n",
            ("a", "cmake", "ninja"),
        ),
    ],
)
def test_what_an_editable_installation_needs_is_told_with_what_the_backend_asks_for_once_it_runs(
    pyproject: str, needed: tuple[str, ...]
) -> None:
    assert build_requirements(read_project(Memory({"pyproject.toml": pyproject.encode()}))) == needed
