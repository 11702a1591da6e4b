"""The part of GitHub's REST API that makes releases, on loopback: what `softprops/action-gh-release` and its like need.

It shows the runs of workflows as well, as far as they are told to `runs`.

    with Forge(folder, "owner/name") as forge:
        forge.grant(token, {"contents": "write"})
        requests.post(f"{forge.url}/repos/owner/name/releases", json={...}, headers={"Authorization": f"token {token}"})

What it holds lies in `folder`: a later Forge on the same folder has the same releases. Tokens are not kept. The faults
are attributes, to be set and taken back while it runs. There is no git here: whether a tag exists is not looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from castoff.services.forge_access import Access, read_object, refusal_response
from castoff.services.forge_assets import Assets
from castoff.services.forge_json import Links, release_json
from castoff.services.forge_releases import (
    Asset,
    Release,
    ReleaseFacts,
    Repository,
    already_exists,
    created,
    facts,
    latest,
    notes,
    published,
    updated,
)
from castoff.services.forge_requests import Change, RefusedError, read_change, text_member
from castoff.services.forge_runs import Runs
from castoff.services.forge_settings import Settings, settings_routes
from castoff.services.forge_store import ForgeStore
from castoff.services.http import Handler, Request, Response, Routes, Server, json_response
from castoff.services.service import Service

_LARGEST_ASSET = 2 * 1024**3
"""Bytes: GitHub's limit."""
_PAGE, _LARGEST_PAGE = 30, 100


class Forge(Service):
    """The releases of one repository; its `url` is that of the API, of uploads and of downloads."""

    def __init__(
        self,
        folder: Path,
        repository: str,
        changes: Callable[[str, str | None], Sequence[str]] = lambda _tag, _previous: (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.answer_422_on_create = False
        """Fault: no release is created; 422 `already_exists`, though none of that tag is found."""
        self.immutable = False
        """The repository's setting: a release that is published from now on is immutable."""
        self.settings = Settings(repository)
        """How the repository is set: what the doctor looks at."""
        self._repository = repository
        self._changes = changes
        """(tag, tag before) -> what was merged between them, a line each, for generated notes."""
        self._clock = clock
        self._store = ForgeStore(folder)
        self._access = Access()
        self._assets = Assets(self._store, self._access, self._links, clock)
        self.runs = Runs(folder, repository)
        """The runs of the repository's workflows."""
        super().__init__(Server(self._routes(), max_body=_LARGEST_ASSET))

    @property
    def public(self) -> bool:
        """Whether what is published may be read without a token, as in a public repository."""
        return self._access.public

    @public.setter
    def public(self, value: bool) -> None:
        self._access.public = value

    @property
    def releases(self) -> tuple[Release, ...]:
        """All releases and drafts, in the order in which they were made."""
        return tuple(self._store.releases.values())

    @property
    def locked_tags(self) -> frozenset[str]:
        """Tags that git must not move, delete or make again: those of immutable releases, deleted ones included."""
        return self._store.locked

    def facts(self, tag: str) -> tuple[ReleaseFacts, ...]:
        """Return what a report says of every release and draft of `tag`."""
        return tuple(facts(release) for release in self.releases if release.tag == tag)

    def file(self, asset: Asset) -> Path:
        """Return where the bytes of an asset lie."""
        return self._store.path(asset.id)

    def grant(self, token: str, permissions: Mapping[str, str]) -> None:
        """Let a token do what a job's `permissions:` say, such as `{"contents": "write"}`."""
        self._access.grant(token, permissions)

    def withdraw(self, token: str) -> None:
        """Let a token do nothing more: its job has ended."""
        self._access.withdraw(token)

    def _routes(self) -> Routes:
        base = rf"/repos/{re.escape(self._repository)}/releases"
        one, asset = base + r"/(?P<id>[0-9]{1,18})", base + r"/assets/(?P<asset>[0-9]{1,18})"
        page = rf"/{re.escape(self._repository)}/releases/download"
        table: list[tuple[str, str, Handler, str]] = [
            ("GET", base, self._list, "read"),
            ("POST", base, self._create, "write"),
            ("POST", base + r"/generate-notes", self._generate_notes, "write"),
            ("GET", base + r"/latest", self._latest, "read"),
            ("GET", base + r"/tags/(?P<tag>.+)", self._by_tag, "read"),
            ("GET", one, self._get, "read"),
            ("PATCH", one, self._update, "write"),
            ("DELETE", one, self._delete, "write"),
            ("GET", one + r"/assets", self._list_assets, "read"),
            ("POST", one + r"/assets", self._assets.upload, "write"),
            ("GET", asset, self._assets.get, "read"),
            ("PATCH", asset, self._assets.update, "write"),
            ("DELETE", asset, self._assets.delete, "write"),
            ("GET", page + r"/(?P<tag>.+)/(?P<name>[^/]+)", self._assets.download, "read"),
        ]
        routes = {
            (method, re.compile(path, re.IGNORECASE)): self._access.guard(act, need)
            for method, path, act, need in table
        }
        routes |= self._run_routes()
        anything = re.compile(r"/.*")
        routes |= settings_routes(self.settings, self._access, lambda: self.immutable)
        return routes | {(method, anything): _nothing for method in ("GET", "POST", "PATCH", "PUT", "DELETE")}

    def _run_routes(self) -> Routes:
        base = rf"/repos/{re.escape(self._repository)}/actions"
        one = base + r"/runs/(?P<id>[0-9]{1,18})"
        runs = base + r"/workflows/(?P<workflow>[^/]+)/runs"
        table: list[tuple[str, str, Handler, str]] = [
            ("GET", runs, lambda request: self.runs.listed(request, self.url), "read"),
            ("GET", one + "/jobs", lambda request: self.runs.jobs(request, self.url), "read"),
            ("POST", one + "/cancel", self.runs.cancel, "write"),
        ]
        return {
            (method, re.compile(path, re.IGNORECASE)): self._access.guard(act, need, "actions")
            for method, path, act, need in table
        }

    def _state(self) -> Repository:
        return Repository(self._store.releases, self._store.locked, self.immutable)

    def _links(self) -> Links:
        return Links(self.url, self.url, self._repository)

    def _shown(self, release: Release | None, status: int = 200) -> Response:
        if release is None:
            raise RefusedError(404, "Not Found")
        return json_response(release_json(release, self._links()), status)

    def _list(self, request: Request) -> Response:
        drafts = self._access.sees_drafts(request)
        shown = [release for release in reversed(self.releases) if drafts or not release.draft]
        return self._page(request, [release_json(release, self._links()) for release in shown])

    def _list_assets(self, request: Request) -> Response:
        return self._page(request, self._assets.listed(request))

    def _page(self, request: Request, items: Sequence[object]) -> Response:
        """Return one page of a list, with the links to those around it."""
        size = min(_number(request, "per_page", _PAGE), _LARGEST_PAGE)
        page = _number(request, "page", 1)
        last = max(1, -(-len(items) // size))
        near = {"first": 1, "prev": page - 1} if page > 1 else {}
        near |= {"next": page + 1, "last": last} if page < last else {}
        address = f"{self.url}{request.path}?per_page={size}"
        links = ", ".join(f'<{address}&page={number}>; rel="{name}"' for name, number in near.items())
        answer = json_response(items[(page - 1) * size : page * size])
        return replace(answer, headers={"Link": links} if links else {})

    def _by_tag(self, request: Request) -> Response:
        return self._shown(published(self.releases, request.params["tag"]))

    def _latest(self, _request: Request) -> Response:
        return self._shown(latest(self.releases))

    def _get(self, request: Request) -> Response:
        return self._shown(self._assets.find_release(request))

    def _create(self, request: Request) -> Response:
        change = self._with_notes(read_change(read_object(request)))
        if self.answer_422_on_create:
            raise already_exists()
        with self._store.lock:
            release = created(self._state(), change, self._store.number(), self._clock())
            self._store.put(release)
        return self._shown(release, HTTPStatus.CREATED)

    def _update(self, request: Request) -> Response:
        change = read_change(read_object(request))
        with self._store.lock:
            release = updated(self._state(), self._assets.find_release(request), change, self._clock())
            self._store.put(release)
        return self._shown(release)

    def _delete(self, request: Request) -> Response:
        with self._store.lock:
            self._store.remove(self._assets.find_release(request))
        return Response(HTTPStatus.NO_CONTENT)

    def _with_notes(self, change: Change) -> Change:
        """Return `change` with the notes that it asks for, after its own; they bring a name, too."""
        if not change.generate_notes or not change.tag:
            return change
        made = self._notes(change.tag, None)
        body = f"{change.body}\n\n{made}" if change.body else made
        return replace(change, body=body, name=change.name or change.tag)

    def _notes(self, tag: str, previous: str | None) -> str:
        before = [release.tag for release in self.releases if not release.draft and release.tag != tag]
        previous = previous or (before[-1] if before else None)
        return notes(f"https://github.com/{self._repository}", tag, previous, self._changes(tag, previous))

    def _generate_notes(self, request: Request) -> Response:
        data = read_object(request)
        tag = text_member(data, "tag_name")
        if not tag:
            raise RefusedError(422, 'Invalid request.\n\n"tag_name" wasn\'t supplied.')
        return json_response({"name": tag, "body": self._notes(tag, text_member(data, "previous_tag_name"))})


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return max(1, int(text)) if re.fullmatch("[0-9]{1,6}", text) else default


def _nothing(_request: Request) -> Response:
    return refusal_response(RefusedError(404, "Not Found"))
