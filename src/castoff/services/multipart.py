"""An upload form (multipart/form-data, RFC 7578) read as a stream: fields into memory, the one file to disk.

What arrives is written and digested block by block, so a form takes the same memory whatever the size of its file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Protocol

_BLOCK = 64 * 1024
_HEADERS = 16 * 1024
"""Bytes of one part's headers."""
_FIELDS = 4 * 1024 * 1024
"""Bytes of all fields together: a description may be long, and attestations are."""
_LONGEST_BOUNDARY = 70


class Readable(Protocol):
    """What a form is read from."""

    def read(self, size: int, /) -> bytes | None:
        """Return up to `size` bytes; empty at the end."""
        ...


class FormError(Exception):
    """The body is no form of this kind, or is cut off, or its fields are too large."""


@dataclass(frozen=True, slots=True)
class FormFile:
    """The file of a form: where it lies, and what was seen while it came in."""

    name: str
    content_type: str
    path: Path
    size: int
    md5: str
    sha256: str
    blake2_256: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form: all values of each field in their order, and the file."""

    fields: Mapping[str, tuple[str, ...]]
    file: FormFile | None

    def get(self, name: str) -> str:
        """Return the first value of a field; empty when there is none."""
        return (self.fields.get(name) or ("",))[0]


def read_form(stream: Readable, content_type: str, target: Path, *, file_field: str) -> Form:
    """Return the form in `stream`; the file of `file_field` is written to `target`, other files are passed over.

    Raises FormError.
    """
    reader = _Reader(stream, _boundary(content_type))
    fields: dict[str, tuple[str, ...]] = {}
    file: FormFile | None = None
    room = _FIELDS
    for headers, body in reader.parts():
        name = _parameter(headers, "name")
        file_name = _parameter(headers, "filename")
        if file_name is None and name is not None:
            value = _limited(body, room, "the fields of the form are too large")
            room -= len(value)
            fields[name] = (*fields.get(name, ()), value.decode("utf-8", "replace"))
        elif file_name is not None and name == file_field and file is None:
            file = _save(body, file_name, headers.get_content_type(), target)
        else:
            for _ in body:
                pass
    return Form(fields, file)


class _Reader:
    """Cuts a stream at the boundary."""

    def __init__(self, stream: Readable, boundary: bytes) -> None:
        self._stream = stream
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # the first delimiter has no line end before it

    def parts(self) -> Iterator[tuple[Message, Iterator[bytes]]]:
        """Yield headers and body of each part; a body must be read to its end before the next part."""
        for _ in self._until(self._delimiter):
            pass
        while (mark := self._take(2)) == b"\r\n":
            headers = _limited(self._until(b"\r\n\r\n"), _HEADERS, "a part of the form has too long headers")
            yield BytesHeaderParser().parsebytes(headers + b"\r\n\r\n"), self._until(self._delimiter)
        if mark != b"--":
            raise FormError("a boundary of the form does not end its line")

    def _until(self, mark: bytes) -> Iterator[bytes]:
        """Yield what comes before `mark`, block by block, and step over `mark`."""
        while (at := self._buffer.find(mark)) < 0:
            safe = len(self._buffer) - len(mark) + 1  # the end may be the beginning of the mark
            if safe > 0:
                yield bytes(self._buffer[:safe])
                del self._buffer[:safe]
            self._fill()
        if at:
            yield bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _fill(self) -> None:
        data = self._stream.read(_BLOCK)
        if not data:
            raise FormError("the form is cut off")
        self._buffer += data


def _boundary(content_type: str) -> bytes:
    headers = Message()
    headers["Content-Type"] = content_type
    boundary = headers.get_boundary("")
    if headers.get_content_type() != "multipart/form-data" or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise FormError("the body is no multipart/form-data")
    return boundary.encode("latin-1", "replace")


def _parameter(headers: Message, name: str) -> str | None:
    value = headers.get_param(name, header="content-disposition")
    return value[2] if isinstance(value, tuple) else value


def _limited(blocks: Iterator[bytes], limit: int, problem: str) -> bytes:
    collected = bytearray()
    for block in blocks:
        collected += block
        if len(collected) > limit:
            raise FormError(problem)
    return bytes(collected)


def _save(blocks: Iterator[bytes], name: str, content_type: str, target: Path) -> FormFile:
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    blake2 = hashlib.blake2b(digest_size=32)
    size = 0
    with target.open("wb") as out:
        for block in blocks:
            out.write(block)
            size += len(block)
            for digest in (md5, sha256, blake2):
                digest.update(block)
    return FormFile(name, content_type, target, size, md5.hexdigest(), sha256.hexdigest(), blake2.hexdigest())
