"""A row of what was seen of a release: one thing, and whether it is as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class State(StrEnum):
    """How a thing stands. What no further step of the release puts right is contradictory, never just missing."""

    RIGHT = "right"
    MISSING = "missing"
    """Not there: not yet, or not any more."""
    CONTRADICTORY = "contradictory"
    UNKNOWN = "cannot know"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked for."""

    place: str
    """Where it was looked for: `main`, `tag on origin`, `index`, `asset`."""
    name: str
    """What it is called there; empty where the place says it all."""
    state: State
    said: str
    """What is there, or why that cannot be known."""
    fix: str = ""
    """The command that leads on from something contradictory."""


def short(commit: str) -> str:
    """Return the first digits of a commit, or of a digest: enough to tell it from others."""
    return commit[:10]


def moment(when: datetime | None) -> str:
    """Return a time in UTC, to the minute."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if when else "at an unknown time"


def size(count: int | None) -> str:
    """Return a number of bytes in the largest fitting unit."""
    if count is None:
        return "of unknown size"
    amount, units = float(count), ["bytes", "KiB", "MiB", "GiB"]
    while amount >= 1024 and len(units) > 1:  # noqa: PLR2004 - a unit's worth
        amount, units = amount / 1024, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "bytes" else f"{amount:.1f} {units[0]}"


def days(count: int) -> str:
    """Return a number of days with its unit."""
    return f"{count} day" if count == 1 else f"{count} days"


def one_line(text: str) -> str:
    """Return text from outside in one line: a name with a line end in it must not pass for a row of its own."""
    return " ".join(text.split())
