"""The runs of a repository's workflows and their jobs, as GitHub's REST API shows them; to be read, and cancelled.

Shapes: "REST API endpoints for workflow runs" and "... for workflow jobs". FOLDER/runs.json keeps them for later
processes. What has run is told to `put`: there is no runner here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from castoff.core.errors import Location, refuse
from castoff.services.forge_requests import RefusedError
from castoff.services.http import Request, Response, json_response

_PAGE, _LARGEST_PAGE = 30, 100
_OVER = "completed"


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step of a job; `conclusion` is None until it has ended."""

    name: str
    status: str
    conclusion: str | None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job of one attempt of a run."""

    name: str
    status: str
    """queued, waiting, in_progress or completed."""
    conclusion: str | None
    """success, failure, cancelled, skipped, timed_out; None until it has ended."""
    attempt: int
    started: datetime | None
    completed: datetime | None
    steps: tuple[StepRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run that the push of a tag has started."""

    id: int
    workflow: str
    """The workflow's file name."""
    name: str
    tag: str
    commit: str
    status: str
    conclusion: str | None
    attempt: int
    created: datetime
    updated: datetime
    jobs: tuple[JobRecord, ...] = ()
    """Those of every attempt."""


class Runs:
    """Keeps runs, and answers for them."""

    def __init__(self, folder: Path, repository: str) -> None:
        self._file = folder / "runs.json"
        self._repository = repository
        self._lock = threading.Lock()
        self._runs = _read(self._file) if self._file.exists() else {}

    def put(self, run: RunRecord) -> None:
        """Keep a run, new or changed; the jobs of its earlier attempts stay, and so does the time it was created."""
        with self._lock:
            before = self._runs.get(run.id)
            if before:
                kept = tuple(job for job in before.jobs if job.attempt != run.attempt)
                run = replace(run, created=before.created, jobs=(*kept, *run.jobs))
            self._runs[run.id] = run
            written = self._file.with_suffix(".new")
            data = [asdict(one) for one in self._runs.values()]
            written.write_text(json.dumps(data, indent=1, default=datetime.isoformat), encoding="utf-8")
            written.replace(self._file)

    def listed(self, request: Request, api: str) -> Response:
        """Answer for the runs of a workflow, the newest first, filtered by `event` and `branch`."""
        of_file = [run for run in self._runs.values() if run.workflow == request.params["workflow"]]
        if not of_file:
            raise RefusedError(404, "Not Found")
        query = request.query
        pushed = query.get("event", "push") == "push"  # nothing else starts a run here
        shown = [run for run in of_file if pushed and query.get("branch", run.tag) == run.tag]
        newest = sorted(shown, key=lambda run: (run.created, run.id), reverse=True)
        return self._page(request, "workflow_runs", [self._run(run, api) for run in newest])

    def jobs(self, request: Request, api: str) -> Response:
        """Answer for the jobs of a run: those of the newest attempt, or of all (`filter=all`)."""
        run = self._runs.get(int(request.params["id"]))
        if run is None:
            raise RefusedError(404, "Not Found")
        every = request.query.get("filter") == "all"
        numbered = [(number, job) for number, job in enumerate(run.jobs, 1) if every or job.attempt == run.attempt]
        return self._page(request, "jobs", [self._job(run, number, job, api) for number, job in numbered])

    def cancel(self, request: Request) -> Response:
        """End a run, and the jobs of it that have not ended."""
        run = self._runs.get(int(request.params["id"]))
        if run is None:
            raise RefusedError(404, "Not Found")
        if run.status == _OVER:
            raise RefusedError(409, "Cannot cancel a workflow run that is completed.")
        now = datetime.now(UTC)
        ended = {"status": _OVER, "conclusion": "cancelled"}
        jobs = tuple(job if job.status == _OVER else replace(job, **ended, completed=now) for job in run.jobs)
        self.put(replace(run, **ended, updated=now, jobs=tuple(job for job in jobs if job.attempt == run.attempt)))
        return json_response({}, HTTPStatus.ACCEPTED)

    def _page(self, request: Request, name: str, items: Sequence[object]) -> Response:
        size = min(_number(request.query, "per_page", _PAGE), _LARGEST_PAGE)
        start = (_number(request.query, "page", 1) - 1) * size
        return json_response({"total_count": len(items), name: list(items[start : start + size])})

    def _run(self, run: RunRecord, api: str) -> dict[str, object]:
        url = f"{api}/repos/{self._repository}/actions/runs/{run.id}"
        return {
            "id": run.id,
            "name": run.name,
            "node_id": f"WFR_{run.id}",
            "head_branch": run.tag,
            "head_sha": run.commit,
            "path": f".github/workflows/{run.workflow}",
            "run_number": 1,
            "run_attempt": run.attempt,
            "event": "push",
            "status": run.status,
            "conclusion": run.conclusion,
            "url": url,
            "html_url": f"https://github.com/{self._repository}/actions/runs/{run.id}",
            "created_at": _time(run.created),
            "updated_at": _time(run.updated),
            "run_started_at": _time(run.created),
            "jobs_url": f"{url}/jobs",
            "rerun_url": f"{url}/rerun",
        }

    def _job(self, run: RunRecord, number: int, job: JobRecord, api: str) -> dict[str, object]:
        steps = [
            {"name": step.name, "number": at, "status": step.status, "conclusion": step.conclusion}
            for at, step in enumerate(job.steps, 1)
        ]
        return {
            "id": run.id * 1000 + number,
            "run_id": run.id,
            "run_url": f"{api}/repos/{self._repository}/actions/runs/{run.id}",
            "run_attempt": job.attempt,
            "node_id": f"CR_{run.id}_{number}",
            "head_sha": run.commit,
            "html_url": f"https://github.com/{self._repository}/actions/runs/{run.id}/job/{run.id * 1000 + number}",
            "status": job.status,
            "conclusion": job.conclusion,
            "started_at": _time(job.started),
            "completed_at": _time(job.completed),
            "name": job.name,
            "steps": steps,
            "labels": ["ubuntu-latest"],
            "workflow_name": run.name,
        }


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return max(1, int(text)) if text.isdecimal() and len(text) < len("1000000") else default


def _time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _read(file: Path) -> dict[int, RunRecord]:
    try:
        entries = cast("list[dict[str, Any]]", json.loads(file.read_text(encoding="utf-8")))
        return {entry["id"]: _record(entry) for entry in entries}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        where = Location(file.name)
        raise refuse(f"the local forge cannot read the runs that it kept: {error}", where=where) from None


def _record(entry: dict[str, Any]) -> RunRecord:
    jobs = tuple(_job_record(job) for job in entry.pop("jobs"))
    created, updated = (datetime.fromisoformat(entry.pop(name)) for name in ("created", "updated"))
    return RunRecord(**entry, jobs=jobs, created=created, updated=updated)


def _job_record(entry: dict[str, Any]) -> JobRecord:
    steps = tuple(StepRecord(**step) for step in entry.pop("steps"))
    told = [entry.pop(name) for name in ("started", "completed")]
    started, completed = (datetime.fromisoformat(text) if text else None for text in told)
    return JobRecord(**entry, started=started, completed=completed, steps=steps)
