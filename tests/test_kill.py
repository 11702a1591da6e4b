"""A release that is killed before any of its git commands is finished by the same command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import CASTOFF, Repository

SHIM = """\
#!{python}
import os, pathlib, signal, subprocess, sys
counter = pathlib.Path({counter!r})
if sys.argv[1] not in ("switch", "commit", "tag", "push", "reset", "branch", "ls-remote"):
    os.execv({git!r}, [{git!r}, *sys.argv[1:]])
count = int(counter.read_text()) + 1
counter.write_text(str(count))
if count == {at} and {when!r} == "before":
    os.kill(os.getppid(), signal.{signal})
    sys.exit(1)
code = subprocess.run([{git!r}, *sys.argv[1:]]).returncode
if count == {at}:
    os.kill(os.getppid(), signal.{signal})
sys.exit(code)
"""


def run_killed(repo: Repository, folder: Path, at: int, when: str, signal: str, flags: tuple[str, ...]) -> int:
    """Run a release that gets a signal at its `at`-th git command that acts; return how many it started."""
    shim = folder / "shim"
    shim.mkdir(exist_ok=True)
    counter = folder / "count"
    counter.write_text("0")
    git = shutil.which("git") or "git"
    text = SHIM.format(python=sys.executable, counter=str(counter), at=at, when=when, signal=signal, git=git)
    (shim / "git").write_text(text)
    (shim / "git").chmod(0o755)
    env = {**os.environ, "PATH": f"{shim}:{os.environ['PATH']}"}
    argv = [str(CASTOFF), "release", "--version", "0.2.0", *flags]
    subprocess.run(
        argv, cwd=repo.root, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120
    )
    return int(counter.read_text())


@pytest.mark.e2e
@pytest.mark.parametrize("signal", ["SIGKILL", "SIGINT"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("flags", [(), ("--direct",)], ids=["branch", "direct"])
def test_killed_at_any_git_command_that_acts_the_same_command_ends_right(
    tmp_path: Path, flags: tuple[str, ...], when: str, signal: str
) -> None:
    for at in range(1, 50):
        repo = Repository.create(tmp_path / str(at))
        there = repo.on_remote()
        if run_killed(repo, tmp_path / str(at), at, when, signal, flags) < at:
            assert at > 4, "a release acts more often than this"
            return
        if signal == "SIGINT" and repo.on_remote() == there:
            assert repo.git("tag", "--list") == "", "what was made is taken back"
            assert repo.git("status", "--porcelain") == ""
        ran = repo.release("0.2.0", *flags)
        assert ran.code == 0, f"killed {when} git command {at}: {ran.err}"
        assert repo.git("status", "--porcelain") == ""
        assert repo.git("symbolic-ref", "--short", "HEAD") == "main"
        assert ("refs/tags/v0.2.0" if flags else "refs/heads/chore/release-0.2.0") in repo.on_remote()
        repo.git("fsck", "--strict")
        shutil.rmtree(tmp_path / str(at))
    pytest.fail("the release never came to its end")
