"""Signatures verified in a process of its own: by a second core, and with what strangers wrote at arm's length.

What is verified was made by whoever wanted to be believed: where it keeps the libraries busy for ever, or kills them,
that process ends, and the verdict is "unknown". It is this very Python, with this file as its program.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from castoff.adapters.process import Started, undisturbed
from castoff.adapters.signatures import Signatures, Signer
from castoff.core.errors import UsageError
from castoff.core.proof import Found, unknown
from castoff.core.published import Unknown

START = 120.0
"""Seconds that may pass until the libraries are there, with the root of trust of the public instance."""
LONGEST = 30.0
"""Seconds that one verification may take; it takes a few thousandths of one."""
_GARBAGE = 50_000
"""After how many new objects that process looks for garbage: Python's 700 cost it time in which it only imports."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class SignaturesApart:
    """`Signatures`, from another process; safe to use from several threads.

    It begins to start at once; whoever asks first waits for it.
    """

    def __init__(self, trust_config: Path | None, longest: float = LONGEST) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._broken: Unknown | None = None
        self._ready = False
        self._here, there = Pipe()
        trusted = [str(trust_config)] if trust_config else []
        # -P: nothing is imported from the folder that it happens to be started in
        argv = [sys.executable, "-P", "-m", __name__, str(there.fileno()), *trusted]
        with undisturbed():  # Python itself would answer Ctrl-C with a traceback until `_serve` is reached
            self._process = Started(argv, Path(), handed=(there.fileno(),))
        there.close()

    def bundle(self, signer: Signer, sha256: str, bundle: bytes) -> Found:
        """As `Signatures.bundle`; raises UsageError when the trust configuration cannot be read."""
        answer = self._ask(Signatures.bundle, signer, sha256, bundle)
        return unknown(answer.reason) if isinstance(answer, Unknown) else answer

    def provenance(self, signer: Signer, name: str, sha256: str, provenance: bytes) -> tuple[Found, str]:
        """As `Signatures.provenance`; raises UsageError when the trust configuration cannot be read."""
        answer = self._ask(Signatures.provenance, signer, name, sha256, provenance)
        return (unknown(answer.reason), "") if isinstance(answer, Unknown) else answer

    def stop(self) -> None:
        """End the process at once: whoever still waits for an answer gets Unknown."""
        self._process.kill()

    def close(self) -> None:
        """End the process, when nobody asks any more."""
        self._process.kill()
        self._process.stop()
        self._here.close()

    def _ask(
        self, method: Callable[Concatenate[Signatures, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T | Unknown:
        """Return what the other process answers when it calls a method of its `Signatures`, or Unknown."""
        with self._lock:
            if not self._ready:
                self._begin()
            return self._broken or cast("_T | Unknown", self._said(self._longest, (method, args, kwargs)))

    def _begin(self) -> None:
        """Wait for its first word: whether it can verify at all."""
        first = self._said(START)
        if isinstance(first, UsageError):
            raise first
        self._broken = first if isinstance(first, Unknown) else None
        self._ready = True

    def _said(self, seconds: float, question: object = None) -> object:
        """Return the answer to a question, or what it says unasked; where none comes, Unknown now and ever after."""
        try:
            if question:
                self._here.send(question)
            if self._here.poll(seconds):
                return self._here.recv()
            self._broken = Unknown(f"the verification did not end within {seconds:.0f} s")
        except (OSError, EOFError):
            self._broken = Unknown("the verification broke off")
        self._process.kill()
        return self._broken


def _serve(there: Connection, trust_config: Path | None) -> None:
    """Be the other process: answer questions until nobody is there to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both, and the other one ends this
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    gc.set_threshold(_GARBAGE)
    with suppress(OSError, EOFError):  # nobody is there any more
        made = _load(trust_config)
        there.send(None if isinstance(made, Signatures) else made)
        while isinstance(made, Signatures):
            method, args, kwargs = there.recv()
            there.send(method(made, *args, **kwargs))


def _load(trust_config: Path | None) -> Signatures | Unknown | UsageError:
    """Return what verifies, or why there is none."""
    try:
        return Signatures.load(trust_config)
    except UsageError as error:
        return error


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), Path(sys.argv[2]) if sys.argv[2:] else None)
