"""The rows of the workflow: the newest run for the tag, and its jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from castoff.core.observation import Observation, SeenTag
from castoff.core.published import RunJob, Unknown, WorkflowRun
from castoff.core.row import Row, State, short

_PLACE = "workflow run"
SETTLING = timedelta(minutes=5)
"""How long a run may take to show after its tag was pushed; it mostly takes seconds."""
_ENDED = "completed"
_GOOD = ("success", "neutral")


def run_rows(seen: Observation) -> Iterator[Row]:
    """Yield the row of the newest run, and those of its jobs where they are known."""
    if isinstance(seen.runs, Unknown):
        yield Row(_PLACE, "", State.UNKNOWN, seen.runs.reason)
    elif not seen.runs:
        yield Row(_PLACE, "", State.MISSING, _none(seen))
    else:
        yield _run(seen, seen.runs[0])
        if isinstance(seen.jobs, Unknown):
            yield Row("job", "", State.UNKNOWN, seen.jobs.reason)
        else:
            yield from map(_job, seen.jobs)


def _none(seen: Observation) -> str:
    if seen.known_files:
        return "GitHub knows none: it forgets runs after a while"
    return "none has started" if isinstance(seen.git.tag_there, SeenTag) else "none, as there is no tag"


def _run(seen: Observation, run: WorkflowRun) -> Row:
    name, tag = str(run.id), seen.git.tag_there
    told = f"attempt {run.attempt}, {run.url}"
    if isinstance(tag, SeenTag) and run.commit != tag.commit:
        if not seen.known_files and awaited(seen, tag):
            return Row(_PLACE, name, State.MISSING, f"was for {short(run.commit)}; that of the tag does not show yet")
        text = f"was for commit {short(run.commit)}; the tag is on {short(tag.commit)} now"
        fix = seen.command("verify") if seen.published is not False else seen.command("undo")
        return Row(_PLACE, name, State.CONTRADICTORY, f"{text}: it was moved; {told}", fix)
    state = State.RIGHT if run.conclusion in _GOOD else State.MISSING
    return Row(_PLACE, name, state, f"{_word(run.status, run.conclusion)}, {told}")


def awaited(seen: Observation, tag: SeenTag) -> bool:
    """Whether the tag is so young that its run may not show yet."""
    return tag.made is not None and seen.at - tag.made < SETTLING


def _job(job: RunJob) -> Row:
    state = State.RIGHT if job.conclusion in _GOOD else State.MISSING
    step = f" at step {job.failed_step!r}" if job.failed_step else ""
    return Row("job", job.name, state, _word(job.status, job.conclusion) + step)


def _word(status: str, conclusion: str | None) -> str:
    return (conclusion or "ended").replace("_", " ") if status == _ENDED else status.replace("_", " ")
