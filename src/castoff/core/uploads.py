"""The jobs of a release workflow that upload to the index, and which files they cannot have brought there.

An index does not tell by whom a file was uploaded, but when; and GitHub tells when each job began. A file that is older
than the first job that uploads is a stranger's, also where the run had begun before it: no re-run makes it ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from castoff.core.errors import CastoffError
from castoff.core.pipeline import PUBLISH, WORKFLOW
from castoff.core.published import PublishedFile, RunJob
from castoff.core.row import moment
from castoff.core.tree import Tree
from castoff.core.workflow import Step

SETTLING = timedelta(minutes=5)
"""How old a file is, at least, before it is held against a job that may just have begun, unseen."""
_NOT_BEGUN = frozenset({"queued", "pending", "requested", "waiting"})
_NEVER_BEGUN = "skipped"


def publishing_jobs(tree: Tree) -> tuple[str, ...] | None:
    """Return the names, as GitHub shows them, of the jobs that upload to the index; None when that is not known.

    They are those of the release workflow in `tree`, the commit of the tag.
    """
    from castoff.core.workflow_reading import read_workflow

    try:
        workflow = read_workflow(WORKFLOW, (tree.read(WORKFLOW) or b"").decode("utf-8", "replace"))
    except CastoffError:
        return None
    names = tuple(job.name for job in workflow.jobs if any(_publishes(step) for step in job.steps))
    return names if names and not any("${{" in name for name in names) else None


def _publishes(step: Step) -> bool:
    return step.uses is not None and step.uses.action.lower() == PUBLISH


def uploading(jobs: Sequence[RunJob], names: tuple[str, ...] | None) -> tuple[RunJob, ...]:
    """Return the jobs that have begun, and upload or may; `names` as of `publishing_jobs`."""
    return tuple(job for job in jobs if _named(job, names) and _begun(job))


def _named(job: RunJob, names: tuple[str, ...] | None) -> bool:
    """Whether a job has one of the names; of a matrix GitHub adds the values in brackets."""
    return names is None or any(job.name == name or job.name.startswith(f"{name} (") for name in names)


def _begun(job: RunJob) -> bool:
    return job.conclusion != _NEVER_BEGUN and job.status not in _NOT_BEGUN


def not_uploaded(file: PublishedFile, uploads: Sequence[RunJob], now: datetime | None) -> str:
    """Return why a file was brought by none of `uploads`; empty where nothing is against it.

    `uploads` are all that have begun, in every attempt; `now` is when they were asked for, None when no run is at work.
    """
    if file.uploaded is None:
        return ""
    if not uploads:
        may_be_new = now is not None and now - file.uploaded < SETTLING
        return "" if may_be_new else "no job of the tag's workflow has begun to publish"
    began = [job.started for job in uploads if job.started]
    if len(began) == len(uploads) and file.uploaded < min(began):
        return f"it was there before the tag's workflow began to publish ({moment(min(began))})"
    return ""
