"""Cases that are timed in turn, and what is told of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ground import Ground, aligned

SLOW = 8.0
"""Seconds of its warm-up from which a case is timed in every fourth turn only, so that a run has an end."""
ONCE = 60.0
"""Seconds of it from which it is not timed again: the warm-up itself is what is told."""


class Taken(NamedTuple):
    """What one run took, in seconds; `cpu` is its own and that of all processes it has waited for."""

    wall: float
    cpu: float


Times = dict[str, list[Taken]]


@dataclass(frozen=True, slots=True)
class Case:
    """Processes that are timed one after the other: what is done before them, and what must be true after them."""

    steps: tuple[tuple[str, tuple[str, ...]], ...]
    cwd: Path
    before: Callable[[], None] = lambda: None
    holds: Callable[[], bool] = lambda: True
    total: str | None = None
    """What the steps together are called, where there are several."""


def measure(ground: Ground, todo: Sequence[Case], runs: int) -> Times:
    """Return every run: one of each case in turn; the first turn is a warm-up, and counted of the very slow only."""
    times: Times = {label: [] for case in todo for label in _labels(case)}
    slow: set[int] = set()
    over: set[int] = set()
    for turn in range(runs + 1):
        for number, case in enumerate(todo):
            if number in over or (number in slow and turn % 4 != 1):
                continue
            case.before()
            took = [Taken(*ground.time(argv, case.cwd)) for _, argv in case.steps]
            if not case.holds():
                raise SystemExit(f"this did not do what it is there for: {case.steps[-1][1]}")
            if turn == 0:
                warm_up = sum(one.wall for one in took)
                slow |= {number} if warm_up > SLOW else set()
                over |= {number} if warm_up > ONCE else set()
                if number not in over:
                    continue
            for (label, _), one in zip(case.steps, took, strict=True):
                times[label].append(one)
            if case.total:
                times[case.total].append(Taken(sum(one.wall for one in took), sum(one.cpu for one in took)))
    return times


def _labels(case: Case) -> list[str]:
    """Return what its figures are called, in the order in which they are told."""
    return [*(label for label, _ in case.steps), *([case.total] if case.total else [])]


def wall(times: Sequence[Taken]) -> float:
    """Return the median of the wall times: what counts."""
    return statistics.median(one.wall for one in times)


def cpu(times: Sequence[Taken]) -> float:
    """Return the median of the processor's times, which other work on the machine disturbs less."""
    return statistics.median(one.cpu for one in times)


def fastest(times: Sequence[Taken]) -> float:
    """Return the least of the wall times: what a machine with nothing else to do comes closest to."""
    return min(one.wall for one in times)


def table(times: Mapping[str, Sequence[Taken]], beside: str) -> str:
    """Return the times as an aligned Markdown table, in milliseconds, and as multiples of the case `beside`."""
    rows: list[tuple[str, ...]] = [("", "fastest ms", "median ms", "CPU ms", f"x {beside}", "x by CPU")]
    floor = times[beside]
    for label, taken in times.items():
        numbers = [f"{1000 * of(taken):.0f}" for of in (fastest, wall, cpu)]
        rows.append((label, *numbers, *(f"{of(taken) / of(floor):.2f}" for of in (wall, cpu))))
    return aligned(rows)
