"""The flow of `doctor`: one screen that says whether a release would work today. It reads only."""

from __future__ import annotations

from castoff.adapters.console import Console
from castoff.core.diagnosis import Finding, State
from castoff.core.doctor import Check, examine, verdict
from castoff.core.doctor_index import PublisherForm, form
from castoff.core.errors import CastoffError, Problem
from castoff.flows.checkout import Checkout
from castoff.flows.doctor_asking import ask

_MARKS = {State.RIGHT: "ok", State.WRONG: "WRONG", State.UNKNOWN: "?"}
_STYLES = {State.RIGHT: None, State.WRONG: "error", State.UNKNOWN: "dim"}
_WEAK = "weak"
"""The mark of what is wrong, and would stop no release."""

Examined = tuple[tuple[Check, Finding], ...]


def doctor(checkout: Checkout, *, direct: bool, offline: bool) -> None:
    """Look at the set-up of the project's releases, and say of each line whether it is right.

    Raises CastoffError when one would stop a release; what cannot be known would not, nor would less protection.
    """
    facts = ask(checkout, direct=direct, offline=offline)
    found, filled = examine(facts), form(facts)
    console = checkout.console
    console.say(f"would a release of {facts.name} work today?", "strong")
    width = max(len(check.name) for check, _ in found)
    for check, finding in found:
        _say(console, check.name.ljust(width), finding)
    publisher = next(finding for check, finding in found if check.name == "publisher")
    if filled is not None and publisher.state is not State.RIGHT:
        _say_form(console, filled)
    data = _data(found, filled)
    stopping = [finding for _, finding in found if finding.state is State.WRONG and finding.stops]
    if stopping:
        raise CastoffError(Problem(verdict(found), fix=stopping[0].fix), data=data)
    console.say(f"\n{verdict(found)}", "good")
    console.result("doctor", data)


def _say(console: Console, name: str, finding: Finding) -> None:
    console.say(f"  {_mark(finding):<5}  {name}  {finding.detail}", _STYLES[finding.state])
    for line in finding.fix:
        console.say(f"         {' ' * len(name)}  -> {line}", "dim")


def _mark(finding: Finding) -> str:
    return _WEAK if finding.state is State.WRONG and not finding.stops else _MARKS[finding.state]


def _say_form(console: Console, filled: PublisherForm) -> None:
    console.say("\nwhat PyPI must be told: Publishing, GitHub", "strong")
    rows = [["owner", filled.owner], ["repository name", filled.repository]]
    rows += [["workflow name", filled.workflow], ["environment name", filled.environment]]
    rows += [["page", filled.page]] if filled.page else []
    console.rows([["PyPI project name", filled.project], *rows] if filled.pending else rows)


def _data(found: Examined, filled: PublisherForm | None) -> dict[str, object]:
    checks = [
        {
            "name": check.name,
            "question": check.question,
            "state": finding.state.value,
            "stops_a_release": finding.state is State.WRONG and finding.stops,
            "detail": finding.detail,
            "do": list(finding.fix),
        }
        for check, finding in found
    ]
    return {"verdict": verdict(found), "checks": checks, "publisher": _form_data(filled)}


def _form_data(filled: PublisherForm | None) -> dict[str, object] | None:
    if filled is None:
        return None
    return {
        "project": filled.project,
        "owner": filled.owner,
        "repository": filled.repository,
        "workflow": filled.workflow,
        "environment": filled.environment,
        "pending": filled.pending,
        "page": filled.page,
    }
