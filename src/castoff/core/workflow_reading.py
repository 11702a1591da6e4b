"""Reading a GitHub Actions workflow: YAML in, values out.

The shape is that of "Workflow syntax for GitHub Actions": what GitHub would refuse as a whole is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter

from castoff.core.errors import Location
from castoff.core.workflow import (
    READ_ONLY_SCOPES,
    SCOPES,
    WRITE_ONLY_SCOPES,
    Environment,
    Job,
    Permissions,
    Push,
    Step,
    Uses,
    Workflow,
)
from castoff.core.workflow_yaml import Items, Scalar, Table, mapping, one, read_yaml, wrong

_LEVELS = ("read", "write", "none")
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
_ACTION = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<path>(?:/[^/@\s]+)*)@(?P<ref>[^@\s]+)", re.ASCII)


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
    said.only((*SCOPES, *READ_ONLY_SCOPES, *WRITE_ONLY_SCOPES), node.path)
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
    ids = [step.id.casefold() for step in steps if step.id]
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
    return Uses(said.text, said.where, match["repository"], match["path"].removeprefix("/"), match["ref"], said.comment)


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
