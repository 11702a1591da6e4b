"""GitHub's rules for releases, without any I/O: what is made of a request, and what is refused with which errors.

Sources: GitHub's REST reference ("Releases", "Release assets") and its page "Immutable releases"; the errors around
immutable releases are those that GitHub was seen to give (logs in the trackers of softprops/action-gh-release,
uutils/coreutils and others, 2025 and 2026), for its reference does not name them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from castoff.core.versions import version_of_tag
from castoff.services.forge_requests import Change, RefusedError, invalid

_UNSAFE = re.compile(r"[^A-Za-z0-9_.+@-]+")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a release."""

    id: int
    name: str
    label: str | None
    content_type: str
    size: int
    sha256: str
    uploaded: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """A release, or the draft of one."""

    id: int
    tag: str
    target: str
    name: str
    body: str
    draft: bool
    prerelease: bool
    immutable: bool
    created: datetime
    published: datetime | None
    make_latest: str
    assets: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """What a report says of an asset."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a report says of a release."""

    tag: str
    draft: bool
    prerelease: bool
    immutable: bool
    body: str
    assets: tuple[AssetFacts, ...]
    """By name."""


def _custom(message: str, field: str | None = None, resource: str = "Release") -> dict[str, str]:
    return {"resource": resource, "code": "custom", **({"field": field} if field else {}), "message": message}


def facts(release: Release) -> ReleaseFacts:
    """Return what a report says of `release`."""
    assets = tuple(AssetFacts(asset.name, asset.size, asset.sha256) for asset in release.assets)
    return ReleaseFacts(
        tag=release.tag,
        draft=release.draft,
        prerelease=release.prerelease,
        immutable=release.immutable,
        body=release.body,
        assets=tuple(sorted(assets, key=lambda asset: asset.name)),
    )


def published(releases: Collection[Release], tag: str) -> Release | None:
    """Return the published release of `tag`, or None: drafts are not found by their tag."""
    return next((release for release in releases if release.tag == tag and not release.draft), None)


def latest(releases: Collection[Release]) -> Release | None:
    """Return the release that GitHub marks as latest: the newest that is full and was not published otherwise.

    Where that one leaves it to GitHub (`legacy`), it is the one with the highest version.
    """
    full = [release for release in releases if not release.draft and not release.prerelease]
    wanted = [release for release in full if release.make_latest != "false"] or full
    newest = max(wanted, key=_when, default=None)
    if newest is None or newest.make_latest != "legacy":
        return newest
    named = [(version, _when(one), one) for one in wanted if (version := version_of_tag(one.tag))]
    return max(named, key=lambda known: known[:2])[2] if named else newest


def _when(release: Release) -> tuple[datetime, int]:
    return release.published or release.created, release.id


@dataclass(frozen=True, slots=True)
class Repository:
    """The state of a repository that decides what a release may do."""

    releases: Mapping[int, Release]
    locked: frozenset[str]
    """Tags of immutable releases: never moved, and never used again, even when the release is deleted."""
    immutable: bool
    """The setting: what is published from now on is immutable."""
    default_branch: str = "main"


def created(repository: Repository, change: Change, number: int, now: datetime) -> Release:
    """Return the release that a request creates; raises RefusedError."""
    if not change.tag:
        raise RefusedError(422, 'Invalid request.\n\n"tag_name" wasn\'t supplied.')
    release = Release(
        id=number,
        tag=change.tag,
        target=change.target or repository.default_branch,
        name=change.name or "",
        body=change.body or "",
        draft=bool(change.draft),
        prerelease=bool(change.prerelease),
        immutable=False,
        created=now,
        published=None,
        make_latest=change.make_latest or "true",
    )
    if not release.draft:
        _check_latest(release, change)
        return _publish(repository, release, now)
    return release


def updated(repository: Repository, release: Release, change: Change, now: datetime) -> Release:
    """Return `release` as a request changes it; raises RefusedError.

    Of an immutable release, name, notes and marks may change; not tag, target, state. A draft that stays one loses
    its tag when the request does not say it again: many workflows have tripped over that.
    """
    draft = release.draft if change.draft is None else change.draft
    after = replace(
        release,
        tag=change.tag or release.tag,
        target=change.target or release.target,
        name=release.name if change.name is None else change.name,
        body=release.body if change.body is None else change.body,
        draft=draft,
        prerelease=release.prerelease if change.prerelease is None else change.prerelease,
        make_latest=change.make_latest or release.make_latest,
    )
    if release.immutable:
        _check_locked(release, after)
    _check_latest(after, change)
    if release.draft and draft and not change.tag:
        return replace(after, tag=f"untagged-{release.id:020x}")
    if after.draft:
        return after
    return after if not release.draft and after.tag == release.tag else _publish(repository, after, now)


def _publish(repository: Repository, release: Release, now: datetime) -> Release:
    other = published(repository.releases.values(), release.tag)
    if other is not None and other.id != release.id:
        raise already_exists()
    if release.tag in repository.locked:
        raise invalid(
            _custom("tag_name was used by an immutable release", "tag_name"),
            _custom("Published releases must have a valid tag"),
        )
    return replace(release, published=release.published or now, immutable=release.immutable or repository.immutable)


def _check_latest(release: Release, change: Change) -> None:
    if change.make_latest == "true" and (release.draft or release.prerelease):
        raise invalid(_custom("Latest release cannot be draft or prerelease."))


def _check_locked(before: Release, after: Release) -> None:
    changed = [
        field
        for field, pair in {
            "tag_name": (before.tag, after.tag),
            "target_commitish": (before.target, after.target),
            "state": (before.draft, after.draft),
        }.items()
        if pair[0] != pair[1]
    ]
    if changed:
        raise invalid(*(_custom(f"{field} cannot be changed when release is immutable", field) for field in changed))


def already_exists() -> RefusedError:
    """Return the refusal of a second published release of a tag."""
    return invalid({"resource": "Release", "code": "already_exists", "field": "tag_name"})


def asset_name(name: str) -> str:
    """Return the name that GitHub gives to an uploaded file: other characters become a period, those at the ends go."""
    return _UNSAFE.sub(".", name).strip(".")


def check_new_asset(release: Release, name: str) -> None:
    """Raise RefusedError unless `release` takes an asset of that name."""
    if release.immutable:
        raise RefusedError(422, "Cannot upload assets to an immutable release.")
    if not name:
        raise invalid({"resource": "ReleaseAsset", "code": "missing_field", "field": "name"})
    if any(asset.name == name for asset in release.assets):
        raise invalid({"resource": "ReleaseAsset", "code": "already_exists", "field": "name"})


def check_asset_removal(release: Release) -> None:
    """Raise RefusedError unless the assets of `release` may be deleted."""
    if release.immutable:
        raise invalid(_custom("Cannot delete asset from an immutable release", resource="ReleaseAsset"))


def check_asset_change(release: Release) -> None:
    """Raise RefusedError unless the assets of `release` may be renamed."""
    if release.immutable:
        raise invalid(_custom("Cannot update asset from an immutable release", resource="ReleaseAsset"))


def notes(page: str, tag: str, previous: str | None, changes: Sequence[str]) -> str:
    """Return generated notes: what was merged, one line each, and the page that compares with the release before."""
    comparison = f"{page}/compare/{previous}...{tag}" if previous else f"{page}/commits/{tag}"
    lines = ["## What's Changed", *(f"* {change}" for change in changes), "", ""] if changes else []
    return "\n".join([*lines, f"**Full Changelog**: {comparison}"])
