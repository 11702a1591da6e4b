"""The failure table of RELEASING.md: each failure is brought about, told, and left by typing what is printed.

git, the workflow, twine, the index's rules and Sigstore's client are real; GitHub is `tests.hub`. What a person has to
mend (a fix on main, a setting on a page) the test does; every command comes from what castoff prints.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import requests

from castoff.core.faults import KILLED
from tests.hub import NAME, OWNER, Hub, Known, create, hub, printed
from tests.outside import hold
from tests.rehearsing import JOBS, QUICK, WORKFLOW, changed, once

WHEEL, SDIST = "sample-0.1.1-py3-none-any.whl", "sample-0.1.1.tar.gz"
MAKE = "make release VERSION=0.1.1"
UNDO = "make undo VERSION=0.1.1"
RERUN = f"gh run rerun 1000001 --failed --repo {OWNER}/{NAME}"
INIT = "src/sample/__init__.py"
TAG, BRANCH = "refs/tags/v0.1.1", "chore/release-0.1.1"
RELEASING = Path(__file__).parent.parent / "RELEASING.md"

_Test = TypeVar("_Test", bound=Callable[..., None])
PROVEN: dict[str, str] = {}
"""Symptom -> the test that proves it."""


def row(symptom: str) -> Callable[[_Test], _Test]:
    """Say which row of the table a test proves."""

    def noted(test: _Test) -> _Test:
        assert symptom not in PROVEN, "each row has one proof"
        PROVEN[symptom] = test.__name__
        return pytest.mark.e2e(test)

    return noted


def test_every_row_of_the_table_has_its_proof_and_every_proof_its_row() -> None:
    _, _, after = RELEASING.read_text(encoding="utf-8").partition("## When it fails\n")
    table = [line.split(" | ") for line in after.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    symptoms = [cells[0].removeprefix("| ") for cells in table[1:]]
    assert len(set(symptoms)) == len(symptoms)
    assert set(symptoms) == set(PROVEN)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Hub]:
    """Return a project of which nothing is released yet."""
    create(tmp_path / "hub")
    with hub(tmp_path / "hub") as made:
        yield made


@pytest.fixture
def signed(tmp_path: Path, shared: Path) -> Iterator[Hub]:
    """Return a project whose tag is pushed, and whose workflow has come as far as to sign; it stops before publishing.

    It is made once, and copied for each test.
    """
    made = once(shared, "signed", _signed)
    shutil.copytree(made, tmp_path / "hub", symlinks=True)
    with hub(tmp_path / "hub") as world:
        world.known = {world.repo.on_remote()[TAG]: Known("v0.1.1", 1_000_001, 1, JOBS[:3])}
        yield world


def _signed(folder: Path) -> None:
    create(folder / "hub")
    with hub(folder / "hub") as world:
        world.services.index.refuse_tokens = True
        release(world)
        assert world.stopped == "publish"
    for path in (folder / "hub").iterdir():
        path.rename(folder / path.name)
    (folder / "hub").rmdir()


def begin_at(world: Hub, job: str) -> None:
    """Let a job and those after it be still to be run."""
    (known,) = world.known.values()
    known.done = JOBS[: JOBS.index(job)]


def publish(world: Hub) -> None:
    """Run the jobs that are left."""
    (known,) = world.known.values()
    known.attempt = 0
    world.run(known)


def release(world: Hub) -> None:
    """Release up to the pushed tag, as the page says; the workflow runs."""
    world.do(MAKE)
    world.repo.merge(BRANCH)
    world.do(MAKE)


def told(world: Hub) -> str:
    """Return what `status` says in one sentence."""
    return str(json.loads(world.castoff("status", "--version", "0.1.1", "--json").out)["sentence"])


@row("**preflight** stops at the tag: the files say another version")
def test_a_tag_that_says_another_version_than_the_files(world: Hub) -> None:
    world.repo.git("tag", "--annotate", "--message", "by hand", "v0.1.1")
    world.repo.git("push", "--quiet", "origin", TAG)
    world.react()
    assert world.stopped == "preflight"
    assert "project.version says 0.1.0, the tag v0.1.1 says 0.1.1" in world.log
    world.follow("0.1.1")
    assert any(line.startswith(UNDO) for line in world.typed)


@row("**preflight** stops at the tag: it is not on main")
def test_a_tag_on_the_branch_instead_of_main(world: Hub) -> None:
    world.do(MAKE)
    world.repo.git("tag", "--annotate", "--message", "too early", "v0.1.1", BRANCH)
    world.repo.git("push", "--quiet", "origin", TAG)
    world.react()
    assert world.stopped == "preflight"
    assert "v0.1.1 is on commit" in world.log
    assert "which is not on origin/main" in world.log
    world.follow("0.1.1")
    assert any(line.startswith(UNDO) for line in world.typed)


@row("**preflight** stops at a check")
def test_checks_that_fail_on_the_tag(tmp_path: Path) -> None:
    create(tmp_path / "hub", check="import pathlib, sys; sys.exit(pathlib.Path('broken').exists())")
    with hub(tmp_path / "hub") as world:
        world.repo.write("broken", "")
        world.repo.commit("a regression")
        world.repo.git("push", "--quiet", "origin", "main")
        release(world)
        assert world.stopped == "preflight"
        assert "check failed" in world.log
        assert "put it right on main first" in told(world)
        world.colleague(lambda repo: (repo.root / "broken").unlink())
        world.follow("0.1.1")
        assert any(line.startswith(UNDO) for line in world.typed)


@row("**preflight** names a line of `release.yml`")
def test_no_identity_token(tmp_path: Path) -> None:
    create(tmp_path / "hub", workflow=changed("id-token: write", "contents: read", job="sign"))
    with hub(tmp_path / "hub") as world:
        release(world)
        assert world.stopped == "preflight"
        assert "id-token" in world.log
        world.colleague(lambda repo: repo.write(WORKFLOW, QUICK))
        world.follow("0.1.1")


@row("**preflight** says that the index has other bytes, or files of another build")
def test_a_version_that_the_index_has_from_another_build(world: Hub) -> None:
    """The version is spent: it ends in the next one."""
    hold(world.services.index, world.scratch.root, SDIST, ago=timedelta(hours=1))
    release(world)
    assert world.stopped == "preflight"
    assert "the index has this name with other bytes" in world.log
    assert "contradicts itself" in told(world), world.castoff("status", "--version", "0.1.1").out
    (line,) = printed(world.castoff("status", "--version", "0.1.1"))
    assert line == "make release VERSION=0.1.2"
    world.do(line)
    world.follow("0.1.2")
    assert world.services.forge.facts("v0.1.1") == ()


@row("**twine-check** fails")
def test_a_package_that_cannot_be_imported(world: Hub) -> None:
    world.repo.write(INIT, f"{world.repo.read(INIT)}\nimport nothing_of_this_name\n")
    world.repo.commit("a regression")
    world.repo.git("push", "--quiet", "origin", "main")
    release(world)
    assert world.stopped == "twine-check"
    assert "No module named 'nothing_of_this_name'" in world.log
    assert "put it right on main first" in told(world)
    world.colleague(lambda repo: repo.write(INIT, repo.read(INIT).replace("import nothing_of_this_name\n", "")))
    world.follow("0.1.1")
    assert any(line.startswith(UNDO) for line in world.typed)


@row("a job says that an artifact is not found")
def test_an_artifact_that_is_lost_is_made_anew_by_all_jobs(signed: Hub) -> None:
    begin_at(signed, "twine-check")
    shutil.rmtree(signed.scratch.artifacts)
    signed.scratch.artifacts.mkdir()
    publish(signed)
    assert signed.stopped == "twine-check"
    assert "Artifact not found for name: dist" in signed.log
    assert "step 'Fetch dist/'" in told(signed)
    signed.follow("0.1.1")
    assert signed.typed == [f"gh run rerun 1000001 --repo {OWNER}/{NAME}"]


@row("**sign** says 503, or that Sigstore cannot be reached")
def test_a_sigstore_that_is_down(signed: Hub) -> None:
    begin_at(signed, "sign")
    signed.services.sigstore.down = True
    publish(signed)
    assert signed.stopped == "sign"
    assert "503" in signed.log
    assert "in job 'Sign with Sigstore'" in told(signed)
    signed.services.sigstore.down = False
    signed.follow("0.1.1")
    assert signed.typed == [RERUN]


@row("**publish** says 503")
def test_an_index_that_is_down(signed: Hub) -> None:
    """As long as it is, `status` cannot know what it has, and says so."""
    signed.services.index.down = True
    publish(signed)
    assert signed.stopped == "publish"
    assert "503" in signed.log
    assert "cannot be judged: the index: 127.0.0.1 answered 503" in told(signed)
    signed.services.index.down = False
    assert "in job 'Publish to PyPI'" in told(signed)
    signed.follow("0.1.1")
    assert signed.typed == [RERUN]


@row("**github-release** fails")
def test_a_release_that_github_does_not_make(signed: Hub) -> None:
    signed.services.forge.answer_422_on_create = True
    publish(signed)
    assert signed.stopped == "github-release"
    assert "422" in signed.log
    assert "in job 'GitHub release'" in told(signed)
    signed.services.forge.answer_422_on_create = False
    signed.follow("0.1.1")
    assert signed.typed == [RERUN]


@row("**publish** says `invalid-publisher`")
def test_a_trusted_publisher_that_is_not_there(signed: Hub) -> None:
    signed.services.index.refuse_tokens = True
    publish(signed)
    assert signed.stopped == "publish"
    assert "invalid-publisher" in signed.log
    assert "has stopped: the workflow ended with failure in job 'Publish to PyPI'" in told(signed)
    signed.services.index.refuse_tokens = False  # on its page on PyPI
    signed.follow("0.1.1")
    assert [line.split()[:3] for line in signed.typed] == [["gh", "run", "rerun"]]


@row("**publish** waits, or says that its environment is not found")
def test_an_environment_that_is_not_there(signed: Hub) -> None:
    signed.fault = "environment-missing"
    publish(signed)
    assert signed.stopped == "publish"
    assert "environment" in signed.log
    signed.fault = None  # on its page on GitHub
    signed.follow("0.1.1")


@row("**publish** failed after one of the files")
def test_half_of_the_files(signed: Hub) -> None:
    signed.services.index.fail_upload_number = 2
    publish(signed)
    assert [file.name for file in signed.services.index.files] == [WHEEL]
    assert "500" in signed.log
    assert "takes more for 1" in told(signed)
    refused = signed.castoff("undo", "--version", "0.1.1", "--yes")
    assert (refused.code, f"0.1.1 is spent: the index has {WHEEL}" in refused.err) == (1, True)
    signed.services.index.fail_upload_number = None
    signed.follow("0.1.1")


@row("published, but `pip` does not find it")
def test_published_and_not_yet_visible(signed: Hub) -> None:
    signed.services.index.lag = 600
    publish(signed)
    assert signed.stopped is None
    assert "was published a moment ago; the index may lag 10 minutes" in told(signed)
    assert signed.castoff("undo", "--version", "0.1.1", "--yes").code == 1
    signed.services.index.lag = 0
    signed.follow("0.1.1")


@row("a draft of the release is there, and it is not finished")
def test_a_draft_that_a_dead_job_has_left(signed: Hub) -> None:
    """It has one of the files: the job is run again, and adds the others before it publishes."""
    signed.fault = f"{KILLED}:publish"
    publish(signed)
    signed.fault = None
    url = f"{signed.services.forge.url}/repos/{OWNER}/{NAME}/releases"
    headers = {"Authorization": f"Bearer {signed.token}", "Content-Type": "application/octet-stream"}
    made = requests.post(url, json={"tag_name": "v0.1.1", "draft": True}, headers=headers, timeout=5).json()
    content = (signed.scratch.root / "index" / "files" / SDIST).read_bytes()
    requests.post(f"{url}/{made['id']}/assets?name={SDIST}", data=content, headers=headers, timeout=5)
    signed.follow("0.1.1")
    assert [release.id for release in signed.services.forge.releases] == [made["id"]]


@row("a run was cancelled, or its runner died, between two jobs")
def test_a_run_that_was_cancelled_between_two_jobs(signed: Hub) -> None:
    signed.fault = f"{KILLED}:publish"
    publish(signed)
    signed.fault = None
    (known,) = signed.known.values()
    assert known.record
    jobs = tuple(replace(job, conclusion="cancelled") for job in known.record.jobs if job.conclusion == "failure")
    signed.services.forge.runs.put(replace(known.record, conclusion="cancelled", jobs=jobs))
    assert "ended with cancelled" in told(signed)
    signed.follow("0.1.1")
    assert [line.split()[:3] for line in signed.typed] == [["gh", "run", "rerun"]]


@row("`make release`: the push was refused, a hook failed, Ctrl-C")
def test_a_push_that_is_refused(world: Hub) -> None:
    hook = world.repo.hook("pre-receive", "echo 'not today' >&2; exit 1", remote=True)
    refused = world.type(MAKE)
    assert refused.code == 2  # make's own, of a recipe that has failed
    assert "not today" in refused.err
    assert "nothing has changed: what this run made is taken back" in refused.err
    hook.unlink()
    assert printed(refused) == [MAKE]
    world.do(MAKE)
    world.follow("0.1.1")


@row("`make release` says that the tag exists")
def test_a_tag_that_exists_here(world: Hub) -> None:
    world.repo.git("tag", "v0.1.1")
    refused = world.type(MAKE)
    assert "the tag v0.1.1 exists here, and 0.1.1 is not on main yet" in refused.err
    world.do(MAKE)
    assert "git tag -d v0.1.1" in world.typed
    world.follow("0.1.1")


@row("the bump is merged, but there is no tag")
def test_a_bump_that_was_merged_and_never_tagged(world: Hub) -> None:
    world.do(MAKE)
    world.repo.merge(BRANCH, how="squash")
    assert "is on main, and not tagged yet" in told(world)
    world.follow("0.1.1")


@row("**preflight** says that a release on GitHub is not of this build")
def test_a_release_that_was_published_by_hand(world: Hub) -> None:
    """Somebody has used the button on GitHub, which makes a release without files."""
    url = f"{world.services.forge.url}/repos/{OWNER}/{NAME}/releases"
    requests.post(url, json={"tag_name": "v0.1.1"}, headers={"Authorization": f"Bearer {world.token}"}, timeout=5)
    release(world)
    assert world.stopped == "preflight"
    assert "the published release v0.1.1 on GitHub is not of this build: it has no files" in world.log
    (line,) = set(re.findall(r"^  type: (gh release delete \S.*)", world.log, re.MULTILINE))
    world.type(line)
    world.follow("0.1.1")


@row("`make release` refuses")
def test_all_reasons_of_a_refusal_are_left_by_what_is_printed_behind_them(world: Hub) -> None:
    world.colleague(lambda repo: repo.write("more.txt", ""))
    world.repo.write("left.txt", "forgotten")
    refused = world.type(MAKE)
    assert "main here lacks commits that origin has" in refused.err
    assert "there are uncommitted changes: left.txt" in refused.err
    for line in printed(refused):
        if line.startswith("git "):
            assert world.type(line).code == 0
    world.do(MAKE)
    assert {"git pull --ff-only origin main", "git stash --include-untracked"} < set(world.typed)
    world.follow("0.1.1")


@row("`make release DIRECT=1` is refused by the remote")
def test_a_main_that_is_protected(world: Hub) -> None:
    hook = 'if test "$1" = refs/heads/main; then echo "GH006: protected branch" >&2; exit 1; fi'
    protected = world.repo.hook("update", hook, remote=True)
    refused = world.type(f"{MAKE} DIRECT=1")
    assert "GH006: protected branch" in refused.err
    assert printed(refused) == [MAKE]
    world.do(MAKE)
    protected.unlink()  # a pull request may
    world.follow("0.1.1")


@row("the tag is pushed, but no workflow runs")
def test_a_tag_that_starts_nothing(world: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deaf = True
    world.do(MAKE)
    world.repo.merge(BRANCH)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")  # long enough ago for a run to show
    world.do(MAKE)
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    assert "no workflow has started" in told(world)
    world.deaf = False
    world.follow("0.1.1")
    assert any(line.startswith(UNDO) for line in world.typed)


@row("a release turns out to be bad")
def test_a_release_that_is_bad_is_yanked_and_the_next_one_released(signed: Hub) -> None:
    publish(signed)
    signed.assert_released("0.1.1")
    refused = signed.castoff("undo", "--version", "0.1.1", "--yes")
    assert refused.code == 1
    assert f"open {signed.services.index.url}/manage/project/sample/release/0.1.1/" in refused.out
    assert printed(refused) == ["make release VERSION=0.1.2"]
    signed.do("make release VERSION=0.1.2")
    signed.follow("0.1.2")
