"""Artifacts, handed from job to job as GitHub does it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.standins.theatre import Job

UPLOAD, DOWNLOAD = "upload_artifact", "download_artifact"
WHEEL, SDIST = "spam-1.0-py3-none-any.whl", "spam-1.0.tar.gz"


@pytest.fixture
def other(job: Job, tmp_path: Path) -> Job:
    """Return a later job of the same run."""
    return Job(tmp_path / "other", job.stage)


def handed(job: Job, other: Job, path: str, **inputs: object) -> dict[str, str]:
    """Return the files of another job after it has fetched what the first one uploaded."""
    job.passes(UPLOAD, path=path, **inputs)
    other.passes(DOWNLOAD, name=inputs.get("name", "artifact"))
    return other.files()


# Where the names in an artifact start: the rule that is easily got wrong.


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("dist/", ["a.x", "b.y", "deep/c.x"]),
        ("dist", ["a.x", "b.y", "deep/c.x"]),
        ("./dist/", ["a.x", "b.y", "deep/c.x"]),
        ("dist/*.x", ["a.x"]),
        ("dist/*", ["a.x", "b.y", "deep/c.x"]),
        ("dist/**/*.x", ["a.x", "deep/c.x"]),
        ("**/*.x", ["dist/a.x", "dist/deep/c.x"]),
        ("dist/a.x", ["a.x"]),
        ("dist/deep/c.x", ["c.x"]),
        ("dist/\nbundles/", ["bundles/d.z", "dist/a.x", "dist/b.y", "dist/deep/c.x"]),
        ("dist/a.x\ndist/b.y", ["a.x", "b.y"]),
        ("dist/a.x\ndist/deep/c.x", ["a.x", "deep/c.x"]),
        ("dist/a.x\nmanifest.json", ["dist/a.x", "manifest.json"]),
        ("dist/*.x\ndist/deep/*.x", ["a.x", "deep/c.x"]),
        ("dist/\ndist/deep/", ["a.x", "b.y", "deep/c.x"]),
        ("dist/\n!dist/deep", ["a.x", "b.y"]),
        ("dist/**\n!dist/**/*.x", ["b.y"]),
        ("!dist/a.x\ndist/", ["a.x", "b.y", "deep/c.x"]),
        ("# a comment\ndist/[ab].?", ["a.x", "b.y"]),
        ("dist/[!a].*", ["b.y"]),
        ("dist/missing.x\ndist/a.x", ["a.x"]),
        ("d*t/a.x", ["dist/a.x"]),
    ],
)
def test_names_start_at_the_search_path_or_at_the_least_common_ancestor(
    job: Job, other: Job, path: str, names: list[str]
) -> None:
    for file in ("dist/a.x", "dist/b.y", "dist/deep/c.x", "bundles/d.z", "manifest.json"):
        job.write(file)
    assert list(handed(job, other, path)) == names


def test_an_absolute_path_and_one_below_home_are_taken_too(job: Job, other: Job) -> None:
    job.write("dist/a.x")
    (job.home / "b.y").write_text("b")
    assert list(handed(job, other, f"{job.workspace}/dist/*\n~/b.y")) == ["home/b.y", "workspace/dist/a.x"]


def test_a_path_with_dots_is_refused(job: Job) -> None:
    job.write("a.x")
    assert job.fails(UPLOAD, path="dist/../a.x").error == (
        "Invalid pattern 'dist/../a.x'. Relative pathing '.' and '..' is not allowed."
    )


def test_hidden_files_are_left_out_unless_they_are_asked_for(job: Job, other: Job) -> None:
    job.write("dist/a.x")
    job.write("dist/.hidden")
    job.write("dist/.folder/b.x")
    assert list(handed(job, other, "dist/")) == ["a.x"]
    assert list(handed(job, other, "dist/", name="all", **{"include-hidden-files": "true"})) == [
        ".folder/b.x",
        ".hidden",
        "a.x",
    ]


def test_links_are_followed_and_a_circle_of_them_ends(job: Job, other: Job) -> None:
    job.write("real/a.x", "linked\n")
    (job.workspace / "dist").mkdir()
    (job.workspace / "dist/link.x").symlink_to("../real/a.x")
    (job.workspace / "dist/folder").symlink_to("../real")
    (job.workspace / "dist/gone").symlink_to("nowhere")
    (job.workspace / "real/up").symlink_to("../dist")
    files = handed(job, other, "dist/")
    assert files["link.x"] == files["folder/a.x"] == "linked\n"
    assert "gone" not in files


def test_permissions_and_empty_folders_do_not_survive(job: Job, other: Job) -> None:
    job.write("dist/run.sh").chmod(0o755)
    (job.workspace / "dist/empty").mkdir()
    handed(job, other, "dist/")
    assert (other.workspace / "run.sh").stat().st_mode & 0o111 == 0
    assert not (other.workspace / "empty").exists()


# Uploading.


def test_the_outputs_and_the_log_tell_size_number_and_digest(job: Job) -> None:
    job.write("dist/a.x", "12345")
    ended = job.passes(UPLOAD, name="dist", path="dist/")
    number, digest = ended.outputs["artifact-id"], ended.outputs["artifact-digest"]
    assert "With the provided path, there will be 1 file uploaded" in ended.log
    assert (
        f"Artifact dist has been successfully uploaded! Final size is 5 bytes. Artifact ID is {number}\n" in ended.log
    )
    assert len(digest) == 64
    assert ended.outputs["artifact-url"] == f"https://github.com/owner/spam/actions/runs/77/artifacts/{number}"


@pytest.mark.parametrize(("choice", "code", "kind"), [("warn", 0, "::warning::"), ("error", 1, "::error::")])
def test_when_nothing_matches_the_input_says_how_bad_that_is(job: Job, choice: str, code: int, kind: str) -> None:
    words = "No files were found with the provided path: dist/*.whl. No artifacts will be uploaded."
    ended = job.play(UPLOAD, path="dist/*.whl", **{"if-no-files-found": choice})
    assert ended.code == code
    assert f"{kind}{words}" in ended.log
    quiet = job.passes(UPLOAD, path="dist/*.whl", **{"if-no-files-found": "ignore"})
    assert words in quiet.log
    assert "::" not in quiet.log.replace("::debug::", "")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"path": ""}, "Input required and not supplied: path"),
        ({"name": "a/b"}, "The artifact name is not valid: a/b. Contains the following character:  Forward slash /"),
        ({"name": ""}, "Provided artifact name input during validation is empty"),
        ({"if-no-files-found": "fail"}, "Unrecognized if-no-files-found input. Provided: fail."),
        ({"compression-level": "10"}, "Invalid compression-level. Valid values are 0-9"),
        ({"retention-days": "ever"}, "Invalid retention-days"),
        ({"overwrite": "yes"}, 'Input does not meet YAML 1.2 "Core Schema" specification: overwrite'),
        ({"archive": "false", "path": "*"}, "When 'archive' is set to false, only a single file can be uploaded."),
        ({"path": "odd*"}, "The path for one of the files in artifact is not valid: /odd:name. Contains"),
    ],
)
def test_what_the_action_refuses_is_refused_in_its_words(job: Job, inputs: dict[str, str], words: str) -> None:
    job.write("a.x")
    job.write("odd:name")
    assert job.fails(UPLOAD, {"path": "a.x", **inputs}).error.startswith(words)


def test_a_name_is_used_once_in_an_attempt(job: Job, other: Job) -> None:
    job.write("a.x", "first")
    job.passes(UPLOAD, name="dist", path="a.x")
    job.write("a.x", "second")
    assert job.fails(UPLOAD, name="dist", path="a.x").error == (
        "Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: "
        "an artifact with this name already exists on the workflow run"
    )
    other.passes(DOWNLOAD, name="dist")
    assert other.files() == {"a.x": "first"}


def test_with_overwrite_the_artifact_of_that_name_makes_way(job: Job, other: Job) -> None:
    job.write("a.x", "first")
    job.passes(UPLOAD, name="dist", path="a.x")
    job.write("b.x", "second")
    job.passes(UPLOAD, name="dist", path="b.x", overwrite="true")
    other.passes(DOWNLOAD, name="dist")
    assert other.files() == {"b.x": "second"}


def test_a_job_that_is_run_again_uploads_anew_and_later_jobs_get_the_newest(job: Job, other: Job) -> None:
    job.write("a.x", "first")
    job.passes(UPLOAD, name="dist", path="a.x")
    job.env["GITHUB_RUN_ATTEMPT"] = "2"
    job.write("a.x", "second")
    job.passes(UPLOAD, name="dist", path="a.x")
    job.fails(UPLOAD, name="dist", path="a.x")
    other.env["GITHUB_RUN_ATTEMPT"] = "2"
    other.passes(DOWNLOAD, name="dist")
    assert other.files() == {"a.x": "second"}


def test_a_failed_upload_leaves_nothing_behind(job: Job) -> None:
    job.write("a.x").chmod(0)
    if (job.workspace / "a.x").stat().st_uid == 0:
        (job.workspace / "a.x").unlink()
        (job.workspace / "b.x").symlink_to("/proc/self/mem")  # there, a file, and not readable from its start
    job.fails(UPLOAD, name="dist", path="*.x")
    assert [path for path in job.stage.artifacts.rglob("*") if path.name != "77"] == []


def test_without_an_archive_the_file_itself_is_the_artifact(job: Job, other: Job) -> None:
    job.write("dist/a.x", "text")
    job.passes(UPLOAD, name="ignored", path="dist/*", archive="false")
    other.passes(DOWNLOAD, name="a.x")
    assert other.files() == {"a.x": "text"}


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "with space", "a%2Fb", "ünï"])
def test_no_name_leads_out_of_the_store(job: Job, other: Job, name: str) -> None:
    job.write("a.x", "text")
    assert handed(job, other, "a.x", name=name) == {"a.x": "text"}
    assert {path.name for path in job.stage.artifacts.parent.iterdir()} == {"artifacts", "job", "other"}
    other.passes(DOWNLOAD, path="all")
    assert "text" in other.files().values()


# Downloading.


def test_all_artifacts_get_a_folder_each_unless_they_are_merged(job: Job, other: Job) -> None:
    for name in ("dist", "bundles", "docs"):
        job.write(f"{name}.x", name)
        job.passes(UPLOAD, name=name, path=f"{name}.x")
    ended = other.passes(DOWNLOAD, path="got")
    assert list(other.files("got")) == ["bundles/bundles.x", "dist/dist.x", "docs/docs.x"]
    assert ended.outputs["download-path"] == str(other.workspace / "got")
    assert "Total of 3 artifact(s) downloaded" in ended.log
    other.passes(DOWNLOAD, path="merged", **{"merge-multiple": "true"})
    assert list(other.files("merged")) == ["bundles.x", "dist.x", "docs.x"]
    other.passes(DOWNLOAD, path="some", pattern="{dist,bun*}")
    assert list(other.files("some")) == ["bundles/bundles.x", "dist/dist.x"]
    other.passes(DOWNLOAD, path="one", pattern="di*")
    assert list(other.files("one")) == ["dist.x"], "a single match gets no folder of its own"
    assert "Total of 0 artifact(s)" in other.passes(DOWNLOAD, pattern="nothing*").log


def test_artifacts_are_found_by_number(job: Job, other: Job) -> None:
    job.write("a.x")
    number = job.passes(UPLOAD, path="a.x").outputs["artifact-id"]
    ended = other.passes(DOWNLOAD, {"artifact-ids": f"{number}, 12"})
    assert list(other.files()) == ["a.x"]
    assert "Could not find the following artifact IDs: 12" in ended.log
    for numbers, words in (("x", "Invalid artifact ID: 'x'."), ("12", "None of the provided"), (",", "No valid")):
        assert words in other.fails(DOWNLOAD, {"artifact-ids": numbers}).error
    assert "cannot be used together" in other.fails(DOWNLOAD, {"artifact-ids": number, "name": "artifact"}).error


def test_an_artifact_that_is_not_there_is_told_in_the_actions_words(other: Job) -> None:
    assert other.fails(DOWNLOAD, name="dist").error.startswith(
        "Unable to download artifact(s): Artifact not found for name: dist\n"
    )


def test_another_run_has_its_own_artifacts(job: Job, other: Job) -> None:
    job.write("a.x")
    job.passes(UPLOAD, path="a.x")
    other.env["GITHUB_RUN_ID"] = "78"
    other.fails(DOWNLOAD, name="artifact")
    other.fails(DOWNLOAD, {"name": "artifact", "run-id": "77"})
    other.passes(DOWNLOAD, {"name": "artifact", "run-id": "77", "github-token": "a token"})


def test_an_artifact_can_stay_packed(job: Job, other: Job) -> None:
    job.write("dist/deep/a.x", "text")
    job.passes(UPLOAD, name="dist", path="dist/")
    other.passes(DOWNLOAD, {"name": "dist", "skip-decompress": "true"})
    (archive,) = other.workspace.iterdir()
    assert archive.name == "dist.zip"
    assert zipfile.ZipFile(archive).read("deep/a.x") == b"text"


# Faults.


def test_a_lost_artifact_is_not_found_and_is_there_again_afterwards(job: Job, other: Job) -> None:
    job.write("a.x")
    job.passes(UPLOAD, name="dist", path="a.x")
    other.on(faults=("artifact-lost:dist",))
    assert "Artifact not found for name: dist" in other.fails(DOWNLOAD, name="dist").error
    assert "Total of 0 artifact(s)" in other.passes(DOWNLOAD).log
    other.on(faults=("artifact-lost:other", "index-down"))
    other.passes(DOWNLOAD, name="dist")


@pytest.mark.parametrize("text", ["some text", ""])
def test_a_changed_artifact_fails_the_check_of_its_digest_and_is_kept_as_it_was(
    job: Job, other: Job, text: str
) -> None:
    job.write("a.x", text)
    job.passes(UPLOAD, name="dist", path="a.x")
    other.on(faults=("artifact-changed:dist",))
    assert other.fails(DOWNLOAD, name="dist", path="changed").error == (
        "Unable to download artifact(s): Digest validation failed for artifact(s): dist. "
        "Use 'digest-mismatch: warn' to continue on mismatch."
    )
    assert other.files("changed") != {"a.x": text}, "the bytes are there, as they are on GitHub"
    warned = other.passes(DOWNLOAD, {"name": "dist", "digest-mismatch": "warn"})
    assert "::warning::Artifact 'dist' digest validation failed." in warned.log
    assert "Invalid value for 'digest-mismatch'" in other.fails(DOWNLOAD, {"digest-mismatch": "no"}).error
    other.on(faults=())
    other.passes(DOWNLOAD, name="dist", path="right")
    assert other.files("right") == {"a.x": text}


# Size.

_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_large_artifact_takes_no_more_memory_than_a_small_one(job: Job, other: Job) -> None:
    peaks: list[int] = []
    for size in (1, 256):
        path = job.workspace / f"{size}.x"
        with path.open("wb") as stream:
            for _ in range(size):
                stream.write(bytes(2**20))
        peaks.append(max(measured(job, UPLOAD, size), measured(other, DOWNLOAD, size)))
        assert hashlib.sha256((other.workspace / path.name).read_bytes()).digest()
    assert peaks[1] - peaks[0] < 32 * 1024, f"kilobytes: {peaks}"


def measured(job: Job, name: str, size: int) -> int:
    """Return the peak memory of a step in kilobytes."""
    import json

    from tests.standins.theatre import defaults

    stage = job.folder / "stage.json"
    stage.write_text(replace(job.stage).to_json())
    inputs = {**defaults(name), "name": f"n{size}", "path": f"{size}.x" if name == UPLOAD else ""}
    env = {**job.variables(), "CASTOFF_STAGE": str(stage), "CASTOFF_INPUTS": json.dumps(inputs)}
    step = [sys.executable, "-I", "-m", "castoff.standins", name]
    done = subprocess.run([sys.executable, "-c", _PEAK, *step], env=env, capture_output=True, text=True, check=True)
    return int(done.stdout.rpartition("peak ")[2])
