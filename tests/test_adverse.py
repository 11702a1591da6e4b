"""A disk without room, locks of others, two at once, clocks that jump: told in one line, and with a way on."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.repository import CASTOFF, Ran, Repository

BRANCH = "chore/release-0.2.0"


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Return what mounts a file system of a given size; only root can."""
    folder = tmp_path / "tiny"
    folder.mkdir()

    def mount(size: str) -> Path:
        argv = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(argv, capture_output=True, check=False).returncode:
            pytest.skip("mounting a small file system is for root alone, where it can be done at all")
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def fill(folder: Path, leaving: int) -> Path:
    """Fill the file system up to this many bytes, and return the file that does."""
    ballast = folder / "ballast"
    room = shutil.disk_usage(folder).free - leaving
    ballast.write_bytes(b"\0" * max(room, 0))
    return ballast


@pytest.mark.parametrize("leaving", [0, 4096, 8192, 16384, 32768])
@pytest.mark.parametrize("argv", [("bump",), ("release",), ("release", "--direct")], ids=" ".join)
def test_on_a_full_disk_what_is_there_is_told_and_with_room_the_same_command_ends_right(
    tiny: Callable[[str], Path], argv: tuple[str, ...], leaving: int
) -> None:
    """There is room for none, some or all of the files, and then for none, some or all that git writes."""
    folder = tiny("2m")
    repo = Repository.create(folder / "project")
    before, there = repo.state(), repo.on_remote()
    ballast = fill(folder, leaving)
    ran = repo.castoff(*argv, "--version", "0.2.0")
    ballast.unlink()
    if ran.code != 0:
        assert ran.code == 1
        assert repo.on_remote() == there
        if argv == ("bump",) or "nothing has changed" in ran.err:
            assert repo.state() == before
        else:  # there was no room to take it back either
            assert "part of what this run made is still here; the next run goes on from it" in ran.err
        assert repo.castoff(*argv, "--version", "0.2.0").code == 0
    assert not list(repo.root.rglob("*.castoff-tmp"))
    assert repo.version() == ("0.2.0" if argv != ("release",) else "0.1.0")
    repo.git("fsck", "--strict")


@pytest.mark.e2e
def test_a_build_without_room_for_its_files_leaves_dist_and_manifest_as_they_were(
    tiny: Callable[[str], Path],
) -> None:
    folder = tiny("3m")
    repo = Repository.create(folder / "project")
    assert repo.castoff("build", OFFLINE="1").code == 0
    before = contents(repo)
    repo.write("README.md", "# sample\n\nAnother text.\n")
    ballast = fill(folder, 4096)
    ran = repo.castoff("build", OFFLINE="1")
    assert (ran.code, "space" in ran.err, contents(repo)) == (1, True, before)
    ballast.unlink()
    assert repo.castoff("build", OFFLINE="1").code == 0
    assert contents(repo) != before
    assert not list(repo.root.glob(".dist*"))


def contents(repo: Repository) -> dict[str, bytes]:
    """Return what was built."""
    folders = (repo.root / "dist", repo.root / "dist-sbom")
    paths = [*(path for folder in folders for path in folder.iterdir()), repo.root / "dist-manifest.json"]
    return {path.name: path.read_bytes() for path in paths}


LOCKS = [".git/index.lock", ".git/HEAD.lock", ".git/packed-refs.lock", f".git/refs/heads/{BRANCH}.lock"]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("flags", [(), ("--direct",)], ids=["branch", "direct"])
def test_a_lock_that_another_git_has_left_is_named_before_anything_is_done(
    repo: Repository, lock: str, flags: tuple[str, ...]
) -> None:
    repo.write(lock, "")
    before, there = repo.state(), repo.on_remote()
    ran = repo.release("0.2.0", *flags)
    assert (ran.code, f"{lock}: another git is at work" in ran.err, f"rm {lock}" in ran.err) == (1, True, True)
    assert (repo.state(), repo.on_remote()) == (before, there)
    (repo.root / lock).unlink()
    assert repo.release("0.2.0", *flags).code == 0


def test_in_a_work_tree_of_its_own_the_lock_is_looked_for_where_git_keeps_it(tmp_path: Path) -> None:
    repo = Repository.create(tmp_path / "a folder")
    repo.git("switch", "--quiet", "--create", "elsewhere")
    repo.git("worktree", "add", "--quiet", "../second", "main")
    second = Repository(repo.root.parent / "second", repo.remote)
    lock = Path(second.git("rev-parse", "--git-path", "index.lock"))
    lock.touch()
    ran = second.release("0.2.0")
    assert (ran.code, f"rm '{lock}'" in ran.err) == (1, True)
    lock.unlink()
    assert second.release("0.2.0").code == 0


def begun(repo: Repository, *argv: str) -> subprocess.Popen[str]:
    """Start castoff, beside the test."""
    return subprocess.Popen(
        [str(CASTOFF), *argv],
        cwd=repo.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> Ran:
    """Wait for its end."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return Ran(process.returncode, out, err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("flags", [(), ("--direct",)], ids=["branch", "direct"])
def test_ended_while_git_holds_its_lock_castoff_ends_git_gently_and_leaves_no_lock(
    repo: Repository, flags: tuple[str, ...], number: signal.Signals
) -> None:
    """`git commit` holds the lock of the index as long as a hook runs; killed outright it would leave it there."""
    ready = repo.root.parent / "ready"
    hook = repo.hook("pre-commit", f"touch '{ready}'; exec sleep 30 >/dev/null 2>&1")
    before = repo.state()
    running = begun(repo, "release", "--version", "0.2.0", *flags)
    until(ready.exists)
    assert (repo.root / ".git/index.lock").exists()
    running.send_signal(number)
    ran = ended(running)
    assert (ran.code, "what this run made is taken back" in ran.err) == (1, True), ran.err
    assert repo.state() == before
    assert not list((repo.root / ".git").rglob("*.lock"))
    hook.unlink()
    assert repo.release("0.2.0", *flags).code == 0


def test_killed_together_with_git_the_lock_that_stays_is_named_and_without_it_the_release_goes_on(
    repo: Repository,
) -> None:
    """As when the machine goes down."""
    ready = repo.root.parent / "ready"
    hook = repo.hook("pre-commit", f"touch '{ready}'; exec sleep 30 >/dev/null 2>&1")
    running = begun(repo, "release", "--version", "0.2.0")
    until(ready.exists)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    hook.unlink()
    ran = repo.release("0.2.0")
    assert (ran.code, "rm .git/index.lock" in ran.err) == (1, True)
    (repo.root / ".git/index.lock").unlink()
    assert repo.release("0.2.0").code == 0
    assert f"refs/heads/{BRANCH}" in repo.on_remote()
    assert repo.git("status", "--porcelain") == ""


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


@pytest.mark.parametrize("verb", ["release", "tag", "bump", "undo", "build"])
def test_while_one_castoff_acts_in_a_folder_no_other_does(repo: Repository, verb: str) -> None:
    """Each would commit, or take back, what the other is in the middle of writing."""
    ready = repo.root.parent / "ready"
    hook = repo.hook("pre-push", f"touch '{ready}'; exec sleep 30 >/dev/null 2>&1")
    first = begun(repo, "release", "--version", "0.2.0")
    until(ready.exists)
    second = repo.castoff(verb, *(("--version", "0.2.0") if verb != "build" else ()))
    assert (second.code, "another castoff is at work in this folder" in second.err) == (1, True)
    assert repo.release("0.2.0", "--dry-run").code == 0, "to look is allowed"
    os.killpg(first.pid, signal.SIGKILL)
    ended(first)
    hook.unlink()
    assert repo.release("0.2.0").code == 0, "the lock is gone with the one who held it"


def test_of_two_bumps_at_once_each_file_is_whole_and_all_places_agree(repo: Repository) -> None:
    runs = [begun(repo, "bump", "--version", version) for version in ("0.2.0", "0.3.0", "0.4.0")]
    codes = [ended(run).code for run in runs]
    assert 0 in codes
    assert set(codes) <= {0, 1}
    assert f'version = "{repo.version()}"' in repo.read("pyproject.toml")
    assert not list(repo.root.rglob("*.castoff-tmp"))


@pytest.mark.parametrize("flags", [(), ("--direct",)], ids=["branch", "direct"])
def test_of_two_releases_at_once_in_one_folder_what_is_pushed_is_right_and_the_same_command_goes_on(
    repo: Repository, flags: tuple[str, ...]
) -> None:
    runs = [begun(repo, "release", "--version", "0.2.0", *flags) for _ in range(2)]
    for run in runs:
        assert ended(run).code in (0, 1)
    last = repo.release("0.2.0", *flags)
    assert last.code == 0, last.err
    there = repo.on_remote()
    tip = there["refs/heads/main"] if flags else there[f"refs/heads/{BRANCH}"]
    assert repo.git("show", "--no-patch", "--format=%s", tip) == "chore(release): bump to 0.2.0"
    assert '"0.2.0"' in repo.git("show", f"{tip}:pyproject.toml")
    repo.git("fsck", "--strict")
    assert not list((repo.root / ".git").rglob("*.lock"))


@pytest.mark.parametrize("year", ["1970-01-02", "2001-01-01", "2099-12-31"])
def test_a_clock_that_is_wrong_or_jumps_is_no_hindrance(repo: Repository, year: str) -> None:
    """No decision looks at a clock: what comes before what is read from git's history."""
    date = f"{year}T00:00:00+0000"
    assert repo.release("0.2.0", GIT_COMMITTER_DATE=date, GIT_AUTHOR_DATE=date).code == 0
    repo.merge(BRANCH)
    tagged = repo.release("0.2.0", GIT_COMMITTER_DATE="2015-05-05T00:00:00+0000")
    assert tagged.code == 0, tagged.err
    assert "refs/tags/v0.2.0" in repo.on_remote()


def test_core_and_flows_that_decide_read_no_clock() -> None:
    """Durations are measured (and only shown); the time of day is asked by nobody who decides about a release."""
    source = Path(__file__).parents[1] / "src" / "castoff"
    deciding = [*source.glob("core/*.py"), *(source / "flows" / f"{name}.py" for name in ("asking", "bump", "release"))]
    for path in deciding:
        assert not re.search(r"\bimport time\b|\.(now|today|utcnow)\(", path.read_text(encoding="utf-8")), path
