"""`check-workflow`: whether the release workflow says what it must, line by line where it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from castoff.adapters import process
from castoff.core.errors import CastoffError, Problem, misuse
from castoff.core.findings import Finding, Looked, Report, Verdict, in_order
from castoff.core.names import targets, tasks
from castoff.core.pins import PINS
from castoff.core.pipeline import STAGES, VERBS, WORKFLOW
from castoff.core.texts import decode
from castoff.core.workflow import Workflow
from castoff.core.workflow_ignores import heeded
from castoff.core.workflow_linters import beside, read_schema, read_zizmor
from castoff.core.workflow_reading import workflow_of
from castoff.core.workflow_rules import GROUPS, RULES, look
from castoff.core.workflow_subject import Around, subject_of
from castoff.core.workflow_yaml import Table, read_yaml
from castoff.flows.checkout import Checkout
from castoff.standins.catalogue import inputs_of, standins

_EXTRA = ("pip install 'castoff[check]'",)
_UNREADABLE = "the workflow cannot be read as it is"
_LINTERS = {"zizmor": "attacks that are known", "schema": "GitHub's schema of workflows"}
_TIMEOUT = 60.0
"""Seconds that a linter may take."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A workflow file that was read."""

    file: str
    lines: list[str]
    tree: Table
    workflow: Workflow


def check_workflow(checkout: Checkout, file: str = WORKFLOW) -> None:
    """Say what was looked at and what was found; raises CastoffError with everything that is wrong."""
    report = findings(checkout, file)
    _say(checkout, report)
    if report.wrong:
        way_out = Problem("put each line right, then look again", fix=(checkout.command("check-workflow"),))
        raise CastoffError(*report.problems, way_out=way_out, data=report.as_data())
    unknown = report.unknown or [one for one in report.looked if one.unknown]
    checkout.console.say(f"{file} is right" + (", as far as that can be known here" if unknown else ""), "good")
    checkout.console.result("check-workflow", report.as_data())


def findings(checkout: Checkout, file: str = WORKFLOW) -> Report:
    """Return all that castoff's rules, zizmor and GitHub's schema find in a workflow file of the checkout.

    `file` is relative to the project's folder. A linter that is not installed is told of in `looked`, and is not
    "fine". Raises UsageError when the file lies outside of the project.
    """
    read = _read(checkout, file)
    if isinstance(read, Report):
        return read
    ours = _rules(checkout, read)
    said = [_zizmor(checkout, read, ours), _schema(checkout, read)]
    theirs = heeded([finding for _, found in said for finding in found], read.lines)
    return Report(file, (*_groups(), *(looked for looked, _ in said)), in_order([*ours, *theirs]))


def static_findings(checkout: Checkout) -> Report | None:
    """Return what castoff's rules alone find in the release workflow, at once; None when there is no such file."""
    if checkout.folder.read(WORKFLOW) is None:
        return None
    read = _read(checkout, WORKFLOW)
    return read if isinstance(read, Report) else Report(WORKFLOW, _groups(), in_order(_rules(checkout, read)))


def _read(checkout: Checkout, file: str) -> _Read | Report:
    """Return the workflow, or the report that it cannot be looked at."""
    if file.startswith("/") or ".." in file.split("/"):
        raise misuse(f"{file} is not within the project", f"castoff check-workflow --file {WORKFLOW}")
    data = checkout.folder.read(file)
    if data is None:
        missing = Finding(f"there is no {file}", fix=("castoff init --dry-run",), rule="file")
        return Report(file, _blind(f"there is no {file}"), (missing,))
    try:
        text = decode(file, data).text
        tree = read_yaml(file, text)
        return _Read(file, text.splitlines(), tree, workflow_of(file, tree))
    except CastoffError as error:
        wrong = [Finding(one.what, one.where, one.instead, one.fix, rule="syntax") for one in error.problems]
        return Report(file, _blind(_UNREADABLE), tuple(wrong))


def _rules(checkout: Checkout, read: _Read) -> list[Finding]:
    project = checkout.project()
    config = project.config
    around = Around(
        targets=targets(checkout.folder),
        tasks=tasks(checkout.folder, VERBS),
        environment=config.environment,
        inputs={name.lower(): inputs_of(folder) for name, folder in standins().items()},
        project=project.name or "",
        main=config.main or "main",
    )
    return heeded(look(subject_of(read.workflow, read.tree, around, STAGES)), read.lines)


def _zizmor(checkout: Checkout, read: _Read, ours: list[Finding]) -> tuple[Looked, list[Finding]]:
    argv = ["zizmor", "--offline", "--persona", "auditor", "--quiet", "--format", "json-v1", f"./{read.file}"]
    actions = frozenset(PINS)
    return _linter(checkout, "zizmor", argv, lambda output: _beside(read, ours, actions, output))


def _beside(read: _Read, ours: list[Finding], actions: frozenset[str], output: str) -> list[Finding] | None:
    theirs = read_zizmor(read.file, output)
    return None if theirs is None else beside(ours, theirs, actions, read.lines)


def _schema(checkout: Checkout, read: _Read) -> tuple[Looked, list[Finding]]:
    builtin = ["--builtin-schema", "vendor.github-workflows", "--output-format", "json"]
    argv = ["check-jsonschema", *builtin, f"./{read.file}"]
    return _linter(checkout, "schema", argv, lambda output: read_schema(read.file, output, read.tree))


def _linter(
    checkout: Checkout, who: str, argv: list[str], read: Callable[[str], list[Finding] | None]
) -> tuple[Looked, list[Finding]]:
    """Run a linter; return who looked, or why it could not, and what it found."""
    looked = Looked(who, _LINTERS[who])
    if process.find(argv[0]) is None:
        return replace(looked, unknown=f"{argv[0]} is not installed", fix=_EXTRA), []
    try:
        ran = process.run(argv, cwd=checkout.root, timeout=_TIMEOUT, check=False)
    except CastoffError as error:
        return replace(looked, unknown=str(error)), []
    found = read(ran.stdout)
    if found is None:
        said = next(iter(ran.output.splitlines()), "nothing")
        return replace(looked, unknown=f"{argv[0]} ended with exit code {ran.code} and said: {said}"), []
    return looked, found


def _groups() -> tuple[Looked, ...]:
    return tuple(Looked(group, about) for group, about in GROUPS.items())


def _blind(why: str) -> tuple[Looked, ...]:
    return tuple(Looked(who, at, unknown=why) for who, at in (GROUPS | _LINTERS).items())


def _say(checkout: Checkout, report: Report) -> None:
    console = checkout.console
    console.say(report.file, "strong")
    console.rows([[_state(report, one), one.who, one.unknown or one.at] for one in report.looked])
    for label, found in (("cannot know", report.unknown), ("note", report.notes)):
        for finding in found:
            where = f"{finding.where}: " if finding.where else ""
            console.say(f"{label}: {where}{finding.what} [{finding.rule}]", "dim")
            console.next(*finding.fix)
    for fix in dict.fromkeys(one.fix for one in report.looked if one.fix):
        console.next(*fix)


def _state(report: Report, looked: Looked) -> str:
    if looked.unknown:
        return Verdict.UNKNOWN.value
    rules = {rule.name for rule in RULES if rule.group == looked.who}
    wrong = sum(one.rule in rules or one.rule.partition("/")[0] == looked.who for one in report.wrong)
    return f"{wrong} wrong" if wrong else "ok"
