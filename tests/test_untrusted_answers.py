"""Answers of an index or a forge that were made to hurt: each is Unknown within its limits, never a crash or a hang."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import json
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.adapters.github import GitHub
from castoff.adapters.index import Index
from castoff.adapters.web import Answer, Ask, Downloaded, Limits, Web
from castoff.core.forge import Repository
from castoff.core.published import Unknown
from tests.strategies import bounded

QUICK = Limits(connect=1, read=0.4, total=1, tries=2, pause=0.01)
LONGEST = 10.0
"""Seconds: two tries of the above and room for a busy machine."""

Answering = Callable[[socket.socket], None]


@contextmanager
def answered(answering: Answering) -> Generator[str]:
    """Serve raw bytes on a free port of this machine; yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with suppress(OSError):
                    connection, _ = listening.accept()
                    with connection:
                        connection.settimeout(2)
                        connection.recv(65536)
                        answering(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def sent(*parts: bytes, again: bytes = b"", pause: float = 0.0) -> Answering:
    """Return what sends these bytes, and then `again` until the other side has had enough (or a few seconds long)."""

    def send(connection: socket.socket) -> None:
        end = time.monotonic() + 30
        for part in parts:
            connection.sendall(part)
        while again and time.monotonic() < end:
            connection.sendall(again)
            time.sleep(pause)

    return send


NO_ANSWER = {
    "nothing, of a length that is no number": (b"many", b""),
    "no JSON": (b"5", b"<html"),
    "JSON nested without end": (b"200000", b"[" * 200_000),
    "a number of a million digits": (b"1000000", b"9" * 1_000_000),
    "bytes that are no text": (b"4", b"\xff\xfe\xfd\xfc"),
}
"""The length that is told, and the bytes: no answer to any question, but a file like any other."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HOSTILE: dict[str, Answering] = {
    "nothing at all": sent(),
    "no HTTP": sent(b"\x00\xff\x1b[2Jnonsense\r\n\r\n"),
    "another protocol": sent(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a status that is no number": sent(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a status of its own": sent(b"HTTP/1.1 999 What\r\nContent-Length: 2\r\n\r\n{}"),
    "an endless header": sent(OK + b"X: ", again=b"x" * 65536),
    "endless headers": sent(OK, again=b"X: y\r\n" * 1000),
    "an endless body": sent(OK + b"\r\n", again=b"[" * 65536),
    "a body that is cut off": sent(OK + b'Content-Length: 100\r\n\r\n{"a": '),
    "a length below zero": sent(OK + b"Content-Length: -5\r\n\r\n{}"),
    "a length beyond all": sent(OK + b"Content-Length: 99999999999999999999999\r\n\r\n{}"),
    "chunks that are none": sent(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "a chunk below zero": sent(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}"),
    "an endless chunk": sent(OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n", again=b"x" * 65536),
    "a bomb": sent(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[" * 50_000_000)),
    "a body that drips": sent(OK + b"Content-Length: 1000000\r\n\r\n", again=b" ", pause=0.1),
    "a header that drips": sent(OK + b"X: ", again=b"x", pause=0.1),
    "headers that drip": sent(OK, again=b"X: y\r\n", pause=0.1),
    "a chunk that drips": sent(OK + b"Transfer-Encoding: chunked\r\n\r\n5;", again=b"x", pause=0.1),
    "silence": sent(again=b"", pause=0.0),
    "a redirect to a file": sent(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"),
    "a redirect to a strange port": sent(
        b"HTTP/1.1 302 Found\r\nLocation: http://a:99999/\r\nContent-Length: 0\r\n\r\n"
    ),
    "a redirect with a line end": sent(
        b"HTTP/1.1 302 Found\r\nLocation: /a%0d%0aX: y\x0b\r\nContent-Length: 0\r\n\r\n"
    ),
    "a redirect to no address": sent(b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"),
    "the wrong type": sent(OK + b"Content-Length: 2\r\n\r\n42"),
}


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Import what takes apart an index's page: what is timed is the answer."""
    importlib.import_module("pypi_simple")


HARMLESS_FILES = {
    name: sent(OK + b"Content-Length: " + length + b"\r\n\r\n" + body) for name, (length, body) in NO_ANSWER.items()
}


@pytest.mark.parametrize("name", {**HOSTILE, **HARMLESS_FILES})
def test_an_index_or_a_forge_that_answers_with_harm_is_unknown_within_its_limits(name: str) -> None:
    with answered((HOSTILE | HARMLESS_FILES)[name]) as url:
        began = time.monotonic()
        index = Index(Web(QUICK), f"{url}/simple/").files("sample")
        forge = GitHub(Web(QUICK), Repository("o", "r"), api=url).releases("v1.0.0")
        took = time.monotonic() - began
    assert isinstance(index, Unknown), index
    assert isinstance(forge, Unknown), forge
    assert took < 2 * LONGEST, f"{took:.1f} s"
    for said in (index.reason, forge.reason):
        assert "\x1b" not in said
        assert len(said) < 200


@pytest.mark.parametrize("name", HOSTILE)
def test_a_download_of_harm_leaves_no_file(tmp_path: Path, name: str) -> None:
    """More than was announced, or less, or nothing that is a file at all."""
    with answered(HOSTILE[name]) as url:
        came = Web(QUICK).download(Ask(f"{url}/file"), tmp_path / "file", most=1)
    assert isinstance(came, Unknown)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NO_ANSWER)
def test_a_download_of_what_is_no_answer_is_the_very_bytes_and_their_digest(tmp_path: Path, name: str) -> None:
    """It is for whoever knows the right digest to compare: as a file, such bytes are what they are."""
    _, body = NO_ANSWER[name]
    with answered(HARMLESS_FILES[name]) as url:
        came = Web(QUICK).download(Ask(f"{url}/file"), tmp_path / "file", most=len(body))
    assert came == Downloaded(tmp_path / "file", hashlib.sha256(body).hexdigest(), len(body))
    assert (tmp_path / "file").read_bytes() == body


@pytest.fixture(scope="module")
def speaking() -> Iterator[tuple[str, list[bytes]]]:
    """Serve whatever the test puts into the list."""
    said = [b""]

    def answer(connection: socket.socket) -> None:
        connection.sendall(OK + f"Content-Length: {len(said[0])}\r\nConnection: close\r\n\r\n".encode() + said[0])

    with answered(answer) as url:
        yield url, said


KEYS = st.sampled_from(
    """files versions meta api-version name filename url hashes sha256 size upload-time yanked tag_name draft prerelease
    assets browser_download_url digest id state created_at""".split()  # noqa: SIM905 - easier to read than twenty quotes
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def test_any_json_at_all_is_read_or_unknown(speaking: tuple[str, list[bytes]]) -> None:
    url, said = speaking

    @bounded
    @given(JSON)
    def attempt(data: object) -> None:
        said[0] = json.dumps(data).encode()
        index = Index(Web(QUICK), f"{url}/simple/").files("sample")
        assert index is None or isinstance(index, (tuple, Unknown))
        forge = GitHub(Web(QUICK), Repository("o", "r"), api=url).releases("v1.0.0")
        assert isinstance(forge, (tuple, Unknown))

    attempt()


def test_any_bytes_at_all_are_an_answer_or_unknown() -> None:
    said = [b""]
    with answered(lambda connection: connection.sendall(said[0])) as url:

        @bounded
        @given(st.binary(max_size=60).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail) | st.binary(max_size=60))
        def attempt(data: bytes) -> None:
            said[0] = data
            assert isinstance(Web(QUICK).get(Ask(url)), (Answer, Unknown))

        attempt()
