"""The one door to web services: bounded in time, in size, in tries and in where a redirect may lead.

An answer from outside is data of a stranger. What does not come, comes too slowly or is too long is `Unknown`, with
the reason. Only what is safe to repeat is repeated. A token goes to the origin it was meant for, and nowhere else.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from castoff.adapters.arriving import Arriving, Beside, Compared, Downloaded, ToFile
from castoff.adapters.deadlines import Deadlines
from castoff.core.published import Unknown

if TYPE_CHECKING:  # costs more to import than most verbs take
    from requests import PreparedRequest, Response, Session
    from requests.adapters import HTTPAdapter
    from urllib3.response import HTTPResponse

_AGAIN = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
_MOVED = frozenset({301, 302, 303, 307, 308})
_LIMITED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
_REDIRECTS = 5
_BLOCK = 1 << 18
_USER_AGENT = "castoff"
MEGABYTE = 1 << 20
_SLOWEST = 32 * 1024
"""Bytes a second: a download that comes more slowly than that is given up."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much: all in seconds, but for tries."""

    connect: float = 5.0
    read: float = 15.0
    """The longest silence."""
    total: float = 30.0
    """One request with all its redirects; a download gets more, by its size."""
    tries: int = 3
    pause: float = 0.5
    """Before the second try; twice that before the third."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for; `token` is sent to the origin of `url`, and not to where that sends on."""

    url: str
    accept: str = "*/*"
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, whole; whatever the status is."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """Return the body as JSON data, or Unknown when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return Unknown(f"{urlsplit(self.url).hostname} answered with something that is no JSON")


class _GaveUpError(Exception):
    """A request that is not to be tried again; the reason is its text."""


class Web:
    """HTTP clients of one kind; safe to use from several threads, each of which has connections of its own."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._local = threading.local()
        self._deadlines = Deadlines()

    def get(self, ask: Ask, most: int = 16 * MEGABYTE) -> Answer | Unknown:
        """Return what is answered, in at most `most` bytes."""
        return self._tried("GET", ask, lambda response, deadline: self._whole(response, most, deadline))

    def delete(self, ask: Ask) -> Answer | Unknown:
        """Delete what the address names, in one try; return what was answered."""
        return self._tried("DELETE", ask, lambda response, deadline: self._whole(response, MEGABYTE, deadline), tries=1)

    def download(
        self, ask: Ask, into: Path, most: int, arrived: Callable[[int], None] = lambda _size: None
    ) -> Downloaded | Unknown:
        """Write what is served to the new file `into`, block by block, at most `most` bytes; return its digest.

        `arrived` is told the size of each block, and minus what came when a try is begun anew. Another status than
        200 is Unknown, and so is a file that ends before its announced length; no part of one stays.
        """
        return self._arrive(ask, into.name, lambda: ToFile(into), most, arrived)

    def compare(
        self, ask: Ask, file: Downloaded, most: int, arrived: Callable[[int], None] = lambda _size: None
    ) -> Compared | Unknown:
        """Compare what is served with a file that is here, byte for byte; keep nothing. Else as `download`."""
        return self._arrive(ask, file.path.name, lambda: Beside(file), most, arrived)

    def _arrive(
        self, ask: Ask, name: str, begin: Callable[[], Arriving[_T]], most: int, arrived: Callable[[int], None]
    ) -> _T | Unknown:
        """Let what `begin` returns take what is served; once for each try."""

        def take(response: Response, deadline: float) -> _T:
            if response.status_code != HTTPStatus.OK:
                raise _GaveUpError(f"{_host(ask.url)} answered {response.status_code} for {name}")
            size, arriving = 0, begin()
            try:
                with arriving:
                    for block in self._blocks(response, most, deadline + most / _SLOWEST):
                        arriving.take(block)
                        size += len(block)
                        arrived(len(block))
                    return arriving.whole()
            except BaseException:
                arrived(-size)
                raise

        return self._tried("GET", ask, take)

    def _tried(
        self, method: str, ask: Ask, take: Callable[[Response, float], _T], tries: int | None = None
    ) -> _T | Unknown:
        """Send a request, again where that may help, and let `take` read the answer."""
        from requests import ConnectionError as NotConnectedError
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        tries = tries or self.limits.tries
        reason = ""
        for turn in range(tries):
            if turn:
                time.sleep(self.limits.pause * turn)
            deadline = time.monotonic() + self.limits.total
            try:
                with self._sent(method, ask, deadline) as response:
                    limited = _rate_limit(response)
                    if limited:
                        return limited
                    if response.status_code not in _AGAIN:
                        return take(response, deadline)
                    reason = f"{_host(ask.url)} answered {response.status_code}"
            except _GaveUpError as error:
                return Unknown(str(error))
            except (NotConnectedError, TimeoutError, HTTPError) as error:
                reason = _unreachable(ask.url, error)
            except (RequestException, ValueError, OSError) as error:
                return Unknown(_unreachable(ask.url, error), silent=True)
        return Unknown(reason, silent=True)

    @contextmanager
    def _sent(self, method: str, ask: Ask, deadline: float) -> Generator[Response]:
        """Send a request, follow where it is sent on to, and yield the answer, of which no body is read yet."""
        url = ask.url
        for _ in range(_REDIRECTS + 1):
            self._local.deadline = deadline
            headers = {"Accept": ask.accept, "Accept-Encoding": "identity", "User-Agent": _USER_AGENT}
            if ask.token and _origin(url) == _origin(ask.url):
                headers["Authorization"] = f"Bearer {ask.token}"
            response = self._session().request(
                method,
                url,
                headers=headers,
                auth=_as_it_is,
                timeout=(self.limits.connect, self.limits.read),
                allow_redirects=False,
                stream=True,
            )
            if response.status_code not in _MOVED or method != "GET":
                try:
                    yield response
                finally:
                    response.close()
                return
            response.close()
            url = _next(url, response.headers.get("Location", ""))
            if time.monotonic() > deadline:
                break
        raise _GaveUpError(f"{_host(url)} was reached only by more redirects than {_REDIRECTS}")

    def _session(self) -> Session:
        if not hasattr(self._local, "session"):
            from requests import Session

            self._local.session = Session()
            for scheme in ("http://", "https://"):
                self._local.session.mount(scheme, _adapter(self._cut_off))
        session: Session = self._local.session
        return session

    def _cut_off(self, cut: Callable[[], object]) -> AbstractContextManager[None]:
        """Call `cut` when the block is not left by the deadline of the request that this thread has sent."""
        return self._deadlines.cut_off(cut, self._local.deadline)

    def _whole(self, response: Response, most: int, deadline: float) -> Answer:
        body = b"".join(self._blocks(response, most, deadline))
        return Answer(response.url, response.status_code, response.headers, body)

    def _blocks(self, response: Response, most: int, deadline: float) -> Generator[bytes]:
        """Yield the body as it comes; raises when it is too long, packed, cut off, or not there by the deadline."""
        host = _host(response.url)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise _GaveUpError(f"{host} answered with a packed body, which was not asked for")
        told, came = response.headers.get("Content-Length", ""), 0
        with self._deadlines.cut_off(response.raw.shutdown, deadline):
            while block := response.raw.read1(_BLOCK):
                came += len(block)
                if came > most:
                    raise _GaveUpError(f"{host} answered with more than {most} bytes")
                yield block
        if time.monotonic() > deadline:
            raise _GaveUpError(f"{host} took too long to answer")
        if told.isdecimal() and came < int(told):
            raise TimeoutError(f"{came} of {told} bytes came")


def _adapter(cut_off: Callable[[Callable[[], object]], AbstractContextManager[None]]) -> HTTPAdapter:
    """Return an adapter whose answers have begun in time: `requests` bounds each silence, but not their sum."""
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Plain(HTTPConnection):
        def getresponse(self) -> HTTPResponse:
            with cut_off(lambda: self.sock.shutdown(socket.SHUT_RDWR)):
                return super().getresponse()

    class Secure(HTTPSConnection):
        def getresponse(self) -> HTTPResponse:
            with cut_off(lambda: self.sock.shutdown(socket.SHUT_RDWR)):
                return super().getresponse()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain  # pyright: ignore[reportAssignmentType] - nor is urllib3's own

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure  # pyright: ignore[reportAssignmentType] - nor is urllib3's own

    adapter = HTTPAdapter()
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return adapter


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    """Add nothing: without this, `requests` takes a password for the host from ~/.netrc."""
    return request


def _rate_limit(response: Response) -> Unknown | None:
    """Return the word for a request that came once too often (GitHub's REST API, "Rate limits")."""
    spent = response.headers.get("x-ratelimit-remaining") == "0" or "Retry-After" in response.headers
    if response.status_code not in _LIMITED or not spent:
        return None
    reset = response.headers.get("x-ratelimit-reset", "")
    at = time.strftime(" until %H:%M", time.localtime(int(reset))) if reset.isdecimal() and len(reset) < 12 else ""  # noqa: PLR2004 - seconds since 1970 of this age
    return Unknown(f"{_host(response.url)} has a rate limit, which is used up{at}")


def _next(url: str, location: str) -> str:
    """Return where a redirect leads; raises when it leads from https to http, or from the net into this machine."""
    if not location:
        raise _GaveUpError(f"{_host(url)} answered with a redirect to nowhere")
    following = urljoin(url, location)
    if urlsplit(following).scheme != "https" and _origin(following) != _origin(url):
        raise _GaveUpError(f"{_host(url)} answered with a redirect to {_host(following)} that is not https")
    return following


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the address"


def _unreachable(url: str, error: Exception) -> str:
    """Return why nothing came, in a few words and without the address: that may hold what is not to be shown."""
    kind = "did not answer in time" if "timed out" in str(error).lower() else "cannot be reached"
    return f"{_host(url)} {kind}"
