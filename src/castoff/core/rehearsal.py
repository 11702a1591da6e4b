"""What a rehearsal found: every job and step, what the index and the release hold, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from castoff.core.proof import Found, Verdict

DIED = "the runner died"
"""The error of a step in which the runner was lost, so that it never told how it ended."""


class Outcome(StrEnum):
    """How a job or a step ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"
    """It never began, because something before it failed."""
    KEPT = "kept"
    """It had succeeded in the run that this one resumes, and was not run again."""


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step of a job."""

    name: str
    outcome: Outcome
    start: float
    """Seconds after the tag was pushed."""
    seconds: float
    error: str = ""
    """The first error that it announced, in one line."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job of the workflow, in the order in which the jobs ran."""

    id: str
    name: str
    outcome: Outcome
    start: float
    """Seconds after the tag was pushed."""
    seconds: float
    steps: tuple[StepRun, ...]


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file on the index, or an asset of the release."""

    name: str
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class HeldRelease:
    """A release on the forge."""

    tag: str
    body: str
    draft: bool
    prerelease: bool
    immutable: bool
    assets: tuple[HeldFile, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at afterwards, as a user of the release would."""

    what: str
    right: bool
    detail: str = ""


def provenance_finding(found: Mapping[str, Found | None], publishers: Iterable[str]) -> Finding:
    """Return what is to be said of the provenance of the index's files (PEP 740), by their names; None: it has none.

    A workflow may do without attestations: `check-workflow` has a word about that. For one file and not for another
    there is no reason.
    """
    what = "the provenance of each file verifies"
    told = {name: one for name, one in found.items() if one is not None}
    wrong = [f"{name} has none" for name in found if name not in told]
    wrong += [f"{name}: {one.detail}" for name, one in told.items() if one.verdict is not Verdict.RIGHT]
    if not told:
        return Finding(what, right=True, detail="none: this workflow makes none")
    return Finding(what, right=not wrong, detail="; ".join(wrong or dict.fromkeys(publishers)))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal from beginning to end."""

    project: str
    version: str
    tag: str
    commit: str
    fault: str | None
    """The fault that was asked for, or None."""
    phases: tuple[tuple[str, float], ...]
    """Where the time went outside of the jobs: what was done, and seconds."""
    jobs: tuple[JobRun, ...]
    index: tuple[HeldFile, ...]
    releases: tuple[HeldRelease, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    """What a person should know of the difference to GitHub: an interpreter of another version, a dirty tree."""
    stopped: str | None
    """What stopped the release, in one sentence; None when it was released."""
    way_out: tuple[str, ...]
    """What the maintainer would do in earnest: a sentence, then its commands; empty where nothing is to be done."""

    @property
    def released(self) -> bool:
        """Whether every job succeeded, and everything that was looked at afterwards is right."""
        return self.stopped is None and all(finding.right for finding in self.findings)

    @property
    def verdict(self) -> str:
        """The sentence for which the rehearsal was made."""
        if self.stopped is not None:
            far = "finished releasing" if self.index else "released"
            return f"this tag would not have {far} {self.version}: {self.stopped}"
        wrong = [finding.what for finding in self.findings if not finding.right]
        if wrong:
            return f"this tag would have released {self.version}, but not as it should be: {'; '.join(wrong)}"
        return f"this tag would have released {self.version}"

    def as_data(self) -> dict[str, object]:
        """Return everything for `--json`."""
        return {**asdict(self), "released": self.released, "verdict": self.verdict}
