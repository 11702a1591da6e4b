"""The invoke program over the tasks that `invoke` finds in tasks.py, and `init`."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

from invoke.config import Config
from invoke.exceptions import ParseError
from invoke.program import Program

from castoff import __version__
from castoff.adapters.console import clean
from castoff.tasks import program as tasks

USAGE = 2
_SHOWN = ("-h", "-l", "-V", "--print-completion-script")


class _Config(Config):
    """invoke's configuration, but that a home which cannot be looked into (it is a file, or another's) holds none."""

    def load_user(self, merge: bool = True) -> None:
        with suppress(NotADirectoryError, PermissionError):
            super().load_user(merge)


class _Program(Program):
    """invoke's program, but for the exit code of a wrong call: 2, as the contract says; and without tracebacks."""

    def run(self, argv: list[str] | None = None, exit: bool = True) -> None:  # noqa: A002 - invoke's own name
        """Run; where the system refuses even to let it be said, say that in one line, or nothing to a closed pipe."""
        _open_streams()
        try:
            try:
                super().run(argv, exit)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            _to_nobody(sys.stdout)
            sys.exit(1)
        except OSError as error:
            _to_nobody(sys.stdout)
            print(clean(f"error: the system refuses: {error}"), file=sys.stderr)  # noqa: T201 - the console cannot
            sys.exit(1)

    def print_help(self) -> None:
        """Say what there is to type; invoke's other options are for commands that a shell runs, and no verb has one."""
        print("Usage: castoff VERB [--option ...]; castoff --help VERB tells a verb's options.\n")  # noqa: T201 - as invoke
        shown = [said for said in self.initial_context.help_tuples() if said[0].startswith(_SHOWN)]
        self.print_columns(shown)
        self.list_tasks()

    def parse_tasks(self) -> None:
        try:
            super().parse_tasks()
        except ParseError as error:
            said, instead = meant(error, self.core.unparsed, [*self.collection.task_names])
            print(clean(f"error: {said}\n  type: castoff {instead}"), file=sys.stderr)  # noqa: T201 - as below
            sys.exit(USAGE)


def meant(error: ParseError, typed: Sequence[str], verbs: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with a call, and the call that was meant, as far as that shows; both without `castoff`.

    A version that stands alone is that of the verb before it; a verb or an option that is misspelt is the nearest one.
    """
    from difflib import get_close_matches

    from castoff.core.versions import parse

    verb = error.context.name if error.context else None
    lacks = re.match(r"Flag <Argument: ([\w-]+)", str(error))
    if lacks:
        return f"--{lacks[1].replace('_', '-')} needs a value", f"--help {verb}" if verb else "--list"
    at, word = next(((i, word) for i, word in enumerate(typed) if repr(word.partition("=")[0]) in str(error)), (0, ""))
    flags: list[str] = [*cast("Any", error.context).flags] if error.context else []  # invoke does not say its type
    if "--version" in flags and parse(word):
        instead = ["--version", word]
    elif word.startswith("-"):
        option, equals, value = word.partition("=")
        instead = [near + equals + value for near in get_close_matches(option, flags, 1)]
    else:
        instead = get_close_matches(word.replace("_", "-"), verbs, 1)
    nothing = f"--help {verb}" if verb else "--list"
    return str(error), shlex.join([*typed[:at], *instead, *typed[at + 1 :]]) if instead else nothing


def _open_streams() -> None:
    """Let streams that the caller has closed (`>&-`) lead to nobody, so that all can write to them."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - for as long as this lives
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 - for as long as this lives


def _to_nobody(stream: TextIO) -> None:
    """Let what is still to be written to a stream go nowhere: Python flushes it once more when it ends."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, stream.fileno())
    os.close(descriptor)


program = _Program(name="castoff", binary="castoff", namespace=tasks, version=__version__, config_class=_Config)
