"""Every point at which a run of castoff changes something outside: counted, and at one of them the run is ended.

A point lies before each write, rename, removal, new folder, sync and program start (so also after the one before),
half-way through each write, and when a program has just started.
"""

from __future__ import annotations

import builtins
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHANGES = frozenset(
    {
        "os.chmod",
        "os.chown",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.truncate",
        "os.utime",
        "subprocess.Popen",
    }
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Points:
    """Counts the points, writes their names to a file, and at the `at`-th sends this process a signal."""

    def __init__(self, names: Path, at: int, number: int, *, group: bool) -> None:
        self._names = os.open(names, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._at = at
        self._number = number
        self._group = group
        self._count = 0
        self._stopped = False
        self._folder = f"{Path.cwd().parent}/"

    def reached(self, name: str) -> None:
        """Count one point."""
        if self._stopped:
            return
        self._count += 1
        os.write(self._names, (name.replace(self._folder, "") + "\n").encode())
        if self._count == self._at:
            (os.killpg if self._group else os.kill)(os.getpid(), self._number)

    def stop(self) -> None:
        """Count no more."""
        self._stopped = True

    def watch(self) -> None:
        """Begin to count, for as long as this process lives."""
        sys.addaudithook(self._audited)
        io.open = builtins.open = _watched_open(io.open, self)
        os.fsync = _watched_call("fsync", os.fsync, self)
        subprocess.Popen = _watched_popen(self)  # pyright: ignore[reportAttributeAccessIssue] - that is the trick

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if any("__pycache__" in str(argument) for argument in arguments):  # the interpreter's own, and not always there
            return
        if event in _CHANGES:
            self.reached(f"{event} {_named(event, arguments)}")
        elif event == "open" and int(arguments[2] or 0) & _WRITING and not str(arguments[0]).startswith("/dev/"):
            self.reached(f"open {arguments[0]}")


def _named(event: str, arguments: tuple[Any, ...]) -> str:
    return " ".join(map(str, arguments[1])) if event == "subprocess.Popen" else str(arguments[0])


def _watched_call(name: str, real: Callable[..., None], points: Points) -> Callable[..., None]:
    def call(*arguments: Any) -> None:  # noqa: ANN401
        points.reached(name)
        real(*arguments)

    return call


def _watched_open(real: Callable[..., Any], points: Points) -> Callable[..., Any]:
    """Return an `open` whose files have a point before and half-way through each write."""

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        stream = real(file, mode, *arguments, **options)
        return _Written(stream, points) if set(mode) & set("wax+") and str(file) != os.devnull else stream

    return opened


class _Written:
    """An open file, as its user sees it."""

    def __init__(self, stream: Any, points: Points) -> None:  # noqa: ANN401
        self._stream = stream
        self._points = points

    def write(self, data: Any) -> int:  # noqa: ANN401
        """Write in two halves, with a point before each."""
        half = len(data) // 2
        self._points.reached("before a write")
        self._stream.write(data[:half])
        self._stream.flush()
        self._points.reached("half of a write")
        self._stream.write(data[half:])
        self._stream.flush()
        return len(data)

    def __enter__(self) -> _Written:
        self._stream.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.__exit__(*error)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._stream, name)


def _watched_popen(points: Points) -> type[subprocess.Popen[Any]]:
    """Return a Popen with one more point: when its program has started."""

    class Watched(subprocess.Popen[Any]):
        def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
            super().__init__(*arguments, **options)
            about = self.args if isinstance(self.args, (list, tuple)) else [self.args]
            points.reached(f"started {' '.join(map(str, about))}")

    return Watched


def signal_named(name: str) -> int:
    """Return the number of a signal; 0, which does nothing, for an empty name."""
    return int(signal.Signals[name]) if name else 0
