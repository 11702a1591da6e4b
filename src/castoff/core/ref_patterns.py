"""The name patterns of GitHub's rulesets and environments: Ruby's `File.fnmatch` with `FNM_PATHNAME`.

`*` and `?` do not match `/`, `**/` is any number of folders, `[ab]`, `[a-c]` and `[^a]` are one character, and a
backslash takes the meaning from the next ("Creating rulesets for a repository", "Managing environments for
deployment"). No pattern can make the matching slow: each part is tried from left to right, without going back
further than to its last `*`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

_ALL = "~ALL"
_TAGS = "refs/tags/"


def includes_tag(tag: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Return whether the condition `ref_name` of a ruleset for tags holds for a tag (`v1.0.0`)."""
    ref = f"{_TAGS}{tag}"
    return any(_names(pattern, ref) for pattern in include) and not any(_names(pattern, ref) for pattern in exclude)


def matches(pattern: str, name: str) -> bool:
    """Return whether the whole of `name` is one that `pattern` stands for."""
    return _folders(pattern.split("/"), name.split("/"))


def _names(pattern: str, ref: str) -> bool:
    return pattern == _ALL or matches(pattern, ref)


def _folders(patterns: Sequence[str], parts: Sequence[str]) -> bool:
    """Match part by part; a `**` that is the last part is a `*`."""
    stars = {at for at, pattern in enumerate(patterns[:-1]) if pattern == "**"}
    return _taken(patterns, parts, stars, _part) == len(patterns)


def _part(pattern: str, text: str) -> bool:
    """Match one part, in which there is no `/`."""
    atoms = _atoms(pattern)
    stars = {at for at, atom in enumerate(atoms) if atom == "*"}
    taken = _taken(atoms, text, stars, _takes)
    return taken is not None and stars.issuperset(range(taken, len(atoms)))


def _taken(
    patterns: Sequence[str], things: Sequence[str], stars: Container[int], takes: Callable[[str, str], bool]
) -> int | None:
    """Return how many of the patterns it needs, from the first on, to take all things; None where they do not.

    Each takes one thing, those at `stars` any number of them. Of several stars only the last need be tried anew.
    """
    at, here, star, mark = 0, 0, -1, 0
    while here < len(things):
        if at in stars:
            star, mark, at = at, here, at + 1
        elif at < len(patterns) and takes(patterns[at], things[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return None
    return at


def _atoms(pattern: str) -> list[str]:
    """Return the pattern in its atoms: `*`, `?`, a set in its brackets, or a backslash and the character it is."""
    atoms: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        end = pattern.find("]", at + 2) if character == "[" else -1
        if end > 0:
            atoms.append(pattern[at : end + 1])
            at = end
        elif character == "\\" and at + 1 < len(pattern):
            at += 1
            atoms.append("\\" + pattern[at])
        else:
            atoms.append(character if character in "*?" else "\\" + character)
        at += 1
    return atoms


def _takes(atom: str, character: str) -> bool:
    if atom == "?":
        return True
    if not atom.startswith("["):
        return atom[1:] == character
    inner = atom[1:-1]
    inverted = inner.startswith(("^", "!"))
    return _in_set(inner[inverted:], character) != inverted


def _in_set(inner: str, character: str) -> bool:
    at = 0
    while at < len(inner):
        if inner[at + 1 : at + 2] == "-" and at + 2 < len(inner):
            if inner[at] <= character <= inner[at + 2]:
                return True
            at += 3
        else:
            if inner[at] == character:
                return True
            at += 1
    return False
