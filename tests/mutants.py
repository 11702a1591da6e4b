"""Changes modules of `core` in one place at a time, and says which changes no test notices (CONTRIBUTING: Mutation).

mutmut makes the mutants. The tests are collected and run once, to see which of them reach a function; each mutant is
then a fork of that one session, in which the tests that reach it run until one fails. Nothing is copied or written:
the mutated modules are held in memory, and a child that Python starts anew sees the real ones.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import resource
import shlex
import signal
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

ROOT = Path(__file__).parent.parent
CORE = ROOT / "src" / "castoff" / "core"
OUTCOMES = ("killed", "stopped", "wording", "survived", "reached by no test")
LEFT = frozenset(OUTCOMES[3:])
SENTENCE = re.compile(r"(?!(?:castoff|gh|git|invoke|make|pip|python|twine|uv) )(?:\S+ ){2,}\S*[a-z]")
PROFILE = "mutants"
CACHE = type(cache(int))
MANY = 4 << 30
"""How much memory a mutant may take, in bytes: more is as good as never coming to an end."""


class Mutant(NamedTuple):
    """One changed function: its name in mutmut's way, what it changes, and whether that is only a sentence."""

    module: str
    name: str
    diff: str
    wording: bool

    @property
    def function(self) -> str:
        """The name under which a run of the function is recorded."""
        return f"{self.module}.{self.name.partition('__mutmut_')[0]}"


class Source(NamedTuple):
    """A module with all of its mutants in it, and a switch in the environment that says which one is on."""

    code: str
    mutants: tuple[Mutant, ...]


def mutate(module: str) -> Source:
    """Return the mutants of a module of `core`, by its short name."""
    path = CORE / f"{module}.py"
    made = importlib.import_module("mutmut.mutation.file_mutation").mutate_file_contents(str(path), path.read_text())
    lines: list[str] = made.code.splitlines()

    def text(name: str) -> list[str]:
        span = made.line_span_by_function_name[name]
        return [line.replace(name, "it") for line in lines[span.start - 1 : span.end]]

    def mutant(name: str) -> Mutant:
        before, after = text(f"{name.partition('__mutmut_')[0]}__mutmut_orig"), text(name)
        changes = list(difflib.unified_diff(before, after, n=1))[2:]
        return Mutant(f"castoff.core.{module}", name, "\n".join(map(str.rstrip, changes)), _is_wording(before, after))

    names: Sequence[str] = made.mutant_names
    return Source(made.code, tuple(mutant(name) for name in names))


def _is_wording(before: Sequence[str], after: Sequence[str]) -> bool:
    """Return whether nothing is changed but the words of a sentence; a command that is to be typed is none."""
    old, new = _constants(before), _constants(after)
    changed = [(one, other) for one, other in zip(old, new, strict=False) if one != other]
    if len(old) != len(new) or len(changed) != 1:
        return False
    ((one, other),) = changed
    return SENTENCE.match(one) is not None and one.lower() in {other.lower(), other[2:-2].lower()}


def _constants(lines: Sequence[str]) -> list[str]:
    tree = ast.parse(textwrap.dedent("\n".join(lines)))
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Loads the mutated text in the place of a module."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = {f"castoff.core.{module}": source for module, source in sources.items()}

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname in self._sources else None

    def get_filename(self, fullname: str) -> str:
        return str(CORE / f"{fullname.rpartition('.')[2]}.py")

    def get_data(self, path: str | bytes) -> bytes:
        return self._sources[f"castoff.core.{Path(os.fsdecode(path)).stem}"].code.encode()


class _Session:
    """What is done with the collected tests: one run of them all, and then one fork a mutant."""

    def __init__(self, mutants: Sequence[Mutant]) -> None:
        self._mutants = mutants
        self._reached: set[str] = importlib.import_module("mutmut.state").state()._stats
        self._tests: dict[str, list[pytest.Item]] = {}
        self._seconds: dict[str, float] = {}
        self._on_failure: Callable[[pytest.TestReport], None] = lambda _: None
        self._early: frozenset[str] = frozenset()
        self.outcomes: dict[Mutant, str] = {}
        self._noticed, self._notice = os.pipe()
        os.set_blocking(self._noticed, False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self) -> None:
        """Let properties have the same examples each time, and end with the first one that fails."""
        from hypothesis import HealthCheck, Phase, settings  # not before pytest, which rewrites what is in it

        phases, health = [Phase.explicit, Phase.generate], list(HealthCheck)
        settings.register_profile(PROFILE, derandomize=True, phases=phases, deadline=None, suppress_health_check=health)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            self._on_failure(report)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._early = frozenset(self._reached)
        self._reached.clear()
        self._on_failure = _stop
        self._watch(session.items)
        objects: list[Any] = gc.get_objects()  # what castoff remembers it would not do again; the tests may remember
        for found in objects:
            if type(found) is CACHE and found.__module__.startswith("castoff"):
                found.cache_clear()
        self._on_failure = self._end
        gc.freeze()
        self._try_all()
        return True

    def _watch(self, items: Sequence[pytest.Item]) -> None:
        for item in items:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            for function in self._reached:
                self._tests.setdefault(function, []).append(item)
            self._reached.clear()
        for tests in self._tests.values():
            tests.sort(key=lambda item: self._seconds[item.nodeid])

    def _end(self, report: pytest.TestReport) -> NoReturn:
        os.write(self._notice, f"{report.nodeid}\n".encode())
        os._exit(1)

    def _try_all(self) -> None:
        for module, mutants in groupby(self._mutants, attrgetter("module")):
            tried = tuple(mutants)
            self._try_each(tried)
            print(_counted(module, map(self.outcomes.__getitem__, tried)), flush=True)

    def _try_each(self, mutants: Sequence[Mutant]) -> None:
        running: dict[int, Mutant] = {}
        for mutant in mutants:
            tests = self._tests.get(mutant.function)
            if mutant.wording:
                self._say(mutant, "wording")
                continue
            if not tests:
                self._say(mutant, "reached by no test")
                continue
            if len(running) == (os.cpu_count() or 1):
                self._take_one(running)
            running[self._start(mutant, tests)] = mutant
        while running:
            self._take_one(running)

    def _take_one(self, running: dict[int, Mutant]) -> None:
        pid, status = os.wait()
        mutant, code = running.pop(pid), os.waitstatus_to_exitcode(status)
        self._say(mutant, {0: "survived", 1: "killed"}.get(code, "stopped"))
        with suppress(BlockingIOError):  # what has noticed one is likely to notice the next
            killers = os.read(self._noticed, 1 << 16).decode().splitlines()
            self._tests[mutant.function].sort(key=lambda item: item.nodeid not in killers)

    def _say(self, mutant: Mutant, outcome: str) -> None:
        self.outcomes[mutant] = outcome
        if outcome in LEFT:
            early = " (it runs when modules are imported, too)" if mutant.function in self._early else ""
            print(f"{mutant.module}.{mutant.name}: {outcome}{early}\n{mutant.diff}\n", flush=True)

    def _start(self, mutant: Mutant, tests: Sequence[pytest.Item]) -> int:
        pid = os.fork()
        if pid == 0:
            self._try(mutant, tests)
        return pid

    def _try(self, mutant: Mutant, tests: Sequence[pytest.Item]) -> NoReturn:
        """Run the tests with the mutant in the place of its function; exit with 0 when none of them fails."""
        limit = 3 + int(4 * sum(self._seconds[test.nodeid] for test in tests))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (MANY, MANY))
        signal.alarm(300)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        os.environ["MUTANT_UNDER_TEST"] = f"{mutant.module}.{mutant.name}"
        try:
            for test in tests:
                test.config.hook.pytest_runtest_protocol(item=test, nextitem=None)
        except BaseException:  # noqa: BLE001 (whatever got past pytest, it was noticed)
            os._exit(1)
        os._exit(0)


def _stop(report: pytest.TestReport) -> NoReturn:
    raise pytest.UsageError(f"{report.nodeid} fails without a mutant\n{report.longreprtext}")


def _counted(module: str, outcomes: Iterable[str]) -> str:
    """Count the outcomes in a module; a mutant that was stopped took so long, or so much, that it counts as killed."""
    counts = Counter(outcomes)
    return f"{module}: {counts.total()} mutants, " + ", ".join(f"{counts[each]} {each}" for each in OUTCOMES)


def main(argv: Sequence[str]) -> int:
    """Try the mutants of the modules that are named; return 1 when one of them is noticed by no test."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("module", nargs="+", help="a module of core, without castoff.core")
    parser.add_argument("--tests", default="tests/core", help="what pytest is given (default: tests/core)")
    options = parser.parse_args(argv)
    sources = {module: mutate(module) for module in options.module}
    mutants = [mutant for source in sources.values() for mutant in source.mutants]
    sys.meta_path.insert(0, _Instead(sources))
    os.environ["MUTANT_UNDER_TEST"] = "stats"
    session = _Session(mutants)
    words = ["-n", "0", "-q", "-s", "--tb=native", "-p", "no:cacheprovider", f"--hypothesis-profile={PROFILE}"]
    code = pytest.main([*words, *shlex.split(options.tests)], plugins=[session])
    if code != pytest.ExitCode.OK:
        return int(code)
    return int(not LEFT.isdisjoint(session.outcomes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
