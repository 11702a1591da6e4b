"""Rekor's part of a local Sigstore instance: what may enter the log, and the signed answer that it did.

Forms are those of Rekor's API v1, with the types hashedrekord and dsse in their version 0.0.1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from castoff.services.sigstore_keys import key_id
from castoff.services.sigstore_log import Entry, Proof, leaf_hash


class ProposalError(ValueError):
    """An entry is refused; the text says why."""


def canonical_body(proposal: object) -> bytes:
    """Return the body under which a proposed entry is logged; raises ProposalError when its signature is not good."""
    kind = pick(proposal, "kind")
    version = pick(proposal, "apiVersion")
    if version != "0.0.1" or kind not in ("hashedrekord", "dsse"):
        raise ProposalError(f"entries of type {kind} {version} are not taken")
    spec = _hashedrekord(proposal) if kind == "hashedrekord" else _dsse(proposal)
    return _canonical({"apiVersion": version, "kind": kind, "spec": spec})


def answer(key: ec.EllipticCurvePrivateKey, name: str, entry: Entry, proof: Proof) -> dict[str, object]:
    """Return what Rekor says about an entry, signed by the log's `key`; `name` is the host name of the log's URL."""
    covered = {
        "body": base64.b64encode(entry.body).decode(),
        "integratedTime": entry.time,
        "logID": key_id(key).hex(),
        "logIndex": proof.index,
    }
    verification = {
        "signedEntryTimestamp": _signed(key, _canonical(covered)),
        "inclusionProof": {
            "logIndex": proof.index,
            "treeSize": proof.size,
            "rootHash": proof.root.hex(),
            "hashes": [item.hex() for item in proof.hashes],
            "checkpoint": _checkpoint(key, name, proof),
        },
    }
    return {f"{_tree(key):016x}{leaf_hash(entry.body).hex()}": {**covered, "verification": verification}}


def pick(data: object, *path: str | int) -> str:
    """Return the text at `path` in parsed JSON; raises ProposalError when there is none."""
    found = data
    try:
        for step in path:
            found = cast("dict[str | int, object]", found)[step]
    except (KeyError, IndexError, TypeError):
        found = None
    if not isinstance(found, str):
        raise ProposalError(f"there is no text at {'.'.join(map(str, path))}")
    return found


def _hashedrekord(proposal: object) -> Mapping[str, object]:
    algorithm = pick(proposal, "spec", "data", "hash", "algorithm")
    value = pick(proposal, "spec", "data", "hash", "value").lower()
    signature = _bytes(pick(proposal, "spec", "signature", "content"))
    verifier = _bytes(pick(proposal, "spec", "signature", "publicKey", "content"))
    if algorithm != "sha256" or len(value) != hashlib.sha256().digest_size * 2:
        raise ProposalError("the hash is no SHA-256")
    try:
        digest = bytes.fromhex(value)
    except ValueError:
        raise ProposalError("the hash is not written in hexadecimal") from None
    _check(verifier, signature, digest)
    return {
        "data": {"hash": {"algorithm": algorithm, "value": value}},
        "signature": {"content": _text(signature), "publicKey": {"content": _text(verifier)}},
    }


def _dsse(proposal: object) -> Mapping[str, object]:
    written = pick(proposal, "spec", "proposedContent", "envelope")
    try:
        envelope = cast(object, json.loads(written))
    except (ValueError, RecursionError):
        raise ProposalError("the envelope is not JSON") from None
    payload = _bytes(pick(envelope, "payload"))
    signature = _bytes(pick(envelope, "signatures", 0, "sig"))
    verifier = _bytes(pick(proposal, "spec", "proposedContent", "verifiers", 0))
    covered = _pre_authenticated(pick(envelope, "payloadType").encode(), payload)
    _check(verifier, signature, hashlib.sha256(covered).digest())
    return {
        "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(written.encode()).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
        "signatures": [{"signature": _text(signature), "verifier": _text(verifier)}],
    }


def _pre_authenticated(kind: bytes, payload: bytes) -> bytes:
    """Return what a DSSE signature covers (PAE of the DSSE protocol, version 1)."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _check(verifier: bytes, signature: bytes, digest: bytes) -> None:
    """Raise ProposalError unless `signature` over `digest` is by the key of the certificate `verifier` (PEM)."""
    try:
        key = x509.load_pem_x509_certificate(verifier).public_key()
    except ValueError:
        raise ProposalError("the verifier is no certificate") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ProposalError("the key is not one on an elliptic curve")
    try:
        key.verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except InvalidSignature:
        raise ProposalError("the signature does not fit the digest and the certificate") from None


def _checkpoint(key: ec.EllipticCurvePrivateKey, name: str, proof: Proof) -> str:
    """Return the signed state of the log, in the form of a signed note."""
    text = f"{name} - {_tree(key)}\n{proof.size}\n{_text(proof.root)}\n"
    hint_and_signature = key_id(key)[:4] + key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    return f"{text}\n\N{EM DASH} {name} {_text(hint_and_signature)}\n"


def _tree(key: ec.EllipticCurvePrivateKey) -> int:
    """Return the number of the log's one tree, which starts the names of its entries."""
    return int.from_bytes(key_id(key)[:7], "big")


def _signed(key: ec.EllipticCurvePrivateKey, data: bytes) -> str:
    return _text(key.sign(data, ec.ECDSA(hashes.SHA256())))


def _canonical(data: object) -> bytes:
    """Return JSON as RFC 8785 has it, as long as keys are ASCII and numbers are integers."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProposalError("it is not base64 where it has to be") from None
