"""The pure parts of init: templates, ranges, texts that are added to."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from castoff.core import make_text
from castoff.core.castoff_table import with_table
from castoff.core.dependabot_text import with_actions
from castoff.core.dev_requirements import Source, chosen, plain, poetry_range, poetry_requirement
from castoff.core.errors import CastoffError
from castoff.core.extensions import compiled
from castoff.core.filling import Names, fill, fill_lines, name_problems
from castoff.core.locking import lock_problems
from castoff.core.project import read_project
from castoff.core.pythons import choose
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
    assert fill_lines("a\n%%{b}\n\nc\n", {"b": ""}) == "a\n\nc\n"


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
    ("poetry", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^1", ">=1,<2"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.4", "~=1.4"),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        (">=1.0,<2.0", ">=1.0,<2.0"),
        (">=1.0 <2.0", ">=1.0,<2.0"),
        ("^3.8 || ^4.0", ">=4.0,<5"),
        ("*", ""),
    ],
)
def test_a_range_as_poetry_writes_it_is_a_specifier(poetry: str, specifier: str) -> None:
    assert poetry_range(poetry) == specifier


def test_a_dependency_as_poetry_writes_it_is_a_requirement() -> None:
    spec = {"version": "^7.2", "extras": ["toml"], "python": ">=3.9"}
    assert poetry_requirement("coverage", spec) == "coverage[toml]>=7.2,<8 ; (python_version >= '3.9')"
    assert poetry_requirement("mine", {"path": "../mine"}) is None


def test_only_requirements_are_copied() -> None:
    lines = [
        "pytest>=8  # tests",
        "-e .",
        "-r base.txt",
        "--hash=x",
        "x @ https://example.com/x.whl",
        "",
        "# no",
        "mypy",
    ]
    assert plain(lines) == ("pytest>=8", "mypy")


def test_what_makes_documentation_is_left_out_and_the_rest_of_its_group_is_copied() -> None:
    source = Source("group", "dev", ("pytest>=8", "sphinx<5", "furo"))
    (needed,), more = chosen([source, Source("group", "docs", ("sphinx",))], {"pytest": "pytest", "ruff": "ruff"})
    assert needed == Source("lines", "dev", ("pytest>=8",))
    assert more == ["ruff"]


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


@pytest.mark.parametrize(
    "before", ["", "[project]\nname = 'x'\n", "[project]\nname = 'x'", "[tool.other]\na = 1\n\n\n"]
)
def test_a_table_is_added_behind_everything_else(before: str) -> None:
    after = with_table(text(before), {"build": ["sdist"], "checks": {"a b": ["x", 'it\'s "so"']}})
    assert after.startswith(before)
    assert tomllib.loads(after)["tool"]["castoff"] == {"build": ["sdist"], "checks": {"a b": ["x", 'it\'s "so"']}}


def test_keys_are_added_to_a_table_that_is_there_and_none_is_changed() -> None:
    before = '[tool.castoff] # ours\nmain = "trunk"\n\n[tool.other]\nx = 1\n'
    after = with_table(text(before), {"main": "main", "build": ["sdist"]})
    assert tomllib.loads(after)["tool"]["castoff"] == {"main": "trunk", "build": ["sdist"]}
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert with_table(text(after), {"build": ["sdist", "wheel"]}) == after


def test_an_inline_tool_table_cannot_be_added_to_and_is_said() -> None:
    with pytest.raises(CastoffError):
        with_table(text("tool = { other = 1 }\n"), {"build": ["sdist"]})


OURS = "version: 2\nupdates:\n  - package-ecosystem: github-actions\n    directory: /\n"


@pytest.mark.parametrize(
    "before", ["version: 2\n", "version: 2\nupdates: []\n", "updates: [{package-ecosystem: pip}]\n", "- 1\n"]
)
def test_a_dependabot_file_without_a_list_to_add_to_is_left_alone(before: str) -> None:
    assert with_actions(text(before, ".github/dependabot.yml"), OURS) is None


@pytest.mark.parametrize(
    ("pyproject", "setup", "said"),
    [
        ('[build-system]\nbuild-backend = "maturin"\n', "", "build-backend = maturin"),
        ('[build-system]\nrequires = ["Cython>=3"]\n', "", "build-system.requires has cython"),
        ("[[tool.setuptools.ext-modules]]\nname = 'x'\n", "", "[tool.setuptools] ext-modules"),
        ("", "setup(\n    ext_modules = [x])\n", "ext_modules"),
        ("", "# setup without any\n", None),
        ("", "setup(name='ext_modules')\n", None),
    ],
)
def test_what_is_compiled_is_told_by_where_it_is_said(pyproject: str, setup: str, said: str | None) -> None:
    found = compiled(read_project(project(pyproject, **{"setup.py": setup})))
    assert (found and found[1]) == said


@pytest.mark.parametrize(
    ("requires", "python", "minimum"),
    [
        ("", "3.13", "3.11"),
        (">=3.8", "3.13", "3.11"),
        (">=3.12", "3.13", "3.12"),
        (">=3.14", "3.14", "3.14"),
        (">=3.9,<3.13", "3.12", "3.11"),
        (">=3.11.4", "3.13", "3.11"),
    ],
)
def test_the_python_of_the_jobs_is_one_that_the_project_allows(requires: str, python: str, minimum: str) -> None:
    assert choose(read_project(project(f'[project]\nname = "x"\nrequires-python = "{requires}"\n'))) == (
        python,
        minimum,
    )


def test_a_lock_is_judged_by_its_lines() -> None:
    digest = f" \\\n    --hash=sha256:{'a' * 64}\n    # via x\n"
    good = f"# made by uv\ncastoff==1.0{digest}uv==2 ; sys_platform != 'x'{digest}"
    assert lock_problems("lock.txt", good, frozenset({"castoff", "uv"})) == []
    bad = f"{good}-e file:///x\nx @ https://example.com/x.whl{digest}y==1\n"
    assert [problem.what for problem in lock_problems("lock.txt", bad, frozenset({"ruff"}))] == [
        "`-e file:///x` is no pinned version, and cannot be locked by a digest",
        "`x @ https://example.com/x.whl` is no pinned version, and cannot be locked by a digest",
        "y==1 has no digest",
        "it lacks ruff",
    ]
