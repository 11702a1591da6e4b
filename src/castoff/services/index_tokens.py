"""Trusted publishing as PyPI does it: a workflow's identity token is exchanged for an upload token of 15 minutes.

Read in PyPI's source (August 2026): `warehouse/oidc/views.py` (codes and sentences), `warehouse/oidc/models/github.py`
(which claims are compared, and how), `warehouse/forklift/decorators.py` and `warehouse/macaroons` (upload tokens).
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from castoff.services.index_rules import RefusedError
from castoff.services.oidc import ISSUER, TokenError

AUDIENCE = "pypi"
LIFE = timedelta(seconds=900)

Claims = Mapping[str, str]
Verify = Callable[[str, str], Mapping[str, str]]
"""(token, audience) -> claims; raises TokenError. It is `Issuer.verify`, of the token endpoint that runs beside it."""

_WORKFLOW = re.compile(r"[^/]+\.(?:yml|yaml)(?=@)")
_REQUIRED = ("repository", "job_workflow_ref", "ref", "sha", "event_name")


@dataclass(frozen=True, slots=True)
class Publisher:
    """A trusted publisher as it is registered on PyPI for `project`."""

    project: str
    owner: str
    repository: str
    workflow: str
    """The file's name, without its folder."""
    environment: str | None
    """None: any environment, or none at all."""


@dataclass(frozen=True, slots=True)
class UploadToken:
    """What a token may do, and until when."""

    publisher: Publisher
    expires: datetime


class NotMintedError(Exception):
    """The exchange is refused: PyPI's code and description."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description

    def to_json(self) -> dict[str, object]:
        """Return PyPI's answer, which comes with status 422."""
        error = {"code": self.code, "description": self.description}
        return {"message": "Token request failed", "errors": [error]}


def no_publisher(reason: str = "Publisher with matching claims was not found") -> NotMintedError:
    """Return the refusal of a token that is good, but nobody's who may publish here."""
    return NotMintedError("invalid-publisher", f"valid token, but no corresponding publisher ({reason})")


def find_publisher(publishers: Sequence[Publisher], claims: Claims) -> Publisher:
    """Return the publisher that the claims are those of; raises NotMintedError.

    One that names the environment goes before one that names none. The workflow counts that holds the job, which in
    a reusable workflow is not the one that was started; its ref must be the ref or the commit of the run.
    """
    for claim in _REQUIRED:
        if claims.get(claim) is None:
            raise no_publisher(f"Missing claim {claim!r}")
    workflow = _WORKFLOW.search(claims["job_workflow_ref"])
    if workflow is None:
        raise no_publisher("Could not job extract workflow filename from OIDC claims")
    repository, environment = claims["repository"].lower(), claims.get("environment", "").lower()
    matching = [
        publisher
        for publisher in publishers
        if f"{publisher.owner}/{publisher.repository}".lower() == repository
        and publisher.workflow == workflow[0]
        and (publisher.environment or environment).lower() == environment
    ]
    if not matching:
        raise no_publisher()
    found = max(matching, key=lambda publisher: publisher.environment is not None)
    _check_ref(found, claims)
    if claims["event_name"] == "pull_request_target":
        what = "Publishing from a workflow invoked via 'pull_request_target' is not supported."
        raise no_publisher(what)
    return found


def _check_ref(publisher: Publisher, claims: Claims) -> None:
    file = f"{claims['repository']}/.github/workflows/{publisher.workflow}"
    expected = sorted({f"{file}@{claims[name]}" for name in ("ref", "sha") if claims[name]})
    said = claims["job_workflow_ref"]
    if not expected:
        raise no_publisher("The ref and sha claims are empty")
    if said not in expected:
        what = f"The job_workflow_ref claim does not match, expecting one of {expected!r}, got {said!r}"
        raise no_publisher(what)


class TokenDesk:
    """Mints upload tokens, and knows them again; they are kept in memory only."""

    def __init__(self, publishers: Sequence[Publisher], verify: Verify, clock: Callable[[], datetime]) -> None:
        self._publishers = tuple(publishers)
        self._verify = verify
        self._clock = clock
        self._tokens: dict[str, UploadToken] = {}
        self._used: set[str] = set()

    def mint(self, payload: object) -> dict[str, object]:
        """Return PyPI's answer to the request body `{"token": JWT}`; raises NotMintedError."""
        token = cast("dict[str, object]", payload).get("token") if isinstance(payload, dict) else None
        if not isinstance(token, str):
            raise NotMintedError("invalid-payload", "token: Input should be a valid string")
        issuer = _peek(token).get("iss")
        if issuer != ISSUER:
            raise NotMintedError("invalid-payload", "unknown trusted publishing issuer" if issuer else "malformed JWT")
        try:
            claims = self._verify(token, AUDIENCE)
        except TokenError:
            raise NotMintedError("invalid-token", "malformed or invalid token") from None
        return self._issue(find_publisher(self._publishers, claims), claims.get("jti", ""))

    def _issue(self, publisher: Publisher, jti: str) -> dict[str, object]:
        if jti and jti in self._used:
            raise NotMintedError("invalid-reuse-token", "invalid token: already used")
        self._used.add(jti)
        token = f"pypi-{secrets.token_urlsafe(48)}"
        expires = self._clock() + LIFE
        self._tokens[token] = UploadToken(publisher, expires)
        return {"success": True, "token": token, "expires": int(expires.timestamp())}

    def check(self, authorization: str) -> UploadToken:
        """Return the token that an Authorization header holds; raises RefusedError (403)."""
        found = self._tokens.get(_token_in(authorization))
        if found is None:
            raise RefusedError("Invalid or non-existent authentication information.", 403)
        if self._clock() >= found.expires:
            raise RefusedError("Invalid API Token: token is expired", 403)
        return found


def _peek(token: str) -> Mapping[str, object]:
    """Return the claims of a JWT, unverified; empty when it is none."""
    try:
        middle = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004 - header, claims, signature
        data: object = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}


def _token_in(authorization: str) -> str:
    """Return the token: the password of the user `__token__`, or what comes after `token` or `bearer`."""
    method, _, value = authorization.partition(" ")
    if method.lower() in ("token", "bearer"):
        return value.strip()
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return ""
    return password.strip() if method.lower() == "basic" and user == "__token__" else ""
