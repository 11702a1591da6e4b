"""The job of the release workflow that publishes, as PyPI will see it."""

from __future__ import annotations

from collections.abc import Iterator

from castoff.core.diagnosis import Publishing
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.pipeline import PUBLISH, WORKFLOW
from castoff.core.published import Unknown
from castoff.core.tree import Tree
from castoff.core.workflow import Workflow, job_permissions
from castoff.core.workflow_reading import read_workflow

_FOLDER, _, _FILE = WORKFLOW.rpartition("/")


def publishing(tree: Tree) -> Publishing | Problem | Unknown:
    """Return what release.yml tells PyPI; where that file publishes nothing, another of the folder that does.

    A Problem is what keeps every release from being published; Unknown says that it publishes in a way of its own.
    """
    data = tree.read(WORKFLOW)
    if data is None:
        elsewhere = next(_others(tree), None)
        where = Location(WORKFLOW)
        return elsewhere or Problem("there is no such workflow", where, ("castoff init",))
    try:
        workflow = read_workflow(WORKFLOW, data.decode("utf-8", "replace"))
    except CastoffError as error:
        first = error.problems[0]
        return Problem(first.what, first.where, first.fix or ("castoff check-workflow",))
    return _of(workflow) or _otherwise(workflow, tree)


def _of(workflow: Workflow) -> Publishing | None:
    """Return the first job that publishes by PyPI's action."""
    for job in workflow.jobs:
        for step in job.steps:
            if step.uses is not None and step.uses.action.lower() == PUBLISH:
                environment = job.environment
                return Publishing(
                    file=workflow.file.rpartition("/")[2],
                    job=job.id,
                    where=job.where,
                    environment=environment.name if environment else None,
                    environment_at=environment.where if environment else job.where,
                    computed=bool(environment and environment.computed),
                    identity=job_permissions(workflow, job).get("id-token") == "write",
                    password=step.input_places.get("password"),
                )
    return None


def _otherwise(workflow: Workflow, tree: Tree) -> Problem | Unknown:
    """Return why no job of release.yml publishes by PyPI's action."""
    called = next((job for job in workflow.jobs if job.uses), None)
    if called is not None and called.uses is not None:
        what = f"the job {called.id} is a reusable workflow, from which PyPI takes no trusted publishing"
        return Problem(what, called.uses.where, ("write its steps into release.yml",))
    other = next(_others(tree), None)
    if other is not None:
        return Problem(f"no job publishes, and the job {other.job} in {other.file} does", Location(workflow.file))
    return Unknown(f"no job of {_FILE} uses {PUBLISH}: how it publishes cannot be told")


def _others(tree: Tree) -> Iterator[Publishing]:
    for name in tree.names(_FOLDER):
        data = tree.read(f"{_FOLDER}/{name}") if name.endswith((".yml", ".yaml")) and name != _FILE else None
        if data is None:
            continue
        try:
            found = _of(read_workflow(f"{_FOLDER}/{name}", data.decode("utf-8", "replace")))
        except CastoffError:
            continue
        if found:
            yield found
