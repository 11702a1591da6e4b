"""Several questions at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Asked(Generic[_T]):
    """A question that is answered in a thread of its own, from now on.

    The thread is a daemon: whoever is interrupted while it waits for an answer need not wait for it to end.
    """

    def __init__(self, ask: Callable[[], _T]) -> None:
        self._ask = ask
        self._answers: list[_T] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answers.append(self._ask())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            self._errors.append(error)

    def answer(self) -> _T:
        """Wait, and return the answer, or raise what was raised."""
        self._thread.join()
        for error in self._errors:
            raise error
        return self._answers[0]
