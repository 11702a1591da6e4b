"""A project with castoff's own release workflow, and the verbs of somebody who rehearses its release."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tests import forked
from tests.repository import CASTOFF, Ran, Repository

WORKFLOW = ".github/workflows/release.yml"
REAL = (Path(__file__).parent.parent / WORKFLOW).read_text(encoding="utf-8")
JOBS = ("preflight", "twine-check", "sign", "publish", "github-release")
FILES = ("sample-0.1.1-py3-none-any.whl", "sample-0.1.1.tar.gz")
SBOM = "sample-0.1.1.cdx.json"
BUNDLE = ".sigstore.json"
ATTACHED = tuple(name + end for name in (*FILES, SBOM) for end in ("", BUNDLE))
"""What a finished release holds."""

_SETUP_PYTHON = re.compile(r"      - uses: actions/setup-python@.*\n        with:\n(?:          .*\n)+")


def quick(text: str) -> str:
    """Return a workflow without the steps that set up a Python: what castoff runs on does as well, and is there."""
    return _SETUP_PYTHON.sub("", text)


QUICK = quick(REAL)
"""The workflow without the steps that set up a Python."""
assert REAL.count("actions/setup-python@") == 2
assert "setup-python" not in QUICK

_MAKEFILE = "{targets}:\n{before}\t@{castoff} $@\n"
_BLIND = "preflight:\n{before}\t@{castoff} check-tag\n\t@{castoff} build\n"


def sample(
    folder: Path,
    workflow: str | None = QUICK,
    check: str = "print('checked')",
    before: str = "",
    *,
    looks: bool = True,
) -> Repository:
    """Make a project whose release can be rehearsed: its one check is `check`, a Python program.

    `before` are recipe lines that every make target of the workflow runs first. `looks` says whether preflight looks
    at the workflow, too: it would stop, at once, what the platform is to refuse.
    """
    repo = Repository.create(folder)
    argv = json.dumps(["python", "-c", check])
    text, checks, _ = repo.read("pyproject.toml").partition("[tool.castoff.checks]\n")
    if workflow != REAL:  # a rehearsal builds three times, and flit is done sooner
        text = text.replace('"hatchling"', '"flit_core>=3.11"').replace("hatchling.build", "flit_core.buildapi")
    repo.write("pyproject.toml", f"{text}{checks}check = {argv}\n")
    makefile = _MAKEFILE if looks else _BLIND + _MAKEFILE
    targets = "preflight twine-check" if looks else "twine-check"
    repo.write("Makefile", makefile.format(targets=targets, before=before, castoff=CASTOFF))
    if workflow is not None:
        repo.write(WORKFLOW, workflow)
    repo.commit("a release workflow")
    repo.git("push", "--quiet", "origin", "main")
    return repo


def changed(old: str, new: str, *, job: str | None = None, text: str = QUICK) -> str:
    """Return the workflow with `new` in the place of the only `old` there is: in the job, or in all of it."""
    begin, end = 0, len(text)
    if job is not None:
        begin = text.index(f"\n  {job}:\n") + 1
        following = re.compile(r"^  [a-z][a-z-]*:\n", re.MULTILINE).search(text, begin + len(job))
        end = following.start() if following else len(text)
    part = text[begin:end]
    assert part.count(old) == 1, f"{old!r} is there {part.count(old)} times"
    return text[:begin] + part.replace(old, new) + text[end:]


def line_of(workflow: str, text: str) -> int:
    """Return the number of the first line that has `text` in it."""
    return next(number for number, line in enumerate(workflow.splitlines(), 1) if text in line)


@dataclass(frozen=True)
class Played:
    """How a rehearsal ended."""

    ran: Ran
    scratch: Path | None
    """The scratch folder that is left."""

    @property
    def code(self) -> int:
        return self.ran.code

    @property
    def data(self) -> dict[str, Any]:
        """What `--json` tells."""
        return cast("dict[str, Any]", json.loads(self.ran.out))

    @property
    def outcomes(self) -> dict[str, str]:
        """How each job ended, in their order."""
        return {job["id"]: job["outcome"] for job in self.data["jobs"]}

    @property
    def stopped(self) -> str | None:
        """The job that failed; asserts that all before it succeeded, and that nothing after it has begun."""
        ended = self.outcomes
        failed = [job for job, outcome in ended.items() if outcome == "failure"]
        if not failed:
            return None
        (job,) = failed
        at = list(ended).index(job)
        assert set(list(ended.values())[:at]) <= {"success", "kept"}, ended
        later = self.data["jobs"][at + 1 :]
        assert {one["outcome"] for one in later} <= {"skipped"}, ended
        assert {step["outcome"] for one in later for step in one["steps"]} <= {"skipped"}, later
        return job

    @property
    def failed_step(self) -> str:
        """The name of the step that failed."""
        (job,) = [job for job in self.data["jobs"] if job["outcome"] == "failure"]
        steps = [step["outcome"] for step in job["steps"]]
        at = steps.index("failure")
        assert set(steps[:at]) <= {"success"}, steps
        assert set(steps[at + 1 :]) <= {"skipped"}, steps
        return str(job["steps"][at]["name"])

    @property
    def index(self) -> dict[str, str]:
        """What the index holds: file to digest."""
        return {file["name"]: file["sha256"] for file in self.data["index"]}

    @property
    def assets(self) -> dict[str, str] | None:
        """What the release holds: file to digest; None when there is no release."""
        releases = self.data["releases"]
        assert len(releases) <= 1, "more than one release of the tag"
        return {asset["name"]: asset["sha256"] for asset in releases[0]["assets"]} if releases else None

    @property
    def typed(self) -> str:
        """What the maintainer is told to do in a real release: a sentence, then what to type."""
        told = self.data["way_out"]
        return "\n".join([told["what"].removeprefix("in a real release, "), *told["type"]])


def rehearse(repo: Repository, temp: Path, *flags: str, new: bool = False, **env: str) -> Played:
    """Rehearse with `--json`, with the folder `temp` for everything temporary, and look at what must always hold.

    Nothing in the caller's repository or on its remote has changed, no process is left, and nothing lies in `temp`
    but a scratch folder that was to be kept. With `new` castoff is started from nothing.
    """
    temp.mkdir(parents=True, exist_ok=True)
    with untouched(repo):
        ran = (castoff_anew if new else castoff)(repo, "rehearse", "--json", *flags, TMPDIR=str(temp), **env)
    return Played(ran, left(temp, kept=bool({"--keep", "--resume"} & set(flags))))


def castoff(repo: Repository, *args: str, **env: str) -> Ran:
    """Run castoff, forked from a process that has loaded its libraries."""
    return _looked_at(forked.run("castoff", [str(CASTOFF), *args], cwd=repo.root, env={**os.environ, **env}))


def castoff_anew(repo: Repository, *args: str, **env: str) -> Ran:
    """Run castoff from nothing, as a person does."""
    ran = subprocess.run(
        [str(CASTOFF), *args],
        cwd=repo.root,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return _looked_at(ran)


def _looked_at(ran: subprocess.CompletedProcess[str]) -> Ran:
    """Return how it ended; what fails in a step may show a traceback, but it must not be castoff's own."""
    assert not re.search(r'File ".*\bcastoff/\w+', ran.stderr), ran.stderr
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def left(temp: Path, *, kept: bool = False) -> Path | None:
    """Assert that no process and no file is left, but the one folder that was to be kept; return that."""
    assert not processes(temp)
    there = sorted(temp.iterdir())
    if not kept:
        assert not there
        return None
    (scratch,) = there
    assert scratch.name.startswith("castoff-rehearsal-")
    return scratch


@contextmanager
def untouched(repo: Repository) -> Generator[None]:
    """Assert that the block changes nothing in the repository, nor on its remote."""
    before = _everything(repo)
    yield
    assert _everything(repo) == before


def _everything(repo: Repository) -> dict[str, str]:
    """Return every file with its digest. git's index holds times, too: a mere look may write it anew."""
    folders = [folder for folder in (repo.root, repo.remote) if folder.is_dir()]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != repo.root / ".git" / "index"
    } | {str(path): "a link" for folder in folders for path in folder.rglob("*") if path.is_symlink()}


def processes(temp: Path) -> list[str]:
    """Return the processes that were started with `temp`, or something in it, in their environment."""
    if not Path("/proc/self/environ").exists():  # not Linux: nothing to look at
        return []
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told, argv = (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
        except OSError:  # it has ended, or is another user's
            continue
        if os.fsencode(temp) in told and argv and int(folder.name) != os.getpid():
            found.append(argv.replace(b"\0", b" ").decode("utf-8", "replace").strip())
    return found


@contextmanager
def begun(repo: Repository, temp: Path, *flags: str) -> Generator[subprocess.Popen[str]]:
    """Begin a rehearsal in a process group of its own, as a terminal does; whatever is left of it is ended."""
    running = subprocess.Popen(
        [str(CASTOFF), "rehearse", *flags],
        cwd=repo.root,
        env={**os.environ, "TMPDIR": str(temp)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()


def wait_for(true: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until something is true; fails when that takes too long."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that one test process of many has filled: the first to come here does, the others wait."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made, work = folder / name, folder / f"{name}.new"
        if not made.exists():
            work.mkdir()  # fails when an earlier test has failed to fill it: that is told once, and not tried again
            make(work)
            work.rename(made)
        return made


def bare_python(folder: Path) -> Path:
    """Return a Python that imports what this one does, and has none of the programs beside it that this one has."""
    import sysconfig

    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (folder / "lib" / version / "site-packages" / "beside.pth").write_text(line, encoding="utf-8")
    return folder / "bin" / "python"


def spoken(ran: Ran) -> Mapping[str, list[str]]:
    """Return the lines of an error by their label: `error`, `way out`, `type`."""
    lines: dict[str, list[str]] = {"error": [], "way out": [], "type": []}
    for line in ran.err.splitlines():
        label, _, text = line.strip().partition(": ")
        if label in lines:
            lines[label].append(text)
    return lines
