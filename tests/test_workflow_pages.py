"""The pages on the workflow say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from castoff.core.pipeline import STAGES, Stage
from tests.workflow_faults import FAULTS

ROOT = Path(__file__).parent.parent
PAGE = "docs/workflow.md"


def test_the_table_of_the_rules_is_current() -> None:
    """What to do when it is not: `.venv/bin/python docs/make_workflow_faults.py --rules`, and commit what it writes."""
    code = "import sys, make_workflow_faults as made; sys.stdout.write(made.with_rules(sys.stdin.read()))"
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    argv = [sys.executable, "-c", code]
    ran = subprocess.run(argv, cwd=ROOT / "docs", input=text, capture_output=True, text=True, check=True)
    assert ran.stdout == text


@pytest.mark.parametrize("stage", STAGES, ids=[stage.job for stage in STAGES])
def test_the_page_tells_of_every_job_and_what_it_may_do(stage: Stage) -> None:
    (row,) = [line for line in (ROOT / PAGE).read_text("utf-8").splitlines() if line.startswith(f"| `{stage.job}`")]
    assert all(f"`{scope}: {level}`" in row for scope, level in stage.permissions.items())


def test_every_planted_fault_has_its_row_and_check_workflow_finds_each() -> None:
    """What to do when not: `.venv/bin/python docs/make_workflow_faults.py`, which takes minutes."""
    lines = (ROOT / "docs/workflow-faults.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split(" | ")] for line in lines if line.startswith("| `")]
    found = {row[0].strip("| `"): row[2] for row in rows}
    assert found == {name: f"`{fault.rule}` in line {fault.line}" for name, fault in FAULTS.items()}
