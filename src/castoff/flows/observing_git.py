"""What git has of a release: places, branches and tags, here and on the remote. No ref and no file is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from packaging.version import Version

from castoff.adapters.git import Git, remote_name
from castoff.adapters.git_answers import Remote, Tag
from castoff.core import versions
from castoff.core.errors import CastoffError
from castoff.core.observation import OnGit, SeenBranch, SeenMain, SeenPlace, SeenTag
from castoff.core.places import all_places
from castoff.core.project import read_project
from castoff.core.published import Unknown
from castoff.flows.asking import main_branch
from castoff.flows.checkout import Checkout

_SHALLOW = Unknown("this is a shallow clone", "git fetch --unshallow")


def on_git(checkout: Checkout, version: Version) -> OnGit:
    """Return what git has; everything on a remote that cannot be asked is Unknown."""
    git, config, remotes = checkout.git, checkout.project().config, checkout.git.remotes()
    tag_name, branch_name = versions.tag_name(version), versions.bump_branch(version)
    name = config.remote or "origin"
    refs = git.refs(f"refs/tags/{tag_name}", f"refs/heads/{branch_name}")
    branch_here, tag_here = refs.get(f"refs/heads/{branch_name}"), git.tag(tag_name, refs)
    try:
        name = remote_name(remotes, config.remote)
        remote = git.ask(name)
        main = main_branch(remote, config.main)
        _bring(git, remote, main, tag_name, branch_name)
    except CastoffError as error:
        unknown = Unknown(str(error), error.fix)
        seen = _Seeing(git, version, unknown, git.is_shallow())
        return OnGit(name, unknown, branch_here, unknown, seen.tag(tag_here), unknown)
    tip = remote.branches[main]
    seen = _Seeing(git, version, tip, git.is_shallow())
    seen_main = seen.main(main)
    return OnGit(
        remote=name,
        main=seen_main,
        branch_here=branch_here,
        branch_there=seen.branch(remote.branches.get(branch_name)),
        tag_here=seen.tag(tag_here),
        tag_there=seen.tag(remote.tags.get(tag_name)),
        under_way=_under_way(version, seen_main, remote),
    )


def _bring(git: Git, remote: Remote, main: str, tag: str, branch: str) -> None:
    """Fetch what is to be looked at and is not here yet, all of it in one go."""
    wanted = {f"refs/heads/{name}": remote.branches[name] for name in (main, branch) if name in remote.branches}
    wanted |= {f"refs/tags/{tag}": remote.tags[tag].object} if tag in remote.tags else {}
    git.bring_all(remote.name, wanted)


def _under_way(version: Version, main: SeenMain, remote: Remote) -> Version | None:
    """Return the newest version after `version` that main holds, or for which a bump branch is on the remote."""
    prefix = versions.BRANCH_PREFIX
    proposed = [versions.parse(name.removeprefix(prefix)) for name in remote.branches if name.startswith(prefix)]
    return max((one for one in (main.version, *proposed) if one and one > version), default=None)


@dataclass(frozen=True)
class _Seeing:
    """What a tag or a branch is worth, measured against main on the remote."""

    git: Git
    version: Version
    tip: str | Unknown
    shallow: bool

    def main(self, branch: str) -> SeenMain:
        """Return the main branch; places that cannot be found are Unknown."""
        tip = str(self.tip)
        try:
            places, _ = all_places(read_project(self.git.tree(tip)))
        except CastoffError as error:
            return SeenMain(branch, tip, Unknown(str(error)), Unknown(str(error)))
        seen = SeenMain(branch, tip, tuple(SeenPlace(place.name, place.value) for place in places), None)
        files = list(dict.fromkeys(place.file for place in places))
        return SeenMain(branch, tip, seen.places, self._holding(seen, files))

    def _holding(self, main: SeenMain, files: list[str]) -> str | Unknown | None:
        """Return the newest commit of main that holds the version: its tip, or one before a later bump."""
        if main.version == self.version:
            return main.commit
        if main.version is None or main.version < self.version:
            return None
        for commit in self.git.first_parents(main.commit, files):
            before = self.git.parents(commit)[:1]
            if before and self._holds(before[0]) is True:
                return before[0]
        return _SHALLOW if self.shallow else None

    def branch(self, commit: str | None) -> SeenBranch | None:
        """Return the bump branch on the remote."""
        return SeenBranch(commit, self._on_main(commit)) if commit else None

    def tag(self, tag: Tag | None) -> SeenTag | None:
        """Return a tag, with all that its object and its commit say."""
        if tag is None:
            return None
        signed, seconds = self.git.signature(tag) if tag.annotated else (False, None)
        made = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
        return SeenTag(tag.object, tag.commit, signed, self._on_main(tag.commit), self._holds(tag.commit), made)

    def _on_main(self, commit: str) -> bool | Unknown:
        if isinstance(self.tip, Unknown):
            return self.tip
        if self.git.is_ancestor(commit, self.tip):
            return True
        return _SHALLOW if self.shallow else False

    def _holds(self, commit: str) -> bool | Unknown:
        """Whether every place says the version in a commit; one whose places cannot be found does not."""
        try:
            places, _ = all_places(read_project(self.git.tree(commit)))
        except CastoffError:
            return False
        return all(versions.parse(place.value) == self.version for place in places)
