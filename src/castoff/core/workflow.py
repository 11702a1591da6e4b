"""A GitHub Actions workflow as values, each with the place in the file where it stands.

They are read by `workflow_reading`; what may be asked of a whole workflow stands at the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from heapq import heappop, heappush

from castoff.core.errors import Location

Permissions = Mapping[str, str] | str | None
"""As written: scope to level; or `read-all` or `write-all`; None where nothing is said."""

SCOPES = (
    *("actions", "artifact-metadata", "attestations", "checks", "contents", "deployments", "discussions", "issues"),
    *("packages", "pages", "pull-requests", "repository-projects", "security-events", "statuses"),
)
READ_ONLY_SCOPES = ("models", "vulnerability-alerts")
WRITE_ONLY_SCOPES = ("copilot-requests", "id-token")
_RESTRICTED = {"contents": "read", "packages": "read"}  # GitHub's default for a new repository
_FULL_SHA = re.compile(r"[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class Push:
    """Which pushes start the workflow; a filter that is not given is None."""

    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    paths_ignore: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Uses:
    """What a step, or a job, uses: an action of a repository, one of this repository, or a Docker image."""

    text: str
    where: Location
    repository: str = ""
    """`OWNER/NAME`; empty for `./PATH` and `docker://IMAGE`."""
    path: str = ""
    """The folder within the repository, or of this one."""
    ref: str = ""
    comment: str = ""
    """What is said behind it on its line: by custom, the version that the SHA stands for."""

    @property
    def local(self) -> bool:
        """Whether it comes from this repository, and so from the very commit that runs."""
        return self.text.startswith("./")

    @property
    def docker(self) -> bool:
        """Whether it is an image."""
        return self.text.startswith("docker://")

    @property
    def pinned(self) -> bool:
        """Whether nobody can move what it stands for: it names a commit by its full SHA, or is local."""
        return self.local or _FULL_SHA.fullmatch(self.ref) is not None

    @property
    def action(self) -> str:
        """The action without its ref: `OWNER/NAME`, or `OWNER/NAME/PATH` for one in a folder."""
        return "/".join(part for part in (self.repository, self.path) if part)


@dataclass(frozen=True, slots=True)
class Environment:
    """The deployment environment of a job, by its name."""

    name: str
    where: Location

    @property
    def computed(self) -> bool:
        """Whether the name holds an expression, so that only the run knows it."""
        return "${{" in self.name


@dataclass(frozen=True, slots=True)
class Step:
    """A step: it has either `uses` or `run`."""

    where: Location
    keys: Mapping[str, Location]
    """Each key that is given, with its place."""
    name: str | None
    id: str | None
    uses: Uses | None
    run: str | None
    shell: str | None
    inputs: Mapping[str, str]
    """`with`: what the action gets, as text."""
    input_places: Mapping[str, Location]
    env: Mapping[str, str]
    condition: str | None
    """`if`."""
    continue_on_error: str | None
    """`true`, `false`, an expression, or None."""

    @property
    def title(self) -> str:
        """The name that GitHub shows."""
        if self.name:
            return self.name
        said = self.uses.text if self.uses else (self.run or "").strip()
        return f"Run {said.splitlines()[0] if said else ''}".strip()


@dataclass(frozen=True, slots=True)
class Job:
    """A job. `uses` is given for a reusable workflow, which has no steps here; `runs_on` for every other."""

    id: str
    where: Location
    keys: Mapping[str, Location]
    """Each key that is given, with its place: `"container" in job.keys`."""
    name: str
    """The name that GitHub shows: the id when none is given."""
    needs: tuple[str, ...]
    runs_on: tuple[str, ...]
    """The labels; a group of runners is `group:NAME`."""
    permissions: Permissions
    environment: Environment | None
    concurrency: str | None
    """The group."""
    matrix: bool
    uses: Uses | None
    timeout_minutes: str | None
    condition: str | None
    """`if`."""
    continue_on_error: str | None
    env: Mapping[str, str]
    outputs: Mapping[str, str]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow; `jobs` are in the order of the file."""

    file: str
    keys: Mapping[str, Location]
    """Each key that is given, with its place."""
    name: str
    """The name that GitHub shows: the file when none is given."""
    events: tuple[str, ...]
    push: Push | None
    """The filters of `on.push`; None when no push starts it."""
    permissions: Permissions
    env: Mapping[str, str]
    concurrency: str | None
    """The group."""
    jobs: tuple[Job, ...]


def order(workflow: Workflow) -> list[Job]:
    """Return the jobs as they run one after the other: each behind all it needs, otherwise in the file's order."""
    places = {job.id: place for place, job in enumerate(workflow.jobs)}
    sorter = TopologicalSorter({job.id: job.needs for job in workflow.jobs})
    sorter.prepare()
    ready: list[int] = []
    ordered: list[Job] = []
    while sorter.is_active():
        for id_ in sorter.get_ready():
            heappush(ready, places[id_])
        ordered.append(workflow.jobs[heappop(ready)])
        sorter.done(ordered[-1].id)
    return ordered


def job_permissions(workflow: Workflow, job: Job) -> Mapping[str, str]:
    """Return what the job's token may do, scope to `read` or `write`; a scope that is not there is denied.

    What the job says replaces what the workflow says; where neither says anything, GitHub's restricted default.
    Only `id-token: write` gives an identity token, and `read-all` does not.
    """
    said = workflow.permissions if job.permissions is None else job.permissions
    if said is None:
        return dict(_RESTRICTED)
    if said == "read-all":
        return dict.fromkeys((*SCOPES, *READ_ONLY_SCOPES), "read")
    if isinstance(said, str):
        return dict.fromkeys(READ_ONLY_SCOPES, "read") | dict.fromkeys((*SCOPES, *WRITE_ONLY_SCOPES), "write")
    return {scope: level for scope, level in said.items() if level != "none"}
