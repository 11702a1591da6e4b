"""What was found when a workflow was looked at: each finding with its rule, its place, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from castoff.core.errors import Location, Problem


class Verdict(StrEnum):
    """How a finding is to be taken."""

    WRONG = "wrong"
    UNKNOWN = "cannot know"
    """It could not be looked at, with the reason: never the same as fine."""
    NOTE = "note"
    """Nothing is wrong, and a person may want to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    what: str
    where: Location | None = None
    instead: tuple[str, ...] = ()
    """What to write in its place, line by line."""
    fix: tuple[str, ...] = ()
    """The commands to type."""
    verdict: Verdict = Verdict.WRONG
    rule: str = ""
    """The name of the rule, or the program that found it and what it calls it: `zizmor/self-hosted-runner`."""

    @property
    def problem(self) -> Problem:
        """The finding as an error tells it."""
        return Problem(f"{self.what} [{self.rule}]", self.where, self.fix, self.instead)

    def as_data(self) -> dict[str, object]:
        """Return the finding for `--json`."""
        return {
            "rule": self.rule,
            "verdict": self.verdict.value,
            "what": self.what,
            "file": self.where and self.where.file,
            "line": self.where and self.where.line,
            "write": list(self.instead),
            "type": list(self.fix),
        }


@dataclass(frozen=True, slots=True)
class Looked:
    """Who looked: one group of rules, or one program."""

    who: str
    at: str
    """What it looks at, in a few words."""
    unknown: str = ""
    """Why it could not look; empty when it did."""
    fix: tuple[str, ...] = ()
    """The command after which it can."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found in a workflow file."""

    file: str
    looked: tuple[Looked, ...]
    findings: tuple[Finding, ...]
    """In the order of the file."""

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The findings for which something has to be changed."""
        return self._of(Verdict.WRONG)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """What could not be known; who could not look at all stands in `looked`."""
        return self._of(Verdict.UNKNOWN)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What a person may want to know."""
        return self._of(Verdict.NOTE)

    @property
    def problems(self) -> list[Problem]:
        """The wrong ones, as errors tell them."""
        return [finding.problem for finding in self.wrong]

    def as_data(self) -> dict[str, object]:
        """Return everything for `--json`."""
        looked = [{"who": one.who, "at": one.at, "cannot_know": one.unknown or None} for one in self.looked]
        findings = [finding.as_data() for finding in self.findings]
        return {"file": self.file, "wrong": len(self.wrong), "looked": looked, "findings": findings}

    def _of(self, verdict: Verdict) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.verdict is verdict)


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order of the file, those without a line first; of two alike only the first."""
    ordered = sorted(dict.fromkeys(findings), key=lambda one: (one.where and one.where.line) or 0)
    return tuple(ordered)
