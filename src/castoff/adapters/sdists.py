"""sdists, read within bounds and without unpacking: no archive made to hurt takes more than its share.

A tar holds its headers among the files: one of them may say that it is gigabytes long, and the standard library then
reads it whole. What leads out of the folder, and what is neither file nor link, no tool may unpack (PEP 721): it is
refused here.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import IO, Any, cast

from castoff.core.errors import Location, refuse

BLOCK = 1024 * 1024
"""Bytes that are read at once, and so the most that a header may have."""
MOST_UNPACKED = 8 * 1024**3
"""Bytes that all members together may have: far more than an index takes, and still an end."""
MOST_MEMBERS = 100_000


class _Bounded:
    """An unpacked tar, as `tarfile` reads it: no big piece at once, and not for ever."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes; raises TarError for too many."""
        if size > BLOCK + tarfile.BLOCKSIZE:
            raise tarfile.ReadError(f"a header in it has more than {BLOCK} bytes")
        self._allow(self._stream.tell() + size)
        return self._stream.read(size)

    def seek(self, position: int) -> int:
        """Pass over what is not looked at, by unpacking it."""
        self._allow(position)
        return self._stream.seek(position)

    def tell(self) -> int:
        """Return the place."""
        return self._stream.tell()

    def _allow(self, position: int) -> None:
        if position > MOST_UNPACKED:
            raise tarfile.ReadError(f"unpacked it has more than {MOST_UNPACKED} bytes")


def members(path: Path) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Yield each member, to be read (in blocks) before the next; raises CastoffError for what must not be unpacked."""
    with gzip.open(path) as unpacked, tarfile.open(fileobj=cast("IO[bytes]", _Bounded(unpacked)), mode="r:") as sdist:
        number = 0
        while (info := sdist.next()) is not None:
            number += 1
            wrong = _unsafe(info)
            if wrong or number > MOST_MEMBERS:
                raise refuse(wrong or f"it has more than {MOST_MEMBERS} members", where=Location(path.name))
            yield sdist, info
            cast("Any", sdist).members.clear()  # a tar may have many, with a big header each; typeshed hides them


@contextmanager
def readable(path: Path) -> Generator[None]:
    """Raise CastoffError when the block finds that it cannot read the archive."""
    try:
        yield
    except RecursionError:  # a header of a header of a header
        raise refuse("it cannot be read: its headers are nested too deeply", where=Location(path.name)) from None
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError) as error:
        raise refuse(f"it cannot be read: {error}", where=Location(path.name)) from None


def leads_out(name: str) -> bool:
    """Whether a member's name (or where a link in it leads) is not below the folder that it is unpacked in."""
    return name.startswith("/") or normpath(name).partition("/")[0] == ".."


def named(name: str) -> str:
    """Return a member's name as it can be shown within a line."""
    return (name if name.isprintable() else ascii(name))[:200]


def _unsafe(info: tarfile.TarInfo) -> str | None:
    """Return why a member must not be unpacked."""
    if leads_out(info.name):
        return f"{named(info.name)} in it leads out of the folder that it is unpacked in"
    if info.issym() or info.islnk():
        target = info.linkname if info.islnk() else join(dirname(info.name), info.linkname)
        return (
            f"{named(info.name)} in it is a link that leads out: {named(info.linkname)}" if leads_out(target) else None
        )
    return (
        None if info.isfile() or info.isdir() else f"{named(info.name)} in it is neither a file nor a folder nor a link"
    )
