"""What waits on the network, cut off at its deadline: one thread watches over all that is waited for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress


class Deadlines:
    """Deadlines of what goes on in several threads.

    A `threading.Timer` for each would be a thread for each: to start and to stop that takes longer than most answers.
    """

    def __init__(self) -> None:
        self._due: dict[object, tuple[float, Callable[[], object]]] = {}
        self._changed = threading.Condition()
        self._looks_at = -math.inf
        """When the thread looks next, on the clock of `time.monotonic`; at no time before it is started."""

    @contextmanager
    def cut_off(self, cut: Callable[[], object], deadline: float) -> Generator[None]:
        """Call `cut`, from another thread, when the block is not left by the deadline; never after it is left.

        `deadline` is on the clock of `time.monotonic`, in seconds.
        """
        key = object()
        with self._changed:
            self._due[key] = deadline, cut
            if self._looks_at == -math.inf:
                threading.Thread(target=self._watch, daemon=True).start()
                self._looks_at = deadline
            elif deadline < self._looks_at:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(key, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for key in [key for key, (deadline, _) in self._due.items() if deadline <= now]:
                    with suppress(OSError, ValueError, AttributeError):  # it is closed already, or just about to be
                        self._due.pop(key)[1]()
                self._looks_at = min((deadline for deadline, _ in self._due.values()), default=math.inf)
                self._changed.wait(min(self._looks_at - now, threading.TIMEOUT_MAX))
