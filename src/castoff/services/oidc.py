"""GitHub's token endpoint: a job with `id-token: write` exchanges its bearer for a signed statement of who it is.

The names of the claims, and what they hold, are those of GitHub's "OpenID Connect reference".
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from castoff.services.http import AnswerError, Request, Response, Server, json_response
from castoff.services.service import Service

ISSUER = "https://token.actions.githubusercontent.com"
"""What tokens say as `iss`: clients compare it with this name, and none asks that host anything."""
LIFETIME = 300
"""Seconds that a token lasts, as GitHub's do."""
_EARLY = 600
"""Seconds before its making that a token is good from, as GitHub's are, against clocks that are apart."""
_GRANTS = 1000
"""Grants that are remembered: far more than the jobs of a rehearsal; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Run:
    """What GitHub knows about a run of a workflow."""

    owner: str
    repository: str
    """The repository's name, without its owner."""
    owner_id: int
    repository_id: int
    workflow: str
    """The workflow's file name, such as `release.yml`."""
    workflow_name: str
    """What the workflow calls itself (`name:`), or its path."""
    ref: str
    """The full ref, such as `refs/tags/v1.0`."""
    sha: str
    run_id: int
    run_number: int
    attempt: int
    actor: str
    actor_id: int
    event: str = "push"
    visibility: str = "public"

    @property
    def workflow_ref(self) -> str:
        """The workflow with its repository and ref."""
        return f"{self.owner}/{self.repository}/.github/workflows/{self.workflow}@{self.ref}"

    @property
    def identity(self) -> str:
        """What a certificate calls the workflow, and a verifier has to ask for."""
        return f"https://github.com/{self.workflow_ref}"


def job_claims(run: Run, environment: str | None) -> dict[str, str]:
    """Return what GitHub claims about a job of `run` that names `environment` (or none)."""
    full_name = f"{run.owner}/{run.repository}"
    # GitHub's rule: a colon within the name of an environment would split the subject elsewhere.
    place = f"ref:{run.ref}" if environment is None else f"environment:{environment.replace(':', '%3A')}"
    claims = {
        "sub": f"repo:{full_name}:{place}",
        "ref": run.ref,
        "ref_type": "tag" if run.ref.startswith("refs/tags/") else "branch",
        "ref_protected": "false",
        "head_ref": "",
        "base_ref": "",
        "sha": run.sha,
        "repository": full_name,
        "repository_id": str(run.repository_id),
        "repository_owner": run.owner,
        "repository_owner_id": str(run.owner_id),
        "repository_visibility": run.visibility,
        "run_id": str(run.run_id),
        "run_number": str(run.run_number),
        "run_attempt": str(run.attempt),
        "runner_environment": "github-hosted",
        "actor": run.actor,
        "actor_id": str(run.actor_id),
        "event_name": run.event,
        "workflow": run.workflow_name,
        "workflow_ref": run.workflow_ref,
        "workflow_sha": run.sha,
        "job_workflow_ref": run.workflow_ref,
        "job_workflow_sha": run.sha,
    }
    return claims if environment is None else {**claims, "environment": environment}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a job with `id-token: write` finds in its environment."""

    url: str
    bearer: str = field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that carry it."""
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": self.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.bearer}


def bearer_of(authorization: str) -> str:
    """Return the token of an `Authorization: bearer` header; empty when there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class TokenError(Exception):
    """A token is not what it has to be; the text says why."""


class Issuer(Service):
    """Makes tokens over HTTP while its `with` block lasts, and checks them for the other services at any time."""

    def __init__(self) -> None:
        self._made: rsa.RSAPrivateKey | None = None
        self._kid = secrets.token_hex(20)
        self._grants: OrderedDict[str, tuple[Mapping[str, str], int]] = OrderedDict()
        self._lock = threading.Lock()
        super().__init__(Server({("GET", re.compile(r"/idtoken")): self._answer}))

    @property
    def _key(self) -> rsa.RSAPrivateKey:
        """The key, made with the first token: that is the dearest thing here, and many an issuer makes none."""
        with self._lock:
            if self._made is None:
                self._made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            return self._made

    def grant(self, claims: Mapping[str, str], lifetime: int = LIFETIME) -> Grant:
        """Let one job have tokens with `claims`, each good for `lifetime` seconds (negative: expired when made)."""
        bearer = secrets.token_urlsafe(32)
        with self._lock:
            self._grants[bearer] = (dict(claims), lifetime)
            if len(self._grants) > _GRANTS:
                self._grants.popitem(last=False)
        # With a query, as GitHub's: clients append `&audience=`.
        return Grant(f"{self.url}/idtoken?api-version=2.0", bearer)

    def withdraw(self, grant: Grant) -> None:
        """Let the job have no more tokens: it has ended."""
        with self._lock:
            self._grants.pop(grant.bearer, None)

    def verify(self, token: str, audience: str) -> dict[str, str]:
        """Return the claims of a token, numbers as text.

        Raises TokenError unless it was made here, is current, and is for `audience`.
        """
        signed, _, signature = token.rpartition(".")
        try:
            self._key.public_key().verify(_unpack(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
            claims = cast("dict[str, str | int]", json.loads(_unpack(signed.partition(".")[2])))
        except InvalidSignature:
            raise TokenError("the token's signature is not this issuer's") from None
        except ValueError:
            raise TokenError("the token is malformed") from None
        if claims["iss"] != ISSUER or claims["aud"] != audience:
            raise TokenError(f"the token is for the audience {claims['aud']!r}, not for {audience!r}")
        if not int(claims["nbf"]) <= time.time() < int(claims["exp"]):
            raise TokenError("the token has expired, or is not good yet")
        return {name: str(value) for name, value in claims.items()}

    def _answer(self, request: Request) -> Response:
        claims, lifetime = self._granted(request.header("Authorization"))
        audience = request.query.get("audience") or f"https://github.com/{claims['repository_owner']}"
        return json_response({"value": self._token(claims, lifetime, audience)})

    def _granted(self, authorization: str) -> tuple[Mapping[str, str], int]:
        """Return what the bearer of a request is granted.

        Raises AnswerError: 401 without a bearer, 403 with one that is not, or no longer, good.
        """
        bearer = bearer_of(authorization)
        if not bearer:
            raise AnswerError(_refusal(HTTPStatus.UNAUTHORIZED, "a bearer token is required"))
        with self._lock:
            granted = self._grants.get(bearer)
        if granted is None:
            raise AnswerError(
                _refusal(HTTPStatus.FORBIDDEN, "no running job with `id-token: write` has this bearer token")
            )
        return granted

    def _token(self, claims: Mapping[str, str], lifetime: int, audience: str) -> str:
        now = int(time.time())
        own = {"jti": secrets.token_hex(16), "iss": ISSUER, "aud": audience}
        times = {"nbf": now - _EARLY, "iat": now, "exp": now + lifetime}
        header = {"typ": "JWT", "alg": "RS256", "kid": self._kid}
        signed = f"{_pack(_json(header))}.{_pack(_json({**claims, **own, **times}))}"
        return f"{signed}.{_pack(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _refusal(status: HTTPStatus, message: str) -> Response:
    return json_response({"statusCode": status, "errorMessage": message}, status)


def _json(data: Mapping[str, object]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


def _pack(data: bytes) -> str:
    """Return base64url without its padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    """Return the bytes of base64url without padding; raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
