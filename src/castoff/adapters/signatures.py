"""The one door to sigstore and pypi-attestations: whether a file's bundle, and its provenance, are what they claim.

The libraries do the proving; what they are asked for is the exact identity of the workflow at the tag. Everything
that is verified comes from strangers: whatever a library makes of it but a plain yes is a no.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from castoff.core.errors import misuse
from castoff.core.proof import ISSUER, Found, contradictory, right
from castoff.core.published import Unknown
from castoff.core.statement import statement_problem

if TYPE_CHECKING:  # half a second of imports
    from pypi_attestations import Attestation, Provenance, Publisher
    from sigstore.models import Bundle
    from sigstore.verify import Verifier
    from sigstore.verify.policy import VerificationPolicy

_NEEDED = ("sigstore", "pypi_attestations", "pypi_simple")
_EXTRA = "pip install 'castoff[verify]'"
_STATEMENT = "application/vnd.in-toto+json"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Signer:
    """Who must have signed: the workflow as its certificates name it, and the commits that the tag may stand for."""

    identity: str
    """`https://github.com/OWNER/REPO/.github/workflows/FILE@refs/tags/TAG`."""
    repository: str
    """`OWNER/REPO`."""
    workflow: str
    """The bare name of the workflow's file."""
    commits: tuple[str, ...]
    """The commit of the tag (and the tag's own object); none when it is not known."""


def require_extra() -> None:
    """Raise UsageError when what verifies is not installed."""
    lacking = [name.replace("_", "-") for name in _NEEDED if find_spec(name) is None]
    if lacking:
        raise misuse(f"verify needs what is not installed: {', '.join(lacking)}", _EXTRA)


class Signatures:
    """What is signed, verified against one trust root; safe to use from several threads once it is made."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    @classmethod
    def load(cls, trust_config: Path | None) -> Signatures | Unknown:
        """Return what verifies against Sigstore's public instance, or the one of a trust configuration's file.

        The root of trust of the public one is updated over the network (TUF): Unknown when that fails. Raises
        UsageError when the file cannot be read.
        """
        from sigstore.errors import Error
        from sigstore.models import ClientTrustConfig
        from sigstore.verify import Verifier

        try:
            if trust_config is None:
                return cls(Verifier(trusted_root=ClientTrustConfig.production().trusted_root))
        except (Error, OSError, ValueError) as error:
            return Unknown(f"Sigstore's root of trust cannot be fetched ({type(error).__name__})")
        try:
            config = ClientTrustConfig.from_json(trust_config.read_text(encoding="utf-8"))
            return cls(Verifier(trusted_root=config.trusted_root))
        except (Error, OSError, ValueError) as error:
            raise misuse(f"the trust configuration {trust_config} cannot be read: {_said(error)}") from None

    def bundle(self, signer: Signer, sha256: str, bundle: bytes) -> Found:
        """Verify a bundle (`NAME.sigstore.json`) of the file with this digest (hex)."""
        from sigstore.hashes import Hashed
        from sigstore.models import Bundle
        from sigstore_models.common.v1 import HashAlgorithm

        def verify() -> None:
            read = Bundle.from_json(bundle)
            hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(sha256))
            self._verifier.verify_artifact(hashed, read, _policy(signer))
            _check_commit(signer, read)

        return _proved(verify)

    def provenance(self, signer: Signer, name: str, sha256: str, provenance: bytes) -> tuple[Found, str]:
        """Verify the provenance object of a file (PEP 740); return what was found, and who is said to have published.

        Each attestation in it must be of this very file, signed by the very workflow; its publisher this repository.
        """
        from pypi_attestations import Provenance

        try:
            read = Provenance.model_validate_json(provenance)
        except ValueError as error:
            return contradictory(f"it is no provenance object: {_said(error)}"), ""
        who = dict.fromkeys(_publisher(bundle.publisher) for bundle in read.attestation_bundles)
        return _proved(lambda: self._all(signer, name, sha256, read)), "; ".join(who)

    def _all(self, signer: Signer, name: str, sha256: str, provenance: Provenance) -> None:
        """Raise when anything in the provenance is not as it must be."""
        if not provenance.attestation_bundles:
            raise _RefusedError("there is no attestation in it")
        for bundle in provenance.attestation_bundles:
            _check_publisher(signer, bundle.publisher)
            if not bundle.attestations:
                raise _RefusedError("there is no attestation in it")
            for attestation in bundle.attestations:
                self._attestation(signer, name, sha256, attestation)

    def _attestation(self, signer: Signer, name: str, sha256: str, attestation: Attestation) -> None:
        """Verify one attestation: as pypi-attestations does, but against the trust root that is given here.

        Its own `Attestation.verify` knows the public instance only, and asks for the root anew for each file.
        """
        from pypi_attestations import AttestationType

        bundle = attestation.to_bundle()
        kind, payload = self._verifier.verify_dsse(bundle, _policy(signer))
        if kind != _STATEMENT:
            raise _RefusedError(f"it attests to something of the kind {kind}")
        problem = statement_problem(payload, name, sha256, [known.value for known in AttestationType])
        if problem:
            raise _RefusedError(problem)
        _check_commit(signer, bundle)


class _RefusedError(Exception):
    """What was verified is not what it should be; the text says why."""


def _check_publisher(signer: Signer, publisher: Publisher) -> None:
    from pypi_attestations import GitHubPublisher

    ours = isinstance(publisher, GitHubPublisher) and (
        publisher.repository.casefold() == signer.repository.casefold()  # GitHub tells no case apart
        and publisher.workflow == signer.workflow
    )
    if not ours:
        wanted = f"{signer.repository}, {signer.workflow}"
        raise _RefusedError(f"it was published by {_publisher(publisher)}, which is not {wanted}")


def _policy(signer: Signer) -> VerificationPolicy:
    from sigstore.verify.policy import Identity

    return Identity(identity=signer.identity, issuer=ISSUER)


def _check_commit(signer: Signer, bundle: Bundle) -> None:
    """Raise unless the certificate is for a run on what the tag stands for today: a tag can be moved."""
    from sigstore.verify.policy import AnyOf, OIDCSourceRepositoryDigest

    commits = signer.commits
    if commits:
        try:
            AnyOf([OIDCSourceRepositoryDigest(commit) for commit in commits]).verify(bundle.signing_certificate)
        except Exception as error:
            raise _RefusedError(f"it was signed for another commit than {commits[0]}, where the tag is") from error


def _proved(verify: Callable[[], None]) -> Found:
    """Return what comes of a verification: right only when it ends without a word."""
    try:
        verify()
    except Exception as error:  # noqa: BLE001 - a bundle made to hurt finds the exceptions that a library forgot
        return contradictory(_said(error))
    return right()


def _said(error: Exception) -> str:
    """Return an exception's own words, on one line and not too long."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}..."


def _publisher(publisher: Publisher) -> str:
    """Return who published, as the index says: repository, workflow and environment, or what else there is."""
    said = publisher.model_dump()
    shown = [said.get(key) for key in ("repository", "workflow", "workflow_filepath", "email", "project_id")]
    environment = said.get("environment")
    named = [str(value) for value in shown if value] + ([f"environment {environment}"] if environment else [])
    return ", ".join(named) + ("" if said["kind"] == "GitHub" else f" ({said['kind']})")
