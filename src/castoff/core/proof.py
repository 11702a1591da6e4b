"""Whether what the world serves of a release is what was built and signed: the verdicts, file by file.

Each file is looked at in six ways (`ASPECTS`). What cannot be known and what was not tried are verdicts of their own:
neither is ever taken for right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from castoff.core.errors import Problem
from castoff.core.row import State

ISSUER = "https://token.actions.githubusercontent.com"
"""Who says to Sigstore which workflow it is that signs: GitHub Actions."""

INDEX, RELEASE, SIGNED, PROVENANCE, REBUILT, IMPORTED = ASPECTS = (
    *("index", "release", "bundle", "provenance", "rebuilt", "imported"),
)
"""What is looked at of each file, in this order; the last two need what came before."""

_FEW = 3


class Verdict(StrEnum):
    """What came of looking, the worst first: the words of `status`, and one more."""

    CONTRADICTORY = State.CONTRADICTORY
    MISSING = State.MISSING
    UNKNOWN = State.UNKNOWN
    NOT_TRIED = "not tried"
    RIGHT = State.RIGHT


WRONG = (Verdict.CONTRADICTORY, Verdict.MISSING, Verdict.UNKNOWN)
"""The classes of problem, the worst first: with one of them the release is not proved."""


@dataclass(frozen=True, slots=True)
class Found:
    """A verdict, and what there is to say of it."""

    verdict: Verdict
    detail: str = ""


def right(detail: str = "") -> Found:
    """Return the verdict for what is as it must be."""
    return Found(Verdict.RIGHT, detail)


def missing(detail: str) -> Found:
    """Return the verdict for what is not there."""
    return Found(Verdict.MISSING, detail)


def contradictory(detail: str) -> Found:
    """Return the verdict for what is there and should be something else."""
    return Found(Verdict.CONTRADICTORY, detail)


def unknown(detail: str) -> Found:
    """Return the verdict for what could not be looked at."""
    return Found(Verdict.UNKNOWN, detail)


def not_tried(detail: str) -> Found:
    """Return the verdict for what there was no use in trying, though nothing is wrong with it."""
    return Found(Verdict.NOT_TRIED, detail)


def sound(found: Mapping[str, Found]) -> bool:
    """Whether nothing is wrong with a file so far: only then may code in it be run."""
    return all(one.verdict not in WRONG for one in found.values())


@dataclass(frozen=True, slots=True)
class FileProof:
    """What was found of a file, aspect by aspect."""

    name: str
    sha256: str | None
    """Hex, of what was downloaded; None when nothing was."""
    size: int | None
    found: Mapping[str, Found]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of a whole release."""

    project: str
    version: str
    commit: str | None
    """The commit that the tag comes to."""
    identity: str
    """The workflow that must have signed, as its certificates name it."""
    general: Mapping[str, Found]
    """What is true of all files together."""
    files: tuple[FileProof, ...]
    publishers: tuple[str, ...] = ()
    """Who published, as the index's provenance says."""
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst that was found: RIGHT when nothing is wrong."""
        there = {found.verdict for _, found, _ in self._everything()}
        return next((verdict for verdict in WRONG if verdict in there), Verdict.RIGHT)

    def _everything(self) -> list[tuple[str, Found, str | None]]:
        """Return (aspect, what was found, file or None) of all that was looked at."""
        whole = [(what, found, None) for what, found in self.general.items()]
        return [*whole, *((what, found, file.name) for file in self.files for what, found in file.found.items())]

    def told(self, verdicts: Sequence[Verdict]) -> list[tuple[Verdict, str, str, tuple[str, ...]]]:
        """Return (verdict, aspect, detail, files) of what has one of these verdicts, what is the same in one."""
        same: dict[tuple[Verdict, str, str], list[str]] = {}
        for what, found, file in self._everything():
            same.setdefault((found.verdict, what, found.detail), []).extend([file] if file else [])
        rows = [(*key, tuple(files)) for key, files in same.items() if key[0] in verdicts]
        return sorted(rows, key=lambda row: verdicts.index(row[0]))

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that is wrong, the worst class first."""
        return tuple(
            Problem(f"{verdict.value}: {_subject(what, files)}: {detail}")
            for verdict, what, detail, files in self.told(WRONG)
        )

    def rows(self) -> list[list[str]]:
        """Return the table: a line of titles, and one for each file."""
        cells = [[file.name, *(file.found[what].verdict.value for what in ASPECTS)] for file in self.files]
        return [["file", *ASPECTS], *cells]

    def as_data(self) -> dict[str, object]:
        """Return all of it, for `--json`."""
        return {
            "project": self.project,
            "version": self.version,
            "commit": self.commit,
            "identity": self.identity,
            "verdict": self.verdict.value,
            "publishers": list(self.publishers),
            "notes": list(self.notes),
            **{what: _data(found) for what, found in self.general.items()},
            "files": [
                {
                    "name": file.name,
                    "sha256": file.sha256,
                    "size": file.size,
                    "found": {what: _data(found) for what, found in file.found.items()},
                }
                for file in self.files
            ],
        }


def _data(found: Found) -> dict[str, str]:
    return {"verdict": found.verdict.value, "detail": found.detail}


def _subject(what: str, files: tuple[str, ...]) -> str:
    """Return what a problem is of: the aspect, and a few of its files by name."""
    more = f" and {len(files) - _FEW} more" if len(files) > _FEW else ""
    return f"{what} of {', '.join(files[:_FEW])}{more}" if files else what
