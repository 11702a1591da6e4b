"""What the rules of a workflow look at: the workflow, its tree with the places, and what the repository has."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import normpath

from castoff.core.errors import Location
from castoff.core.names import Names
from castoff.core.pipeline import DOWNLOAD, UPLOAD, WHEELS, Artifact, Stage
from castoff.core.workflow import Job, Step, Workflow
from castoff.core.workflow_commands import read_command
from castoff.core.workflow_files import Files
from castoff.core.workflow_yaml import Items, Node, Table

_UNNAMED = {UPLOAD: "artifact", DOWNLOAD: ""}  # as GitHub's actions call what has no name; a download takes all
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Around:
    """What the rules need to know of the repository."""

    targets: Names
    tasks: Names
    environment: str
    """The environment that PyPI's trusted publisher names."""
    inputs: Mapping[str, Collection[str]]
    """`OWNER/NAME` in small letters -> the inputs of the action, for those that are known."""
    project: str
    """The distribution's name as written."""
    main: str = "main"


@dataclass(frozen=True, slots=True)
class Handed:
    """An artifact in a step that uploads or downloads it."""

    job: Job
    step: Step
    name: str
    """Its name, with `*` for what only the run knows; empty for a download of all artifacts."""

    @property
    def pattern(self) -> str:
        """The pattern of the names that are downloaded, as it is given."""
        return self.step.inputs.get("pattern", "")

    @property
    def path(self) -> str:
        """The path as it is given."""
        return self.step.inputs.get("path", "")

    @property
    def paths(self) -> set[str]:
        """The paths that are uploaded, without `./` and slashes around them."""
        return {line.strip().removeprefix("./").rstrip("/") for line in self.path.splitlines() if line.strip()}

    def at(self, key: str = "name") -> Location:
        """Return the place of an input, or that of the step's action when it is not given."""
        return input_place(self.step, key)

    def fetches(self, name: str) -> bool:
        """Return whether this download brings the artifact called `name`."""
        if self.name:
            return fnmatchcase(name, self.name) or fnmatchcase(self.name, name)
        return fnmatchcase(name.replace("*", "x"), self.pattern or "*")


@dataclass(frozen=True, slots=True)
class Subject:
    """A workflow, seen as a release pipeline."""

    workflow: Workflow
    tree: Table
    around: Around
    stages: tuple[tuple[Stage, Job], ...]
    """Each stage that the workflow has, and its job, in the order of the pipeline."""
    missing: tuple[Stage, ...]
    uploads: tuple[Handed, ...]
    downloads: tuple[Handed, ...]

    @property
    def own_jobs(self) -> tuple[Job, ...]:
        """The jobs that are the project's own, beside the pipeline."""
        taken = {job.id for _, job in self.stages}
        return tuple(job for job in self.workflow.jobs if job.id not in taken)

    @property
    def steps(self) -> Iterator[tuple[Job, Step]]:
        """Every step of every job."""
        return ((job, step) for job in self.workflow.jobs for step in job.steps)

    def job(self, name: str) -> Job | None:
        """Return the job of the stage called `name`."""
        return next((job for stage, job in self.stages if stage.job == name), None)

    def place(self, *path: str) -> Location:
        """Return where the key at `path` stands, or the nearest one above it that is there."""
        node: Node | None = self.tree
        where = self.tree.where
        for key in path:
            if not isinstance(node, Table) or key not in node.keys:
                break
            where, node = node.keys[key], node.entries.get(key)
        return where

    def text(self, *path: str) -> str | None:
        """Return the single value at `path`, or None."""
        node: Node | None = self.tree
        for key in path:
            node = node.entries.get(key) if isinstance(node, Table) else None
        return None if node is None or isinstance(node, Table | Items) else node.text

    def before(self, job: Job) -> frozenset[str]:
        """Return the ids of all jobs that have to succeed before `job` begins."""
        jobs = {one.id: one for one in self.workflow.jobs}
        reached: set[str] = set()
        waiting = list(job.needs)
        while waiting:
            need = waiting.pop()
            if need not in reached:
                reached.add(need)
                waiting += jobs[need].needs
        return frozenset(reached)

    @property
    def feeding(self) -> frozenset[str]:
        """The ids of the jobs that come to what is published: the stages, and all that they need."""
        stages = {job.id for _, job in self.stages}
        return frozenset(stages.union(*(self.before(job) for _, job in self.stages)))

    def takes(self, stage: Stage) -> tuple[Artifact, ...]:
        """Return what a stage takes in this workflow: what an optional stage adds joins what is taken anyway."""
        taken = {artifact.name for artifact in stage.takes}
        added = (artifact for other, _ in self.stages if other.optional for artifact in other.hands_on)
        more = stage.with_sbom if self.has_sbom else ()
        return (*stage.takes, *(artifact for artifact in added if artifact.joins in taken), *more)

    @property
    def has_sbom(self) -> bool:
        """Whether an SBOM is handed on, beside the manifest."""
        return any(self.carries(artifact, job) for stage, job in self.stages for artifact in stage.hands_on)

    def carries(self, artifact: Artifact, job: Job) -> bool:
        """Return whether `job` hands on an artifact together with what goes along of the SBOM."""
        upload = self.upload_of(artifact, job)
        return upload is not None and bool(self.files.of_sbom(artifact, upload.paths))

    def upload_of(self, artifact: Artifact, job: Job) -> Handed | None:
        """Return where `job` hands on an artifact: by its name, or under another name by its path."""
        here = [one for one in self.uploads if one.job.id == job.id]
        named = [one for one in here if one.name == artifact.name]
        return next(iter(named or [one for one in here if self.has_all_of(artifact, one)]), None)

    @property
    def files(self) -> Files:
        """What the files are called that this workflow releases."""
        return Files(self.around.project, any(WHEELS in stage.hands_on for stage, _ in self.stages))

    def has_all_of(self, artifact: Artifact, upload: Handed) -> bool:
        """Return whether an upload has an artifact and nothing else, but for what goes along of the SBOM."""
        return self.files.are_all_of(artifact, upload.paths - self.files.of_sbom(artifact, upload.paths))


def subject_of(workflow: Workflow, tree: Table, around: Around, pipeline: Collection[Stage]) -> Subject:
    """Return the workflow with each stage's job: the one of its name, or else the one that does its work."""
    needed = {stage.job for stage in pipeline if not stage.optional}
    found: dict[str, Job] = {job.id: job for job in workflow.jobs if job.id in needed}
    for stage in pipeline:
        doing = (job for job in workflow.jobs if job.id not in {one.id for one in found.values()} and _does(job, stage))
        other = None if stage.job in found else next(doing, None)
        if other:
            found[stage.job] = other
    return Subject(
        workflow=workflow,
        tree=tree,
        around=around,
        stages=tuple((stage, found[stage.job]) for stage in pipeline if stage.job in found),
        missing=tuple(stage for stage in pipeline if stage.job not in found and not stage.optional),
        uploads=tuple(_handed(workflow, UPLOAD)),
        downloads=tuple(_handed(workflow, DOWNLOAD)),
    )


def uses(step: Step, action: str) -> bool:
    """Return whether a step uses an action (`OWNER/NAME`), in any version."""
    return step.uses is not None and step.uses.action.lower() == action


def steps_using(job: Job, action: str) -> list[Step]:
    """Return the steps of a job that use an action."""
    return [step for step in job.steps if uses(step, action)]


def input_place(step: Step, key: str) -> Location:
    """Return the place of an input of a step's action, or that of the action when it is not given."""
    return step.input_places.get(key) or (step.uses or step).where


def folder(path: str) -> str:
    """Return the folder that a path names, without `./` and slashes behind it; `.` for the work folder itself."""
    return normpath(path.strip())


def without_expressions(text: str, instead: str = "") -> str:
    """Return `text` with `instead` for each `${{ expression }}`."""
    return _EXPRESSION.sub(instead, text)


def _does(job: Job, stage: Stage) -> bool:
    if stage.action and steps_using(job, stage.action):
        return True
    commands = (read_command(step.run) for step in job.steps if step.run)
    return stage.verb is not None and any(command and command.verb == stage.verb for command in commands)


def _handed(workflow: Workflow, action: str) -> Iterator[Handed]:
    for job in workflow.jobs:
        for step in steps_using(job, action):
            name = without_expressions(step.inputs.get("name", ""), "*").strip() or _UNNAMED[action]
            yield Handed(job, step, name)
