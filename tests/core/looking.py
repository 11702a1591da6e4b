"""What the tests of the rules look with: a workflow's text in, what is found in it out."""

from __future__ import annotations

from functools import cache

from castoff.core.findings import Finding, Verdict
from castoff.core.names import Names
from castoff.core.pipeline import STAGES, VERBS, WORKFLOW
from castoff.core.workflow import Workflow
from castoff.core.workflow_reading import workflow_of
from castoff.core.workflow_rules import look
from castoff.core.workflow_subject import Around, Subject, subject_of
from castoff.core.workflow_yaml import Table, read_yaml
from castoff.standins.catalogue import inputs_of, standins

AROUND = Around(
    targets=Names("Makefile", frozenset({"preflight", "twine-check", "test"})),
    tasks=Names("tasks.py", VERBS),
    environment="pypi",
    project="castoff",
    inputs={name.lower(): inputs_of(folder) for name, folder in standins().items()},
)


def subject(text: str, around: Around = AROUND) -> Subject:
    workflow, tree = _read(text)
    return subject_of(workflow, tree, around, STAGES)


@cache
def _read(text: str) -> tuple[Workflow, Table]:
    """Read a workflow once for all tests that look at it: none of them can change it."""
    tree = read_yaml(WORKFLOW, text)
    return workflow_of(WORKFLOW, tree), tree


def found(text: str, around: Around = AROUND) -> list[Finding]:
    """Return what is found: each in words."""
    told = look(subject(text, around))
    assert all(" " in finding.what for finding in told)
    return told


def wrong(text: str, around: Around = AROUND) -> dict[str, int | None]:
    """Return what is wrong: rule to line."""
    told = [finding for finding in found(text, around) if finding.verdict is Verdict.WRONG]
    assert len(told) == len({finding.rule for finding in told}), [finding.what for finding in told]
    return {finding.rule: finding.where.line if finding.where else None for finding in told}
