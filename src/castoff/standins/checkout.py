"""Plays actions/checkout (read at v7.0.1: `src/input-helper.ts`, `src/ref-helper.ts`, `src/git-source-provider.ts`).

The same git commands, against the bare repository of the rehearsal. There are no credentials, so none are kept.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from castoff.adapters import process
from castoff.core.adoption import ENVIRONMENTS, LOCKS
from castoff.standins.step import Step, fail, notice, say

_TAGS = "+refs/tags/*:refs/tags/*"
_HASH = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_LONG = 10 * process.MINUTE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be checked out: a ref, a commit, or a ref that must be at that commit."""

    ref: str
    commit: str

    @property
    def branch(self) -> str:
        """The branch's name; empty for anything else."""
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else ""

    @property
    def is_tag(self) -> bool:
        """Whether it is a full ref of a tag."""
        return self.ref.startswith("refs/tags/")


class Repository:
    """git in the folder into which is checked out, with no configuration but its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._env = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}

    def run(self, *args: str) -> None:
        """Run git, its command and output in the log; raises ProgramFailedError."""
        say(f"[command]git {' '.join(args)}")
        result = process.run(["git", *args], cwd=self._folder, env=self._env, timeout=_LONG)
        if result.output:
            say(result.output)

    def ask(self, *args: str) -> str:
        """Return what git prints; empty when it fails."""
        result = process.run(["git", *args], cwd=self._folder, env=self._env, check=False)
        return result.stdout.strip() if result.code == 0 else ""


def play(step: Step) -> None:
    """Check out what the inputs name."""
    folder = _folder(step)
    wanted = _wanted(step)
    _say_differences(step)
    say(f"Syncing repository: {step.stage.repository}")
    folder.mkdir(parents=True, exist_ok=True)
    git = Repository(folder)
    _prepare(step, git, folder)
    _fetch(step, git, wanted)
    if sparse := step.lines("sparse-checkout"):
        cone = "--cone" if step.text("sparse-checkout-cone-mode").lower() != "false" else "--no-cone"
        git.run("sparse-checkout", "set", cone, *sparse)
    place, start = _place(git, wanted)
    git.run("checkout", "--quiet", "--force", *(["-B", place, start] if start else [place]))
    head = git.ask("rev-parse", "HEAD")
    if wanted.commit and head != wanted.commit:
        fail(f"HEAD is {head} and not the expected commit '{wanted.commit}'")
    say(git.ask("log", "-1", "--format=HEAD is now at %h %s"))
    _link_environment(step, folder)
    step.output("ref", wanted.ref)
    step.output("commit", head)


def _link_environment(step: Step, folder: Path) -> None:
    """Offline: let the environment that is installed stand where make would make one."""
    there = step.stage.environment
    name = ENVIRONMENTS[1] if (folder / LOCKS[1]).exists() else ENVIRONMENTS[0]
    if there is not None and not (folder / name).exists():
        (folder / name).symlink_to(there)
        notice(f"offline: {name} is {there.name}, as it is installed here", "Offline")


def _folder(step: Step) -> Path:
    workspace = step.workspace
    folder = (workspace / (step.text("path") or ".")).resolve()
    if not folder.is_relative_to(workspace):
        fail(f"Repository path '{folder}' is not under '{workspace}'")
    return folder


def _wanted(step: Step) -> Wanted:
    """Return what the input `ref` names, by default what the workflow runs for."""
    ref = step.text("ref")
    if _HASH.fullmatch(ref):
        return Wanted("", ref)
    if ref:
        return Wanted(ref, "")
    ref, commit = step.env.get("GITHUB_REF", ""), step.variable("GITHUB_SHA")
    return Wanted(ref if ref.startswith("refs/") or not ref else f"refs/heads/{ref}", commit)


def _say_differences(step: Step) -> None:
    """Refuse what no rehearsal can play, and say what it plays otherwise."""
    asked = step.text("repository")
    if asked and asked.lower() not in (step.stage.repository.lower(), step.env.get("GITHUB_REPOSITORY", "").lower()):
        fail(f"a rehearsal has {step.stage.repository} only, and cannot check out {asked}")
    if step.text("submodules").lower() in ("true", "recursive"):
        fail("a rehearsal cannot fetch submodules: their repositories are not on this machine")
    for name in ("lfs", "filter", "ssh-key", "ssh-known-hosts"):
        if step.text(name).lower() not in ("", "false", "null"):
            notice(f"the input {name} of actions/checkout has no effect in a rehearsal")


def _prepare(step: Step, git: Repository, folder: Path) -> None:
    """Make the repository, or clean the one that an earlier step has checked out; anything else there goes."""
    remote = str(step.stage.remote)
    if (folder / ".git").is_dir() and git.ask("config", "--local", "remote.origin.url") == remote:
        if step.text("clean").lower() in ("", "true") and git.ask("rev-parse", "--verify", "--quiet", "HEAD"):
            git.run("clean", "-ffdx")
            git.run("reset", "--quiet", "--hard", "HEAD")
        return
    if any(folder.iterdir()):
        say(f"Deleting the contents of '{folder}'")
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    git.run("init", "--quiet", str(folder))
    git.run("remote", "add", "origin", remote)
    git.run("config", "--local", "gc.auto", "0")


def _fetch(step: Step, git: Repository, wanted: Wanted) -> None:
    depth = _depth(step)
    base = ["-c", "protocol.version=2", "fetch", "--no-tags", "--prune", "--no-recurse-submodules", "--quiet"]
    if not depth:
        shallow = ["--unshallow"] if git.ask("rev-parse", "--is-shallow-repository") == "true" else []
        git.run(*base, *shallow, "origin", "+refs/heads/*:refs/remotes/origin/*", _TAGS)
        if _arrived(git, wanted):
            return
        git.run(*base, "origin", *_specs(wanted, tags=False))
    else:
        tags = step.text("fetch-tags").lower() == "true"
        git.run(*base, f"--depth={depth}", "origin", *_specs(wanted, tags=tags))
    if not _arrived(git, wanted):
        fail(
            f"The ref '{wanted.ref}' does not point to the expected commit '{wanted.commit}'. "
            "The ref may have been updated after the workflow was triggered."
        )


def _depth(step: Step) -> int:
    """Return how many commits to fetch; 0 for all of them, as for anything that is no number."""
    value = step.text("fetch-depth") or "1"
    return int(value) if value.isdigit() else 0


def _specs(wanted: Wanted, *, tags: bool) -> list[str]:
    """Return the refs to fetch."""
    all_tags = [_TAGS] if tags else []
    if wanted.is_tag:
        return all_tags or [f"+{wanted.ref}:{wanted.ref}"]
    if wanted.branch:
        return [*all_tags, f"+{wanted.commit or wanted.ref}:refs/remotes/origin/{wanted.branch}"]
    if wanted.commit:
        return [*all_tags, wanted.commit]
    if wanted.ref.startswith("refs/"):
        return [*all_tags, f"+{wanted.ref}:{wanted.ref}"]
    some_tags = all_tags or [f"+refs/tags/{wanted.ref}*:refs/tags/{wanted.ref}*"]
    return [f"+refs/heads/{wanted.ref}*:refs/remotes/origin/{wanted.ref}*", *some_tags]


def _arrived(git: Repository, wanted: Wanted) -> bool:
    """Return whether the ref is at the commit that it must be at."""
    if not wanted.commit:
        return True
    there = wanted.commit
    if wanted.is_tag:
        there = wanted.ref
    elif wanted.branch:
        there = f"refs/remotes/origin/{wanted.branch}"
    return git.ask("rev-parse", "--verify", "--quiet", f"{there}^{{commit}}") == wanted.commit


def _place(git: Repository, wanted: Wanted) -> tuple[str, str]:
    """Return what to check out, and for a branch where it starts."""
    if wanted.branch:
        return wanted.branch, f"refs/remotes/origin/{wanted.branch}"
    if wanted.is_tag:
        return wanted.ref, ""
    if wanted.commit or wanted.ref.startswith("refs/"):
        return wanted.commit or wanted.ref, ""
    if git.ask("rev-parse", "--verify", "--quiet", f"refs/remotes/origin/{wanted.ref}"):
        return wanted.ref, f"refs/remotes/origin/{wanted.ref}"
    if git.ask("rev-parse", "--verify", "--quiet", f"refs/tags/{wanted.ref}"):
        return f"refs/tags/{wanted.ref}", ""
    return fail(f"A branch or tag with the name '{wanted.ref}' could not be found")
