"""The GitHub release, against the local forge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from castoff.services.forge import Forge
from castoff.services.forge_releases import Release
from tests.standins.theatre import REPOSITORY, Job

TOKEN = "token-of-the-job"
WHEEL, SDIST = "spam-1.0-py3-none-any.whl", "spam-1.0.tar.gz"
FILES = {"files": "dist/*.whl\ndist/*.tar.gz", "fail_on_unmatched_files": "true"}


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    with Forge(tmp_path / "forge", REPOSITORY, lambda _tag, _previous: ("a change",)) as forge:
        forge.grant(TOKEN, {"contents": "write"})
        yield forge
        assert forge.failures == ()


@pytest.fixture
def job(job: Job, forge: Forge) -> Job:
    """Return a job with `contents: write`, and two files in dist/."""
    job.on(forge_url=forge.url)
    job.env["CASTOFF_JOB_TOKEN"] = TOKEN
    job.write(f"dist/{WHEEL}", "wheel")
    job.write(f"dist/{SDIST}", "sdist")
    return job


def only(forge: Forge) -> Release:
    (release,) = forge.releases
    return release


def assets(forge: Forge) -> dict[str, str]:
    return {asset.name: forge.file(asset).read_text() for asset in only(forge).assets}


def test_a_release_is_made_filled_and_published(job: Job, forge: Forge) -> None:
    ended = job.passes("gh_release", {**FILES, "body": "Notes."})
    release = only(forge)
    assert (release.tag, release.name, release.body) == ("v1.0", "v1.0", "Notes.")
    assert (release.draft, release.prerelease) == (False, False)
    assert assets(forge) == {WHEEL: "wheel", SDIST: "sdist"}
    assert ended.outputs["id"] == str(release.id)
    assert ended.outputs["url"].endswith("/owner/spam/releases/tag/v1.0")
    assert ended.outputs["upload_url"].endswith("{?name,label}")
    told = json.loads(ended.outputs["assets"])
    assert [asset["name"] for asset in told] == [WHEEL, SDIST]
    assert "uploader" not in told[0]
    assert "🎉 Release ready at " in ended.log


def test_a_draft_stays_one_and_a_later_step_finds_and_publishes_it(job: Job, forge: Forge) -> None:
    job.passes("gh_release", {**FILES, "draft": "true", "body": "Notes.", "generate_release_notes": "true"})
    assert only(forge).draft
    body = only(forge).body
    assert body.startswith("Notes.\n\n## What's Changed\n* a change")
    job.passes("gh_release", {**FILES, "draft": "false", "overwrite_files": "false"})
    assert not only(forge).draft
    assert only(forge).body == body
    assert assets(forge) == {WHEEL: "wheel", SDIST: "sdist"}


def test_a_release_candidate_is_published_at_once_unless_it_is_a_draft(job: Job, forge: Forge) -> None:
    forge.immutable = True
    ended = job.fails("gh_release", {**FILES, "prerelease": "true"})
    assert ended.error.startswith(f"Cannot upload asset {WHEEL} to an immutable release. GitHub only allows")
    assert (only(forge).draft, only(forge).immutable, only(forge).assets) == (False, True, ())


def test_by_a_draft_an_immutable_release_candidate_gets_its_files(job: Job, forge: Forge) -> None:
    forge.immutable = True
    inputs = {**FILES, "overwrite_files": "false"}
    job.passes("gh_release", {**inputs, "draft": "true", "prerelease": "true"})
    job.passes("gh_release", {**inputs, "draft": "false", "make_latest": "false"})
    release = only(forge)
    assert (release.draft, release.prerelease, release.immutable, len(release.assets)) == (False, True, True, 2)
    again = job.passes("gh_release", {**inputs, "draft": "true", "prerelease": "true", "body": "New."})
    assert "already exists and overwrite_files is false" in again.log
    assert (only(forge).draft, only(forge).body) == (False, "New."), "draft: true makes no draft of it again"


def test_files_of_the_same_names_are_replaced_unless_that_is_switched_off(job: Job, forge: Forge) -> None:
    job.passes("gh_release", FILES)
    job.write(f"dist/{WHEEL}", "another wheel")
    ended = job.passes("gh_release", {**FILES, "overwrite_files": "false"})
    assert assets(forge)[WHEEL] == "wheel"
    assert json.loads(ended.outputs["assets"]) == []
    assert "Deleting previously uploaded asset" in job.passes("gh_release", FILES).log
    assert assets(forge)[WHEEL] == "another wheel"


def test_a_file_that_two_patterns_match_is_uploaded_twice_as_by_the_action(job: Job, forge: Forge) -> None:
    ended = job.passes("gh_release", files=f"dist/{WHEEL}\ndist/*.whl")
    assert "(race condition), refreshing assets and retrying once" in ended.log
    assert assets(forge) == {WHEEL: "wheel"}


def test_names_that_github_changes_are_kept_as_labels(job: Job, forge: Forge) -> None:
    job.write("dist/the notes.txt", "notes")
    job.write("dist/.hidden", "")
    ended = job.passes("gh_release", files="dist/{the notes,nothing}.txt, dist/*hidden")
    assert "Restoring asset label to the notes.txt" in ended.log
    assert {(asset.name, asset.label) for asset in only(forge).assets} == {
        ("the.notes.txt", "the notes.txt"),
        ("hidden", ".hidden"),
    }


def test_a_pattern_without_a_match_is_said_or_fails_before_anything_is_made(job: Job, forge: Forge) -> None:
    words = "Pattern 'dist/*.zip' does not match any files."
    assert words in job.fails("gh_release", {**FILES, "files": "dist/*.zip"}).error
    assert forge.releases == ()
    assert words in job.passes("gh_release", files="dist/*.zip").log


def test_without_contents_write_the_step_fails_as_on_github(job: Job, forge: Forge) -> None:
    forge.grant("reader", {"contents": "read"})
    job.env["CASTOFF_JOB_TOKEN"] = "reader"
    ended = job.fails("gh_release", FILES)
    assert ended.error.startswith("Resource not accessible by integration")
    assert "Skip retry — your GitHub token/PAT does not have the required permission to create a release" in ended.log
    job.env["CASTOFF_JOB_TOKEN"] = ""
    assert "Requires authentication" in job.fails("gh_release", FILES).error


def test_a_token_of_its_own_is_not_used_and_that_is_said(job: Job, forge: Forge) -> None:
    ended = job.passes("gh_release", token="ghp_of_the_maintainer")
    assert "::notice::The input token is not the job's own" in ended.log
    assert "ghp_of" not in ended.log


def test_a_refused_creation_is_tried_three_times(job: Job, forge: Forge) -> None:
    forge.answer_422_on_create = True
    ended = job.fails("gh_release", FILES)
    assert ended.error == "Too many retries."
    assert ended.log.count("Creating new GitHub release for tag v1.0") == 3
    assert forge.releases == ()


def test_a_forge_that_is_down_fails_the_step_at_once(job: Job, forge: Forge) -> None:
    forge.down = True
    ended = job.fails("gh_release", FILES)
    assert ended.error == "out of service, on purpose"
    assert ended.log.count("Unexpected error fetching GitHub release for tag refs/tags/v1.0") == 1
    job.on(forge_url="http://127.0.0.1:9")
    assert "ConnectionError" in job.fails("gh_release", FILES).error


def test_notes_come_from_a_file_and_can_be_appended(job: Job, forge: Forge) -> None:
    job.write("notes.md", "From a file.")
    job.passes("gh_release", body_path="notes.md", body="not these", name="One")
    assert (only(forge).body, only(forge).name) == ("From a file.", "One")
    job.passes("gh_release", body="More.", append_body="true")
    assert only(forge).body == "From a file.\nMore."
    ended = job.passes("gh_release", body_path="missing.md")
    assert "Falling back to 'body' input." in ended.log
    assert (only(forge).body, only(forge).name) == ("From a file.\nMore.", "One")


def test_the_tag_is_the_one_that_the_workflow_runs_for_or_the_one_given(job: Job, forge: Forge) -> None:
    job.env["GITHUB_REF"] = "refs/heads/main"
    assert job.fails("gh_release").error == "⚠️ GitHub Releases requires a tag"
    job.passes("gh_release", tag_name="refs/tags/v2.0")
    assert only(forge).tag == "v2.0"
    assert "not those of owner/other" in job.fails("gh_release", tag_name="v1", repository="owner/other").error


def test_an_empty_file_is_attached_too(job: Job, forge: Forge) -> None:
    job.write("dist/empty.txt", "")
    job.passes("gh_release", files="empty.txt", working_directory="dist")
    assert assets(forge) == {"empty.txt": ""}


_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_large_file_takes_no_more_memory_than_a_small_one(job: Job, forge: Forge) -> None:
    from tests.standins.theatre import defaults

    peaks: list[int] = []
    for size in (1, 256):
        with (job.workspace / f"{size}.bin").open("wb") as stream:
            stream.truncate(size * 2**20)
        (job.folder / "stage.json").write_text(job.stage.to_json())
        inputs = json.dumps({**defaults("gh_release"), "files": f"{size}.bin"})
        env = {**job.variables(), "CASTOFF_STAGE": str(job.folder / "stage.json"), "CASTOFF_INPUTS": inputs}
        step = [sys.executable, "-I", "-m", "castoff.standins", "gh_release"]
        done = subprocess.run([sys.executable, "-c", _PEAK, *step], env=env, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.rpartition("peak ")[2]))
    assert {asset.size for asset in only(forge).assets} == {2**20, 2**28}
    assert peaks[1] - peaks[0] < 32 * 1024, f"kilobytes: {peaks}"
