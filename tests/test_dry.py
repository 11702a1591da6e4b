"""What is meant as a dry run is one, or is refused: `--dry` is invoke's, and stops only commands run by a shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import Repository

INVOKE = Path(sys.executable).parent / "invoke"
TYPED = (
    ("--dry", "release", "--version", "0.2.0", "--direct"),
    ("-R", "bump", "--version", "0.2.0"),
    ("release", "--version", "0.2.0", "--direct", "--dry"),
)


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_a_dry_run_spelled_in_the_way_of_invoke_is_refused_with_the_right_spelling(
    repo: Repository, words: tuple[str, ...]
) -> None:
    before = repo.state()
    ran = repo.castoff(*words)
    assert ran.code == 2, ran.all
    assert "--dry-run" in ran.err
    assert repo.state() == before
    assert "refs/tags/v0.2.0" not in repo.on_remote()


def test_it_is_refused_where_invoke_runs_the_tasks_and_where_its_configuration_asks_for_it(repo: Repository) -> None:
    repo.write("tasks.py", "from castoff import tasks\n\nnamespace = tasks.namespace\n")
    repo.commit("its tasks")
    before = repo.state()
    argv = [str(INVOKE), "--dry", "bump", "--version", "0.2.0"]
    ran = subprocess.run(argv, cwd=repo.root, capture_output=True, text=True, check=False)
    assert (ran.returncode, "--dry-run" in ran.stderr) == (2, True), ran.stderr
    assert repo.castoff("bump", "--version", "0.2.0", INVOKE_RUN_DRY="1").code == 2
    assert repo.state() == before


def test_a_switch_that_cannot_be_read_is_refused_before_anything_is_done(repo: Repository) -> None:
    before = repo.state()
    ran = repo.castoff("bump", "--version", "0.2.0", DRY_RUN="maybe")
    assert (ran.code, "DRY_RUN=1" in ran.err) == (2, True)
    assert repo.state() == before


def test_what_is_listed_has_no_option_that_castoff_does_not_heed(repo: Repository) -> None:
    said = repo.castoff().out
    assert "rehearse" in said
    assert "--version" in said
    assert "--help" in said
    for other in ("--dry", "--echo", "--pty", "--warn-only", "--prompt-for-sudo-password"):
        assert other not in said
