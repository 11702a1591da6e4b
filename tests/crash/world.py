"""A project with its remote that is copied for each run, what is compared of it, and castoff run in it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.repository import Repository

DATE = "2026-01-02T03:04:05+0000"
"""When every commit and tag is made: what is made twice has the same name twice."""

Visible = dict[str, str]
"""What a person sees of a project: HEAD, the refs here and on the remote, what differs, and the digest of each file."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code (below zero: the signal), what it said, and the points it came by."""

    code: int
    out: str
    err: str
    points: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """A folder that holds a project and its bare remote."""

    folder: Path

    @property
    def repo(self) -> Repository:
        """The project."""
        return Repository(self.folder / "work", self.folder / "remote.git")

    def copy(self, to: Path) -> World:
        """Return a copy of it all; the remote is known by a relative path."""
        shutil.copytree(self.folder, to, symlinks=True)
        return World(to)

    def visible(self) -> Visible:
        """Return what a person sees of it."""
        repo = self.repo
        seen = {f"remote {ref}": sha for ref, sha in repo.on_remote().items()}
        seen |= dict(
            line.split(" ", 1)[::-1]
            for line in repo.git("for-each-ref", "--format=%(objectname) %(refname)").splitlines()
        )
        seen |= {"HEAD": repo.git("symbolic-ref", "HEAD"), "status": repo.git("status", "--porcelain", "--ignored")}
        return seen | {f"file {file}": digest for file, digest in _digests(repo.root, hidden=False)}

    def exact(self) -> str:
        """Return a digest of every byte of it: runs that begin alike go on alike."""
        return hashlib.sha256(repr(sorted(_digests(self.folder, hidden=True))).encode()).hexdigest()

    def check_sound(self) -> None:
        """Fail unless git finds nothing wrong, here and on the remote."""
        for folder in (self.repo.root, self.repo.remote):
            subprocess.run(["git", "fsck", "--strict", "--no-progress"], cwd=folder, check=True, capture_output=True)


def _digests(root: Path, *, hidden: bool) -> Generator[tuple[str, str]]:
    """Yield each folder and file below `root` (those of git's too, if `hidden`), with a digest of mode and bytes."""
    for folder, folders, files in os.walk(root):
        if not hidden and ".git" in folders:
            folders.remove(".git")
        yield f"{Path(folder).relative_to(root)}/", "a folder"
        for name in files:
            path = Path(folder) / name
            data = f"{path.stat().st_mode:o} ".encode() + path.read_bytes()
            yield path.relative_to(root).as_posix(), hashlib.sha256(data).hexdigest()


class Server:
    """Runs castoff in processes that have everything imported already (`tests.crash.server`)."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder

    def run(
        self,
        world: World,
        argv: Sequence[str],
        at: int = 0,
        number: str = "",
        *,
        group: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run castoff in the world's project; at its `at`-th point it (with `group`, all it runs) gets a signal."""
        files = {name: self._folder / name for name in ("names", "out", "err", "modules")}
        for file in files.values():
            file.unlink(missing_ok=True)
        (temporary := self._folder / "temporary").mkdir(exist_ok=True)  # what is killed leaves its files there
        whole = {**os.environ, "GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE, "TMPDIR": str(temporary)}
        whole |= env or {}
        asked = {
            "argv": list(argv),
            "cwd": str(world.repo.root),
            "env": whole,
            "at": at,
            "signal": number,
            "group": group,
        }
        asked |= {name: str(file) for name, file in files.items()}
        stdin, stdout = _streams(self._process)
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        code = int(stdout.readline())
        said = {name: file.read_text(errors="replace") if file.exists() else "" for name, file in files.items()}
        assert "Traceback" not in said["err"], said["err"]
        return Ended(code, said["out"], said["err"], tuple(said["names"].splitlines()))


def _streams(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


@contextmanager
def served(folder: Path) -> Generator[Server]:
    """Start a server for the block."""
    root = Path(__file__).parents[2]
    argv = [sys.executable, "-m", "tests.crash.server"]
    with subprocess.Popen(argv, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process, folder)
        process.communicate(timeout=60)
