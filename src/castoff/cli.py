"""The `castoff` script."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader

_LATER = "invoke.vendor.yaml"
"""What invoke reads configuration of its own with. It takes a fifth of invoke's start, and few have such a file."""


class _YamlLater:
    """Lets that module be loaded when it is first used, not when it is imported (`importlib.util.LazyLoader`)."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name == _LATER else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def main() -> None:
    """Run the script."""
    sys.meta_path.insert(0, _YamlLater)
    from castoff.program import program

    program.run()
