"""Runs castoff in processes forked from one that has loaded libraries already: a thousand runs cost what they do.

Each is a process of its own, with its arguments, environment, folder and streams; what it changes is gone with it.
That castoff starts from nothing is proved where it is typed: by `make`, in the rehearsal of
the whole workflow and in the sealed one, and in `test_start`.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn, cast

_LOADED = {
    "castoff": ("castoff.program", "packaging.metadata", "requests", "tomlkit", "yaml"),
    "castoff.standins": (
        "castoff.standins.__main__",
        "pypi_attestations",
        "requests",
        "sigstore.sign",
        "twine",
        "yaml",
    ),
}
"""By the module that is run: what is loaded before it. Of ours only what every verb loads."""
_MORE = {"castoff": ("castoff.tasks", "castoff.flows", "pypi_simple"), "castoff.standins": ()}
"""What is loaded as well for the second run and those after it; of the flows all."""
_AT_THE_START = ("PYTHON", "LC_", "LANG")
"""How the variables begin that an interpreter reads once: with other ones a run gets an interpreter of its own."""


def run(
    module: str, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a module like `python -m`, but as the program `argv`; return its exit code and what it has written."""
    return _server(module, _told_at_the_start(env)).run(argv, cwd, env, timeout)


def _told_at_the_start(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in env.items() if name.startswith(_AT_THE_START)))


@functools.cache
def _server(module: str, told: tuple[tuple[str, str], ...]) -> _Server:
    return _Server(module, told)


class _Server:
    """The process from which runs are forked; it ends with this one."""

    def __init__(self, module: str, told: tuple[tuple[str, str], ...]) -> None:
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="forked-"))
        others = {name: value for name, value in os.environ.items() if not name.startswith(_AT_THE_START)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked", module],
            cwd=Path(__file__).parent.parent,
            env={**others, **dict(told)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._end)

    def run(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        out, err = self._folder / "out", self._folder / "err"
        asked = {"argv": list(argv), "cwd": str(cwd), "env": dict(env)}
        with self._lock:
            self._say(json.dumps({**asked, "out": str(out), "err": str(err)}))
            child, late = int(self._told()), threading.Event()
            timer = threading.Timer(timeout, _end_late, (child, late))
            timer.start()
            code = int(self._told())
            timer.cancel()
            said = [file.read_text(encoding="utf-8") for file in (out, err)]
        if late.is_set():
            raise subprocess.TimeoutExpired(list(argv), timeout, *said)
        return subprocess.CompletedProcess(list(argv), code, *said)

    def _say(self, line: str) -> None:
        stdin = cast("IO[str]", self._process.stdin)
        stdin.write(f"{line}\n")
        stdin.flush()

    def _told(self) -> str:
        return cast("IO[str]", self._process.stdout).readline()

    def _end(self) -> None:
        self._process.communicate(timeout=60)
        for file in self._folder.iterdir():
            file.unlink()
        self._folder.rmdir()


def _end_late(child: int, late: threading.Event) -> None:
    late.set()
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def _serve(module: str) -> None:
    """Fork a run for each line of standard input (JSON); answer with its number, and with its exit code at its end."""
    _load(_LOADED[module])
    for number, line in enumerate(sys.stdin):
        if number == 1:
            _load(_MORE[module])
        child = os.fork()
        if child == 0:
            _play(module, json.loads(line))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _load(libraries: Sequence[str]) -> None:
    for library in libraries:
        loaded = importlib.import_module(library)
        if library == "castoff.flows":
            for flow in pkgutil.iter_modules(loaded.__path__):
                importlib.import_module(f"{library}.{flow.name}")
    gc.collect()
    gc.freeze()  # forks that touch less memory copy less of it


def _play(module: str, asked: dict[str, Any]) -> NoReturn:
    """Be the run: never to return, whatever happens."""
    code = 1
    try:
        os.environ.clear()
        os.environ.update(asked["env"])
        os.chdir(asked["cwd"])
        time.tzset()
        tempfile.tempdir = None
        sys.argv = asked["argv"]
        sys.path[0] = str(Path(sys.argv[0]).parent)
        fresh = os.O_RDWR | os.O_CREAT | os.O_TRUNC
        for stream, file in enumerate((os.devnull, asked["out"], asked["err"])):
            os.dup2(os.open(file, fresh), stream)
        runpy.run_module(module, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = exit_code(end.code)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    finally:
        leave(code)


def leave(code: int) -> NoReturn:
    """End this process as at every end, but without taking all its modules apart: that costs more than many a run."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def exit_code(said: object) -> int:
    """Return the exit code that is meant by what SystemExit carries; a text is printed."""
    if isinstance(said, str):
        print(said, file=sys.stderr)
        return 1
    return int(said) & 0xFF if isinstance(said, int) else 0


if __name__ == "__main__":
    _serve(sys.argv[1])
