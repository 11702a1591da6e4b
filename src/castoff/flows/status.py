"""`status`: where a release stands, place by place; read only, and safe at any time."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from packaging.version import Version

from castoff.adapters.console import Console
from castoff.core import versions
from castoff.core.errors import CastoffError, Problem, UsageError, misuse
from castoff.core.observation import Observation
from castoff.core.row import Row, State, one_line
from castoff.core.standing import Standing, standing
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.observing import observe

_STYLES = {State.RIGHT: "good", State.CONTRADICTORY: "error", State.MISSING: None, State.UNKNOWN: "dim"}
_MANY = 12
"""How many rows of a kind are shown one by one when all of them are right."""
_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
"""Seconds between two looks: the first, and the longest, when nothing changes for a while."""
_PAUSE_WITHOUT_TOKEN = 180.0
"""Without a token GitHub answers sixty questions an hour, and a look asks up to three."""


def status(checkout: Checkout, wanted: str | None, *, watch: bool = False) -> None:
    """Say where the release of `wanted` (None: of the version in the places) stands.

    Raises CastoffError (exit code 1) when it has stopped, contradicts itself, or cannot be known.
    """
    version = versions.parse_new(wanted) if wanted else _version_here(checkout)
    seen, stands = _watched(checkout, version) if watch else _look(checkout, version)
    if not watch:
        _show(checkout.console, seen, stands)
    data = _as_data(seen, stands)
    if not stands.outcome.good:
        raise CastoffError(Problem(stands.sentence, fix=(stands.next,) if stands.next else ()), data=data)
    checkout.console.say(stands.sentence, "good")
    if stands.next:
        checkout.console.next(stands.next)
    checkout.console.result("status", data)


def _version_here(checkout: Checkout) -> Version:
    """Return the version in the places, as far as it can be released."""
    version = checkout.places().version
    try:
        versions.tag_name(version)
    except UsageError as error:
        raise misuse(f"{error}; which version?", checkout.command("status", "0.4.0")) from None
    return version


def _look(checkout: Checkout, version: Version) -> tuple[Observation, Standing]:
    seen = observe(checkout, version)
    return seen, standing(seen)


def _show(console: Console, seen: Observation, stands: Standing) -> None:
    console.say(f"{seen.name} {seen.version}", "strong")
    for style, line in table(stands.rows):
        console.say(line, style)


def table(rows: Sequence[Row]) -> list[tuple[str | None, str]]:
    """Return the rows as aligned lines, each with its style; many of a kind that are all right are one line."""
    shown = [(row.state, (row.state.value, row.place, row.name, row.said)) for row in _folded(rows)]
    cells = [(_STYLES[state], tuple(map(one_line, texts))) for state, texts in shown]
    widths = [max((len(texts[column]) for _, texts in cells), default=0) for column in range(3)]
    return [
        (style, "  " + "  ".join([*(text.ljust(width) for text, width in zip(texts, widths, strict=False)), texts[3]]))
        for style, texts in cells
    ]


def _folded(rows: Sequence[Row]) -> list[Row]:
    folded: list[Row] = []
    for place in dict.fromkeys(row.place for row in rows):
        kind = [row for row in rows if row.place == place]
        if len(kind) > _MANY and all(row.state is State.RIGHT for row in kind):
            kind = [Row(place, f"{len(kind)} of them", State.RIGHT, "each listed with --json")]
        folded += kind
    return folded


def _as_data(seen: Observation, stands: Standing) -> dict[str, object]:
    """Return everything for `--json`."""
    return {
        "name": seen.name,
        "version": str(seen.version),
        "tag": seen.tag,
        "outcome": stands.outcome.value,
        "sentence": stands.sentence,
        "next": stands.next or None,
        "rows": [_row_data(row) for row in stands.rows],
    }


def _row_data(row: Row) -> Mapping[str, object]:
    return {**asdict(row), "state": row.state.value, "fix": row.fix or None}


@dataclass
class _Watch:
    """What the live view shows, and what has been said of it already."""

    console: Console
    rows: Sequence[Row] = ()
    waits_for: str = "asking"
    said: dict[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])

    def lines(self) -> list[tuple[str | None, str]]:
        """Return the table as it is now, for the live view."""
        return [*table(self.rows), *([("dim", f"  {self.waits_for}")] if self.waits_for else [])]

    def take(self, stands: Standing, pause: float) -> bool:
        """Take in a new look, say what has changed where no live view shows it, and return whether anything has."""
        changed = [row for row in stands.rows if self.said.get((row.place, row.name)) != row]
        self.said = {(row.place, row.name): row for row in stands.rows}
        self.rows = stands.rows
        before, self.waits_for = self.waits_for, "" if stands.outcome.final else f"waiting: {stands.sentence}"
        if not self.console.live:
            for style, line in table(changed):
                self.console.say(line, style)
            if self.waits_for not in ("", before):
                self.console.say(f"  {self.waits_for}; looking again every {pause:.0f} s or so", "dim")
        return bool(changed)


def _watched(checkout: Checkout, version: Version) -> tuple[Observation, Standing]:
    """Look again and again until the release is done or has failed; a Ctrl-C ends it with what was seen last."""
    view = _Watch(checkout.console)
    least = _PAUSE if checkout.environment.github_token else _PAUSE_WITHOUT_TOKEN
    pause, last = least, None
    checkout.console.say(f"{required_name(checkout.project())} {version}", "strong")
    try:
        with checkout.console.watching(view.lines):
            while last is None or not last[1].outcome.final:
                if last is not None:
                    time.sleep(pause)
                last = _look(checkout, version)
                pause = least if view.take(last[1], pause) else min(pause * 1.5, max(least, _LONGEST_PAUSE))
    except KeyboardInterrupt:
        if last is None:
            raise
    assert last is not None  # noqa: S101 - the loop has run, or the interrupt has gone on
    return last
