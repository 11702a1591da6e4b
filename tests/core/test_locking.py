"""What a release's environment is locked to: what goes in, the command that locks it, and what came out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from castoff.core.dev_requirements import Source
from castoff.core.errors import Location, Problem
from castoff.core.locking import Needs, command, lock_problems, required_names, shown, wanted
from tests.core.test_adopted import FACTS

NEEDS = Needs(
    (
        Source("group", "dev", ("pytest>=8",)),
        Source("extra", "lint", ("ruff",)),
        Source("group", "typing", ("mypy",)),
        Source("lines", "tox.ini", ("coverage", "pytest-cov", "coverage")),
        Source("lines", "poetry", ("coverage",)),
    ),
    ("mypy==1.11", "pytest-cov"),
    ("hatchling>=1.27", "uv"),
    "pyproject.toml",
)
WANTED = """\
# What `make` installs for a release, beside the dependencies of sample-x itself.
# requirements-release.txt is made from it, by the command in its first lines; make it anew after a change here.

# castoff, and what installs the rest
castoff[check,rehearse,status,verify]>=0.4.0
uv

# the checks
mypy==1.11
pytest-cov

# the checks, from tox.ini
coverage

# the build backend, for an installation without isolation
hatchling>=1.27
"""


def test_what_is_wanted_is_told_by_what_wants_it_and_each_line_once() -> None:
    found = wanted(FACTS, "0.4.0", NEEDS)
    assert found.text == WANTED
    assert (found.groups, found.extras, found.project) == (("dev", "typing"), ("lint",), "pyproject.toml")
    assert found.names == {"castoff", "uv", "mypy", "pytest-cov", "coverage", "hatchling"}


def test_the_lock_is_made_for_every_platform_with_digests_and_names_no_index() -> None:
    needed = wanted(replace(FACTS, minimum="3.12"), "0.4.0", NEEDS)
    assert shown(command(replace(FACTS, minimum="3.12"), needed)) == (
        "uv pip compile --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-sources "
        "--group dev --group typing --extra lint pyproject.toml requirements-release.in "
        "--output-file requirements-release.txt"
    )


def test_a_command_is_shown_so_that_a_shell_reads_it_as_it_is() -> None:
    assert shown(("uv", "pip", "compile", "a b.in")) == "uv pip compile 'a b.in'"


def test_the_names_that_a_lock_must_have_are_those_that_are_wanted_on_every_platform() -> None:
    text = "# x\n\n-r other.in\nPy_Test >= 8  # tests\nmypy\ncolorama; sys_platform == 'win32'\nx @ file:///x#a\n"
    assert required_names(text) == ["py-test", "mypy", "x"]


DIGEST = f" \\\n    --hash=sha256:{'a' * 64}\n    # via x\n"
GOOD = f"# made by uv\ncastoff[check]==1.0{DIGEST}uv==2 ; sys_platform != 'x'{DIGEST}"


@pytest.mark.parametrize("text", [GOOD, f"{GOOD}\n    # end\n", GOOD.replace("\n", "\r\n"), "# nothing"])
def test_a_lock_of_pinned_versions_with_digests_is_good(text: str) -> None:
    assert lock_problems("lock.txt", text, frozenset({"castoff", "uv"} if "castoff" in text else ())) == []


def test_a_lock_is_judged_by_its_lines() -> None:
    bad = f"{GOOD}-e file:///X\nx @ https://example.com/x.whl{DIGEST}y==1\nz>=1{DIGEST}"
    cannot = "is no pinned version, and cannot be locked by a digest"
    assert lock_problems("lock.txt", bad, frozenset({"uv", "ruff", "mypy"})) == [
        Problem(f"`-e file:///X` {cannot}", Location("lock.txt")),
        Problem(f"`x @ https://example.com/x.whl` {cannot}", Location("lock.txt")),
        Problem("y==1 has no digest", Location("lock.txt")),
        Problem(f"`z>=1` {cannot}", Location("lock.txt")),
        Problem("it lacks mypy, ruff", Location("lock.txt")),
    ]
