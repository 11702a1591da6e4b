"""Looking at a release in every place where it can be seen, side by side; nothing is changed by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from packaging.version import Version

from castoff.adapters.github import GitHub
from castoff.adapters.threads import Asked
from castoff.core import versions
from castoff.core.observation import Observation, OnGit, SeenTag
from castoff.core.published import RunJob, Unknown, WorkflowRun
from castoff.core.release import WORKFLOW
from castoff.core.uploads import publishing_jobs, uploading
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.observing_git import on_git
from castoff.flows.questions import Questions

_SUCCESS = "success"
_NO_JOBS = Unknown("GitHub tells of no job")


@dataclass(frozen=True, slots=True)
class _Runs:
    """What GitHub tells of the workflow; of one whose newest run has succeeded, no jobs are asked for."""

    runs: tuple[WorkflowRun, ...] | Unknown
    newest: tuple[RunJob, ...] | Unknown = ()
    """The jobs of the newest attempt."""
    every: tuple[RunJob, ...] | Unknown | None = None
    """Those of every attempt of every run."""


def observe(checkout: Checkout, version: Version) -> Observation:
    """Return everything that can be seen of the release of `version`.

    What cannot be asked is `Unknown` in its place. Objects may be fetched into this clone, but no ref and no file
    changes. Raises CastoffError when this is no project in a git repository, UsageError for a version without a tag.
    """
    tag = versions.tag_name(version)
    checkout.git.require_head()
    name = required_name(checkout.project())
    asked = Questions(checkout, name, version)
    git, github = Asked(lambda: on_git(checkout, version)), asked.github
    runs, seen_on_git = _runs(github, tag), git.answer()
    return Observation(
        name=name,
        version=version,
        at=datetime.now(UTC),
        repository=asked.repository,
        git=seen_on_git,
        runs=runs.runs,
        jobs=runs.newest,
        files=asked.files.answer(),
        releases=asked.releases.answer(),
        uploads=_uploads(checkout, seen_on_git, runs.every),
        sees_drafts=isinstance(github, GitHub) and github.token is not None,
        typed=checkout.typed,
    )


def _runs(github: GitHub | Unknown, tag: str) -> _Runs:
    """Return the runs of the tag and their jobs: the one thing that cannot be asked for before something is known."""
    if isinstance(github, Unknown):
        return _Runs(github, github, github)
    runs = github.runs(WORKFLOW, tag)
    if isinstance(runs, Unknown):
        return _Runs(runs, runs, runs)
    run = runs[0] if runs else None
    if run is None or run.conclusion == _SUCCESS:
        return _Runs(runs)
    again = runs if len(runs) > 1 or run.attempt > 1 else ()
    every = [Asked(partial(github.jobs, one, every_attempt=True)) for one in again]
    newest = github.jobs(run)
    return _Runs(runs, newest, _joined([one.answer() for one in every] or [newest]))


def _joined(lists: Sequence[tuple[RunJob, ...] | Unknown]) -> tuple[RunJob, ...] | Unknown:
    """Return the jobs of all runs; Unknown where those of one are not told, which has some in any case."""
    untold = next((jobs or _NO_JOBS for jobs in lists if isinstance(jobs, Unknown) or not jobs), None)
    return untold or tuple(job for jobs in lists if not isinstance(jobs, Unknown) for job in jobs)


def _uploads(
    checkout: Checkout, git: OnGit, jobs: tuple[RunJob, ...] | Unknown | None
) -> tuple[RunJob, ...] | Unknown | None:
    """Return the jobs that upload to the index, by the workflow of the tag; where there is none to read, any may."""
    if jobs is None or isinstance(jobs, Unknown):
        return jobs
    tree = checkout.git.tree(git.tag_there.commit) if isinstance(git.tag_there, SeenTag) else None
    return uploading(jobs, publishing_jobs(tree) if tree else None)
