"""One place of the version: a value in a file, and how the file is read again after a change."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from io import StringIO
from itertools import pairwise
from typing import NamedTuple

from castoff.core import python_text, toml_text
from castoff.core.errors import Location
from castoff.core.texts import Span, Text


class Format(Enum):
    """How a file that holds a version is read."""

    TOML = "TOML"
    PYTHON = "Python"
    CFG = "ini"
    YAML = "YAML"
    PLAIN = "text"


class Place(NamedTuple):
    """Where the version is written: `value` between the characters of `span()` of `text`."""

    text: Text
    format: Format
    key: str
    """What the value is called there: `project.version`, `__version__`; also how the configuration names it."""
    value: str
    known_span: Span | None = None
    """The span, where reading the value gave it; TOML's reader does not, and it is looked up when it is needed."""
    toml_key: toml_text.Key = ()

    @property
    def file(self) -> str:
        """The file's path, relative to the project."""
        return self.text.file

    @property
    def name(self) -> str:
        """The place as the configuration writes it: `file:key`, or the file alone when it is nothing but a version."""
        return f"{self.file}:{self.key}" if self.key else self.file

    def span(self) -> Span:
        """Return the characters of the value, without its quotes."""
        if self.known_span is not None:
            return self.known_span
        return (
            locate_in_lock(self.text, self.toml_key)
            if self.key == LOCK_KEY
            else toml_text.locate(self.text, self.toml_key)
        )

    def location(self) -> Location:
        """Return the file and line of the value."""
        return self.text.at(self.span().start)


LOCK_KEY = "package.version"
_LOCK_TABLE = re.compile(r"^\[\[package\]\][ \t]*\r?$", re.MULTILINE)


def lock_tables(text: Text) -> list[tuple[int, str]]:
    """Return each `[[package]]` table of a uv.lock as its offset and text: a big lock is slow to parse whole."""
    starts = [match.start() for match in _LOCK_TABLE.finditer(text.text)]
    return [(start, text.text[start:end]) for start, end in pairwise([*starts, len(text.text)])]


def locate_in_lock(text: Text, key: toml_text.Key) -> Span:
    """Return the span of the version in the table of a uv.lock that `key` names by its index."""
    start, table = lock_tables(text)[int(key[1])]
    within = toml_text.locate(text._replace(text=table), (key[0], 0, key[2]))
    return Span(start + within.start, start + within.end)


def leaves(text: Text, format_: Format) -> list[object]:
    """Return all that a file says, as a flat list, so that two versions of it can be compared item by item."""
    return _LEAVES[format_](text)


def _cfg_leaves(text: Text) -> list[object]:
    import configparser

    parser = configparser.RawConfigParser()
    parser.read_file(StringIO(text.text))
    flat: list[object] = []
    for section in parser.sections():
        flat += [section, *(item for pair in parser.items(section) for item in pair)]
    return flat


def _yaml_leaves(text: Text) -> list[object]:
    import yaml

    return [
        event.value if isinstance(event, yaml.ScalarEvent) else type(event).__name__ for event in yaml.parse(text.text)
    ]


def _plain_leaves(text: Text) -> list[object]:
    return [*text.text.split()]


_LEAVES: dict[Format, Callable[[Text], list[object]]] = {
    Format.TOML: toml_text.leaves,
    Format.PYTHON: python_text.leaves,
    Format.CFG: _cfg_leaves,
    Format.YAML: _yaml_leaves,
    Format.PLAIN: _plain_leaves,
}
