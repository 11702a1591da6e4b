"""How a verb is run: its environment read, its errors shown, its exit code made; and what invoke's tasks lack."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, cast

from invoke import tasks as invoke_tasks
from invoke.context import Context
from invoke.exceptions import Exit

from castoff.adapters.console import Console
from castoff.adapters.environment import Environment, read_environment
from castoff.core.errors import CastoffError, Problem, misuse, refuse
from castoff.flows.checkout import Checkout, find_root

Body = Callable[..., None]
"""A task's function: its arguments are the flags."""
JSON = "print the result as JSON on standard output, prose on standard error"
"""The help of `--json`, which every verb has that reports."""


def task(**options: Any) -> Callable[[Body], Body]:  # noqa: ANN401 - invoke's own, untyped keywords
    """Return invoke's task decorator, with the type that invoke leaves out; the task refuses invoke's own dry run."""
    decorator: object = invoke_tasks.task(**options)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def decorate(body: Body) -> Body:
        @wraps(body)
        def heeding(context: Context, *args: object, **flags: object) -> None:
            _refuse_dry(context, body.__name__.replace("_", "-"), as_json=bool(flags.get("json")))
            body(context, *args, **flags)

        return cast("Callable[[Body], Body]", decorator)(heeding)

    return decorate


def _refuse_dry(context: Context, name: str, *, as_json: bool) -> None:
    """End with exit code 2 where `--dry` is set: it is for commands that a shell runs, and would stop nothing."""
    if context.config.run.dry:
        wrong = misuse(
            "--dry is invoke's own, and stops nothing here: the verbs that act have --dry-run (or DRY_RUN=1)"
        )
        Console(read_environment({}), as_json=as_json).failure(name, wrong)
        raise Exit(code=wrong.exit_code)


def run_verb(name: str, act: Callable[[Checkout, Environment], None], *, as_json: bool) -> None:
    """Run a verb's flow: the one place where the environment is read, errors are shown and exit codes made."""
    try:
        environment = read_environment(os.environ)
    except CastoffError as error:
        Console(read_environment({}), as_json=as_json).failure(name, error)
        raise Exit(code=error.exit_code) from None
    console = Console(environment, as_json=as_json)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        act(Checkout(find_root(Path.cwd()), environment, console), environment)
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a handler would be dropped while Python ends, and the next one kill
        console.failure(name, CastoffError(Problem("interrupted")))
        raise Exit(code=1) from None
    except CastoffError as error:
        console.failure(name, error)
        raise Exit(code=error.exit_code) from None
    except BrokenPipeError:
        raise  # nobody reads on: `castoff.program` ends quietly
    except OSError as error:
        console.failure(name, refuse(f"the system refuses: {error}"))
        raise Exit(code=1) from None


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Treat SIGTERM like Ctrl-C, so that what was begun is taken back; asked again, go on taking it back."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _go_on)  # a handler, not SIG_IGN, which the programs that are started would inherit
    raise KeyboardInterrupt


def _go_on(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing."""


def required(version: str | None, checkout: Checkout, verb: str) -> str:
    """Return the version that was asked for, as a flag or by VERSION; raises UsageError when there is none."""
    wanted = version or checkout.environment.version
    if wanted is None:
        raise misuse("which version?", checkout.command(verb, "0.4.0"))
    return wanted


def seconds(text: str | None, default: float) -> float:
    """Return how many seconds a person has typed; raises UsageError for what is no such number."""
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 6):  # noqa: PLR2004 - a day
        raise misuse(f"{text!r} is not a number of seconds")
    return default if text is None else float(text)
