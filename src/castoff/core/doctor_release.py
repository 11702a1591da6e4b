"""The doctor's questions about releases: whether the workflow says what it must, and how the last one ended."""

from __future__ import annotations

from castoff.core.diagnosis import Facts, Finding, right, short, unknown, wrong
from castoff.core.findings import Report
from castoff.core.published import Unknown
from castoff.core.standing import Outcome
from castoff.core.workflow_rules import RULES

_CHECK = "castoff check-workflow"
_PROTECTS = frozenset(rule.name for rule in RULES if rule.group == "hardening") - {"rights", "history"}
"""Rules whose breach stops no release: it only goes out less protected."""


def workflow(facts: Facts) -> Finding:
    """Judge the release workflow by castoff's own rules: the summary of `check-workflow`, without its linters."""
    report = facts.workflow
    if report is None:
        return wrong("there is no .github/workflows/release.yml", "castoff init --dry-run")
    if report.wrong:
        return _summary(report)
    if report.unknown:
        first = report.unknown[0]
        return unknown(f"{first.where}: {first.what}" if first.where else first.what, _CHECK)
    return right(f"{report.file} is right by castoff's rules; `{_CHECK}` asks two linters, too")


def _summary(report: Report) -> Finding:
    stopping = [finding for finding in report.wrong if finding.rule not in _PROTECTS]
    first = (stopping or report.wrong)[0]
    said = short(first.what)
    more = f" (and {len(report.wrong) - 1} more)" if len(report.wrong) > 1 else ""
    return wrong(f"{first.where}: {said}{more}" if first.where else said + more, _CHECK, stops=bool(stopping))


def last(facts: Facts) -> Finding:
    """Judge how the newest release that is tagged on the remote has ended, as `status` does."""
    stands = facts.last_release
    if isinstance(stands, Unknown):
        return unknown(stands)
    if stands is None:
        return right(f"{facts.remote} has no release yet")
    step = (stands.next,) if stands.next else ()
    if stands.outcome is Outcome.UNKNOWN:
        return unknown(stands.sentence, *step)
    return right(stands.sentence, *step) if stands.outcome.good else wrong(stands.sentence, *step, stops=False)
