"""Looking at a release in every place where it can be seen, side by side; nothing is changed by it."""

from __future__ import annotations

from datetime import UTC, datetime

from packaging.version import Version

from castoff.adapters.github import GitHub
from castoff.adapters.threads import Asked
from castoff.core import versions
from castoff.core.observation import Observation
from castoff.core.published import ForgeRelease, RunJob, Unknown, WorkflowRun
from castoff.core.release import WORKFLOW
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.clients import github_of, index_of
from castoff.flows.observing_git import on_git

_SUCCESS = "success"
_Runs = tuple[tuple[WorkflowRun, ...] | Unknown, tuple[RunJob, ...] | Unknown]


def observe(checkout: Checkout, version: Version) -> Observation:
    """Return everything that can be seen of the release of `version`.

    What cannot be asked is `Unknown` in its place. Objects may be fetched into this clone, but no ref and no file
    changes. Raises CastoffError when this is no project in a git repository, UsageError for a version without a tag.
    """
    tag = versions.tag_name(version)
    checkout.git.require_head()
    name = required_name(checkout.project())
    index, github = index_of(checkout), github_of(checkout)
    git = Asked(lambda: on_git(checkout, version))
    files = Asked(lambda: index.release(name, version))
    releases = Asked(lambda: _releases(github, tag))
    runs, jobs = _runs(github, tag)
    return Observation(
        name=name,
        version=version,
        at=datetime.now(UTC),
        repository=github if isinstance(github, Unknown) else github.repository,
        git=git.answer(),
        runs=runs,
        jobs=jobs,
        files=files.answer(),
        releases=releases.answer(),
        sees_drafts=isinstance(github, GitHub) and github.token is not None,
        make=checkout.has_makefile,
    )


def _releases(github: GitHub | Unknown, tag: str) -> tuple[ForgeRelease, ...] | Unknown:
    return github if isinstance(github, Unknown) else github.releases(tag)


def _runs(github: GitHub | Unknown, tag: str) -> _Runs:
    """Return the runs of the tag, and the jobs of the newest: the one request that has to wait for another."""
    if isinstance(github, Unknown):
        return github, github
    runs = github.runs(WORKFLOW, tag)
    if isinstance(runs, Unknown):
        return runs, runs
    return runs, github.jobs(runs[0]) if runs and runs[0].conclusion != _SUCCESS else ()
