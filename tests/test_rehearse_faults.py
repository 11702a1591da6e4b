"""Every fault: where it stops the release, what is published by then, what to type; and how the release goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from castoff.core.faults import KILLED
from tests.rehearsing import BUNDLE, FILES, JOBS, Played, rehearse, sample
from tests.repository import Repository

WHEEL = FILES[0]
BUNDLES = tuple(name + BUNDLE for name in FILES)
ANEW = ("make undo VERSION=0.1.1", "make release VERSION=0.1.1")
"""How a tag is made anew: nothing else helps when what was tagged is wrong."""


@dataclass(frozen=True)
class Stop:
    """Where a fault stops the release."""

    job: str
    step: str
    index: tuple[str, ...] = ()
    """What the index holds by then."""
    type: tuple[str, ...] = ("re-run the failed jobs",)
    """What is told to be done."""
    kept: tuple[str, ...] = ()
    """The jobs that the resumed rehearsal does not run again."""
    resumed: bool = True
    """Whether it is resumed here: once for each way in which that can be done."""
    check: str = "print('checked')"
    """The one check that the project has."""


_SOURCES = Stop("preflight", "Run make preflight", type=ANEW, resumed=False)
_PUBLISH = Stop("publish", "pypa/gh-action-pypi-publish", kept=JOBS[:3])
_CHECKED = Stop("twine-check", "Run make twine-check", type=ANEW, resumed=False)
_PYTEST = (
    "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-m', 'pytest', '-p', 'no:xdist', 'tests']))"
)
_PYRIGHT = "import subprocess, sys; sys.exit(subprocess.call(['pyright', '--pythonpath', sys.executable, 'src']))"

STOPS = {
    "index-down": replace(_PUBLISH, type=("wait until it is back, then re-run the failed jobs",), resumed=False),
    "index-500-second-file": replace(
        _PUBLISH, index=(WHEEL,), type=("re-run the failed jobs: what is there is accepted again",)
    ),
    "token-refused": replace(
        _PUBLISH, type=("register the publisher on PyPI, then re-run the failed jobs",), resumed=False
    ),
    "environment-missing": replace(
        _PUBLISH, type=("make the environment on GitHub, then re-run the failed jobs",), resumed=False
    ),
    "name-taken": replace(
        _SOURCES, index=FILES[1:], type=("the version is spent: release the next one", "make release VERSION=0.1.2")
    ),
    "artifact-lost": Stop("twine-check", "Fetch dist/", type=("re-run all jobs",)),
    "artifact-changed": Stop(
        "twine-check",
        "Fetch dist/",
        type=("find out who changed it, then re-run the failed jobs",),
        resumed=False,
    ),
    "sigstore-down": Stop(
        "sign",
        "sigstore/gh-action-sigstore-python",
        type=("wait until it is back, then re-run the failed jobs",),
        kept=JOBS[:2],
    ),
    "forge-422": Stop("github-release", "Make the draft, with every file", index=FILES, kept=JOBS[:4]),
    "immutable-prerelease": Stop("", ""),
    "tag-mismatch": replace(_SOURCES, resumed=True),
    "failing-test": replace(_SOURCES, check=_PYTEST),
    "type-error": replace(_SOURCES, check=_PYRIGHT),
    "metadata-not-rendering": replace(_CHECKED, resumed=True),
    "import-fails": _CHECKED,
    f"{KILLED}:preflight": Stop("preflight", "Hand on the manifest of digests", resumed=False),
    f"{KILLED}:twine-check": Stop("twine-check", "Run make twine-check", resumed=False),
    f"{KILLED}:sign": Stop("sign", "Hand on the bundles", resumed=False),
    f"{KILLED}:publish": replace(_PUBLISH, index=FILES),
    f"{KILLED}:github-release": Stop("github-release", "Publish the draft", index=FILES, kept=JOBS[:4]),
}


def project(folder: Path, stop: Stop) -> Repository:
    """Make the project for a fault: with a test where one is to fail."""
    repo = sample(folder, check=stop.check)
    if stop.check == _PYTEST:
        repo.write("tests/test_sample.py", "def test_that_passes() -> None:\n    pass\n")
        repo.commit("a test")
    return repo


@pytest.mark.e2e
@pytest.mark.parametrize("name", [name for name, stop in STOPS.items() if stop.job])
def test_it_stops_the_release_where_it_must_and_the_way_out_is_told(tmp_path: Path, name: str) -> None:
    """Where it can be resumed, the resumed rehearsal finishes the same release."""
    stop = STOPS[name]
    repo = project(tmp_path, stop)
    played = rehearse(repo, tmp_path / "temp", "--keep", "--fault", name)
    assert (played.code, played.data["released"], played.data["fault"]) == (1, False, name), played.ran.err
    assert played.stopped == stop.job
    assert played.failed_step == stop.step
    assert tuple(sorted(played.index)) == tuple(sorted(stop.index))
    finished = name == f"{KILLED}:github-release"  # it dies when the work is done
    assert sorted(played.assets or ()) == (sorted([*FILES, *BUNDLES]) if finished else [])
    assert f"job {stop.job} failed at step {stop.step!r}" in played.data["verdict"]
    assert played.data["verdict"] in played.ran.err
    for line in stop.type:
        assert line in played.typed.splitlines()
        assert line in played.ran.err
    assert played.scratch
    if name == "name-taken":
        spent(repo, played)
    elif stop.resumed:
        assert f"castoff rehearse --resume {played.scratch}" in played.typed
        resume(repo, played, stop)


def resume(repo: Repository, before: Played, stop: Stop) -> None:
    """Resume the rehearsal, the fault gone, and look at the release that comes out."""
    assert before.scratch
    played = rehearse(repo, before.scratch.parent, "--resume", str(before.scratch))
    assert played.code == 0, played.ran.err
    kept = dict.fromkeys(stop.kept, "kept")
    assert played.outcomes == dict.fromkeys(JOBS, "success") | kept
    assert (played.data["version"], played.data["tag"]) == (before.data["version"], before.data["tag"])
    assert played.data["verdict"] == "this tag would have released 0.1.1"
    assert played.assets is not None
    assert sorted(played.assets) == sorted([*FILES, *BUNDLES])
    assert sorted(played.index) == sorted(FILES)
    assert all(finding["right"] for finding in played.data["findings"])
    for name, digest in before.index.items():
        assert played.index[name] == digest, "what was published stays as it is"
    if stop.type == ANEW:
        assert played.data["commit"] != before.data["commit"], "the tag was made anew"
    else:
        assert played.data["commit"] == before.data["commit"]


def spent(repo: Repository, before: Played) -> None:
    """No resume helps: the name stays taken, and that is what is said."""
    assert before.scratch
    assert "--resume" not in before.typed
    played = rehearse(repo, before.scratch.parent, "--resume", str(before.scratch))
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
    assert len(release["assets"]) == 4
