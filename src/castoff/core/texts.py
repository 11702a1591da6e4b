"""Bytes to text and back without changing a byte, and spans of characters within a text."""

from __future__ import annotations

import re
import tokenize
from io import BytesIO
from typing import NamedTuple

from castoff.core.errors import Location, refuse

_BOM = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")  # Python's and TOML's; str.splitlines knows more, which are none here


class Span(NamedTuple):
    """The characters from `start` up to `end` of a text."""

    start: int
    end: int


class Text(NamedTuple):
    """A decoded file: `text` without byte order mark, and all that is needed to get the same bytes again."""

    file: str
    text: str
    encoding: str
    bom: bool

    def encode(self, text: str) -> bytes:
        """Return `text` as bytes, in this file's encoding and with its byte order mark."""
        return (_BOM + text if self.bom else text).encode(self.encoding)

    def line_of(self, offset: int) -> int:
        """Return the number (from 1) of the line that holds the character at `offset`."""
        return 1 + sum(1 for _ in _LINE_END.finditer(self.text, 0, offset))

    def at(self, offset: int) -> Location:
        """Return the location of the character at `offset`."""
        return Location(self.file, self.line_of(offset))

    def line_starts(self) -> list[int]:
        """Return the offset at which each line starts."""
        return line_starts(self.text)

    def with_its_line_ends(self, lines: str) -> str:
        """Return lines as this text ends its own: with Windows' line ends where it has no others."""
        ends = set(_LINE_END.findall(self.text))
        return _LINE_END.sub("\r\n", lines) if ends == {"\r\n"} else lines


def line_starts(text: str) -> list[int]:
    """Return the offset at which each line of a text starts."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def decode(file: str, data: bytes) -> Text:
    """Return the text of a file: Python source by its coding cookie (PEP 263), everything else as UTF-8.

    Raises CastoffError when the bytes are not of that encoding.
    """
    try:
        is_python = file.endswith((".py", ".pyi"))
        encoding = tokenize.detect_encoding(BytesIO(data).readline)[0] if is_python else "utf-8"
        text = data.decode(encoding)
        bom = text.startswith(_BOM)
        decoded = Text(file, text.removeprefix(_BOM), encoding, bom)
        again = decoded.encode(decoded.text)
    except (UnicodeError, SyntaxError, LookupError) as error:
        raise refuse(f"{file} cannot be decoded: {error}", where=Location(file)) from None
    if again != data:
        raise refuse(f"{file} does not survive being decoded and encoded as {encoding}", where=Location(file))
    return decoded
