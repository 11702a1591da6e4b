"""A Sigstore instance on this machine, which the unmodified client signs with and verifies against.

    with Issuer() as issuer, Sigstore(folder, issuer) as sigstore:
        # sigstore --trust-config {sigstore.trust_config} sign FILE

It is Fulcio (certificates) and Rekor (the transparency log) in one server, with keys and log in `folder`: what was
signed once verifies with any later instance on the same folder, and with the trust configuration alone.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import fcntl
import json
import re
import time
from http import HTTPStatus
from pathlib import Path
from typing import Self, cast

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from castoff.core.errors import refuse
from castoff.services.http import AnswerError, Request, Response, Routes, Server, json_response
from castoff.services.oidc import Issuer, TokenError, bearer_of
from castoff.services.service import Service
from castoff.services.sigstore_ca import RequestError, issue
from castoff.services.sigstore_keys import ORGANIZATION, Keys, key_id, load_or_make, public_der
from castoff.services.sigstore_log import Entry, Log, Proof, leaf_hash
from castoff.services.sigstore_rekor import answer, canonical_body, pick

AUDIENCE = "sigstore"
"""What a token must be for."""
_MEDIA = "application/vnd.dev.sigstore"
_NAME = "127.0.0.1"
"""How the log signs: sigstore-js compares it with the host name of the log's URL."""
_MOST = 10
"""Entries that one request may ask for."""


class Sigstore(Service):
    """Serves while its `with` block lasts; one process at a time on a folder."""

    def __init__(self, folder: Path, issuer: Issuer) -> None:
        self.trust_config = folder / "trust-config.json"
        """The file for `sigstore --trust-config`; it is there from the start of the `with` block on."""
        self._folder = folder
        self._issuer = issuer
        self._open = contextlib.ExitStack()
        routes: Routes = {
            ("POST", re.compile(r"/api/v2/signingCert")): self._sign,
            ("POST", re.compile(r"/api/v1/log/entries/?")): self._enter,
            ("POST", re.compile(r"/api/v1/log/entries/retrieve/?")): self._retrieve,
            ("GET", re.compile(r"/api/v1/log/entries/?")): self._read,
        }
        super().__init__(Server(routes))

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._folder.mkdir(parents=True, exist_ok=True)
            _lock(stack, self._folder / "lock")
            self._keys = load_or_make(self._folder / "keys.pem")
            self._log = Log(self._folder / "log.jsonl")
            stack.enter_context(self._server)
            config = trust_config(self._keys, self.url, self._issuer.url)
            self.trust_config.write_text(json.dumps(config, indent=1), encoding="utf-8")
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _sign(self, request: Request) -> Response:
        """Answer `POST /api/v2/signingCert` as Fulcio does; the codes are gRPC's."""
        try:
            claims = self._issuer.verify(bearer_of(request.header("Authorization")), AUDIENCE)
            wanted = base64.b64decode(pick(request.json(), "certificateSigningRequest"))
            leaf = issue(self._keys, wanted, claims, dt.datetime.now(dt.UTC))
        except TokenError as error:
            return json_response({"code": 16, "message": str(error), "details": []}, HTTPStatus.UNAUTHORIZED)
        except (RequestError, ValueError) as error:
            return json_response({"code": 3, "message": str(error), "details": []}, HTTPStatus.BAD_REQUEST)
        chain = [certificate.public_bytes(Encoding.PEM).decode() for certificate in (leaf, *self._keys.chain)]
        return json_response({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}})

    def _enter(self, request: Request) -> Response:
        """Answer `POST /api/v1/log/entries`: the entry, now the last one."""
        entry = Entry(_body(request.json()), int(time.time()))
        return json_response(self._told(entry, self._log.append(entry)), HTTPStatus.CREATED)

    def _read(self, request: Request) -> Response:
        """Answer `GET /api/v1/log/entries?logIndex=N`: the entry, with its proof in the log of today."""
        number = request.query.get("logIndex", "")
        found = self._log.at(int(number)) if re.fullmatch("[0-9]{1,18}", number) else None
        return json_response(self._told(*found)) if found else _refusal(HTTPStatus.NOT_FOUND, "there is no such entry")

    def _retrieve(self, request: Request) -> Response:
        """Answer `POST /api/v1/log/entries/retrieve`: those of the proposed entries that are in the log."""
        data = request.json()
        asked = cast("dict[str, object]", data).get("entries") if isinstance(data, dict) else None
        proposals = cast("list[object]", asked) if isinstance(asked, list) else []
        if not 0 < len(proposals) <= _MOST:
            return _refusal(HTTPStatus.BAD_REQUEST, f"name up to {_MOST} entries")
        places = [self._log.find(leaf_hash(_body(proposal))) for proposal in proposals]
        found = [self._log.at(place) for place in places if place is not None]
        return json_response([self._told(*entry) for entry in found if entry])

    def _told(self, entry: Entry, proof: Proof) -> dict[str, object]:
        return answer(self._keys.log, _NAME, entry, proof)


def trust_config(keys: Keys, url: str, oidc_url: str) -> dict[str, object]:
    """Return what a client has to know to sign at `url`, and to verify what was signed (`ClientTrustConfig`)."""
    start = {"start": keys.start.isoformat().replace("+00:00", "Z")}
    certificates = [{"rawBytes": _text(certificate.public_bytes(Encoding.DER))} for certificate in keys.chain]
    authority = {
        "subject": {"organization": ORGANIZATION, "commonName": "root"},
        "uri": url,
        "certChain": {"certificates": certificates},
        "validFor": start,
    }
    root = {
        "mediaType": f"{_MEDIA}.trustedroot+json;version=0.1",
        "tlogs": [_log_key(keys.log, url, start)],
        "certificateAuthorities": [authority],
        "ctlogs": [_log_key(keys.ct, url, start)],
        "timestampAuthorities": [],
    }
    service = {"majorApiVersion": 1, "validFor": start, "operator": ORGANIZATION}
    signing = {
        "mediaType": f"{_MEDIA}.signingconfig.v0.2+json",
        "caUrls": [{"url": url, **service}],
        "oidcUrls": [{"url": oidc_url, **service}],
        "rekorTlogUrls": [{"url": url, **service}],
        "tsaUrls": [],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {"selector": "ANY"},
    }
    return {"mediaType": f"{_MEDIA}.clienttrustconfig.v0.1+json", "trustedRoot": root, "signingConfig": signing}


def _log_key(key: ec.EllipticCurvePrivateKey, url: str, valid: dict[str, str]) -> dict[str, object]:
    public = {
        "rawBytes": _text(public_der(key.public_key())),
        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        "validFor": valid,
    }
    return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": {"keyId": _text(key_id(key))}}


def _body(proposal: object) -> bytes:
    """Return the body of a proposed entry; raises AnswerError (400) when it is refused."""
    try:
        return canonical_body(proposal)
    except ValueError as error:
        raise AnswerError(_refusal(HTTPStatus.BAD_REQUEST, str(error))) from None


def _refusal(status: HTTPStatus, message: str) -> Response:
    """Return an error as Rekor words it."""
    return json_response({"code": status, "message": message}, status)


def _lock(stack: contextlib.ExitStack, file: Path) -> None:
    """Keep other processes off the folder until `stack` is closed: two writers would spoil the log."""
    stream = stack.enter_context(file.open("w"))
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise refuse(f"{file.parent} is in use by another process") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
