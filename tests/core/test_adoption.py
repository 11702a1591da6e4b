"""The pure parts of init: templates, ranges, texts that are added to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from castoff.core import make_text
from castoff.core.adoption import Facts, make_values, values
from castoff.core.errors import CastoffError, Location, Problem, UsageError
from castoff.core.extensions import compiled
from castoff.core.filling import Names, fill, fill_lines, name_problems
from castoff.core.forge import Repository
from castoff.core.project import read_project
from castoff.core.pythons import choose, requires_python
from castoff.core.texts import Text
from tests.core.test_adopted import FACTS
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


# what the templates are filled with

PYTHONS = {"python": "3.13", "minimum": "3.11"}


def test_what_the_files_say_of_a_project() -> None:
    assert values(FACTS) == {
        "name": "sample-x",
        "file": "sample_x",
        "main": "main",
        "remote": "origin",
        "environment": "pypi",
        **PYTHONS,
        "owner": "somebody",
        "repository": "sample-x",
        "owner_note": "",
        "told_publisher": "owner `somebody`, repository `sample-x`",
        "venv": ".venv-release",
        "lock": "requirements-release.txt",
        "wanted": "requirements-release.in",
        "checks": "lint and tests side by side",
        "places": "- `project.version` in `pyproject.toml`\n- `__version__` in `src/sample_x/__init__.py`\n- `VERSION`",
        "proves": "",
        "tried": "Each of these can be tried beforehand: "
        "`make rehearse FAULT=...` (`make rehearse FAULT=list` names them).",
        "jobs": "five",
        "jobs_capital": "Five",
        "built_in": "in the first job",
        "before_check": "preflight",
        "fetch_dist": "          name: dist\n          path: dist/",
        "wheels_step": "",
    }


def differing(facts: Facts) -> dict[str, str]:
    """Return what else the files say of a project with other facts."""
    usual = values(FACTS)
    return {key: value for key, value in values(facts).items() if usual[key] != value}


def test_without_a_repository_the_owner_is_to_be_put_in_by_hand() -> None:
    assert differing(replace(FACTS, repository=None)) == {
        "owner": "OWNER",
        "owner_note": "OWNER is the owner of this repository on GitHub.",
        "told_publisher": "owner and repository as in the URL of this repository",
    }
    assert differing(replace(FACTS, repository=Repository("somebody", "other"))) == {
        "repository": "other",
        "told_publisher": "owner `somebody`, repository `other`",
    }


def test_a_matrix_of_wheels_is_one_job_more_which_cannot_be_rehearsed() -> None:
    other = differing(replace(FACTS, wheels=True))
    assert set(other) == {
        *("tried", "jobs", "jobs_capital", "built_in", "before_check", "fetch_dist", "wheels_step"),
    }
    assert (other["jobs"], other["jobs_capital"], other["before_check"]) == ("six", "Six", "wheels")
    assert other["built_in"] == "in the first two jobs"
    assert "cannot be rehearsed" in other["tried"]
    assert "pattern: dist* #" in other["fetch_dist"]
    assert "**wheels**" in other["wheels_step"]


def test_castoff_itself_has_names_of_its_own() -> None:
    other = differing(replace(FACTS, name="castoff"))
    assert (other["venv"], other["lock"]) == (".venv", "requirements.txt")
    assert "docs/verify.md" in other["proves"]


@pytest.mark.parametrize(("name", "file"), [("Sample.X--y_z", "sample_x_y_z"), ("abc", "abc")])
def test_files_are_called_as_wheels_are(name: str, file: str) -> None:
    assert differing(replace(FACTS, name=name))["file"] == file


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        (["test"], "tests"),
        (["lint", "format-check", "typecheck", "test"], "lint, layout, types and tests"),
        (["docs", "test"], "docs and tests"),
    ],
)
def test_checks_are_told_as_one_speaks_of_them(checks: list[str], told: str) -> None:
    assert values(replace(FACTS, checks=dict.fromkeys(checks, (("x",),))))["checks"] == f"{told} side by side"


def made(facts: Facts = FACTS, *taken: str, head: bool = True) -> dict[str, str]:
    return make_values(facts, frozenset(taken), program="invoke", head=head)


def rules(filled: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return what each target is described by, and its recipe; each hangs on the environment."""
    blocks = [block.partition("\n") for block in filled["targets"].split("\n\n")]
    heads = [(head.partition(": .venv-release/.ready ## "), recipe) for head, _, recipe in blocks]
    return {target: (what, recipe) for (target, _, what), recipe in heads}


def test_every_verb_is_a_target_with_what_it_does() -> None:
    found = rules(made(head=False))
    assert found["install"] == (
        "make .venv-release from requirements-release.txt (every other target does it too)",
        "\t@echo '.venv-release is ready.'",
    )
    assert found["lint"] == ("run the linters (ruff)", "\t@.venv-release/bin/invoke lint")
    assert found["test"] == ("run the tests (pytest)", "\t@.venv-release/bin/invoke test")
    assert found["check"] == ("all checks, side by side", "\t@.venv-release/bin/invoke check")
    assert list(found) == made(head=False)["phony"].split()
    assert {"release", "rehearse", "status", "verify", "doctor", "undo"} <= set(found)
    assert "typecheck" not in found, "there is no such check"


def test_a_whole_makefile_begins_with_the_help_and_lets_its_programs_have_a_make_of_their_own() -> None:
    filled = made()
    assert filled["targets"] == f"{filled['targets'].partition('install:')[0]}{made(head=False)['targets']}"
    assert filled["targets"].startswith("help: ## list the targets\n\t@awk ")
    assert filled["phony"] == f"help {made(head=False)['phony']}"
    assert filled["unexport"].endswith("unexport MAKEFLAGS MFLAGS MAKEOVERRIDES\n")
    assert made(head=False)["unexport"] == ""


def test_a_target_that_is_taken_has_another_name_and_runs_the_same() -> None:
    filled = made(FACTS, "install", "build", "other", head=False)
    found = rules(filled)
    assert found["castoff-build"][1] == "\t@.venv-release/bin/invoke build"
    assert list(found) == filled["phony"].split()
    assert {"install", "build", "other", "castoff-other"}.isdisjoint(found)
    assert (filled["install"], made()["install"]) == ("castoff-install", "install")


@pytest.mark.parametrize(
    ("minimum", "told"),
    [
        ("3.11", {"needs": "castoff", "python": "3.11", "minimum": "(3, 11)", "newer": "3.12"}),
        ("3.12", {"needs": "sample-x", "python": "3.12", "minimum": "(3, 12)", "newer": "3.12"}),
        ("3.14", {"needs": "sample-x", "python": "3.14", "minimum": "(3, 14)", "newer": "3.14"}),
    ],
)
def test_the_python_that_is_needed_is_told_with_who_needs_it(minimum: str, told: dict[str, str]) -> None:
    filled = made(replace(FACTS, minimum=minimum))
    assert {key: filled[key] for key in told} == told


def test_the_installers_run_in_the_environment_and_say_little() -> None:
    filled = made()
    assert (filled["venv"], filled["lock"]) == (".venv-release", "requirements-release.txt")
    assert filled["pip"] == ".venv-release/bin/python -m pip install --quiet --disable-pip-version-check"
    python = "--python .venv-release/bin/python"
    assert filled["uv"] == f"UV_SYSTEM_CERTS=1 .venv-release/bin/uv pip install --quiet {python}"


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        ((("ruff", "check"), ("mypy",), ("ruff", "format")), "run the linters (ruff, mypy)"),
        ((("./lint.sh",), ("$(x)",)), "run the linters (its own commands)"),
        ((("./lint.sh",), ("flake8",)), "run the linters (flake8)"),
    ],
)
def test_a_check_is_described_by_its_programs_as_far_as_they_are_plain_names(
    commands: tuple[tuple[str, ...], ...], told: str
) -> None:
    assert rules(made(replace(FACTS, checks={"lint": commands}), head=False))["lint"][0] == told


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
        ("", "not_ext_modules=1, no_cythonize=(2)", None),
        ("", "# setup without any\n", None),
        ("", "setup(name='ext_modules')\n", None),
    ],
)
def test_what_is_compiled_is_told_by_where_it_is_said(pyproject: str, setup: str, said: tuple[str, str] | None) -> None:
    found = compiled(read_project(project(pyproject, **({"setup.py": setup} if setup else {}))))
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
