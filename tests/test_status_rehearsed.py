"""A rehearsal that is stopped after each of its jobs, and completed by what `status` says to type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from castoff.core.faults import KILLED
from tests.rehearsing import JOBS
from tests.stories import NOBODY, story

RERUN = f"gh run rerun 1000001 --failed --repo {NOBODY}"


def conclusions(data: dict[str, Any]) -> list[str]:
    """Return how the jobs ended, in their order."""
    return [re.split(" at step", row["said"])[0] for row in data["rows"] if row["place"] == "job"]


@pytest.mark.e2e
@pytest.mark.parametrize("at", range(len(JOBS)))
def test_a_release_stopped_in_any_job_is_completed_by_what_status_says(shared: Path, at: int) -> None:
    """Where that is to run the failed jobs again, the rehearsal does it; the last job dies when its work is done."""
    told = story(shared, f"{KILLED}:{JOBS[at]}")
    code, data = told.status
    assert conclusions(data) == [*["success"] * at, "failure", *["skipped"] * (len(JOBS) - at - 1)]
    if JOBS[at] == "github-release":
        assert (code, data["outcome"], data["next"]) == (0, "released", None)
        return
    assert (code, data["outcome"], data["next"]) == (1, "stopped", RERUN)
    assert ("takes more for 14 days" in data["sentence"]) == (JOBS[at] == "publish")
    assert told.after
    code, data = told.after
    assert (code, data["outcome"], data["next"]) == (0, "released", None)
    assert {row["state"] for row in data["rows"]} == {"right"}


@pytest.mark.e2e
def test_half_of_the_files_are_completed_by_what_status_says(shared: Path) -> None:
    told = story(shared, "index-500-second-file")
    code, data = told.status
    assert (code, data["outcome"], data["next"]) == (1, "stopped", RERUN)
    assert "there is no sdist; it can be added for 14 days" in {row["said"] for row in data["rows"]}
    assert told.after
    assert told.after[1]["outcome"] == "released"


@pytest.mark.e2e
def test_a_version_that_another_build_has_taken_is_spent_and_the_next_one_is_named(shared: Path) -> None:
    code, data = story(shared, "name-taken").status
    assert (code, data["outcome"], data["next"]) == (1, "contradictory", "make release VERSION=0.1.2")


@pytest.mark.e2e
def test_a_check_that_fails_on_the_tag_leads_to_undo(shared: Path) -> None:
    code, data = story(shared, "failing-test").status
    assert (code, data["outcome"], data["next"]) == (1, "stopped", "make undo VERSION=0.1.1")
    assert "put it right on main first" in data["sentence"]
