"""What the platform would refuse is refused; what cannot be rehearsed is named; and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsing import (
    FILES,
    JOBS,
    QUICK,
    WORKFLOW,
    bare_python,
    begun,
    castoff,
    changed,
    left,
    line_of,
    processes,
    rehearse,
    sample,
    spoken,
    untouched,
    wait_for,
)
from tests.repository import Ran, Repository

_PIN = re.search(r"actions/download-artifact@[0-9a-f]{40}", QUICK)
assert _PIN
_FETCH_BUNDLES_TOO = f"""path: dist/
      - uses: {_PIN[0]}
        with:
          name: bundles
"""

REFUSED = {
    "without id-token: write nobody signs": (
        changed("id-token: write", "contents: read", job="sign"),
        ("sign", "sigstore/gh-action-sigstore-python", "id-token"),
        (),
    ),
    "a publish job without its environment is not the publisher": (
        changed("    environment:\n      name: pypi", "    env:\n      NAME: pypi", job="publish"),
        ("publish", "pypa/gh-action-pypi-publish", "invalid-publisher"),
        (),
    ),
    "nor is one with another environment": (
        changed("      name: pypi", "      name: test", job="publish"),
        ("publish", "pypa/gh-action-pypi-publish", "invalid-publisher"),
        (),
    ),
    "without contents: write there is no release, though all is published": (
        changed("contents: write", "contents: read", job="github-release"),
        ("github-release", "Make the draft, with every file", "403"),
        FILES,
    ),
    "bundles beside the files are no distributions": (
        changed("path: dist/\n", _FETCH_BUNDLES_TOO, job="publish"),
        ("publish", "pypa/gh-action-pypi-publish", ".sigstore.json"),
        (),
    ),
    "an artifact is fetched by the name under which it was handed on": (
        changed("name: manifest\n", "name: manifests\n", job="twine-check"),
        ("twine-check", "Fetch the manifest of digests, and the SBOM", "Artifact not found for name: manifests"),
        (),
    ),
    "a make target that is not there": (
        changed("make preflight", "make pre-flight", job="preflight"),
        ("preflight", "Run make pre-flight", "No rule to make target 'pre-flight'"),
        (),
    ),
}


@pytest.mark.e2e
@pytest.mark.parametrize("what", REFUSED)
def test_what_the_platform_refuses_stops_the_release_at_that_very_step(tmp_path: Path, what: str) -> None:
    """Jobs after it do not run; a person is told what it was, and what to do.

    The preflight of this project does not look at the workflow, which would find each of these before anything else.
    """
    workflow, (job, step, said), index = REFUSED[what]
    played = rehearse(sample(tmp_path, workflow, looks=False), tmp_path / "temp")
    assert (played.code, played.stopped) == (1, job), played.ran.err
    assert played.failed_step == step
    assert said in played.ran.err
    assert sorted(played.index) == sorted(index)
    assert played.assets is None
    if index:
        assert "re-run the failed jobs" in played.typed, "what is published cannot be tagged anew"
    else:
        assert "make undo VERSION=0.1.1" in played.typed


@pytest.mark.e2e
def test_preflight_stops_at_once_what_would_fail_when_pypi_has_everything(tmp_path: Path) -> None:
    """It looks at the workflow that it runs in, and names the line; nothing was signed, nothing is on the index."""
    workflow, _, _ = REFUSED["without contents: write there is no release, though all is published"]
    played = rehearse(sample(tmp_path, workflow), tmp_path / "temp")
    assert (played.code, played.stopped, played.failed_step) == (1, "preflight", "Run make preflight"), played.ran.err
    assert f"{WORKFLOW}:{line_of(workflow, '  github-release:') + 5}: the job github-release lacks" in played.ran.err
    assert (played.index, played.assets) == ({}, None)


_SHA = "@0123456789012345678901234567890123456789"
_CHECKOUT = re.search(r"actions/checkout@[0-9a-f]{40} # \S+", QUICK)
_TAGS = re.search(r"    tags: .*\n", QUICK)
assert _CHECKOUT
assert _TAGS
_RUNS_ON = "runs-on: ubuntu-latest"
_BEFORE = _RUNS_ON + "\n    "

UNPLAYABLE = {
    "no tag trigger": (changed(_TAGS[0], '    branches: ["main"]\n'), "on:", "v0.1.1 does not start this workflow"),
    "no such tag": (changed(_TAGS[0], '    tags: ["release-*"]\n'), "on:", "v0.1.1 does not start this workflow"),
    "unpinned": (
        changed(_CHECKOUT[0], "actions/checkout@v7", job="preflight"),
        "actions/checkout@v7",
        "actions/checkout@v7 can be moved; pin it",
    ),
    "unknown action": (
        changed(_CHECKOUT[0], f"actions/stale{_SHA}", job="preflight"),
        "actions/stale",
        "actions/stale has no stand-in",
    ),
    "unknown input": (
        changed("fetch-depth", "fetch-dept"),
        "fetch-dept:",
        "actions/checkout knows no input 'fetch-dept'; 'fetch-depth' is one",
    ),
    "matrix": (
        changed(_RUNS_ON, _BEFORE + "strategy: {matrix: {os: [a, b]}}", job="sign"),
        "strategy:",
        "the job sign has a matrix",
    ),
    "container": (
        changed(_RUNS_ON, _BEFORE + "container: alpine", job="sign"),
        "container:",
        "the job sign runs in a container",
    ),
    "services": (
        changed(_RUNS_ON, _BEFORE + "services: {db: {image: postgres}}", job="sign"),
        "services:",
        "the job sign needs service containers",
    ),
    "another system": (
        changed(_RUNS_ON, "runs-on: windows-latest", job="sign"),
        "runs-on: windows",
        "the job sign runs on windows-latest",
    ),
    "no YAML": (changed("name: Release\n", "name: Release: it\n"), "name: Release", "the workflow is not YAML"),
    "no such key": (changed("    needs: twine-check", "    need: twine-check"), "    need:", "'need'"),
}


def refused(repo: Repository, temp: Path, *flags: str, code: int = 1, **env: str) -> str:
    """Rehearse what cannot be; return the one line that says why. Nothing has begun, and nothing is left."""
    temp.mkdir(exist_ok=True)
    with untouched(repo):
        ran = castoff(repo, "rehearse", *flags, TMPDIR=str(temp), **env)
    left(temp)
    return the_line(ran, code)


def the_line(ran: Ran, code: int = 1) -> str:
    """Return the only line that tells of an error."""
    assert ran.code == code, ran.all
    (line,) = spoken(ran)["error"]
    assert not spoken(ran)["way out"]
    return line


@pytest.mark.parametrize("what", UNPLAYABLE)
def test_what_cannot_be_rehearsed_is_named_with_its_line(tmp_path: Path, what: str) -> None:
    workflow, at, said = UNPLAYABLE[what]
    line = refused(sample(tmp_path, workflow), tmp_path / "temp")
    assert line.startswith(f"{WORKFLOW}:{line_of(workflow, at)}: ")
    assert said in line


def test_all_that_cannot_be_rehearsed_is_named_together(tmp_path: Path) -> None:
    text = changed("fetch-depth", "fetch-dept", text=changed(_RUNS_ON, _BEFORE + "container: alpine", job="sign"))
    temp = tmp_path / "temp"
    temp.mkdir()
    ran = castoff(sample(tmp_path, text), "rehearse", TMPDIR=str(temp))
    assert (ran.code, len(spoken(ran)["error"])) == (1, 2)
    left(temp)


class TestBadInput:
    """One clear line, and nothing left behind."""

    def test_without_a_workflow(self, tmp_path: Path) -> None:
        """One that is not committed is none: HEAD is what is rehearsed."""
        repo = sample(tmp_path, None)
        repo.write(WORKFLOW, QUICK)
        assert f"there is no {WORKFLOW} in HEAD" in refused(repo, tmp_path / "temp")

    def test_without_a_commit(self, tmp_path: Path) -> None:
        folder = tmp_path / "new"
        folder.mkdir()
        (folder / "pyproject.toml").write_text('[project]\nname = "sample"\nversion = "0.1.0"\n')
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        assert "commit" in refused(Repository(folder, tmp_path / "none"), tmp_path / "temp")

    def test_a_shallow_clone(self, tmp_path: Path) -> None:
        repo = sample(tmp_path)
        clone = Repository(tmp_path / "shallow", repo.remote)
        subprocess.run(
            ["git", "clone", "--quiet", "--depth", "1", f"file://{repo.remote}", str(clone.root)], check=True
        )
        assert "shallow clone" in refused(clone, tmp_path / "temp")

    def test_a_version_that_is_released_already(self, tmp_path: Path) -> None:
        repo = sample(tmp_path)
        repo.git("tag", "v0.1.1")
        assert "v0.1.1 exists already" in refused(repo, tmp_path / "temp")
        assert "v0.1.1 exists already" in refused(repo, tmp_path / "temp", "--version", "0.1.1")

    def test_a_version_that_is_none(self, tmp_path: Path) -> None:
        repo = sample(tmp_path)
        assert "'one' is not a version" in refused(repo, tmp_path / "temp", "--version", "one", code=2)

    def test_a_version_that_does_not_come_after_the_one_now(self, tmp_path: Path) -> None:
        repo = sample(tmp_path)
        assert (
            "0.0.9 is lower than the version now, 0.1.0"
            in castoff(repo, "rehearse", "--version", "0.0.9", TMPDIR=str(tmp_path)).err
        )
        assert not list(tmp_path.glob("castoff-*"))

    def test_outside_of_a_git_repository(self, tmp_path: Path) -> None:
        folder = tmp_path / "plain"
        folder.mkdir()
        (folder / "pyproject.toml").write_text('[project]\nname = "sample"\nversion = "0.1.0"\n')
        repo = Repository(folder, tmp_path / "none")
        assert "in no git repository" in refused(repo, tmp_path / "temp", GIT_CEILING_DIRECTORIES=str(tmp_path))

    def test_a_fault_that_there_is_none_of(self, tmp_path: Path) -> None:
        line = refused(sample(tmp_path), tmp_path / "temp", "--fault", "no-such", code=2)
        assert "no fault called 'no-such'" in line

    @pytest.mark.parametrize("note", [None, "", "[", "{}", '{"project": "x", "attempt": "two"}'])
    def test_resuming_in_a_folder_that_is_no_scratch_folder(self, tmp_path: Path, note: str | None) -> None:
        other = tmp_path / "other"
        other.mkdir()
        if note is not None:
            (other / "state.json").write_text(note)
        line = refused(sample(tmp_path), tmp_path / "temp", "--resume", str(other))
        assert str(other) in line
        assert "git ls-tree" not in line
        assert other.exists()

    def test_resuming_with_another_version_or_fault(self, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        (other / "state.json").write_text("{}")
        line = refused(sample(tmp_path), tmp_path / "temp", "--resume", str(other), "--fault", "sigstore-down", code=2)
        assert "without its fault" in line

    def test_a_report_that_cannot_be_written_is_known_before_anything_is_done(self, tmp_path: Path) -> None:
        target = tmp_path / "missing" / "report.html"
        line = refused(sample(tmp_path), tmp_path / "temp", "--report", str(target), code=2)
        assert str(target.parent) in line

    def test_without_act_it_says_how_to_get_it(self, tmp_path: Path) -> None:
        """With a Python that has no act beside it, and nothing on PATH but git."""
        python, programs, temp = bare_python(tmp_path / "python"), tmp_path / "programs", tmp_path / "temp"
        programs.mkdir()
        temp.mkdir()
        (programs / "git").symlink_to(shutil.which("git") or "git")
        ran = subprocess.run(
            [str(python), "-m", "castoff", "rehearse"],
            cwd=sample(tmp_path).root,
            env={**os.environ, "PATH": str(programs), "TMPDIR": str(temp)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "act, which runs the workflow" in the_line(Ran(ran.returncode, ran.stdout, ran.stderr))
        assert "pip install 'castoff[rehearse]'" in ran.stderr
        left(temp)


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system with no room in it; only root can."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system of a few kilobytes is for root alone, where it can be done at all")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("size", ["size=1m,nr_inodes=4", "size=8k", "size=300k"])
def test_without_space_one_line_says_so_and_nothing_stays(tmp_path: Path, tiny: Path, size: str) -> None:
    """There is room for none, some or most of what stands in the scratch folder before the first job."""
    subprocess.run(["umount", str(tiny)], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(tiny)], check=True)
    line = refused(sample(tmp_path), tiny)
    assert "no space left" in line
    assert "TMPDIR" in line


_MANY_FILES = """
import pathlib, tempfile, time
folder = pathlib.Path(tempfile.mkdtemp())
for number in range(20000):
    (folder / str(number)).touch()
(pathlib.Path.home() / "ready").touch()
time.sleep(173)
"""

INTERRUPTED = {
    "ctrl-c in preflight": ("import time; time.sleep(171)", "time.sleep(171)", signal.SIGINT, 1),
    "ctrl-c in twine-check": ("print('checked')", "castoff-try-", signal.SIGINT, 1),
    "kill in preflight": ("import time; time.sleep(172)", "time.sleep(172)", signal.SIGTERM, 1),
    "ctrl-c again and again, until it has ended": (_MANY_FILES, None, signal.SIGINT, 1000),
}


@pytest.mark.e2e
@pytest.mark.parametrize("how", INTERRUPTED)
def test_an_interrupted_rehearsal_ends_at_once_with_every_process_and_file_of_it(tmp_path: Path, how: str) -> None:
    """Ctrl-C reaches the whole process group, `kill` castoff alone; and the impatient press Ctrl-C again."""
    check, inside, number, times = INTERRUPTED[how]
    repo, temp = sample(tmp_path, check=check), tmp_path / "temp"
    temp.mkdir()

    def is_there() -> bool:
        if inside is None:
            return any(temp.glob("*/jobs/*/ready"))
        return any(inside in argv for argv in processes(temp))

    with untouched(repo), begun(repo, temp) as running:
        wait_for(is_there)
        for _ in range(times):
            if running.poll() is not None:
                break
            if number == signal.SIGTERM:
                running.send_signal(number)
            else:
                os.killpg(running.pid, number)
            time.sleep(0.01 if times > 1 else 0)
        _, err = running.communicate(timeout=20)
    assert running.returncode == 1, err
    assert err.splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in err
    left(temp)


@pytest.mark.e2e
def test_a_process_that_a_step_left_behind_ends_with_the_rehearsal(tmp_path: Path) -> None:
    """GitHub's runner ends such processes when the job does, wherever they went.

    The job that comes after it fails, to be quick.
    """
    repo = sample(
        tmp_path,
        changed("make twine-check", "make twine", job="twine-check"),
        before="\t@sleep 173 >/dev/null 2>&1 &\n\t@setsid sleep 174 >/dev/null 2>&1 &\n",
        looks=False,
    )
    played = rehearse(repo, tmp_path / "temp")
    assert (played.code, played.outcomes["preflight"], played.stopped) == (1, "success", JOBS[1])
