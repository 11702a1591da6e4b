"""GitHub's releases over HTTP, as the client of the release action speaks and words them."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import cast

import requests

Members = Mapping[str, object]
_SECONDS = 600
_PAGE = 100


class HttpError(Exception):
    """An answer that is no success; the text is the client's (`toErrorMessage` of @octokit/request)."""

    def __init__(self, status: int, data: Members, text: str) -> None:
        super().__init__(_worded(data, text))
        self.status = status
        self.data = data

    @property
    def message(self) -> str:
        """What the server said, without the rest."""
        return str(self.data.get("message") or self)

    @property
    def first_code(self) -> str:
        """The code of the first of the errors; empty when there are none."""
        errors = self.data.get("errors")
        first = cast("list[object]", errors)[0] if isinstance(errors, list) and errors else None
        return str(cast("dict[str, object]", first).get("code", "")) if isinstance(first, dict) else ""


class Releases:
    """The releases of a repository."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        self._base = f"{api}/repos/{repository}/releases"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"Authorization": f"token {token}", "Accept": "application/vnd.github.v3+json"})

    def by_tag(self, tag: str) -> Members:
        """Return the published release of a tag; raises HttpError (404 when there is none)."""
        return self._object("GET", f"/tags/{tag}")

    def recent(self, pages: int) -> list[Members]:
        """Return the releases of the first pages, drafts included."""
        return self._pages("", pages)

    def create(self, members: Members) -> Members:
        """Create a release."""
        return self._object("POST", "", members)

    def update(self, number: object, members: Members) -> Members:
        """Change a release."""
        return self._object("PATCH", f"/{number}", members)

    def notes(self, members: Members) -> str:
        """Return generated notes."""
        return str(self._object("POST", "/generate-notes", members)["body"])

    def assets(self, number: object) -> list[Members]:
        """Return all assets of a release."""
        return self._pages(f"/{number}/assets", None)

    def delete_asset(self, number: object) -> None:
        """Delete an asset."""
        self._send("DELETE", f"{self._base}/assets/{number}")

    def label_asset(self, number: object, name: str, label: str) -> Members:
        """Give an asset a label."""
        return self._object("PATCH", f"/assets/{number}", {"name": name, "label": label})

    def delete(self, number: object) -> None:
        """Delete a release."""
        self._send("DELETE", f"{self._base}/{number}")

    def upload(self, url: str, file: Path) -> Members:
        """Upload a file, block by block, to the upload URL of a release."""
        size = file.stat().st_size
        headers = {"Content-Type": content_type(file), "Content-Length": str(size)}
        with file.open("rb") as stream:
            answer = self._send("POST", url, data=stream if size else b"", headers=headers, params={"name": file.name})
        return _members(answer)

    def _object(self, method: str, path: str, members: Members | None = None) -> Members:
        return _members(self._send(method, self._base + path, json=members))

    def _pages(self, path: str, most: int | None) -> list[Members]:
        found: list[Members] = []
        number = 1
        while most is None or number <= most:
            answer = self._send("GET", self._base + path, params={"per_page": _PAGE, "page": number})
            page = cast("list[Members]", answer.json())
            found += page
            number += 1
            if len(page) < _PAGE:
                break
        return found

    def _send(self, method: str, url: str, **options: object) -> requests.Response:
        """Send a request; raises HttpError for an answer that is no success, or for none."""
        try:
            answer = self._session.request(method, url, timeout=_SECONDS, allow_redirects=False, **options)  # type: ignore[arg-type]
        except requests.RequestException as error:
            raise HttpError(HTTPStatus.INTERNAL_SERVER_ERROR, {}, f"{type(error).__name__}: {url}") from None
        if answer.ok:
            return answer
        raise HttpError(answer.status_code, _members(answer), answer.text)


def content_type(file: Path) -> str:
    """Return the type that an asset is uploaded with."""
    kind, encoding = mimetypes.guess_type(file.name)
    if encoding:
        return "application/gzip" if encoding == "gzip" else "application/octet-stream"
    return kind or "application/octet-stream"


def _members(answer: requests.Response) -> Members:
    try:
        data: object = answer.json()
    except ValueError:
        return {}
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}


def _worded(data: Members, text: str) -> str:
    if "message" not in data:
        return text or "Unknown error"
    page = f" - {data['documentation_url']}" if "documentation_url" in data else ""
    errors = data.get("errors")
    if not isinstance(errors, list):
        return f"{data['message']}{page}"
    told = ", ".join(json.dumps(error, separators=(",", ":")) for error in cast("Sequence[object]", errors))
    return f"{data['message']}: {told}{page}"
