"""The certificate authority of a local Sigstore instance: short-lived certificates that say which job signs.

What is in them is Fulcio's certificate specification; the extensions are those of its "Sigstore OID information".
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from castoff.services.sigstore_keys import Keys, key_id, public_der

LIFETIME = dt.timedelta(minutes=10)
_ARC = "1.3.6.1.4.1.57264.1"
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_PAGE = "https://github.com/"

_RAW = {1: "iss", 2: "event_name", 3: "sha", 4: "workflow", 5: "repository", 6: "ref"}
"""Extensions that hold a claim as bare bytes: the older ones, that `verify` still reads."""
_DERIVED: Mapping[int, Callable[[Mapping[str, str]], str]] = {
    8: lambda claims: claims["iss"],
    9: lambda claims: _PAGE + claims["job_workflow_ref"],
    10: lambda claims: claims["job_workflow_sha"],
    11: lambda claims: claims["runner_environment"],
    12: lambda claims: _PAGE + claims["repository"],
    13: lambda claims: claims["sha"],
    14: lambda claims: claims["ref"],
    15: lambda claims: claims["repository_id"],
    16: lambda claims: _PAGE + claims["repository_owner"],
    17: lambda claims: claims["repository_owner_id"],
    18: lambda claims: _PAGE + claims["workflow_ref"],
    19: lambda claims: claims["workflow_sha"],
    20: lambda claims: claims["event_name"],
    21: lambda claims: (
        f"{_PAGE}{claims['repository']}/actions/runs/{claims['run_id']}/attempts/{claims['run_attempt']}"
    ),
    22: lambda claims: claims["repository_visibility"],
    23: lambda claims: claims.get("environment", ""),
}
"""Extensions that hold a UTF8String; one that would be empty is left out."""


class RequestError(Exception):
    """A certificate cannot be had for this request; the text says why."""


def issue(keys: Keys, request: bytes, claims: Mapping[str, str], now: dt.datetime) -> x509.Certificate:
    """Return a certificate for the key of a signing request (PEM) and the job that `claims` speak of.

    Raises RequestError when the request does not prove that its maker has the key, or a claim is missing.
    """
    try:
        builder = _identified(claims)
    except KeyError as error:
        raise RequestError(f"the identity token has no claim {error}") from None
    start = now.replace(microsecond=0)
    builder = _with_key(builder, keys, _proven_key(request))
    builder = builder.not_valid_before(start).not_valid_after(start + LIFETIME)
    # RFC 6962, section 3.2: the promise covers the certificate as it is without the promise.
    without = builder.sign(keys.authority, hashes.SHA384())
    promise = _promise(keys, without.tbs_certificate_bytes, now)
    return builder.add_extension(promise, critical=False).sign(keys.authority, hashes.SHA384())


def _proven_key(request: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a signing request that was signed with it."""
    try:
        parsed = x509.load_pem_x509_csr(request)
        key = parsed.public_key()
    except (ValueError, TypeError):
        raise RequestError("the certificate signing request is malformed") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise RequestError("the key is not one on an elliptic curve")
    if not parsed.is_signature_valid:
        raise RequestError("the certificate signing request is not signed with its own key")
    return key


def _identified(claims: Mapping[str, str]) -> x509.CertificateBuilder:
    """Return a certificate's identity and extensions; raises KeyError when a claim is missing."""
    name = x509.UniformResourceIdentifier(_PAGE + claims["job_workflow_ref"])
    builder = x509.CertificateBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=True)
    for number, claim in _RAW.items():
        builder = builder.add_extension(_extension(number, claims[claim].encode()), critical=False)
    for number, derived in _DERIVED.items():
        value = derived(claims).encode()
        if value:
            builder = builder.add_extension(_extension(number, _der(0x0C, value)), critical=False)
    return builder


def _with_key(builder: x509.CertificateBuilder, keys: Keys, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(keys.authority.public_key())
    return (
        builder.issuer_name(keys.chain[0].subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(issuer, critical=False)
    )


def _promise(keys: Keys, certificate: bytes, now: dt.datetime) -> x509.UnrecognizedExtension:
    """Return the list of one signed certificate timestamp (RFC 6962, sections 3.2 and 3.3)."""
    time = int(now.timestamp() * 1000).to_bytes(8, "big")
    issuer = hashlib.sha256(public_der(keys.authority.public_key())).digest()
    version, no_extensions, precertificate = b"\0", b"\0\0", b"\0\1"
    covered = version + b"\0" + time + precertificate + issuer + _sized(certificate, 3) + no_extensions
    signature = keys.ct.sign(covered, ec.ECDSA(hashes.SHA256()))
    sha256_ecdsa = b"\4\3"
    timestamp = version + key_id(keys.ct) + time + no_extensions + sha256_ecdsa + _sized(signature, 2)
    return x509.UnrecognizedExtension(_SCT_LIST, _der(0x04, _sized(_sized(timestamp, 2), 2)))


def _sized(data: bytes, width: int) -> bytes:
    """Return `data` behind its length in `width` bytes."""
    return len(data).to_bytes(width, "big") + data


def _extension(number: int, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{_ARC}.{number}"), value)


def _der(tag: int, value: bytes) -> bytes:
    """Return a DER value of a primitive type (X.690, sections 8.1.3 and 10.1)."""
    size = len(value)
    if size < 0x80:  # noqa: PLR2004 - DER's limit of the short form
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + value
