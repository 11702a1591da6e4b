"""The artifacts of a run: uploaded once, whole or not at all, and read by later jobs.

Below the store's folder, `<run>/<name>/` holds `manifest.json` and `files/`. What the service keeps is kept: names,
contents and digest; permissions and empty folders are not. Files pass block by block, whatever their size.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast
from urllib.parse import quote

from castoff.core.errors import refuse

_BLOCK = 1024 * 1024
_MANIFEST, _FILES = "manifest.json", "files"


class ConflictError(Exception):
    """The run has an artifact of that name, from this attempt."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of an artifact: its name with `/` between the parts, SHA-256 (hex) and size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact, as its manifest tells it."""

    name: str
    id: int
    attempt: int
    """The attempt of the run that uploaded it."""
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """The bytes of all files; the service counts those of its archive."""
        return sum(part.size for part in self.parts)

    @property
    def digest(self) -> str:
        """The SHA-256 of names and contents; the service's is that of its archive."""
        return digest_of(self.parts)


def digest_of(parts: Sequence[Part]) -> str:
    """Return the SHA-256 that stands for all files together."""
    lines = sorted(f"{part.sha256} {part.size} {part.path}\n" for part in parts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Store:
    """The artifacts of one run."""

    def __init__(self, folder: Path, run: str) -> None:
        self._folder = folder / quote(run, safe="")

    def add(self, name: str, attempt: int, files: Sequence[tuple[Path, str]]) -> Artifact:
        """Keep `files` (path, name within the artifact) under `name`; raises ConflictError.

        An artifact of an earlier attempt makes way: a job that is run again uploads under the same name, and
        downloads take the newest. Within one attempt a name is used once.
        """
        self._check_free(name, attempt)
        self._folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".upload-", dir=self._folder))
        try:
            parts = tuple(_keep(source, work / _FILES, path) for source, path in files)
            made = Artifact(name, time.time_ns() // 1000, attempt, parts)
            (work / _MANIFEST).write_text(json.dumps(asdict(made), indent=1), encoding="utf-8")
            self._check_free(name, attempt)
            self.delete(name)
            _move(work, self._place(name))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return made

    def delete(self, name: str) -> Artifact | None:
        """Forget an artifact; return it, or None when there was none."""
        found = self.find(name)
        if found:
            shutil.rmtree(self._place(name))
        return found

    def find(self, name: str) -> Artifact | None:
        """Return the artifact called `name`, or None."""
        try:
            return _read((self._place(name) / _MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def all(self) -> list[Artifact]:
        """Return all artifacts, by name."""
        found = (_read(path.read_text(encoding="utf-8")) for path in self._folder.glob(f"[!.]*/{_MANIFEST}"))
        return sorted(found, key=lambda artifact: artifact.name)

    def copy(self, artifact: Artifact, target: Path, *, changed: bool) -> str:
        """Write the files below `target`; return the digest of what was written.

        With `changed`, a bit of the first file is another in the copy; what is kept stays as it is.
        """
        parts: list[Part] = []
        for number, part in enumerate(artifact.parts):
            source = self._place(artifact.name) / _FILES / part.path
            parts.append(_copy(source, target, part.path, changed=changed and number == 0))
        return digest_of(parts)

    def _check_free(self, name: str, attempt: int) -> None:
        found = self.find(name)
        if found and found.attempt >= attempt:
            raise ConflictError

    def _place(self, name: str) -> Path:
        """Return where an artifact lies; no name leads out of the store, or is a hidden one."""
        return self._folder / quote(name, safe=" ").replace(".", "%2E")


def _keep(source: Path, folder: Path, path: str) -> Part:
    return _copy(source, folder, path, changed=False)


def _copy(source: Path, folder: Path, path: str, *, changed: bool) -> Part:
    """Copy the contents of a file (not its mode) to `folder`/`path`."""
    target = folder / path
    if not Path(os.path.normpath(target)).is_relative_to(folder):
        raise refuse(f"{path} leads out of the artifact")
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as stream, target.open("wb") as out:
        for block in _blocks(stream.fileno(), changed=changed):
            out.write(block)
            digest.update(block)
            size += len(block)
    return Part(path, digest.hexdigest(), size)


def _blocks(descriptor: int, *, changed: bool) -> Iterator[bytes]:
    """Yield the contents of a file; with `changed`, the first bit is the other one (an empty file gets a byte)."""
    block = os.read(descriptor, _BLOCK)
    if changed:
        block = bytes([block[0] ^ 1]) + block[1:] if block else b"\x01"
    while block:
        yield block
        block = os.read(descriptor, _BLOCK)


def _move(work: Path, place: Path) -> None:
    try:
        work.rename(place)
    except OSError:
        raise ConflictError from None


def _read(text: str) -> Artifact:
    data = cast("dict[str, object]", json.loads(text))
    parts = cast("list[dict[str, object]]", data["parts"])
    return Artifact(
        str(data["name"]),
        int(str(data["id"])),
        int(str(data["attempt"])),
        tuple(Part(str(part["path"]), str(part["sha256"]), int(str(part["size"]))) for part in parts),
    )
