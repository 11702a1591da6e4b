"""A rehearsal that is stopped after each of its jobs, and completed by what `status` says to type."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import pytest

from castoff.core.faults import KILLED
from tests.rehearsing import JOBS, rehearse, sample
from tests.repository import Repository
from tests.world import World

NOBODY = "castoff-rehearsal/project"
"""Whose repository a rehearsal takes it to be when the remote is not on GitHub."""
RERUN = f"gh run rerun 1000001 --failed --repo {NOBODY}"


def status(scratch: Path) -> tuple[int, dict[str, Any]]:
    """Return what `status` says in the maintainer's clone, of the services as the rehearsal has left them."""
    world = World(Repository(scratch / "work", scratch / "remote.git"), scratch, NOBODY)
    with world.serving() as serving:
        ran = serving.castoff("status", "--version", "0.1.1", "--json")
    return ran.code, cast("dict[str, Any]", json.loads(ran.out))


def conclusions(data: dict[str, Any]) -> list[str]:
    """Return how the jobs ended, in their order."""
    return [re.split(" at step", row["said"])[0] for row in data["rows"] if row["place"] == "job"]


@pytest.mark.e2e
@pytest.mark.parametrize("at", range(len(JOBS)))
def test_a_release_stopped_in_any_job_is_completed_by_what_status_says(tmp_path: Path, at: int) -> None:
    """Where that is to run the failed jobs again, the rehearsal does it; the last job dies when its work is done."""
    repo = sample(tmp_path)
    played = rehearse(repo, tmp_path / "temp", "--keep", "--fault", f"{KILLED}:{JOBS[at]}")
    assert played.scratch
    code, data = status(played.scratch)
    assert conclusions(data) == [*["success"] * at, "failure", *["skipped"] * (len(JOBS) - at - 1)]
    if JOBS[at] == "github-release":
        assert (code, data["outcome"], data["next"]) == (0, "released", None)
        return
    assert (code, data["outcome"], data["next"]) == (1, "stopped", RERUN)
    assert ("takes more for 14 days" in data["sentence"]) == (JOBS[at] == "publish")
    rehearse(repo, tmp_path / "temp", "--resume", str(played.scratch))
    code, data = status(played.scratch)
    assert (code, data["outcome"], data["next"]) == (0, "released", None)
    assert {row["state"] for row in data["rows"]} == {"right"}


@pytest.mark.e2e
def test_half_of_the_files_are_completed_by_what_status_says(tmp_path: Path) -> None:
    repo = sample(tmp_path)
    played = rehearse(repo, tmp_path / "temp", "--keep", "--fault", "index-500-second-file")
    assert played.scratch
    code, data = status(played.scratch)
    assert (code, data["outcome"], data["next"]) == (1, "stopped", RERUN)
    assert "there is no sdist; it can be added for 14 days" in {row["said"] for row in data["rows"]}
    rehearse(repo, tmp_path / "temp", "--resume", str(played.scratch))
    assert status(played.scratch)[1]["outcome"] == "released"


@pytest.mark.e2e
def test_a_version_that_another_build_has_taken_is_spent_and_the_next_one_is_named(tmp_path: Path) -> None:
    played = rehearse(sample(tmp_path), tmp_path / "temp", "--keep", "--fault", "name-taken")
    assert played.scratch
    code, data = status(played.scratch)
    assert (code, data["outcome"], data["next"]) == (1, "contradictory", "make release VERSION=0.1.2")


@pytest.mark.e2e
def test_a_check_that_fails_on_the_tag_leads_to_undo(tmp_path: Path) -> None:
    played = rehearse(sample(tmp_path, check="raise SystemExit(1)"), tmp_path / "temp", "--keep")
    assert played.scratch
    code, data = status(played.scratch)
    assert (code, data["outcome"], data["next"]) == (1, "stopped", "make undo VERSION=0.1.1")
    assert "put it right on main first" in data["sentence"]
