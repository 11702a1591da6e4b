"""What can go wrong, as facts: rendered in one place only (`castoff.adapters.console`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Location(NamedTuple):
    """A line of a file: `file` relative to the project with `/` between the parts, `line` from 1 (or None)."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Problem(NamedTuple):
    """One thing that is wrong: what, where, and the commands to type next (in order)."""

    what: str
    where: Location | None = None
    fix: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    """What to write in its place, line by line."""


class CastoffError(Exception):
    """A check failed or an act was refused (exit code 1). Carries every problem that was found."""

    exit_code = 1

    def __init__(
        self, *problems: Problem, way_out: Problem | None = None, data: Mapping[str, object] | None = None
    ) -> None:
        super().__init__("; ".join(problem.what for problem in problems))
        self.problems = problems
        self.way_out = way_out
        """What to do about all of them together, where each has no remedy of its own."""
        self.data: Mapping[str, object] = data or {}
        """What is known all the same, for `--json`."""

    @property
    def fix(self) -> str:
        """The first command that it names; nothing where it names none."""
        return next((command for problem in self.problems for command in problem.fix), "")

    def __reduce__(self) -> tuple[object, ...]:
        """Let another process raise it: an exception's own way would take its text for a problem."""
        return _again, (type(self), self.problems, self.way_out, dict(self.data))


class UsageError(CastoffError):
    """The call or the configuration is wrong (exit code 2)."""

    exit_code = 2


def _again(
    kind: type[CastoffError], problems: tuple[Problem, ...], way_out: Problem | None, data: Mapping[str, object]
) -> CastoffError:
    return kind(*problems, way_out=way_out, data=data)


def refuse(what: str, *fix: str, where: Location | None = None) -> CastoffError:
    """Return the error for a single problem, ready to be raised."""
    return CastoffError(Problem(what, where, fix))


def misuse(what: str, *fix: str, where: Location | None = None) -> UsageError:
    """Return the usage error for a single problem, ready to be raised."""
    return UsageError(Problem(what, where, fix))
