"""The rows of the release on GitHub: the release itself, its files against the index's, a bundle for each."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from castoff.core.artifacts import artifact
from castoff.core.observation import Observation
from castoff.core.published import LAG, ForgeRelease, PublishedFile, ReleaseAsset, Unknown
from castoff.core.row import Row, State, moment, short, size
from castoff.core.rows_index import next_release
from castoff.core.sbom import file_name

BUNDLE = ".sigstore.json"
_PLACE = "release"


def release_rows(seen: Observation) -> Iterator[Row]:
    """Yield the row of the release, of each file that it has or should have, and of each bundle."""
    if isinstance(seen.releases, Unknown):
        yield Row(_PLACE, seen.tag, State.UNKNOWN, seen.releases.reason)
    elif len(seen.releases) > 1:
        yield _several(seen, seen.releases)
    elif not seen.releases:
        hidden = "" if seen.sees_drafts else "; a draft would not show without a token"
        yield Row(_PLACE, seen.tag, State.MISSING, f"there is none{hidden}")
    for release in seen.known_releases if len(seen.known_releases) == 1 else ():
        yield _release(seen, release)
        yield from _asset_rows(seen, release)
        yield from _bundle_rows(seen, release)


def gh(seen: Observation, *words: str) -> str:
    """Return a command of GitHub's own client for this repository."""
    repository = seen.repository
    where = () if isinstance(repository, Unknown) else ("--repo", repository.full_name)
    return shlex.join(("gh", *words, *where))


def _several(seen: Observation, releases: tuple[ForgeRelease, ...]) -> Row:
    """Return the row of a tag with more than one release; a draft is what can go, the emptiest and newest first."""
    kinds = ", ".join(f"{'draft' if one.draft else 'published'} {one.id}" for one in releases)
    least = min(releases, key=lambda one: (not one.draft, len(one.assets), -one.id))
    repository = seen.repository
    full_name = "{owner}/{repo}" if isinstance(repository, Unknown) else repository.full_name
    fix = shlex.join(("gh", "api", "--method", "DELETE", f"repos/{full_name}/releases/{least.id}"))
    return Row(_PLACE, seen.tag, State.CONTRADICTORY, f"{len(releases)} releases of one tag: {kinds}", fix)


def _release(seen: Observation, release: ForgeRelease) -> Row:
    kind = "a pre-release" if release.prerelease else "a release"
    candidate = seen.version.is_prerelease
    if release.prerelease != candidate:
        should = "a candidate" if candidate else "no candidate"
        fix = gh(seen, "release", "edit", seen.tag, f"--prerelease={str(candidate).lower()}")
        return Row(
            _PLACE, seen.tag, State.CONTRADICTORY, f"it is marked as {kind}, and {seen.version} is {should}", fix
        )
    if release.draft:
        return Row(_PLACE, seen.tag, State.MISSING, "a draft: it is not published yet")
    marks = [kind, f"published {moment(release.published)}", *(["immutable"] if release.immutable else [])]
    return Row(_PLACE, seen.tag, State.RIGHT, ", ".join([*marks, *([] if release.has_notes else ["without notes"])]))


def _asset_rows(seen: Observation, release: ForgeRelease) -> Iterator[Row]:
    """Yield a row for each file of the index, and for each distribution that only the release has."""
    assets = {asset.name: asset for asset in release.assets}
    for file in seen.known_files:
        yield _asset(seen, release, file, assets.pop(file.name, None))
    for asset in assets.values():
        if artifact(asset.name):
            yield _not_on_index(seen, release, asset)
    name = file_name(seen.name, seen.version)
    yield from _sbom(seen, release, assets.get(name), f"{name}{BUNDLE}" in assets)


def _sbom(seen: Observation, release: ForgeRelease, sbom: ReleaseAsset | None, bundled: bool) -> Iterator[Row]:
    """Yield the row of the SBOM. A release from before there was one has none, and lacks nothing."""
    name, absent = file_name(seen.name, seen.version), State.MISSING if release.draft else State.CONTRADICTORY
    if sbom and sbom.complete:
        told = f"{size(sbom.size)}, sha256:{short(sbom.sha256)}" if sbom.sha256 else size(sbom.size)
        yield Row("asset", name, State.RIGHT, f"{told}, the SBOM")
    elif sbom or bundled:
        text = "it has not arrived whole" if sbom else "its bundle is there, and it is not"
        yield Row("asset", name, absent, text, seen.command("verify"))
    elif not release.draft:
        yield Row("sbom", "", State.RIGHT, "none: this release was made without")


def _asset(seen: Observation, release: ForgeRelease, file: PublishedFile, asset: ReleaseAsset | None) -> Row:
    absent = State.MISSING if release.draft else State.CONTRADICTORY
    if asset is None:
        text = "not attached yet" if release.draft else "the index has it, and the published release does not"
        return Row("asset", file.name, absent, text, seen.command("verify"))
    if not asset.complete:
        return Row("asset", file.name, absent, "it has not arrived whole", seen.command("verify"))
    if asset.sha256 is None or file.sha256 is None:
        return Row("asset", file.name, State.UNKNOWN, "its SHA-256 is not told")
    told = f"{size(asset.size)}, sha256:{short(asset.sha256)}"
    if asset.sha256 != file.sha256:
        fix = gh(seen, "release", "delete", seen.tag, "--yes") if release.draft else next_release(seen)
        text = f"{told}: other bytes than on the index (sha256:{short(file.sha256)})"
        return Row("asset", file.name, State.CONTRADICTORY, text, fix)
    return Row("asset", file.name, State.RIGHT, f"{told}, as on the index")


def _not_on_index(seen: Observation, release: ForgeRelease, asset: ReleaseAsset) -> Row:
    """Return the row of a distribution that only the release has; the index may lag behind."""
    if isinstance(seen.files, Unknown):
        return Row("asset", asset.name, State.UNKNOWN, "whether it is what the index has cannot be known")
    if release.draft or (release.published and seen.at - release.published < LAG):
        return Row("asset", asset.name, State.MISSING, "not on the index yet, which may lag 10 minutes")
    fix = next_release(seen) if release.immutable else gh(seen, "release", "delete", seen.tag, "--yes")
    return Row("asset", asset.name, State.CONTRADICTORY, "the published release has it, and the index does not", fix)


def _bundle_rows(seen: Observation, release: ForgeRelease) -> Iterator[Row]:
    """Yield a row for the bundle of each distribution, wherever that is."""
    names = {asset.name: asset for asset in release.assets}
    files = {file.name for file in seen.known_files} | {name for name in names if artifact(name)}
    files |= {file_name(seen.name, seen.version)} & set(names)
    for name in sorted(files):
        bundle = names.get(name + BUNDLE)
        if bundle and bundle.complete:
            yield Row("bundle", name + BUNDLE, State.RIGHT, size(bundle.size))
        else:
            yield Row("bundle", name + BUNDLE, State.MISSING, "it has not arrived whole" if bundle else "there is none")
