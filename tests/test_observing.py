"""What is seen of a release: on git, on a local index and a local forge; and what cannot be seen."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from packaging.version import Version

from castoff.core.observation import SeenBranch, SeenMain
from castoff.core.published import Unknown
from castoff.flows.observing import observe
from tests.repository import Repository
from tests.signing import needs_ssh, ssh_key
from tests.test_making_clients import checkout
from tests.world import FILES, SDIST, WHEEL, World

NEW = Version("0.1.1")


def test_a_version_that_nobody_has_begun_is_nowhere(repo: Repository, tmp_path: Path) -> None:
    seen = World(repo, tmp_path).seen()
    assert isinstance(seen.git.main, SeenMain)
    assert seen.git.main.version == Version("0.1.0")
    assert seen.git.main.holding is None
    assert (seen.git.branch_here, seen.git.branch_there, seen.git.tag_here, seen.git.tag_there) == (None,) * 4
    assert (seen.runs, seen.files, seen.releases, seen.published) == ((), (), (), False)


def test_the_bump_branch_is_seen_until_it_is_merged_and_after(repo: Repository, tmp_path: Path) -> None:
    assert repo.release("0.1.1").code == 0
    branch = World(repo, tmp_path).seen().git.branch_there
    assert isinstance(branch, SeenBranch)
    assert branch.merged is False
    merged = repo.merge("chore/release-0.1.1")
    git = World(repo, tmp_path).seen().git
    assert git.branch_there == replace(branch, merged=True)
    assert isinstance(git.main, SeenMain)
    assert (git.main.commit, git.main.holding) == (merged, merged)


def test_a_tag_is_seen_with_all_that_it_says(repo: Repository, tmp_path: Path) -> None:
    commit = World(repo, tmp_path).tag()
    tag = World(repo, tmp_path).seen().git.tag_there
    assert tag is not None
    assert not isinstance(tag, Unknown)
    assert (tag.commit, tag.annotated, tag.signed, tag.on_main, tag.holds) == (commit, True, False, True, True)
    assert tag.right is True
    assert tag.made is not None


def test_a_tag_that_only_the_remote_has_is_looked_at_and_no_ref_is_made(repo: Repository, tmp_path: Path) -> None:
    colleague = repo.another_clone("colleague")
    World(repo, tmp_path).tag()
    refs = colleague.git("for-each-ref")
    tag = World(colleague, tmp_path).seen().git.tag_there
    assert tag is not None
    assert not isinstance(tag, Unknown)
    assert (tag.annotated, tag.right) == (True, True)
    assert colleague.git("for-each-ref") == refs


@needs_ssh
def test_a_signed_tag_is_told_from_one_that_is_not(repo: Repository, tmp_path: Path) -> None:
    """Signed by an SSH key, which every git since 2.34 can do."""
    key = ssh_key(tmp_path)
    repo.git("config", "gpg.format", "ssh")
    repo.git("config", "user.signingkey", str(key))
    repo.git("config", "tag.gpgSign", "true")
    World(repo, tmp_path).tag()
    git = World(repo, tmp_path).seen().git
    assert git.tag_here is not None
    assert git.tag_here.signed is True
    assert git.tag_there == git.tag_here


def test_a_lightweight_tag_beside_main_is_not_the_right_one(repo: Repository, tmp_path: Path) -> None:
    repo.commit("not on main")
    repo.git("tag", "v0.1.1")
    repo.git("push", "--quiet", "origin", "v0.1.1")
    tag = World(repo, tmp_path).seen().git.tag_there
    assert tag is not None
    assert not isinstance(tag, Unknown)
    assert (tag.annotated, tag.signed, tag.on_main, tag.holds, tag.right) == (False, False, False, False, False)


def test_a_shallow_clone_cannot_know_whether_an_old_tag_is_on_main(repo: Repository, tmp_path: Path) -> None:
    World(repo, tmp_path).tag()
    repo.commit("after the release")
    repo.git("push", "--quiet", "origin", "main")
    clone = tmp_path / "shallow"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{repo.remote}", str(clone)], check=True)
    tag = World(Repository(clone, repo.remote), tmp_path).seen().git.tag_there
    assert tag is not None
    assert not isinstance(tag, Unknown)
    assert tag.on_main == Unknown("this is a shallow clone", "git fetch --unshallow")
    assert tag.right == tag.on_main


def test_a_remote_that_cannot_be_asked_is_unknown_and_what_is_here_is_still_seen(
    repo: Repository, tmp_path: Path
) -> None:
    World(repo, tmp_path).tag()
    repo.git("remote", "set-url", "origin", str(tmp_path / "away"))
    git = World(repo, tmp_path).seen().git
    assert isinstance(git.tag_there, Unknown)
    assert isinstance(git.branch_there, Unknown)
    assert isinstance(git.main, Unknown)
    assert git.tag_here is not None
    assert git.tag_here.holds is True


def test_files_and_releases_are_seen_as_the_index_and_the_forge_have_them(repo: Repository, tmp_path: Path) -> None:
    world = World(repo, tmp_path)
    for name in FILES:
        world.upload(name)
    world.release()
    seen = world.seen()
    assert {file.name for file in seen.known_files} == {WHEEL, SDIST}
    [release] = seen.known_releases
    assert {asset.name for asset in release.assets} > {WHEEL, SDIST}
    assert seen.published is True


def test_services_that_do_not_answer_leave_everything_unknown(repo: Repository, tmp_path: Path) -> None:
    variables = {
        "CASTOFF_INDEX_URL": "http://127.0.0.1:9/simple/",
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "GITHUB_REPOSITORY": "owner/sample",
    }
    seen = observe(checkout(repo, **variables), NEW)
    gone = Unknown("127.0.0.1 cannot be reached")
    assert (seen.files, seen.releases, seen.runs, seen.jobs) == (gone,) * 4
    assert isinstance(seen.published, Unknown)


def test_a_newer_version_that_is_on_its_way_is_noticed(repo: Repository, tmp_path: Path) -> None:
    assert repo.release("0.2.0").code == 0
    assert World(repo, tmp_path).seen("0.1.0").git.under_way == Version("0.2.0")
    assert World(repo, tmp_path).seen("0.2.0").git.under_way is None
