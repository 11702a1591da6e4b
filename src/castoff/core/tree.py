"""Where texts come from: a folder, a commit or an archive, all seen the same way."""

from __future__ import annotations

from typing import Protocol


class Tree(Protocol):
    """Files by path, relative to the project's root, with `/` between the parts."""

    def read(self, path: str) -> bytes | None:
        """Return the bytes of the file at `path`, or None when there is no such file."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in `folder` (empty string: the root), those of folders ending in `/`, sorted."""
        ...

    def real(self, path: str) -> str:
        """Return `path` with symbolic links followed: two names of one file come to the same."""
        ...


class Overlay:
    """A tree in which some files have other contents: what would be there after a change."""

    def __init__(self, below: Tree, changed: dict[str, bytes]) -> None:
        self._below = below
        self._changed = changed

    def read(self, path: str) -> bytes | None:
        """Return the changed bytes of `path`, or those of the tree below."""
        below = self._below.read(path)
        return None if below is None else self._changed.get(self.real(path), below)

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names of the tree below: a change adds and removes no file."""
        return self._below.names(folder)

    def real(self, path: str) -> str:
        """Return the path in the tree below."""
        return self._below.real(path)


def join(*parts: str) -> str:
    """Return the parts as one path, without `.` and empty parts."""
    return "/".join(name for part in parts for name in part.split("/") if name not in ("", "."))
