"""Asking, before anything is published, what the index and GitHub hold of the version that was tagged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from castoff.core import versions
from castoff.core.artifacts import Digest
from castoff.core.availability import Holdings, after_build, before_build, verdict
from castoff.core.errors import CastoffError, Problem
from castoff.core.published import Unknown
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.questions import Questions


class Question:
    """The question for the version of a tag: it is on its way from the moment that this is made."""

    def __init__(self, checkout: Checkout, tag: str) -> None:
        self._checkout = checkout
        self._tag = tag
        self._version = versions.parse_new(tag.removeprefix("v"))
        name, offline = required_name(checkout.project()), checkout.environment.offline
        self._asked = Questions(checkout, name, self._version, offline=offline)

    def before(self) -> tuple[Problem, ...]:
        """Return what stands against the release already now; say what cannot be known."""
        holdings = self._holdings()
        for what in holdings.unknown:
            self._checkout.console.warn(f"cannot know {what}")
        return before_build(holdings)

    def after(self, built: Sequence[Digest]) -> dict[str, object]:
        """Compare what was built with what is there, and return the answer; raises CastoffError when it is taken."""
        holdings = self._holdings()
        problems = after_build(holdings, built)
        if problems:
            raise CastoffError(*problems)
        said = verdict(holdings, built)
        self._checkout.console.say(f"  {said}")
        return {"verdict": said, "unknown": list(holdings.unknown)}

    def _holdings(self) -> Holdings:
        forge = self._asked.repository
        following = versions.tag_name(versions.next_patch(self._version)).removeprefix("v")
        return Holdings(
            version=self._version,
            tag=self._tag,
            files=self._asked.files.answer(),
            releases=self._asked.releases.answer(),
            forge=None if isinstance(forge, Unknown) else forge,
            following=self._checkout.command("release", following),
            now=datetime.now(UTC),
        )


def question(checkout: Checkout, tag: str | None) -> Question | None:
    """Return the question for a tag, on its way; None where there is no tag, or one that names no release."""
    try:
        return Question(checkout, tag) if tag else None
    except CastoffError:
        return None  # check-tag says what is wrong with it
