"""One step of a job as an action sees it: its inputs, its environment, and the ways to say something to the runner."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, cast

from castoff.standins.stage import VARIABLE, Stage, StageError, read_stage

INPUTS = "CASTOFF_INPUTS"
"""The environment variable with the inputs of the step, as JSON."""


class StepError(Exception):
    """The step fails; the text is what the real action would say."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Step:
    """What a step was given."""

    inputs: Mapping[str, str]
    env: Mapping[str, str]
    stage: Stage

    def text(self, name: str) -> str:
        """Return an input without the space around it; empty when it is not set."""
        return self.inputs.get(name, "").strip()

    def lines(self, name: str) -> list[str]:
        """Return the lines of an input that are not empty."""
        return [line.strip() for line in self.inputs.get(name, "").splitlines() if line.strip()]

    def flag(self, name: str) -> bool:
        """Return an input that is `true` or `false` as YAML 1.2 writes them; raises StepError for anything else."""
        value = self.text(name)
        if value in ("true", "True", "TRUE"):
            return True
        if value in ("false", "False", "FALSE"):
            return False
        raise StepError(
            f'Input does not meet YAML 1.2 "Core Schema" specification: {name}\n'
            "Support boolean input list: `true | True | TRUE | false | False | FALSE`"
        )

    def variable(self, name: str) -> str:
        """Return a variable that the runner sets; raises StepError when it has not."""
        value = self.env.get(name, "")
        if not value:
            raise StepError(f"{name} not defined")
        return value

    @property
    def workspace(self) -> Path:
        """The folder in which the job works."""
        return Path(self.variable("GITHUB_WORKSPACE")).resolve()

    @property
    def run_id(self) -> str:
        """The number of the run."""
        return self.variable("GITHUB_RUN_ID")

    @property
    def attempt(self) -> int:
        """How often the run was begun, this time included."""
        value = self.env.get("GITHUB_RUN_ATTEMPT", "1")
        return int(value) if value.isdigit() else 1

    def output(self, name: str, value: str) -> None:
        """Set an output of the step."""
        self._hand("GITHUB_OUTPUT", name, value)

    def export(self, name: str, value: str) -> None:
        """Set an environment variable for the steps that follow in this job."""
        self._hand("GITHUB_ENV", name, value)

    def add_path(self, folder: Path) -> None:
        """Put a folder at the front of PATH for the steps that follow in this job."""
        self._append("GITHUB_PATH", f"{folder}\n")

    def summarize(self, text: str) -> None:
        """Add to the summary of the job."""
        self._append("GITHUB_STEP_SUMMARY", f"{text}\n")

    def _hand(self, file: str, name: str, value: str) -> None:
        """Write NAME and a value of any number of lines, between marks that nobody can guess."""
        mark = f"ghadelimiter_{secrets.token_hex(16)}"
        self._append(file, f"{name}<<{mark}\n{value}\n{mark}\n")

    def _append(self, variable: str, text: str) -> None:
        path = self.env.get(variable)
        if path:
            with Path(path).open("a", encoding="utf-8") as stream:
                stream.write(text)


def read_step(env: Mapping[str, str]) -> Step:
    """Return the step that the environment describes; raises StepError."""
    try:
        stage = read_stage(Path(env[VARIABLE]))
        inputs: object = json.loads(env.get(INPUTS) or "{}")
    except KeyError:
        raise StepError(f"{VARIABLE} is not set: this plays an action in a rehearsal only") from None
    except StageError as error:
        raise StepError(str(error)) from None
    except ValueError as error:
        raise StepError(f"{INPUTS} is not JSON: {error}") from None
    if not isinstance(inputs, dict):
        raise StepError(f"{INPUTS} is not a JSON object")
    given = cast("dict[str, object]", inputs)
    return Step({name: _as_text(value) for name, value in given.items()}, dict(env), stage)


def _as_text(value: object) -> str:
    """Return an input as the runner hands it on: always as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def say(text: str = "") -> None:
    """Write a line to the log."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def debug(text: str) -> None:
    """Write a line that the log shows only when debugging is on."""
    say(f"::debug::{_escaped(text)}")


def notice(text: str, title: str = "") -> None:
    """Write an annotation."""
    say(_annotation("notice", text, title))


def warning(text: str, title: str = "") -> None:
    """Write an annotation that warns."""
    say(_annotation("warning", text, title))


def error(text: str) -> None:
    """Write an annotation of what failed."""
    say(_annotation("error", text, ""))


def mask(secret: str) -> None:
    """Have the log show stars in place of a secret."""
    say(f"::add-mask::{secret}")


def fail(text: str) -> NoReturn:
    """Raise StepError."""
    raise StepError(text)


def _annotation(kind: str, text: str, title: str) -> str:
    return f"::{kind} title={title}::{_escaped(text)}" if title else f"::{kind}::{_escaped(text)}"


def _escaped(text: str) -> str:
    """Return text of several lines as one: the runner turns it back."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
