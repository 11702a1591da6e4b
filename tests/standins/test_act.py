"""The stand-ins as act plays them, and as the workflow of this repository uses them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from castoff.standins.__main__ import NAMES
from castoff.standins.catalogue import inputs_of, standins
from castoff.standins.stage import VARIABLE, StageError, read_stage
from tests.repository import Repository
from tests.standins.theatre import NOWHERE, Job

WORKFLOW = Path(__file__).parents[2] / ".github/workflows/release.yml"
ACT = Path(sys.executable).with_name("act")
PIN = "0123456789" * 4


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


# The files.


def test_each_step_of_the_release_workflow_has_a_stand_in_that_knows_its_inputs() -> None:
    used = [step for step in steps(yaml.safe_load(WORKFLOW.read_text())) if "uses" in step]
    assert len(used) > 10
    for step in used:
        action = step["uses"].partition("@")[0]
        assert set(step.get("with", {})) <= inputs_of(standins()[action]), action


def test_every_stand_in_runs_a_module_of_its_own_with_its_inputs_as_json() -> None:
    played: list[str] = []
    for folder in standins().values():
        action = yaml.safe_load((folder / "action.yml").read_text())
        (step,) = action["runs"]["steps"]
        found = re.fullmatch(r'"\$CASTOFF_PYTHON" -I -m castoff\.standins (\w+)', step["run"])
        assert found
        played.append(found[1])
        assert step["env"] == {"CASTOFF_INPUTS": "${{ toJSON(inputs) }}"}
        for name, output in action.get("outputs", {}).items():
            assert output["value"] == f"${{{{ steps.play.outputs.{name} }}}}"
    assert sorted(played) == sorted(NAMES)


def test_an_action_without_a_stand_in_is_not_among_them() -> None:
    assert "actions/cache" not in standins()
    assert "actions/checkout" in standins()


# The stage and the call.


def test_the_description_of_a_stage_survives_being_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "stage.json"
    file.write_text(NOWHERE.to_json())
    assert read_stage(file) == NOWHERE


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"faults": 1}', '{"artifacts": 3}'])
def test_what_is_no_stage_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "stage.json"
    file.write_text(text)
    with pytest.raises(StageError, match=str(file)):
        read_stage(file)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({VARIABLE: None}, "CASTOFF_STAGE is not set: this plays an action in a rehearsal only"),
        ({VARIABLE: "/nowhere"}, "cannot be read"),
        ({"CASTOFF_INPUTS": "{"}, "CASTOFF_INPUTS is not JSON"),
        ({"CASTOFF_INPUTS": "[]"}, "CASTOFF_INPUTS is not a JSON object"),
        ({"GITHUB_WORKSPACE": ""}, "GITHUB_WORKSPACE not defined"),
    ],
)
def test_a_call_outside_of_a_rehearsal_is_one_clear_line(
    job: Job, tmp_path: Path, changes: dict[str, str | None], words: str
) -> None:
    stage = tmp_path / "stage.json"
    stage.write_text(NOWHERE.to_json())
    given = {**job.variables(), VARIABLE: str(stage), "CASTOFF_INPUTS": "{}", **changes}
    env = {name: value for name, value in given.items() if value is not None}
    command = [sys.executable, "-I", "-m", "castoff.standins", "checkout"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(rf"::error::.*{words}.*\n", done.stdout)
    assert done.stderr == ""


def test_an_unknown_name_tells_which_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "castoff.standins", "cache"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "gh_release" in done.stderr


# act itself.

_PLAYED = f"""
on: push
jobs:
  first:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@{PIN}
        id: source
        with:
          fetch-depth: 0
          persist-credentials: false
      - run: test "$(git rev-list --count HEAD)" = 2 && test "${{{{ steps.source.outputs.commit }}}}" = "$GITHUB_SHA"
      - uses: actions/setup-python@{PIN}
        with:
          python-version: "{sys.version_info.major}.{sys.version_info.minor}"
      - run: |
          case "$(command -v python)" in "$RUNNER_TEMP"/*) ;; *) exit 1;; esac
          mkdir dist bundles && echo wheel > dist/a.whl && echo bundle > "bundles/a 'quoted'.json"
      - uses: actions/upload-artifact@{PIN}
        with:
          name: dist
          path: |
            dist/*.whl
            bundles/
          if-no-files-found: error
  second:
    needs: first
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@{PIN}
        id: got
        with:
          name: dist
          path: here/
      - run: |
          test ! -e README.md
          test "$(cat here/dist/a.whl)" = wheel
          test "$(cat "${{{{ steps.got.outputs.download-path }}}}/bundles/a 'quoted'.json")" = bundle
"""


@pytest.fixture
def project(repo: Repository) -> Repository:
    """Return a project whose workflow uses four stand-ins."""
    repo.write(".github/workflows/w.yml", _PLAYED)
    repo.commit("workflow")
    repo.git("push", "--quiet", "origin", "main")
    return repo


def act(project: Repository, job: Job) -> subprocess.CompletedProcess[str]:
    """Run act on this machine, without anything of the test's environment but PATH."""
    (job.folder / "stage.json").write_text(job.stage.to_json())
    actions = {f"{name}@{PIN}": folder for name, folder in standins().items()}
    command = [str(ACT), "push", "--platform", "ubuntu-latest=-self-hosted", "--no-cache-server", "--no-skip-checkout"]
    command += ["--artifact-server-addr", "127.0.0.1", "--action-offline-mode", "--json"]
    for name, folder in actions.items():
        command += ["--local-repository", f"{name}={folder}"]
    variables = {VARIABLE: str(job.folder / "stage.json"), "CASTOFF_PYTHON": sys.executable}
    for name, value in {**variables, "GITHUB_REPOSITORY": job.stage.repository}.items():
        command += ["--env", f"{name}={value}"]
    env = {"PATH": os.environ["PATH"], "HOME": str(job.home), "ACT_DISABLE_VERSION_CHECK": "1"}
    return subprocess.run(command, cwd=project.root, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.skipif(not ACT.exists(), reason="act is not installed beside this Python")
def test_act_plays_four_of_them_and_hands_inputs_outputs_path_and_artifacts_on(project: Repository, job: Job) -> None:
    job.on(remote=project.remote)
    done = act(project, job)
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["jobID"]: line["jobResult"] for line in told if "jobResult" in line} == {
        "first": "success",
        "second": "success",
    }
    lost = Job(job.folder.parent / "lost", job.stage)
    lost.on(artifacts=lost.folder / "artifacts", faults=("artifact-lost:dist",))
    done = act(project, lost)
    assert done.returncode == 1
    assert "Unable to download artifact(s): Artifact not found for name: dist" in done.stdout
