"""A version that is on the index: it can be used for nothing else, and there are three ways on.

PyPI's rules: a file name that was taken is never free again, also when the file is deleted; the same bytes may be sent
again; a release takes new files for 14 days after its first one (warehouse, `forklift/legacy.py`); what is yanked
stays (PEP 592).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from packaging.version import Version

from castoff.core import versions
from castoff.core.errors import CastoffError, Problem
from castoff.core.forge import Repository
from castoff.core.published import OPEN_FOR, PublishedFile, WorkflowRun
from castoff.core.release import WORKFLOW


@dataclass(frozen=True, slots=True)
class Way:
    """A way on: what it is called, when it is right, and what to type or to open."""

    what: str
    when: str
    how: tuple[str, ...]


class SpentError(CastoffError):
    """The version is on the index, and what was asked for cannot be done; `ways` lead on."""

    def __init__(self, problem: Problem, ways: tuple[Way, ...]) -> None:
        super().__init__(problem, data={"ways": [asdict(way) for way in ways]})
        self.ways = ways


@dataclass(frozen=True, slots=True)
class Spent:
    """What is known of a version that is on the index."""

    version: Version
    files: Sequence[PublishedFile]
    run: WorkflowRun | None
    """The newest run of the workflow for its tag, as far as it is known."""
    forge: Repository | None
    manage_page: str
    following: str
    """The command that releases the next version."""
    now: datetime
    stranger: str = ""
    """A file that the workflow cannot have uploaded, and why; empty when none is known."""

    @property
    def first(self) -> datetime | None:
        """When the first file came."""
        return min((file.uploaded for file in self.files if file.uploaded), default=None)

    @property
    def left(self) -> timedelta | None:
        """How long it still takes new files; below zero when that is over, None when it cannot be known."""
        return self.first + OPEN_FOR - self.now if self.first else None

    @property
    def may_complete(self) -> bool:
        """Whether something may be missing, and could still be added."""
        done = self.run is not None and self.run.conclusion == "success"
        return not done and not self.stranger and (self.left is None or self.left > timedelta(0))


def spent(facts: Spent) -> SpentError:
    """Return the error that says so, with the ways on and the likeliest of them to type."""
    names = [file.name for file in facts.files]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    since = f" since {facts.first:%Y-%m-%d %H:%M} UTC" if facts.first else ""
    what = f"{facts.version} is spent: the index has {names[0]}{more}{since}; nothing is taken back"
    stranger = Way("complete it", f"not by its workflow: {facts.stranger}", ())
    complete = stranger if facts.stranger else _complete(facts)
    fix = complete.how[:1] if facts.may_complete else (facts.following,)
    return SpentError(Problem(what, fix=fix), (complete, _yank(facts), _following(facts)))


def _complete(facts: Spent) -> Way:
    if facts.run is not None and facts.run.conclusion == "success":
        return Way("complete it", "its workflow has succeeded: nothing is missing", ())
    if facts.left is not None and facts.left <= timedelta(0):
        return Way("complete it", f"too late: a release takes new files for {OPEN_FOR.days} days", ())
    when = _time_left(facts)
    if facts.forge is None:
        return Way("complete it", when, ("re-run the failed jobs of its workflow",))
    if facts.run is None:
        return Way("complete it", when, (f"re-run the failed jobs on {facts.forge.workflow(WORKFLOW)}",))
    if facts.run.status != "completed":
        return Way("complete it", f"its workflow still runs; {when}", (f"wait for {facts.run.url}",))
    typed = f"gh run rerun {facts.run.id} --failed --repo {facts.forge.full_name}"
    return Way("complete it", when, (typed, f"or re-run the failed jobs on {facts.run.url}"))


def _time_left(facts: Spent) -> str:
    if facts.left is None or facts.first is None:
        return f"within {OPEN_FOR.days} days of its first file, the time of which cannot be known"
    days, hours = facts.left.days, facts.left.seconds // 3600
    left = f"{days} day{'' if days == 1 else 's'}" if days else f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{left} left, until {facts.first + OPEN_FOR:%Y-%m-%d %H:%M} UTC"


def _yank(facts: Spent) -> Way:
    following = versions.next_patch(facts.version)
    reason = f"Released by mistake; use {following} or later."
    when = "it should not be installed; whoever asks for exactly this version still gets it"
    return Way("yank it", when, (f"open {facts.manage_page}", f'Options, Yank; the reason: "{reason}"'))


def _following(facts: Spent) -> Way:
    return Way("release the next", "it is complete, or past mending", (facts.following,))
