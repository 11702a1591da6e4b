"""The runs of workflows on the forge: told by whoever plays the runner, read, cancelled and begun anew over HTTP.

Source: GitHub's REST reference, "Workflow runs" and "Workflow jobs". They are kept in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from castoff.services.forge_json import Links
from castoff.services.forge_requests import RefusedError
from castoff.services.http import Request, Response, json_response

_OVER = "completed"


@dataclass(frozen=True, slots=True)
class Job:
    """A job of one attempt of a run; `conclusion` is None until it is completed."""

    name: str
    status: str = _OVER
    conclusion: str | None = "success"
    ended: datetime | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a workflow, started by the push of a tag."""

    id: int
    workflow: str
    """The file's bare name."""
    tag: str
    commit: str
    created: datetime
    status: str = _OVER
    conclusion: str | None = "success"
    attempt: int = 1
    jobs: tuple[Job, ...] = ()


class Runs:
    """Knows the runs, and answers requests about them."""

    def __init__(self, links: Callable[[], Links], clock: Callable[[], datetime]) -> None:
        self._links = links
        self._clock = clock
        self._lock = threading.Lock()
        self._runs: dict[int, Run] = {}

    def put(self, run: Run) -> None:
        """Tell of a run, new or changed."""
        with self._lock:
            self._runs[run.id] = run

    def get(self, number: int) -> Run:
        """Return a run; raises RefusedError (404)."""
        with self._lock:
            if number not in self._runs:
                raise RefusedError(404, "Not Found")
            return self._runs[number]

    def listed(self, request: Request) -> Response:
        """Return the runs of a workflow for a branch or tag, the newest first."""
        workflow, branch = request.params["workflow"], request.query.get("branch")
        with self._lock:
            runs = sorted(self._runs.values(), key=lambda run: (run.created, run.id), reverse=True)
        shown = [run for run in runs if run.workflow == workflow and branch in (None, run.tag)]
        if not any(run.workflow == workflow for run in runs):
            raise RefusedError(404, "Not Found")  # of a workflow that has never run GitHub knows nothing
        return _list("workflow_runs", [self._run_json(run) for run in shown])

    def jobs(self, request: Request) -> Response:
        """Return the jobs of the newest attempt of a run, or of all."""
        run = self.get(int(request.params["run"]))
        newest = request.query.get("filter", "latest") == "latest"
        jobs = [job for job in run.jobs if not newest or job.attempt == run.attempt]
        return _list("jobs", [self._job_json(run, number, job) for number, job in enumerate(jobs)])

    def cancel(self, request: Request) -> Response:
        """End a run."""
        run = self.get(int(request.params["run"]))
        if run.status == _OVER:
            raise RefusedError(409, "Cannot cancel a workflow run that is completed.")
        now = self._clock()
        jobs = tuple(
            job if job.status == _OVER else replace(job, status=_OVER, conclusion="cancelled", ended=now)
            for job in run.jobs
        )
        self.put(replace(run, status=_OVER, conclusion="cancelled", jobs=jobs))
        return json_response({}, HTTPStatus.ACCEPTED)

    def _run_json(self, run: Run) -> dict[str, object]:
        return {
            "id": run.id,
            "name": run.workflow,
            "path": f".github/workflows/{run.workflow}",
            "event": "push",
            "head_branch": run.tag,
            "head_sha": run.commit,
            "status": run.status,
            "conclusion": run.conclusion,
            "run_attempt": run.attempt,
            "created_at": _time(run.created),
            "html_url": f"{self._links().page}/actions/runs/{run.id}",
        }

    def _job_json(self, run: Run, number: int, job: Job) -> dict[str, object]:
        return {
            "id": run.id * 1000 + number,
            "run_id": run.id,
            "run_attempt": job.attempt,
            "head_sha": run.commit,
            "name": job.name,
            "status": job.status,
            "conclusion": job.conclusion,
            "completed_at": _time(job.ended) if job.ended else None,
            "html_url": f"{self._links().page}/actions/runs/{run.id}/job/{number}",
        }


def _list(name: str, items: Sequence[object]) -> Response:
    return json_response({"total_count": len(items), name: items})


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
