"""Rules on permissions: each job gets exactly what it needs, and code of ours runs where there is nothing to take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from castoff.core.findings import Finding, Verdict
from castoff.core.pins import pinned
from castoff.core.pipeline import ATTEST, CHECKOUT, DOWNLOAD, PUBLISH, Stage
from castoff.core.workflow import Job, Step, job_permissions
from castoff.core.workflow_commands import uploads_by_hand
from castoff.core.workflow_subject import Subject, folder, steps_using, uses


def nothing_by_default(subject: Subject) -> Iterator[Finding]:
    """`permissions: {}` at the top: a job that says nothing may do nothing."""
    said = subject.workflow.permissions
    if said is None:
        what = "a job that says nothing gets what the repository's settings give"
        yield Finding(what, subject.place("jobs"), ("permissions: {}",))
    elif isinstance(said, str) or job_permissions(subject.workflow, _silent(subject)):
        what = f"every job that says nothing may do {_listed(said)}"
        yield Finding(what, subject.place("permissions"), ("permissions: {}",))


def each_job_may_do_what_it_needs(subject: Subject) -> Iterator[Finding]:
    """Each job has the permission without which it fails, some of them when PyPI has everything already."""
    for stage, job in subject.stages:
        given = job_permissions(subject.workflow, job)
        for scope, level in stage.permissions.items():
            if given.get(scope) not in {level, "write"} and _needed(scope, job):
                where = job.keys.get("permissions", job.where)
                instead = ("permissions:", *(f"  {name}: {one}" for name, one in stage.permissions.items()))
                yield Finding(f"the job {job.id} lacks {scope}: {level}; {stage.without}", where, instead)


def no_job_may_do_more(subject: Subject) -> Iterator[Finding]:
    """No job has a permission that it does not need: whoever gets into it gets that, too."""
    for stage, job in subject.stages:
        instead = ("permissions:", *(f"  {name}: {one}" for name, one in stage.permissions.items()))
        if isinstance(job.permissions, str):
            what = f"the job {job.id} has {job.permissions}, and needs {_listed(stage.permissions)}"
            yield Finding(what, job.keys["permissions"], instead)
        elif job.permissions is not None:
            for scope, level in job_permissions(subject.workflow, job).items():
                if _too_much(stage, job, scope, level):
                    what = f"the job {job.id} has {scope}: {level}, and needs {_listed(stage.permissions)}"
                    yield Finding(what, subject.place("jobs", job.id, "permissions", scope), instead)
    for job in subject.own_jobs:
        if isinstance(job.permissions, str):
            what = f"the job {job.id}, one of your own, has {job.permissions}; say what it needs"
            yield Finding(what, job.keys["permissions"], ("permissions: {}",))


def publishing_is_two_steps(subject: Subject) -> Iterator[Finding]:
    """No step but the download of dist and the upload is in the job that publishes: no code is near the identity."""
    job = subject.job("publish")
    for step in job.steps if job else ():
        if step.run and uploads_by_hand(step.run):
            continue  # told of by a rule of its own, and so is what else is put into dist/
        if not (uses(step, DOWNLOAD) and folder(step.inputs.get("path", "")) == "dist") and not uses(step, PUBLISH):
            what = f"the step {step.title!r} runs beside the identity with which PyPI is published to"
            yield Finding(what, step.where, ("# two steps: the download of dist, and", f"- uses: {pinned(PUBLISH)}"))


def no_code_of_ours_beside_rights(subject: Subject) -> Iterator[Finding]:
    """No job that may sign or write runs code of the repository: what it makes, preflight makes and hands on."""
    for stage, job in subject.stages:
        if "write" not in stage.permissions.values() or stage.action == PUBLISH:
            continue
        for step in job.steps:
            if step.run is not None or uses(step, CHECKOUT) or (step.uses and step.uses.local):
                what = f"the step {step.title!r} brings code of the repository to where {_listed(stage.permissions)} is"
                yield Finding(what, step.where)


def the_environment_is_the_publishers(subject: Subject) -> Iterator[Finding]:
    """Only publishing runs in the environment that PyPI's publisher names, behind its reviewers."""
    wanted = subject.around.environment
    instead = ("environment:", f"  name: {wanted}")
    for stage, job in subject.stages:
        environment = job.environment
        if stage.environment and environment is None:
            yield Finding(
                f"the job {job.id} runs in no environment: PyPI's publisher names {wanted}", job.where, instead
            )
        elif environment is None:
            continue
        elif environment.computed:
            what = f"the environment of the job {job.id} is computed"
            yield Finding(what, environment.where, instead, verdict=Verdict.UNKNOWN)
        elif stage.environment and environment.name.casefold() != wanted.casefold():
            where = subject.place("jobs", job.id, "environment", "name")
            said = f"the environment is {environment.name}; PyPI's publisher names {wanted}"
            yield Finding(f"{said} ([tool.castoff] environment)", where, (f"name: {wanted}",))
        elif not stage.environment and environment.name.casefold() == wanted.casefold():
            yield Finding(
                f"the job {job.id} runs in the environment {wanted}, too; publishing alone does", environment.where
            )
    for job in subject.own_jobs:
        if job.environment and job.environment.name.casefold() == wanted.casefold():
            what = f"the job {job.id}, one of your own, runs in the environment {wanted}: it could publish"
            yield Finding(what, job.environment.where)


def _silent(subject: Subject) -> Job:
    from dataclasses import replace

    return replace(subject.workflow.jobs[0], permissions=None)


def _listed(said: Mapping[str, str] | str) -> str:
    if isinstance(said, str):
        return said
    return ", ".join(f"{scope}: {level}" for scope, level in said.items())


def _needed(scope: str, job: Job) -> bool:
    """Return whether a permission is needed: to read contents is, where the repository is checked out."""
    return scope != "contents" or bool(steps_using(job, CHECKOUT)) or not any(map(_checkout_free, job.steps))


def _checkout_free(step: Step) -> bool:
    return step.run is not None


def _too_much(stage: Stage, job: Job, scope: str, level: str) -> bool:
    if scope == "discussions" and any("discussion_category_name" in step.inputs for step in job.steps):
        return False
    if scope == "attestations" and any(step.uses and step.uses.action.startswith(ATTEST) for step in job.steps):
        return False
    needed = stage.permissions.get(scope)
    return needed is None or (needed == "read" and level == "write")
