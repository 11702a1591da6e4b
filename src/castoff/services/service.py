"""What the local services have in common: a server of their own, which runs while their `with` block lasts."""

from __future__ import annotations

from typing import Self

from castoff.services.http import Server


class Service:
    """A service on this machine, behind a server on loopback."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(*error)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end; known within the `with` block."""
        return self._server.url

    @property
    def down(self) -> bool:
        """Fault: everything is answered with 503."""
        return self._server.down

    @down.setter
    def down(self, value: bool) -> None:
        self._server.down = value

    @property
    def failures(self) -> tuple[str, ...]:
        """What went wrong within the service itself: empty, unless it has a bug."""
        return tuple(self._server.failures)
