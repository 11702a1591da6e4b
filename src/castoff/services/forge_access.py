"""Who may do what on the forge: a token is what its job's `permissions:` say, and GitHub's refusals are worded here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from castoff.services.forge_requests import RefusedError
from castoff.services.http import AnswerError, Handler, Request, Response, json_response


class Access:
    """Knows the tokens; they are kept in memory only."""

    def __init__(self) -> None:
        self.public = False
        """Whether what is published may be read without a token."""
        self._tokens: dict[str, Mapping[str, str]] = {}

    def grant(self, token: str, permissions: Mapping[str, str]) -> None:
        """Let a token do what `permissions` say."""
        self._tokens[token] = dict(permissions)

    def withdraw(self, token: str) -> None:
        """Let a token do nothing more."""
        self._tokens.pop(token, None)

    def guard(self, act: Handler, need: str, scope: str = "contents") -> Handler:
        """Return `act` for those only who have `need` of a scope, with its refusals turned into answers."""

        def handler(request: Request) -> Response:
            try:
                self._check(_token(request), need, scope)
                return act(request)
            except RefusedError as refusal:
                return refusal_response(refusal)

        return handler

    def sees_drafts(self, request: Request) -> bool:
        """Return whether drafts exist for this client: whoever may not write never learns of them."""
        return self._level(_token(request), "contents") == "write"

    def granted(self, request: Request) -> Mapping[str, str] | None:
        """Return what the client's token may do, None without one; raises RefusedError (401) for an unknown one."""
        token = _token(request)
        if token and token not in self._tokens:
            raise RefusedError(401, "Bad credentials")
        return self._tokens[token] if token else None

    def seen(self, request: Request) -> Mapping[str, str]:
        """Return what the client may do beyond looking; raises RefusedError (404) when the repository is hidden."""
        granted = self.granted(request)
        if granted is None and not self.public:
            raise RefusedError(404, "Not Found")
        return granted or {}

    def _level(self, token: str, scope: str) -> str:
        return self._tokens.get(token, {}).get(scope, "none")

    def _check(self, token: str, need: str, scope: str) -> None:
        open_to_all = need == "read" and self.public
        if token and token not in self._tokens:
            raise RefusedError(401, "Bad credentials")
        if not token and not open_to_all:
            raise RefusedError(401, "Requires authentication")
        if not open_to_all and self._level(token, scope) not in (need, "write"):
            raise RefusedError(403, "Resource not accessible by integration")


def read_object(request: Request) -> Mapping[str, object]:
    """Return the JSON object that a request holds; raises RefusedError (400)."""
    try:
        data = request.json()
    except AnswerError:
        data = None
    if not isinstance(data, dict):
        raise RefusedError(400, "Problems parsing JSON")
    return cast("dict[str, object]", data)


def refusal_response(refusal: RefusedError) -> Response:
    """Return a refusal as GitHub writes it."""
    data: dict[str, object] = {"message": refusal.message, "documentation_url": "https://docs.github.com/rest"}
    if refusal.errors:
        data["errors"] = list(refusal.errors)
    return json_response({**data, "status": str(refusal.status)}, refusal.status)


def _token(request: Request) -> str:
    """Return the token of an Authorization header, whether it says `token` or `Bearer`."""
    return request.header("Authorization").partition(" ")[2].strip()
