"""Each fault's rehearsal, played once for all tests: stopped, looked at by `status`, resumed, and looked at again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from castoff.core.faults import KILLED
from tests.rehearsing import FILES, JOBS, Played, once, rehearse, sample
from tests.repository import Ran, Repository
from tests.world import World

WHEEL = FILES[0]
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
    """Whether it is resumed: once for each way in which that can be done."""
    check: str = "print('checked')"
    """The one check that the project has."""


_SOURCES = Stop("preflight", "Run make preflight", type=ANEW, resumed=False)
_PUBLISH = Stop("publish", "pypa/gh-action-pypi-publish", kept=JOBS[:3])
_CHECKED = Stop("twine-check", "Run make twine-check", type=ANEW, resumed=False)
_PYTEST = (
    "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-m', 'pytest', '-p', 'no:xdist', 'tests']))"
)
_PYRIGHT = "import subprocess, sys; sys.exit(subprocess.call(['pyright', '--pythonpath', sys.executable, 'src']))"

STOPS: dict[str, Stop] = {
    "index-down": replace(_PUBLISH, type=("wait until it is back, then re-run the failed jobs",), resumed=False),
    "index-500-second-file": replace(
        _PUBLISH, index=(WHEEL,), type=("re-run the failed jobs: what is there is accepted again",)
    ),
    "token-refused": replace(
        _PUBLISH, type=("register the publisher on PyPI, then re-run the failed jobs",), resumed=False
    ),
    "environment-missing": replace(
        _PUBLISH, type=("create the environment on GitHub, then re-run the failed jobs",), resumed=False
    ),
    "name-taken": replace(
        _SOURCES,
        index=FILES[1:],
        type=("the version is spent: release the next one", "make release VERSION=0.1.2"),
        resumed=True,
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
        resumed=False,
    ),
    "forge-422": Stop("github-release", "Make the draft, with every file", index=FILES, resumed=False),
    "immutable-prerelease": Stop("", ""),
    "tag-mismatch": replace(_SOURCES, resumed=True),
    "failing-test": replace(_SOURCES, check=_PYTEST),
    "type-error": replace(_SOURCES, check=_PYRIGHT),
    "metadata-not-rendering": replace(_CHECKED, resumed=True),
    "import-fails": _CHECKED,
    f"{KILLED}:preflight": Stop("preflight", "Hand on the manifest of digests, and the SBOM"),
    f"{KILLED}:twine-check": Stop("twine-check", "Run make twine-check", kept=JOBS[:1]),
    f"{KILLED}:sign": Stop("sign", "Hand on the bundles", kept=JOBS[:2]),
    f"{KILLED}:publish": replace(_PUBLISH, index=FILES),
    f"{KILLED}:github-release": Stop("github-release", "Publish the draft", index=FILES, kept=JOBS[:4]),
}


NOBODY = "castoff-rehearsal/project"
"""Whose repository a rehearsal takes it to be when the remote is not on GitHub."""
Looked = tuple[int, dict[str, Any]]
"""The exit code of `status`, and what it told."""


@dataclass(frozen=True)
class Story:
    """What came of a fault; `resumed` and `after` are None where it is not resumed."""

    stopped: Played
    status: Looked
    resumed: Played | None
    after: Looked | None


def story(shared: Path, fault: str) -> Story:
    """Return what came of a fault; of all tests with this folder the first to ask plays it."""
    made = once(shared, f"story-{fault.replace(':', '-')}", partial(_play, fault))
    told = json.loads((made / "story.json").read_text())
    stopped, resumed = (
        told[name] and Played(Ran(*told[name]), Path(told["scratch"])) for name in ("stopped", "resumed")
    )
    return Story(stopped, told["status"], resumed, told["after"])


def _play(fault: str, folder: Path) -> None:
    repo = _project(folder, STOPS[fault])
    stopped = rehearse(repo, folder / "temp", "--keep", "--fault", fault)
    assert stopped.scratch
    told = {"scratch": str(stopped.scratch), "stopped": _kept(stopped), "status": _status(stopped.scratch)}
    told |= {"resumed": None, "after": None}
    if STOPS[fault].resumed:
        resumed = rehearse(repo, folder / "temp", "--resume", str(stopped.scratch))
        told |= {"resumed": _kept(resumed), "after": _status(stopped.scratch)}
    (folder / "story.json").write_text(json.dumps(told))


def _kept(played: Played) -> tuple[int, str, str]:
    return played.ran.code, played.ran.out, played.ran.err


def _project(folder: Path, stop: Stop) -> Repository:
    """Make the project for a fault: with a test where one is to fail."""
    repo = sample(folder, check=stop.check)
    if stop.check == _PYTEST:
        repo.write("tests/test_sample.py", "def test_that_passes() -> None:\n    pass\n")
        repo.commit("a test")
    return repo


def _status(scratch: Path) -> Looked:
    """Return what `status` says in the maintainer's clone, of the services as the rehearsal has left them."""
    world = World(Repository(scratch / "work", scratch / "remote.git"), scratch, NOBODY)
    with world.serving() as serving:
        ran = serving.castoff("status", "--version", "0.1.1", "--json")
    return ran.code, cast("dict[str, Any]", json.loads(ran.out))
