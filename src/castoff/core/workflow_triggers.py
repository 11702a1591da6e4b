r"""Which pushes start a workflow, by GitHub's filter patterns.

The rules ("Workflow syntax for GitHub Actions", filter pattern cheat sheet, and `on.push`):

- `*` is any number of characters but `/`, `**` of any characters, and a folder `**/` also none at all;
- `?` makes the preceding character optional, `+` allows it once or more, `[]` is one of those listed or in a range;
- a backslash takes the meaning from `*`, `?`, `+`, `[`, `\` and `!`; before another character it is itself;
- `!` in front excludes: the last pattern that matches decides;
- a pattern is for the whole name, and a dot is a dot;
- with filters for tags only, no branch starts the workflow, and the reverse; with neither, both do;
- filters for paths are not looked at when a tag is pushed.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace

from castoff.core.errors import refuse
from castoff.core.workflow import Workflow

_PARTS = re.compile(r"(?<![^/])\*\*/|\*\*?|\[[^\]]*\]?|\\[*?+\[\\!]|.", re.DOTALL)
_RANGES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


@dataclass(frozen=True, slots=True)
class _Atom:
    """One part of a pattern: takes a character, can be repeated, and can be passed over."""

    characters: frozenset[str] | None = frozenset()
    """None: any."""
    slash: bool = True
    repeated: bool = False
    over: tuple[int, ...] = ()
    """How many atoms, from this one on, may be passed over."""

    def takes(self, character: str) -> bool:
        if self.characters is None:
            return self.slash or character != "/"
        return character in self.characters


_ANYTHING = _Atom(None, repeated=True, over=(1,))
_WILD = {
    "*": [_Atom(None, slash=False, repeated=True, over=(1,))],
    "**": [_ANYTHING],
    "**/": [_Atom(over=(1, 3)), _ANYTHING, _Atom(frozenset("/"))],
}


def starts_on_tag(workflow: Workflow, tag: str) -> bool:
    """Return whether pushing the tag (`v1.2.3`, without refs/tags/) starts the workflow.

    Raises CastoffError when one of the patterns is none.
    """
    push = workflow.push
    if push is None:
        return False
    return _starts(workflow, tag, (push.tags, push.tags_ignore), (push.branches, push.branches_ignore))


def starts_on_branch_push(workflow: Workflow, branch: str) -> bool:
    """Return whether a push to the branch can start the workflow: filters for paths may still prevent it.

    Raises CastoffError when one of the patterns is none.
    """
    push = workflow.push
    if push is None:
        return False
    return _starts(workflow, branch, (push.branches, push.branches_ignore), (push.tags, push.tags_ignore))


def matches(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether the patterns, in their order, let the name in. Raises ValueError when one is no pattern."""
    let_in = False
    for pattern in patterns:
        if _matches(_atoms(pattern.removeprefix("!")), name):
            let_in = not pattern.startswith("!")
    return let_in


_Filters = tuple[tuple[str, ...] | None, tuple[str, ...] | None]


def _starts(workflow: Workflow, name: str, own: _Filters, other: _Filters) -> bool:
    wanted, ignored = own
    try:
        if wanted is not None:
            return matches(wanted, name)
        if ignored is not None:
            return not matches(ignored, name)
    except ValueError as error:
        raise refuse(f"on.push: {error}", where=workflow.keys["on"]) from None
    return other == (None, None)


def _matches(atoms: list[_Atom], name: str) -> bool:
    """Follow all ways through the pattern at once: never slow, whatever the pattern."""
    places = _reached(atoms, {0})
    for character in name:
        taken = [place for place in places if place < len(atoms) and atoms[place].takes(character)]
        stay = {place for place in taken if atoms[place].repeated}
        places = _reached(atoms, stay | {place + 1 for place in taken})
    return len(atoms) in places


def _reached(atoms: list[_Atom], places: set[int]) -> set[int]:
    reached, waiting = set(places), list(places)
    while waiting:
        place = waiting.pop()
        further = {place + over for over in (atoms[place].over if place < len(atoms) else ())}
        waiting += further - reached
        reached |= further
    return reached


def _atoms(pattern: str) -> list[_Atom]:
    atoms: list[_Atom] = []
    for part in _PARTS.findall(pattern):
        if part in {"?", "+"} and atoms:
            atoms[-1] = _often(atoms[-1], part)
        elif part in _WILD:
            atoms += _WILD[part]
        elif part.startswith("["):
            atoms.append(_Atom(_listed(pattern, part)))
        else:
            atoms.append(_Atom(frozenset(part[-1])))
    return atoms


def _often(atom: _Atom, sign: str) -> _Atom:
    return replace(atom, repeated=True) if sign == "+" else replace(atom, over=(*atom.over, 1))


def _listed(pattern: str, part: str) -> frozenset[str]:
    """Return the characters that `[...]` stands for."""
    listed = part[1:-1]
    if not part.endswith("]") or not listed or listed[0] in "^!":
        raise ValueError(f"the pattern {pattern!r} has {part!r}; it must be [, letters or digits or ranges, and ]")
    characters: set[str] = set()
    for first, last, single in re.findall(r"(.)-(.)|(.)", listed, re.DOTALL):
        characters |= {single} if single else _range(pattern, first, last)
    return frozenset(characters)


def _range(pattern: str, first: str, last: str) -> set[str]:
    for letters in _RANGES:
        if first in letters and last in letters and first <= last:
            return {letter for letter in letters if first <= letter <= last}
    raise ValueError(f"the pattern {pattern!r} has the range {first}-{last}; there are a-z, A-Z and 0-9, and parts")
