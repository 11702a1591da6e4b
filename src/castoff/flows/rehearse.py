"""`rehearse`: a whole release of HEAD on this machine alone, by the repository's own workflow.

A scratch clone and a bare remote stand in for GitHub's; the release is cut there as it is in earnest, the pull request
merged by a merge commit; then act runs `.github/workflows/release.yml` for the pushed tag, with stand-ins for the
actions and local services for the index, the forge and Sigstore; and the result is looked at as a user would.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from castoff.adapters import act
from castoff.core import versions
from castoff.core.errors import CastoffError, Problem, misuse, refuse
from castoff.core.faults import SPENT, Fault, catalogue, find
from castoff.core.forge import Repository, repository
from castoff.core.project import normalized
from castoff.core.rehearsal import JobRun, Outcome, Rehearsal
from castoff.core.release import untag
from castoff.core.workflow import Workflow, read_workflow
from castoff.core.workflow_checks import rehearsal_notes, rehearsal_problems
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.cutting import cut, make_remote, recut
from castoff.flows.looking import look
from castoff.flows.platform import Platform, platform, take_name
from castoff.flows.running import Setting, run_workflow
from castoff.flows.scratch import Scratch, State
from castoff.services.index_tokens import Publisher
from castoff.services.oidc import Run
from castoff.standins.catalogue import inputs_of, standins

WORKFLOW = ".github/workflows/release.yml"
_NOBODY = Repository("castoff-rehearsal", "project")
_RUN_ID = 1_000_001
_FULL = (os.strerror(errno.ENOSPC), "Out of diskspace")
"""How the system, and git, say that there is no space left."""
_Made = TypeVar("_Made")


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


class _Times:
    """Where the time goes outside of the jobs."""

    def __init__(self) -> None:
        self.seconds: list[tuple[str, float]] = []

    def of(self, what: str, act_: Callable[[], _Made]) -> _Made:
        """Do something, and note its time in seconds."""
        began = time.monotonic()
        made = act_()
        self.seconds.append((what, round(time.monotonic() - began, 2)))
        return made


def rehearse(checkout: Checkout, options: Options) -> None:
    """Rehearse a release; raises CastoffError when it cannot begin, or when the tag would not have been released."""
    if options.fault == "list":
        _list_faults(checkout)
        return
    act.require()
    scratch = Scratch.resume(options.resume) if options.resume else None
    keep = options.keep or scratch is not None
    try:
        prepared = _resumed(checkout, scratch, options) if scratch else _begun(checkout, options)
        scratch = prepared.scratch
        try:
            rehearsal = _play(checkout, prepared, options)
        finally:
            if not keep:
                scratch.remove()
    except (OSError, CastoffError) as error:
        if any(said in str(error) for said in _FULL):
            raise refuse("there is no space left for the scratch folder; set TMPDIR to one with more") from None
        raise
    _report(checkout, rehearsal, options, prepared.scratch.root if keep else None)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that is known before the first thing is done."""

    scratch: Scratch
    state: State
    workflow: Workflow
    fault: Fault | None
    """The fault that is on now: none in a rehearsal that is resumed."""
    mended: Fault | None
    """The fault of the rehearsal that is resumed."""
    repository: Repository
    environment: str
    notes: tuple[str, ...]


def _begun(checkout: Checkout, options: Options) -> _Prepared:
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
    return _Prepared(Scratch.make(), state, workflow, fault, None, forge, project.config.environment, tuple(notes))


def _resumed(checkout: Checkout, scratch: Scratch, options: Options) -> _Prepared:
    """Return a kept rehearsal, its fault gone, ready to run the failed jobs again."""
    if options.fault or options.version:
        raise misuse("a rehearsal is resumed with the version it has, and without its fault")
    state = scratch.load()
    project = checkout.project()
    workflow = _workflow(checkout.git.tree(state.commit).read(WORKFLOW))
    mended = find(state.fault, [job.id for job in workflow.jobs]) if state.fault else None
    again = replace(state, attempt=state.attempt + 1)
    forge = repository(checkout.git.remotes().get(project.config.remote or "origin")) or _NOBODY
    return _Prepared(scratch, again, workflow, None, mended, forge, project.config.environment, ())


def _workflow(data: bytes | None) -> Workflow:
    if data is None:
        raise refuse(f"there is no {WORKFLOW} in HEAD; it is what is rehearsed")
    return read_workflow(WORKFLOW, data.decode("utf-8", "replace"))


def _next(now: object, fault: Fault | None) -> str:
    """Return the version after `now`: the next patch, as a candidate for a fault that shows with one only."""
    following = versions.next_patch(versions.parse_new(str(now)))
    return f"{following}rc1" if fault and fault.candidate else str(following)


def _play(checkout: Checkout, prepared: _Prepared, options: Options) -> Rehearsal:
    """Cut the release, run the workflow, and look at what came out."""
    scratch, state, fault, mended = prepared.scratch, prepared.state, prepared.fault, prepared.mended
    console, times = checkout.console, _Times()
    if mended and mended.name == SPENT:
        fault = mended  # the name stays taken: nothing mends that
    console.say(
        f"{'resuming' if options.resume else 'rehearsing'} {state.tag} of {state.project}: nothing leaves this machine",
        "strong",
    )
    if fault:
        console.say(f"  fault: {fault.what}")
    if not options.resume:
        times.of("remote and clone", lambda: make_remote(scratch, checkout.root, state.commit))
        times.of("bump, merge, tag, push", lambda: cut(scratch, state.version, fault))
    elif mended and mended.in_sources and set(state.done) != {job.id for job in prepared.workflow.jobs}:
        times.of("mend main, tag anew", lambda: recut(scratch, state, mended))
        state = replace(state, done=())
    elif mended and mended.all_jobs:
        state = replace(state, done=())
    scratch.save(state)
    run = _run(scratch, prepared, state)
    publisher = Publisher(normalized(state.project), run.owner, run.repository, run.workflow, prepared.environment)
    if fault and fault.name == SPENT and not options.resume:
        take_name(scratch.root, state.project, state.version)
    with platform(scratch.root, run, publisher, fault) as services:
        jobs, notices = run_workflow(
            console, Setting(scratch, services, prepared.workflow, state, fault, options.offline)
        )
        done = tuple(job.id for job in jobs if job.outcome in (Outcome.SUCCESS, Outcome.KEPT))
        scratch.save(replace(state, done=done))
        failed = next((job for job in jobs if job.outcome is Outcome.FAILURE), None)
        findings = (
            ()
            if failed
            else times.of("look at the result", lambda: look(scratch, services, state, offline=options.offline))
        )
        return Rehearsal(
            project=state.project,
            version=state.version,
            tag=state.tag,
            commit=run.sha,
            fault=fault.name if fault else None,
            phases=tuple(times.seconds),
            jobs=jobs,
            index=services.held,
            releases=services.releases(state.tag),
            findings=findings,
            notes=(*prepared.notes, *notices),
            stopped=_stopped(failed) if failed else None,
            way_out=_way_out(checkout, prepared, fault, services) if failed else (),
        )


def _run(scratch: Scratch, prepared: _Prepared, state: State) -> Run:
    """Return what GitHub would know about this run."""
    sha = scratch.git("rev-parse", f"refs/tags/{state.tag}^{{commit}}", folder=scratch.remote)
    return Run(
        owner=prepared.repository.owner,
        repository=prepared.repository.name,
        owner_id=1,
        repository_id=2,
        workflow=Path(WORKFLOW).name,
        workflow_name=prepared.workflow.name,
        ref=f"refs/tags/{state.tag}",
        sha=sha,
        run_id=_RUN_ID,
        run_number=1,
        attempt=state.attempt,
        actor=prepared.repository.owner,
        actor_id=1,
    )


def _stopped(failed: JobRun) -> str:
    step = next((step for step in failed.steps if step.outcome is Outcome.FAILURE), None)
    where = f"job {failed.id} failed" + (f" at step {step.name!r}" if step else "")
    said = f" ({step.error})" if step and step.error else ""
    return f"{where}{said}, and no job after it ran"


def _way_out(checkout: Checkout, prepared: _Prepared, fault: Fault | None, services: Platform) -> tuple[str, ...]:
    """Return what the maintainer would do in earnest."""
    state = prepared.state
    untagged = (*untag("origin", state.tag), checkout.command("release", state.version))
    if fault and fault.name == SPENT:
        following = versions.next_patch(versions.parse_new(state.version))
        return (fault.way_out, checkout.command("release", str(following)))
    if fault:
        return (fault.way_out, *(untagged if fault.in_sources else ()))
    if not services.held:
        return ("put it right on main; nothing was published, so the tag can be made anew:", *untagged)
    return ("put right what the job complains of outside of the sources, and re-run the failed jobs",)


def _report(checkout: Checkout, rehearsal: Rehearsal, options: Options, kept: Path | None) -> None:
    """Say what was found; raises CastoffError when the tag would not have been released."""
    console = checkout.console
    if options.report:
        from castoff.core.report_html import page

        options.report.write_text(page(rehearsal), encoding="utf-8")
        console.say(f"report in {options.report}", "dim")
    console.say("\nwhere the time went", "strong")
    rows = [[what, f"{seconds:7.1f} s"] for what, seconds in rehearsal.phases]
    rows += [[f"job {job.id}", f"{job.seconds:7.1f} s", job.outcome.value] for job in rehearsal.jobs]
    console.rows(rows)
    console.say("\nwhat the index holds", "strong")
    console.rows([[file.name, f"{file.size} bytes", file.sha256[:16]] for file in rehearsal.index] or [["nothing"]])
    console.say("\nwhat the release holds", "strong")
    for release in rehearsal.releases:
        marks = [
            mark
            for mark, on in (
                ("draft", release.draft),
                ("pre-release", release.prerelease),
                ("immutable", release.immutable),
            )
            if on
        ]
        console.say(f"  {release.tag}: {', '.join(marks) or 'published'}")
        console.rows(
            [[asset.name, f"{asset.size} bytes", asset.sha256[:16]] for asset in release.assets], indent="    "
        )
    if not rehearsal.releases:
        console.say("  there is none")
    if rehearsal.findings:
        console.say("\nlooked at as a user would", "strong")
        console.rows(
            [["ok" if finding.right else "WRONG", finding.what, finding.detail] for finding in rehearsal.findings]
        )
    for note in rehearsal.notes:
        console.say(f"note: {note}", "dim")
    if kept:
        console.say(f"kept: {kept}", "dim")
    data = {**rehearsal.as_data(), "kept": str(kept) if kept else None}
    if not rehearsal.released:
        resume = (f"castoff rehearse --resume {kept}",) if kept and rehearsal.fault != SPENT else ()
        way_out = Problem("in earnest", fix=(*rehearsal.way_out, *resume))
        raise CastoffError(Problem(rehearsal.verdict), way_out=way_out, data=data)
    console.say(f"\n{rehearsal.verdict}", "good")
    console.result("rehearse", data)


def _list_faults(checkout: Checkout) -> None:
    """Print the faults there are for the workflow in HEAD."""
    workflow = _workflow(checkout.git.tree(checkout.git.require_head()).read(WORKFLOW))
    faults = catalogue([job.id for job in workflow.jobs])
    checkout.console.rows([[fault.name, fault.what] for fault in faults], indent="")
    checkout.console.result("rehearse", {"faults": [{"name": fault.name, "what": fault.what} for fault in faults]})
