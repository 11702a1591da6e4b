"""What becomes of bytes that arrive: a new file, or a comparison with a file that is here; their digest in both."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, TypeVar

_BLOCK = 1 << 20

T_co = TypeVar("T_co", covariant=True)


class Downloaded(NamedTuple):
    """A file that has arrived: its SHA-256 (hex) and its size in bytes, made while it came."""

    path: Path
    sha256: str
    size: int


class Compared(NamedTuple):
    """What has arrived, beside a file: its SHA-256 (hex), and the number (from 1) of the first byte that differs."""

    sha256: str
    differs_at: int | None
    """None when both are the same."""


class Arriving(Protocol[T_co]):
    """Takes bytes as they come; a context in which nothing stays of what did not come whole."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def take(self, block: bytes) -> None:
        """Take the next bytes."""
        ...

    def whole(self) -> T_co:
        """Return what came of it, once all bytes have come."""
        ...


class ToFile:
    """Writes what arrives to a new file."""

    def __init__(self, path: Path) -> None:
        self._path, self._digest, self._size = path, hashlib.sha256(), 0

    def __enter__(self) -> None:
        self._file = self._path.open("xb")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind:
            self._path.unlink(missing_ok=True)

    def take(self, block: bytes) -> None:
        """Write the next bytes."""
        self._file.write(block)
        self._digest.update(block)
        self._size += len(block)

    def whole(self) -> Downloaded:
        """Return the file."""
        return Downloaded(self._path, self._digest.hexdigest(), self._size)


class Beside:
    """Compares what arrives with a file, byte for byte; nothing of it is kept.

    As long as they agree, the digest of what arrives is the file's: it is made only from where they part.
    """

    def __init__(self, file: Downloaded) -> None:
        self._known, self._came = file, 0
        self._differs_at: int | None = None
        self._digest = hashlib.sha256()

    def __enter__(self) -> None:
        self._file = self._known.path.open("rb")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def take(self, block: bytes) -> None:
        """Compare the next bytes."""
        if self._differs_at is None and block != (here := self._file.read(len(block))):
            self._part(_first(here, block))
        if self._differs_at is not None:
            self._digest.update(block)
        self._came += len(block)

    def whole(self) -> Compared:
        """Return how they compare."""
        if self._differs_at is None and self._came == self._known.size:
            return Compared(self._known.sha256, None)
        if self._differs_at is None:
            self._part(0)
        return Compared(self._digest.hexdigest(), self._differs_at)

    def _part(self, after: int) -> None:
        """Note where they part, so many bytes after those that have come; digest what they have in common."""
        self._differs_at = self._came + after + 1
        self._file.seek(0)
        left = self._came
        while left and (block := self._file.read(min(left, _BLOCK))):
            self._digest.update(block)
            left -= len(block)


def _first(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts that differ have in common at their beginning."""
    both = min(len(one), len(other))
    return next((at for at in range(both) if one[at] != other[at]), both)
