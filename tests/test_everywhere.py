"""Wherever it runs: odd paths, a home that cannot be written, either shell, a narrow terminal, a pipe."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.repository import Repository
from tests.test_ajolopy import let_make_find_an_environment

ROOT = Path(__file__).parent.parent


@pytest.fixture
def odd(tmp_path: Path) -> Repository:
    """Return the project in a folder whose path has in it what a path may have."""
    folder = tmp_path / "eine Mappe, it's für $HOME ☃"
    folder.mkdir()
    return Repository.create(folder, "a ‘work’ tree")


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let HOME be a file: nothing can be written in it, not even by root, for whom no mode counts."""
    home = tmp_path / "home-that-is-a-file"
    home.write_text("")
    monkeypatch.setenv("HOME", str(home))
    for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_in_a_path_with_spaces_quotes_and_letters_that_are_not_ascii_a_direct_release_goes_through(
    odd: Repository,
) -> None:
    assert odd.castoff("bump", "--version", "0.2.0", "--dry-run").code == 0
    ran = odd.release("0.2.0", "--direct")
    assert ran.code == 0, ran.all
    assert "refs/tags/v0.2.0" in odd.on_remote()
    checked = odd.castoff("check-tag")
    assert checked.code == 0, checked.all
    bumped = odd.castoff("bump", "--version", "0.3.0")
    assert (bumped.code, odd.version()) == (0, "0.3.0"), bumped.all


@pytest.mark.e2e
def test_in_such_a_path_the_release_is_built(odd: Repository) -> None:
    ran = odd.castoff("build", OFFLINE="1")
    assert ran.code == 0, ran.all
    assert len(list((odd.root / "dist").iterdir())) == 2


@pytest.mark.usefixtures("homeless")
def test_with_a_home_that_cannot_be_written_it_bumps_and_releases(repo: Repository) -> None:
    bumped = repo.castoff("bump", "--version", "0.2.0")
    assert (bumped.code, repo.version()) == (0, "0.2.0"), bumped.all
    repo.git("restore", ".")
    ran = repo.release("0.2.0", "--direct")
    assert ran.code == 0, ran.all
    assert "refs/tags/v0.2.0" in repo.on_remote()


@pytest.mark.usefixtures("homeless")
def test_with_a_home_that_cannot_be_written_make_runs_a_task(repo: Repository) -> None:
    """By invoke, which cannot look for a configuration of its own there."""
    for name in ("Makefile", "tasks.py", "requirements.txt"):
        repo.write(name, (ROOT / name).read_text(encoding="utf-8"))
    let_make_find_an_environment(repo)
    ran = subprocess.run(["make", "bump", "VERSION=0.2.0"], cwd=repo.root, capture_output=True, text=True, check=False)
    assert (ran.returncode, repo.version()) == (0, "0.2.0"), ran.stderr


@pytest.mark.e2e
@pytest.mark.usefixtures("homeless")
def test_with_a_home_that_cannot_be_written_it_builds(repo: Repository) -> None:
    ran = repo.castoff("build", OFFLINE="1")
    assert ran.code == 0, ran.all
    assert len(list((repo.root / "dist").iterdir())) == 2


@pytest.mark.parametrize("shell", [name for name in ("/bin/dash", "/bin/bash") if Path(name).exists()])
def test_make_shows_a_bump_in_such_a_path_whatever_its_shell(odd: Repository, shell: str) -> None:
    """The real task, through the Makefile."""
    for name in ("Makefile", "tasks.py", "requirements.txt"):
        odd.write(name, (ROOT / name).read_text(encoding="utf-8"))
    let_make_find_an_environment(odd)
    before = odd.state()
    argv = ["make", f"SHELL={shell}", "bump", "VERSION=0.2.0", "DRY_RUN=1"]
    ran = subprocess.run(argv, cwd=odd.root, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "0.2.0" in ran.stdout
    assert odd.state() == before


@pytest.mark.parametrize(
    "argv",
    [
        ("--list",),
        ("--help", "release"),
        ("bump", "--version", "0.2.0", "--dry-run"),
        ("release", "--version", "0.2.0", "--dry-run"),
        ("release", "--version", "0.0.9"),
        ("check-workflow",),
        ("status", "--version", "0.1.0"),
    ],
    ids=" ".join,
)
def test_in_a_pipe_there_is_no_escape_code_and_a_narrow_terminal_loses_no_word(
    repo: Repository, argv: tuple[str, ...]
) -> None:
    """Lines may break elsewhere, and what is the time of day may differ; every word is there."""
    wide = repo.castoff(*argv, COLUMNS="200", TERM="xterm-256color")
    for variables in ({"COLUMNS": "40"}, {"COLUMNS": "40", "NO_COLOR": "1"}, {"COLUMNS": "1"}):
        narrow = repo.castoff(*argv, TERM="xterm-256color", **variables)
        assert narrow.code == wide.code
        assert narrow.all.split() == wide.all.split()
        assert "\x1b" not in narrow.all
    assert "\x1b" not in wide.all
    assert wide.all.strip()


def test_in_a_hook_of_another_repository_it_is_the_folder_that_counts(repo: Repository, tmp_path: Path) -> None:
    """A hook is told by variables which repository it is in, and these reach whatever it runs."""
    other = Repository.create(tmp_path / "other")
    before = other.git("show-ref"), other.git("status", "--porcelain")
    git = other.root / ".git"
    variables = {"GIT_DIR": git, "GIT_WORK_TREE": other.root, "GIT_INDEX_FILE": git / "index"}
    ran = repo.release("0.2.0", "--direct", **{name: str(path) for name, path in variables.items()})
    assert ran.code == 0, ran.all
    assert repo.git("rev-parse", "HEAD") == repo.git("rev-parse", "v0.2.0^{commit}", "origin/main").split()[0]
    assert (other.git("show-ref"), other.git("status", "--porcelain")) == before
