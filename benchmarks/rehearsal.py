"""How long `castoff rehearse` takes beside the tools that it has to run anyway, and how much memory it needs.

    python benchmarks/rehearsal.py [--runs N] [--pytest ARGS] [--changes]   castoff's own repository
    python benchmarks/rehearsal.py --sample [--runs N]                      a small sample project
    python benchmarks/rehearsal.py --sizes [5 50 ...]                       memory: a wheel that carries N megabytes

Run it with a Python that has castoff with its extra `rehearse`, and for the sample uv beside it. Both sides take turns
(A B A B), each in fresh clones in one temporary folder, which is removed at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ground import aligned, say

from castoff.core.config import read_config
from castoff.core.project import normalized
from castoff.services.index import Index
from castoff.services.index_tokens import Publisher
from castoff.services.oidc import ISSUER, Issuer, Run, job_claims
from castoff.services.sigstore import Sigstore

CHECKOUT = Path(__file__).resolve().parent.parent
WORKFLOW = Path(".github") / "workflows" / "release.yml"
AIM = 1.3
SIZES = (5, 50, 95, 200)
"""Megabytes; PyPI takes files of up to 100."""
_TICK = 0.02
"""Seconds between two looks at the processes."""

FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sample"
version = "0.1.0"
description = "A package that is there to be released."
readme = "README.md"
requires-python = ">=3.11"

[tool.castoff.checks]
test = ["python", "-c", "import sys; sys.path.insert(0, 'src'); import sample"]
""",
    "README.md": "# sample\n\nA package that is there to be released.\n",
    "src/sample/__init__.py": '"""A package that is there to be released."""\n\n__version__ = "0.1.0"\n',
    "Makefile": f"install:\n\npreflight twine-check:\n\t@{Path(sys.executable).parent / 'castoff'} $@\n",
    ".gitignore": "/dist/\n/dist-manifest.json\n__pycache__/\n",
}

RUN = Run(
    owner="octo",
    repository="sample",
    owner_id=1,
    repository_id=2,
    workflow="release.yml",
    workflow_name="Release",
    ref="refs/tags/v0.1.0",
    sha="0" * 40,
    run_id=3,
    run_number=4,
    attempt=1,
    actor="mona",
    actor_id=5,
)

Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Project:
    """What is released: a repository whose HEAD it is, and where its programs are once it is installed."""

    name: str
    root: Path
    programs: str | None
    """The folder of its programs in a clone, or None for those beside this Python."""
    folder: Path
    """The temporary folder."""

    def bin(self, clone: Path) -> Path:
        """Return the folder of the programs that are run in a clone."""
        return clone / self.programs if self.programs else Path(sys.executable).parent

    def env(self, clone: Path) -> dict[str, str]:
        """Return the environment of every process: the caller's, so that its caches count, without what says CI."""
        gone = ("GITHUB_", "ACTIONS_", "GIT_", "VIRTUAL_ENV", "PYTEST_", "PYTHON", "TWINE_", "MAKE")
        only = ("CI", "VERSION", "TAG", "FAULT", "DRY_RUN")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(gone) and name not in only}
        path = os.pathsep.join([str(self.bin(clone)), kept.get("PATH") or os.defpath])
        return {**kept, "PATH": path, "GIT_CONFIG_GLOBAL": str(self.folder / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}

    def run(self, argv: Sequence[str], cwd: Path, more: Mapping[str, str] | None = None) -> str:
        """Run a program to its end and return what it prints; ends the benchmark when it fails."""
        env = {**self.env(cwd), **(more or {})}
        program = shutil.which(argv[0], path=env["PATH"]) or argv[0]
        ended = subprocess.run(
            [program, *argv[1:]],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise SystemExit(f"failed with exit code {ended.returncode}: {argv}\n{ended.stdout}{ended.stderr}".strip())
        return ended.stdout

    def clone(self, name: str) -> Path:
        """Return a fresh clone of HEAD."""
        clone = self.folder / name
        shutil.rmtree(clone, ignore_errors=True)
        self.run(["git", "clone", "--quiet", "--no-local", str(self.root), str(clone)], self.folder)
        return clone


# --- the two sides -------------------------------------------------------------------------------------------------


def rehearse(project: Project, clone: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Time a rehearsal; return where its time went, and what it told."""
    began = time.perf_counter()
    told: dict[str, Any] = json.loads(project.run(["castoff", "rehearse", "--json"], clone))
    whole = time.perf_counter() - began
    spent: dict[str, float] = dict(told["phases"])
    for job in told["jobs"]:
        for step in job["steps"]:
            spent[f"{job['id']}: {step['name']}"] = step["seconds"]
        spent[f"{job['id']}: beside its steps"] = job["seconds"] - sum(step["seconds"] for step in job["steps"])
    spent["beside phases and jobs (services, act, removing the folder)"] = whole - sum(spent.values())
    spent["castoff rehearse"] = whole
    return spent, told


def by_hand(project: Project, clone: Path) -> dict[str, float]:
    """Time the tools one after the other, in a clone that is installed."""
    spent: dict[str, float] = {}

    def tool(what: str, *argv: str, more: Mapping[str, str] | None = None, cwd: Path = clone) -> None:
        began = time.perf_counter()
        project.run(argv, cwd, more)
        spent[what] = spent.get(what, 0.0) + time.perf_counter() - began

    config = read_config(tomllib.loads((clone / "pyproject.toml").read_text(encoding="utf-8")))
    for command in (command for commands in config.checks.values() for command in commands):
        tool(shlex.join([word for word in command if not word.startswith(("import", ".github"))][:3]), *command)
    uv = bool(shutil.which("uv", path=str(project.bin(clone))))
    tool("python -m build", "python", "-m", "build", *(("--installer", "uv") if uv else ()))
    files = sorted(str(file) for file in (clone / "dist").iterdir())
    tool("twine check --strict", "twine", "check", "--strict", *files)
    with services(project, clone) as (sigstore, issuer, index):
        credential = issuer.grant(job_claims(RUN, "pypi"), 600)
        client = ("sigstore", "--trust-config", str(sigstore.trust_config))
        tool("sigstore sign", *client, "sign", *files, more={"GITHUB_ACTIONS": "true", **credential.variables})
        who = ("--cert-identity", RUN.identity, "--cert-oidc-issuer", ISSUER)
        tool("sigstore verify", *client, "verify", "identity", *who, *files)
        token = {"TWINE_USERNAME": "__token__", "TWINE_PASSWORD": mint(index, credential.url, credential.bearer)}
        upload = ("twine", "upload", "--non-interactive", "--disable-progress-bar", "--repository-url")
        tool("twine upload", *upload, index.upload_url, *files, more=token)
    for number, file in enumerate(files):
        fresh = project.folder / f"fresh{number}"
        python = str(fresh / "bin" / "python")
        if uv:
            tool("install both files", "uv", "venv", "--quiet", "--no-project", str(fresh))
            tool("install both files", "uv", "pip", "install", "--quiet", "--python", python, file)
        else:
            tool("install both files", "python", "-m", "venv", str(fresh))
            tool("install both files", python, "-m", "pip", "install", "--quiet", file)
        tool("install both files", python, "-I", "-c", f"import {project.name}", cwd=project.folder)
        shutil.rmtree(fresh)
    spent["the tools, added"] = sum(spent.values())
    return spent


@contextmanager
def services(project: Project, clone: Path) -> Generator[tuple[Sigstore, Issuer, Index]]:
    """Run the services that the tools talk to, in this process, as a rehearsal has them in its own."""
    publisher = Publisher(normalized(project.name), RUN.owner, RUN.repository, RUN.workflow, "pypi")
    state = clone.parent / "services"
    shutil.rmtree(state, ignore_errors=True)
    with (
        Issuer() as issuer,
        Sigstore(state / "sigstore", issuer) as sigstore,
        Index(state / "index", [publisher], issuer.verify) as index,
    ):
        yield sigstore, issuer, index


def mint(index: Index, url: str, bearer: str) -> str:
    """Return an upload token, by the exchange that the publishing action does."""
    audience = _json(f"{index.url}/_/oidc/audience")["audience"]
    identity = _json(f"{url}&audience={audience}", {"Authorization": f"bearer {bearer}"})["value"]
    return str(_json(f"{index.url}/_/oidc/mint-token", data=json.dumps({"token": identity}).encode())["token"])


def _json(url: str, headers: Mapping[str, str] | None = None, data: bytes | None = None) -> dict[str, Any]:
    more = {"Content-Type": "application/json"} if data else {}
    request = urllib.request.Request(url, data, {**(headers or {}), **more})  # noqa: S310 - a service of our own
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return json.load(answer)


# --- projects ------------------------------------------------------------------------------------------------------


def make_castoff(folder: Path, pytest_arguments: Sequence[str], *, changes: bool) -> Project:
    """Return a clone of castoff's own HEAD, with the pytest arguments (and the uncommitted changes) committed to it."""
    project = Project("castoff", folder / "castoff", str(Path(".venv") / "bin"), folder)
    subprocess.run(["git", "clone", "--quiet", "--no-local", str(CHECKOUT), str(project.root)], check=True)
    if changes:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            (project.root / name).parent.mkdir(parents=True, exist_ok=True)
            if (CHECKOUT / name).is_file():
                shutil.copy(CHECKOUT / name, project.root / name)
            else:
                (project.root / name).unlink(missing_ok=True)
    if pytest_arguments:
        pyproject = project.root / "pyproject.toml"
        before = pyproject.read_text(encoding="utf-8")
        after = before.replace('test = ["pytest"]', f"test = {json.dumps(['pytest', *pytest_arguments])}")
        if after == before:
            raise SystemExit("pyproject.toml has no check called test that is pytest alone")
        pyproject.write_text(after, encoding="utf-8")
    commit(project)
    return project


def make_sample(folder: Path, megabytes: int = 0) -> Project:
    """Return the sample project, with a file of so many megabytes that cannot be compressed."""
    project = Project("sample", folder / f"sample{megabytes}", None, folder)
    for name, text in FILES.items():
        file = project.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (project.root / WORKFLOW).parent.mkdir(parents=True)
    shutil.copy(CHECKOUT / WORKFLOW, project.root / WORKFLOW)
    if megabytes:
        with (project.root / "src" / "sample" / "data.bin").open("wb") as stream:
            for _ in range(megabytes):
                stream.write(os.urandom(1_000_000))
    project.run(["git", "init", "--quiet"], project.root)
    commit(project)
    return project


def commit(project: Project) -> None:
    """Commit everything."""
    project.run(["git", "add", "--all"], project.root)
    project.run(["git", "commit", "--quiet", "--allow-empty", "--message", "Begin"], project.root)


# --- time ----------------------------------------------------------------------------------------------------------


def compare(project: Project, runs: int) -> None:
    """Time both sides in turn, and print where the time goes and how they compare."""
    home = project.clone("home-clone")
    say(f"{project.name}: make install")
    project.run(["make", "install"], home)
    tools: Times = defaultdict(list)
    phases: Times = defaultdict(list)
    install = "make install, in a fresh clone"
    for number in range(1, runs + 1):
        say(f"{project.name}, run {number}: the tools one after the other")
        clone = project.clone("plain-clone")
        began = time.perf_counter()
        project.run(["make", "install"], clone)
        tools[install].append(time.perf_counter() - began)
        for what, seconds in by_hand(project, clone).items():
            tools[what].append(seconds)
        say(f"{project.name}, run {number}: castoff rehearse")
        for what, seconds in rehearse(project, home)[0].items():
            phases[what].append(seconds)
    installs = tools.pop(install)
    print(f"\n{about(project)}; {runs} runs\n")
    print(table("the tools, one after the other", tools, runs))
    print(f"\n{table('the rehearsal, phase by phase and step by step', phases, runs)}\n")
    whole, added = (statistics.median(times) for times in (phases["castoff rehearse"], tools["the tools, added"]))
    both = added + 2 * statistics.median(installs)
    print(f"castoff rehearse / the tools, added: {whole / added:.2f} (aim: at most {AIM})")
    if project.programs:
        print(
            f"castoff rehearse / the same and `make install` in two fresh clones "
            f"({statistics.median(installs):.1f} s each), as the two jobs need it: {whole / both:.2f}"
        )


def table(what: str, times: Times, runs: int) -> str:
    """Return times in seconds as an aligned Markdown table; what never took a tenth of a second is put together."""
    rows: list[tuple[str, ...]] = [(what, *(f"run {number + 1}" for number in range(runs)), "median s")]
    little = [0.0] * runs
    for label, seconds in times.items():
        if max(seconds) < 0.1:
            little = [a + b for a, b in zip(little, seconds, strict=True)]
            continue
        if label in ("the tools, added", "castoff rehearse") and any(little):
            rows.append(("what takes less than 0.1 s each", *_numbers(little)))
        rows.append((label, *_numbers(seconds)))
    return aligned(rows)


def _numbers(seconds: Sequence[float]) -> tuple[str, ...]:
    return (*(f"{number:.1f}" for number in seconds), f"{statistics.median(seconds):.1f}")


def about(project: Project) -> str:
    """Return what was measured, and on what."""
    head = project.run(["git", "log", "-1", "--format=%h"], CHECKOUT).strip()
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{project.name}, castoff {head}, Python {platform.python_version()}, {system}, {time.strftime('%Y-%m-%d')}"


# --- memory --------------------------------------------------------------------------------------------------------

GROUPS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("stand-ins", lambda line: "castoff.standins" in line),
    ("sigstore", lambda line: "-m sigstore" in line),
    ("twine", lambda line: "-m twine" in line or "twine" in line.partition("import")[2]),
    ("castoff in steps", lambda line: "castoff preflight" in line or "castoff twine-check" in line),
    ("build", lambda line: "-m build" in line or "pyproject_hooks" in line or "_in_process" in line),
    ("git", lambda line: line.startswith("git") or "/git" in line.partition(" ")[0]),
    ("act", lambda line: line.partition(" ")[0].endswith("act")),
)


class Watch:
    """Looks at a process and all below it, again and again, and keeps the most memory that each kind had."""

    def __init__(self, process: int) -> None:
        self.most: dict[str, int] = {}
        """Kind -> kilobytes of the largest process of that kind."""
        self._root = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_TICK):
            for process in self._below():
                with suppress(OSError, ValueError, IndexError):
                    self._note(process)

    def _below(self) -> set[int]:
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError, IndexError, ValueError):
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        found = {self._root}
        while more := {child for child, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def _note(self, process: int) -> None:
        folder = Path("/proc") / str(process)
        line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        status = (folder / "status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0])
        kind = "castoff rehearse"
        if process != self._root:
            kind = next((name for name, is_it in GROUPS if is_it(line)), "others")
        self.most[kind] = max(self.most.get(kind, 0), peak)


def memory(folder: Path, sizes: Sequence[int]) -> None:
    """Rehearse a sample with each size of its data file, and print the most memory of each kind of process."""
    kinds = ["castoff rehearse", *(name for name, _ in GROUPS), "others"]
    columns: list[tuple[str, ...]] = []
    for size in sizes:
        say(f"memory: {size} MB")
        project = make_sample(folder, size)
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "castoff", "rehearse", "--json"],
            cwd=project.root,
            env=project.env(project.root),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        watch = Watch(process.pid)
        told: dict[str, Any] = json.loads(process.communicate()[0])
        watch.stop()
        released = "yes" if told["ok"] else "no"
        most = (f"{watch.most.get(kind, 0) / 1024:.0f}" for kind in kinds)
        columns.append((f"{size} MB", *most, f"{time.perf_counter() - began:.0f}", released))
        for problem in told.get("problems", ()):
            say(f"  {problem['what']}")
        shutil.rmtree(project.root)
    heads = ("peak of the largest process, MB", *kinds, "time, s", "released")
    print(f"\nmemory, Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
    print(aligned([tuple(row) for row in zip(heads, *columns, strict=True)]))


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description="Time castoff rehearse beside the tools that it runs.")
    parser.add_argument("--runs", type=int, default=2, help="how often each side is timed (2)")
    parser.add_argument("--sample", action="store_true", help="a small sample project instead of castoff itself")
    parser.add_argument("--quick", action="store_true", help="the sample once: to see that it runs")
    parser.add_argument("--sizes", type=int, nargs="*", metavar="MB", help=f"memory, by the size of the data: {SIZES}")
    parser.add_argument("--pytest", default="", metavar="ARGS", help="arguments of pytest, on both sides")
    parser.add_argument("--changes", action="store_true", help="castoff with its uncommitted changes, not HEAD")
    given = parser.parse_args()
    sizes: Sequence[int] | None = given.sizes
    with tempfile.TemporaryDirectory(prefix="castoff-benchmark-") as name:
        folder = Path(name).resolve()
        text = "[user]\n\tname = A Benchmark\n\temail = benchmark@example.com\n[init]\n\tdefaultBranch = main\n"
        (folder / "gitconfig").write_text(text, encoding="utf-8")
        if sizes is not None:
            memory(folder, sizes or SIZES)
        elif given.sample or given.quick:
            compare(make_sample(folder), 1 if given.quick else max(1, given.runs))
        else:
            arguments = shlex.split(str(given.pytest))
            compare(make_castoff(folder, arguments, changes=bool(given.changes)), max(1, given.runs))


if __name__ == "__main__":
    main()
