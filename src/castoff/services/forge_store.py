"""The forge's folder: the assets, and what is remembered of releases, for this process and later ones.

FOLDER/assets/ID     what was uploaded
FOLDER/forge.json    releases, locked tags, the last number given; an asset that it does not name is not there
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from castoff.core.errors import Location, refuse
from castoff.services.forge_releases import Asset, Release


class ForgeStore:
    """Keeps releases; whoever reads and then changes holds `lock`."""

    def __init__(self, folder: Path) -> None:
        self._assets = folder / "assets"
        self._state = folder / "forge.json"
        self._assets.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self.releases: dict[int, Release] = {}
        self.locked: frozenset[str] = frozenset()
        self._number = 0
        if self._state.exists():
            self._read()

    def number(self) -> int:
        """Return a number that no release and no asset has; it is used once the store is changed."""
        with self.lock:
            self._number += 1
            return self._number

    def path(self, asset: int) -> Path:
        """Return where the asset with this number lies."""
        return self._assets / str(asset)

    def put(self, release: Release) -> None:
        """Keep a release, new or changed; the tag of an immutable one is locked for good."""
        with self.lock:
            self.releases = {**self.releases, release.id: release}
            self.locked |= {release.tag} if release.immutable else set()
            self._write()

    def remove(self, release: Release) -> None:
        """Forget a release and delete its assets."""
        with self.lock:
            self.releases = {number: kept for number, kept in self.releases.items() if number != release.id}
            self._write()
        for asset in release.assets:
            self.path(asset.id).unlink(missing_ok=True)

    def _write(self) -> None:
        data = {
            "number": self._number,
            "locked": sorted(self.locked),
            "releases": [asdict(release) for release in self.releases.values()],
        }
        written = self._state.with_suffix(".new")
        written.write_text(json.dumps(data, indent=1, default=datetime.isoformat))
        written.replace(self._state)

    def _read(self) -> None:
        try:
            data = cast("dict[str, Any]", json.loads(self._state.read_text()))
            releases = [_release(entry) for entry in data["releases"]]
            self.releases = {release.id: release for release in releases}
            self.locked, self._number = frozenset(data["locked"]), int(data["number"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            where = Location(self._state.name)
            raise refuse(f"the local forge cannot read what it kept: {error}", where=where) from None


def _release(entry: dict[str, Any]) -> Release:
    assets = tuple(
        replace(Asset(**asset), uploaded=datetime.fromisoformat(asset["uploaded"])) for asset in entry["assets"]
    )
    moment = datetime.fromisoformat(entry["published"]) if entry["published"] else None
    created = datetime.fromisoformat(entry["created"])
    return replace(Release(**entry), assets=assets, created=created, published=moment)
