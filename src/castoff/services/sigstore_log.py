"""An append-only log whose every answer can be proven (RFC 6962, section 2.1), in one file of lines.

The memory that it takes is a hash for each doubling of its length. A line is written before its entry is answered;
one that a crash tore was never answered, and is dropped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from castoff.core.errors import refuse


@dataclass(frozen=True, slots=True)
class Entry:
    """What is in the log, and when it got there (seconds since 1970)."""

    body: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Proof:
    """That the entry at `index` is in the tree of `size` entries with that `root`: the hashes from leaf to root."""

    index: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]


class Log:
    """The entries in `file`, which is made when there is none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._size = 0
        self._end = 0
        self._subtrees: list[bytes | None] = []
        """At n the root of the complete subtree of 2**n entries, where the length of the log has one."""
        file.touch(mode=0o600)
        for line in self._lines():
            self._grow(leaf_hash(_entry(line).body))
            self._end += len(line)

    def append(self, entry: Entry) -> Proof:
        """Add an entry, and return the proof that it is the last one now."""
        leaf = leaf_hash(entry.body)
        with self._lock:
            self._write(_line(entry))
            hashes = tuple(root for root in self._subtrees if root is not None)
            self._grow(leaf)
            return Proof(self._size - 1, self._size, _folded(leaf, hashes), hashes)

    def at(self, index: int) -> tuple[Entry, Proof] | None:
        """Return an entry with its proof in the tree as it is now, or None."""
        with self._lock:
            if not 0 <= index < self._size:
                return None
            leaves: list[bytes] = []
            found = Entry(b"", 0)
            for number, line in enumerate(self._lines()):
                entry = _entry(line)
                leaves.append(leaf_hash(entry.body))
                found = entry if number == index else found
        return found, Proof(index, len(leaves), _root(leaves), _path(leaves, index))

    def find(self, leaf: bytes) -> int | None:
        """Return the index of the first entry with that leaf hash, or None."""
        with self._lock:
            hashes = (leaf_hash(_entry(line).body) for line in self._lines())
            return next((index for index, found in enumerate(hashes) if found == leaf), None)

    def _lines(self) -> Iterator[bytes]:
        with self._file.open("rb") as stream:
            for line in stream:
                if line.endswith(b"\n"):
                    yield line

    def _write(self, line: bytes) -> None:
        # At the end that is known, and not at the file's: what a full disk or a crash left half-written goes.
        with self._file.open("r+b") as stream:
            stream.seek(self._end)
            stream.truncate()
            stream.write(line)
        self._end += len(line)

    def _grow(self, leaf: bytes) -> None:
        """Count one entry more: as in adding 1 to a binary number, complete subtrees of one size join and carry."""
        level = 0
        while level < len(self._subtrees) and (left := self._subtrees[level]) is not None:
            leaf = _parent(left, leaf)
            self._subtrees[level] = None
            level += 1
        self._subtrees[level : level + 1] = [leaf]
        self._size += 1


def leaf_hash(body: bytes) -> bytes:
    """Return the hash of an entry as a leaf of the tree."""
    return hashlib.sha256(b"\0" + body).digest()


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _folded(leaf: bytes, hashes: Sequence[bytes]) -> bytes:
    """Return the root over the last entry: everything on its path lies to its left."""
    for left in hashes:
        leaf = _parent(left, leaf)
    return leaf


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return _parent(_root(leaves[:middle]), _root(leaves[middle:]))


def _path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    if len(leaves) == 1:
        return ()
    middle = _split(len(leaves))
    if index < middle:
        return (*_path(leaves[:middle], index), _root(leaves[middle:]))
    return (*_path(leaves[middle:], index - middle), _root(leaves[:middle]))


def _line(entry: Entry) -> bytes:
    data = {"integratedTime": entry.time, "body": base64.b64encode(entry.body).decode()}
    return json.dumps(data).encode() + b"\n"


def _entry(line: bytes) -> Entry:
    try:
        data = json.loads(line)
        return Entry(base64.b64decode(data["body"]), int(data["integratedTime"]))
    except (ValueError, KeyError, TypeError) as error:
        raise refuse(f"the transparency log on disk is damaged: {error}") from None
