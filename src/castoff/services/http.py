"""A small HTTP server on loopback, which every local service is built on.

    def project(request: Request) -> Response:
        return json_response({"name": request.params["name"], "page": request.query.get("page", "1")})

    def upload(request: Request) -> Response:
        with target.open("wb") as file:
            shutil.copyfileobj(request.body, file)  # a block at a time, whatever its size
        return Response(201)

    routes = {
        ("GET", re.compile(r"/projects/(?P<name>[^/]+)")): project,  # answers HEAD too
        ("PUT", re.compile(r"/files/(?P<file>[^/]+)")): upload,
    }
    with Server(routes, max_body=2**30) as server:
        requests.get(f"{server.url}/projects/spam?page=2")

A pattern must match the whole path as it was sent; named groups are percent-decoded into `Request.params`. From
any depth, `raise AnswerError(json_response({...}, 404))` is the answer. `server.down = True` makes everything
answer 503 until it is taken back. Leaving the `with` block ends the listener and every open connection.

Bounded: so many connections at once (more wait in line), so large a body (413), so long a silence (30 s).
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import socketserver
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import BinaryIO, Self, cast
from urllib.parse import parse_qsl, unquote

_BLOCK = 64 * 1024
_CONNECTIONS = 64
_SILENCE = 30.0
"""Seconds without a byte from the client after which its connection is closed."""
_SMALL = 4 * 1024 * 1024
"""Bytes of a body that is read into memory as a whole."""
_LINGER = 2.0
"""Seconds that a client whose body is refused may go on sending it."""
_FAREWELL = 5.0
"""Seconds that a handler at work has to finish when the server stops."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its body in memory, or a file that is sent block by block."""

    status: int = 200
    body: bytes | Path = b""
    content_type: str = "application/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def json_response(data: object, status: int = 200) -> Response:
    """Return the answer that holds `data` as JSON."""
    return Response(status, json.dumps(data).encode(), "application/json")


def text_response(text: str, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Response:
    """Return the answer that holds `text`."""
    return Response(status, text.encode(), content_type)


class AnswerError(Exception):
    """Ends the handling of a request; `response` is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class Body(io.RawIOBase):
    """The body of a request as a stream, which ends where the body ends."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        super().__init__()
        self._stream = stream
        self.left = length
        """Bytes that have not been read."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill `buffer` with what comes next; raises ConnectionError when the client goes away half-way."""
        if not self.left:
            return 0
        data = self._stream.read(min(len(buffer), self.left, _BLOCK))
        if not data:
            raise ConnectionAbortedError("the client went away within a request")
        buffer[: len(data)] = data
        self.left -= len(data)
        return len(data)

    def drain(self) -> None:
        """Read what is left, and forget it; also when a wrapper around this stream has closed it."""
        block = bytearray(_BLOCK)
        while self.left:
            self.readinto(block)


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `params` are the named groups of its route, `query` has the last value of each name."""

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Message
    body: Body

    def header(self, name: str) -> str:
        """Return a header by its name in any case; empty when there is none."""
        return self.headers.get(name, "")

    def content(self, limit: int = _SMALL) -> bytes:
        """Return the whole body; raises AnswerError (413) when it is larger than `limit`."""
        if self.body.left > limit:
            raise AnswerError(text_response("the body is too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
        return self.body.readall()

    def json(self) -> object:
        """Return the whole body read as JSON; raises AnswerError (400) when it is none."""
        try:
            return json.loads(self.content())
        except (ValueError, RecursionError) as error:
            raise AnswerError(text_response(f"the body is not JSON: {error}", HTTPStatus.BAD_REQUEST)) from None


Handler = Callable[[Request], Response]
Routes = Mapping[tuple[str, re.Pattern[str]], Handler]
_Socket = socket.socket | tuple[bytes, socket.socket]
"""What `socketserver` says a connection is; over TCP it is the first."""


class Server:
    """Serves `routes` on 127.0.0.1 while its `with` block lasts; on `port`, or on a free one."""

    def __init__(self, routes: Routes, *, max_body: int = _SMALL, port: int = 0) -> None:
        self.routes = routes
        self.max_body = max_body
        self.down = False
        """While true, everything is answered with 503."""
        self.failures: deque[str] = deque(maxlen=20)
        """What went wrong within handlers (each was answered with 500): empty, unless a service has a bug."""
        self._port = port
        self._listener: _Listener | None = None

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end; known within the `with` block."""
        if self._listener is None:
            raise RuntimeError("the server does not run")
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    def __enter__(self) -> Self:
        listener = _Listener(("127.0.0.1", self._port), self)
        # A short poll: should what `stop` sends be taken for a client, stopping waits for the next one.
        threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        self._listener = listener
        return self

    def __exit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def answer(self, request: Request) -> Response:
        """Return what the routes answer to `request`."""
        if self.down:
            return text_response("out of service, on purpose", HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            return self._handler(request)
        except AnswerError as error:
            return error.response
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the server goes on
            self.failures.append(f"{request.method} {request.path}: {error!r}")
            return text_response("internal error", HTTPStatus.INTERNAL_SERVER_ERROR)

    def _handler(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        verbs: list[str] = []
        for (verb, pattern), handler in self.routes.items():
            match = pattern.fullmatch(request.path)
            if match and verb == method:
                params = {name: unquote(value) for name, value in match.groupdict("").items()}
                return handler(replace(request, params=params))
            verbs += [verb] if match else []
        status = HTTPStatus.METHOD_NOT_ALLOWED if verbs else HTTPStatus.NOT_FOUND
        return text_response(status.phrase, status)


class _Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Accepts connections, each in a thread of its own, and knows which are open."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], server: Server) -> None:
        self.server = server
        self._slots = threading.Semaphore(_CONNECTIONS)
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Connection)

    def process_request(self, request: _Socket, client_address: tuple[str, int]) -> None:
        """Serve a connection, once there is a slot for it."""
        connection = cast(socket.socket, request)
        while not self._slots.acquire(timeout=0.05):
            if self._stopping.is_set():
                self.shutdown_request(connection)
                return
        with self._lock:
            self._open.add(connection)
        super().process_request(connection, client_address)

    def process_request_thread(self, request: _Socket, client_address: tuple[str, int]) -> None:
        """Serve a connection from its first request to its last."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.discard(cast(socket.socket, request))
            self._slots.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - so it is called
        """Note what `socketserver` would print."""
        self.server.failures.append(f"connection from {client_address} broke")

    def stop(self) -> None:
        """End the listener and all connections, and wait (not for ever) until their threads are done."""
        self._stopping.set()
        with socket.socket() as awakening:
            awakening.connect_ex(self.server_address)  # the listener need not wait for its next poll
            self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        end = time.monotonic() + _FAREWELL
        for _ in range(_CONNECTIONS):
            self._slots.acquire(timeout=max(0.0, end - time.monotonic()))


class _Connection(BaseHTTPRequestHandler):
    """Reads requests and writes answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _SILENCE
    server: _Listener  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle(self) -> None:
        """Answer until the client leaves."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: what matters is in the rehearsal's report."""

    def _serve(self) -> None:
        service = self.server.server
        refusal, length = _length(self.headers, service.max_body)
        if refusal:
            self.close_connection = True
            self._send(refusal)
            self._linger()
            return
        body = Body(cast(BinaryIO, self.rfile), length)
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, {}, dict(parse_qsl(query, keep_blank_values=True)), self.headers, body)
        self._send(service.answer(request), body)

    def _linger(self) -> None:
        """Read on for a moment: a client that still sends when the connection is closed never sees the answer."""
        end = time.monotonic() + _LINGER
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_LINGER)
        while self.connection.recv(_BLOCK) and time.monotonic() < end:
            pass

    def _send(self, response: Response, body: Body | None = None) -> None:
        # A body that nobody read is read now: it would be taken for the next request.
        if body is not None:
            body.drain()
        size = response.body.stat().st_size if isinstance(response.body, Path) else len(response.body)
        head = self._head(response, size)
        if self.command == "HEAD":
            self.wfile.write(head)
        elif isinstance(response.body, Path):
            self._send_file(head, response.body)
        else:
            self.wfile.write(head + response.body)

    def _send_file(self, head: bytes, path: Path) -> None:
        with path.open("rb") as file:
            block = head + file.read(_BLOCK)
            while block:
                self.wfile.write(block)
                block = file.read(_BLOCK)

    def _head(self, response: Response, size: int) -> bytes:
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}", f"Date: {self.date_time_string()}"]
        lines += [f"Content-Type: {response.content_type}", f"Content-Length: {size}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        lines += ["Connection: close"] * self.close_connection
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class looks for these


def _length(headers: Message, largest: int) -> tuple[Response | None, int]:
    """Return why a body is refused, or None, and its length."""
    text = headers.get("Content-Length", "0")
    if "Transfer-Encoding" in headers:
        return text_response("say Content-Length", HTTPStatus.LENGTH_REQUIRED), 0
    if not re.fullmatch("[0-9]{1,18}", text):
        return text_response("Content-Length is no number", HTTPStatus.BAD_REQUEST), 0
    if int(text) > largest:
        return text_response(f"the body is larger than {largest} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE), 0
    return None, int(text)
