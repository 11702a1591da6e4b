"""A GitHub Actions workflow as values, each with the place in the file where it stands.

The shape is that of "Workflow syntax for GitHub Actions": what GitHub would refuse as a whole is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from castoff.core.errors import Location
from castoff.core.workflow_yaml import Items, Scalar, Table, mapping, one, read_yaml, wrong

Permissions = Mapping[str, str] | str | None
"""As written: scope to level; or `read-all` or `write-all`; None where nothing is said."""

_SCOPES = (
    *("actions", "artifact-metadata", "attestations", "checks", "contents", "deployments", "discussions", "issues"),
    *("packages", "pages", "pull-requests", "repository-projects", "security-events", "statuses"),
)
_READ_ONLY_SCOPES = ("models", "vulnerability-alerts")
_WRITE_ONLY_SCOPES = ("copilot-requests", "id-token")
_LEVELS = ("read", "write", "none")
_RESTRICTED = {"contents": "read", "packages": "read"}  # GitHub's default for a new repository

_FILTERS = ("branches", "tags", "paths")
_WORKFLOW_KEYS = ("on", "jobs", "name", "run-name", "description", "defaults", "env", "permissions", "concurrency")
_JOB_KEYS = (
    *("name", "needs", "if", "strategy", "runs-on", "timeout-minutes", "cancel-timeout-minutes", "continue-on-error"),
    *("container", "services", "env", "environment", "permissions", "concurrency", "outputs", "defaults", "steps"),
    *("snapshot", "uses", "with", "secrets"),
)
_STEP_KEYS = (
    *("name", "id", "if", "uses", "run", "with", "env", "shell", "working-directory"),
    *("continue-on-error", "timeout-minutes"),
)
_ID = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_-]{0,98}")
_FULL_SHA = re.compile(r"[0-9a-fA-F]{40}")
_ACTION = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<path>(?:/[^/@\s]+)*)@(?P<ref>[^@\s]+)", re.ASCII)


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


def read_workflow(file: str, text: str) -> Workflow:
    """Return the workflow in `text`; `file` is for the places.

    Raises CastoffError, with the line, for what is not YAML and for every workflow that GitHub would refuse as a
    whole: an unknown or doubled key, a value of the wrong shape, no jobs, a job without steps, a circle of `needs`.
    """
    return workflow_of(file, read_yaml(file, text))


def workflow_of(file: str, root: Table) -> Workflow:
    """Return the workflow in a tree that was read; raises CastoffError like `read_workflow`."""
    root.only(_WORKFLOW_KEYS, "a workflow")
    events, push = _triggers(root)
    jobs = root.table("jobs")
    if jobs is None or not jobs.entries:
        wrong("the workflow has no jobs", root.keys.get("jobs", root.where))
    workflow = Workflow(
        file=file,
        keys=root.keys,
        name=root.text("name") or file,
        events=events,
        push=push,
        permissions=_permissions(root),
        env=root.texts_by_name("env"),
        concurrency=_named(root, "concurrency", "group"),
        jobs=tuple(_job(jobs, id_) for id_ in jobs.entries),
    )
    _check_needs(workflow.jobs)
    return workflow


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
        return dict.fromkeys((*_SCOPES, *_READ_ONLY_SCOPES), "read")
    if isinstance(said, str):
        return dict.fromkeys(_READ_ONLY_SCOPES, "read") | dict.fromkeys((*_SCOPES, *_WRITE_ONLY_SCOPES), "write")
    return {scope: level for scope, level in said.items() if level != "none"}


def _triggers(root: Table) -> tuple[tuple[str, ...], Push | None]:
    on = root.entries.get("on")
    if not isinstance(on, Table):
        events = tuple(event for event in root.texts("on") if event)
        if not events:
            wrong("the workflow does not say what it runs on: it needs `on`", on.where if on else root.where)
        return events, Push() if "push" in events else None
    push = on.entries.get("push")
    if push is None or (isinstance(push, Scalar) and not push.text):
        return tuple(on.entries), None if push is None else Push()
    return tuple(on.entries), _push(mapping(push))


def _push(table: Table) -> Push:
    table.only((*_FILTERS, *(f"{name}-ignore" for name in _FILTERS)), "on.push")
    for name in _FILTERS:
        if name in table.keys and f"{name}-ignore" in table.keys:
            wrong(f"on.push has both {name} and {name}-ignore; GitHub allows one of them", table.keys[f"{name}-ignore"])
    filters: dict[str, tuple[str, ...]] = {}
    for name, where in table.keys.items():
        filters[name.replace("-", "_")] = table.texts(name)
        if not all(filters[name.replace("-", "_")]) or not table.texts(name):
            wrong(f"on.push.{name} needs patterns, and none of them empty", where)
    return Push(**filters)


def _permissions(table: Table) -> Permissions:
    node = table.entries.get("permissions")
    if node is None:
        return None
    if isinstance(node, Scalar) and node.text in {"read-all", "write-all"}:
        return node.text
    said = mapping(node)
    said.only((*_SCOPES, *_READ_ONLY_SCOPES, *_WRITE_ONLY_SCOPES), node.path)
    levels = {scope: one(level).text for scope, level in said.entries.items()}
    for scope, level in levels.items():
        if level not in _LEVELS:
            wrong(f"{node.path}.{scope} is {level!r}; it must be read, write or none", said.keys[scope])
    return levels


def _named(table: Table, key: str, name: str) -> str | None:
    """Return what is given as `key: X`, or as a mapping with X under `name`."""
    node = table.entries.get(key)
    if not isinstance(node, Table):
        return table.text(key)
    named = node.text(name)
    return wrong(f"{node.path} needs {name}", node.where) if named is None else named


def _job(jobs: Table, id_: str) -> Job:
    table = mapping(jobs.entries[id_])
    where = jobs.keys[id_]
    if not _ID.fullmatch(id_):
        wrong(f"{id_!r} is no id of a job: letters, digits, - and _, a letter or _ first", where)
    table.only(_JOB_KEYS, "a job")
    if "uses" not in table.keys and "runs-on" not in table.keys:
        wrong(f"the job {id_} says neither runs-on nor uses", where)
    environment = _named(table, "environment", "name")
    strategy = table.entries.get("strategy")
    return Job(
        id=id_,
        where=where,
        keys=table.keys,
        name=table.text("name") or id_,
        needs=table.texts("needs"),
        runs_on=_runs_on(table),
        permissions=_permissions(table),
        environment=Environment(environment, table.keys["environment"]) if environment else None,
        concurrency=_named(table, "concurrency", "group"),
        matrix=isinstance(strategy, Scalar) or (isinstance(strategy, Table) and "matrix" in strategy.keys),
        uses=_uses(table, _workflow_of),
        timeout_minutes=table.text("timeout-minutes"),
        condition=table.text("if"),
        continue_on_error=table.text("continue-on-error"),
        env=table.texts_by_name("env"),
        outputs=table.texts_by_name("outputs"),
        steps=_steps(table, id_, where),
    )


def _runs_on(table: Table) -> tuple[str, ...]:
    node = table.entries.get("runs-on")
    if not isinstance(node, Table):
        return table.texts("runs-on")
    group = node.text("group")
    return (*(() if group is None else (f"group:{group}",)), *node.texts("labels"))


def _steps(table: Table, job: str, where: Location) -> tuple[Step, ...]:
    node = table.entries.get("steps")
    if "uses" in table.keys:
        return () if node is None else wrong(f"the job {job} has uses and steps; it can have one of them", node.where)
    if not isinstance(node, Items) or not node.items:
        wrong(f"the job {job} has no steps", node.where if node else where)
    steps = tuple(_step(mapping(item)) for item in node.items)
    ids = [step.id.upper() for step in steps if step.id]
    for place, step in enumerate(step for step in steps if step.id):
        if ids.index(ids[place]) != place:
            wrong(f"two steps of the job {job} have the id {step.id!r}", step.keys["id"])
    return steps


def _step(table: Table) -> Step:
    table.only(_STEP_KEYS, "a step")
    if ("uses" in table.keys) == ("run" in table.keys):
        wrong("a step needs uses or run, and not both", table.where)
    id_ = table.text("id")
    if id_ is not None and not _ID.fullmatch(id_):
        wrong(f"{id_!r} is no id of a step: letters, digits, - and _, a letter or _ first", table.keys["id"])
    inputs = table.table("with")
    return Step(
        where=table.where,
        keys=table.keys,
        name=table.text("name"),
        id=id_,
        uses=_uses(table, _action_of),
        run=table.text("run"),
        shell=table.text("shell"),
        inputs=table.texts_by_name("with"),
        input_places={} if inputs is None else inputs.keys,
        env=table.texts_by_name("env"),
        condition=table.text("if"),
        continue_on_error=table.text("continue-on-error"),
    )


def _uses(table: Table, read: Callable[[Scalar], Uses]) -> Uses | None:
    node = table.entries.get("uses")
    return None if node is None else read(one(node))


def _action_of(said: Scalar) -> Uses:
    if said.text.startswith("./"):
        return Uses(said.text, said.where, path=said.text[2:].strip("/"), comment=said.comment)
    if said.text.startswith("docker://"):
        return Uses(said.text, said.where, comment=said.comment)
    match = _ACTION.fullmatch(said.text)
    if match is None:
        wrong(f"uses is {said.text!r}; it must be OWNER/NAME@REF, ./PATH or docker://IMAGE", said.where)
    return Uses(said.text, said.where, match["repository"], match["path"].strip("/"), match["ref"], said.comment)


def _workflow_of(said: Scalar) -> Uses:
    uses = _action_of(said)
    if not uses.path.startswith(".github/workflows/"):
        wrong(f"uses is {said.text!r}; a job can use a workflow in .github/workflows/", said.where)
    return uses


def _check_needs(jobs: tuple[Job, ...]) -> None:
    ids = {job.id for job in jobs}
    for job in jobs:
        unknown = [need for need in job.needs if need not in ids]
        if unknown:
            wrong(f"the job {job.id} needs {unknown[0]!r}, which is no job of this workflow", job.keys["needs"])
    try:
        TopologicalSorter({job.id: job.needs for job in jobs}).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][::-1]
        where = next(job.keys["needs"] for job in jobs if job.id == circle[0])
        wrong(f"jobs need each other in a circle: {' needs '.join(circle)}", where)
