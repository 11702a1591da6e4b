"""Requests about the files of releases: uploads go to disk block by block, downloads come from there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from castoff.services.forge_access import Access, read_object
from castoff.services.forge_json import Links, asset_json
from castoff.services.forge_releases import (
    Asset,
    Release,
    asset_name,
    check_asset_change,
    check_asset_removal,
    check_new_asset,
    published,
)
from castoff.services.forge_requests import RefusedError, text_member
from castoff.services.forge_store import ForgeStore
from castoff.services.http import Body, Request, Response, json_response

_BLOCK = 64 * 1024
_BINARY = "application/octet-stream"


class Assets:
    """Answers requests about assets."""

    def __init__(
        self, store: ForgeStore, access: Access, links: Callable[[], Links], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._access = access
        self._links = links
        self._clock = clock

    def find_release(self, request: Request) -> Release:
        """Return the release whose number the path names; raises RefusedError (404)."""
        release = self._store.releases.get(int(request.params["id"]))
        if release is None or (release.draft and not self._access.sees_drafts(request)):
            raise RefusedError(404, "Not Found")
        return release

    def listed(self, request: Request) -> list[dict[str, object]]:
        """Return the assets of a release."""
        release = self.find_release(request)
        return [asset_json(asset, release, self._links()) for asset in release.assets]

    def upload(self, request: Request) -> Response:
        """Take a file in, under the name that the query says."""
        name = asset_name(request.query.get("name", ""))
        check_new_asset(self.find_release(request), name)  # before the file comes, so that it need not be kept
        number = self._store.number()
        path = self._store.path(number)
        try:
            size, sha256 = _save(request.body, path)
            kind, label = request.header("Content-Type") or _BINARY, request.query.get("label")
            asset = Asset(number, name, label, kind, size, sha256, self._clock())
            with self._store.lock:
                release = self.find_release(request)
                check_new_asset(release, name)  # again: another upload, or the publishing, may have been quicker
                self._store.put(replace(release, assets=(*release.assets, asset)))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return self._shown(asset, release, HTTPStatus.CREATED)

    def get(self, request: Request) -> Response:
        """Answer with the facts of an asset, or with its bytes when those are asked for."""
        release, asset = self._find(request)
        if _BINARY in request.header("Accept"):
            return self._file(asset)
        return self._shown(asset, release)

    def update(self, request: Request) -> Response:
        """Change name or label."""
        data = read_object(request)
        with self._store.lock:
            release, asset = self._find(request)
            check_asset_change(release)
            name = asset_name(text_member(data, "name") or asset.name)
            if name != asset.name:
                check_new_asset(release, name)
            after = replace(asset, name=name, label=text_member(data, "label") or asset.label)
            kept = tuple(after if other.id == asset.id else other for other in release.assets)
            self._store.put(replace(release, assets=kept))
        return self._shown(after, release)

    def delete(self, request: Request) -> Response:
        """Delete an asset."""
        with self._store.lock:
            release, asset = self._find(request)
            check_asset_removal(release)
            kept = tuple(other for other in release.assets if other.id != asset.id)
            self._store.put(replace(release, assets=kept))
        self._store.path(asset.id).unlink(missing_ok=True)
        return Response(HTTPStatus.NO_CONTENT)

    def download(self, request: Request) -> Response:
        """Answer with the bytes of an asset, by the address that people are shown."""
        release = published(self._store.releases.values(), request.params["tag"])
        for asset in release.assets if release else ():
            if asset.name == request.params["name"]:
                return self._file(asset)
        raise RefusedError(404, "Not Found")

    def _find(self, request: Request) -> tuple[Release, Asset]:
        number = int(request.params["asset"])
        for release in self._store.releases.values():
            for asset in release.assets:
                if asset.id == number and (not release.draft or self._access.sees_drafts(request)):
                    return release, asset
        raise RefusedError(404, "Not Found")

    def _shown(self, asset: Asset, release: Release, status: int = 200) -> Response:
        return json_response(asset_json(asset, release, self._links()), status)

    def _file(self, asset: Asset) -> Response:
        return Response(body=self._store.path(asset.id), content_type=asset.content_type)


def _save(body: Body, path: Path) -> tuple[int, str]:
    """Write a body to `path`; return its size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as out:
        while block := body.read(_BLOCK):
            out.write(block)
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()
