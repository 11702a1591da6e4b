"""Wheels and sdists: what is in them, read within bounds and without unpacking."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Container, Iterator
from pathlib import Path
from typing import IO

from castoff.adapters.sdists import BLOCK as _BLOCK
from castoff.adapters.sdists import MOST_UNPACKED, leads_out, named, readable
from castoff.adapters.sdists import members as sdist_members
from castoff.core.artifacts import Artifact, Digest
from castoff.core.errors import Location, refuse
from castoff.core.rebuilt import Archive, Member, generator

_LARGEST_MEMBER = 16 * 1024 * 1024
"""Bytes: no metadata and no `__init__.py` is larger, but an archive made to hurt may say so."""
_KNOWN_PACKING = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of the others Python unpacks what comes of a block at once, gigabytes if need be."""
_EXECUTABLE = 0o111


class WheelTree:
    """The tree of the files in a wheel (`castoff.core.tree.Tree`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sizes: dict[str, int] = {}
        with _open(path) as wheel:
            for info in wheel.infolist():
                wrong = _unsafe(info, self._sizes)
                if wrong:
                    raise refuse(f"{named(info.filename)} in it {wrong}", where=Location(path.name))
                self._sizes[info.filename] = info.file_size

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a member; None when there is none."""
        size = self._sizes.get(path)
        if size is None:
            return None
        if size > _LARGEST_MEMBER:
            what = f"{named(path)} in it is larger than {_LARGEST_MEMBER} bytes"
            raise refuse(what, where=Location(self._path.name))
        try:
            with _open(self._path) as wheel, wheel.open(path) as stream:
                return _whole(stream)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # RuntimeError: encrypted, or unknown
            raise refuse(f"{named(path)} in it cannot be read: {error}", where=Location(self._path.name)) from None

    def real(self, path: str) -> str:
        """Return `path`: there are no links in a wheel."""
        return path

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in `folder`, those of folders with `/` behind them."""
        start = f"{folder}/" if folder else ""
        rest = (path[len(start) :] for path in self._sizes if path.startswith(start) and path != start)
        return tuple(sorted({name + slash for name, slash, _ in (path.partition("/") for path in rest)}))


def metadata(dist: Path, artifact: Artifact) -> bytes:
    """Return METADATA of a wheel, or PKG-INFO of an sdist; raises CastoffError when there is none."""
    path = dist / artifact.file
    found = _wheel_metadata(path) if artifact.kind == "wheel" else _sdist_metadata(path)
    if found is None:
        raise refuse("there is no metadata in it", where=Location(f"{dist.name}/{artifact.file}"))
    return found


def digest(path: Path) -> Digest:
    """Return name, SHA-256 and size of a file, read in blocks."""
    with path.open("rb") as stream:
        return Digest(path.name, hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_size)


def contents(path: Path, artifact: Artifact) -> Archive:
    """Return what is in a wheel or an sdist, read in blocks; raises CastoffError for an archive that cannot be read."""
    members: dict[str, Member] = {}
    read = _wheel_members if artifact.kind == "wheel" else _sdist_members
    try:
        with readable(path):
            for name, member in read(path):
                if name in members:
                    raise refuse(f"{named(name)} is in it twice", where=Location(path.name))
                members[name] = member
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise refuse(f"it cannot be read: {error}", where=Location(path.name)) from None
    return Archive(digest(path).sha256, members, made_by(path) if artifact.kind == "wheel" else None)


def _wheel_members(path: Path) -> Iterator[tuple[str, Member]]:
    budget = _Budget(path)
    with _open(path) as wheel:
        for info in wheel.infolist():
            if not info.is_dir():
                mode = info.external_attr >> 16
                with wheel.open(info) as stream:
                    sha256 = budget.digest(stream)
                yield info.filename, Member(sha256, bool(mode & _EXECUTABLE), link=stat.S_ISLNK(mode))


def _sdist_members(path: Path) -> Iterator[tuple[str, Member]]:
    budget = _Budget(path)
    for sdist, info in sdist_members(path):
        if info.issym() or info.islnk():
            yield info.name, Member(hashlib.sha256(info.linkname.encode()).hexdigest(), executable=False, link=True)
        elif (stream := sdist.extractfile(info)) is not None:
            yield info.name, Member(budget.digest(stream), bool(info.mode & _EXECUTABLE), link=False)


class _Budget:
    """Digests of members, as long as they have not come to too many bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = MOST_UNPACKED

    def digest(self, stream: IO[bytes]) -> str:
        """Return the SHA-256 of what the stream holds."""
        made = hashlib.sha256()
        while block := stream.read(_BLOCK):
            self._left -= len(block)
            if self._left < 0:
                raise refuse(f"unpacked it has more than {MOST_UNPACKED} bytes", where=Location(self._path.name))
            made.update(block)
        return made.hexdigest()


def made_by(path: Path) -> str | None:
    """Return the backend that a wheel says has made it, as a requirement; None for one that is not known."""
    tree = WheelTree(path)
    told = [tree.read(f"{name}WHEEL") for name in tree.names("") if name.endswith(".dist-info/")]
    return generator(told[0].decode("utf-8", "replace")) if len(told) == 1 and told[0] else None


def _wheel_metadata(path: Path) -> bytes | None:
    tree = WheelTree(path)
    folders = [name for name in tree.names("") if name.endswith(".dist-info/")]
    return tree.read(f"{folders[0]}METADATA") if len(folders) == 1 else None


def _sdist_metadata(path: Path) -> bytes | None:
    """Return PKG-INFO of the sdist's one top folder; raises CastoffError when there are two."""
    found: bytes | None = None
    with readable(path):
        for sdist, member in sdist_members(path):
            if member.name.count("/") == 1 and member.name.endswith("/PKG-INFO") and member.isfile():
                stream = sdist.extractfile(member) if member.size <= _LARGEST_MEMBER else None
                if found is not None or stream is None:
                    wrong = "is in it twice" if found is not None else f"in it is larger than {_LARGEST_MEMBER} bytes"
                    raise refuse(f"PKG-INFO {wrong}", where=Location(path.name))
                found = _whole(stream)
    return found


def _whole(stream: IO[bytes]) -> bytes:
    """Return what a member holds, whatever it says of its size."""
    data = bytearray()
    while len(data) <= _LARGEST_MEMBER and (block := stream.read(_BLOCK)):
        data += block
    return bytes(data)


def _unsafe(info: zipfile.ZipInfo, before: Container[str]) -> str | None:
    """Return why a member of a wheel must not be unpacked."""
    if info.filename in before:
        return "is there twice"
    if leads_out(info.filename):
        return "leads out of the folder that it is unpacked in"
    return None if info.compress_type in _KNOWN_PACKING else "is packed in a way that wheels are not"


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise refuse(f"it cannot be read: {error}", where=Location(path.name)) from None
