"""The invoke program over the tasks that `invoke` finds in tasks.py, and `init`."""

from __future__ import annotations

import sys

from invoke.exceptions import ParseError
from invoke.program import Program

from castoff import __version__
from castoff.tasks import program as tasks

USAGE = 2


class _Program(Program):
    """invoke's program, but for the exit code of a wrong call: 2, as the contract says."""

    def parse_tasks(self) -> None:
        try:
            super().parse_tasks()
        except ParseError as error:
            print(f"error: {error}\n  type: castoff --list", file=sys.stderr)  # noqa: T201 - before there is a console
            sys.exit(USAGE)


program = _Program(name="castoff", binary="castoff", namespace=tasks, version=__version__)
