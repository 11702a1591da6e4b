"""What the benchmarks share: a temporary folder with an environment of its own, installed tools, and tables."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OWN = "castoff"
PEERS = ("tbump", "bump-my-version", "commitizen", "python-semantic-release", "hatch", "uv")
"""Each by its name on PyPI, and installed in an environment of its own."""

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


EMPTY_TASKS = '''from invoke import task


@task
def nothing(_context):
    """Do nothing."""
'''


@dataclass(frozen=True, slots=True)
class Ground:
    """The temporary folder, and how a process runs in it: with a HOME, a git configuration and a PATH of its own."""

    folder: Path
    environments: Path
    """Where the virtual environments are: one for each tool, called like it."""

    @classmethod
    def make(cls, folder: Path, environments: Path | None = None) -> Ground:
        """Make a ground in an empty folder: HOME, and a folder with an invoke task that does nothing."""
        made = cls(folder.resolve(), (environments or folder / "environments").resolve())
        for name in ("home", "empty"):
            (made.folder / name).mkdir()
        made.environments.mkdir(exist_ok=True)
        (made.folder / "home" / ".gitconfig").write_text(GIT_CONFIG)
        (made.folder / "empty" / "tasks.py").write_text(EMPTY_TASKS)
        return made

    @property
    def env(self) -> dict[str, str]:
        """The environment of every timed process; PYTHONDONTWRITEBYTECODE and its like are not in it."""
        git = str(Path(shutil.which("git") or "git").parent)
        downloads = ("PIP_", "UV_", "SSL_CERT", "HTTP_PROXY", "HTTPS_PROXY")  # hatch gets its build backend itself
        return {
            **{name: value for name, value in os.environ.items() if name.upper().startswith(downloads)},
            "UV_SYSTEM_CERTS": "1",
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
        return str(self.environments / environment / "bin" / name)

    def run(self, argv: Sequence[str], cwd: Path, extra: dict[str, str] | None = None) -> str:
        """Run a process and return what it prints; ends the benchmark with what it said when it fails."""
        ended = subprocess.run(
            argv, cwd=cwd, env={**self.env, **(extra or {})}, capture_output=True, text=True, check=False
        )
        return output(ended)

    def time(self, argv: Sequence[str], cwd: Path) -> tuple[float, float]:
        """Return the seconds that a process takes, from before it is started until it is gone, and those of the CPU."""
        env = self.env
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        ended = subprocess.run(
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        output(ended)
        return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def output(ended: subprocess.CompletedProcess[str]) -> str:
    """Return what a process printed; ends the benchmark with what it said when it failed."""
    if ended.returncode != 0:
        said = f"{ended.stdout}{ended.stderr}".strip()
        raise SystemExit(f"failed with exit code {ended.returncode}: {ended.args}\n{said}")
    return ended.stdout


def install(ground: Ground, peers: Sequence[str] = PEERS) -> None:
    """Make the environments: castoff as a wheel of this checkout, anew each time, and each peer that is not there."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def make(name: str) -> None:
        place = ground.environments / name
        if name == OWN:
            shutil.rmtree(place, ignore_errors=True)
        if place.exists():
            return
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for argv in ([sys.executable, "-m", "venv", str(place)], [*pip, str(CHECKOUT) if name == OWN else name]):
            output(subprocess.run(argv, cwd=ground.folder, env=env, capture_output=True, text=True, check=False))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(make, (OWN, *peers)))


def about(ground: Ground, peers: Sequence[str] = PEERS) -> dict[str, str]:
    """Return what was measured, and on what."""
    code = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"

    def version(environment: str, package: str) -> str:
        return ground.run([ground.program(environment, "python"), "-c", code, package], ground.folder).strip()

    commit = ground.run(["git", "rev-parse", "--short", "HEAD"], CHECKOUT).strip()
    changed = ground.run(["git", "status", "--porcelain", "src"], CHECKOUT, {"GIT_OPTIONAL_LOCKS": "0"})
    return {
        OWN: f"{version(OWN, OWN)} ({commit}{', with changes' if changed else ''})",
        "invoke": version(OWN, "invoke"),
        **{peer: version(peer, peer) for peer in peers},
        "python": platform.python_version(),
        "git": ground.run(["git", "--version"], ground.folder).split()[2],
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
    }


def aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as a Markdown table, the first column to the left, numbers to the right."""
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]

    def line(row: tuple[str, ...]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        return f"| {' | '.join(cells)} |"

    rule = ("-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:]))
    return "\n".join(line(row) for row in (rows[0], rule, *rows[1:]))


def say(text: str) -> None:
    """Say on standard error what is going on; standard output is for the figures."""
    print(text, file=sys.stderr, flush=True)
