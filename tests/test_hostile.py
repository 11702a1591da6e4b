"""Hostile versions, tags, names and paths are data: refused or used as they are, never run and never an option."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.repository import Repository

CANARY = "canary"
HOSTILE = [
    f"0.2.0; touch {CANARY}",
    f"0.2.0$(touch {CANARY})",
    f"0.2.0`touch {CANARY}`",
    f"0.2.0\ntouch {CANARY}",
    f"0.2.0 && touch {CANARY}",
    f"| touch {CANARY}",
    f"--upload-pack=touch {CANARY}",
    f"--exec=touch {CANARY}",
    "-rf",
    "../../0.2.0",
    "0.2.0' --force '",
    '0.2.0" --force "',
    "0.2.0\u202e",
    "\x1b[31m0.2.0",
    "٠.٢.٠",
    "1" * 5000,
    "",
]
IDS = [f"{number}: {text[:24]!a}" for number, text in enumerate(HOSTILE)]


def untouched(repo: Repository, folder: Path) -> bool:
    """Whether no canary command has run, anywhere below the test's folder."""
    return not list(folder.rglob(CANARY))


@pytest.mark.parametrize("text", HOSTILE, ids=IDS)
@pytest.mark.parametrize("verb", ["bump", "release", "tag", "check-tag"])
def test_a_hostile_version_or_tag_changes_nothing(repo: Repository, tmp_path: Path, verb: str, text: str) -> None:
    before, there = repo.state(), repo.on_remote()
    option = "tag" if verb == "check-tag" else "version"
    ran = repo.castoff(verb, f"--{option}={text}")
    assert ran.code in (1, 2)
    assert "\x1b" not in ran.all, "what comes from outside is never printed raw"
    assert (repo.state(), repo.on_remote()) == (before, there)
    assert untouched(repo, tmp_path)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text], ids=IDS[:-1])
def test_a_hostile_version_in_the_environment_changes_nothing(repo: Repository, tmp_path: Path, text: str) -> None:
    before = repo.state()
    assert repo.castoff("release", VERSION=text).code in (1, 2)
    assert repo.state() == before
    assert untouched(repo, tmp_path)


@pytest.mark.parametrize("key", ["remote", "main"])
@pytest.mark.parametrize("value", ["--upload-pack=touch canary", "-x", "a\\nb", ""])
def test_a_configured_name_that_git_could_take_for_an_option_is_refused(
    repo: Repository, tmp_path: Path, key: str, value: str
) -> None:
    repo.write("pyproject.toml", repo.read("pyproject.toml") + f'\n[tool.castoff]\n{key} = "{value}"\n')
    repo.commit("configure")
    repo.git("push", "--quiet")
    ran = repo.release("0.2.0")
    assert (ran.code, f"[tool.castoff] {key}" in ran.err) == (2, True)
    assert untouched(repo, tmp_path)


@pytest.mark.parametrize(
    "name", ["with spaces", "quo'te", 'quo"te', "$(touch canary)", "semi;colon", "naïve-日本", "--dashes"]
)
def test_a_release_works_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    repo = Repository.create(tmp_path, name)
    ran = repo.release("0.2.0", "--direct")
    assert ran.code == 0, ran.err
    assert "refs/tags/v0.2.0" in repo.on_remote()
    assert untouched(repo, tmp_path)


def test_tags_and_branches_of_hostile_names_that_exist_already_do_no_harm(repo: Repository, tmp_path: Path) -> None:
    for name in ("--force", "v9;touch", "v$(touch${IFS}canary)", "v0.2.0'"):
        repo.git("update-ref", f"refs/tags/{name}", "HEAD")
        repo.git("update-ref", f"refs/heads/{name}", "HEAD")
    repo.git("push", "--quiet", "origin", "refs/tags/*:refs/tags/*")
    assert repo.release("0.2.0").code == 0
    assert untouched(repo, tmp_path)


def test_a_hostile_project_name_reaches_git_as_one_argument(repo: Repository, tmp_path: Path) -> None:
    hostile = "sample; touch canary $(touch canary) --force"
    repo.write("pyproject.toml", repo.read("pyproject.toml").replace('name = "sample"', f'name = "{hostile}"'))
    repo.write("pyproject.toml", repo.read("pyproject.toml") + '\n[tool.castoff]\npackage = "src/sample"\n')
    repo.commit("rename")
    repo.git("push", "--quiet")
    ran = repo.release("0.2.0", "--direct")
    assert ran.code == 0, ran.err
    assert repo.git("tag", "--list", "--format=%(contents:subject)", "v0.2.0") == f"{hostile} 0.2.0"
    assert untouched(repo, tmp_path)


def test_a_secret_in_the_environment_never_appears_in_what_is_printed(repo: Repository) -> None:
    repo.hook("pre-commit", 'echo "token is $MY_TOKEN"; exit 1')
    ran = repo.release("0.2.0", MY_TOKEN="hunter2-hunter2")
    assert ran.code == 1
    assert "token is ***" in ran.err
    assert "hunter2" not in ran.all


NAMES = [
    "a\nerror: all is lost\n  type: touch canary",
    "\x1b[2J\x1b[31m.whl",
    "x; touch canary",
    "$(touch canary).tar.gz",
    "\u202egpj.whl",
    "::error::x\n::add-mask::y",
    "-rf",
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{name!a}")
@pytest.mark.parametrize("ci", [{}, {"GITHUB_ACTIONS": "true"}], ids=["here", "in Actions"])
def test_a_hostile_file_name_in_dist_is_shown_in_one_line_and_quoted_in_what_to_type(
    repo: Repository, tmp_path: Path, name: str, ci: dict[str, str]
) -> None:
    repo.write(f"dist/{name}", "")
    ran = repo.castoff("build", **ci)
    assert ran.code == 1
    assert "\x1b" not in ran.all
    assert "\u202e" not in ran.all
    assert not [line for line in ran.all.splitlines() if line.startswith(("error: all", "::add-mask", "::error::x"))]
    (typed,) = [line.strip().removeprefix("type: ") for line in ran.err.splitlines() if line.startswith("  type: ")]
    assert len(shlex.split(typed)) == 2
    assert untouched(repo, tmp_path)
