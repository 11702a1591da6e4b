"""Which jobs upload to the index, and which files they cannot have brought there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from castoff.core.pipeline import WORKFLOW
from castoff.core.published import RunJob
from castoff.core.uploads import not_uploaded, publishing_jobs, uploading
from tests.memory import Memory
from tests.sights import HOUR, NOW, WHEEL, file

NAME = "Publish to PyPI"
FAILED = RunJob(NAME, "completed", "failure", "https://x/", NOW, started=NOW - HOUR)
NEVER = "no job of the tag's workflow has begun to publish"
BEFORE = "it was there before the tag's workflow began to publish (2026-03-20 11:00 UTC)"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("job", "begun"),
    [
        (FAILED, True),
        (replace(FAILED, name=f"{NAME} (linux, 3.12)"), True),  # of a matrix
        (replace(FAILED, conclusion="cancelled"), True),  # it may have begun before
        (replace(FAILED, status="in_progress", conclusion=None), True),
        (replace(FAILED, conclusion="skipped"), False),
        (replace(FAILED, status="queued", conclusion=None), False),
        (replace(FAILED, status="waiting", conclusion=None), False),
        (replace(FAILED, name=f"{NAME}, too"), False),
    ],
)
def test_a_job_uploads_when_it_is_called_so_and_has_begun(job: RunJob, *, begun: bool) -> None:
    assert uploading([job], ("Sign", NAME)) == ((job,) if begun else ())


def test_where_the_names_are_not_known_any_job_that_has_begun_may_upload() -> None:
    build, skipped = replace(FAILED, name="Build"), replace(FAILED, conclusion="skipped")
    assert uploading([build, skipped], None) == (build,)


def test_no_file_is_a_job_s_that_never_began() -> None:
    assert not_uploaded(file(WHEEL), [], None) == NEVER
    assert not_uploaded(file(WHEEL, ago=SECOND), [], None) == NEVER


def test_a_new_file_may_be_of_a_job_that_has_begun_unseen_while_the_run_is_at_work() -> None:
    assert not_uploaded(file(WHEEL, ago=5 * 60 * SECOND - SECOND), [], NOW) == ""
    assert not_uploaded(file(WHEEL, ago=5 * 60 * SECOND), [], NOW) == NEVER


def test_a_file_that_is_older_than_every_job_that_uploads_is_of_none() -> None:
    older, later = file(WHEEL, ago=HOUR + SECOND), replace(FAILED, started=NOW)
    assert not_uploaded(older, [later, FAILED], None) == BEFORE
    assert not_uploaded(file(WHEEL), [FAILED], None) == ""
    assert not_uploaded(file(WHEEL), [later, FAILED], None) == ""


def test_nothing_is_held_against_a_file_where_a_time_is_not_told() -> None:
    untold = replace(FAILED, started=None)
    assert not_uploaded(file(WHEEL, ago=2 * HOUR), [untold, FAILED], None) == ""
    assert not_uploaded(replace(file(WHEEL), uploaded=None), [], None) == ""


def jobs(*names_and_steps: str) -> str:
    """Return a workflow with these jobs: their keys and steps."""
    return "on: push\njobs:\n" + "".join(names_and_steps)


def job(key: str, name: str, step: str) -> str:
    return f"  {key}:\n    name: {name}\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n      - {step}\n"


UPLOADS = "uses: pypa/gh-action-pypi-publish@release/v1"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (jobs(job("a", "Build", "run: make"), job("b", "To PyPI", UPLOADS)), ("To PyPI",)),
        (jobs(job("a", "One", UPLOADS), job("b", "Two", UPLOADS)), ("One", "Two")),
        (jobs(job("a", "Build", "uses: actions/checkout@v7")), None),
        (jobs(job("a", "To ${{ inputs.where }}", UPLOADS)), None),
        (jobs(job("a", "Build ${{ inputs.what }}", "run: make"), job("b", "To PyPI", UPLOADS)), ("To PyPI",)),
    ],
)
def test_the_jobs_that_upload_are_known_by_the_action_they_use(text: str, names: tuple[str, ...] | None) -> None:
    assert publishing_jobs(Memory({WORKFLOW: text.encode()})) == names


@pytest.mark.parametrize("files", [{}, {WORKFLOW: b"on: ["}])
def test_the_jobs_of_a_workflow_that_is_not_there_or_cannot_be_read_are_not_known(files: dict[str, bytes]) -> None:
    assert publishing_jobs(Memory(files)) is None


def test_the_jobs_are_known_also_where_a_comment_is_in_another_encoding() -> None:
    text = jobs(job("b", "To PyPI", UPLOADS)).encode() + b"# caf\xe9\n"
    assert publishing_jobs(Memory({WORKFLOW: text})) == ("To PyPI",)
