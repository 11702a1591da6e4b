"""The workflow of a rehearsal, run by act: who gets which credentials, and what each step did."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from castoff.adapters import process, shim
from castoff.adapters.act import Call, events
from castoff.adapters.console import Console
from castoff.core.adoption import ENVIRONMENTS
from castoff.core.faults import KILLED, Fault
from castoff.core.rehearsal import JobRun
from castoff.core.workflow import Job, Workflow
from castoff.flows.platform import Platform, stage_faults
from castoff.flows.recording import Record
from castoff.flows.scratch import MAIN, Scratch, State
from castoff.standins.catalogue import standins
from castoff.standins.stage import VARIABLE, Stage

_LONGEST = 60 * process.MINUTE
"""Seconds after which a run is ended, whatever it does."""
_SHELLS = ("bash", "sh")
_READY = " ".join(f"-o {venv}/{stamp}" for venv in ENVIRONMENTS for stamp in (".ready", ".locked"))
"""Tells make that the environment is not to be made: offline it is the one that is running."""


@dataclass(frozen=True, slots=True)
class Setting:
    """All that a run depends on."""

    scratch: Scratch
    platform: Platform
    workflow: Workflow
    state: State
    fault: Fault | None
    offline: bool


def run_workflow(console: Console, setting: Setting) -> tuple[tuple[JobRun, ...], list[str]]:
    """Run the jobs that have not succeeded yet; return how each ended, and what stand-ins say of differences."""
    scratch, platform, workflow, state = setting.scratch, setting.platform, setting.workflow, setting.state
    _clone(scratch, platform, state)
    stage = _write_stage(scratch, platform, setting.fault, offline=setting.offline)
    _write_shim(setting)
    call = _call(scratch, platform, workflow, state, stage)
    record = Record(console, workflow, set(state.done))
    argv = call.argv()
    environment = scratch.environment({"ACT_DISABLE_VERSION_CHECK": "1"}, offline=setting.offline)
    try:
        with process.lines(argv, scratch.run, environment) as running:
            timer = threading.Timer(_LONGEST, running.process.kill)
            timer.daemon = True
            timer.start()
            try:
                with console.watching(record.rows):
                    for event in events(running):
                        record.take(event)
                code, said = running.end()
            finally:
                timer.cancel()
    finally:
        _end_steps(scratch)
    record.close(code, said)
    record.show_failures()
    return record.jobs(), record.notices


def _clone(scratch: Scratch, platform: Platform, state: State) -> None:
    """Clone the tag afresh: act reads the workflow from there, and the repository's name from the remote's URL."""
    shutil.rmtree(scratch.run, ignore_errors=True)
    scratch.git("clone", "--quiet", "--branch", state.tag, str(scratch.remote), str(scratch.run))
    page = f"https://github.com/{platform.run.owner}/{platform.run.repository}"
    scratch.git("remote", "set-url", "origin", page, folder=scratch.run)


def _write_stage(scratch: Scratch, platform: Platform, fault: Fault | None, *, offline: bool) -> Path:
    stage = Stage(
        artifacts=scratch.artifacts,
        remote=scratch.remote,
        index_url=platform.index.url,
        upload_url=platform.index.upload_url,
        forge_url=platform.forge.url,
        trust_config=platform.sigstore.trust_config,
        repository=f"{platform.run.owner}/{platform.run.repository}",
        faults=tuple(stage_faults(fault)),
        environment=Path(sys.prefix) if offline else None,
    )
    path = _stage_file(scratch)
    path.write_text(stage.to_json(), encoding="utf-8")
    return path


def _write_shim(setting: Setting) -> None:
    """Put the shim on PATH, and its rules beside it."""
    scratch, workflow, fault, done = setting.scratch, setting.workflow, setting.fault, setting.state.done
    shutil.copy(shim.__file__, scratch.shim / "shim.py")
    for shell in _SHELLS:
        script = f'#!/bin/sh\nexec {shlex.join([sys.executable, "-IS", str(scratch.shim / "shim.py"), shell])} "$@"\n'
        (scratch.shim / shell).write_text(script, encoding="utf-8")
        (scratch.shim / shell).chmod(0o755)
    credentials = setting.platform.credentials(workflow, fault)
    extra = _services(setting.platform) | ({"MAKEFLAGS": _READY} if setting.offline else {})
    jobs = {job.id: _job_rules(scratch, job, credentials[job.id] | extra, done=job.id in done) for job in workflow.jobs}
    # from where the system has them: on PATH there may be the shim of a rehearsal in which this one runs
    shells = {shell: shutil.which(shell, path=os.defpath) or f"/bin/{shell}" for shell in _SHELLS}
    killed = fault.name.partition(":")[2] if fault and fault.name.startswith(KILLED) else None
    rules = {"shells": shells, "running": str(scratch.running), "jobs": jobs, "kill": killed}
    path = scratch.shim / "jobs.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(rules), encoding="utf-8")


def _services(platform: Platform) -> dict[str, str]:
    """Return where castoff itself, in a job, asks the index and the forge."""
    return {"CASTOFF_INDEX_URL": platform.index.simple_url, "GITHUB_API_URL": platform.forge.url}


def _job_rules(scratch: Scratch, job: Job, credentials: dict[str, str], *, done: bool) -> dict[str, object]:
    home = scratch.jobs / job.id
    home.mkdir(exist_ok=True)
    env = {**credentials, "HOME": str(home), "GIT_CONFIG_GLOBAL": str(home / ".gitconfig")}
    return {"env": env, "done": done, "last": len(job.steps) - 1}


def _call(scratch: Scratch, platform: Platform, workflow: Workflow, state: State, stage: Path) -> Call:
    run = platform.run
    scratch.secrets.write_text(f"GITHUB_TOKEN={platform.token}\n", encoding="utf-8")
    event = scratch.root / "event.json"
    event.write_text(json.dumps(_payload(run.ref, run.sha, run.owner, run.repository)), encoding="utf-8")
    folders = standins()
    uses = [step.uses for job in workflow.jobs for step in job.steps if step.uses]
    actions = {f"{use.repository}@{use.ref}": folders[use.action] for use in uses if use.action in folders}
    variables = {
        VARIABLE: str(stage),
        "CASTOFF_PYTHON": sys.executable,
        "GITHUB_RUN_ID": str(run.run_id),
        "GITHUB_RUN_ATTEMPT": str(state.attempt),
        "GITHUB_WORKFLOW_REF": run.workflow_ref,
        "GITHUB_WORKFLOW_SHA": run.sha,
        "GITHUB_REPOSITORY_ID": str(run.repository_id),
        "GITHUB_REPOSITORY_OWNER_ID": str(run.owner_id),
        "GITHUB_REF_PROTECTED": "false",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "RUNNER_NAME": "castoff rehearsal",
    }
    runners = tuple(dict.fromkeys(name for job in workflow.jobs for name in job.runs_on))
    cache = scratch.root / "act"
    shutil.rmtree(cache, ignore_errors=True)
    return Call(
        scratch.run,
        workflow.file,
        event,
        run.actor,
        actions,
        cache,
        variables,
        scratch.secrets,
        scratch.nothing,
        runners,
    )


def _payload(ref: str, sha: str, owner: str, name: str) -> dict[str, object]:
    """Return GitHub's payload of the push of a new tag, as far as a workflow asks for it."""
    repository = {"name": name, "full_name": f"{owner}/{name}", "owner": {"login": owner}, "default_branch": MAIN}
    return {
        "ref": ref,
        "before": "0" * 40,
        "after": sha,  # act takes github.sha from here: the commit, not the tag's own object
        "created": True,
        "deleted": False,
        "forced": False,
        "head_commit": {"id": sha},
        "repository": repository,
    }


def _end_steps(scratch: Scratch) -> None:
    """End the steps that still run, and what they have left behind: each is a session of its own, and outlives act."""
    for note in scratch.running.glob("*"):
        group = note.read_text(encoding="utf-8").strip()
        if group.isdigit():
            process.end_group(int(group))
        note.unlink(missing_ok=True)
    process.end_marked(f"{VARIABLE}={_stage_file(scratch)}")


def _stage_file(scratch: Scratch) -> Path:
    return scratch.root / "stage.json"
