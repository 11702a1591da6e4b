"""`status` as it is typed: against local services, in every state that they can be in; and what it never shows."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from castoff.core.row import Row, State
from castoff.flows.status import table
from castoff.services.forge_runs import JobRecord, RunRecord, StepRecord
from castoff.services.http import Request, Response, Server
from tests.rehearsing import untouched, wait_for
from tests.repository import CASTOFF, Repository
from tests.world import FILES, RELEASED, SDIST, TOKEN, WHEEL, Serving, World

LONG_AGO = timedelta(hours=1)
STOPPED = (
    "sample 0.1.1 has stopped: the workflow ended with failure in job 'Publish to PyPI', "
    "step 'Run pypa/gh-action-pypi-publish'; nothing is published"
)


@pytest.fixture
def world(repo: Repository, tmp_path: Path) -> World:
    """Return a project and services that hold nothing yet."""
    return World(repo, tmp_path)


def run_of(commit: str, conclusion: str | None = "success", status: str = "completed") -> RunRecord:
    """Return a run for the tag that began an hour ago, with one job."""
    began = datetime.now(UTC) - LONG_AGO
    step = StepRecord("Run pypa/gh-action-pypi-publish", status, conclusion)
    job = JobRecord("Publish to PyPI", status, conclusion, 1, began, None, (step,))
    return RunRecord(77, "release.yml", "Release", "v0.1.1", commit, status, conclusion, 1, began, began, (job,))


def status(serving: Serving, *flags: str, **env: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of `status --json`, and what it says."""
    ran = serving.castoff("status", "--version", "0.1.1", "--json", *flags, **env)
    return ran.code, cast("dict[str, Any]", json.loads(ran.out))


def states(data: dict[str, Any], place: str) -> dict[str, str]:
    """Return the states of the rows of a place, by name."""
    return {row["name"]: row["state"] for row in data["rows"] if row["place"] == place}


def released(world: World) -> str:
    """Release it all, well; return the commit of the tag."""
    commit = world.tag()
    for name in FILES:
        world.upload(name)
    world.release()
    return commit


def test_a_finished_release_is_right_in_every_place_and_nothing_is_changed_by_looking(world: World) -> None:
    commit = released(world)
    with world.serving() as serving, untouched(world.repo):
        serving.forge.runs.put(run_of(commit))
        code, data = status(serving)
        assert (code, data["ok"], data["outcome"], data["next"]) == (0, True, "released", None)
        assert {row["state"] for row in data["rows"]} == {"right"}
        assert states(data, "index") == dict.fromkeys(FILES, "right")
        assert states(data, "asset") == dict.fromkeys(FILES, "right")
        assert len(states(data, "bundle")) == len(FILES)


def test_the_table_is_aligned_and_ends_in_one_sentence_and_one_command(world: World) -> None:
    world.tag()
    with world.serving() as serving:
        serving.forge.runs.put(run_of(world.repo.git("rev-parse", "HEAD"), "failure"))
        ran = serving.castoff("status", "--version", "0.1.1")
    header, *lines = ran.out.splitlines()
    assert header == "sample 0.1.1"
    said = {line[line.index("v0.1.1") :] for line in lines if "v0.1.1" in line}
    assert len({line.index("v0.1.1") for line in lines if "v0.1.1" in line}) == 1, said
    assert ran.code == 1
    assert ran.err.splitlines() == [
        f"error: {STOPPED}",
        "  type: gh run rerun 77 --failed --repo owner/sample",
    ]


def test_before_the_tag_it_waits_for_a_person_and_the_exit_code_is_0(world: World) -> None:
    with world.serving() as serving:
        code, data = status(serving)
        assert (code, data["outcome"], data["next"]) == (0, "waiting", "castoff release --version 0.1.1")


def test_without_a_version_it_is_about_the_one_in_the_places(world: World) -> None:
    with world.serving() as serving:
        assert serving.castoff("status").out.startswith("sample 0.1.0\n")


def test_when_the_version_in_the_places_is_done_it_names_the_one_under_way(world: World) -> None:
    released(world)
    assert world.repo.release("0.2.0").code == 0
    with world.serving() as serving:
        ran = serving.castoff("status")
    assert (ran.code, ran.out.splitlines()[-2:]) == (
        0,
        ["sample 0.1.1 is released; 0.2.0 is under way", "  next: castoff status --version 0.2.0"],
    )


def test_a_version_in_the_places_that_has_no_tag_is_asked_about(world: World) -> None:
    world.repo.write("pyproject.toml", world.repo.read("pyproject.toml").replace("0.1.0", "0.2.0.dev1"))
    world.repo.write("src/sample/__init__.py", '__version__ = "0.2.0.dev1"\n')
    world.repo.commit("open the next version")
    ran = world.repo.castoff("status")
    assert ran.code == 2
    assert "which version?" in ran.err


def test_another_build_of_the_version_on_the_index_contradicts(world: World) -> None:
    commit = world.tag()
    world.upload(SDIST, b"of another build", ago=timedelta(days=1))
    with world.serving() as serving:
        serving.forge.runs.put(run_of(commit, "failure"))
        code, data = status(serving)
    assert (code, data["outcome"]) == (1, "contradictory")
    assert states(data, "index") == {SDIST: "contradictory", "wheel": "missing"}
    assert data["problems"][0]["type"] == ["castoff release --version 0.1.2"]


PUBLISHES = (
    "jobs:\n  publish:\n    name: Publish to PyPI\n    runs-on: ubuntu-latest\n"
    "    steps:\n      - uses: pypa/gh-action-pypi-publish@v1\n"
)


def attempt(number: int, commit: str, publishing: str) -> RunRecord:
    """Return an attempt of a run that began an hour ago: its build failed, and so ended the job that publishes."""
    run = run_of(commit, "failure")
    (job,) = run.jobs
    build = replace(job, name="Build", attempt=number)
    return replace(run, attempt=number, jobs=(build, replace(job, attempt=number, conclusion=publishing)))


def test_a_file_that_came_while_the_workflow_ran_but_before_it_could_publish_is_never_completed(world: World) -> None:
    """Unless an earlier attempt has begun to publish: then it may be its own. `undo` says the same."""
    world.repo.write(".github/workflows/release.yml", f"on: push\n{PUBLISHES}")
    world.repo.commit("a workflow")
    world.repo.git("push", "--quiet", "origin", "main")
    commit = world.tag()
    world.upload(SDIST, ago=LONG_AGO / 2)
    with world.serving() as serving:
        serving.forge.runs.put(attempt(1, commit, "skipped"))
        code, data = status(serving)
        undone = serving.castoff("undo", "--version", "0.1.1")
        serving.forge.runs.put(attempt(1, commit, "failure"))
        serving.forge.runs.put(attempt(2, commit, "skipped"))
        again = status(serving)
    assert (code, data["outcome"], data["next"]) == (1, "contradictory", "castoff release --version 0.1.2")
    assert "no job of the tag's workflow has begun to publish" in data["sentence"]
    assert "type: castoff release --version 0.1.2" in undone.err
    assert again[1]["next"] == "gh run rerun 77 --failed --repo owner/sample"


def test_an_asset_with_other_bytes_contradicts(world: World) -> None:
    world.tag()
    for name in FILES:
        world.upload(name)
    world.release({**RELEASED, WHEEL: b"swapped"})
    with world.serving() as serving:
        code, data = status(serving)
    assert (code, data["outcome"], states(data, "asset")) == (
        1,
        "contradictory",
        {WHEEL: "contradictory", SDIST: "right"},
    )


def test_half_of_the_files_can_be_completed_for_so_many_days(world: World) -> None:
    commit = world.tag()
    world.upload(WHEEL)
    with world.serving() as serving:
        serving.forge.runs.put(run_of(commit, "failure"))
        code, data = status(serving)
    assert (code, data["outcome"]) == (1, "stopped")
    assert "takes more for 14 days" in data["sentence"]
    assert data["next"] == "gh run rerun 77 --failed --repo owner/sample"


def test_a_draft_shows_only_to_a_token_and_the_row_says_so(world: World) -> None:
    world.tag()
    world.release(draft=True)
    with world.serving() as serving:
        serving.forge.public = True
        assert "a draft: it is not published yet" in serving.castoff("status", "--version", "0.1.1").out
        blind = serving.castoff("status", "--version", "0.1.1", GITHUB_TOKEN="")
    assert "there is none; a draft would not show without a token" in blind.out


def test_services_that_are_down_are_not_known_and_never_missing(world: World) -> None:
    released(world)
    with world.serving() as serving:
        serving.index.down = serving.forge.down = True
        code, data = status(serving, GITHUB_TOKEN="")
    assert (code, data["outcome"]) == (1, "unknown")
    assert states(data, "index") == {"": "cannot know"}
    assert states(data, "release") == {"v0.1.1": "cannot know"}
    assert "answered 503" in data["sentence"]
    assert data["next"] == "castoff status --version 0.1.1", "a token would not help"


def test_a_private_repository_without_a_token_asks_for_one(world: World) -> None:
    released(world)
    with world.serving() as serving:
        code, data = status(serving, GITHUB_TOKEN="")
    assert (code, data["outcome"]) == (1, "unknown")
    assert data["next"] == "GITHUB_TOKEN=$(gh auth token) castoff status --version 0.1.1"


@pytest.mark.parametrize("flags", [(), ("--json",), ("--watch",)])
def test_tokens_are_never_shown(world: World, flags: tuple[str, ...]) -> None:
    """Neither the one in the environment, whatever the services answer, nor one in the remote's URL."""
    released(world)
    secret = "canary-in-the-url"
    for broken in (False, True):
        with world.serving() as serving:
            serving.index.down = serving.forge.down = broken
            if broken:
                world.repo.git("remote", "set-url", "origin", f"https://user:{secret}@127.0.0.1:9/o/r.git")
            ran = serving.castoff(
                "status", "--version", "0.1.1", *(flags if not (broken and "--watch" in flags) else ())
            )
        assert TOKEN not in ran.all
        assert secret not in ran.all


def test_terminal_escapes_in_what_the_forge_says_are_not_obeyed(world: World) -> None:
    commit = world.tag()
    run = run_of(commit, "failure")
    evil = JobRecord("job \x1b]0;owned\x07\x1b[2J", "completed", "failure", 1, run.created, run.created)
    with world.serving() as serving:
        serving.forge.runs.put(replace(run, jobs=(evil,)))
        ran = serving.castoff("status", "--version", "0.1.1")
    assert "\x1b" not in ran.all
    assert "owned" in ran.all


def watching(serving: Serving, *flags: str) -> subprocess.Popen[str]:
    """Begin `status --watch`, piped."""
    return subprocess.Popen(
        [str(CASTOFF), "status", "--version", "0.1.1", "--watch", *flags],
        cwd=serving.repo.root,
        env={**os.environ, **serving.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_watch_says_what_it_waits_for_then_only_what_changes_and_ends_when_it_is_done(world: World) -> None:
    commit = released(world)
    with world.serving() as serving:
        serving.forge.runs.put(run_of(commit, None, "in_progress"))
        serving.index.lag = 3600
        watch = watching(serving)
        try:
            began = next_line(watch, "waiting:")
            assert began == (
                "  waiting: sample 0.1.1 is being released by the workflow (in progress); looking again every 5 s or so"
            )
            serving.index.lag = 0
            serving.forge.runs.put(run_of(commit))
            out, err = watch.communicate(timeout=120)
        finally:
            watch.kill()
    assert (watch.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "sample 0.1.1 is released"
    assert "bump branch" not in out, "what has not changed is not said again"
    assert re.search(r"right +workflow run +77 +success", out)


def next_line(watch: subprocess.Popen[str], part: str) -> str:
    """Read until a line that has `part` in it, and return it."""
    assert watch.stdout is not None
    for line in watch.stdout:
        if part in line:
            return line.rstrip("\n")
    raise AssertionError(part)


def test_watch_ends_at_once_at_ctrl_c_and_says_how_it_stood(world: World) -> None:
    commit = world.tag()
    with world.serving() as serving:
        serving.forge.runs.put(run_of(commit, None, "in_progress"))
        watch = watching(serving)
        next_line(watch, "waiting:")
        began = time.monotonic()
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=30)
        assert time.monotonic() - began < 4, "it does not sleep on"
    assert (watch.returncode, err) == (0, "")
    assert out.splitlines()[0] == "sample 0.1.1 is being released by the workflow (in progress)"


def test_watch_ends_when_the_release_has_failed(world: World) -> None:
    commit = world.tag()
    with world.serving() as serving:
        serving.forge.runs.put(run_of(commit, "failure"))
        ran = serving.castoff("status", "--version", "0.1.1", "--watch")
    assert ran.code == 1
    assert "waiting" not in ran.out
    assert "has stopped" in ran.err


def test_the_index_and_the_forge_are_asked_side_by_side(repo: Repository) -> None:
    """A service that answers nothing until everything has been asked for does not hold it up."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        wait_for(lambda: len(asked) >= 3, seconds=20)
        return Response(404)

    with Server({("GET", re.compile(".*")): answer}) as server:
        variables = {
            "CASTOFF_INDEX_URL": f"{server.url}/simple/",
            "GITHUB_API_URL": server.url,
            "GITHUB_REPOSITORY": "owner/sample",
            "GITHUB_TOKEN": TOKEN,
        }
        repo.castoff("status", "--version", "0.1.1", **variables)
    assert {path.split("/")[-1] for path in asked} == {"", "releases", "runs"}
    assert len(asked) == 3, asked


def test_a_name_with_a_line_end_in_it_is_no_row_of_its_own() -> None:
    [(_, line)] = table([Row("job", "evil\n  right  release  v0.1.1", State.MISSING, "failure")])
    assert line == "  missing  job  evil right release v0.1.1  failure"


def test_many_files_that_are_all_right_are_one_line_and_one_that_is_not_shows_them_all() -> None:
    rows = [Row("index", f"file {number}", State.RIGHT, "there") for number in range(60)]
    assert table(rows) == [("good", "  right  index  60 of them  each listed with --json")]
    wrong: Callable[[Row], Row] = lambda row: Row(row.place, row.name, State.CONTRADICTORY, "other bytes")  # noqa: E731
    assert len(table([wrong(rows[0]), *rows[1:]])) == 60
