"""Observations for tests: a finished release of sample 0.1.1, and what there is before that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from packaging.version import Version

from castoff.core.forge import Repository
from castoff.core.observation import Observation, OnGit, SeenMain, SeenPlace, SeenTag
from castoff.core.published import ForgeRelease, PublishedFile, ReleaseAsset, RunJob, WorkflowRun

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COMMIT, OTHER, TAG = "c" * 40, "d" * 40, "a" * 40
WHEEL, SDIST = "sample-0.1.1-py3-none-any.whl", "sample-0.1.1.tar.gz"
BUNDLE = ".sigstore.json"
JOBS = (
    "Check, build and inspect",
    "Check what was handed on",
    "Sign with Sigstore",
    "Publish to PyPI",
    "GitHub release",
)


def digest(text: str) -> str:
    """Return the SHA-256 of a text: the bytes of a file in these tests are its name."""
    return hashlib.sha256(text.encode()).hexdigest()


def file(name: str, bytes_: str | None = None, *, ago: timedelta = HOUR) -> PublishedFile:
    """Return a file on the index."""
    return PublishedFile(name, "https://x/", digest(bytes_ or name), 1, NOW - ago, False, None, "https://x/provenance")


def asset(name: str, bytes_: str | None = None) -> ReleaseAsset:
    """Return an asset that has arrived."""
    return ReleaseAsset(len(name), name, 1, digest(bytes_ or name), complete=True)


FILES = (file(WHEEL), file(SDIST))
ASSETS = tuple(asset(name) for name in (WHEEL, SDIST, WHEEL + BUNDLE, SDIST + BUNDLE))
RELEASE = ForgeRelease(7, "v0.1.1", "https://x/7", False, False, False, True, NOW - HOUR, ASSETS)
DRAFT = replace(RELEASE, id=8, draft=True, published=None)
RUN = WorkflowRun(5, "https://x/5", COMMIT, "completed", "success", 1, NOW - 2 * HOUR, NOW - HOUR)
PLACES = (SeenPlace("pyproject.toml:project.version", "0.1.1"),)
MAIN = SeenMain("main", COMMIT, PLACES, COMMIT)
OLD_MAIN = SeenMain("main", OTHER, (SeenPlace("pyproject.toml:project.version", "0.1.0"),), None)
RIGHT_TAG = SeenTag(TAG, COMMIT, signed=True, on_main=True, holds=True, made=NOW - 2 * HOUR)
GIT = OnGit("origin", MAIN, None, None, RIGHT_TAG, RIGHT_TAG)
BEFORE = OnGit("origin", OLD_MAIN, None, None, None, None)

RELEASED = Observation(
    name="sample",
    version=Version("0.1.1"),
    at=NOW,
    repository=Repository("owner", "sample"),
    git=GIT,
    runs=(RUN,),
    jobs=(),
    files=FILES,
    releases=(RELEASE,),
    sees_drafts=True,
)
FREE = replace(RELEASED, git=BEFORE, runs=(), files=(), releases=())


def stopped(job: int, step: str | None = None, *, conclusion: str = "failure", **changes: object) -> Observation:
    """Return a release whose workflow has stopped in the job of this number (from 0), with nothing published."""
    ended = ["success"] * job + [conclusion] + ["skipped"] * (len(JOBS) - job - 1)
    jobs = tuple(
        RunJob(name, "completed", how, "https://x/", NOW, step if at == job else None)
        for at, (name, how) in enumerate(zip(JOBS, ended, strict=True))
    )
    said: Mapping[str, object] = {"files": (), "releases": (), **changes}
    return replace(RELEASED, runs=(replace(RUN, conclusion=conclusion),), jobs=jobs, **said)
