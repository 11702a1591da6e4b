"""`check-workflow` as a person types it, with the real linters; and preflight, which looks with castoff's own rules."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from castoff.core.pipeline import STAGES
from tests import adopting
from tests.rehearsing import QUICK, REAL, WORKFLOW, bare_python, changed, line_of, spoken
from tests.repository import CASTOFF, Ran, Repository
from tests.workflow_faults import FAULTS, Fault
from tests.workflow_styles import rewritten

MAKEFILE = "preflight twine-check:\n\t@{castoff} $@\n"
LINTED = {name: fault for name, fault in FAULTS.items() if fault.rule.startswith(("zizmor/", "schema", "syntax"))}
TOLD_BY_BOTH = ("unpinned", "pip-cache", "expression", "credentials", "password", "no-permissions")


def project(repo: Repository, workflow: str = REAL, makefile: str = MAKEFILE) -> Repository:
    """Return a project with a release workflow, and the targets that it names."""
    repo.write(WORKFLOW, workflow)
    repo.write("Makefile", makefile.format(castoff=CASTOFF))
    return repo


def told(repo: Repository, *flags: str, code: int = 0) -> dict[str, Any]:
    """Return what `castoff check-workflow --json` tells."""
    ran = repo.castoff("check-workflow", "--json", *flags)
    assert ran.code == code, ran.all
    return cast("dict[str, Any]", json.loads(ran.out))


def wrong(data: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the rule and the line of everything that is wrong."""
    return [(one["rule"], one["line"]) for one in data["findings"] if one["verdict"] == "wrong"]


def test_castoffs_own_workflow_is_right_and_every_rule_and_linter_has_looked(repo: Repository) -> None:
    data = told(project(repo))
    assert (data["ok"], data["findings"]) == (True, [])
    assert {one["who"] for one in data["looked"]} >= {"triggers", "parity", "hardening", "zizmor", "schema"}
    assert not [one for one in data["looked"] if one["cannot_know"]]


@pytest.mark.parametrize("seed", range(2))
def test_nor_do_the_linters_find_anything_however_it_is_written(repo: Repository, seed: int) -> None:
    assert wrong(told(project(repo, rewritten(REAL, Random(seed))))) == []  # noqa: S311 - nothing is to be kept secret


@pytest.mark.parametrize("name", LINTED)
def test_what_the_linters_know_is_told_with_its_line(repo: Repository, name: str) -> None:
    fault = LINTED[name]
    assert wrong(told(project(repo, fault.text), code=1)) == [(fault.rule, fault.line)]


@pytest.mark.parametrize("name", TOLD_BY_BOTH)
def test_what_zizmor_finds_as_well_is_told_once(repo: Repository, name: str) -> None:
    """With castoff's words, which say what to write in a release workflow."""
    fault = FAULTS[name]
    data = told(project(repo, fault.text), code=1)
    assert wrong(data) == [(fault.rule, fault.line)]
    assert [one["rule"] for one in data["findings"]] == [fault.rule]


def test_a_person_reads_the_line_what_is_wrong_and_what_to_write(repo: Repository) -> None:
    fault = FAULTS["needs-missing"]
    ran = project(repo, fault.text).castoff("check-workflow")
    assert ran.code == 1
    what = "the job publish does not wait for sign: it runs when that has failed, too [needs]"
    assert ran.err.splitlines() == [
        f"error: {WORKFLOW}:{fault.line}: {what}",
        "  write: needs: sign",
        "way out: put each line right, then look again",
        "  type: make check-workflow",
    ]
    assert "1 wrong" in ran.out
    assert "ok" in ran.out


def test_all_that_is_wrong_is_told_together_in_the_order_of_the_file(repo: Repository) -> None:
    text = changed("needs: sign", "needs: twine-check", text=changed("fetch-depth: 0", "fetch-depth: 1", text=REAL))
    found = wrong(told(project(repo, text), code=1))
    assert [rule for rule, _ in found] == ["history", "needs"]
    assert [line for _, line in found] == sorted(line for _, line in found)


def test_in_actions_each_finding_is_an_annotation_at_its_line(repo: Repository) -> None:
    fault = FAULTS["expression"]
    ran = project(repo, fault.text).castoff("check-workflow", GITHUB_ACTIONS="true")
    assert f"::error title=castoff,file={WORKFLOW},line={fault.line}::" in ran.out


def test_without_a_workflow_it_says_so_and_what_to_type(repo: Repository) -> None:
    ran = repo.castoff("check-workflow")
    assert ran.code == 1
    assert spoken(ran)["error"] == [f"there is no {WORKFLOW} [file]"]
    assert "castoff init --dry-run" in ran.err


def test_another_file_can_be_looked_at(repo: Repository) -> None:
    repo = project(repo)
    repo.write(".github/workflows/other.yml", FAULTS["skip-existing"].text)
    data = told(repo, "--file", ".github/workflows/other.yml", code=1)
    assert ("skip-existing", FAULTS["skip-existing"].line) in wrong(data)


@pytest.mark.parametrize("file", ["../release.yml", "/etc/passwd", "a/../../b.yml"])
def test_a_file_outside_of_the_project_is_a_wrong_call(repo: Repository, file: str) -> None:
    ran = project(repo).castoff("check-workflow", "--file", file)
    assert ran.code == 2
    assert "not within the project" in ran.err


def test_a_workflow_that_cannot_be_decoded_is_told(repo: Repository) -> None:
    (project(repo).root / WORKFLOW).write_bytes(b"name: \xff\n")
    assert wrong(told(repo, code=1)) == [("syntax", cast("int", None))]


def test_control_characters_of_a_workflow_reach_no_terminal(repo: Repository) -> None:
    text = changed("run: make preflight", 'run: "make \\e[31m | sh"', text=REAL)
    ran = project(repo, text).castoff("check-workflow")
    assert ran.code == 1
    assert "\x1b" not in ran.all


def test_the_environment_that_is_configured_is_the_one_that_counts(repo: Repository) -> None:
    repo = project(repo)
    repo.write("pyproject.toml", repo.read("pyproject.toml") + '\n[tool.castoff]\nenvironment = "release"\n')
    assert wrong(told(repo, code=1)) == [("environment", line_of(REAL, "name: pypi"))]


def test_a_target_may_stand_in_a_makefile_that_is_included(repo: Repository) -> None:
    repo = project(repo, makefile="include castoff.mk\n")
    repo.write("castoff.mk", MAKEFILE.format(castoff=CASTOFF))
    assert wrong(told(repo)) == []


def test_without_a_makefile_the_targets_are_missing(repo: Repository) -> None:
    repo.write(WORKFLOW, REAL)
    assert [rule for rule, _ in wrong(told(repo, code=1))] == ["targets", "targets"]


def test_where_the_linters_are_not_installed_it_says_that_it_cannot_know(tmp_path: Path, repo: Repository) -> None:
    """And what installs them; the rules look all the same."""
    python = bare_python(tmp_path / "python")
    ran = subprocess.run(
        [str(python), "-m", "castoff", "check-workflow"],
        cwd=project(repo).root,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows = [line.split()[:3] for line in ran.stdout.splitlines()]
    assert ["cannot", "know", "zizmor"] in rows
    assert ["cannot", "know", "schema"] in rows
    assert "pip install 'castoff[check]'" in ran.stdout
    assert "as far as that can be known here" in ran.stdout


def test_a_linter_that_breaks_is_told_as_what_cannot_be_known(tmp_path: Path, repo: Repository) -> None:
    python = bare_python(tmp_path / "python")
    zizmor = tmp_path / "python" / "bin" / "zizmor"
    zizmor.write_text("#!/bin/sh\necho 'out of order' >&2\nexit 9\n")
    zizmor.chmod(0o755)
    ran = subprocess.run(
        [str(python), "-m", "castoff", "check-workflow", "--json"],
        cwd=project(repo).root,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = {one["who"]: one["cannot_know"] for one in json.loads(ran.stdout)["looked"]}
    assert said["zizmor"] == "zizmor ended with exit code 9 and said: out of order"


class TestPreflight:
    """Where a release begins, the workflow is looked at before anything is built."""

    FAULT: Fault = FAULTS["no-contents-write"]

    def preflight(self, repo: Repository, *, in_actions: bool = False) -> Ran:
        env = {"GITHUB_ACTIONS": "true"} if in_actions else {}
        return repo.castoff("preflight", **env)

    def test_on_a_tag_it_stops_at_a_workflow_that_would_fail_after_publishing(self, repo: Repository) -> None:
        repo = project(repo, self.FAULT.text)
        repo.commit("a workflow")
        repo.git("push", "--quiet", "origin", "main")
        repo.git("tag", "--annotate", "--message", "0.1.0", "v0.1.0")
        ran = self.preflight(repo)
        assert ran.code == 1
        assert f"{WORKFLOW}:{self.FAULT.line}: the job github-release lacks contents: write" in ran.err
        assert not (repo.root / "dist").exists()

    def test_its_problems_are_listed_with_the_others(self, repo: Repository) -> None:
        repo = project(repo, self.FAULT.text)
        repo.write("pyproject.toml", repo.read("pyproject.toml").replace("print('tested')", "raise SystemExit(3)"))
        repo.commit("a workflow")
        ran = self.preflight(repo, in_actions=True)
        assert [line.split(" ")[0] for line in spoken(ran)["error"]] == ["test", f"{WORKFLOW}:{self.FAULT.line}:"]

    def test_with_a_workflow_that_is_right_it_goes_on_to_build(self, repo: Repository) -> None:
        repo = project(repo)
        repo.commit("a workflow")
        ran = self.preflight(repo, in_actions=True)
        assert ran.code == 0, ran.all
        assert f"{WORKFLOW} says what it must" in ran.out

    def test_without_a_workflow_there_is_nothing_to_look_at(self, repo: Repository) -> None:
        ran = self.preflight(repo, in_actions=True)
        assert ran.code == 0, ran.all
        assert WORKFLOW not in ran.out

    def test_on_an_ordinary_day_it_leaves_the_workflow_alone(self, repo: Repository) -> None:
        repo = project(repo, self.FAULT.text)
        repo.commit("a workflow")
        ran = self.preflight(repo)
        assert ran.code == 0, ran.all


def test_every_stage_tells_what_it_proves_and_what_it_keeps_out() -> None:
    for stage in STAGES:
        assert stage.does
        assert stage.proves
        assert stage.against


def test_the_quick_workflow_of_the_rehearsals_is_right_as_well(repo: Repository) -> None:
    assert wrong(told(project(repo, QUICK))) == []


class TestAdopted:
    """What `castoff init` writes is right from the first day."""

    def test_in_a_project_that_had_nothing(self, tmp_path: Path) -> None:
        repo = adopting.project(tmp_path)
        adopting.adopted(repo)
        assert told(repo)["findings"] == []

    def test_beside_targets_and_tasks_that_were_there_before(self, tmp_path: Path) -> None:
        repo = adopting.project(tmp_path)
        repo.write("Makefile", "test:\n\t@echo mine\n")
        repo.write("tasks.py", "from invoke import task\n\n\n@task\ndef build(c):\n    print('mine')\n")
        adopting.adopted(repo)
        assert told(repo)["findings"] == []

    def test_with_a_matrix_of_wheels(self, tmp_path: Path) -> None:
        repo = adopting.project(tmp_path, "setuptools")
        adopting.adopted(repo, "--wheels")
        assert told(repo)["findings"] == []
