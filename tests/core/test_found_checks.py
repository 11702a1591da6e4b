"""Which checks a project has, by its own files, and what they need in the lock."""

from __future__ import annotations

import pytest

from castoff.core.config import DEFAULT_CHECKS
from castoff.core.found_checks import FoundChecks, find_checks
from castoff.core.project import read_project
from tests.memory import Memory

PROJECT = "[project]\nname = 'sample'\n"
RUFF, FORMAT = ("ruff", "check"), ("ruff", "format", "--check")
FLAKE8 = ("flake8", "--extend-exclude", ".venv-release")
BLACK, MYPY, PYTEST, NOX = ("black", "--check", "."), ("mypy",), ("pytest",), ("nox",)
TOX = ("tox", "run", "-e", "py")
PYRIGHT = ("pyright", "--pythonpath", ".venv-release/bin/python")
BASED = ("basedpyright", *PYRIGHT[1:])
UNITTEST = ("python", "-m", "unittest", "discover", "-s", "tests")
"""unittest imports a folder from the top of the project only where it is a package."""
NOTE = "pre-commit downloads its hooks anew wherever it runs: the release runs the tools themselves, locked"


def found(files: dict[str, str]) -> FoundChecks:
    named = {"pyproject.toml": PROJECT, **files}
    return find_checks(read_project(Memory({file: text.encode() for file, text in named.items()})))


def uses(*requirements: str) -> dict[str, str]:
    """Return a project with these in a group for development."""
    return {"pyproject.toml": f"{PROJECT}[dependency-groups]\ndev = {list(requirements)}\n"}


def table(text: str) -> dict[str, str]:
    return {"pyproject.toml": f"{PROJECT}{text}\n"}


LINT: list[tuple[dict[str, str], tuple[str, ...]]] = [
    (table("[tool.ruff]"), RUFF),
    ({"ruff.toml": ""}, RUFF),
    ({".ruff.toml": ""}, RUFF),
    (uses("ruff>=0.6"), RUFF),
    ({**uses("flake8"), "ruff.toml": ""}, RUFF),
    (uses("flake8"), FLAKE8),
    ({".flake8": ""}, FLAKE8),
    ({"setup.cfg": "[flake8]\nmax-line-length = 100\n"}, FLAKE8),
    (
        {"tox.ini": "[flake8]\nextend-exclude =\n  old,\n  made\n", **uses("flake8")},
        (*FLAKE8[:2], f"{FLAKE8[2]},old,made"),
    ),
    ({".flake8": "[flake8]\nextend_exclude = old, made\n"}, (*FLAKE8[:2], f"{FLAKE8[2]},old,made")),
]
LAYOUT: list[tuple[dict[str, str], tuple[str, ...]]] = [
    (table("[tool.ruff.format]"), FORMAT),
    ({"tox.ini": "[testenv]\ncommands = ruff format --check .\n"}, FORMAT),
    ({"noxfile.py": "session.run('ruff', 'format', '--check')\n"}, FORMAT),
    ({"Makefile": "format:\n\truff \t format .\n", **uses("black")}, FORMAT),
    (uses("black"), BLACK),
    ({"tox.ini": "[testenv]\ncommands = ruff check\n", "Makefile": "format:\n", **uses("black")}, BLACK),
    (table("[tool.black]"), BLACK),
    (table("[tool.black]\nextend-exclude = '/old/'"), BLACK),
    (table("[tool.black]\nexclude = '/old/'"), (*BLACK[:2], "--extend-exclude", r"/\.venv-release/", ".")),
    (
        table("[tool.black]\nexclude = '/old/'\nextend_exclude = '/made/'"),
        (*BLACK[:2], "--extend-exclude", r"/\.venv-release/|/made/", "."),
    ),
]
TYPES: list[tuple[dict[str, str], tuple[str, ...]]] = [
    (uses("pyright"), PYRIGHT),
    ({"pyrightconfig.json": "{}"}, PYRIGHT),
    ({"pyrightconfig.json": "{}", **uses("basedpyright", "mypy")}, BASED),
    (table("[tool.basedpyright]"), BASED),
    (uses("mypy"), MYPY),
    ({"mypy.ini": ""}, MYPY),
    ({".mypy.ini": ""}, MYPY),
    ({"setup.cfg": "[mypy]\n"}, MYPY),
    ({"src/sample/__init__.py": "", **uses("mypy")}, ("mypy", "src/sample")),
    ({"sample.py": "", **uses("mypy")}, ("mypy", "sample.py")),
    ({"sample.py": "", **table("[tool.mypy]\nfiles = ['x']")}, MYPY),
    ({"sample.py": "", **table("[tool.mypy]\npackages = ['x']")}, MYPY),
    ({"sample.py": "", **table("[tool.mypy]\nmodules = ['x']")}, MYPY),
    ({"sample.py": "", **table("[tool.mypy]\nstrict = true")}, ("mypy", "sample.py")),
    ({"sample.py": "", "mypy.ini": "[mypy]\nfiles = x\n"}, MYPY),
    ({"sample.py": "", ".mypy.ini": "[mypy]\npackages = x\n"}, MYPY),
    ({"sample.py": "", "setup.cfg": "[mypy]\nmodules = x\n"}, MYPY),
    ({"sample.py": "", "mypy.ini": "[mypy]\nstrict = 1\n"}, ("mypy", "sample.py")),
    ({"sample.py": "", "mypy.ini": "[mypy]\n", "setup.cfg": "[mypy]\nfiles = x\n"}, ("mypy", "sample.py")),
    ({"sample.py": "", "mypy.ini": "[mypy-x]\n", "setup.cfg": "[mypy]\nfiles = x\n"}, MYPY),
]
TEST: list[tuple[dict[str, str], tuple[str, ...]]] = [
    (uses("pytest"), PYTEST),
    (table("[tool.pytest.ini_options]"), PYTEST),
    ({"pytest.ini": ""}, PYTEST),
    ({".pytest.ini": ""}, PYTEST),
    ({"conftest.py": ""}, PYTEST),
    ({"tests/conftest.py": ""}, PYTEST),
    ({"setup.cfg": "[tool:pytest]\n"}, PYTEST),
    ({"tox.ini": "[testenv]\ncommands = pytest -q\n"}, PYTEST),
    ({"tox.ini": "[testenv]\ncommands = ./run\n", "noxfile.py": "x\n"}, TOX),
    (uses("tox"), TOX),
    ({"tox.toml": "commands = [['pytest']]\n"}, PYTEST),
    ({"noxfile.py": "import nox\n"}, NOX),
    (uses("nox"), NOX),
    ({"tests/test_x.py": ""}, UNITTEST),
    ({"test/test_x.py": ""}, tuple(word.replace("tests", "test") for word in UNITTEST)),
    ({"tests/test_x.py": "", "test/test_x.py": ""}, UNITTEST),
    ({"tests/test_x.py": "", "tests/__init__.py": ""}, (*UNITTEST, "-t", ".")),
    ({"tests/test_x.py": "import os\nimport pytest\n"}, PYTEST),
    ({"tests/test_x.py": "try:\n    from pytest import fixture\n", "tests/y.py": "\xff"}, PYTEST),
    ({"tests/test_x.py": "import pytester\n# import pytest\n"}, UNITTEST),
    ({"demo/__init__.py": "", "demo/tests/test_x.py": "import pytest\n"}, PYTEST),
]


@pytest.mark.parametrize(
    ("check", "files", "command"),
    [
        (check, *case)
        for check, cases in {"lint": LINT, "format-check": LAYOUT, "typecheck": TYPES, "test": TEST}.items()
        for case in cases
    ],
)
def test_a_check_is_found_where_projects_say_that_they_have_it(
    check: str, files: dict[str, str], command: tuple[str, ...]
) -> None:
    assert found(files).commands[check] == (command,)


def test_a_project_with_castoff_s_own_tools_has_the_checks_that_need_no_configuration() -> None:
    checks = found({**uses("ruff", "pyright", "pytest"), "Makefile": "x:\n\truff format\n"})
    assert (set(checks.commands), checks.notes) == ({"lint", "format-check", "typecheck", "test"}, ())
    assert checks.tools == {"ruff": "ruff", "pyright": "pyright[nodejs]", "pytest": "pytest"}
    assert FoundChecks(DEFAULT_CHECKS, {}).default
    assert not checks.default, "pyright is told which Python it looks at"


@pytest.mark.parametrize(
    ("files", "module"), [({"sample.py": ""}, "sample"), ({"src/sample/__init__.py": ""}, "sample"), ({}, "sys")]
)
def test_a_project_without_any_check_is_imported_at_least_and_told_so(files: dict[str, str], module: str) -> None:
    checks = found(files)
    assert checks.commands == {"test": (("python", "-c", f"import {module}"),)}
    assert checks.tools == {}
    assert checks.notes == (
        "no check was found (ruff, flake8, black, mypy, pyright, pytest, tox, nox): the only one is an import",
    )


HOOKS = """\
repos:
- repo: https://github.com/astral-sh/ruff-pre-commit
  rev: v0.6.9
  hooks: [{id: ruff-check}, {id: ruff-format}]
- repo: https://github.com/psf/black
  rev: main
  hooks: [{id: black-jupyter}, {name: none}]
- repo: https://github.com/pre-commit/mirrors-mypy
  rev: v1.11.2
  hooks:
  - id: mypy
- repo: https://github.com/tox-dev/tox-ini-fmt
  rev: 1.3.1
  hooks: [{id: tox-ini-fmt}]
- repo: local
  hooks: [{id: pytest, name: tests, entry: pytest, language: system}]
"""


def test_a_tool_that_pre_commit_runs_is_used_in_the_version_that_it_is_pinned_to() -> None:
    """A hook that is called after a tool and is none of it, like `tox-ini-fmt`, says nothing of the tool."""
    checks = found({".pre-commit-config.yaml": HOOKS})
    assert checks.commands == {"lint": (RUFF,), "format-check": (FORMAT,), "typecheck": (MYPY,), "test": (PYTEST,)}
    assert checks.tools == {"ruff": "ruff==0.6.9", "mypy": "mypy==1.11.2", "pytest": "pytest"}
    assert checks.notes == (NOTE,)


def test_a_hook_on_a_branch_or_a_commit_pins_nothing() -> None:
    for revision in ("main", "v1", "5e5cf7a", "24.8.0-rc1", "\u0662.\u0664"):
        hooks = f"repos:\n- {{repo: x, rev: {revision}, hooks: [{{id: black}}]}}\n"
        assert found({".pre-commit-config.yaml": hooks}).tools == {"black": "black"}


@pytest.mark.parametrize(
    "text",
    ["", "[1", "repos: 3", "- 1", "x: &a {b: 1}\nrepos: [{rev: '1.0', hooks: [{id: ruff}], <<: *a}]\n", "[" * 3000],
    ids=["empty", "no YAML", "no list", "a list", "merge keys", "deep"],
)
def test_hooks_that_cannot_be_read_are_none(text: str) -> None:
    assert found({".pre-commit-config.yaml": text, **uses("ruff")}).tools == {"ruff": "ruff"}


@pytest.mark.parametrize(("tool", "command"), [("tox", TOX), ("nox", NOX)])
def test_environments_that_are_not_in_the_lock_are_told(tool: str, command: tuple[str, ...]) -> None:
    checks = found(uses(tool))
    assert (checks.commands, checks.tools) == ({"test": (command,)}, {tool: tool})
    assert checks.notes == (f"{tool} makes environments of its own, with what it downloads: that is not in the lock",)


def test_checks_that_are_configured_are_taken_and_their_tools_are_known() -> None:
    configured = "[tool.castoff.checks]\nall = [['./run'], ['ruff', 'check'], ['zizmor', '.']]\ntypes = ['pyright']\n"
    checks = found({"ruff.toml": "", ".pre-commit-config.yaml": HOOKS, **table(configured)})
    assert checks.commands == {
        "all": (("./run",), ("ruff", "check"), ("zizmor", ".")),
        "types": (("pyright",),),
    }
    assert checks.tools == {"ruff": "ruff==0.6.9", "zizmor": "zizmor", "pyright": "pyright[nodejs]"}
    assert checks.notes == ()
