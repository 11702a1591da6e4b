"""The index's JSON API (`/pypi/NAME/json`), as far as it tells where a project is developed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from packaging.metadata import parse_email
from packaging.version import Version

from castoff.adapters.archives import metadata
from castoff.core.artifacts import artifact
from castoff.core.errors import CastoffError
from castoff.services.index_rules import IndexFile


def info(folder: Path, files: Sequence[IndexFile]) -> dict[str, object]:
    """Return what PyPI says of the newest of `files`, which lie in `folder`: name, version and links."""
    newest = max(files, key=lambda file: Version(file.version))
    said = {"name": newest.project, "version": newest.version, "project_urls": _links(folder, newest), "home_page": ""}
    return {"info": said, "urls": []}


def _links(folder: Path, file: IndexFile) -> dict[str, str] | None:
    known = artifact(file.name)
    if known is None:
        return None
    try:
        read, _ = parse_email(metadata(folder, known))
    except CastoffError:
        return None
    return read.get("project_urls") or None
