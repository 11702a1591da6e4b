"""What the system refuses, and no flow has foreseen, ends in one line and exit code 1; a closed pipe ends quietly."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from castoff.adapters.environment import Environment
from castoff.flows.checkout import Checkout
from castoff.verb import run_verb
from tests.repository import CASTOFF, Repository

VERBS = [
    ("bump", "--version", "0.2.0", "--dry-run"),
    ("release", "--version", "0.2.0", "--dry-run", "--json"),
    ("status", "--version", "0.1.0"),
    ("check-tag", "--tag", "v0.1.0"),
    ("--list",),
    ("bump", "--help"),
]


def shell(repo: Repository, line: str, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run castoff in a line of bash, in which `"$@"` stands for it."""
    whole = ["bash", "-c", line, "bash", str(CASTOFF), *argv]
    told = {**os.environ, **env}
    return subprocess.run(whole, cwd=repo.root, env=told, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("argv", VERBS, ids=" ".join)
def test_when_nobody_reads_on_it_ends_quietly(repo: Repository, argv: tuple[str, ...]) -> None:
    ran = shell(repo, 'exec 3> >(exec true); sleep 0.1; "$@" >&3', *argv)
    lines = [line for line in ran.stderr.splitlines() if line.startswith(("Traceback", "Exception ignored"))]
    assert (ran.returncode, lines, "Broken pipe" in ran.stderr) == (1, [], False), ran.stderr


@pytest.mark.parametrize("argv", VERBS, ids=" ".join)
def test_on_a_disk_without_room_for_what_it_says_one_line_tells_it(repo: Repository, argv: tuple[str, ...]) -> None:
    ran = shell(repo, '"$@" >/dev/full', *argv)
    assert (ran.returncode, "Traceback" in ran.stderr) == (1, False), ran.stderr
    assert "error: the system refuses: [Errno 28] No space left on device\n" in ran.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_with_closed_streams_it_does_what_it_does_otherwise(repo: Repository, closed: str) -> None:
    ran = shell(repo, f'"$@" {closed}', "bump", "--version", "0.2.0")
    assert (ran.returncode, repo.version()) == (0, "0.2.0"), ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("argv", VERBS[:4], ids=" ".join)
def test_in_a_folder_that_is_gone_one_line_tells_it(repo: Repository, argv: tuple[str, ...]) -> None:
    gone = repo.root / "gone"
    gone.mkdir()
    ran = shell(repo, f'cd {gone}; rmdir {gone}; "$@"', *argv)
    assert (ran.returncode, ran.stderr.startswith("error: "), "Traceback" in ran.stderr) == (1, True, False), ran.stderr


def test_a_job_summary_that_cannot_be_written_is_told(repo: Repository) -> None:
    ran = repo.castoff("check-tag", "--tag", "v9.9.9", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY="/")
    assert (ran.code, "error: the system refuses: [Errno 21]" in ran.err) == (1, True), ran.err


def test_what_git_has_packed_as_files_may_be_folders(repo: Repository) -> None:
    """A file that cannot be read as one."""
    for file in ("dist-manifest.json", "CITATION.cff", "uv.lock"):
        (repo.root / file).mkdir()
    for argv in (("check-tag", "--tag", "v0.1.0"), ("bump", "--version", "0.2.0", "--dry-run"), ("preflight",)):
        assert repo.castoff(*argv).code in (0, 1), "and no traceback"


def test_without_a_usable_temporary_folder_it_is_told_or_another_is_taken(repo: Repository, tmp_path: Path) -> None:
    for folder in (tmp_path / "none", Path("/dev/null")):
        ran = repo.castoff("build", TMPDIR=str(folder), OFFLINE="1")
        assert ran.code in (0, 1)
        assert ran.code == 0 or ran.err.startswith("error: ")
        shutil.rmtree(repo.root / "dist", ignore_errors=True)


@pytest.mark.parametrize("kind", [MemoryError, RecursionError])
def test_what_the_system_is_not_to_blame_for_is_not_swallowed(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def act(_checkout: Checkout, _environment: Environment) -> None:
        raise kind

    monkeypatch.chdir(repo.root)
    with pytest.raises(kind):
        run_verb("bump", act, as_json=False)


def test_what_the_system_refuses_is_said_as_json_too(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def act(_checkout: Checkout, _environment: Environment) -> None:
        (repo.root / "missing").read_bytes()

    monkeypatch.chdir(repo.root)
    with pytest.raises(Exit) as ended:
        run_verb("bump", act, as_json=True)
    assert ended.value.code == 1
    assert '"ok": false' in capsys.readouterr().out
