"""A rehearsed run as GitHub would show it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from castoff.core.rehearsal import DIED, JobRun, Outcome, StepRun
from castoff.services.forge_runs import JobRecord, RunRecord, StepRecord
from castoff.services.oidc import Run

_DONE = "completed"
_CONCLUSIONS = {
    Outcome.SUCCESS: "success",
    Outcome.KEPT: "success",
    Outcome.FAILURE: "failure",
    Outcome.SKIPPED: "skipped",
}


def run_record(run: Run, jobs: Sequence[JobRun], began: datetime, ended: datetime) -> RunRecord:
    """Return what is shown of a run that has ended, with the jobs of this attempt."""
    failed = any(job.outcome is Outcome.FAILURE for job in jobs)
    return RunRecord(
        id=run.run_id,
        workflow=run.workflow,
        name=run.workflow_name,
        tag=run.ref.removeprefix("refs/tags/"),
        commit=run.sha,
        status=_DONE,
        conclusion=_CONCLUSIONS[Outcome.FAILURE if failed else Outcome.SUCCESS],
        attempt=run.attempt,
        created=began,
        updated=ended,
        jobs=tuple(_job(job, run.attempt, began) for job in jobs),
    )


def _job(job: JobRun, attempt: int, began: datetime) -> JobRecord:
    started = began + timedelta(seconds=job.start)
    completed = started + timedelta(seconds=job.seconds)
    steps = tuple(_step(step) for step in job.steps)
    return JobRecord(job.name, _DONE, _CONCLUSIONS[job.outcome], attempt, started, completed, steps)


def _step(step: StepRun) -> StepRecord:
    """Return a step; of the one in which the runner died nothing is known but that it had begun."""
    if step.error == DIED:
        return StepRecord(step.name, "in_progress", None)
    return StepRecord(step.name, _DONE, _CONCLUSIONS[step.outcome])
