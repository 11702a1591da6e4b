"""Projects in memory: a tree of files without a disk, and marks that say in the text where the versions stand.

A file of a test is written with each place of the version between guillemets: `version = "«1.2.3»"`. What is
between them is what castoff must find, and all that a bump may change; the marks themselves are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from posixpath import normpath

from packaging.version import Version

from castoff.core.bumping import FileChange, bump
from castoff.core.places import Places, find_places
from castoff.core.project import read_project

MARKED = re.compile("«(?P<version>[^«»]*)»")

Files = Mapping[str, str]
"""Texts by path, with the places of the version marked."""


class Memory:
    """The tree of the files in a mapping (`castoff.core.tree.Tree`); `links` are symbolic links to other paths."""

    def __init__(self, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> None:
        self.files = dict(files)
        self._links = dict(links or {})

    def read(self, path: str) -> bytes | None:
        """Return the bytes of the file at `path`, or None."""
        return self.files.get(self.real(path))

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in `folder`, those of folders with `/` behind them."""
        start = "" if folder == "" else f"{folder}/"
        rest = [path.removeprefix(start) for path in (*self.files, *self._links) if path.startswith(start)]
        return tuple(sorted({name + slash for name, slash, _ in (path.partition("/") for path in rest)}))

    def real(self, path: str) -> str:
        """Return `path` with links followed."""
        return self._links.get(normpath(path), normpath(path))


def plain(text: str) -> str:
    """Return `text` without the marks."""
    return MARKED.sub(lambda match: match["version"], text)


def tree(files: Files) -> Memory:
    """Return the tree of marked texts, as UTF-8."""
    return Memory({path: plain(text).encode() for path, text in files.items()})


def expected(files: Files, version: str) -> dict[str, bytes]:
    """Return the bytes that the files must have after a bump: every mark holds `version`, the rest is as it was."""
    return {path: MARKED.sub(lambda _: version, text).encode() for path, text in files.items()}


def marked_places(files: Files) -> set[tuple[str, int, str]]:
    """Return (file, line, value) of every mark."""
    found: set[tuple[str, int, str]] = set()
    for path, text in files.items():
        for match in MARKED.finditer(text):
            line = 1 + len(re.findall(r"\r\n|\r|\n", text[: match.start()]))
            found.add((path, line, match["version"]))
    return found


def find(below: Memory) -> Places:
    """Return the places of the version of the project in a tree."""
    return find_places(read_project(below))


def found_places(places: Places) -> set[tuple[str, int, str]]:
    """Return (file, line, value) of every place."""
    locations = [(place.location(), place.value) for place in places.places]
    return {(location.file, location.line or 0, value) for location, value in locations}


def changes(below: Memory, version: str) -> tuple[FileChange, ...]:
    """Return what a bump to `version` would write."""
    return bump(below, find(below), Version(version))


def bumped(below: Memory, version: str) -> Memory:
    """Return the tree after a bump to `version`."""
    return written(below, changes(below, version))


def written(below: Memory, made: Iterable[FileChange]) -> Memory:
    """Return the tree with changes written into it."""
    return Memory({**below.files, **{change.file: change.new for change in made}})
