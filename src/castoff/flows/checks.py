"""The checks of `[tool.castoff.checks]`, side by side: the slowest one decides how long they take, not their sum."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from castoff.adapters.console import Console
from castoff.adapters.process import Started, run_visibly, shown
from castoff.core.config import DEFAULT_CHECKS
from castoff.core.errors import CastoffError, Problem, misuse
from castoff.flows.checkout import Checkout

_TICK = 0.05
"""Seconds between two looks at what runs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended."""

    check: str
    argv: tuple[str, ...]
    code: int
    seconds: float
    output: str


def run_checks(checkout: Checkout) -> None:
    """Run all checks side by side, and show what they found."""
    outcomes = checks(checkout)
    data = [{"check": o.check, "argv": list(o.argv), "code": o.code, "seconds": round(o.seconds, 2)} for o in outcomes]
    checkout.console.result("check", {"checks": data})


def run_check(checkout: Checkout, name: str) -> None:
    """Run one check's commands, one after the other, all of them; what they print is shown as they print it."""
    codes = {argv: run_visibly(argv, checkout.root, checkout.console.prose) for _, argv in _commands(checkout, [name])}
    failed = [Problem(f"`{shown(argv)}` ended with exit code {code}") for argv, code in codes.items() if code != 0]
    if failed:
        raise CastoffError(*failed)
    checkout.console.result(name, {"commands": [list(argv) for argv in codes]})


def checks(checkout: Checkout) -> list[Outcome]:
    """Run all checks at the same time; raises CastoffError when one fails.

    What a failed check printed is shown whole, what a passing one printed is folded away.
    """
    console = checkout.console
    outcomes = _side_by_side(checkout, _commands(checkout))
    for outcome in outcomes:
        if outcome.code == 0:
            console.folded(f"{outcome.check}: {shown(outcome.argv)}", outcome.output)
    failed = [outcome for outcome in outcomes if outcome.code != 0]
    for outcome in failed:
        console.say(f"--- {shown(outcome.argv)} ---", "error")
        console.say(outcome.output.rstrip("\n"))
    rows = "\n".join(f"| {o.check} | `{shown(o.argv)}` | {_verdict(o)} | {o.seconds:.1f} s |" for o in outcomes)
    console.summary(f"| check | command | result | time |\n|---|---|---|---|\n{rows}\n")
    if failed:
        raise CastoffError(*(_failure(checkout, outcome) for outcome in failed))
    return outcomes


def _failure(checkout: Checkout, outcome: Outcome) -> Problem:
    """Return what failed and how it is run again: by the verb, which knows the environment that its program is in."""
    verb = outcome.check if outcome.check in DEFAULT_CHECKS else "check"
    what = f"{outcome.check} failed: `{shown(outcome.argv)}` ended with exit code {outcome.code}"
    return Problem(what, fix=(checkout.command(verb),))


def _commands(checkout: Checkout, names: Sequence[str] = ()) -> list[tuple[str, tuple[str, ...]]]:
    known = checkout.project().config.checks
    missing = [name for name in names if name not in known]
    if missing:
        raise misuse(f"there is no check called {missing[0]}; [tool.castoff.checks] has {', '.join(known)}")
    return [(name, command) for name in (names or tuple(known)) for command in known[name]]


def _side_by_side(checkout: Checkout, commands: Sequence[tuple[str, tuple[str, ...]]]) -> list[Outcome]:
    running: list[tuple[str, Started]] = []
    try:
        for name, argv in commands:
            running.append((name, Started(argv, checkout.root)))
        _watch(checkout.console, running)
        return [Outcome(name, one.argv, one.code() or 0, one.seconds, one.output()) for name, one in running]
    finally:
        for _, one in running:
            one.stop()


def _watch(console: Console, running: Sequence[tuple[str, Started]]) -> None:
    """Wait until all have ended: a live line each on a terminal, else a line for each that ends."""
    styles = {None: None, 0: "good"}
    waiting = list(running)
    with console.watching(lambda: [(styles.get(one.code(), "error"), _line(name, one)) for name, one in running]):
        while waiting:
            for name, one in [item for item in waiting if item[1].code() is not None]:
                waiting.remove((name, one))
                if not console.live:
                    console.say(_line(name, one))
            time.sleep(_TICK if waiting else 0)


def _line(name: str, one: Started) -> str:
    verdict = {None: "...", 0: "ok"}.get(one.code(), "FAILED")
    return f"  {verdict:<6}  {one.seconds:6.1f} s  {name:<12}  {shown(one.argv)}"


def _verdict(outcome: Outcome) -> str:
    return "ok" if outcome.code == 0 else "**failed**"
