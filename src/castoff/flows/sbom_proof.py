"""The SBOM that a release has attached, proved from outside: who signed it, and that it is of what the index serves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from castoff.adapters.apart import SignaturesApart
from castoff.adapters.signatures import Signer
from castoff.core.artifacts import artifact
from castoff.core.proof import Found, Verdict, contradictory, missing, not_tried, unknown
from castoff.core.published import ReleaseAsset, Unknown
from castoff.core.sbom import LARGEST, compared, file_name
from castoff.core.served import BUNDLE, LARGEST_BUNDLE, Served, asset_found
from castoff.flows.outside import Outside


@dataclass(frozen=True, slots=True)
class SbomProof:
    """Where the SBOM comes from, and what it is held against."""

    outside: Outside
    served: Served
    signatures: SignaturesApart
    signer: Signer
    folder: Path
    """An empty one, for what is downloaded."""

    def found(self) -> Found:
        """Return what the SBOM is; a release that has none was made before there was one, or by another workflow."""
        name = file_name(self.outside.project, self.outside.version)
        asset, bundle = self.served.assets.get(name), self.served.assets.get(name + BUNDLE)
        if asset is None:
            none = (
                "the release has none" if self.served.published else "there is no published release that could have one"
            )
            return not_tried(none) if bundle is None else contradictory(f"there is a bundle of {name}, and no {name}")
        if bundle is None:
            return missing(f"there is no {name}{BUNDLE} on the release")
        if not asset.complete or not bundle.complete:
            return missing("it has not fully arrived on the release")
        if asset.size > LARGEST or bundle.size > LARGEST_BUNDLE:
            return contradictory(f"{asset.size} bytes, and {bundle.size} of its bundle: it is none")
        return self._look(asset, bundle)

    def _look(self, asset: ReleaseAsset, bundle: ReleaseAsset) -> Found:
        github, folder = self.outside.github, self.folder
        folder.mkdir()
        came = github.download(asset, folder / "sbom")
        if isinstance(came, Unknown):
            return unknown(came.reason)
        proof = github.download(bundle, folder / "bundle")
        if isinstance(proof, Unknown):
            return unknown(proof.reason)
        told = asset_found(asset, came.sha256, None, None)
        if told.verdict is Verdict.RIGHT:
            told = self.signatures.bundle(self.signer, came.sha256, proof.path.read_bytes())
        return self._compared(came.path.read_bytes()) if told.verdict is Verdict.RIGHT else told

    def _compared(self, data: bytes) -> Found:
        files = self.served.files
        if isinstance(files, Unknown):
            return unknown(files.reason)
        digests = {file.name: file.sha256 for file in files if artifact(file.name)}
        return compared(data.decode("utf-8", "replace"), self.outside.project, self.outside.version, digests)
