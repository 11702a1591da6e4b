"""The HTTP server that every local service is built on."""

import hashlib
import http.client
import io
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from castoff.services.http import AnswerError, Handler, Request, Response, Server, json_response, text_response

LARGEST = 64 * 1024 * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    kept = tmp_path / "kept"

    def keep(request: Request) -> Response:
        with kept.open("wb") as file:
            shutil.copyfileobj(request.body, file)
        return json_response({"size": kept.stat().st_size, **request.params, **request.query}, 201)

    def peek(request: Request) -> Response:
        return text_response(io.BufferedReader(request.body).read(3).decode())

    def refuse(request: Request) -> Response:
        raise AnswerError(text_response("no", 418))

    def fail(request: Request) -> Response:
        raise KeyError("bug")

    routes: dict[tuple[str, re.Pattern[str]], Handler] = {
        ("PUT", re.compile(r"/files/(?P<name>[^/]+)")): keep,
        ("GET", re.compile(r"/kept")): lambda _request: Response(body=kept, headers={"X-Name": "kept"}),
        ("POST", re.compile(r"/json")): lambda request: json_response(request.json()),
        ("POST", re.compile(r"/peek")): peek,
        ("GET", re.compile(r"/refuse")): refuse,
        ("GET", re.compile(r"/fail")): fail,
    }
    with Server(routes, max_body=LARGEST) as running:
        yield running


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    """Open one connection, which all requests of a test go through."""
    opened = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    yield opened
    opened.close()


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    connection.request(method, path, data)
    answer = connection.getresponse()
    return answer.status, answer.read()


def plain(server: Server) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=20)


def test_a_route_gets_the_decoded_parts_of_its_path_and_the_query(connection: http.client.HTTPConnection) -> None:
    status, body = ask(connection, "PUT", "/files/a%2Fb?page=1&page=2&empty=", b"abc")
    assert (status, json.loads(body)) == (201, {"size": 3, "name": "a/b", "page": "2", "empty": ""})


def test_a_large_file_goes_in_and_out_unchanged(connection: http.client.HTTPConnection) -> None:
    data = bytes(range(256)) * (LARGEST // 256)
    assert ask(connection, "PUT", "/files/a", data)[0] == 201
    status, body = ask(connection, "GET", "/kept")
    assert (status, hashlib.sha256(body).digest()) == (200, hashlib.sha256(data).digest())


def test_head_is_answered_as_get_without_the_body(connection: http.client.HTTPConnection) -> None:
    ask(connection, "PUT", "/files/a", b"abc")
    connection.request("HEAD", "/kept")
    answer = connection.getresponse()
    assert (answer.getheader("Content-Length"), answer.getheader("X-Name"), answer.read()) == ("3", "kept", b"")


def test_what_no_route_knows_is_404_and_a_known_path_with_another_method_is_405(
    connection: http.client.HTTPConnection,
) -> None:
    assert ask(connection, "GET", "/nowhere")[0] == 404
    assert ask(connection, "GET", "/kept/more")[0] == 404
    assert ask(connection, "DELETE", "/kept")[0] == 405


def test_a_handler_may_answer_by_raising(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "GET", "/refuse") == (418, b"no")


def test_a_bug_in_a_handler_is_answered_500_and_noted(server: Server, connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "GET", "/fail")[0] == 500
    assert list(server.failures) == ["GET /fail: KeyError('bug')"]


def test_a_body_that_a_handler_left_unread_does_not_spoil_the_next_request(
    connection: http.client.HTTPConnection,
) -> None:
    assert ask(connection, "POST", "/peek", b"abc" * 100_000) == (200, b"abc")
    assert ask(connection, "POST", "/nowhere", b"abc" * 100_000)[0] == 404
    assert ask(connection, "POST", "/json", [1]) == (200, b"[1]")


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"[" * 100_000])
def test_a_body_that_has_to_be_json_and_is_not_is_answered_400(
    connection: http.client.HTTPConnection, body: bytes
) -> None:
    assert ask(connection, "POST", "/json", body)[0] == 400


def test_a_body_too_large_for_memory_is_answered_413(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "POST", "/json", b"1" * (5 * 1024 * 1024))[0] == 413


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"Content-Length: {LARGEST + 1}", "413"),
        ("Content-Length: -1", "400"),
        (f"Content-Length: {'9' * 5000}", "400"),
        ("Transfer-Encoding: chunked", "411"),
    ],
)
def test_a_body_of_unfit_or_unknown_length_is_refused(server: Server, head: str, status: str) -> None:
    with plain(server) as client:
        client.sendall(f"POST /json HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        assert client.recv(100).split()[1].decode() == status


def test_a_server_that_is_down_answers_503_until_it_is_back(
    server: Server, connection: http.client.HTTPConnection
) -> None:
    server.down = True
    assert ask(connection, "GET", "/nowhere")[0] == 503
    server.down = False
    assert ask(connection, "GET", "/nowhere")[0] == 404


def test_more_connections_than_there_are_slots_wait_in_line(server: Server) -> None:
    def once(_: int) -> int:
        client = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
        try:
            return ask(client, "GET", "/nowhere")[0]
        finally:
            client.close()

    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(once, range(200))) == [404] * 200


def test_leaving_ends_open_connections_at_once_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with Server({("PUT", re.compile("/x")): lambda request: text_response(str(len(request.content())))}) as server:
        idle, half = plain(server), plain(server)
        half.sendall(b"PUT /x HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        time.sleep(0.1)
        start = time.monotonic()
    assert time.monotonic() - start < 1
    with idle, half:
        assert (idle.recv(10), half.recv(10)) == (b"", b"")
    while threading.active_count() > before and time.monotonic() - start < 5:
        time.sleep(0.01)
    assert threading.active_count() == before
    assert not server.failures


def test_it_listens_on_this_machine_only_and_its_address_is_known_while_it_runs(server: Server) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    with pytest.raises(RuntimeError, match="does not run"):
        assert Server({}).url
