"""What the index and GitHub serve of a version, side by side, and what their listings alone can tell of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import Version

from castoff.core.artifacts import artifact
from castoff.core.proof import Found, Verdict, contradictory, missing, right, unknown
from castoff.core.published import ForgeRelease, PublishedFile, ReleaseAsset, Unknown, known
from castoff.core.versions import parse

BUNDLE = ".sigstore.json"
"""What the name of a file's Sigstore bundle has behind the file's own."""
LARGEST_BUNDLE = 4 * 1024 * 1024
"""Bytes: what is larger is no bundle."""

_NAME_END = re.compile(r"[-_.]")


@dataclass(frozen=True, slots=True)
class Pair:
    """A file as the index and as the release have it; None where they do not."""

    name: str
    indexed: PublishedFile | None
    asset: ReleaseAsset | None
    bundle: ReleaseAsset | None


@dataclass(frozen=True, slots=True)
class Served:
    """What the index and GitHub tell of a version, before anything is downloaded."""

    files: tuple[PublishedFile, ...] | Unknown
    """Every file that the index has of the version."""
    releases: tuple[ForgeRelease, ...] | Unknown
    """Every release and draft of its tag."""

    @property
    def published(self) -> ForgeRelease | None:
        """The release of the tag, where it can be seen and is more than a draft."""
        releases = known(self.releases)
        return next((release for release in releases if not release.draft), None)

    @property
    def assets(self) -> Mapping[str, ReleaseAsset]:
        """The files of the published release, by name."""
        return {asset.name: asset for asset in self.published.assets} if self.published else {}

    def pairs(self, project: str, version: Version) -> list[Pair]:
        """Return every file that the index has, and every wheel and sdist that the release has, by name."""
        indexed = {} if isinstance(self.files, Unknown) else {file.name: file for file in self.files}
        assets = self.assets
        attached = {name for name in assets if artifact(name) and belongs(name, project, version)}
        return [
            Pair(name, indexed.get(name), assets.get(name), assets.get(name + BUNDLE))
            for name in sorted({*indexed, *attached})
        ]

    def not_yet(self, project: str, version: Version, *, tagged: bool) -> list[str]:
        """Return what the index does not show yet though it may still: what waiting is worth it for.

        Nothing when anything that it shows is wrong, or cannot be known; nothing either without a published release,
        which is made after the upload: then it is not the index that is late. Where the release cannot be looked
        up, the tag has to do (`tagged`: there is one).
        """
        if isinstance(self.files, Unknown):
            return []
        if isinstance(self.releases, Unknown):
            return [f"{project} {version}"] if tagged and not self.files else []
        pairs = self.pairs(project, version)
        if any(pair.indexed and release_found(pair, self).verdict is not Verdict.RIGHT for pair in pairs):
            return []
        return [pair.name for pair in pairs if pair.indexed is None]


def belongs(file: str, project: str, version: Version) -> bool:
    """Whether a file is, by its name, of this version of the project; of any format that an index ever took."""
    known = artifact(file)
    if known:
        return (known.name, known.version) == (canonicalize_name(project), version)
    if file.endswith((BUNDLE, ".attestation", ".asc", ".sig")):
        return False
    for end in _NAME_END.finditer(file):
        if canonicalize_name(file[: end.start()]) == canonicalize_name(project):
            return _begins(file[end.end() :]) == version
    return False


def _begins(text: str) -> Version | None:
    """Return the longest version that a text begins with, up to a separator."""
    ends = [match.start() for match in re.finditer(r"[-.]|$", text)]
    return next((version for end in reversed(ends) if (version := parse(text[:end]))), None)


def is_name(file: str) -> bool:
    """Whether a name is that of a wheel or an sdist, and names a file in a folder and nothing else."""
    return artifact(file) is not None and "/" not in file and "\\" not in file and file.isprintable()


def release_found(pair: Pair, served: Served) -> Found:
    """Return what the listings say of a file on the release: its digest against the index's, where both tell one."""
    if served.published is None:
        return no_release(served)
    if pair.asset is None and any(artifact(name) for name in served.assets):
        return contradictory("the published release has other files, and not this one")
    if pair.asset is None or not pair.asset.complete:
        return missing("it is not attached to the release" if pair.asset is None else "it has not fully arrived there")
    told = pair.indexed and pair.indexed.sha256
    if told and pair.asset.sha256 and told != pair.asset.sha256:
        return contradictory(_other("the index's", told, pair.asset.sha256))
    return right()


def no_release(served: Served) -> Found:
    """Return what is to be said where there is no published release to look at."""
    if isinstance(served.releases, Unknown):
        return unknown(served.releases.reason)
    return missing("the release is a draft" if served.releases else "there is no published release")


def index_found(file: PublishedFile, sha256: str, size: int) -> Found:
    """Return what is to be said of a file that the index has served."""
    if file.sha256 and file.sha256 != sha256:
        return contradictory(f"the index says SHA-256 {file.sha256}, and serves {sha256}")
    if file.size is not None and file.size != size:
        return contradictory(f"the index says {file.size} bytes, and serves {size}")
    return right("yanked" if file.yanked else "")


def asset_found(asset: ReleaseAsset, sha256: str, indexed: str | None, differs_at: int | None) -> Found:
    """Return what is to be said of an asset that was downloaded, beside the index's file (None: there is none)."""
    if asset.sha256 and asset.sha256 != sha256:
        return contradictory(f"GitHub says SHA-256 {asset.sha256}, and serves {sha256}")
    if indexed and indexed != sha256:
        where = "" if differs_at is None else f"; the first byte that differs is number {differs_at}"
        return contradictory(_other("the index's", indexed, sha256) + where)
    return right()


def _other(whose: str, theirs: str, here: str) -> str:
    return f"its SHA-256 is {here}, {whose} is {theirs}"


def even(found: Iterable[tuple[str, Found]]) -> dict[str, Found]:
    """Return what was found of provenance, file by file, once that of all files is known.

    An index that has none at all has none to verify; one that has it of some files lacks it of the others.
    """
    told = dict(found)
    if any(one.verdict is not Verdict.NOT_TRIED for one in told.values()):
        lacking = missing("the index has the provenance of other files of this version, and not of this one")
        return {name: lacking if one.verdict is Verdict.NOT_TRIED else one for name, one in told.items()}
    return told


def strays(served: Served, pairs: Iterable[Pair], sbom: str) -> list[str]:
    """Return the names of assets that are neither one of these files, nor the SBOM, nor the bundle of one."""
    known = {name for one in (*(pair.name for pair in pairs), sbom) for name in (one, one + BUNDLE)}
    return sorted(set(served.assets) - known)
