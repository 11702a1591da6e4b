"""Every fault: where it stops the release, what is published by then, what to type; and how the release goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from castoff.core.faults import KILLED
from tests.rehearsing import ATTACHED, FILES, JOBS, Played, rehearse, sample
from tests.stories import ANEW, STOPS, Stop, story


@pytest.mark.e2e
@pytest.mark.parametrize("name", [name for name, stop in STOPS.items() if stop.job])
def test_it_stops_the_release_where_it_must_and_the_way_out_is_told(shared: Path, name: str) -> None:
    """Where it can be resumed, the resumed rehearsal finishes the same release."""
    stop, told = STOPS[name], story(shared, name)
    played = told.stopped
    assert (played.code, played.data["released"], played.data["fault"]) == (1, False, name), played.ran.err
    assert played.stopped == stop.job
    assert played.failed_step == stop.step
    assert tuple(sorted(played.index)) == tuple(sorted(stop.index))
    finished = name == f"{KILLED}:github-release"  # it dies when the work is done
    assert sorted(played.assets or ()) == (sorted(ATTACHED) if finished else [])
    assert f"job {stop.job} failed at step {stop.step!r}" in played.data["verdict"]
    assert played.data["verdict"] in played.ran.err
    for line in stop.type:
        assert line in played.typed.splitlines()
        assert line in played.ran.err
    if name == "name-taken":
        assert told.resumed
        spent(played, told.resumed)
    elif told.resumed:
        assert f"castoff rehearse --resume {played.scratch}" in played.typed
        finished_by(played, told.resumed, stop)


def finished_by(before: Played, played: Played, stop: Stop) -> None:
    """Look at the release that comes out of the resumed rehearsal, in which the fault is gone."""
    assert played.code == 0, played.ran.err
    kept = dict.fromkeys(stop.kept, "kept")
    assert played.outcomes == dict.fromkeys(JOBS, "success") | kept
    assert (played.data["version"], played.data["tag"]) == (before.data["version"], before.data["tag"])
    assert played.data["verdict"] == "this tag would have released 0.1.1"
    assert played.assets is not None
    assert sorted(played.assets) == sorted(ATTACHED)
    assert sorted(played.index) == sorted(FILES)
    assert all(finding["right"] for finding in played.data["findings"])
    for name, digest in before.index.items():
        assert played.index[name] == digest, "what was published stays as it is"
    if stop.type == ANEW:
        assert played.data["commit"] != before.data["commit"], "the tag was made anew"
    else:
        assert played.data["commit"] == before.data["commit"]


def spent(before: Played, played: Played) -> None:
    """No resume helps: the name stays taken, and that is what is said."""
    assert "--resume" not in before.typed
    assert (played.code, played.stopped) == (1, "preflight")
    assert "the version is spent: release the next one" in played.typed
    assert played.index == before.index


@pytest.mark.e2e
def test_a_candidate_is_released_with_all_its_files_where_releases_are_immutable(tmp_path: Path) -> None:
    played = rehearse(sample(tmp_path), tmp_path / "temp", "--fault", "immutable-prerelease")
    assert (played.code, played.stopped) == (0, None), played.ran.err
    assert played.data["verdict"] == "this tag would have released 0.1.1rc1"
    (release,) = played.data["releases"]
    assert (release["draft"], release["prerelease"], release["immutable"]) == (False, True, True)
    assert len(release["assets"]) == 6
