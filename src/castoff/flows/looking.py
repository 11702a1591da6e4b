"""After a rehearsal: what came out, looked at as a user of the release would."""

from __future__ import annotations

import hashlib
import platform as machine
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from packaging.metadata import parse_email
from packaging.specifiers import SpecifierSet

from castoff.adapters import process
from castoff.adapters.apart import SignaturesApart
from castoff.adapters.archives import metadata
from castoff.adapters.files import Folder
from castoff.core.artifacts import MANIFEST, Manifest, artifact, read_manifest
from castoff.core.errors import CastoffError
from castoff.core.project import module_names, read_project
from castoff.core.proof import Found, Verdict
from castoff.core.rehearsal import Finding, HeldRelease, provenance_finding
from castoff.core.versions import parse
from castoff.flows.fresh import FreshEnvironment
from castoff.flows.platform import Platform
from castoff.flows.scratch import Scratch, State

BUNDLE = ".sigstore.json"


def look(scratch: Scratch, platform: Platform, state: State, *, offline: bool) -> tuple[Finding, ...]:
    """Return everything that was looked at, right or wrong."""
    with closing(SignaturesApart(platform.sigstore.trust_config)) as signatures:
        installed = _install(scratch, platform, state, offline=offline)  # first: meanwhile the libraries are loaded
        return (*_findings(scratch, platform, state, signatures), installed)


def _findings(scratch: Scratch, platform: Platform, state: State, signatures: SignaturesApart) -> Iterator[Finding]:
    releases = platform.releases(state.tag)
    yield _digests(scratch, platform, releases)
    yield from _release(platform, releases, state)
    if len(releases) == 1:
        yield from _sbom(scratch, releases[0])
        yield _bundles(platform, state, signatures)
    yield _provenance(platform, signatures)


def _digests(scratch: Scratch, platform: Platform, releases: tuple[HeldRelease, ...]) -> Finding:
    """Compare what was built with what the index and the release hold."""
    what = "the same bytes from build to index to release"
    try:
        manifest = _manifest(scratch)
    except CastoffError as error:
        return Finding(what, right=False, detail=str(error))
    if manifest is None:
        return Finding(what, right=False, detail=f"no job handed on {MANIFEST}")
    built = {file.file: file.sha256 for file in manifest.files}
    index = {file.name: file.sha256 for file in platform.held}
    others = (BUNDLE, *([manifest.sbom.file] if manifest.sbom else []))
    assets = {
        file.name: file.sha256 for release in releases for file in release.assets if not file.name.endswith(others)
    }
    wrong = [name for name, other in (("the index", index), ("the release", assets)) if other != built]
    return Finding(
        what, right=not wrong, detail=f"{' and '.join(wrong)} differ from the build" if wrong else f"{len(built)} files"
    )


def _manifest(scratch: Scratch) -> Manifest | None:
    """Return the manifest that a job handed on; None when none did. Raises CastoffError for something else."""
    manifests = sorted(scratch.artifacts.rglob(MANIFEST))
    return read_manifest(manifests[-1].read_text(encoding="utf-8")) if manifests else None


def _sbom(scratch: Scratch, release: HeldRelease) -> Iterator[Finding]:
    """Look at the SBOM: on the release with its bundle, as it was built. A workflow may be older, and make none."""
    try:
        manifest = _manifest(scratch)
    except CastoffError:
        manifest = None  # told of with the digests
    built = manifest.sbom if manifest else None
    if built is None:
        return
    what, assets = "the SBOM is attached, as it was built", {asset.name: asset.sha256 for asset in release.assets}
    if not any(scratch.artifacts.rglob(built.file)):
        yield Finding(what, right=True, detail="none: this workflow hands none on; castoff check-workflow says how")
        return
    missing = [name for name in (built.file, built.file + BUNDLE) if name not in assets]
    same = assets.get(built.file) == built.sha256
    detail = f"{', '.join(missing)} is missing" if missing else built.file if same else f"{built.file}: other bytes"
    yield Finding(what, right=same and not missing, detail=detail)


def _release(platform: Platform, releases: tuple[HeldRelease, ...], state: State) -> Iterator[Finding]:
    """Look at the release: one, published, marked right, with notes, a file for each on the index and its bundle."""
    if len(releases) != 1:
        yield Finding("one release of the tag", right=False, detail=f"there are {len(releases)}")
        return
    release = releases[0]
    version = parse(state.version)
    candidate = bool(version and version.is_prerelease)
    yield Finding("the release is published", right=not release.draft)
    mark = "pre-release" if release.prerelease else "release"
    yield Finding(
        "its pre-release mark is right",
        right=release.prerelease == candidate,
        detail=f"{state.tag} is marked as a {mark}",
    )
    yield Finding("it has notes", right=bool(release.body.strip()), detail=release.body.strip().partition("\n")[0][:60])
    wanted = {name for file in platform.held for name in (file.name, file.name + BUNDLE)}
    missing = sorted(wanted - {asset.name for asset in release.assets})
    yield Finding(
        "every file has its bundle beside it", right=not missing, detail=", ".join(missing) or f"{len(wanted)} assets"
    )


def _bundles(platform: Platform, state: State, signatures: SignaturesApart) -> Finding:
    """Verify each bundle that the release serves, against the exact identity and the commit."""
    what, served = "each bundle verifies against the exact identity", platform.assets(state.tag)
    signed = {name: path for name, path in served.items() if not name.endswith(BUNDLE)}
    for name, path in signed.items():
        if name + BUNDLE not in served:
            return Finding(what, right=False, detail=f"{name} has none")
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        found = signatures.bundle(platform.signer, sha256, served[name + BUNDLE].read_bytes())
        if found.verdict is not Verdict.RIGHT:
            return Finding(what, right=False, detail=f"{name}: {found.detail}")
    return Finding(what, right=bool(signed), detail=platform.signer.identity)


def _provenance(platform: Platform, signatures: SignaturesApart) -> Finding:
    """Verify the provenance of each file that the index holds."""
    found: dict[str, Found | None] = {}
    publishers: list[str] = []
    for file in platform.held:
        provenance = platform.index.provenance(file.name)
        if provenance is None:
            found[file.name] = None
        else:
            found[file.name], publisher = signatures.provenance(platform.signer, file.name, file.sha256, provenance)
            publishers.append(publisher)
    return provenance_finding(found, publishers)


def _install(scratch: Scratch, platform: Platform, state: State, *, offline: bool) -> Finding:
    """Install the version from the local index into a fresh environment, import it, and compare its version."""
    what = f"pip install {state.project}=={state.version}, and import it"
    needs = next((file.requires_python for file in platform.index.files if file.requires_python), None)
    here = machine.python_version()
    if needs and not SpecifierSet(needs).contains(here, prereleases=True):
        return Finding(what, right=True, detail=f"not tried: it requires Python {needs}, and this is {here}")
    modules = module_names(read_project(Folder(scratch.run)))
    with tempfile.TemporaryDirectory(dir=scratch.root) as folder:
        environment = FreshEnvironment(Path(folder), scratch.environment(), offline)
        try:
            environment.make()
            # First what it requires: asked for together, the version might be taken from PyPI, if it is there.
            requires = [] if offline else _requires(scratch, platform)
            if requires:
                environment.install(*requires)
            wanted = f"{state.project}=={state.version}"
            environment.install("--no-deps", _no_cache(), "--index-url", platform.index.simple_url, wanted)
            environment.try_out(state.project, state.version, modules)
        except CastoffError as error:
            return Finding(what, right=False, detail=" ".join(str(error).split())[-300:])
    return Finding(what, right=True, detail=f"import {', '.join(modules)}" if modules else "nothing to import")


def _no_cache() -> str:
    """Return the installer's own word for: what an earlier rehearsal had under this name does not count."""
    return "--no-cache" if process.find("uv") else "--no-cache-dir"


def _requires(scratch: Scratch, platform: Platform) -> list[str]:
    """Return the requirements of the wheel that the index holds."""
    for file in platform.held:
        known = artifact(file.name)
        if known and known.kind == "wheel":
            said, _ = parse_email(metadata(scratch.root / "index" / "files", known))
            return said.get("requires_dist") or []
    return []
