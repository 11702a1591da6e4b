"""The pages that are made from the code are those that the code would make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def make_reference(*args: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "docs/make_reference.py", *args]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_reference_is_current() -> None:
    """What to do when it is not: `.venv/bin/python docs/make_reference.py`, and commit what it writes."""
    ran = make_reference("--check")
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr


@pytest.mark.parametrize("word", ["### doctor", "`--dry-run`", "`make release`", "`GITHUB_TOKEN`", "environment ="])
def test_it_has_verbs_options_targets_variables_and_configuration(word: str) -> None:
    assert word in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def test_every_option_says_what_it_does() -> None:
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.endswith("|  |")] == []
