"""The new contents of every place, computed and proved before anything is written."""

from __future__ import annotations

from operator import ne
from typing import NamedTuple

from packaging.version import Version

from castoff.core.errors import CastoffError, Location, Problem, refuse
from castoff.core.place import Place, leaves
from castoff.core.places import Places, find_places
from castoff.core.project import read_project
from castoff.core.texts import Text, decode
from castoff.core.tree import Overlay, Tree


class LineChange(NamedTuple):
    """One line before and after."""

    where: Location
    old: str
    new: str


class FileChange(NamedTuple):
    """A file's bytes before and after, and the lines that differ."""

    file: str
    old: bytes
    new: bytes
    lines: tuple[LineChange, ...]


def bump_problems(current: Version, new: Version) -> list[Problem]:
    """Return why a project at `current` cannot be bumped to `new`; empty when it can."""
    if new == current:
        return [Problem(f"the version is {current} already; nothing to change")]
    if new < current:
        return [Problem(f"{new} is lower than the version now, {current}")]
    return []


def bump(tree: Tree, found: Places, new: Version) -> tuple[FileChange, ...]:
    """Return what to write so that every place says `new`.

    A place that says it already needs nothing. Each new content is parsed again: nothing but the version may differ,
    and every place must be found anew, at the same file and key, with the new version. Raises CastoffError otherwise.
    """
    files = dict.fromkeys(place.file for place in found.places if place.value != str(new))
    changes = tuple(_change(tree, file, found, str(new)) for file in files)
    again = find_places(read_project(Overlay(tree, {change.file: change.new for change in changes})))
    said = {place.name: place.value for place in again.places}  # and copies that said the new version already
    if again.version != new or any(said.get(place.name) != str(new) for place in found.places):
        raise refuse(
            f"after the change the places would not all say {new}; please report this",
            where=Location(changes[0].file),
        )
    return changes


def _change(tree: Tree, file: str, found: Places, new: str) -> FileChange:
    places = [place for place in found.places if place.file == file]
    before = places[0].text
    after = Text(file, _replaced(before.text, places, new), before.encoding, before.bom)
    _prove(before, after, places, new)
    old = tree.read(file)
    written = after.encode(after.text)
    if old is None or old != before.encode(before.text) or decode(file, written).text != after.text:
        raise CastoffError(Problem("the file changed while it was read", Location(file)))
    changed = [place for place in places if place.value != new]
    return FileChange(file, old, written, tuple(_line_change(before, after, place) for place in changed))


def _replaced(text: str, places: list[Place], new: str) -> str:
    for span in sorted((place.span() for place in places), reverse=True):  # the last first: the others stay put
        text = text[: span.start] + new + text[span.end :]
    return text


def _prove(before: Text, after: Text, places: list[Place], new: str) -> None:
    """Raise CastoffError unless the parsed file differs in the version alone, and as often as there are places."""
    old_leaves, new_leaves = leaves(before, places[0].format), leaves(after, places[0].format)
    expected = sum(place.value != new for place in places)
    if len(old_leaves) != len(new_leaves) or sum(map(ne, old_leaves, new_leaves)) != expected:
        raise refuse("the change would touch more than the version; please report this", where=Location(before.file))


def _line_change(before: Text, after: Text, place: Place) -> LineChange:
    number = before.line_of(place.span().start)
    return LineChange(Location(place.file, number), _line(before, number), _line(after, number))


def _line(text: Text, number: int) -> str:
    starts = [*text.line_starts(), len(text.text)]
    return text.text[starts[number - 1] : starts[number]].rstrip("\r\n")
