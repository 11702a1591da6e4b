"""Where everything is said: plain lines, annotations and the job summary in CI, JSON for scripts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

from castoff.adapters.environment import Environment
from castoff.core.errors import CastoffError, Problem

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_RICH = {"error": "bold red", "good": "green", "dim": "dim", "strong": "bold"}
_STYLES = {"error": "1;31", "good": "32", "dim": "2", "strong": "1", "old": "31", "new": "32"}


class Console:
    """Says what happens. With `as_json`, prose goes to stderr and stdout gets one JSON object at the end."""

    def __init__(
        self,
        environment: Environment,
        *,
        as_json: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        self.environment = environment
        self.as_json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._colour = self.prose.isatty() and not environment.plain

    @property
    def prose(self) -> TextIO:
        """Where prose goes: standard output, or standard error when that is kept for JSON."""
        return self._err if self.as_json else self._out

    @property
    def live(self) -> bool:
        """Whether a person watches a terminal that can redraw lines."""
        return self._colour and not self.environment.in_actions

    def say(self, text: str = "", style: str | None = None) -> None:
        """Print a line (or several) of prose; control characters from outside are shown, not obeyed."""
        print(self.styled(clean(text), style), file=self.prose, flush=True)

    @contextmanager
    def watching(self, rows: Callable[[], Sequence[tuple[str | None, str]]]) -> Generator[None]:
        """Redraw `rows` (style and text of each) while the block runs, on a terminal; elsewhere do nothing."""
        if not self.live:
            yield
            return
        from rich.console import Console as Screen
        from rich.live import Live
        from rich.text import Text

        def drawn() -> Text:
            return Text("\n").join(Text(clean(text), _RICH.get(style or "", "")) for style, text in rows())

        with Live(console=Screen(file=self.prose, highlight=False), refresh_per_second=8, get_renderable=drawn):
            yield

    def styled(self, text: str, style: str | None) -> str:
        """Return `text` in a style, on a terminal that shows styles."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and self._colour and text else text

    def rows(self, rows: Sequence[Sequence[str]], indent: str = "  ") -> None:
        """Print rows with their columns aligned."""
        widths = [
            max((len(row[column]) for row in rows if column < len(row) - 1), default=0)
            for column in range(max(map(len, rows), default=0))
        ]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.say(indent + "  ".join(cells).rstrip())

    def folded(self, title: str, text: str) -> None:
        """Print text that matters to few: as a closed group in GitHub Actions, not at all elsewhere."""
        if self.environment.in_actions:
            self.say(f"::group::{clean(title)}\n{text}\n::endgroup::")

    def next(self, *commands: str) -> None:
        """Print what to type (or open) next."""
        for number, command in enumerate(commands):
            self.say(f"{'  next: ' if number == 0 else '        '}{command}")

    def warn(self, text: str) -> None:
        """Print what goes on all the same, but should be seen; as an annotation too in GitHub Actions."""
        self.say(f"  {text}", "strong")
        if self.environment.in_actions:
            print(clean(f"::warning title=castoff::{_escaped(text)}"), file=self.prose, flush=True)

    def asked(self, question: str) -> str | None:
        """Return what a person types behind `question`, None when nobody sits at a terminal."""
        if not (sys.stdin.isatty() and self.prose.isatty()):
            return None
        print(clean(question), end="", file=self.prose, flush=True)
        return sys.stdin.readline()

    def result(self, verb: str, data: Mapping[str, object]) -> None:
        """Print the machine-readable result, where it was asked for."""
        if self.as_json:
            print(json.dumps({"verb": verb, "ok": True, **data}, indent=2), file=self._out, flush=True)

    def summary(self, markdown: str) -> None:
        """Add to the job summary, where there is one."""
        if self.environment.summary is not None:
            with self.environment.summary.open("a", encoding="utf-8") as stream:
                stream.write(clean(markdown) + "\n")

    def failure(self, verb: str, error: CastoffError) -> None:
        """Print all problems of an error: what, where, and what to type; as annotations too in GitHub Actions."""
        for problem in error.problems:
            self._complain("error:", problem)
        if error.way_out:
            self._complain("way out:", error.way_out)
        if self.environment.in_actions:
            for problem in error.problems:
                print(annotation(problem, error.way_out), file=self.prose, flush=True)
        if self.as_json:
            print(json.dumps(_failed(verb, error), indent=2), file=self._out, flush=True)
        listed = "\n".join(
            f"- {problem.where} {problem.what}" if problem.where else f"- {problem.what}" for problem in error.problems
        )
        self.summary(f"### castoff {verb} failed\n\n{listed}\n")

    def _complain(self, label: str, problem: Problem) -> None:
        where = f"{one_line(str(problem.where))}: " if problem.where else ""
        painted = (
            f"\x1b[{_STYLES['error']}m{label}\x1b[0m" if self._err.isatty() and not self.environment.plain else label
        )
        print(f"{painted} {clean(where + problem.what)}", file=self._err, flush=True)
        for number, line in enumerate(problem.instead):
            print(f"{'  write: ' if number == 0 else '         '}{clean(line)}", file=self._err, flush=True)
        for number, command in enumerate(problem.fix):
            print(f"{'  type: ' if number == 0 else '        '}{one_line(command)}", file=self._err, flush=True)


def one_line(text: str) -> str:
    """Return `text` cleaned, its line ends and tabs written out too: a file may be called what looks like a message."""
    return clean(text).replace("\n", "\\n").replace("\t", "\\t")


def clean(text: str) -> str:
    """Return `text` with its control characters (but newline and tab) written out, so that a terminal obeys none."""
    return (
        _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
        .encode("utf-8", "backslashreplace")
        .decode()
    )


def annotation(problem: Problem, way_out: Problem | None = None) -> str:
    """Return the workflow command that shows a problem and its way out at its line (`::error file=...,line=...::`)."""
    properties = "title=castoff"
    if problem.where:
        properties += f",file={_escaped(problem.where.file, ',:')}"
        properties += f",line={problem.where.line}" if problem.where.line else ""
    commands = problem.fix or (way_out.fix if way_out else ())
    written = [f"write: {line}" for line in problem.instead]
    message = "\n".join([problem.what, *written, *(f"type: {command}" for command in commands)])
    return clean(f"::error {properties}::{_escaped(message)}")


def _escaped(text: str, also: str = "") -> str:
    """Return text for a workflow command, which ends at a newline and splits its properties at `,` and `:`."""
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _failed(verb: str, error: CastoffError) -> dict[str, object]:
    way_out = _as_data(error.way_out) if error.way_out else None
    problems = [_as_data(problem) for problem in error.problems]
    return {
        **error.data,
        "verb": verb,
        "ok": False,
        "exit_code": error.exit_code,
        "problems": problems,
        "way_out": way_out,
    }


def _as_data(problem: Problem) -> dict[str, object]:
    where = problem.where
    return {
        "what": problem.what,
        "file": where and where.file,
        "line": where and where.line,
        "write": list(problem.instead),
        "type": list(problem.fix),
    }
