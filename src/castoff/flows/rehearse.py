"""`rehearse`: a whole release of HEAD in a temporary folder, with a bare repository in the part of the remote.

The release is cut there exactly as it would be in earnest (the same flows, the same plan objects), the pull request
is merged by a merge commit, and a fresh clone of the pushed tag runs the jobs that need no service.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from castoff.adapters import process
from castoff.adapters.git import Git
from castoff.core import versions
from castoff.core.errors import CastoffError, Problem
from castoff.flows.checkout import Checkout
from castoff.flows.release import release

_MAIN = "main"
_JOBS = ("preflight", "twine-check")
_NOT_HANDED_ON = (
    "VERSION",
    "TAG",
    "DIRECT",
    "DRY_RUN",
    "PUSH",
    "FAULT",
    "GITHUB_ACTIONS",
    "GITHUB_REF_TYPE",
    "GITHUB_REF_NAME",
)
"""What the caller's environment says of the caller's own run, and not of the jobs of a rehearsal."""


def rehearse(checkout: Checkout, wanted: str | None) -> None:
    """Release `wanted` (None: the next patch) of HEAD to a temporary remote; raises CastoffError where it stops."""
    console = checkout.console
    checkout.git.require_repository()
    now = checkout.places(checkout.git.tree("HEAD")).version
    version = versions.parse_new(wanted) if wanted else versions.next_patch(now)
    tag = versions.tag_name(version)
    if checkout.git.dirty():
        console.say("note: there are uncommitted changes; what is rehearsed is HEAD, without them", "dim")
    console.say(f"rehearsing {tag}: nothing leaves this machine", "strong")
    with tempfile.TemporaryDirectory(prefix="castoff-rehearsal-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        times = _Times()
        work = times.of("remote and clone", lambda: _stage(checkout, scratch))
        typed = str(version)
        times.of("release: bump and branch", lambda: release(work, typed, direct=False, dry_run=False))
        times.of("merge of the pull request", lambda: _merge(scratch, versions.bump_branch(version)))
        times.of("release: tag and push", lambda: release(work, typed, direct=False, dry_run=False))
        job = _clone(scratch, "job", tag)
        for name in _JOBS:
            times.of(f"job {name}", partial(_job, checkout, job, name))
        console.say("\nwhere the time went", "strong")
        console.rows(times.rows)
        console.say(
            f"this tag would have released {version}, as far as the jobs that need no service can tell",
            "good",
        )
        console.result("rehearse", {"version": str(version), "tag": tag, "steps": dict(times.seconds)})


_Made = TypeVar("_Made")


class _Times:
    """How long each step took."""

    def __init__(self) -> None:
        self.seconds: list[tuple[str, float]] = []

    def of(self, step: str, act: Callable[[], _Made]) -> _Made:
        """Do the step, and note its time in seconds."""
        began = time.monotonic()
        made = act()
        self.seconds.append((step, round(time.monotonic() - began, 2)))
        return made

    @property
    def rows(self) -> list[list[str]]:
        """The steps and their times as rows of a table."""
        return [[step, f"{seconds:7.1f} s"] for step, seconds in self.seconds]


def _stage(checkout: Checkout, scratch: Path) -> Checkout:
    """Make the bare remote, whose main is HEAD, and a clone of it; return the clone."""
    bare = scratch / "remote.git"
    checkout.git.run("clone", "--quiet", "--bare", "--no-local", str(checkout.root), str(bare))
    there = Git(bare)
    there.run("update-ref", f"refs/heads/{_MAIN}", checkout.git.head() or "")
    there.run("symbolic-ref", "HEAD", f"refs/heads/{_MAIN}")
    work = _clone(scratch, "work", _MAIN)
    return Checkout(work, replace(checkout.environment, version=None, tag=None), checkout.console)


def _clone(scratch: Path, name: str, ref: str) -> Path:
    """Clone the bare remote at a branch or tag, with an identity of its own; return the folder."""
    Git(scratch).run("clone", "--quiet", "--branch", ref, "remote.git", name)
    git = Git(scratch / name)
    for key, value in (
        ("user.name", "castoff rehearsal"),
        ("user.email", "rehearsal@localhost"),
        ("commit.gpgSign", "false"),
        ("tag.gpgSign", "false"),
    ):
        git.run("config", key, value)
    return scratch / name


def _merge(scratch: Path, branch: str) -> None:
    """Merge the bump branch into main by a merge commit, as the button of a pull request does."""
    git = Git(_clone(scratch, "forge", _MAIN))
    git.run("merge", "--quiet", "--no-ff", "--message", f"Merge branch {branch}", f"origin/{branch}")
    git.run("push", "--quiet", "origin", _MAIN)
    shutil.rmtree(git.root)


def _job(checkout: Checkout, folder: Path, name: str) -> None:
    """Run a job's command in the clone of the tag, as the workflow does, and show what it says."""
    argv = ["make", name] if (folder / "Makefile").is_file() else ["castoff", name]
    checkout.console.say(f"\njob {name}: {process.shown(argv)}", "strong")
    started = process.Started(argv, folder, dict.fromkeys(_NOT_HANDED_ON))
    try:
        while (code := started.code()) is None:
            time.sleep(0.1)
        checkout.console.say(started.output().rstrip("\n"))
    finally:
        started.stop()
    if code != 0:
        what = f"this tag would not have released anything: job {name} failed, and none after it would have run"
        raise CastoffError(Problem(what, fix=(process.shown(argv),)))
