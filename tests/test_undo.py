"""`undo`: takes back what can be taken back, and nothing else; with git, the index and the forge real, on loopback."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from tests.outside import NAME, OWNER, TOKEN, Outside, outside
from tests.rehearsing import REAL, WORKFLOW
from tests.repository import CASTOFF, Repository

WHEEL, SDIST = "sample-0.1.1-py3-none-any.whl", "sample-0.1.1.tar.gz"
TAG, BRANCH = "refs/tags/v0.1.1", "refs/heads/chore/release-0.1.1"


@pytest.fixture
def world(repo: Repository, tmp_path: Path) -> Iterator[Outside]:
    with outside(repo, tmp_path / "outside") as made:
        yield made


def tagged(repo: Repository) -> None:
    """Release up to the pushed tag."""
    assert repo.release("0.1.1").code == 0
    repo.merge("chore/release-0.1.1")
    assert repo.release("0.1.1").code == 0


def undo(world: Outside, *flags: str, **env: str) -> tuple[int, str]:
    """Undo 0.1.1; return the exit code and everything that was said."""
    ran = world.castoff("undo", "--version", "0.1.1", *flags, **env)
    return ran.code, ran.all


def refs(repo: Repository) -> set[str]:
    """Return the refs of the release that are there, on the remote (`there`) and here (`here`)."""
    here = repo.git("for-each-ref", "--format=%(refname)", TAG, BRANCH).split()
    return {f"here {ref}" for ref in here} | {f"there {ref}" for ref in repo.on_remote() if ref in (TAG, BRANCH)}


ALL = {f"{where} {ref}" for where in ("here", "there") for ref in (TAG, BRANCH)}


def test_before_publishing_tag_branch_and_draft_go_here_and_there(world: Outside) -> None:
    """The release stopped at its checks; afterwards the same version is released."""
    repo = world.repo
    tagged(repo)
    world.ran("v0.1.1", stopped="Check, build and inspect")
    world.release("v0.1.1", {"notes.txt": b"x"}, draft=True)
    assert refs(repo) == ALL
    code, said = undo(world, "--yes")
    assert code == 0, said
    assert refs(repo) == set()
    assert world.forge.releases == ()
    assert "looked again: nothing is left of v0.1.1" in said
    assert "main holds 0.1.1, and keeps it" in said
    assert world.repo.release("0.1.1").code == 0
    assert refs(repo) == {f"here {TAG}", f"there {TAG}"}


def test_what_is_shown_is_what_is_done_and_a_dry_run_does_nothing(world: Outside) -> None:
    tagged(world.repo)
    before = world.repo.state(), world.repo.on_remote()
    dry = world.castoff("undo", "--version", "0.1.1", "--dry-run", "--json")
    assert (world.repo.state(), world.repo.on_remote()) == before
    done = world.castoff("undo", "--version", "0.1.1", "--json", YES="1")
    assert (dry.code, done.code) == (0, 0), done.err
    shown, performed = json.loads(dry.out), json.loads(done.out)
    assert shown["actions"] == performed["actions"]
    assert (shown["dry_run"], performed["dry_run"]) == (True, False)
    objects = {(act["delete"], act["on"]): act["object"] for act in shown["actions"]}
    assert set(objects) == {(ref, on) for ref in (TAG, BRANCH) for on in (None, "origin")}
    assert objects[TAG, "origin"] == before[1][TAG]
    assert all(" ".join(act["run"]) in dry.err for act in shown["actions"])


def test_without_a_yes_nothing_is_done_and_the_command_is_said(world: Outside) -> None:
    tagged(world.repo)
    code, said = undo(world)
    assert (code, refs(world.repo)) == (1, ALL)
    assert "castoff undo --version 0.1.1 --yes" in said


@pytest.mark.parametrize(("typed", "left"), [(b"yes\n", set[str]()), (b"y\n", ALL), (b"\n", ALL)])
def test_on_a_terminal_only_a_typed_yes_is_one(world: Outside, typed: bytes, left: set[str]) -> None:
    tagged(world.repo)
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        [str(CASTOFF), "undo", "--version", "0.1.1"],
        cwd=world.repo.root,
        env={**os.environ, **world.variables},
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    os.write(leader, typed)
    said = b""
    while running.poll() is None:
        try:
            said += os.read(leader, 4096)
        except OSError:
            break
    assert running.wait(60) == (0 if typed == b"yes\n" else 1)
    os.close(leader)
    assert b"Type yes: " in said
    assert refs(world.repo) == left


def test_a_bump_that_was_never_merged_goes_with_the_checkout_standing_on_it(world: Outside) -> None:
    assert world.repo.release("0.1.1").code == 0
    world.repo.git("switch", "--quiet", "chore/release-0.1.1")
    code, said = undo(world, "--yes")
    assert code == 0, said
    assert refs(world.repo) == set()
    assert world.repo.git("branch", "--show-current") == "main"
    assert world.repo.version() == "0.1.0"


def test_a_submodule_that_has_changes_of_its_own_is_not_in_the_way(world: Outside, tmp_path: Path) -> None:
    """To go back to main leaves it as it is."""
    world.repo.add_submodule("module", tmp_path / "other")
    assert world.repo.release("0.1.1").code == 0
    world.repo.git("switch", "--quiet", "chore/release-0.1.1")
    world.repo.write("module/own.txt", "")
    code, said = undo(world, "--yes")
    assert code == 0, said
    assert refs(world.repo) == set()
    assert (world.repo.root / "module" / "own.txt").exists()


def test_a_file_on_the_index_spends_the_version_and_three_ways_lead_on(world: Outside) -> None:
    tagged(world.repo)
    world.ran("v0.1.1", stopped="Publish to PyPI", ago=timedelta(days=2, minutes=1))
    world.hold(WHEEL, ago=timedelta(days=2))
    code, said = undo(world, "--yes")
    assert (code, refs(world.repo)) == (1, ALL)
    assert f"0.1.1 is spent: the index has {WHEEL}" in said
    assert "11 days left" in said
    assert f"type: gh run rerun 7 --failed --repo {OWNER}/{NAME}" in said
    assert f"open {world.index.url}/manage/project/sample/release/0.1.1/" in said
    assert '"Released by mistake; use 0.1.2 or later."' in said
    assert "castoff release --version 0.1.2" in said


def test_after_fourteen_days_a_release_is_not_to_be_completed(world: Outside) -> None:
    tagged(world.repo)
    world.ran("v0.1.1", stopped="Publish to PyPI", ago=timedelta(days=15, minutes=1))
    world.hold(WHEEL, ago=timedelta(days=15))
    ran = world.castoff("undo", "--version", "0.1.1", "--yes", "--json")
    data = json.loads(ran.out)
    assert ran.code == 1
    assert [way["what"] for way in data["ways"]] == ["complete it", "yank it", "release the next"]
    assert data["ways"][0]["when"] == "too late: a release takes new files for 14 days"
    assert data["problems"][0]["type"] == ["castoff release --version 0.1.2"]


@pytest.mark.parametrize("tags", [False, True])
def test_no_tag_goes_when_the_index_cannot_be_asked(world: Outside, *, tags: bool) -> None:
    """A branch alone tells nothing of a release: it goes, and what is not known is said."""
    if tags:
        tagged(world.repo)
    else:
        assert world.repo.release("0.1.1").code == 0
    world.index.down = True
    before = refs(world.repo)
    code, said = undo(world, "--yes")
    assert (code, refs(world.repo)) == ((1, before) if tags else (0, set())), said
    assert "cannot be known" in said
    assert "127.0.0.1 answered 503" in said


def test_no_tag_on_the_remote_goes_when_github_cannot_be_asked(world: Outside) -> None:
    tagged(world.repo)
    world.forge.down = True
    code, said = undo(world, "--yes")
    assert (code, refs(world.repo)) == (1, ALL)
    assert said.count("cannot be known, so no tag is deleted") == 2


def test_without_a_token_for_a_private_repository_the_token_is_asked_for(world: Outside) -> None:
    tagged(world.repo)
    code, said = undo(world, "--yes", GITHUB_TOKEN="")
    assert (code, refs(world.repo)) == (1, ALL)
    assert 'type: export GITHUB_TOKEN="$(gh auth token)"' in said


def test_a_run_in_progress_has_to_be_cancelled_first(world: Outside) -> None:
    """Then the index may still show a file late: for ten minutes nothing is deleted."""
    tagged(world.repo)
    world.ran("v0.1.1", stopped="Publish to PyPI", status="in_progress", number=42)
    code, said = undo(world, "--yes")
    assert (code, refs(world.repo)) == (1, ALL)
    assert "the workflow still runs for v0.1.1 (in_progress)" in said
    assert f"type: gh run cancel 42 --repo {OWNER}/{NAME}" in said
    cancel = f"{world.forge.url}/repos/{OWNER}/{NAME}/actions/runs/42/cancel"
    assert requests.post(cancel, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5).status_code == 202
    code, said = undo(world, "--yes")
    assert (code, refs(world.repo)) == (1, ALL)
    assert "the index may show a file late; ask again at" in said
    world.ran("v0.1.1", stopped="Publish to PyPI", ago=timedelta(minutes=11), number=42)
    assert undo(world, "--yes")[0] == 0


def test_a_publish_job_that_succeeded_is_believed_before_an_empty_index(world: Outside) -> None:
    tagged(world.repo)
    world.ran("v0.1.1")
    code, said = undo(world, "--yes")
    assert (code, refs(world.repo)) == (1, ALL)
    assert "says that it has published" in said
    assert "castoff release --version 0.1.2" in said


@pytest.mark.parametrize("immutable", [False, True])
def test_a_published_release_is_never_deleted(world: Outside, *, immutable: bool) -> None:
    tagged(world.repo)
    world.forge.immutable = immutable
    world.release("v0.1.1")
    code, said = undo(world, "--yes")
    assert (code, refs(world.repo), len(world.forge.releases)) == (1, ALL, 1)
    assert f"is published{' and immutable' if immutable else ''}: it stays" in said


def test_a_branch_with_more_than_the_bump_stays_and_is_named(world: Outside) -> None:
    repo = world.repo
    assert repo.release("0.1.1").code == 0
    other = repo.another_clone("other")
    other.git("switch", "--quiet", "chore/release-0.1.1")
    other.write("more.txt", "work of a colleague")
    other.commit("more")
    other.git("push", "--quiet")
    code, said = undo(world, "--yes")
    assert (code, refs(repo)) == (0, {f"there {BRANCH}"}), said
    assert "holds more than the bump, and stays" in said


def test_a_tag_that_moved_after_it_was_shown_stays(world: Outside) -> None:
    """The hook moves the tag on the remote in the very moment of the deletion."""
    repo = world.repo
    tagged(repo)
    move = f"git --git-dir={repo.remote} update-ref {TAG} {repo.git('rev-parse', 'main')}"
    repo.hook("pre-push", move)
    before = repo.on_remote()[TAG]
    code, said = undo(world, "--yes")
    assert code == 1
    assert repo.on_remote()[TAG] not in ("", before)
    assert f"{TAG} on origin has moved since it was looked at, and stays" in said


def test_an_act_that_fails_half_way_leaves_a_state_from_which_the_same_command_goes_on(world: Outside) -> None:
    """The remote refuses to delete the branch, after the tag is gone from it."""
    repo = world.repo
    tagged(repo)
    hook = repo.hook("update", 'case "$1" in refs/heads/*) echo "protected" >&2; exit 1;; esac', remote=True)
    code, said = undo(world, "--yes")
    assert (code, refs(repo)) == (1, ALL - {f"there {TAG}"})
    assert "1 of 4 acts were done" in said
    assert "protected" in said
    assert "type: castoff undo --version 0.1.1" in said
    hook.unlink()
    assert undo(world, "--yes")[0] == 0
    assert refs(repo) == set()


def test_a_lock_that_git_has_left_is_named_before_anything_is_taken_back(world: Outside) -> None:
    tagged(world.repo)
    lock = world.repo.root / f".git/{BRANCH}.lock"
    lock.touch()
    code, said = undo(world, "--yes")
    assert (code, f"type: rm .git/{BRANCH}.lock" in said, refs(world.repo)) == (1, True, ALL), said
    lock.unlink()
    assert undo(world, "--yes")[0] == 0
    assert refs(world.repo) == set()


def test_a_lock_that_comes_while_acts_are_done_is_named_with_the_command_that_goes_on(world: Outside) -> None:
    tagged(world.repo)
    world.repo.hook("pre-push", f"touch .git/{BRANCH}.lock")
    code, said = undo(world, "--yes")
    assert (code, f"type: rm .git/{BRANCH}.lock\n" in said, "the same command goes on" in said) == (1, True, True), said
    (world.repo.root / f".git/{BRANCH}.lock").unlink()
    assert undo(world, "--yes")[0] == 0
    assert refs(world.repo) == set()


def test_nothing_to_take_back_is_said_and_done_twice_is_done_once(world: Outside) -> None:
    code, said = undo(world, "--yes")
    assert (code, "there is nothing of 0.1.1 to take back" in said) == (0, True), said


def test_the_token_is_never_said(world: Outside) -> None:
    tagged(world.repo)
    world.forge.withdraw(TOKEN)
    for flags in ((), ("--json",)):
        assert TOKEN not in undo(world, "--yes", *flags)[1]


def test_hostile_text_from_outside_is_shown_and_not_obeyed(world: Outside) -> None:
    tagged(world.repo)
    world.ran("v0.1.1", stopped="Publish to PyPI", status="\x1b[31mred")
    _, said = undo(world, "--dry-run")
    assert "\x1b" not in said
    assert "still runs for v0.1.1 (\\x1b[31mred)" in said


def test_a_job_that_does_not_publish_is_not_waited_for(world: Outside) -> None:
    """The workflow of the tag says which job publishes; where it cannot be read, any may."""
    tagged(world.repo)
    world.ran("v0.1.1", stopped="Check, build and inspect", ago=timedelta(minutes=1))
    assert undo(world, "--dry-run")[0] == 1
    assert undo(world, "--yes")[0] == 1
    world.ran("v0.1.1", stopped="Check, build and inspect")
    assert undo(world, "--yes")[0] == 0
    world.repo.git("pull", "--quiet", "--ff-only")
    world.repo.write(WORKFLOW, REAL)
    world.repo.commit("a workflow")
    world.repo.git("push", "--quiet", "origin", "main")
    assert world.repo.release("0.1.1").code == 0
    world.ran("v0.1.1", stopped="Check, build and inspect", ago=timedelta(minutes=1))
    code, said = undo(world, "--yes")
    assert code == 0, said
