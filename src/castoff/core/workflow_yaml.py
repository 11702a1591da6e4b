"""YAML as GitHub reads it in a workflow: a tree of bounded size, each node with its place and its path.

YAML 1.2's core schema: `on` is a word, and `3.10` is the number 3.1. Keys that differ only in case are duplicates.
Anchors are followed, merge keys are keys like any other. Everything is given as text, as an action would get it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isinf
from typing import TYPE_CHECKING, NoReturn

from castoff.core.errors import Location, refuse
from castoff.core.texts import line_starts

if TYPE_CHECKING:
    import yaml

_MOST_NODES = 50_000  # GitHub's own bound against anchors that multiply
_DEEPEST = 50
_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map"))
_HEX_OR_OCTAL = re.compile(r"0x[0-9a-fA-F]{1,8}|0o[0-7]{1,10}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_COMMENT = re.compile(r"[^\n]{0,300}? #([^\n]*)")
_SPECIAL = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ""),
    **dict.fromkeys(("true", "True", "TRUE"), "true"),
    **dict.fromkeys(("false", "False", "FALSE"), "false"),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), "Infinity"),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), "-Infinity"),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), "NaN"),
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, and what is said in the comment behind it on its line."""

    text: str
    path: str
    where: Location
    comment: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    path: str
    where: Location


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping. The readers take a key, return None or nothing where it is not given, and refuse other shapes."""

    entries: Mapping[str, Node]
    keys: Mapping[str, Location]
    path: str
    where: Location

    def only(self, known: Iterable[str], of: str) -> None:
        """Raise CastoffError when there is a key that is not `known`."""
        for key, where in self.keys.items():
            if key not in known:
                wrong(f"castoff knows no key {key!r} of {of}", where)

    def text(self, key: str) -> str | None:
        """Return a single value."""
        node = self.entries.get(key)
        return None if node is None else one(node).text

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of values, or a single one as a list."""
        node = self.entries.get(key)
        if node is None:
            return ()
        return tuple(one(item).text for item in (node.items if isinstance(node, Items) else (node,)))

    def table(self, key: str) -> Table | None:
        """Return a mapping."""
        node = self.entries.get(key)
        return None if node is None else mapping(node)

    def texts_by_name(self, key: str) -> Mapping[str, str]:
        """Return a mapping of names to single values."""
        table = self.table(key)
        return {} if table is None else {name: one(node).text for name, node in table.entries.items()}


Node = Scalar | Items | Table


@lru_cache(maxsize=8)
def read_yaml(file: str, text: str) -> Table:
    """Return the tree of a file that holds a mapping; raises CastoffError, with the line, for every other text.

    It is kept: a verb asks for the same workflow again and again, and YAML is slow to read.
    """
    import yaml

    reader = _Reader(file, text)
    node = None
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        wrong(f"the workflow is not YAML: {_one_line(error.problem or error.context)}", reader.at(mark and mark.index))
    except yaml.reader.ReaderError as error:
        wrong(f"the workflow is not YAML: {_one_line(error.reason)}", reader.at(error.position))
    except (ValueError, OverflowError) as error:  # an escape or a directive with a number that is none
        wrong(f"the workflow is not YAML: {_one_line(error)}", reader.at(None))
    except RecursionError:
        wrong("the workflow is nested too deeply", reader.at(None))
    if node is None:
        wrong("the workflow is empty", reader.at(None))
    return mapping(reader.node(node, "", 0))


def one(node: Node) -> Scalar:
    """Return the node as a single value, or raise CastoffError."""
    if not isinstance(node, Scalar):
        wrong(f"{node.path} must be one value, not a {'list' if isinstance(node, Items) else 'mapping'}", node.where)
    return node


def mapping(node: Node) -> Table:
    """Return the node as a mapping, or raise CastoffError."""
    if not isinstance(node, Table):
        wrong(f"{node.path or 'a workflow'} must be a mapping of keys to values", node.where)
    return node


def wrong(what: str, where: Location) -> NoReturn:
    """Raise CastoffError."""
    raise refuse(what, where=where)


class _Reader:
    """Turns what PyYAML composed into a tree without aliases."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._starts = line_starts(text)
        self._left = _MOST_NODES

    def at(self, offset: int | None) -> Location:
        """Return the place of a character: PyYAML's own lines also end where nobody else sees an end."""
        return Location(self._file, None if offset is None else bisect_right(self._starts, offset))

    def node(self, node: yaml.Node, path: str, depth: int) -> Node:
        import yaml

        self._left -= 1
        where = self.at(node.start_mark.index)
        if self._left < 0 or depth > _DEEPEST:
            wrong("the workflow is nested too deeply, or its anchors make it too big", where)
        if node.tag not in _TAGS:
            wrong(f"a workflow has no use for the YAML tag {node.tag!r}", where)
        if isinstance(node, yaml.ScalarNode):
            value = str(node.value)
            text = _as_github_reads(value, where) if node.style is None else value
            return Scalar(text, path, where, self._comment(node.end_mark.index))
        if isinstance(node, yaml.SequenceNode):
            items = (self.node(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(node.value))
            return Items(tuple(items), path, where)
        return self._table(node, path, depth)

    def _table(self, node: yaml.Node, path: str, depth: int) -> Table:
        entries: dict[str, Node] = {}
        keys: dict[str, Location] = {}
        seen: dict[str, Location] = {}
        for key_node, value_node in node.value:
            where = self.at(key_node.start_mark.index)
            key = one(self.node(key_node, f"a key of {path or 'the workflow'}", depth)).text
            if key.upper() in seen:
                wrong(f"the key {key!r} is given twice, first in line {seen[key.upper()].line}", where)
            seen[key.upper()] = keys[key] = where
            entries[key] = self.node(value_node, f"{path}.{key}" if path else key, depth + 1)
        return Table(entries, keys, path, self.at(node.start_mark.index))

    def _comment(self, end: int) -> str:
        """Return the comment on the line of a value that ends at the offset `end`."""
        found = _COMMENT.match(self._text, end)
        return found[1].strip() if found else ""


def _one_line(said: object) -> str:
    return " ".join(str(said).split())


def _as_github_reads(plain: str, where: Location) -> str:
    """Return the text that a plain scalar becomes: numbers are read as numbers, and written as .NET's `G15` does."""
    if plain in _SPECIAL:
        return _SPECIAL[plain]
    if _HEX_OR_OCTAL.fullmatch(plain):
        number = int(plain, 0)
        return str(number - 2**32 if number >= 2**31 else number)  # 32 bits, with a sign
    if not _NUMBER.fullmatch(plain):
        return plain
    number = float(plain)
    if isinf(number):
        wrong(f"the number {plain[:40]} is too big", where)
    return format(number, ".15G")
