"""Rules on parity: what the workflow runs can be typed here, and its jobs are those of the pipeline, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from castoff.core.errors import Location
from castoff.core.findings import Finding, Verdict
from castoff.core.names import Names
from castoff.core.pins import pinned
from castoff.core.pipeline import DOWNLOAD, PUBLISH, UPLOAD, VERBS, Stage
from castoff.core.workflow import Job, Step, Uses
from castoff.core.workflow_commands import Command, read_command, uploads_by_hand
from castoff.core.workflow_subject import Subject, steps_using, uses, without_expressions

_INIT = ("castoff init --dry-run",)
_SHOWN = 60
"""Characters of a command that are shown."""


def has_every_job(subject: Subject) -> Iterator[Finding]:
    """There is a job for each stage of the pipeline, and the action in it that does its work."""
    for stage in subject.missing:
        what = f"there is no job {stage.job}, which {stage.does}"
        yield Finding(what, subject.place("jobs"), (f"{stage.job}:",), _INIT)
    for stage, job in subject.stages:
        if job.uses:
            yield _elsewhere(stage, job, job.uses)
            continue
        by_hand = any(step.run and uploads_by_hand(step.run) for step in job.steps)
        if stage.action and not steps_using(job, stage.action) and not by_hand:
            what = f"the job {job.id} has no step that uses {stage.action}, which {stage.does}"
            yield Finding(what, job.where, (f"- uses: {pinned(stage.action)}",))


def jobs_follow_one_another(subject: Subject) -> Iterator[Finding]:
    """Each job needs the one before, by itself or over others: if one fails, the later ones do not run."""
    for (_, before), (_, job) in pairwise(subject.stages):
        if before.id not in subject.before(job):
            where = job.keys.get("needs", job.where)
            what = f"the job {job.id} does not wait for {before.id}: it runs when that has failed, too"
            if job.id in subject.before(before):
                what = f"the job {job.id} runs before {before.id}, and has to come after it"
            yield Finding(what, where, (f"needs: {_needs(job, before)}",))


def nothing_runs_in_spite(subject: Subject) -> Iterator[Finding]:
    """No job or step of the pipeline has an `if`, or goes on after an error: none is left out, none runs in spite."""
    for _, job in subject.stages:
        for condition, keys in ((job, job.keys), *((step, step.keys) for step in job.steps)):
            named = f"the job {job.id}" if isinstance(condition, Job) else f"a step of the job {job.id}"
            if condition.condition is not None:
                yield Finding(f"{named} has a condition; every part of a release runs, and in order", keys["if"])
            if condition.continue_on_error not in {None, "false"}:
                yield Finding(f"{named} goes on after an error", keys["continue-on-error"])


def every_command_is_a_target(subject: Subject) -> Iterator[Finding]:
    """Every `run:` is one make target or one task: what CI runs can be typed here, and is tested here."""
    own = {job.id for job in subject.own_jobs}
    for job, step in subject.steps:
        if step.run is None or uploads_by_hand(step.run) or read_command(without_expressions(step.run)):
            yield from _shell(job, step)
            continue
        stage = next((stage for stage, one in subject.stages if one is job), None)
        instead = (f"run: make {stage.verb}",) if stage and stage.verb else ("run: make TARGET",)
        if job.id in own:
            what = f"the job {job.id}, one of your own, runs a script that cannot be typed here: {_first(step.run)}"
            yield Finding(what, step.keys["run"], instead, verdict=Verdict.NOTE)
        else:
            what = (
                f"the job {job.id} runs a script of its own, which drifts from what is typed here: {_first(step.run)}"
            )
            yield Finding(what, step.keys["run"], instead)


def every_target_exists(subject: Subject) -> Iterator[Finding]:
    """Every target and task that the workflow names is there, in the Makefile or in tasks.py."""
    for _, step in subject.steps:
        command = _command(step)
        if command is None:
            continue
        names = _names(subject, command)
        if "working-directory" in step.keys and command.program != "castoff":
            what = f"whether `{step.run}` runs anything in that folder is not looked at"
            yield Finding(what, step.keys["working-directory"], verdict=Verdict.UNKNOWN)
        elif command.name not in names.known:
            yield _unknown(command, names, step.keys["run"])


def each_stage_runs_its_verb(subject: Subject) -> Iterator[Finding]:
    """Each job that runs code of ours runs its own verb; it fetches before that, and hands on after it."""
    for stage, job in subject.stages:
        if stage.verb is None:
            continue
        found = [place for place, step in enumerate(job.steps) if _runs(step, stage.verb)]
        if found:
            yield from _out_of_order(job, found[0])
        elif not any(_told(subject, step) for step in job.steps):
            what = f"the job {job.id} does not run `make {stage.verb}`, which {stage.does}"
            yield Finding(what, job.where, (f"- run: make {stage.verb}",))


def nothing_is_uploaded_by_hand(subject: Subject) -> Iterator[Finding]:
    """No script uploads to an index, and no action does but in the job that publishes."""
    publish = subject.job("publish")
    for job, step in subject.steps:
        by_hand = step.run and uploads_by_hand(step.run)
        if by_hand:
            what = f"the job {job.id} uploads by hand (`{by_hand}`), beside trusted publishing and its attestations"
            yield Finding(what, step.keys["run"], (f"- uses: {pinned(PUBLISH)}",))
        elif uses(step, PUBLISH) and job is not publish and step.uses:
            yield Finding(f"the job {job.id} publishes, too; one job does, and nothing else", step.uses.where)


def inputs_are_known(subject: Subject) -> Iterator[Finding]:
    """Each input is one that the action knows: GitHub passes over a misspelt one with a warning that nobody reads."""
    for _, step in subject.steps:
        known = subject.around.inputs.get(step.uses.action.lower()) if step.uses else None
        names = Names(None, frozenset(known or ()))
        for name in step.inputs if known else ():
            if name.lower() not in names.known and step.uses:
                yield _input(step, step.uses.action, name, names.near(name))


def _elsewhere(stage: Stage, job: Job, used: Uses) -> Finding:
    """Tell of a stage that is a workflow of its own. Trusted publishing goes by the workflow that was started."""
    if stage.environment:
        what = f"the job {job.id} is a reusable workflow, for which PyPI knows no trusted publishing"
        return Finding(what, used.where, (f"- uses: {pinned(PUBLISH)}",))
    what = f"the job {job.id} is a reusable workflow, and what that does is not looked at"
    return Finding(what, used.where, verdict=Verdict.UNKNOWN)


def _input(step: Step, action: str, name: str, near: str | None) -> Finding:
    what = f"{action} knows no input {name!r}"
    if near:
        return Finding(f"{what}; {near!r} is one", step.input_places[name], (f"{near}: {step.inputs[name]}",))
    return Finding(f"{what}, in the version that castoff knows", step.input_places[name], verdict=Verdict.UNKNOWN)


def _shell(job: Job, step: Step) -> Iterator[Finding]:
    if step.shell and step.run and step.shell not in {"bash", "sh"}:
        what = (
            f"a step of the job {job.id} has a shell of its own, {step.shell}: what it runs is not what is typed here"
        )
        yield Finding(what, step.keys["shell"])


def _needs(job: Job, before: Job) -> str:
    needs = [*(need for need in job.needs), before.id]
    return needs[0] if len(needs) == 1 else f"[{', '.join(needs)}]"


def _first(run: str) -> str:
    lines = run.strip().splitlines() or [""]
    first = lines[0] if len(lines[0]) <= _SHOWN else f"{lines[0][: _SHOWN - 3]}..."
    more = len(lines) - 1
    return f"`{first}`" + (f" and {more} more line{'s' if more > 1 else ''}" if more else "")


def _command(step: Step) -> Command | None:
    return read_command(without_expressions(step.run)) if step.run else None


def _runs(step: Step, verb: str) -> bool:
    command = _command(step)
    return command is not None and command.verb == verb


def _told(subject: Subject, step: Step) -> bool:
    """Return whether another rule has told of what this step runs."""
    command = _command(step)
    return step.run is not None and (command is None or command.name not in _names(subject, command).known)


def _names(subject: Subject, command: Command) -> Names:
    if command.program == "make":
        return subject.around.targets
    return subject.around.tasks if command.program == "invoke" else Names("castoff", VERBS)


def _unknown(command: Command, names: Names, where: Location) -> Finding:
    kind, file = ("target", "Makefile") if command.program == "make" else ("task", "tasks.py")
    if names.file is None:
        return Finding(f"there is no {file}, and so no {kind} {command.name!r}", where, fix=_INIT)
    if not names.certain:
        what = f"whether there is a {kind} {command.name!r} is for {command.program} alone to say"
        return Finding(what, where, verdict=Verdict.UNKNOWN)
    near = names.near(command.name)
    what = f"{names.file} has no {kind} {command.name!r}" + (f"; {near!r} is one" if near else "")
    return Finding(what, where, (f"run: {command.program} {near}",) if near else ())


def _out_of_order(job: Job, work: int) -> Iterator[Finding]:
    """Tell of what is handed on before the work is done, and of what is fetched after it."""
    early = [step.uses for step in job.steps[:work] if step.uses and uses(step, UPLOAD)]
    late = [step.uses for step in job.steps[work:] if step.uses and uses(step, DOWNLOAD)]
    if early:
        yield Finding(f"the job {job.id} hands on before it has run `{job.steps[work].run}`", early[0].where)
    if late:
        yield Finding(f"the job {job.id} fetches after it has run `{job.steps[work].run}`", late[0].where)
