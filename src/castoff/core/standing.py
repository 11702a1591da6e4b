"""Where a release stands: the rows of what was seen, one sentence, and the one command to type next.

The rules are one table, tried from the top; the first that applies has the word. What contradicts comes first, then
what is under way, then what cannot be known, and only then what is there and what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from castoff.core import standing_words as words
from castoff.core.observation import Observation
from castoff.core.row import Row, one_line
from castoff.core.rows_git import git_rows
from castoff.core.rows_index import index_rows
from castoff.core.rows_release import release_rows
from castoff.core.rows_run import run_rows
from castoff.core.standing_case import Case


class Outcome(StrEnum):
    """How a release stands, for scripts."""

    RELEASED = "released"
    UNDER_WAY = "under way"
    """Something goes on by itself."""
    WAITING = "waiting"
    """A person has the next word."""
    STOPPED = "stopped"
    CONTRADICTORY = "contradictory"
    UNKNOWN = "unknown"

    @property
    def good(self) -> bool:
        """Whether nothing is wrong, and nothing that matters is hidden: exit code 0."""
        return self in (Outcome.RELEASED, Outcome.UNDER_WAY, Outcome.WAITING)

    @property
    def final(self) -> bool:
        """Whether nothing changes any more until a person mends something."""
        return self in (Outcome.RELEASED, Outcome.STOPPED, Outcome.CONTRADICTORY)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a release stands."""

    rows: tuple[Row, ...]
    outcome: Outcome
    sentence: str
    next: str
    """The command to type, or the page to open; empty when nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When it applies, what that means, what is said of it, and what comes next."""

    applies: Callable[[Case], bool]
    outcome: Outcome
    sentence: Callable[[Case], str]
    next: Callable[[Case], str]


def standing(seen: Observation) -> Standing:
    """Return where a release stands, judged from what was seen and from nothing else."""
    rows = rows_of(seen)
    case = Case(seen, rows)
    rule = next(rule for rule in RULES if rule.applies(case))
    sentence = one_line(f"{seen.name} {seen.version} {rule.sentence(case)}")
    return Standing(rows, rule.outcome, sentence, one_line(rule.next(case)))


def rows_of(seen: Observation) -> tuple[Row, ...]:
    """Return a row for each thing that can be seen of a release."""
    return (*git_rows(seen), *run_rows(seen), *index_rows(seen), *release_rows(seen))


def _said(text: str) -> Callable[[Case], str]:
    return lambda _case: text


RULES: tuple[Rule, ...] = (
    # what no further step puts right
    Rule(lambda case: case.contradicts, Outcome.CONTRADICTORY, words.contradicts, words.fix),
    # what goes on
    Rule(
        lambda case: case.waits_for_approval,
        Outcome.WAITING,
        _said("waits in the workflow for somebody to approve it"),
        words.approve,
    ),
    Rule(lambda case: case.runs, Outcome.UNDER_WAY, words.runs, words.ask_again),
    # what cannot be known
    Rule(lambda case: bool(case.blind), Outcome.UNKNOWN, words.unseen, words.see_more),
    # the tag is pushed, and something is published
    Rule(lambda case: case.is_released, Outcome.RELEASED, words.released, words.see_newer),
    Rule(
        lambda case: case.just_published,
        Outcome.UNDER_WAY,
        _said("was published a moment ago; the index may lag 10 minutes"),
        words.ask_again,
    ),
    Rule(
        lambda case: case.too_late,
        Outcome.STOPPED,
        _said("lacks files on the index, and can never be completed: it takes new ones for 14 days, which have passed"),
        words.release_next,
    ),
    Rule(
        lambda case: case.is_finished_draft,
        Outcome.STOPPED,
        _said("is a draft on GitHub that has every file, and was not published"),
        words.publish_draft,
    ),
    Rule(
        lambda case: case.too_old_to_run_again and bool(case.seen.known_files),
        Outcome.STOPPED,
        words.too_old,
        words.verify,
    ),
    Rule(lambda case: case.stopped_half_way, Outcome.STOPPED, words.stopped_half_way, words.run_again),
    # the tag is pushed, and nothing is published
    Rule(
        lambda case: case.stopped_by_sources or (case.stopped and case.too_old_to_run_again),
        Outcome.STOPPED,
        words.stopped,
        words.undo,
    ),
    Rule(lambda case: case.stopped, Outcome.STOPPED, words.stopped, words.run_again),
    Rule(
        lambda case: case.has_run or (case.tagged and bool(case.seen.known_files)),
        Outcome.STOPPED,
        words.in_pieces,
        words.run_again,
    ),
    Rule(
        lambda case: case.awaits_run,
        Outcome.UNDER_WAY,
        _said("is tagged; its workflow does not show yet"),
        words.ask_again,
    ),
    Rule(
        lambda case: case.tagged,
        Outcome.STOPPED,
        _said("is tagged, and no workflow has started: its filter does not fit the tag, or a workflow pushed it"),
        words.undo,
    ),
    # there is no tag yet
    Rule(lambda case: case.is_on_main, Outcome.WAITING, _said("is on main, and not tagged yet"), words.release),
    Rule(
        lambda case: case.in_review,
        Outcome.WAITING,
        _said("is proposed on its branch, and waits for the pull request to be merged"),
        words.merge,
    ),
    Rule(
        lambda case: case.is_passed_by,
        Outcome.STOPPED,
        _said("was never released, and main has gone past it"),
        words.release_main,
    ),
    Rule(lambda _case: True, Outcome.WAITING, _said("is free: nothing of it is anywhere yet"), words.release),
)
"""Tried from the top; the last applies always."""
