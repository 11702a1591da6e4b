"""Releases and assets as GitHub's REST API shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from castoff.services.forge_releases import Asset, Release

_USER = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot", "site_admin": False}
"""Who the workflow's own token is."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a repository's things are: below `api` for clients, below `site` for people."""

    api: str
    """The base URL of the API."""
    site: str
    """What stands for GitHub's own host; here the same server."""
    repository: str
    """OWNER/NAME."""

    @property
    def releases(self) -> str:
        """The releases, in the API."""
        return f"{self.api}/repos/{self.repository}/releases"

    @property
    def page(self) -> str:
        """The repository's page."""
        return f"{self.site}/{self.repository}"


def release_json(release: Release, links: Links) -> dict[str, object]:
    """Return a release; the pages of a draft do not have its tag in their address."""
    url = f"{links.releases}/{release.id}"
    shown = f"untagged-{release.id:020x}" if release.draft else release.tag
    archives = f"{links.api}/repos/{links.repository}"
    return {
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{url}/assets{{?name,label}}",
        "html_url": f"{links.page}/releases/tag/{quote(shown, safe='/')}",
        "id": release.id,
        "author": _USER,
        "node_id": f"RE_{release.id}",
        "tag_name": release.tag,
        "target_commitish": release.target,
        "name": release.name,
        "draft": release.draft,
        "immutable": release.immutable,
        "prerelease": release.prerelease,
        "created_at": _time(release.created),
        "updated_at": _time(release.published or release.created),
        "published_at": _time(release.published) if release.published else None,
        "assets": [asset_json(asset, release, links) for asset in release.assets],
        "tarball_url": None if release.draft else f"{archives}/tarball/{quote(release.tag)}",
        "zipball_url": None if release.draft else f"{archives}/zipball/{quote(release.tag)}",
        "body": release.body,
    }


def asset_json(asset: Asset, release: Release, links: Links) -> dict[str, object]:
    """Return an asset."""
    shown = f"untagged-{release.id:020x}" if release.draft else release.tag
    return {
        "url": f"{links.releases}/assets/{asset.id}",
        "id": asset.id,
        "node_id": f"RA_{asset.id}",
        "name": asset.name,
        "label": asset.label,
        "uploader": _USER,
        "content_type": asset.content_type,
        "state": "uploaded",
        "size": asset.size,
        "digest": f"sha256:{asset.sha256}",
        "download_count": 0,
        "created_at": _time(asset.uploaded),
        "updated_at": _time(asset.uploaded),
        "browser_download_url": f"{links.page}/releases/download/{quote(shown, safe='/')}/{quote(asset.name)}",
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
