"""Checking out, with real git from a bare repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.repository import Repository
from tests.standins.theatre import Ended, Job

TAG = "v1.0"


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.fixture
def source(repo: Repository) -> Repository:
    """Return a project with two commits on main, a branch, and an annotated tag on the last commit."""
    repo.write("second.txt", "second\n")
    repo.commit("second")
    repo.git("tag", "--annotate", "--message", "one", TAG)
    repo.git("push", "--quiet", "origin", "main", TAG)
    repo.git("push", "--quiet", "origin", "main~1:refs/heads/topic")
    return repo


@pytest.fixture
def job(job: Job, source: Repository) -> Job:
    job.on(remote=source.remote)
    job.env["GITHUB_SHA"] = source.git("rev-parse", "HEAD").strip()
    return job


def test_by_default_one_commit_is_there_and_the_tag_stays_annotated(job: Job, source: Repository) -> None:
    ended = job.passes("checkout")
    head = job.env["GITHUB_SHA"]
    assert ended.outputs == {"ref": "refs/tags/v1.0", "commit": head}
    assert git(job.workspace, "rev-parse", "HEAD") == head
    assert git(job.workspace, "rev-list", "--count", "HEAD") == "1"
    assert git(job.workspace, "cat-file", "-t", TAG) == "tag"
    assert git(job.workspace, "symbolic-ref", "-q", "HEAD") == "", "HEAD is detached"
    assert git(job.workspace, "status", "--porcelain") == ""
    assert git(job.workspace, "remote", "get-url", "origin") == str(source.remote)
    assert (job.workspace / "second.txt").read_text() == "second\n"


def test_depth_0_fetches_all_branches_and_tags_with_their_history(job: Job) -> None:
    job.passes("checkout", {"fetch-depth": 0})
    assert git(job.workspace, "rev-list", "--count", "HEAD") == "2"
    refs = git(job.workspace, "for-each-ref", "--format=%(refname)").split()
    assert refs == ["refs/remotes/origin/main", "refs/remotes/origin/topic", "refs/tags/v1.0"]
    assert git(job.workspace, "rev-parse", "origin/main") == job.env["GITHUB_SHA"]


@pytest.mark.parametrize(
    ("ref", "branch", "told"),
    [("refs/heads/topic", "topic", "refs/heads/topic"), ("topic", "topic", "topic"), (TAG, "", TAG)],
)
def test_another_ref_can_be_named(job: Job, ref: str, branch: str, told: str) -> None:
    ended = job.passes("checkout", ref=ref)
    assert git(job.workspace, "symbolic-ref", "--short", "-q", "HEAD") == branch
    assert ended.outputs["ref"] == told


def test_a_commit_can_be_named(job: Job, source: Repository) -> None:
    first = source.git("rev-parse", "HEAD~1").strip()
    ended = job.passes("checkout", ref=first)
    assert ended.outputs == {"ref": "", "commit": first}
    assert not (job.workspace / "second.txt").exists()


def test_a_push_to_a_branch_checks_the_branch_out(job: Job) -> None:
    job.env["GITHUB_REF"] = "refs/heads/main"
    job.passes("checkout")
    assert git(job.workspace, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(job.workspace, "rev-list", "--count", "HEAD") == "1"


@pytest.mark.parametrize("depth", [0, 1])
def test_a_tag_that_was_moved_meanwhile_is_refused(job: Job, source: Repository, depth: int) -> None:
    source.write("third.txt", "third\n")
    source.commit("third")
    source.git("tag", "--force", "--annotate", "--message", "two", TAG)
    source.git("push", "--quiet", "--force", "origin", TAG)
    assert job.fails("checkout", {"fetch-depth": depth}).error == (
        f"The ref 'refs/tags/v1.0' does not point to the expected commit '{job.env['GITHUB_SHA']}'. "
        "The ref may have been updated after the workflow was triggered."
    )


def test_all_tags_come_along_when_they_are_asked_for(job: Job, source: Repository) -> None:
    source.git("tag", "--annotate", "--message", "old", "v0.9", "HEAD~1")
    source.git("push", "--quiet", "origin", "v0.9")
    job.passes("checkout", {"fetch-tags": "true"})
    assert git(job.workspace, "tag").split() == ["v0.9", TAG]


def test_a_folder_below_the_workspace_can_be_named_but_none_outside(job: Job) -> None:
    job.passes("checkout", path="deep/er")
    assert (job.workspace / "deep/er/second.txt").exists()
    assert "is not under" in job.fails("checkout", path="../other").error


def test_a_second_checkout_cleans_unless_it_is_told_not_to(job: Job) -> None:
    job.passes("checkout")
    job.write("second.txt", "changed\n")
    job.write("dist/left.txt")
    job.passes("checkout", clean="false")
    assert (job.workspace / "dist/left.txt").exists()
    job.passes("checkout", {"fetch-depth": 0})
    assert not (job.workspace / "dist").exists()
    assert (job.workspace / "second.txt").read_text() == "second\n"
    assert git(job.workspace, "rev-list", "--count", "HEAD") == "2", "a shallow history is completed"


def test_what_lies_in_the_workspace_goes(job: Job) -> None:
    job.write("old/file.txt")
    job.passes("checkout")
    assert not (job.workspace / "old").exists()


def test_only_some_folders_can_be_checked_out(job: Job) -> None:
    job.passes("checkout", {"sparse-checkout": "src"})
    assert (job.workspace / "src/sample/__init__.py").exists()
    assert (job.workspace / "second.txt").exists(), "files at the top are always there in cone mode"


def test_no_configuration_of_the_user_is_read(job: Job, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    job.home.joinpath(".gitconfig").write_text(
        f'[credential]\n\thelper = "!touch {touched}"\n[core]\n\tfsmonitor = touch {touched}\n'
        f"\thooksPath = {tmp_path}/hooks\n"
    )
    (tmp_path / "hooks").mkdir()
    hook = tmp_path / "hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {touched}\n")
    hook.chmod(0o755)
    job.passes("checkout")
    assert not touched.exists()


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"repository": "owner/other"}, "cannot check out owner/other"),
        ({"submodules": "true"}, "cannot fetch submodules"),
        ({"ref": "nowhere", "fetch-depth": "0"}, "A branch or tag with the name 'nowhere' could not be found"),
    ],
)
def test_what_cannot_be_played_is_refused(job: Job, inputs: dict[str, str], words: str) -> None:
    assert words in job.fails("checkout", inputs).error


def test_a_remote_that_is_gone_is_one_clear_line(job: Job, tmp_path: Path) -> None:
    job.on(remote=tmp_path / "nowhere.git")
    ended: Ended = job.fails("checkout")
    assert "does not appear to be a git repository" in ended.error
