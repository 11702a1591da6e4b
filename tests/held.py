"""A file that a local index holds in a test, told by its name and its bytes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from castoff.services.index_rules import IndexFile


def held(name: str, content: bytes, *, ago: timedelta = timedelta(), provenance: bool = False) -> IndexFile:
    """Return what the index knows of a wheel or an sdist that was uploaded so long ago."""
    wheel = name.endswith(".whl")
    project, version = name.removesuffix(".tar.gz").split("-")[:2]
    return IndexFile(
        name=name,
        project=project,
        version=version,
        kind="bdist_wheel" if wheel else "sdist",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        blake2_256=hashlib.blake2b(content, digest_size=32).hexdigest(),
        uploaded=datetime.now(UTC) - ago,
        requires_python=None,
        has_provenance=provenance,
    )
