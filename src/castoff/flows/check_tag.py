"""`check-tag`: the tag says what every place says, and lies on the main branch."""

from __future__ import annotations

import os
from collections.abc import Iterator

from castoff.adapters.git import Git, remote_name
from castoff.core import versions
from castoff.core.errors import CastoffError, Problem, misuse
from castoff.core.places import all_places
from castoff.core.project import Project
from castoff.flows.checkout import Checkout


def check_tag(checkout: Checkout, wanted: str | None) -> None:
    """Check `wanted`, or the tag that CI runs on, or the tag at HEAD; say what was compared."""
    tag = wanted or checkout.environment.tag or checkout.environment.ref_tag or _tag_at_head(checkout)
    compared = compare(checkout, tag, dist=True)
    checkout.console.say(f"{tag} is right: {', '.join(compared)}", "good")
    checkout.console.result("check-tag", {"tag": tag, "compared": compared})


def pushed_tag(checkout: Checkout) -> str | None:
    """Return the tag that CI runs on, or the one at HEAD; None when there is none."""
    return checkout.environment.ref_tag or next(iter(_tags_at_head(checkout)), None)


def compare(checkout: Checkout, tag: str, *, dist: bool) -> list[str]:
    """Return what agrees with `tag`; raises CastoffError with everything that does not, and the way out.

    `dist` says whether what stands in `dist/` is compared as well (where there is such a folder).
    """
    version = versions.version_of_tag(tag)
    if version is None:
        raise misuse(f"the tag {tag!r} names no version; tags look like v0.4.0 or v0.4.0-rc1")
    git = checkout.git
    head = git.require_head()
    commit = git.commits(f"refs/tags/{tag}").get(f"refs/tags/{tag}")
    elsewhere = commit is not None and commit != head
    look = dist and not elsewhere and os.path.lexists(checkout.root / "dist")
    project = checkout.project(git.tree(commit) if elsewhere and commit else None)
    places, _ = all_places(project)
    problems: list[Problem] = []
    right = versions.misspelt(tag)
    if right is not None:
        problems.append(
            Problem(f"the tag {tag} spells {version} in another way than the tag {right}, which is the one to make")
        )
    versions.tag_name(version)
    wrong = [place for place in places if versions.parse(place.value) != version]
    problems += [
        Problem(f"{place.key or 'it'} says {place.value}, the tag {tag} says {version}", place.location())
        for place in wrong
    ]
    on_main = _on_main(checkout, project, commit or head)
    if on_main is False:
        problems.append(
            Problem(f"{tag} is on commit {(commit or head)[:10]}, which is not on {_main(checkout, project)[0]}")
        )
    way_out = _way_out(checkout, project, tag, right) if problems else None
    if on_main is None:
        problems.append(_cannot_tell(checkout, project, tag))
    if look:
        from castoff.flows.dist import inspect  # most of what there is to import, and mostly there is no dist/

        problems += inspect(checkout, project, version, required=False)
    if problems:
        raise CastoffError(*problems, way_out=way_out)
    agree = [f"{place.name} {place.value}" for place in places]
    return [*agree, *(["what is in dist/"] if look else []), "on the main branch"]


def _tags_at_head(checkout: Checkout) -> list[str]:
    checkout.git.require_head()
    return [tag for tag in checkout.git.tags_at_head() if versions.version_of_tag(tag)]


def _tag_at_head(checkout: Checkout) -> str:
    tags = _tags_at_head(checkout)
    if len(tags) != 1:
        found = f"several version tags ({', '.join(tags)})" if tags else "no version tag"
        raise misuse(f"there is {found} on the commit that is checked out; say which", "castoff check-tag --tag v0.4.0")
    return tags[0]


def _on_main(checkout: Checkout, project: Project, commit: str) -> bool | None:
    """Return whether a commit lies on the main branch; None when that cannot be known here."""
    git = checkout.git
    _, tip = _main(checkout, project)
    if tip is not None and git.is_ancestor(commit, tip):
        return True
    if tip is None or git.is_shallow():
        return None
    return not checkout.environment.in_actions and _on_main_now(git, project, commit)


def _on_main_now(git: Git, project: Project, commit: str) -> bool:
    """Whether a commit lies on the main branch as the remote has it now; False when that cannot be asked.

    `release` tags what was merged, and moves no ref here: what was fetched last may be older than the tag.
    """
    from castoff.flows.asking import main_branch

    try:
        remote = git.ask(remote_name(git.remotes(), project.config.remote))
        main = main_branch(remote, project.config.main)
        git.bring(remote.name, f"refs/heads/{main}", remote.branches[main])
    except CastoffError:
        return False
    return git.is_ancestor(commit, remote.branches[main])


def _cannot_tell(checkout: Checkout, project: Project, tag: str) -> Problem:
    """Return why it cannot be known whether the tag lies on the main branch, and what to fetch."""
    name, tip = _main(checkout, project)
    unknown = f"whether {tag} lies on the main branch cannot be known"
    if tip is None:
        return Problem(f"{unknown}: {name} is not here", fix=("git fetch origin",))
    return Problem(
        f"{unknown}: this is a shallow clone (in a workflow: fetch-depth: 0)", fix=("git fetch --unshallow",)
    )


def _main(checkout: Checkout, project: Project) -> tuple[str, str | None]:
    """Return what the main branch is called and its commit: the remote's as last fetched, the local one, or None."""
    git, config = checkout.git, project.config
    names = [config.main] if config.main else ["HEAD", "main", "master"]
    remote = config.remote or "origin"
    for refs in _candidates(git, names, remote, only=config.remote is not None):
        known = git.commits(*refs)
        for ref in refs:
            if ref in known:
                return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/"), known[ref]
    return f"{remote}/{names[-1] if config.main else 'main'}", None


def _candidates(git: Git, names: list[str], remote: str, *, only: bool) -> Iterator[list[str]]:
    """Yield the refs that may be the main branch, a group at a time, the likeliest first."""
    yield [f"refs/remotes/{remote}/{name}" for name in names]
    for other in {} if only else git.remotes():
        yield [f"refs/remotes/{other}/{name}" for name in names]
    yield [f"refs/heads/{name}" for name in names]


def _way_out(checkout: Checkout, project: Project, tag: str, right: str | None) -> Problem:
    """Return the recovery: away with the tag, here and there; then the release of the version it meant."""
    from castoff.core.release import untag

    git = checkout.git
    remotes = git.remotes()
    remote = remote_name(remotes, project.config.remote) if remotes else "origin"
    version = (right or tag).removeprefix("v")
    if right and not git.refs(f"refs/tags/{tag}") and not checkout.environment.in_actions:
        ask = checkout.command("check-tag")
        return Problem("no such tag is here", fix=(f"{ask} {'TAG=' if ask.startswith('make ') else '--tag '}{right}",))
    away = untag(remote, tag) if right else (checkout.command("undo", version),)
    commands = (*away, checkout.command("release", version))
    return Problem("take the tag back, put it right on main, and tag again", fix=commands)
