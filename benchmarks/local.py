"""How long castoff takes on one machine: `python benchmarks/local.py [--runs N] [--quick] [--profile] [--json FILE]`.

Whole processes are timed, one of each in turn (A B C A B C ...), in a small repository and in a large one, with a
bare repository beside each as its remote. Everything is made in one temporary folder (virtual environments of
castoff, tbump and bump-my-version, repositories, HOME, git configuration), and removed at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
OLD, NEW = "0.50.0", "0.51.0"
PACKAGE = "benched"
PLACES = ("pyproject.toml", f"src/{PACKAGE}/__init__.py")

FLOOR = "invoke --list (floor)"
CHECK_TAG, CHECK_TAG_INVOKE = "castoff check-tag", "invoke check-tag"
BUMP, BUMP_INVOKE = "castoff bump", "invoke bump"
VERBS = (CHECK_TAG, CHECK_TAG_INVOKE, BUMP, BUMP_INVOKE)
RELEASE, TBUMP = "castoff release --direct", "tbump"
GIT_ANCESTOR, GIT_SUM = "git merge-base --is-ancestor", "git: the five above, added"

EMPTY_TASKS = '''from invoke import task


@task
def nothing(_context):
    """Do nothing."""
'''

FILES = {
    "pyproject.toml": f"""[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{PACKAGE}"
version = "{OLD}"
description = "A package that is there to be released."
requires-python = ">=3.11"
dependencies = ["packaging>=24.2"]

[tool.ruff]
line-length = 120
""",
    f"src/{PACKAGE}/__init__.py": f'"""A package that is there to be released."""\n\n__version__ = "{OLD}"\n',
    f"src/{PACKAGE}/core.py": '"""Adds."""\n\n\ndef add(a: int, b: int) -> int:\n    return a + b\n',
    "tests/test_core.py": f"from {PACKAGE}.core import add\n\n\ndef test_add():\n    assert add(1, 1) == 2\n",
    "tasks.py": "from castoff.tasks import namespace as namespace\n",
    "README.md": f"# {PACKAGE}\n\nA package that is there to be released.\n",
    "LICENSE": "MIT\n",
    ".gitignore": "__pycache__/\n/dist/\n",
    "tbump.toml": f"""[version]
current = "{OLD}"
regex = '(?P<major>\\d+)\\.(?P<minor>\\d+)\\.(?P<patch>\\d+)'

[git]
message_template = "chore(release): bump to {{new_version}}"
tag_template = "v{{new_version}}"

[[file]]
src = "pyproject.toml"
search = 'version = "{{current_version}}"'

[[file]]
src = "src/{PACKAGE}/__init__.py"
search = '__version__ = "{{current_version}}"'
""",
    ".bumpversion.toml": f"""[tool.bumpversion]
current_version = "{OLD}"
commit = true
tag = true
message = "chore(release): bump to {{new_version}}"
tag_name = "v{{new_version}}"
tag_message = "{PACKAGE} {{new_version}}"

[[tool.bumpversion.files]]
filename = "pyproject.toml"
search = 'version = "{{current_version}}"'
replace = 'version = "{{new_version}}"'

[[tool.bumpversion.files]]
filename = "src/{PACKAGE}/__init__.py"
search = '__version__ = "{{current_version}}"'
replace = '__version__ = "{{new_version}}"'
""",
}

GIT_CONFIG = """[user]
    name = A Benchmark
    email = benchmark@example.com
[init]
    defaultBranch = main
[gc]
    auto = 0
[maintenance]
    auto = false
[advice]
    detachedHead = false
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much a repository holds."""

    name: str
    files: int
    commits: int
    tags: int


SMALL = Size("small", len(FILES), 5, 1)
LARGE = Size("large", 5_000, 20_000, 5_000)
LARGE_QUICK = Size("large (quick: a tenth)", 500, 2_000, 500)


# --- the ground ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ground:
    """The temporary folder, and how a process runs in it: with a HOME, a git configuration and a PATH of its own."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of every timed process; PYTHONDONTWRITEBYTECODE and its like are not in it."""
        git = str(Path(shutil.which("git") or "git").parent)
        return {
            "PATH": os.pathsep.join([git, *os.defpath.split(os.pathsep)]),
            "HOME": str(self.folder / "home"),
            "XDG_CONFIG_HOME": str(self.folder / "home" / ".config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
        }

    def program(self, environment: str, name: str) -> str:
        """Return the path of a program in one of the virtual environments."""
        return str(self.folder / environment / "bin" / name)

    def run(self, argv: Sequence[str], cwd: Path, extra: dict[str, str] | None = None) -> str:
        """Run a process and return what it prints; ends the benchmark with what it said when it fails."""
        ended = subprocess.run(
            argv, cwd=cwd, env={**self.env, **(extra or {})}, capture_output=True, text=True, check=False
        )
        return _output(ended)

    def time(self, argv: Sequence[str], cwd: Path) -> float:
        """Return how many seconds a process takes, from before it is started until it is gone."""
        env = self.env
        began = time.perf_counter()
        ended = subprocess.run(
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        took = time.perf_counter() - began
        _output(ended)
        return took


def _output(ended: subprocess.CompletedProcess[str]) -> str:
    if ended.returncode != 0:
        said = f"{ended.stdout}{ended.stderr}".strip()
        raise SystemExit(f"failed with exit code {ended.returncode}: {ended.args}\n{said}")
    return ended.stdout


def install(ground: Ground) -> None:
    """Make the virtual environments: castoff as a wheel built from this checkout, and the two peers."""
    wanted = {"castoff": str(CHECKOUT), "tbump": "tbump", "bump-my-version": "bump-my-version"}
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def make(name: str) -> None:
        place = str(ground.folder / name)
        pip = [ground.program(name, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for argv in ([sys.executable, "-m", "venv", place], [*pip, wanted[name]]):
            _output(subprocess.run(argv, cwd=ground.folder, env=env, capture_output=True, text=True, check=False))

    with ThreadPoolExecutor(len(wanted)) as pool:
        list(pool.map(make, wanted))


# --- repositories --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Repository:
    """A clone with its bare remote, and the commit that both stand on between the runs."""

    size: Size
    work: Path
    bare: Path
    base: str
    ground: Ground

    def git(self, folder: Path, *args: str, told: str | None = None) -> str:
        """Run git in one of the two folders; `told` is its standard input."""
        argv = ["git", *args]
        return _output(
            subprocess.run(
                argv, cwd=folder, env=self.ground.env, input=told, capture_output=True, text=True, check=False
            )
        )

    def restore(self) -> None:
        """Put files, branches and tags back, here and on the remote, to where they stood at the start."""
        self.git(self.work, "reset", "--quiet", "--hard", self.base)
        refs = f"update refs/heads/main {self.base}\n"
        gone = f"delete refs/tags/v{NEW}\n"
        self.git(self.bare, "update-ref", "--stdin", told=refs + gone)
        self.git(self.work, "update-ref", "--stdin", told=refs.replace("heads", "remotes/origin") + gone)

    def write_new(self) -> None:
        """Write the new version into its places, for the plain git commands to commit."""
        self.restore()
        for place in PLACES:
            path = self.work / place
            path.write_text(path.read_text().replace(f'version = "{OLD}"', f'version = "{NEW}"').replace(OLD, NEW))

    def bumped(self) -> bool:
        """Whether both places say the new version."""
        return all(f'"{NEW}"' in (self.work / place).read_text() for place in PLACES)

    def released(self) -> bool:
        """Whether the remote has the tag, on its main branch, with a commit that holds the new version."""
        tag, main = self.git(self.bare, "rev-parse", f"refs/tags/v{NEW}^{{commit}}", "refs/heads/main").split()
        return tag == main != self.base and NEW in self.git(self.bare, "show", f"{main}:{PLACES[0]}")


def make_repository(ground: Ground, size: Size) -> Repository:
    """Return a repository of this size: one fast-import stream into the bare one, then a clone of it."""
    name = size.name.split()[0]
    bare, work = ground.folder / f"{name}.git", ground.folder / name
    ground.run(["git", "init", "--quiet", "--bare", str(bare)], ground.folder)
    stream = "".join(_stream(size)).encode()
    ended = subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=bare, env=ground.env, input=stream, capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise SystemExit(ended.stderr.decode())
    ground.run(["git", "pack-refs", "--all"], bare)
    ground.run(["git", "clone", "--quiet", str(bare), str(work)], ground.folder)
    base = ground.run(["git", "rev-parse", "HEAD"], work).strip()
    return Repository(size, work, bare, base, ground)


def _stream(size: Size) -> Iterator[str]:
    """Yield a fast-import stream: all files in the first commit, one changed in each other; tags spread evenly."""
    more = [f"src/{PACKAGE}/part{number // 100:02}/module{number:05}.py" for number in range(size.files - len(FILES))]
    for commit in range(size.commits):
        yield f"commit refs/heads/main\nmark :{commit + 1}\n{_signed('committer', commit)}{_data(f'Commit {commit}')}"
        if commit == 0:
            for path, text in FILES.items():
                yield f"M 100644 inline {path}\n{_data(text)}"
            for path in more:
                yield f"M 100644 inline {path}\n{_data(_module(path, 0))}"
        else:
            path = more[commit * 37 % len(more)] if more else f"src/{PACKAGE}/core.py"
            text = _module(path, commit) if more else f"{FILES[path]}\n\nCHANGED = {commit}\n"
            yield f"M 100644 inline {path}\n{_data(text)}"
    last = int(OLD.split(".")[1]) * 100
    for back in range(size.tags):
        number, commit = last - back, size.commits - back * size.commits // size.tags
        name = f"v0.{number // 100}.{number % 100}"
        yield f"tag {name}\nfrom :{commit}\n{_signed('tagger', commit)}{_data(name)}"


def _signed(role: str, commit: int) -> str:
    return f"{role} A Benchmark <benchmark@example.com> {1_600_000_000 + 3600 * commit} +0000\n"


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def _module(path: str, commit: int) -> str:
    lines = "\n".join(f"LINE_{number} = {number * 7919 + len(path)}" for number in range(20))
    return f'"""Part of a large package: {path}."""\n\nCHANGED = {commit}\n{lines}\n'


# --- cases ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """Processes that are timed one after the other: what is done before them, and what must be true after them."""

    steps: tuple[tuple[str, tuple[str, ...]], ...]
    cwd: Path
    before: Callable[[], None]
    holds: Callable[[], bool]
    total: str | None = None


def cases(ground: Ground, repository: Repository) -> list[Case]:
    """Return what is timed in a repository, in the order of the table."""
    castoff, invoke = ground.program("castoff", "castoff"), ground.program("castoff", "invoke")
    tbump, other = ground.program("tbump", "tbump"), ground.program("bump-my-version", "bump-my-version")
    work = repository.work

    def one(label: str, *argv: str, holds: Callable[[], bool] = lambda: True) -> Case:
        return Case(((label, argv),), work, repository.restore, holds)

    bumped, released = repository.bumped, repository.released
    push = f'"$0" bump --new-version {NEW} && exec git push --quiet --atomic origin main v{NEW}'
    git = (
        ("git status", ("git", "status", "--porcelain")),
        ("git ls-remote", ("git", "ls-remote", "origin")),
        ("git commit", ("git", "commit", "--quiet", "--only", "--message", f"bump to {NEW}", "--", *PLACES)),
        ("git tag --annotate", ("git", "tag", "--annotate", "--message", NEW, f"v{NEW}")),
        ("git push --atomic", ("git", "push", "--quiet", "--atomic", "origin", "main", f"v{NEW}")),
    )
    nothing = ground.folder / "empty"
    return [
        Case((("python -c pass", (ground.program("castoff", "python"), "-c", "pass")),), nothing, _pass, _true),
        Case(((FLOOR, (invoke, "--list")),), nothing, _pass, _true),
        one(CHECK_TAG, castoff, "check-tag", "--tag", f"v{OLD}"),
        one(CHECK_TAG_INVOKE, invoke, "check-tag", "--tag", f"v{OLD}"),
        one(BUMP, castoff, "bump", "--version", NEW, holds=bumped),
        one(BUMP_INVOKE, invoke, "bump", "--version", NEW, holds=bumped),
        one("tbump --only-patch", tbump, NEW, "--non-interactive", "--only-patch", holds=bumped),
        one(
            "bump-my-version --no-commit",
            *(other, "bump", "--new-version", NEW, "--no-commit", "--no-tag"),
            holds=bumped,
        ),
        one(RELEASE, castoff, "release", "--version", NEW, "--direct", holds=released),
        one(TBUMP, tbump, NEW, "--non-interactive", holds=released),
        one("bump-my-version; git push", "sh", "-c", push, other, holds=released),
        one(GIT_ANCESTOR, "git", "merge-base", "--is-ancestor", f"refs/tags/v{OLD}", "refs/remotes/origin/main"),
        Case(git, work, repository.write_new, released, total=GIT_SUM),
    ]


def _pass() -> None:
    """Do nothing."""


def _true() -> bool:
    return True


Times = dict[str, list[float]]


def measure(ground: Ground, todo: Sequence[Case], runs: int) -> Times:
    """Return the seconds of every run: one of each case in turn; the first turn is a warm-up and is not counted."""
    taken: Times = defaultdict(list)
    for turn in range(runs + 1):
        for case in todo:
            case.before()
            took = [ground.time(argv, case.cwd) for _, argv in case.steps]
            if not case.holds():
                raise SystemExit(f"this did not do what it is there for: {case.steps[-1][1]}")
            if turn == 0:
                continue
            for (label, _), seconds in zip(case.steps, took, strict=True):
                taken[label].append(seconds)
            if case.total:
                taken[case.total].append(sum(took))
    return dict(taken)


# --- telling -------------------------------------------------------------------------------------------------------


def table(times: Times) -> str:
    """Return the times as an aligned Markdown table, in milliseconds."""
    floor = statistics.median(times[FLOOR])
    rows: list[tuple[str, ...]] = [("", "min ms", "median ms", "max ms", "x floor")]
    for label, seconds in times.items():
        middle = statistics.median(seconds)
        numbers = (min(seconds), middle, max(seconds))
        rows.append((label, *(f"{1000 * number:.0f}" for number in numbers), f"{middle / floor:.2f}"))
    return aligned(rows)


def aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as a Markdown table, the first column to the left, numbers to the right."""
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]

    def line(row: tuple[str, ...]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        return f"| {' | '.join(cells)} |"

    rule = ("-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:]))
    return "\n".join(line(row) for row in (rows[0], rule, *rows[1:]))


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that should not be passed."""

    what: str
    most: float
    found: float
    """By the medians: what counts."""
    fastest: float
    """By the fastest runs: what a machine with nothing else to do comes closest to."""


def aims(small: Times, large: Times) -> list[Aim]:
    """Return what castoff should reach, and what this run found."""
    both = (("small", small), ("large", large))
    one = [(f"{label} / floor, {name}", 1.4, t, label, FLOOR) for name, t in both for label in VERBS]
    one += [(f"{RELEASE} / {TBUMP}, {name}", 1.0, t, RELEASE, TBUMP) for name, t in both]
    found = [
        Aim(what, most, *(of(times[label]) / of(times[beside]) for of in (statistics.median, min)))
        for what, most, times, label, beside in one
    ]
    for label, git in ((CHECK_TAG, GIT_ANCESTOR), (BUMP, None), (RELEASE, GIT_SUM)):
        what = f"{label}, large / small" + (" without git's share" if git else "")
        found.append(Aim(what, 1.5, *(_grown(small, large, label, git, of) for of in (statistics.median, min))))
    return found


def _grown(small: Times, large: Times, label: str, git: str | None, of: Callable[[list[float]], float]) -> float:
    """Return how many times longer a command takes in the large repository, what git takes alone subtracted."""
    own = [of(times[label]) - (of(times[git]) if git else 0) for times in (large, small)]
    return own[0] / own[1]


def told(aim: Aim) -> tuple[str, ...]:
    """Return an aim as a row of a table."""
    reached = "yes" if aim.found <= aim.most else "no"
    return aim.what, f"{aim.most:.2f}", f"{aim.found:.2f}", f"{aim.fastest:.2f}", reached


def about(ground: Ground) -> dict[str, str]:
    """Return what was measured, and on what."""
    code = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"

    def version(environment: str, package: str) -> str:
        return ground.run([ground.program(environment, "python"), "-c", code, package], ground.folder).strip()

    commit = ground.run(["git", "rev-parse", "--short", "HEAD"], CHECKOUT).strip()
    changed = ground.run(["git", "status", "--porcelain", "src"], CHECKOUT, {"GIT_OPTIONAL_LOCKS": "0"})
    return {
        "castoff": f"{version('castoff', 'castoff')} ({commit}{', with changes' if changed else ''})",
        "invoke": version("castoff", "invoke"),
        "tbump": version("tbump", "tbump"),
        "bump-my-version": version("bump-my-version", "bump-my-version"),
        "python": platform.python_version(),
        "git": ground.run(["git", "--version"], ground.folder).split()[2],
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
    }


# --- where the time goes -------------------------------------------------------------------------------------------


def profile(ground: Ground, repositories: Sequence[Repository]) -> None:
    """Print what castoff imports and which git processes it starts, for each verb."""
    python, script = ground.program("castoff", "python"), ground.program("castoff", "castoff")
    verbs = {
        "check-tag": ("check-tag", "--tag", f"v{OLD}"),
        "bump": ("bump", "--version", NEW),
        "release": ("release", "--version", NEW, "--direct"),
    }
    floor = _imports(ground, [python, "-X", "importtime", ground.program("castoff", "invoke"), "--list"], None)
    for verb, args in verbs.items():
        imported = _imports(ground, [python, "-X", "importtime", script, *args], repositories[0])
        print(f"\n{verb}: modules that it imports and the floor does not, by package (their own time, best of 5)\n")
        print(aligned([("", "modules", "ms"), *_by_package({k: v for k, v in imported.items() if k not in floor})]))
    for repository in repositories:
        for verb, args in verbs.items():
            rows = _git_processes(ground, repository, [script, *args])
            spent = sum(seconds for _, seconds in rows)
            print(f"\n{verb}, {repository.size.name}: {len(rows)} git processes, {1000 * spent:.0f} ms inside them\n")
            print(aligned([("", "ms"), *((shown, f"{1000 * seconds:.1f}") for shown, seconds in rows)]))


def _imports(ground: Ground, argv: list[str], repository: Repository | None) -> dict[str, float]:
    """Return the milliseconds that each module took to import, without what it imported in turn; the best of 5 runs."""
    best: dict[str, float] = {}
    for _ in range(5):
        if repository:
            repository.restore()
        cwd = repository.work if repository else ground.folder / "empty"
        ended = subprocess.run(argv, cwd=cwd, env=ground.env, capture_output=True, text=True, check=False)
        _output(ended)
        for line in ended.stderr.splitlines():
            own, _, rest = line.removeprefix("import time:").partition("|")
            module = rest.rpartition("|")[2].strip()
            if own.strip().isdigit():
                best[module] = min(best.get(module, 1e9), int(own) / 1000)
    return best


def _by_package(modules: dict[str, float]) -> list[tuple[str, str, str]]:
    together: dict[str, list[float]] = defaultdict(list)
    for module, taken in modules.items():
        together[module.partition(".")[0]].append(taken)
    ordered = sorted(together.items(), key=lambda item: -sum(item[1]))
    rows = [(name, str(len(taken)), f"{sum(taken):.1f}") for name, taken in ordered[:15]]
    return [*rows, ("all", str(len(modules)), f"{sum(modules.values()):.1f}")]


def _git_processes(ground: Ground, repository: Repository, argv: Sequence[str]) -> list[tuple[str, float]]:
    """Return the git processes that a command starts itself, in order, and how long each lasted by its own clock."""
    log = ground.folder / "trace.json"
    log.unlink(missing_ok=True)
    repository.restore()
    ground.run(argv, repository.work, {"GIT_TRACE2_EVENT": str(log)})
    started: dict[str, str] = {}
    lasted: dict[str, float] = {}
    for line in log.read_text().splitlines() if log.is_file() else []:
        event: dict[str, Any] = json.loads(line)
        session = str(event["sid"])
        if "/" in session:  # started by another git
            continue
        if event["event"] == "start":
            started[session] = " ".join(["git", *event["argv"][1:]])
        elif event["event"] == "atexit":
            lasted[session] = float(event["t_abs"])
    repository.restore()
    return [(shown if len(shown) < 100 else f"{shown[:97]}...", lasted.get(key, 0.0)) for key, shown in started.items()]


# --- the whole -----------------------------------------------------------------------------------------------------


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="Time castoff beside invoke, tbump, bump-my-version and git.")
    parser.add_argument("--runs", type=int, default=20, help="how often each is timed (20)")
    parser.add_argument("--quick", action="store_true", help="3 runs, and a large repository of a tenth of its size")
    parser.add_argument("--profile", action="store_true", help="also print what is imported, and the git processes")
    parser.add_argument("--json", type=Path, help="write all the figures to this file")
    given = parser.parse_args()
    runs: int = 3 if given.quick else max(1, given.runs)
    with tempfile.TemporaryDirectory(prefix="castoff-benchmark-") as folder:
        ground = Ground(Path(folder).resolve())
        home, empty = ground.folder / "home", ground.folder / "empty"
        home.mkdir()
        empty.mkdir()
        (home / ".gitconfig").write_text(GIT_CONFIG)
        (empty / "tasks.py").write_text(EMPTY_TASKS)
        say("installing castoff, tbump and bump-my-version, and making the repositories")
        install(ground)
        repositories = [make_repository(ground, size) for size in (SMALL, LARGE_QUICK if given.quick else LARGE)]
        facts = about(ground)
        print(", ".join(f"{name} {value}" for name, value in facts.items()))
        results: list[Times] = []
        for repository in repositories:
            size = repository.size
            what = f"{size.name} repository: files {size.files:,}, commits {size.commits:,}, tags {size.tags:,}"
            say(f"{what}: timing {runs} runs and a warm-up")
            results.append(measure(ground, cases(ground, repository), runs))
            print(f"\n{what}; {runs} runs\n\n{table(results[-1])}")
        found = aims(*results)
        print()
        print(aligned([("", "aim: at most", "medians", "fastest", "reached"), *(told(aim) for aim in found)]))
        if given.profile:
            profile(ground, repositories)
        if given.json:
            sizes = [repository.size.name for repository in repositories]
            whole = {
                "about": facts,
                "runs": runs,
                "seconds": dict(zip(sizes, results, strict=True)),
                "aims": [asdict(aim) for aim in found],
            }
            Path(given.json).write_text(json.dumps(whole, indent=2) + "\n")


def say(text: str) -> None:
    """Say on standard error what is going on; standard output is for the figures."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
