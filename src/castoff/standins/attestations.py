"""PEP 740 publish attestations, made by the library that the publish action uses (its `attestations.py`)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from castoff.standins.step import Step, StepError, debug, notice

_ENDINGS = (".tar.gz", ".zip", ".whl")


def make(step: Step, folder: Path) -> bool:
    """Write an attestation beside each distribution; return whether that was done. Raises StepError."""
    if find_spec("pypi_attestations") is None or find_spec("sigstore") is None:
        notice(
            "Digital attestations are not rehearsed: pypi-attestations and sigstore are not installed beside castoff.",
            "Not rehearsed",
        )
        return False
    notice("Generating and uploading digital attestations")
    _write(step, _places(step, folder))
    return True


def _places(step: Step, folder: Path) -> dict[Path, Path]:
    """Return each distribution with its attestation to be."""
    dists = [path.resolve() for ending in _ENDINGS for path in sorted(folder.glob(f"[!.]*{ending}"))]
    invalid = [str(path) for path in dists if not path.is_file()]
    if invalid:
        _fail(step, f"The following paths look like distributions but are not actually files: {', '.join(invalid)}")
    places = {path: path.with_name(f"{path.name}.publish.attestation") for path in dists}
    existing = [f"* {path} -> {place}" for path, place in places.items() if place.exists()]
    if existing:
        _fail(step, "The following distributions already have publish attestations: " + "\n".join(existing))
    return places


def _write(step: Step, places: dict[Path, Path]) -> None:
    from pypi_attestations import Attestation, Distribution
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityError, IdentityToken, detect_credential
    from sigstore.sign import SigningContext

    try:
        token = IdentityToken(detect_credential() or "")
    except IdentityError as error:
        what = "This failure occurred after a successful Trusted Publishing Flow,\nsuggesting a transient error."
        _fail(step, f"\nOpenID Connect token retrieval failed: {error}\n\n{what}")
    try:
        config = ClientTrustConfig.from_json(step.stage.trust_config.read_text(encoding="utf-8"))
        with SigningContext.from_trust_config(config).signer(token, cache=True) as signer:
            for dist, place in places.items():
                made = Attestation.sign(signer, Distribution.from_file(dist))
                place.write_text(made.model_dump_json(), encoding="utf-8")
                debug(f"saved publish attestation: {place}")
    except Exception as error:  # noqa: BLE001 - the client lets every failure of its servers through as it comes
        _fail(step, f"{type(error).__name__}: {error}")


def _fail(step: Step, message: str) -> NoReturn:
    step.summarize(f"Attestation generation failure:\n\n{message}")
    raise StepError(f"Attestation generation failure: {message}")
