"""What a rehearsal needs to know before its first act: everything that can be checked without side effects."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from castoff.core import versions
from castoff.core.errors import CastoffError, misuse, refuse
from castoff.core.faults import SPENT, Fault, catalogue, find
from castoff.core.forge import Repository, repository
from castoff.core.workflow import Workflow
from castoff.core.workflow_checks import rehearsal_notes, rehearsal_problems
from castoff.core.workflow_reading import read_workflow
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.scratch import Scratch, State
from castoff.standins.catalogue import inputs_of, standins

WORKFLOW = ".github/workflows/release.yml"
_NOBODY = Repository("castoff-rehearsal", "project")
"""Whose the repository is taken to be when its remote is not on GitHub."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a rehearsal is asked for."""

    version: str | None = None
    """The version to release, or None for the next patch."""
    fault: str | None = None
    resume: Path | None = None
    """The scratch folder of a rehearsal that was kept."""
    keep: bool = False
    """Whether the scratch folder stays, to be looked at or resumed."""
    offline: bool = False
    report: Path | None = None
    """The file for the report as a page."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is known before the first thing is done."""

    scratch: Scratch
    state: State
    workflow: Workflow
    fault: Fault | None
    """The fault that is on now: in a rehearsal that is resumed none, but for one that nothing mends."""
    mended: Fault | None
    """The fault of the rehearsal that is resumed."""
    repository: Repository
    environment: str
    notes: tuple[str, ...]


def begun(checkout: Checkout, options: Options) -> Prepared:
    """Check everything that can be checked without side effects, and make the scratch folder."""
    git = checkout.git
    head = git.require_head()
    if git.is_shallow():
        raise refuse("this is a shallow clone: a release needs the whole history", "git fetch --unshallow")
    tree = git.tree(head)
    project, now = checkout.project(tree), checkout.places(tree).version
    workflow = _workflow(tree.read(WORKFLOW))
    fault = find(options.fault, [job.id for job in workflow.jobs]) if options.fault else None
    version = versions.parse_new(options.version or _next(now, fault))
    tag = versions.tag_name(version)
    if f"refs/tags/{tag}" in git.refs(f"refs/tags/{tag}"):
        raise refuse(f"{tag} exists already; rehearse the version after it", checkout.command("rehearse"))
    _require_writable(options.report)
    problems = rehearsal_problems(workflow, {name: inputs_of(folder) for name, folder in standins().items()}, tag)
    if problems:
        raise CastoffError(*problems)
    standing = git.standing()
    notes = [*rehearsal_notes(workflow)]
    if standing.dirty:
        notes.append("there are uncommitted changes; HEAD is what was rehearsed, without them")
    if standing.branch is None:
        notes.append(f"HEAD is detached; commit {head[:10]} was rehearsed as main")
    urls = git.remotes()
    forge = repository(urls.get(project.config.remote or "origin")) or _NOBODY
    state = State(required_name(project), str(version), tag, head, fault.name if fault else None, 1, ())
    return Prepared(Scratch.make(), state, workflow, fault, None, forge, project.config.environment, tuple(notes))


def resumed(checkout: Checkout, scratch: Scratch, options: Options) -> Prepared:
    """Return a kept rehearsal, its fault gone, ready to run the failed jobs again."""
    if options.fault or options.version:
        raise misuse("a rehearsal is resumed with the version it has, and without its fault")
    state = scratch.load()
    project = checkout.project()
    workflow = _workflow(checkout.git.tree(state.commit).read(WORKFLOW))
    mended = find(state.fault, [job.id for job in workflow.jobs]) if state.fault else None
    lasting = mended if mended and mended.name == SPENT else None  # the name stays taken: nothing mends that
    again = replace(state, attempt=state.attempt + 1)
    forge = repository(checkout.git.remotes().get(project.config.remote or "origin")) or _NOBODY
    return Prepared(scratch, again, workflow, lasting, mended, forge, project.config.environment, ())


def list_faults(checkout: Checkout) -> None:
    """Print the faults there are for the workflow in HEAD."""
    workflow = _workflow(checkout.git.tree(checkout.git.require_head()).read(WORKFLOW))
    faults = catalogue([job.id for job in workflow.jobs])
    checkout.console.rows([[fault.name, fault.what] for fault in faults], indent="")
    checkout.console.result("rehearse", {"faults": [{"name": fault.name, "what": fault.what} for fault in faults]})


def _workflow(data: bytes | None) -> Workflow:
    if data is None:
        raise refuse(f"there is no {WORKFLOW} in HEAD; it is what is rehearsed")
    return read_workflow(WORKFLOW, data.decode("utf-8", "replace"))


def _require_writable(report: Path | None) -> None:
    """Raise UsageError when the report could not be written: that is not to be found out at the end."""
    folder = report.absolute().parent if report else None
    if folder and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise misuse(f"the report cannot be written: {folder} is no folder, or not to be written to")


def _next(now: Version, fault: Fault | None) -> str:
    """Return the version after `now`: the next patch, as a candidate for a fault that shows with one only."""
    following = versions.next_patch(now)
    return f"{following}rc1" if fault and fault.candidate else str(following)
