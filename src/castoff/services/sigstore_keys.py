"""The keys of a local Sigstore instance and its certificate authority, made once and kept in one file."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from castoff.core.errors import refuse

ORGANIZATION = "castoff rehearsal"
_KEY = re.compile(rb"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----\n", re.DOTALL)
_YEARS = dt.timedelta(days=3650)
_EARLIER = dt.timedelta(hours=1)
"""How long before its making the instance is trusted from: what it signs in its first second counts too."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys, and the certificates of the authorities."""

    authority: ec.EllipticCurvePrivateKey
    """Signs certificates."""
    ct: ec.EllipticCurvePrivateKey
    """Signs the certificate log's promises (SCT)."""
    log: ec.EllipticCurvePrivateKey
    """Signs what the transparency log says."""
    chain: tuple[x509.Certificate, ...]
    """The certificate of `authority`, then the root's."""

    @property
    def start(self) -> dt.datetime:
        """Since when all of this is trusted."""
        return self.chain[-1].not_valid_before_utc


def load_or_make(file: Path) -> Keys:
    """Return the keys in `file`; when there is no such file, make it, whole or not at all."""
    if not file.exists():
        temporary = file.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor, so that nobody else can ever read it
            stream.write(_made(dt.datetime.now(dt.UTC)))
        temporary.replace(file)
    return _loaded(file)


def public_der(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as SubjectPublicKeyInfo in DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return what a log is known by: the SHA-256 of its public key (RFC 6962, section 3.2)."""
    return hashlib.sha256(public_der(key.public_key())).digest()


def _loaded(file: Path) -> Keys:
    data = file.read_bytes()
    try:
        keys = [load_pem_private_key(block, None) for block in _KEY.findall(data)]
        authority, ct, log = (key for key in keys if isinstance(key, ec.EllipticCurvePrivateKey))
        return Keys(authority, ct, log, tuple(x509.load_pem_x509_certificates(data)))
    except ValueError as error:
        raise refuse(f"{file} does not hold the keys of a local Sigstore instance: {error}") from None


def _made(now: dt.datetime) -> bytes:
    """Return new keys and certificates as PEM. The root's key signs one certificate, and is forgotten."""
    root, authority = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
    start = now.replace(microsecond=0) - _EARLIER
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
    names = [
        x509.Name([_part(NameOID.ORGANIZATION_NAME, ORGANIZATION), _part(NameOID.COMMON_NAME, name)])
        for name in ("root", "intermediate")
    ]
    top = _authority(names[0], root, start, None).issuer_name(names[0]).sign(root, hashes.SHA384())
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
    between = _authority(names[1], authority, start, 0).issuer_name(names[0]).add_extension(usage, critical=False)
    chain = (between.add_extension(identifier, critical=False).sign(root, hashes.SHA384()), top)
    keys = (authority, ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1()))
    blocks = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in keys]
    return b"".join([*blocks, *(certificate.public_bytes(Encoding.PEM) for certificate in chain)])


def _part(kind: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(kind, value)


def _authority(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, start: dt.datetime, below: int | None
) -> x509.CertificateBuilder:
    """Return what the certificates of both authorities share; `below` bounds how many authorities may follow."""
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
