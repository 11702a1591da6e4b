"""The identity token of a job exchanged for an upload token of the index (`oidc-exchange.py` of the publish action)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import NoReturn, cast

import id as identity
import requests

from castoff.standins.step import Step, StepError, debug, mask, warning

_SECONDS = 5
_PERMISSIONS = """\
OpenID Connect token retrieval failed: {reason}

This generally indicates a workflow configuration error, such as insufficient
permissions. Make sure that your workflow has `id-token: write` configured
at the job level, e.g.:

```yaml
permissions:
  id-token: write
```
"""
_REFUSED = """\
Token request failed: the server refused the request for the following reasons:

{reasons}

This generally indicates a trusted publisher configuration error, but could
also indicate an internal error on GitHub or PyPI's part.

The claims rendered below are **for debugging purposes only**. You should **not**
use them to configure a trusted publisher unless they already match your expectations.

If a claim is not present in the claim set, then it is rendered as `MISSING`.

{claims}
"""
_CLAIMS = (
    "sub",
    "repository",
    "repository_owner",
    "repository_owner_id",
    "workflow_ref",
    "job_workflow_ref",
    "ref",
    "environment",
)


def mint(step: Step) -> str:
    """Return an upload token; raises StepError, worded as the action words it."""
    session = requests.Session()
    session.trust_env = False
    try:
        return _mint(step, session)
    except requests.RequestException as error:
        _fail(step, f"the index does not answer: {type(error).__name__}")


def _mint(step: Step, session: requests.Session) -> str:
    index = step.stage.index_url
    audience = _audience(step, session.get(f"{index}/_/oidc/audience", timeout=_SECONDS), index.partition("//")[2])
    debug(f"selected trusted publishing exchange endpoint: {index}/_/oidc/mint-token")
    try:
        credential = identity.detect_credential(audience)
    except identity.IdentityError as error:
        _fail(step, _PERMISSIONS.format(reason=error))
    if credential is None:
        _fail(step, _PERMISSIONS.format(reason="Attempted to discover OIDC in broken environment"))
    claims = _claims(credential)
    if claims.get("workflow_ref") != claims.get("job_workflow_ref"):
        warning("Potential workflow misconfiguration: reusable workflows are not currently supported by PyPI")
    answer = session.post(f"{index}/_/oidc/mint-token", json={"token": credential}, timeout=_SECONDS)
    return _token(step, answer, claims)


def _audience(step: Step, answer: requests.Response, host: str) -> str:
    if answer.ok:
        return str(_members(answer).get("audience", ""))
    reasons = {
        HTTPStatus.FORBIDDEN: "has trusted publishing disabled",
        HTTPStatus.NOT_FOUND: "does not indicate trusted publishing support",
    }
    status = HTTPStatus(answer.status_code)
    reason = reasons.get(status, f"responded with unexpected {status.value}: {status.phrase}")
    return _fail(step, f"audience retrieval failed: repository at {host} {reason}")


def _token(step: Step, answer: requests.Response, claims: Mapping[str, object]) -> str:
    members = _members(answer)
    if not members:
        _fail(
            step,
            f"Token request failed: the index produced an unexpected\n{answer.status_code} response.\n\n"
            "This strongly suggests a server configuration or downtime issue; wait\na few minutes and try again.",
        )
    if not answer.ok:
        errors = cast("list[dict[str, str]]", members.get("errors", []))
        reasons = "\n".join(f"* `{error['code']}`: {error['description']}" for error in errors)
        shown = "\n".join(f"* `{name}`: `{claims.get(name, 'MISSING')}`" for name in _CLAIMS)
        _fail(step, _REFUSED.format(reasons=reasons, claims=shown))
    token = members.get("token")
    if not isinstance(token, str):
        _fail(step, "Token response error: the index gave us an invalid response.")
    mask(token)
    return token


def _members(answer: requests.Response) -> Mapping[str, object]:
    """Return the JSON object of an answer; empty when it holds none."""
    try:
        data: object = answer.json()
    except ValueError:
        return {}
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}


def _claims(token: str) -> Mapping[str, object]:
    """Return what the token claims; the index is the one to verify it."""
    middle = token.split(".")[1]
    return cast("dict[str, object]", json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))))


def _fail(step: Step, message: str) -> NoReturn:
    step.summarize(f"Trusted publishing exchange failure:\n\n{message}")
    raise StepError(f"Trusted publishing exchange failure: \n{message}")
