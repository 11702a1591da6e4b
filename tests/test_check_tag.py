"""`check-tag`: what agrees, what does not, what cannot be known, and the way out that is printed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.outside import outside
from tests.repository import Repository

IN_CI = {"GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "tag"}


@pytest.fixture
def tagged(repo: Repository) -> Repository:
    """Return a project at 0.1.0 with the tag v0.1.0 on main."""
    repo.git("tag", "--annotate", "--message", "x", "v0.1.0")
    repo.git("push", "--quiet", "origin", "v0.1.0")
    return repo


def test_the_tag_at_head_is_checked_when_none_is_named(tagged: Repository) -> None:
    ran = tagged.castoff("check-tag")
    assert ran.code == 0, ran.err
    assert "pyproject.toml:project.version 0.1.0" in ran.out
    assert "src/sample/__init__.py:__version__ 0.1.0" in ran.out


def test_in_ci_the_tag_comes_from_the_environment_that_github_sets(tagged: Repository) -> None:
    assert tagged.castoff("check-tag", **IN_CI, GITHUB_REF_NAME="v0.1.0").code == 0
    assert tagged.castoff("check-tag", **IN_CI, GITHUB_REF_NAME="v0.1.1").code == 1


def test_outside_a_tag_run_github_s_ref_name_is_a_branch_and_not_taken_for_a_tag(repo: Repository) -> None:
    ran = repo.castoff("check-tag", GITHUB_ACTIONS="true", GITHUB_REF_TYPE="branch", GITHUB_REF_NAME="main")
    assert (ran.code, "no version tag" in ran.err) == (2, True)


def test_a_mismatch_is_an_annotation_at_the_line_of_each_place_with_the_commands_of_the_way_out(
    repo: Repository,
) -> None:
    ran = repo.castoff("check-tag", **IN_CI, GITHUB_REF_NAME="v0.2.0")
    assert ran.code == 1
    annotations = [line for line in ran.out.splitlines() if line.startswith("::error")]
    assert annotations[0].startswith("::error title=castoff,file=pyproject.toml,line=7::project.version says 0.1.0")
    assert annotations[1].startswith("::error title=castoff,file=src/sample/__init__.py,line=7::__version__ says 0.1.0")
    for command in (
        "castoff undo --version 0.2.0",
        "castoff release --version 0.2.0",
    ):
        assert command in annotations[0]
        assert command in ran.err


def test_the_way_out_typed_as_printed_ends_with_a_right_tag(repo: Repository, tmp_path: Path) -> None:
    repo.git("tag", "--annotate", "--message", "too early", "v0.2.0")
    repo.git("push", "--quiet", "origin", "v0.2.0")
    told = json.loads(repo.castoff("check-tag", "--json").out)
    with outside(repo, tmp_path / "outside") as world:
        for command in told["way_out"]["type"]:
            program, *args = command.split()
            assert program == "castoff"
            ran = world.castoff(*args, YES="1")
            assert ran.code == 0, ran.err
    repo.merge("chore/release-0.2.0")
    assert repo.release("0.2.0").code == 0
    repo.git("pull", "--quiet", "--tags")
    assert repo.castoff("check-tag").code == 0


@pytest.mark.parametrize(
    ("tag", "right"),
    [("v0.1.0rc1", "v0.1.0-rc1"), ("0.1.0-rc1", "v0.1.0-rc1"), ("0.1.0", "v0.1.0"), ("v0.1.0.rc.1", "v0.1.0-rc1")],
)
def test_a_wrong_spelling_of_a_right_version_is_answered_with_the_tag_to_make(
    repo: Repository, tag: str, right: str
) -> None:
    if "rc" in right:
        repo.castoff("bump", "--version", "0.2.0")
    ran = repo.castoff("check-tag", "--tag", tag)
    assert ran.code == 1
    assert f"the tag {right}" in ran.err


def test_a_place_that_spells_the_candidate_with_a_dash_agrees_with_its_tag(repo: Repository) -> None:
    repo.write("pyproject.toml", repo.read("pyproject.toml").replace('"0.1.0"', '"0.1.0-rc1"'))
    repo.write("src/sample/__init__.py", '__version__ = "0.1.0rc1"\n')
    assert repo.castoff("check-tag", "--tag", "v0.1.0-rc1").code == 0


def test_a_tag_that_names_no_version_is_a_wrong_call(repo: Repository) -> None:
    assert repo.castoff("check-tag", "--tag", "nightly").code == 2


def test_a_tag_on_a_branch_that_is_not_merged_is_refused(repo: Repository) -> None:
    repo.git("switch", "--quiet", "--create", "side")
    repo.commit("not on main")
    repo.git("tag", "v0.1.0")
    ran = repo.castoff("check-tag")
    assert (ran.code, "not on origin/main" in ran.err) == (1, True)


def test_the_places_are_those_of_the_tag_s_commit_not_of_a_later_checkout(tagged: Repository) -> None:
    tagged.castoff("bump", "--version", "0.2.0")
    tagged.commit("later")
    assert tagged.castoff("check-tag", "--tag", "v0.1.0").code == 0
    ran = tagged.castoff("check-tag", "--tag", "v0.2.0")
    assert (ran.code, "not on origin/main" in ran.err) == (1, True), "it would be the commit here, which is not pushed"


def test_a_shallow_clone_that_cannot_tell_says_so(tagged: Repository) -> None:
    tagged.commit("later")
    tagged.git("push", "--quiet")
    shallow = tagged.root.parent / "shallow"
    url = tagged.remote.as_uri()
    subprocess.run(["git", "clone", "--quiet", "--depth=1", "--branch=v0.1.0", url, str(shallow)], check=True)
    clone = Repository(shallow, tagged.remote)
    clone.git("fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    ran = clone.castoff("check-tag")
    assert (ran.code, "cannot be known" in ran.err, "git fetch --unshallow" in ran.err) == (1, True, True)
    assert "delete the tag" not in ran.err, "a tag that may be right is not to be deleted"


def test_a_clone_without_the_main_branch_cannot_tell_either(tagged: Repository) -> None:
    lone = tagged.root.parent / "lone"
    lone.mkdir()
    clone = Repository(lone, tagged.remote)
    clone.git("init", "--quiet", "--initial-branch=work")
    clone.git("remote", "add", "origin", str(tagged.remote))
    clone.git("fetch", "--quiet", "origin", "refs/tags/v0.1.0:refs/tags/v0.1.0", "--no-tags")
    clone.git("checkout", "--quiet", "v0.1.0")
    ran = clone.castoff("check-tag")
    assert (ran.code, "cannot be known" in ran.err) == (1, True)


def test_a_file_of_another_version_in_dist_is_refused(tagged: Repository) -> None:
    tagged.write("dist/sample-0.0.9.tar.gz", "x")
    ran = tagged.castoff("check-tag")
    assert (ran.code, "dist/sample-0.0.9.tar.gz" in ran.err) == (1, True)


def test_a_tag_that_is_not_here_and_is_spelt_another_way_leads_to_the_one_that_is_meant(repo: Repository) -> None:
    """Taking it back would fail: there is nothing to take back."""
    repo.git("tag", "--annotate", "--message", "x", "v0.1.0")
    ran = repo.castoff("check-tag", "--tag", "0.1.0")
    assert (ran.code, ran.err.splitlines()[-1]) == (1, "  type: castoff check-tag --tag v0.1.0")
    repo.write("Makefile", "check-tag:\n\t@castoff check-tag\n")
    assert "type: make check-tag TAG=v0.1.0\n" in repo.castoff("check-tag", "--tag", "0.1.0").err
    repo.git("tag", "0.1.0")
    assert "git tag -d 0.1.0" in repo.castoff("check-tag", "--tag", "0.1.0").err


def test_a_tag_on_what_was_merged_is_right_though_nothing_was_fetched_since(repo: Repository) -> None:
    """The merge is made on GitHub, and `release` moves no ref here: main, as it was fetched last, lacks the commit."""
    repo.release("0.2.0")
    merged = repo.merge("chore/release-0.2.0", "squash")
    assert repo.release("0.2.0").code == 0
    assert repo.git("rev-parse", "origin/main") != merged
    repo.git("switch", "--quiet", "--detach", "v0.2.0")
    ran = repo.castoff("check-tag")
    assert (ran.code, "on the main branch" in ran.out) == (0, True), ran.err
    assert repo.git("rev-parse", "origin/main") != merged, "to look is to change nothing"


def test_a_tag_beside_main_is_wrong_whether_or_not_the_remote_can_be_asked(repo: Repository) -> None:
    repo.git("switch", "--quiet", "--detach")
    repo.commit("beside")
    repo.git("tag", "--annotate", "--message", "x", "v0.1.0")
    for gone in (False, True):
        if gone:
            repo.remote.rename(repo.remote.with_name("away.git"))
        ran = repo.castoff("check-tag")
        assert (ran.code, "which is not on origin/main" in ran.err) == (1, True)


def test_how_the_user_has_git_list_tags_changes_nothing(repo: Repository) -> None:
    repo.git("config", "column.ui", "always")
    for tag in ("v0.1.0", "nightly"):
        repo.git("tag", "--annotate", "--message", "x", tag)
    ran = repo.castoff("check-tag")
    assert ran.code == 0, ran.err
