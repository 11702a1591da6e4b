"""The built wheel, in an environment of its own, in place of the source tree: what people install is what is tried."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import castoff
from tests.adopting import links
from tests.rehearsing import once, sample

ROOT = Path(__file__).parent.parent
EXTRAS = "check,rehearse,status,verify"
TOOLS = ("hatchling", "uv", "pytest", "pytest-xdist", "hypothesis")  # what builds the sample, and what runs the tests
TESTS = ("tests/core/test_adoption.py", "tests/test_start.py")


def run(*argv: str | Path, cwd: Path = ROOT, **env: str) -> str:
    """Run a program, with nothing in its environment that pytest has put there, and return what it prints."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    ran = subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        env={**outside, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]
    return ran.stdout


@pytest.fixture
def programs(shared: Path, isolated: Path) -> Path:
    """Return where the programs are of an environment that holds the wheel, and of the lock what the wheel asks for.

    The versions and digests are the lock's; what is installed is only what the wheel itself requires, so that a
    requirement which nobody but the group of developers brings is missed here.
    """
    env = links(shared)

    def make(folder: Path) -> None:
        (wheel,) = Path(env["UV_FIND_LINKS"]).glob("*.whl")
        uv = Path(sys.executable).parent / "uv"
        made = ("--quiet", "--no-project", "--relocatable")  # the folder gets its name when it is whole
        run(uv, "venv", *made, "--python", sys.executable, folder / "venv")
        wanted = (f"castoff[{EXTRAS}] @ {wheel.as_uri()}", *TOOLS)
        python = folder / "venv" / "bin" / "python"
        lock = ("--constraints", ROOT / "requirements.txt")
        run(uv, "pip", "install", "--quiet", "--python", python, *lock, *wanted, UV_SYSTEM_CERTS="1")

    return once(shared, "castoff-from-its-wheel", make) / "venv" / "bin"


@pytest.mark.e2e
def test_the_installed_wheel_says_its_version_and_its_verbs_and_knows_no_source_tree(
    programs: Path, tmp_path: Path
) -> None:
    assert run(programs / "castoff", "--version", cwd=tmp_path).split() == ["castoff", castoff.__version__]
    verbs = run(programs / "castoff", "--list", cwd=tmp_path)
    assert verbs == run(Path(sys.executable).parent / "castoff", "--list", cwd=tmp_path)
    where = run(programs / "python", "-c", "import castoff; print(castoff.__file__)", cwd=tmp_path)
    assert Path(where).is_relative_to(programs.parent)


@pytest.mark.e2e
def test_a_release_is_rehearsed_with_the_installed_wheel(programs: Path, tmp_path: Path) -> None:
    """Stand-ins, templates and services are all data or code of the wheel: a file that is missing there stops it."""
    repo = sample(tmp_path / "sample")
    repo.write("Makefile", f"preflight twine-check:\n\t@{programs / 'castoff'} $@\n")
    repo.commit("use the installed castoff")
    repo.git("push", "--quiet", "origin", "main")
    path: Mapping[str, str] = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    told = run(programs / "castoff", "rehearse", cwd=repo.root, **path)
    assert "this tag would have released 0.1.1" in told


@pytest.mark.e2e
def test_the_tests_of_what_the_wheel_carries_pass_on_the_installed_wheel(programs: Path, tmp_path: Path) -> None:
    """Of the tests those of what reads the wheel's own data, or asks what is loaded; castoff is imported from there."""
    argv = ("-n", "0", "-p", "no:cacheprovider", "-m", "not e2e", "--basetemp", tmp_path / "temp", *TESTS)
    told = run(programs / "python", "-m", "pytest", *argv, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    assert " passed" in told.splitlines()[-1]


def test_no_test_runs_on_another_castoff_than_the_one_that_was_asked_for(tmp_path: Path) -> None:
    """So `pytest --wheel` cannot be green on the source tree by accident."""
    argv = [sys.executable, "-m", "pytest", "-n", "0", f"--castoff-from={tmp_path}", "tests/core/test_names.py"]
    ran = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, "castoff is imported from" in ran.stderr) == (pytest.ExitCode.USAGE_ERROR, True), ran.stdout
