"""How the commands are written that a person is told to type."""

from __future__ import annotations


def command(verb: str, version: str | None = None, *, make: bool) -> str:
    """Return how a verb is typed: the make target where there is a Makefile, else castoff itself."""
    if make:
        return f"make {verb}" + (f" VERSION={version}" if version else "")
    return f"castoff {verb}" + (f" --version {version}" if version else "")
