"""TOML text: tomllib reads it, tomlkit tells at which characters a value stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from castoff.core.errors import Location, refuse
from castoff.core.texts import Span, Text

if TYPE_CHECKING:  # tomlkit itself is imported only where a value is edited
    from tomlkit.items import String

Key = tuple[str | int, ...]
"""The way to a value: names of tables and indices of arrays."""

_ERROR_LINE = re.compile(r"line (\d+)")


def load(text: Text) -> dict[str, object]:
    """Return the data of a TOML file; raises CastoffError with the line when it is not TOML."""
    try:
        return tomllib.loads(text.text)
    except (ValueError, RecursionError) as error:
        line = _ERROR_LINE.search(str(error))
        where = Location(text.file, int(line[1]) if line else None)
        raise refuse(f"{text.file} is not TOML: {error}", where=where) from None


def get(data: object, *key: str | int) -> object:
    """Return the value at `key`, or None when something on the way is missing or of another type."""
    for part in key:
        if isinstance(part, str):
            data = cast("dict[str, object]", data).get(part) if isinstance(data, dict) else None
        else:
            items = get_list(data)
            data = items[part] if part < len(items) else None
    return data


def get_text(data: object, *key: str | int) -> str | None:
    """Return the string at `key`, or None when there is none or something that is no string."""
    value = get(data, *key)
    return value if isinstance(value, str) else None


def get_list(data: object, *key: str | int) -> list[object]:
    """Return the items of the array at `key`; empty when there is none."""
    value = get(data, *key)
    return cast("list[object]", value) if isinstance(value, list) else []


def get_texts(data: object, *key: str | int) -> list[str]:
    """Return the strings of the array at `key`; empty when there is none."""
    return [item for item in get_list(data, *key) if isinstance(item, str)]


def get_table(data: object, *key: str | int) -> dict[str, object]:
    """Return the table at `key`; empty when there is none."""
    value = get(data, *key)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def get_tables(data: object, *key: str | int) -> list[dict[str, object]]:
    """Return the tables of the array at `key`; empty when there is none."""
    return [cast("dict[str, object]", item) for item in get_list(data, *key) if isinstance(item, dict)]


def locate(text: Text, key: Key) -> Span:
    """Return the characters between the quotes of the string at `key`.

    tomlkit keeps everything of a document but positions. So the value is swapped for a mark, and the document
    written out again: what stands before the mark and after it must be what stands there in `text`, to the byte.
    Raises CastoffError when it is not (a text that tomlkit does not keep), or when the string has escapes.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError
    from tomlkit.items import String

    mark = "\ue000castoff\ue000"
    try:
        document = tomlkit.parse(text.text)
        *path, last = key
        table: object = document
        for part in path:
            table = cast("dict[str | int, object]", table)[part]
        old = cast("dict[str | int, object]", table)[last]
        assert isinstance(old, String)  # noqa: S101 - the caller read a string there
        cast("dict[str | int, object]", table)[last] = _marked(old, mark)
        before, found, after = document.as_string().partition(mark)
    except (TOMLKitError, LookupError, ValueError, TypeError, RecursionError) as error:
        raise refuse(f"{text.file}: {_dotted(key)} cannot be edited: {error}", where=Location(text.file)) from None
    span = Span(len(before), len(text.text) - len(after))
    if not found or text.text[: span.start] != before or text.text[span.end :] != after:
        raise refuse(
            f"{text.file}: {_dotted(key)} cannot be told apart from the text around it",
            where=Location(text.file),
        )
    if text.text[span.start : span.end] != str(old):
        raise refuse(f"{text.file}: write {_dotted(key)} without escapes", where=text.at(span.start))
    return span


def leaves(text: Text) -> list[object]:
    """Return the data as a flat list of (key, value)."""
    return list(_flat((), load(text)))


def _flat(key: Key, value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield key
        for name, item in cast("dict[str, object]", value).items():
            yield from _flat((*key, name), item)
    elif isinstance(value, list):
        yield key
        for index, item in enumerate(cast("list[object]", value)):
            yield from _flat((*key, index), item)
    else:
        yield key
        yield repr(value) if isinstance(value, float) else value  # nan differs from itself


def _marked(old: String, mark: str) -> String:
    """Return a string with the mark as its text, in quotes like those of `old`; tomlkit keeps the rest of the line."""
    import tomlkit

    written = old.as_string()
    multiline = written[:3] in ("'''", '"""')
    return tomlkit.string(mark, literal=written.startswith("'"), multiline=multiline)


def _dotted(key: Key) -> str:
    return ".".join(str(part) for part in key)
