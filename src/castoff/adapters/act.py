"""nektos/act, which runs a GitHub Actions workflow on this machine, without containers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from castoff.adapters import process
from castoff.core.errors import refuse
from castoff.core.toml_text import get_texts

HOST = "-self-hosted"
"""What act calls a runner that is this machine itself."""
_BEGINS = "\u2b50 Run Main"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that act reports."""

    kind: str
    """`step-began`, `step-ended`, `job-ended`, `output` (a line a step printed) or `error`."""
    job: str
    step: int | None
    """Number of the step in its job, from 0; None for the job itself."""
    text: str = ""
    success: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """How act is to be run."""

    folder: Path
    """The checkout of the tag; the workflow is read from it."""
    workflow: str
    event: Path
    """The event's payload, as JSON."""
    actor: str
    actions: Mapping[str, Path]
    """`OWNER/NAME@REF` -> the folder that plays the action."""
    cache: Path
    """Where act keeps the work folders of the jobs."""
    variables: Mapping[str, str]
    """Given to every step of every job."""
    secrets: Path
    """A file of NAME=value lines."""
    nothing: Path
    """An empty file, in the place of every file that act would read by itself."""
    runners: tuple[str, ...]
    """The names in `runs-on` that are this machine."""

    def argv(self) -> list[str]:
        """Return the argument list."""
        argv = ["act", "push", "--json", "--workflows", self.workflow, "--eventpath", str(self.event)]
        argv += [
            "--actor",
            self.actor,
            "--no-cache-server",
            "--artifact-server-addr",
            "127.0.0.1",
            "--no-skip-checkout",
        ]
        argv += ["--action-offline-mode", "--action-cache-path", str(self.cache), "--secret-file", str(self.secrets)]
        for option in ("--env-file", "--var-file", "--input-file"):
            argv += [option, str(self.nothing)]
        for runner in self.runners:
            argv += ["--platform", f"{runner}={HOST}"]
        for reference, folder in self.actions.items():
            argv += ["--local-repository", f"{reference}={folder}"]
        for name, value in self.variables.items():
            argv += ["--env", f"{name}={value}"]
        return argv


def require() -> None:
    """Raise CastoffError when act is not installed."""
    if process.find("act") is None:
        raise refuse(
            "act, which runs the workflow on this machine, is not installed", "pip install 'castoff[rehearse]'"
        )


def read_event(line: str) -> Event | None:
    """Return what a line of act's `--json` output reports, or None when it is of no interest."""
    try:
        data: object = json.loads(line)
    except ValueError:
        return None
    return _event(cast("dict[str, object]", data)) if isinstance(data, dict) else None


def _event(told: dict[str, object]) -> Event | None:
    job, text = str(told.get("jobID", "")), str(told.get("msg", ""))
    steps = get_texts(told, "stepID")
    step = int(steps[0]) if steps and steps[0].isdigit() else None
    own = len(steps) == 1 and told.get("stage") == "Main"  # not a step within an action, nor before and after its own
    if "jobResult" in told:
        return Event("job-ended", job, None, success=told["jobResult"] == "success")
    if told.get("raw_output") or told.get("command"):
        return Event("output", job, step, str(told.get("raw") or text).rstrip("\n"))
    if own and "stepResult" in told:
        return Event("step-ended", job, step, text, success=told["stepResult"] == "success")
    if own and text.startswith(_BEGINS):
        return Event("step-began", job, step, text)
    return Event("error", job, step, text) if told.get("level") == "error" else None


def events(running: process.Streaming) -> Iterator[Event]:
    """Yield what a running act reports."""
    for line in running:
        event = read_event(line)
        if event is not None:
            yield event
