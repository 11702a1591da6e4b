"""`rehearse`: a whole release of HEAD on this machine alone, by the repository's own workflow.

A scratch clone and a bare remote stand in for GitHub's; the release is cut there as it is in earnest, the pull request
merged by a merge commit; then act runs `.github/workflows/release.yml` for the pushed tag, with stand-ins for the
actions and local services for the index, the forge and Sigstore; and the result is looked at as a user would.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from castoff.adapters import act
from castoff.core import versions
from castoff.core.errors import CastoffError, refuse
from castoff.core.faults import SPENT
from castoff.core.project import normalized
from castoff.core.rehearsal import Finding, JobRun, Outcome, Rehearsal
from castoff.flows.checkout import Checkout
from castoff.flows.cutting import cut, make_remote, recut
from castoff.flows.looking import look
from castoff.flows.platform import platform, take_name
from castoff.flows.preparing import WORKFLOW, Options, Prepared, begun, list_faults, resumed
from castoff.flows.reporting import report
from castoff.flows.run_record import run_record
from castoff.flows.running import Setting, run_workflow
from castoff.flows.scratch import Scratch, State
from castoff.services.index_tokens import Publisher
from castoff.services.oidc import Run

_RUN_ID = 1_000_001
_FULL = (os.strerror(errno.ENOSPC), "Out of diskspace")
"""How the system, and git, say that there is no space left."""
_Made = TypeVar("_Made")


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
        list_faults(checkout)
        return
    act.require()
    scratch = Scratch.resume(options.resume) if options.resume else None
    keep = options.keep or scratch is not None
    try:
        prepared = resumed(checkout, scratch, options) if scratch else begun(checkout, options)
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
    report(checkout.console, rehearsal, options.report, prepared.scratch.root if keep else None)


def _play(checkout: Checkout, prepared: Prepared, options: Options) -> Rehearsal:
    """Cut the release, run the workflow, and look at what came out."""
    scratch, times, fault = prepared.scratch, _Times(), prepared.fault
    doing = "resuming" if options.resume else "rehearsing"
    checkout.console.say(
        f"{doing} {prepared.state.tag} of {prepared.state.project}: nothing leaves this machine", "strong"
    )
    if fault:
        checkout.console.say(f"  fault: {fault.what}")
    state = _cut_again(prepared, times) if options.resume else _cut(checkout, prepared, times)
    scratch.save(state)
    run = _run(prepared, state)
    publisher = Publisher(normalized(state.project), run.owner, run.repository, run.workflow, prepared.environment)
    with platform(scratch.root, run, publisher, fault) as services:
        setting = Setting(scratch, services, prepared.workflow, state, fault, options.offline)
        began = datetime.now(UTC)
        jobs, notices = run_workflow(checkout.console, setting)
        services.forge.runs.put(run_record(run, jobs, began, datetime.now(UTC)))
        done = tuple(job.id for job in jobs if job.outcome in (Outcome.SUCCESS, Outcome.KEPT))
        scratch.save(replace(state, done=done))
        failed = next((job for job in jobs if job.outcome is Outcome.FAILURE), None)
        findings: tuple[Finding, ...] = ()
        if failed is None:
            findings = times.of("look at the result", lambda: look(scratch, services, state, offline=options.offline))
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
            way_out=_way_out(checkout, prepared, published=bool(services.held)) if failed else _improve(findings),
        )


def _cut(checkout: Checkout, prepared: Prepared, times: _Times) -> State:
    """Make the remote, and release to it; return the state in which the workflow starts."""
    scratch, state, fault = prepared.scratch, prepared.state, prepared.fault
    times.of("remote and clone", lambda: make_remote(scratch, checkout.root, state.commit))
    times.of("bump, merge, tag, push", lambda: cut(scratch, state.version, fault))
    if fault and fault.name == SPENT:
        take_name(scratch.root, state.project, state.version)
    return state


def _cut_again(prepared: Prepared, times: _Times) -> State:
    """Do what has to be done before the failed jobs can run again; return the state in which the workflow starts."""
    scratch, state, mended = prepared.scratch, prepared.state, prepared.mended
    if mended and mended.in_sources and set(state.done) != {job.id for job in prepared.workflow.jobs}:
        times.of("mend main, tag anew", lambda: recut(scratch, state, mended))
        return replace(state, done=())
    return replace(state, done=()) if mended and mended.all_jobs else state


def _run(prepared: Prepared, state: State) -> Run:
    """Return what GitHub would know about this run."""
    scratch = prepared.scratch
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


def _improve(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return what the maintainer would do about a release that is out, and not as it should be; nothing if it is."""
    wrong = any(not finding.right for finding in findings)
    return ("the version would be spent now: put it right on main, and rehearse anew",) if wrong else ()


def _way_out(checkout: Checkout, prepared: Prepared, *, published: bool) -> tuple[str, ...]:
    """Return what the maintainer would do in earnest: a sentence, then the commands of it."""
    state, fault = prepared.state, prepared.fault
    untagged = tuple(checkout.command(verb, state.version) for verb in ("undo", "release"))
    if fault and fault.name == SPENT:
        following = versions.next_patch(versions.parse_new(state.version))
        return (fault.way_out, checkout.command("release", str(following)))
    if fault:
        return (fault.way_out, *(untagged if fault.in_sources else ()))
    if not published:
        return ("put it right on main; nothing was published, so the tag can be made anew:", *untagged)
    return ("put right what the job complains of outside of the sources, and re-run the failed jobs",)
