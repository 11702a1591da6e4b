"""The `castoff` script."""

from __future__ import annotations

import atexit
import gc
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader

_LATER = frozenset({"invoke.vendor.yaml", "soupsieve"})
"""What invoke reads configuration of its own with, and what pypi-simple's HTML parser has for CSS: both take much of
their importers' time; few have such a file, and nobody here asks for CSS."""
_GARBAGE = 50_000
"""After how many new objects Python looks for garbage: its own 700 cost time while it imports, and find none."""


class _Later:
    """Lets these modules be loaded when they are used, not when they are imported (`importlib.util.LazyLoader`)."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name in _LATER else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def main() -> None:
    """Run the script."""
    gc.set_threshold(_GARBAGE)
    atexit.register(gc.freeze)  # what is left goes with the process: nobody need look through it for garbage
    sys.meta_path.insert(0, _Later)
    with _ended_by_ctrl_c():
        from castoff.program import program

    program.run()


@contextmanager
def _ended_by_ctrl_c() -> Generator[None]:
    """Let Ctrl-C end Python without a word, as long as nothing was done yet: there would be a traceback of imports."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
