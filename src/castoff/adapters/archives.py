"""Wheels and sdists: what is in them, read within bounds and without unpacking."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
import zlib
from pathlib import Path

from castoff.core.artifacts import Artifact, Digest
from castoff.core.errors import Location, refuse

_LARGEST_MEMBER = 16 * 1024 * 1024
"""Bytes: no metadata and no `__init__.py` is larger, but an archive made to hurt may say so."""


class WheelTree:
    """The tree of the files in a wheel (`castoff.core.tree.Tree`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sizes = {info.filename: info.file_size for info in _open(path).infolist()}

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a member; None when there is none."""
        size = self._sizes.get(path)
        if size is None:
            return None
        if size > _LARGEST_MEMBER:
            raise refuse(f"{path} in it is larger than {_LARGEST_MEMBER} bytes", where=Location(self._path.name))
        try:
            with _open(self._path) as wheel:
                return wheel.read(path)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # RuntimeError: encrypted, or unknown
            raise refuse(f"{path} in it cannot be read: {error}", where=Location(self._path.name)) from None

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


def _wheel_metadata(path: Path) -> bytes | None:
    tree = WheelTree(path)
    folders = [name for name in tree.names("") if name.endswith(".dist-info/")]
    return tree.read(f"{folders[0]}METADATA") if len(folders) == 1 else None


def _sdist_metadata(path: Path) -> bytes | None:
    """Return PKG-INFO of the sdist's one top folder."""
    try:
        with tarfile.open(path, "r:gz") as sdist:
            for member in sdist:
                if member.name.count("/") == 1 and member.name.endswith("/PKG-INFO") and member.isfile():
                    stream = sdist.extractfile(member) if member.size <= _LARGEST_MEMBER else None
                    return stream.read() if stream else None
    except (tarfile.TarError, OSError, EOFError) as error:
        raise refuse(f"it cannot be read: {error}", where=Location(path.name)) from None
    return None


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise refuse(f"it cannot be read: {error}", where=Location(path.name)) from None
