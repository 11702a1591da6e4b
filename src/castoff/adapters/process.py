"""The one door through which other programs are started: an argument list, never a shell."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple, TextIO

from castoff.core.errors import CastoffError, Problem, refuse

MINUTE = 60.0
TAIL = 20
"""How many lines of a failed program's output an error shows."""

CERTIFICATES = {"UV_SYSTEM_CERTS": "1"}
"""uv trusts a list of its own unless it is told: where pip works, behind a company's proxy say, it is to work too."""

_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
"""What git sets for its hooks: the repository is always that of the folder in which a program is started."""
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s@]+@")
_SHORTEST_SECRET = 6
_GONE = 5.0
"""Seconds in which what is killed has gone, on any machine."""
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class Result(NamedTuple):
    """How a program ended."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        """Both streams, secrets masked, to be shown to a person."""
        return masked("\n".join(part for part in (self.stdout.strip("\n"), self.stderr.strip("\n")) if part))


class ProgramFailedError(CastoffError):
    """A program ended with another exit code than 0; `fix` is what to type about it, where that is known."""

    def __init__(self, result: Result, fix: tuple[str, ...] = ()) -> None:
        tail = "\n".join(f"    {line}" for line in result.output.splitlines()[-TAIL:])
        said = f"; it said:\n{tail}" if tail else ""
        super().__init__(Problem(f"`{shown(result.argv)}` failed with exit code {result.code}{said}", fix=fix))
        self.result = result


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str | None] | None = None,
    timeout: float = 10 * MINUTE,
    check: bool = True,
) -> Result:
    """Run a program to its end and return what it printed; it gets no standard input.

    `env` is laid over the caller's environment, and None takes a variable away; `timeout` is in seconds. Raises
    ProgramFailedError when it fails (unless `check` is False), CastoffError when it is missing or takes too long.
    """
    return run_sealed(argv, cwd=cwd, env=environment(env), timeout=timeout, check=check)


def run_sealed(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float = 10 * MINUTE, check: bool = True
) -> Result:
    """Run a program like `run`, but with `env` as its whole environment."""
    started = time.monotonic()
    command = [resolve(argv[0]), *argv[1:]]
    try:
        code, *streams = _to_its_end(command, cwd, env, timeout)
    except subprocess.TimeoutExpired:
        raise refuse(f"`{shown(argv)}` took longer than {timeout:.0f} seconds and was ended") from None
    except (OSError, ValueError) as error:
        raise refuse(f"`{shown(argv)}` could not be started: {error}") from None
    out, err = (stream.decode("utf-8", "surrogateescape") for stream in streams)
    result = Result(tuple(argv), code, out, err, time.monotonic() - started)
    if check and result.code != 0:
        raise ProgramFailedError(result)
    return result


def _to_its_end(command: list[str], cwd: Path, env: Mapping[str, str], timeout: float) -> tuple[int, bytes, bytes]:
    """Run a program, and return its exit code and output; whatever happens, it does not go on without us."""
    process = None
    try:
        with _held():
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        out, err = process.communicate(timeout=timeout)
    except BaseException:
        if process is not None:
            _end(process)
        raise
    return process.returncode, out, err


@contextmanager
def undisturbed() -> Generator[None]:
    """Let Ctrl-C and SIGTERM wait for the end of the block, for castoff and for the programs that it starts in it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _held() -> Generator[None]:
    """Let them wait for castoff alone: a program that is half started cannot be ended, and goes on without us."""
    if threading.current_thread() is not threading.main_thread():  # which alone is interrupted
        yield
        return
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _INTERRUPTS}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether a program ends within so many seconds."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    return process.returncode is not None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program, and wait until it has ended: by itself, where that takes but a moment; then gently, then at once.

    git takes its lock files away when it is ended gently, but for the one that it is just about to make.
    """
    if not _ended(process, 0.5):
        process.terminate()
        if not _ended(process, 5):
            process.kill()
            process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def run_visibly(argv: Sequence[str], cwd: Path, out: TextIO) -> int:
    """Run a program whose output goes straight to `out`, and return its exit code."""
    out.flush()
    command = [resolve(argv[0]), *argv[1:]]
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(None),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        check=False,
    ).returncode


class Started:
    """A program that runs beside others, with the descriptors `handed` to it; both its streams go to a file."""

    def __init__(
        self,
        argv: Sequence[str],
        cwd: Path,
        env: Mapping[str, str | None] | None = None,
        handed: Sequence[int] = (),
    ) -> None:
        self.argv = tuple(argv)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the program runs; stop() closes it
        self._began = time.monotonic()
        self._ended: float | None = None
        self._process = subprocess.Popen(
            [resolve(argv[0]), *argv[1:]],
            cwd=cwd,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            pass_fds=handed,
        )

    @property
    def seconds(self) -> float:
        """How long it ran, or has run so far."""
        return (self._ended or time.monotonic()) - self._began

    def code(self) -> int | None:
        """Return its exit code, or None while it runs."""
        code = self._process.poll()
        if code is not None and self._ended is None:
            self._ended = time.monotonic()
        return code

    def output(self) -> str:
        """Return what it has printed, secrets masked."""
        self._output.seek(0)
        return masked(self._output.read().decode("utf-8", "backslashreplace"))

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def stop(self) -> None:
        """End it, gently first, and wait until it has ended."""
        _end(self._process)
        self._output.close()


@contextmanager
def lines(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Generator[Streaming]:
    """Run a program whose output is read line by line while it runs; it is ended when the block is left.

    `env` is the whole environment of the program: nothing of the caller's is handed on.
    """
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the block
    command = [resolve(argv[0]), *argv[1:]]
    with (
        errors,
        subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        try:
            yield Streaming(process, errors)
        finally:
            _end(process)


class Streaming:
    """A running program."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        self.process = process
        self.errors = errors

    def __iter__(self) -> Iterator[str]:
        """Yield each line of its standard output as it comes."""
        for line in self.process.stdout or ():
            yield line.decode("utf-8", "backslashreplace")

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit code (below 0: the signal that ended it) and what it said of errors."""
        code = self.process.wait()
        self.errors.seek(0)
        return code, masked(self.errors.read().decode("utf-8", "backslashreplace"))


def end_group(leader: int) -> None:
    """End the processes of a group that this program has started, if there are any left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_marked(variable: str) -> None:
    """End the processes that were started with `variable` (NAME=value) in their environment, where Linux tells.

    A process that has left its session is found in no other way; GitHub's runner does the same. They have gone when
    this returns, unless the system takes more than seconds for that.
    """
    latest = time.monotonic() + _GONE
    while _kill_marked(variable.encode()) and time.monotonic() < latest:
        time.sleep(0.01)


def _kill_marked(variable: bytes) -> bool:
    """Kill each of them; return whether there was one, which may be dying already."""
    there = False
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if variable in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) != os.getpid():
                os.kill(int(entry.name), signal.SIGKILL)
                there = True
    return there


def environment(changes: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return the caller's environment with `changes` laid over it, but for what would lead git elsewhere."""
    here = str(Path(sys.executable).parent)  # what is installed beside castoff is found by the programs it starts, too
    path = os.pathsep.join([here, *(os.environ.get("PATH") or os.defpath).split(os.pathsep)])
    ours: dict[str, str | None] = {**os.environ, **dict.fromkeys(_ELSEWHERE)}
    merged = {**CERTIFICATES, **ours, "PATH": path, **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None}


def secrets() -> dict[str, None]:
    """Return the changes that take what looks like a secret out of an environment: for code that is on trial."""
    return dict.fromkeys(name for name in os.environ if _SECRET_NAME.search(name))


def resolve(program: str) -> str:
    """Return the path of a program: beside the running Python first, then on PATH. Raises CastoffError when missing."""
    found = find(program)
    if found is None:
        raise refuse(f"{program} is not installed, or not on PATH", f"pip install {program}")
    return found


def find(program: str) -> str | None:
    """Return the path of a program, or None: beside the running Python first, then on PATH."""
    if os.sep in program:
        return program
    return shutil.which(program, path=str(Path(sys.executable).parent)) or shutil.which(program)


def masked(text: str) -> str:
    """Return `text` without the values of secret-looking environment variables, and without passwords in URLs."""
    secrets = [
        value for name, value in os.environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    ]
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return _URL_PASSWORD.sub("***@", text)


def shown(argv: Sequence[str]) -> str:
    """Return an argument list as a person would type it, secrets masked."""
    import shlex

    name = Path(argv[0]).name if argv[0] == sys.executable else argv[0]
    return masked(shlex.join([name, *argv[1:]]))
