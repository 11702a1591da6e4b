"""Patterns of file names, as @actions/glob (which the artifact actions use) reads them.

It has no braces; it has `!` for exclusion, and takes all that is below a folder which matches.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from castoff.core.globs import segment_matches, segments_match


class PatternError(Exception):
    """A pattern is not one that the action takes."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A line of an artifact action's `path`."""

    exclude: bool
    root: Path
    """The path before the first segment with a wildcard: the search path."""
    segments: tuple[str, ...]
    """All segments, from the root of the file system on."""

    def matches(self, parts: Sequence[str]) -> bool:
        """Return whether a file matches, or lies below a folder that does."""
        return any(segments_match(self.segments, parts[:length]) for length in range(1, len(parts) + 1))

    def may_hold(self, parts: Sequence[str]) -> bool:
        """Return whether something below a folder can match."""
        return self.matches(parts) or _partial(self.segments, parts)


@dataclass(frozen=True, slots=True)
class Found:
    """The files that patterns match, and the folder to which their names in the artifact are relative."""

    files: tuple[Path, ...]
    root: Path
    shared_root: bool
    """Whether there were several search paths, whose common folder the root is."""


def read_patterns(text: str, workspace: Path, home: str) -> list[Pattern]:
    """Return the patterns of a `path` input; raises PatternError."""
    lines = [line.strip() for line in text.splitlines()]
    return [_pattern(line, workspace, home) for line in lines if line and not line.startswith("#")]


def find(patterns: Sequence[Pattern], *, hidden: bool) -> Found:
    """Return what an artifact is made of (`src/shared/search.ts` of actions/upload-artifact).

    The root is the search path; with several, their least common ancestor; for a single file, its folder.
    """
    roots = search_paths(patterns)
    files = tuple(file for root in roots for file in _walk(root, patterns, hidden, ()))
    if len(roots) > 1:
        return Found(files, Path(os.path.commonpath(roots)), True)
    if files == tuple(roots):
        return Found(files, roots[0].parent, False)
    return Found(files, roots[0] if roots else Path("/"), False)


def search_paths(patterns: Sequence[Pattern]) -> list[Path]:
    """Return where to search: without duplicates, and without what lies below another search path."""
    roots = [pattern.root for pattern in patterns if not pattern.exclude]
    return [root for root in dict.fromkeys(roots) if not any(parent in roots for parent in root.parents)]


def _pattern(line: str, workspace: Path, home: str) -> Pattern:
    exclude = False
    while line.startswith("!"):
        exclude, line = not exclude, line[1:].strip()
    given = [segment for segment in line.split("/") if segment]
    if ".." in given or "." in given[1:]:
        raise PatternError(f"Invalid pattern '{line}'. Relative pathing '.' and '..' is not allowed.")
    start: tuple[str, ...] = ()
    if given and given[0] in (".", "~"):
        start, given = (workspace if given[0] == "." else Path(home)).parts[1:], given[1:]
    elif not line.startswith("/"):
        start = workspace.parts[1:]
    literal = [*start]
    for segment in given:
        if _is_wild(segment):
            break
        literal.append(_unescaped(segment))
    segments = (*map(_escaped, start), *given)
    return Pattern(exclude, Path("/", *literal), segments)


def _walk(path: Path, patterns: Sequence[Pattern], hidden: bool, above: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files below `path` that the patterns match; `above` are the real paths of the folders over it."""
    parts = path.parts[1:]
    if path.name.startswith(".") and not hidden:
        return
    if not path.is_dir():
        if path.exists() and _chosen(patterns, parts):
            yield path
        return
    real = os.path.realpath(path)
    if real in above or not any(pattern.may_hold(parts) for pattern in patterns if not pattern.exclude):
        return
    for entry in sorted(path.iterdir()):
        yield from _walk(entry, patterns, hidden, (*above, real))


def _chosen(patterns: Sequence[Pattern], parts: Sequence[str]) -> bool:
    """Return whether a file is wanted: the last pattern that matches decides."""
    wanted = False
    for pattern in patterns:
        if pattern.matches(parts):
            wanted = not pattern.exclude
    return wanted


def _partial(segments: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether a longer path can match."""
    if not parts:
        return True
    if not segments:
        return False
    return segments[0] == "**" or (segment_matches(segments[0], parts[0]) and _partial(segments[1:], parts[1:]))


def _is_wild(segment: str) -> bool:
    """Return whether a segment is a pattern: a set of one character is an escape, and none."""
    plain = re.sub(r"\\.|\[[^\]]\]", "", segment)
    return bool(re.search(r"[*?]|\[[^\]]+\]", plain))


def _unescaped(segment: str) -> str:
    return re.sub(r"\\(.)|\[([^\]])\]", lambda found: found[1] or found[2], segment)


def _escaped(literal: str) -> str:
    return re.sub(r"([*?\[\\])", r"\\\1", literal)
