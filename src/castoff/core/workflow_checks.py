"""What keeps a workflow from being rehearsed on this machine, and what a rehearsal of it does not show."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches

from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.workflow import Job, Step, Uses, Workflow
from castoff.core.workflow_triggers import starts_on_tag

_NEEDS_DOCKER = {
    "container": "runs in a container",
    "services": "needs service containers",
}


def rehearsal_problems(workflow: Workflow, known_actions: Mapping[str, Collection[str]], tag: str) -> list[Problem]:
    """Return everything for which the push of `tag` cannot be rehearsed, in the order of the file.

    `known_actions` are the actions that have a stand-in: `OWNER/NAME` (or `OWNER/NAME/PATH`) to the inputs that the
    real action knows. Upper and lower case are the same in both, as they are to GitHub.
    """
    known = {action.lower(): inputs for action, inputs in known_actions.items()}
    problems = [*_trigger_problems(workflow, tag)]
    for job in workflow.jobs:
        problems += _job_problems(job)
        for step in job.steps:
            problems += _step_problems(step, known)
    return problems


def rehearsal_notes(workflow: Workflow) -> list[str]:
    """Return what GitHub does with this workflow and a rehearsal does not, one sentence each."""
    notes = [f"{said}: {', '.join(names)}" for said, has in _NOT_ENFORCED.items() if (names := _jobs(workflow, has))]
    if "concurrency" in workflow.keys:
        notes.append("concurrency is not played: there is one run at a time here")
    local = sorted({step.uses.text for job in workflow.jobs for step in job.steps if step.uses and step.uses.local})
    if local:
        notes.append(f"run as they are, and not looked into for what they use themselves: {', '.join(local)}")
    return notes


_NOT_ENFORCED: dict[str, Callable[[Job], bool]] = {
    "whether a job runs at all (`if`) is decided by the local runner, not by GitHub": lambda job: bool(job.condition),
    "the job's time limit is not enforced": lambda job: job.timeout_minutes is not None,
    "the job's continue-on-error is not played: its failure stops the run": (
        lambda job: job.continue_on_error not in {None, "false"}
    ),
    "the environment's reviewers, wait timer and rules for tags are not played": lambda job: bool(job.environment),
    "the environment's name is computed, and taken as it is written": (
        lambda job: job.environment is not None and job.environment.computed
    ),
    "the job's concurrency is not played": lambda job: job.concurrency is not None,
}


def _jobs(workflow: Workflow, has: Callable[[Job], bool]) -> list[str]:
    return [job.id for job in workflow.jobs if has(job)]


def _trigger_problems(workflow: Workflow, tag: str) -> Iterator[Problem]:
    try:
        if not starts_on_tag(workflow, tag):
            yield Problem(f"pushing the tag {tag} does not start this workflow", workflow.keys["on"])
    except CastoffError as error:
        yield from error.problems


def _job_problems(job: Job) -> Iterator[Problem]:
    if job.uses is not None:
        yield _unplayable(job, "is a reusable workflow", job.uses.where)
        yield from _pin_problems(job.uses)
        return
    for key, said in _NEEDS_DOCKER.items():
        if key in job.keys:
            yield _unplayable(job, said, job.keys[key])
    if job.matrix:
        yield _unplayable(job, "has a matrix", job.keys["strategy"])
    if len(job.runs_on) != 1 or not job.runs_on[0].startswith("ubuntu-"):
        yield _unplayable(job, f"runs on {', '.join(job.runs_on) or 'nothing'}, not on ubuntu-*", job.keys["runs-on"])


def _unplayable(job: Job, said: str, where: Location) -> Problem:
    return Problem(f"the job {job.id} {said}: that cannot be rehearsed on this machine", where)


def _step_problems(step: Step, known: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    uses = step.uses
    if uses is None or uses.local:
        return
    if uses.docker:
        yield Problem(f"{uses.text} is a Docker image: that cannot be rehearsed on this machine", uses.where)
        return
    yield from _pin_problems(uses)
    inputs = known.get(uses.action.lower())
    if inputs is None:
        yield Problem(f"{uses.action} has no stand-in: it cannot be rehearsed", uses.where)
        return
    for name, where in step.input_places.items():
        if name.lower() not in {known_input.lower() for known_input in inputs}:
            yield Problem(f"{uses.action} knows no input {name!r}{_meant(name, inputs)}", where)


def _meant(name: str, inputs: Collection[str]) -> str:
    close = get_close_matches(name, sorted(inputs))
    return f"; {close[0]!r} is one" if close else ""


def _pin_problems(uses: Uses) -> Iterator[Problem]:
    if not uses.pinned:
        repository = f"https://github.com/{uses.repository}"
        command = shlex.join(["git", "ls-remote", repository, uses.ref, f"{uses.ref}^{{}}"])
        what = f"{uses.action}@{uses.ref} can be moved; pin it: {uses.action}@FULL-SHA # {uses.ref}"
        yield Problem(what, uses.where, (command,))
