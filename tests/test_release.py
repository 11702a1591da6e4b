"""`release` and `tag` on real git: every stage, every refusal, every way to fail, and the same command again."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.repository import CASTOFF, Repository
from tests.signing import needs_ssh, ssh_key

BRANCH = "chore/release-0.2.0"
MADE = "castoff release --version 0.2.0"


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_release_goes_from_branch_over_merge_to_an_annotated_tag_on_the_commit_of_main(
    repo: Repository, how: str
) -> None:
    first = repo.release("0.2.0")
    assert first.code == 0, first.err
    assert f"refs/heads/{BRANCH}" in repo.on_remote()
    assert repo.git("symbolic-ref", "--short", "HEAD") == "main"
    assert repo.version() == "0.1.0"
    assert repo.git("log", "-1", "--format=%s", BRANCH) == "chore(release): bump to 0.2.0"

    waiting = repo.release("0.2.0")
    assert waiting.code == 0
    assert "not merged into main yet" in waiting.out

    merged = repo.merge(BRANCH, how)
    before = repo.on_remote()
    tagged = repo.release("0.2.0")
    assert tagged.code == 0, tagged.err
    there = repo.on_remote()
    assert there["refs/tags/v0.2.0^{}"] == merged
    assert there["refs/tags/v0.2.0"] != merged, "an annotated tag is an object of its own"
    assert set(there) - set(before) == {"refs/tags/v0.2.0", "refs/tags/v0.2.0^{}"}, "the tag alone is pushed"

    done = repo.release("0.2.0")
    assert done.code == 0
    assert "v0.2.0 is pushed" in done.out
    assert repo.on_remote() == there


def test_the_commit_holds_the_bump_and_nothing_else(repo: Repository) -> None:
    repo.release("0.2.0")
    changed = repo.git("diff", "main", BRANCH, "--unified=0")
    lines = [line for line in changed.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert lines == [
        '-version = "0.1.0"  # kept',
        '+version = "0.2.0"  # kept',
        '-__version__ = "0.1.0"',
        '+__version__ = "0.2.0"',
    ]


def test_a_release_candidate_is_normal_in_the_files_and_has_a_dash_in_its_tag(repo: Repository) -> None:
    assert repo.release("0.2.0-rc1").code == 0
    repo.merge("chore/release-0.2.0rc1")
    assert repo.release("0.2.0rc1").code == 0
    assert "refs/tags/v0.2.0-rc1" in repo.on_remote()
    repo.git("pull", "--quiet")
    assert repo.version() == "0.2.0rc1"


def test_a_dry_run_prints_the_very_lines_of_the_real_run_and_changes_nothing(repo: Repository) -> None:
    before, there = repo.state(), repo.on_remote()
    dry = repo.release("0.2.0", "--dry-run")
    assert dry.code == 0
    assert (repo.state(), repo.on_remote()) == (before, there)
    real = repo.release("0.2.0")
    plan = [line for line in dry.out.splitlines() if line.startswith("  ") and "next:" not in line]
    assert plan
    assert plan == [line for line in real.out.splitlines() if line.startswith("  ")][: len(plan)]


def test_direct_makes_bump_commit_and_tag_and_pushes_them_in_one_atomic_push(repo: Repository) -> None:
    ran = repo.release("0.2.0", "--direct")
    assert ran.code == 0, ran.err
    there = repo.on_remote()
    assert there["refs/heads/main"] == there["refs/tags/v0.2.0^{}"] == repo.git("rev-parse", "main")
    assert "--atomic" in ran.out
    assert repo.version() == "0.2.0"


def test_make_variables_reach_release_by_the_environment(repo: Repository) -> None:
    ran = repo.castoff("release", VERSION="0.2.0", DIRECT="1", DRY_RUN="1")
    assert ran.code == 0, ran.err
    assert "--atomic" in ran.out
    assert repo.version() == "0.1.0"


def test_json_tells_stage_actions_and_next_step(repo: Repository) -> None:
    told = json.loads(repo.release("0.2.0", "--dry-run", "--json").out)
    assert (told["ok"], told["stage"], told["tag"]) == (True, "bump", "v0.2.0")
    assert {
        "write": "pyproject.toml",
        "line": 7,
        "old": 'version = "0.1.0"  # kept',
        "new": 'version = "0.2.0"  # kept',
    } in told["actions"]


class TestRefusals:
    """What stops a release, with everything as it was."""

    def refused(self, repo: Repository, version: str = "0.2.0", *flags: str) -> str:
        before, there = repo.state(), repo.on_remote()
        ran = repo.release(version, *flags)
        assert ran.code in (1, 2)
        assert (repo.state(), repo.on_remote()) == (before, there)
        return ran.err

    def test_all_reasons_are_listed_together(self, repo: Repository, isolated: Path) -> None:
        (isolated / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
        repo.git("switch", "--quiet", "--create", "elsewhere")
        repo.write("README.md", "changed")
        said = self.refused(repo, "0.0.9")
        for reason in ("0.0.9 is lower", "on elsewhere", "uncommitted changes: README.md", "who you are"):
            assert reason in said
        assert "git switch main" in said

    def test_an_untracked_file_stops_it_for_it_may_have_been_forgotten(self, repo: Repository) -> None:
        repo.write("src/sample/new.py", "")
        assert "src/sample/new.py" in self.refused(repo)

    def test_the_same_version_stops_it(self, repo: Repository) -> None:
        """0.1.0 is on main and was never tagged, so the right thing is the tag; 0.1 has too few numbers."""
        assert "write 0.1.0" in self.refused(repo, "0.1")

    @pytest.mark.parametrize("where", ["here", "on the remote"])
    def test_a_newer_tag_stops_it(self, repo: Repository, where: str) -> None:
        repo.git("tag", "--annotate", "--message", "x", "v0.3.0")
        if where != "here":
            repo.git("push", "--quiet", "origin", "v0.3.0")
            repo.git("tag", "--delete", "v0.3.0")
        assert "does not come after 0.3.0" in self.refused(repo)

    def test_a_main_that_is_behind_stops_it(self, repo: Repository) -> None:
        colleague = repo.another_clone("colleague")
        colleague.commit("ahead")
        colleague.git("push", "--quiet", "origin", "main")
        assert "type: git pull --ff-only origin main" in self.refused(repo)

    def test_a_main_that_has_diverged_is_left_by_what_is_printed(self, repo: Repository) -> None:
        """`--ff-only` would be refused by git, and so would a pull without a name where main tracks nothing."""
        colleague = repo.another_clone("colleague")
        colleague.commit("ahead")
        colleague.git("push", "--quiet", "origin", "main")
        repo.commit("mine")
        repo.git("branch", "--unset-upstream")
        assert "type: git pull --rebase origin main" in self.refused(repo)
        repo.git("pull", "--quiet", "--rebase", "origin", "main")
        assert "type: git push origin main" in self.refused(repo)
        repo.git("push", "--quiet", "origin", "main")
        assert repo.release("0.2.0").code == 0

    def test_a_clone_of_another_branch_is_told_how_to_get_main(self, repo: Repository) -> None:
        """That it has commits which the remote lacks would be untrue: it has no main at all."""
        repo.git("push", "--quiet", "origin", "main:side")
        subprocess.run(["git", "clone", "-qb", "side", str(repo.remote), str(repo.root.parent / "clone")], check=True)
        clone = Repository(repo.root.parent / "clone", repo.remote)
        said = clone.release("0.2.0").err
        assert ("not in this clone yet" in said, "lacks" in said) == (True, False)
        clone.git("fetch", "--quiet", "origin", "main:main")
        clone.git("switch", "--quiet", "main")
        assert clone.release("0.2.0").code == 0

    def test_a_work_tree_beside_the_one_with_main_is_told_where_that_is(self, repo: Repository) -> None:
        repo.git("worktree", "add", "--quiet", "-b", "side", str(repo.root.parent / "side"))
        said = Repository(repo.root.parent / "side", repo.remote).release("0.2.0").err
        assert f"which another folder has\n  type: cd {repo.root.resolve()}\n" in said

    @pytest.mark.parametrize("verb", ["merge", "rebase", "cherry-pick"])
    def test_a_merge_that_waits_for_a_person_is_named_and_can_be_taken_back(self, repo: Repository, verb: str) -> None:
        """A stash, which is what other changes are told, git refuses then."""
        repo.git("switch", "--quiet", "--create", "side")
        repo.write("README.md", "one")
        repo.commit("one")
        repo.git("switch", "--quiet", "main")
        repo.write("README.md", "other")
        repo.commit("other")
        repo.git("push", "--quiet", "origin", "main")
        repo.git(verb, "side", check=False)
        ran = repo.release("0.2.0")
        assert (ran.code, f"a {verb} is under way" in ran.err, "stash" in ran.err) == (1, True, False)
        repo.git(verb, "--abort")
        assert repo.release("0.2.0").code == 0

    @pytest.mark.parametrize("verb", ["bump", "release"])
    def test_a_sparse_checkout_without_one_of_the_places_stops_it(self, repo: Repository, verb: str) -> None:
        """The places that are there would be bumped, and main would contradict itself."""
        repo.git("sparse-checkout", "set", "docs")
        assert not (repo.root / "src").exists()
        ran = repo.castoff(verb, "--version", "0.2.0")
        assert (ran.code, "this sparse checkout lacks src/sample/__init__.py" in ran.err) == (1, True)
        assert 'version = "0.1.0"' in repo.read("pyproject.toml")
        repo.git("sparse-checkout", "set", "src")
        assert repo.castoff(verb, "--version", "0.2.0").code == 0, "what lacks holds no version"

    def test_remotes_of_which_none_is_origin_are_named(self, repo: Repository) -> None:
        repo.git("remote", "rename", "origin", "upstream")
        assert repo.release("0.2.0", "--dry-run").code == 0, "the only one is the one"
        repo.git("remote", "add", "fork", str(repo.remote))
        ran = repo.release("0.2.0")
        assert (ran.code, "no remote called origin, but fork and upstream" in ran.err) == (1, True)

    def test_a_remote_whose_main_branch_is_not_known_is_told_how_to_name_it(self, repo: Repository) -> None:
        subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/gone"], cwd=repo.remote, check=True)
        repo.git("push", "--quiet", "origin", "main:trunk", ":main")
        ran = repo.release("0.2.0")
        assert (ran.code, "(it has trunk); write main =" in ran.err) == (1, True)

    def test_a_key_that_is_not_there_stops_it_before_git_would_find_out_half_way(self, repo: Repository) -> None:
        repo.git("config", "tag.gpgSign", "true")
        repo.git("config", "gpg.format", "ssh")
        repo.git("config", "user.signingKey", "/nowhere/key")
        assert "the key /nowhere/key is not there" in self.refused(repo)
        assert "git config user.signingKey KEY" in self.refused(repo, "0.1.0"), "nor would there be a tag"
        repo.git("config", "tag.gpgSign", "false")
        repo.git("config", "commit.gpgSign", "true")
        assert "git is to sign commits" in self.refused(repo)
        assert repo.release("0.1.0").code == 0, "a tag is no commit"

    def test_a_signer_that_castoff_does_not_know_stops_nothing(self, repo: Repository) -> None:
        """gitsign, say, is in the place of gpgsm, and lists no keys."""
        signer = repo.hook(
            "signer", 'echo "[GNUPG:] SIG_CREATED " >&2; cat >/dev/null; echo "-----BEGIN SIGNED MESSAGE-----"'
        )
        repo.git("config", "tag.gpgSign", "true")
        repo.git("config", "gpg.format", "x509")
        repo.git("config", "gpg.x509.program", str(signer))
        ran = repo.release("0.1.0")
        assert ran.code == 0, ran.err

    def test_a_main_that_is_ahead_stops_it(self, repo: Repository) -> None:
        repo.commit("not pushed")
        assert "git push origin main" in self.refused(repo)

    def test_a_detached_head_stops_it(self, repo: Repository) -> None:
        repo.git("switch", "--quiet", "--detach")
        ran = repo.release("0.2.0")
        assert (ran.code, "on no branch" in ran.err) == (1, True)

    def test_a_local_tag_of_that_name_stops_it(self, repo: Repository) -> None:
        repo.git("tag", "v0.2.0")
        assert "git tag -d v0.2.0" in self.refused(repo)

    def test_a_remote_tag_on_a_commit_without_the_version_stops_it(self, repo: Repository) -> None:
        repo.git("tag", "--annotate", "--message", "x", "v0.2.0")
        repo.git("push", "--quiet", "origin", "v0.2.0")
        assert "castoff undo --version 0.2.0" in self.refused(repo)
        repo.write("Makefile", "release:\n\ttrue\ninclude castoff.mk\n")
        repo.write("castoff.mk", "# castoff\nundo:\ncastoff-release:\n")
        said = self.refused(repo)
        assert "make undo VERSION=0.2.0" in said, "a target of the project's own renames that one only"
        assert "make castoff-release VERSION=0.2.0" in said

    def test_somebody_elses_branch_of_that_name_stops_it(self, repo: Repository) -> None:
        repo.git("branch", BRANCH, "main")
        repo.git("switch", "--quiet", BRANCH)
        repo.commit("something else")
        repo.git("switch", "--quiet", "main")
        assert f"git branch -D {BRANCH}" in self.refused(repo)

    def test_a_remote_branch_of_that_name_without_the_version_stops_it(self, repo: Repository) -> None:
        repo.git("push", "--quiet", "origin", f"main:refs/heads/{BRANCH}")
        assert "the name is taken" in self.refused(repo)

    def test_a_read_only_place_stops_it(self, repo: Repository) -> None:
        (repo.root / "pyproject.toml").chmod(0o444)
        assert "read-only" in self.refused(repo)

    def test_a_remote_that_cannot_be_reached_stops_it(self, repo: Repository) -> None:
        there = repo.remote.rename(repo.remote.with_name("away.git"))
        ran = repo.release("0.2.0")
        assert (ran.code, "cannot be asked" in ran.err) == (1, True)
        there.rename(repo.remote)
        assert repo.release("0.2.0").code == 0

    @pytest.mark.parametrize(
        "version", ["0.2.0.dev1", "0.2.0+local", "not a version", "0.2.0a1", "0.2.0.post1", "1!0.2.0"]
    )
    def test_a_version_that_cannot_be_released_is_a_wrong_call(self, repo: Repository, version: str) -> None:
        ran = repo.release(version)
        assert ran.code == 2
        assert len(ran.err.splitlines()) == 1


def test_a_version_of_an_older_line_is_released_from_its_own_branch(repo: Repository) -> None:
    """The tags of the newer line do not count there; those on the branch do."""
    repo.release("0.1.0")
    repo.release("1.0.0", "--direct")
    repo.git("switch", "--quiet", "--create", "0.1.x", "v0.1.0")
    repo.write("pyproject.toml", repo.read("pyproject.toml") + '\n[tool.castoff]\nmain = "0.1.x"\n')
    repo.commit("releases of 0.1 come from here")
    repo.git("push", "--quiet", "origin", "0.1.x")
    ran = repo.release("0.1.1", "--direct")
    assert ran.code == 0, ran.err
    assert "refs/tags/v0.1.1" in repo.on_remote()
    repo.git("tag", "--annotate", "--message", "x", "v0.1.9")
    assert "0.1.2 does not come after 0.1.9" in repo.release("0.1.2").err


def test_after_a_dry_run_or_a_failed_hook_the_same_call_is_named_with_its_option(repo: Repository) -> None:
    """Without it, another way would be gone than the one that was shown."""
    assert "next: castoff release --version 0.2.0 --direct\n" in repo.release("0.2.0", "--direct", "--dry-run").all
    hook = repo.hook("pre-commit", "exit 1")
    assert "type: castoff release --version 0.2.0 --direct\n" in repo.release("0.2.0", "--direct").err
    hook.unlink()
    repo.hook("pre-receive", "exit 1", remote=True)
    assert "type: castoff release --version 0.2.0\n" in repo.release("0.2.0", "--direct").err, "by a pull request"


class TestFailedActs:
    """A refused push or a failed hook leaves nothing behind, and the same command works once the cause is gone."""

    def fails_then_works(self, repo: Repository, hook: Path, *flags: str) -> str:
        before, there = repo.state(), repo.on_remote()
        failed = repo.release("0.2.0", *flags)
        assert failed.code == 1
        assert (repo.state(), repo.on_remote()) == (before, there)
        assert "nothing has changed" in failed.err
        hook.unlink()
        again = repo.release("0.2.0", *flags)
        assert again.code == 0, again.err
        return failed.err

    @pytest.mark.parametrize("flags", [(), ("--direct",)], ids=["branch", "direct"])
    def test_a_push_that_the_remote_refuses(self, repo: Repository, flags: tuple[str, ...]) -> None:
        hook = repo.hook("pre-receive", "echo 'GH006: no, it is protected' >&2; exit 1", remote=True)
        assert "GH006" in self.fails_then_works(repo, hook, *flags)

    def test_a_remote_that_takes_tags_but_not_main_gets_neither(self, repo: Repository) -> None:
        hook = repo.hook("update", 'test "$1" != refs/heads/main', remote=True)
        self.fails_then_works(repo, hook, "--direct")

    @pytest.mark.parametrize("name", ["pre-commit", "commit-msg", "pre-push"])
    @pytest.mark.parametrize("flags", [(), ("--direct",)], ids=["branch", "direct"])
    def test_a_hook_that_fails(self, repo: Repository, name: str, flags: tuple[str, ...]) -> None:
        hook = repo.hook(name, "echo 'the hook says no' >&2; exit 1")
        assert "the hook says no" in self.fails_then_works(repo, hook, *flags)

    def test_a_hook_that_lays_a_file_out_anew_and_fails(self, repo: Repository) -> None:
        """What it wrote is not castoff's to throw away: it is named, with the commands that show it and put it back."""
        before, there = repo.state(), repo.on_remote()
        hook = repo.hook("pre-commit", "echo '# tidy' >>pyproject.toml; exit 1")
        failed = repo.release("0.2.0")
        assert failed.code == 1
        assert "way out: pyproject.toml: changed meanwhile, by a commit hook, say" in failed.err
        assert (repo.on_remote(), "# tidy" in repo.read("pyproject.toml"), repo.version()) == (there, True, "0.1.0")
        typed = [line.removeprefix("  type: ").strip() for line in failed.err.splitlines()[-3:]]
        assert typed == ["git diff HEAD -- pyproject.toml", "git checkout HEAD -- pyproject.toml", MADE]
        hook.unlink()
        repo.git("checkout", "--quiet", "HEAD", "--", "pyproject.toml")
        assert repo.state() == before
        assert repo.release("0.2.0").code == 0

    @pytest.mark.parametrize("flags", [(), ("--direct",)], ids=["branch", "direct"])
    def test_what_a_hook_adds_to_the_commit_is_taken_back_and_later_pushed_with_it(
        self, repo: Repository, flags: tuple[str, ...]
    ) -> None:
        """Git leaves it out of the index: without a word of castoff's it would look like a change of the user's."""
        repo.write("count", "0")
        repo.commit("what a hook counts")
        repo.git("push", "--quiet", "origin", "main")
        repo.hook("pre-commit", "git rev-parse HEAD >count; git add count")
        self.fails_then_works(repo, repo.hook("pre-receive", "exit 1", remote=True), *flags)
        assert repo.git("status", "--porcelain") == ""
        pushed = "origin/main" if flags else BRANCH
        assert "count" in repo.git("show", "--name-only", "--format=", pushed).split()

    def test_a_tag_push_that_is_refused(self, repo: Repository) -> None:
        repo.release("0.2.0")
        repo.merge(BRANCH)
        hook = repo.hook("update", "case $1 in refs/tags/*) exit 1;; esac", remote=True)
        self.fails_then_works(repo, hook)
        assert "refs/tags/v0.2.0" in repo.on_remote()

    def test_a_push_that_arrived_though_git_says_it_failed(self, repo: Repository) -> None:
        """A connection that breaks after the remote has taken the push is seen by asking the remote."""
        real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout.strip()
        shim = repo.root.parent / "bin"
        shim.mkdir()
        (shim / "git").write_text(f'#!/bin/sh\n"{real}" "$@"; code=$?\ntest "$1" = push && exit 128\nexit $code\n')
        (shim / "git").chmod(0o755)
        path = subprocess.run(["sh", "-c", "echo $PATH"], capture_output=True, text=True, check=True).stdout.strip()
        ran = repo.release("0.2.0", PATH=f"{shim}:{path}")
        assert ran.code == 0, ran.err
        assert f"refs/heads/{BRANCH}" in repo.on_remote()


class TestLeftovers:
    """Whatever a killed run left behind, the same command goes on from it."""

    def bumped(self, repo: Repository) -> None:
        for file in ("pyproject.toml", "src/sample/__init__.py"):
            lines = repo.read(file).splitlines(keepends=True)
            said = [
                line.replace("0.1.0", "0.2.0") if line.startswith(("version", "__version__")) else line
                for line in lines
            ]
            text = "".join(said).replace(
                '"""A sample.\n\n__version__ = "0.2.0"', '"""A sample.\n\n__version__ = "0.1.0"'
            )
            repo.write(file, text)

    def finishes(self, repo: Repository, *flags: str) -> None:
        ran = repo.release("0.2.0", *flags)
        assert ran.code == 0, ran.err
        if not flags:
            assert repo.git("symbolic-ref", "--short", "HEAD") == "main"
            assert repo.version() == "0.1.0"
            repo.merge(BRANCH)
            assert repo.release("0.2.0").code == 0
        assert "refs/tags/v0.2.0" in repo.on_remote()
        assert repo.git("status", "--porcelain") == ""

    def test_one_of_the_files_is_written(self, repo: Repository) -> None:
        repo.write("pyproject.toml", repo.read("pyproject.toml").replace('version = "0.1.0"', 'version = "0.2.0"'))
        self.finishes(repo)

    def test_the_files_are_written_on_main_and_a_temporary_one_is_left(self, repo: Repository) -> None:
        repo.write(".gitignore", "")
        repo.commit("ignore nothing")
        repo.git("push", "--quiet")
        self.bumped(repo)
        repo.write("src/sample/.__init__.py.castoff-tmp", "half")
        ran = repo.release("0.2.0")
        assert ran.code == 0, ran.err

    def test_the_branch_is_made(self, repo: Repository) -> None:
        repo.git("switch", "--quiet", "--create", BRANCH)
        self.finishes(repo)

    def test_the_branch_is_made_and_the_files_are_written(self, repo: Repository) -> None:
        repo.git("switch", "--quiet", "--create", BRANCH)
        self.bumped(repo)
        self.finishes(repo)

    @pytest.mark.parametrize("back", [False, True], ids=["still on the branch", "back on main"])
    def test_the_bump_is_committed_and_not_pushed(self, repo: Repository, back: bool) -> None:
        repo.git("switch", "--quiet", "--create", BRANCH)
        self.bumped(repo)
        repo.commit("chore(release): bump to 0.2.0")
        if back:
            repo.git("switch", "--quiet", "main")
        self.finishes(repo)

    def test_the_tag_is_made_and_not_pushed(self, repo: Repository) -> None:
        repo.release("0.2.0")
        repo.merge(BRANCH)
        repo.git("pull", "--quiet")
        repo.git("tag", "--annotate", "--message", "sample 0.2.0", "v0.2.0")
        made = repo.git("rev-parse", "v0.2.0")
        assert repo.release("0.2.0").code == 0
        assert repo.on_remote()["refs/tags/v0.2.0"] == made

    @pytest.mark.parametrize("tagged", [False, True], ids=["committed", "tagged"])
    def test_a_direct_release_stopped_before_its_push(self, repo: Repository, tagged: bool) -> None:
        self.bumped(repo)
        repo.commit("chore(release): bump to 0.2.0")
        if tagged:
            repo.git("tag", "--annotate", "--message", "sample 0.2.0", "v0.2.0")
        self.finishes(repo, "--direct")

    def test_a_lightweight_tag_made_by_hand_is_named_and_not_pushed(self, repo: Repository) -> None:
        repo.release("0.2.0")
        repo.merge(BRANCH)
        repo.git("pull", "--quiet")
        repo.git("tag", "v0.2.0")
        ran = repo.release("0.2.0")
        assert (ran.code, "lightweight" in ran.err, "git tag -d v0.2.0" in ran.err) == (1, True, True)
        repo.git("tag", "-d", "v0.2.0")
        assert repo.release("0.2.0").code == 0


def test_of_two_people_who_race_the_second_is_told_that_the_branch_is_pushed_already(repo: Repository) -> None:
    colleague = repo.another_clone("colleague")
    colleague.git("config", "user.name", "A Colleague")
    hook = repo.hook("pre-push", f'cd "{colleague.root}" && unset GIT_DIR && "{CASTOFF}" release --version 0.2.0 >&2')
    before = repo.state()
    lost = repo.release("0.2.0")
    assert lost.code == 1
    assert repo.state() == before
    hook.unlink()
    ran = repo.release("0.2.0")
    assert (ran.code, "not merged into main yet" in ran.out) == (0, True)


def test_the_newest_commit_of_main_that_holds_the_version_is_tagged_when_main_has_moved_on(repo: Repository) -> None:
    repo.release("0.2.0")
    repo.merge(BRANCH)
    repo.git("pull", "--quiet")
    fix = repo.commit("a fix on top")
    repo.git("push", "--quiet")
    ran = repo.release("0.2.0", "--dry-run")
    assert "1 commit(s) after the bump" in ran.out
    repo.write(
        "src/sample/__init__.py",
        repo.read("src/sample/__init__.py").replace('\n__version__ = "0.2.0"', '\n__version__ = "0.3.0"'),
    )
    repo.write("pyproject.toml", repo.read("pyproject.toml").replace('version = "0.2.0"', 'version = "0.3.0"'))
    repo.commit("bump by hand")
    repo.git("push", "--quiet")
    assert repo.release("0.2.0").code == 0
    assert repo.on_remote()["refs/tags/v0.2.0^{}"] == fix


def test_a_work_tree_on_another_branch_and_dirty_does_not_hinder_the_tag(repo: Repository) -> None:
    repo.release("0.2.0")
    repo.merge(BRANCH)
    repo.git("switch", "--quiet", "--create", "feature")
    repo.write("README.md", "in the middle of something")
    assert repo.release("0.2.0").code == 0
    assert repo.read("README.md") == "in the middle of something"


def test_the_user_s_own_push_settings_push_nothing_else(repo: Repository) -> None:
    repo.git("config", "push.followTags", "true")
    repo.git("config", "push.default", "matching")
    repo.git("tag", "--annotate", "--message", "mine", "private")
    repo.release("0.2.0")
    assert "refs/tags/private" not in repo.on_remote()


@needs_ssh
def test_a_tag_is_signed_when_git_is_told_to_sign_tags(repo: Repository, isolated: Path) -> None:
    key = ssh_key(isolated)
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key)), ("tag.gpgSign", "true")):
        repo.git("config", name, value)
    assert repo.release("0.2.0", "--direct").code == 0
    assert "BEGIN SSH SIGNATURE" in repo.git("cat-file", "tag", "v0.2.0")


@needs_ssh
def test_that_git_shows_signatures_changes_nothing(repo: Repository, isolated: Path) -> None:
    """`log.showSignature` puts lines of its own before what was asked of a commit: its time, its subject."""
    key = ssh_key(isolated)
    for name, value in {
        "log.showSignature": "true",
        "commit.gpgSign": "true",
        "gpg.format": "ssh",
        "user.signingKey": str(key),
    }.items():
        repo.git("config", name, value)
    repo.commit("signed")
    repo.git("push", "--quiet", "origin", "main")
    hook = repo.hook("pre-push", "kill -KILL $PPID; sleep 1")
    repo.release("0.2.0", "--direct")
    hook.unlink()
    ran = repo.release("0.2.0", "--direct")
    assert ran.code == 0, ran.err
    ran = repo.castoff("build")
    assert ran.code == 0, ran.err


def test_tag_makes_the_tag_here_and_pushes_it_only_when_asked(repo: Repository) -> None:
    assert repo.castoff("tag", "--version", "0.1.0").code == 0
    assert "refs/tags/v0.1.0" not in repo.on_remote()
    assert repo.castoff("tag", "--version", "0.1.0", "--push").code == 0
    assert "refs/tags/v0.1.0" in repo.on_remote()


def test_tag_refuses_a_version_that_main_does_not_hold(repo: Repository) -> None:
    ran = repo.castoff("tag", "--version", "0.2.0")
    assert (ran.code, "nothing to tag yet" in ran.err) == (1, True)


def test_a_github_remote_is_answered_with_the_pages_to_open(repo: Repository) -> None:
    repo.git("config", f"url.{repo.remote}.insteadOf", "https://someone:secret@github.com/owner/sample.git")
    repo.git("remote", "set-url", "origin", "https://someone:secret@github.com/owner/sample.git")
    ran = repo.release("0.2.0")
    assert f"https://github.com/owner/sample/compare/main...{BRANCH}?expand=1" in ran.out
    assert "secret" not in ran.all


def test_without_a_version_one_is_asked_for_as_it_is_typed_there(repo: Repository) -> None:
    assert "error: which version?\n  type: castoff release --version 0.4.0\n" in repo.castoff("release").err
    repo.write("Makefile", "release:\n\t@castoff release\n")
    assert "  type: make release VERSION=0.4.0\n" in repo.castoff("release").err


def test_a_submodule_that_differs_is_named_with_what_brings_it_back(repo: Repository, tmp_path: Path) -> None:
    """`git stash` leaves a submodule as it is."""
    other = repo.add_submodule("a module", tmp_path / "other")
    other.write("more.txt", "")
    other.commit("more")
    inside = repo.root / "a module"
    repo.git("-C", str(inside), "pull", "--quiet")
    (inside / "own.txt").touch()
    typed: list[str] = []
    while (ran := repo.release("0.2.0")).code != 0:
        (command,) = [line.removeprefix("  type: ") for line in ran.err.splitlines() if line.startswith("  type: ")]
        typed.append(command)
        assert len(typed) <= 2, typed
        repo.git("-c", "protocol.file.allow=always", *shlex.split(command)[1:])
    assert typed == [
        "git -C 'a module' stash --include-untracked",
        "git submodule update --init -- 'a module'",
    ]


def test_a_lock_that_git_has_left_of_the_tag_is_named_before_the_tag_is_made(repo: Repository) -> None:
    lock = repo.root / ".git" / "refs" / "tags" / "v0.1.0.lock"
    lock.touch()
    refused = repo.castoff("tag", "--version", "0.1.0")
    assert refused.code == 1
    assert "type: rm .git/refs/tags/v0.1.0.lock" in refused.err
    lock.unlink()
    assert repo.castoff("tag", "--version", "0.1.0").code == 0
