"""What the world holds of a release: files on the index, the release on the forge, the runs of the workflow.

Each answer is a value, `None` for "it is not there", or `Unknown` for "that cannot be known": the three never mix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

_T = TypeVar("_T")

OPEN_FOR = timedelta(days=14)
"""How long after its first file PyPI takes new files for a release (warehouse, `MAXIMUM_AGE_FOR_NEW_UPLOADS_DAYS`)."""
LAG = timedelta(minutes=10)
"""How long PyPI's simple API may take to show a file that has arrived: its pages are cached that long."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that could not be looked up: never the same as something that is not there."""

    reason: str
    """Why, in a few words: no network, a rate limit, an answer that makes no sense."""
    fix: str = ""
    """The command after which it can be looked up, where there is one."""
    silent: bool = field(default=False, compare=False)
    """Whether nobody answered, or nobody could: asking as somebody else (a token) shows no more then."""


TOKEN_REFUSED = Unknown("GitHub does not accept the token")


def known(answer: tuple[_T, ...] | Unknown) -> tuple[_T, ...]:
    """Return what an answer is known to hold: nothing where it could not be looked up."""
    return () if isinstance(answer, Unknown) else answer


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file that the index serves (PEP 691, 700, 740)."""

    name: str
    url: str
    sha256: str | None
    """Hex, or None when the index tells no SHA-256."""
    size: int | None
    """Bytes."""
    uploaded: datetime | None
    yanked: bool
    requires_python: str | None
    provenance_url: str | None
    """Where its attestations are (PEP 740), or None when it has none."""


@dataclass(frozen=True, slots=True)
class ReleaseAsset:
    """A file that is attached to a release on GitHub."""

    id: int
    name: str
    size: int
    """Bytes."""
    sha256: str | None
    """Hex; None for one that GitHub has made no digest of."""
    complete: bool
    """Whether all of it has arrived."""
    url: str | None = None
    """Where people download it, without an API or a token."""


@dataclass(frozen=True, slots=True)
class ForgeRelease:
    """A release on GitHub."""

    id: int
    tag: str
    url: str
    """Its page."""
    draft: bool
    prerelease: bool
    immutable: bool
    has_notes: bool
    published: datetime | None
    assets: tuple[ReleaseAsset, ...]


@dataclass(frozen=True, slots=True)
class RunJob:
    """A job of a run: `status` is queued, waiting, in_progress or completed; `conclusion` is None until then."""

    name: str
    status: str
    conclusion: str | None
    url: str
    ended: datetime | None
    failed_step: str | None = None
    """The first step that failed; None when none has, or when the runner died before it could tell."""
    started: datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run of the release workflow for a tag; `status` and `conclusion` as in a job."""

    id: int
    url: str
    commit: str
    status: str
    conclusion: str | None
    attempt: int
    created: datetime | None
    updated: datetime | None = None
