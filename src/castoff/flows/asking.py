"""Where a release stands: the questions to git, here and on the remote, each asked once; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from packaging.version import Version

from castoff.adapters.files import TEMPORARY, write_problems
from castoff.adapters.git import Git, remote_name
from castoff.adapters.git_answers import Remote, Standing, Tag
from castoff.core import versions
from castoff.core.bumping import FileChange, bump
from castoff.core.errors import CastoffError, Location, Problem, refuse
from castoff.core.forge import Repository, repository
from castoff.core.places import Places, find_places
from castoff.core.project import Project, read_project
from castoff.core.release import BranchFact, Facts, TagFact
from castoff.flows.checkout import Checkout, absent_problems, required_name
from castoff.flows.signing import cannot_sign

_SHOWN = 5
"""How many branches an error names."""


class Asked(NamedTuple):
    """Where a release stands, and the state of the repository when that was asked."""

    facts: Facts
    before: Snapshot
    direct: bool = False
    """Whether the call was to push to main, without a pull request."""


Snapshot = tuple[Standing, dict[str, str]]
"""What is checked out and what differs from it; all branches and tags."""


def ask(checkout: Checkout, version: Version) -> Asked:
    """Return where the release of `version` stands. Reads only; objects may be fetched, but no ref changes."""
    versions.tag_name(version)
    return _Asking(checkout, checkout.git, version).answer()


class _Main(NamedTuple):
    """The main branch, as the remote has it, and what the bump would change there."""

    name: str
    tip: str
    project: Project
    places: Places
    changes: tuple[FileChange, ...]


class _Asking(NamedTuple):
    """The questions to git, each asked once."""

    checkout: Checkout
    git: Git
    version: Version

    def answer(self) -> Asked:
        """Ask, from the work tree to the remote and its main branch, and return the answers."""
        git = self.git
        before = snapshot(git)
        standing, _ = before
        head = standing.head or git.require_head()
        config, remotes = self.checkout.project().config, git.remotes()
        remote = git.ask(remote_name(remotes, config.remote))
        main = main_branch(remote, config.main)
        tip = remote.branches[main]
        if tip != head:
            git.bring(remote.name, f"refs/heads/{main}", tip)
        whole = head == tip and not standing.dirty and not git.is_sparse()
        base = self.checkout.folder if whole else git.tree(tip)
        project = read_project(base)
        places = find_places(project)
        changes = bump(base, places, self.version) if places.version < self.version else ()
        main_now = _Main(main, tip, project, places, changes)
        return Asked(self._facts(before, head, remote, repository(remotes.get(remote.name)), main_now), before)

    def _facts(self, before: Snapshot, head: str, remote: Remote, forge: Repository | None, main: _Main) -> Facts:
        """Put together what was asked; what is left is asked of this clone alone."""
        git, (standing, refs), places = self.git, before, main.places
        signing = cannot_sign(git)
        tag_name, branch_name = versions.tag_name(self.version), versions.bump_branch(self.version)
        local_main = refs.get(f"refs/heads/{main.name}")
        on_main = _OnMain(self, main.tip, tuple(place.file for place in places.places))
        holding = self._holding(main.tip, places)
        return Facts(
            name=required_name(main.project),
            version=self.version,
            remote=remote.name,
            repository=forge,
            main=main.name,
            remote_main=main.tip,
            main_version=places.version,
            holding=holding,
            after_holding=self._after_bump(main.tip, holding, on_main.files),
            head_branch=standing.branch,
            head=head,
            local_main=local_main,
            behind=local_main is not None and not git.is_ancestor(main.tip, local_main),
            diverged=local_main is not None and not git.is_ancestor(local_main, main.tip),
            main_elsewhere=None if standing.branch == main.name else git.work_tree_of(main.name),
            bump_on_main=local_main is not None and on_main.is_bump(local_main, base=main.tip),
            unrelated=self._unrelated(standing.changes, main.changes),
            submodules=standing.submodules,
            unfinished=git.unfinished(),
            unwritable=self._unwritable(main.changes, main.name, branch_name, tag_name),
            tag_locked=tuple(git.locks(f"refs/tags/{tag_name}")),
            identity=git.identity_problem(),
            signing=signing.anything,
            tag_signing=signing.tags,
            newest_tag=self._newest(refs, remote, main),
            local_tag=on_main.tag(git.tag(tag_name, refs), local_main),
            remote_tag=on_main.remote_tag(remote, tag_name),
            local_branch=on_main.branch(refs.get(f"refs/heads/{branch_name}")),
            remote_branch=on_main.remote_branch(remote, branch_name),
            changes=main.changes,
            notes=places.notes,
            again=self.checkout.command("release", tag_name.removeprefix("v")),
            undo=self.checkout.command("undo", tag_name.removeprefix("v")),
        )

    def _unwritable(self, changes: Sequence[FileChange], main: str, branch: str, tag: str) -> tuple[Problem, ...]:
        """Return what keeps the files of the bump, and the refs of the release, from being written."""
        written = [change.file for change in changes]
        absent = absent_problems(self.checkout, written)
        files = [] if absent else write_problems(self.checkout.root, written)
        return (*absent, *files, *self.git.locks(f"refs/heads/{main}", f"refs/heads/{branch}", f"refs/tags/{tag}"))

    def _newest(self, refs: Mapping[str, str], remote: Remote, main: _Main) -> Version | None:
        """Return the newest version that is tagged, here or on the remote, other than the one that is wanted.

        Of a release from another branch than the remote's main one (1.x beside 2.x) only the tags on it count.
        """
        here = {ref.removeprefix("refs/tags/"): ref for ref in refs if ref.startswith("refs/tags/")}
        tags = {**here, **{tag.name: tag.commit for tag in remote.tags.values()}}
        tags.pop(versions.tag_name(self.version), None)
        aside = remote.head not in (None, main.name) and not self.git.is_shallow()
        known = ((version, tag) for name, tag in tags.items() if (version := versions.version_of_tag(name)))
        for version, tag in sorted(known, reverse=True):
            if not aside or version < self.version or self.git.is_ancestor(tag, main.tip):
                return version
        return None

    def holds(self, commit: str) -> bool:
        """Whether every place says the version in `commit`; a commit whose places cannot be found does not hold it."""
        try:
            return find_places(read_project(self.git.tree(commit))).version == self.version
        except CastoffError:
            return False

    def _holding(self, tip: str, places: Places) -> str | None:
        """Return the newest commit of main that holds the version: its tip, or one before a later bump."""
        if places.version == self.version:
            return tip
        if places.version < self.version:
            return None
        for commit in self.git.first_parents(tip, [place.file for place in places.places]):
            before = self.git.parents(commit)[:1]
            if before and self.holds(before[0]):
                return before[0]
        return None

    def _after_bump(self, tip: str, holding: str | None, files: Sequence[str]) -> int:
        """Return how many commits main has on top of the one that brought the version; 0 where main has moved on."""
        if holding != tip:
            return 0
        bumped = self.git.first_parents(tip, files, most=1)
        return int(self.git.out("rev-list", "--count", "--first-parent", f"{bumped[0]}..{tip}")) if bumped else 0

    def _unrelated(self, dirty: Sequence[str], changes: Sequence[FileChange]) -> tuple[str, ...]:
        """Return the changed paths that are not the bump itself, left by a run that was killed."""
        folder = self.checkout.folder
        ours = {change.file for change in changes if folder.read(change.file) == change.new}
        return tuple(path for path in dirty if path not in ours and not path.rstrip("/").endswith(TEMPORARY))


class _OnMain(NamedTuple):
    """What a tag or a branch of the right name is worth, measured against main on the remote."""

    asked: _Asking
    tip: str
    files: tuple[str, ...]

    def tag(self, tag: Tag | None, main: str | None) -> TagFact | None:
        """Return a tag as a fact; a commit of the remote's main counts, and one of the local main (for --direct)."""
        if tag is None:
            return None
        known = self.asked.git.commit_of(tag.commit) is not None
        on_main = known and any(self.asked.git.is_ancestor(tag.commit, of) for of in (self.tip, main) if of)
        return TagFact(tag.object, tag.commit, on_main and self.asked.holds(tag.commit))

    def remote_tag(self, remote: Remote, name: str) -> TagFact | None:
        """Return the remote's tag as a fact; it is fetched (without a ref) to be looked at."""
        tag = remote.tags.get(name)
        if tag is not None:
            self.asked.git.bring(remote.name, f"refs/tags/{name}", tag.commit)
        return self.tag(tag, None)

    def branch(self, commit: str | None) -> BranchFact | None:
        """Return a branch as a fact."""
        if commit is None:
            return None
        ours = commit == self.tip or self.is_bump(commit)
        return BranchFact(commit, ours, commit != self.tip and self.asked.holds(commit))

    def remote_branch(self, remote: Remote, name: str) -> BranchFact | None:
        """Return the remote's branch as a fact; it is fetched (without a ref) to be looked at."""
        commit = remote.branches.get(name)
        if commit is not None:
            self.asked.git.bring(remote.name, f"refs/heads/{name}", commit)
        return self.branch(commit)

    def is_bump(self, commit: str, base: str | None = None) -> bool:
        """Whether a commit is nothing but the bump, as this tool makes it, on a commit of main (or on `base`)."""
        git, version = self.asked.git, self.asked.version
        if commit == self.tip or git.subject(commit) != versions.bump_subject(version):
            return False
        parents = git.parents(commit)
        if len(parents) != 1 or not (parents[0] == base if base else git.is_ancestor(parents[0], self.tip)):
            return False
        changed = git.out("diff-tree", "-r", "--no-commit-id", "--name-only", "--relative", commit).splitlines()
        return set(changed) <= set(self.files) and self.asked.holds(commit)


def main_branch(remote: Remote, configured: str | None) -> str:
    """Return the branch that releases are cut from: the configured one, or the one that the remote's HEAD names."""
    candidates = [configured] if configured else [remote.head, "main", "master"]
    for name in candidates:
        if name in remote.branches:
            return str(name)
    wanted, there = configured or "main", ", ".join(sorted(remote.branches)[:_SHOWN])
    if there and not configured:
        raise refuse(
            f'{remote.name} does not say which branch is its main one (it has {there}); write main = "BRANCH" in '
            "[tool.castoff]",
            where=Location("pyproject.toml"),
        )
    raise refuse(f"{remote.name} has no branch {wanted} yet", f"git push {remote.name} {wanted}")


def snapshot(git: Git) -> Snapshot:
    """Return the state of the repository as it is now."""
    return git.standing(), git.refs()
