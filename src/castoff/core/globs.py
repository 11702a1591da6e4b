"""Patterns of file names, as the actions that take them read them.

@actions/glob (which the artifact actions use) and node-glob (which the release action uses) share this much: `*` and
`?` stay within a segment, `**` spans any number of them, names that begin with a period match like all others. The
second has braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, pairwise

_TOKEN = re.compile(
    r"\\(?P<escaped>.)|(?P<wild>[*?])|\[(?P<not>[!^]?)(?P<set>(?:\]|\\.|[^\]\\])(?:\\.|[^\]\\])*)\]|(?P<plain>.)",
    re.DOTALL,
)
_BRACES, _OPTIONS = 50, 200
"""How many braces a pattern may have, and how many options are looked at."""


def name_matches(pattern: str, name: str) -> bool:
    """Return whether a name matches a pattern, braces included."""
    return any(segment_matches(option, name) for option in expand_braces(pattern))


def path_matches(pattern: str, path: str) -> bool:
    """Return whether a path, relative to the work folder as the pattern is, matches; braces are text."""
    return segments_match(_segments(pattern), _segments(path))


def split_patterns(text: str) -> list[str]:
    """Return the patterns of the release action's `files`: one a line, or cut at the commas outside of braces."""
    return [pattern for line in text.splitlines() for pattern in _split(line)]


def expand_braces(pattern: str) -> list[str]:
    """Return what `a{b,c}` stands for, `ab` and `ac`, in so far as somebody writes that by hand."""
    return list(islice(_expanded(pattern), _OPTIONS)) if pattern.count("{") <= _BRACES else [pattern]


def _expanded(pattern: str) -> Iterator[str]:
    depth, start, commas = 0, -1, list[int]()
    for place, char in enumerate(pattern):
        if char == "{":
            start = place if depth == 0 else start
            depth += 1
        elif char == "," and depth == 1:
            commas.append(place)
        elif char == "}" and depth:
            depth -= 1
            if depth == 0 and commas:
                yield from _options(pattern, (start, *commas, place))
                return
    yield pattern


def _options(pattern: str, cuts: Sequence[int]) -> Iterator[str]:
    """Yield the pattern with each option in the place of the first braces, which stand, like its commas, at `cuts`."""
    for before, after in pairwise(cuts):
        for option in _expanded(pattern[before + 1 : after]):
            for rest in _expanded(pattern[cuts[-1] + 1 :]):
                yield pattern[: cuts[0]] + option + rest


def segments_match(segments: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether a path, in segments, matches a pattern in segments."""
    if not segments:
        return not parts
    if segments[0] == "**":
        return any(segments_match(segments[1:], parts[skip:]) for skip in range(len(parts) + 1))
    return bool(parts) and segment_matches(segments[0], parts[0]) and segments_match(segments[1:], parts[1:])


def segment_matches(segment: str, part: str) -> bool:
    """Return whether one segment of a path matches one of a pattern that is not `**`."""
    try:
        return _regex(segment).fullmatch(part) is not None
    except re.error:  # a range of characters that is none, like [z-a]
        return False


def _split(line: str) -> list[str]:
    """Return the patterns of a line, cut at the commas that are not between braces."""
    parts, depth = [""], 0
    for char in line:
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]


def _segments(path: str) -> list[str]:
    segments = [segment for place, segment in enumerate(path.split("/")) if segment != "." and (segment or not place)]
    return [one for before, one in pairwise(["", *segments]) if not before == one == "**"]


@cache
def _regex(segment: str) -> re.Pattern[str]:
    """Return the regular expression for a segment with `*`, `?`, sets in brackets, and escapes."""
    first, *behind = _between_stars(segment)
    if not behind:
        return re.compile(f"(?s:{first})")
    middle = "".join(f"(?>.*?{fixed})" for fixed in behind[:-1])  # never tried again, however many stars there are
    return re.compile(f"(?s:{first}{middle}.*{behind[-1]})")


def _between_stars(segment: str) -> list[str]:
    fixed = [""]
    for token in _TOKEN.finditer(segment):
        if token["wild"] == "*":
            fixed.append("")
        else:
            fixed[-1] += _piece(token)
    return fixed


def _piece(token: re.Match[str]) -> str:
    if token["wild"]:
        return "."
    if token["set"]:
        inner = re.sub(r"([\[&~|])", r"\\\1", token["set"])
        return f"[{'^' if token['not'] else ''}{inner}]"
    return re.escape(token["escaped"] or token["plain"])
