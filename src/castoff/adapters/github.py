"""Reading GitHub's REST API: releases with their assets, and the runs of a workflow; and the deletion of a draft.

Every answer is taken apart with care for its types: what is not as the API documents it makes the answer `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import quote

from castoff.adapters.web import Answer, Ask, Downloaded, Web
from castoff.core.forge import Repository
from castoff.core.published import ForgeRelease, ReleaseAsset, RunJob, Unknown, WorkflowRun
from castoff.core.toml_text import get, get_text

API = "https://api.github.com"
_JSON = "application/vnd.github+json"
_BYTES = "application/octet-stream"
_PAGE = 100
_PAGES = 30
"""How many pages of a list are read, at most: 3,000 releases, or jobs."""
_NEXT = re.compile(r'<[^<>]*>\s*;\s*rel="next"')
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")
_FAILED = ("failure", "timed_out")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Refused:
    """The API's own no: not allowed, or (GitHub tells no difference to those who may not see) not there."""

    status: int


class _OddError(Exception):
    """An answer that is not as the API documents it."""


@dataclass(frozen=True)
class GitHub:
    """A repository as its API shows it; without a token, what everybody may see of a public one."""

    web: Web
    repository: Repository
    api: str = API
    token: str | None = field(default=None, repr=False)

    def releases(self, tag: str) -> tuple[ForgeRelease, ...] | Unknown:
        """Return every release and draft of a tag; drafts show only to a token that may write.

        The list is asked, not the tag: `/releases/tags/` tells no drafts, and of two releases only one.
        """
        listed = self._pages("releases?", _releases)
        return listed if isinstance(listed, Unknown) else tuple(one for one in listed if one.tag == tag)

    def runs(self, workflow: str, tag: str) -> tuple[WorkflowRun, ...] | Unknown:
        """Return the runs that the push of a tag has started, the newest first; `workflow` is the file's bare name."""
        path = f"actions/workflows/{quote(workflow)}/runs?event=push&branch={quote(tag)}&per_page={_PAGE}"
        answer = self.get(path)
        if isinstance(answer, Answer) and answer.status == HTTPStatus.NOT_FOUND and self.token:
            return ()  # GitHub knows no such workflow until it has run once or lies on the main branch
        return _taken(answer, _runs)

    def jobs(self, run: WorkflowRun, *, every_attempt: bool = False) -> tuple[RunJob, ...] | Unknown:
        """Return the jobs of the newest attempt of a run, or of every attempt."""
        of = "all" if every_attempt else "latest"
        return self._pages(f"actions/runs/{run.id}/jobs?filter={of}&", _jobs)

    def download(
        self, asset: ReleaseAsset, into: Path, arrived: Callable[[int], None] = lambda _size: None
    ) -> Downloaded | Unknown:
        """Write an asset's bytes to `into`, at most as many as it is said to have; `arrived` as in `Web`.

        Without a token it is asked for where people get it: the API would count each file against a small limit.
        """
        api = Ask(self._url(f"releases/assets/{asset.id}"), _BYTES, self.token)
        ask = Ask(asset.url) if asset.url and not self.token else api
        return self.web.download(ask, into, asset.size, arrived)

    def delete_draft(self, release: ForgeRelease) -> Unknown | Refused | None:
        """Delete a draft; None when it is done."""
        answer = self.web.delete(Ask(self._url(f"releases/{release.id}"), _JSON, self.token))
        if isinstance(answer, Unknown):
            return answer
        return None if answer.status == HTTPStatus.NO_CONTENT else Refused(answer.status)

    def get(self, path: str) -> Answer | Unknown:
        """Return what the API answers below the repository's own address."""
        return self.web.get(Ask(self._url(path), _JSON, self.token))

    def _pages(self, path: str, take: Callable[[object], Sequence[_T]]) -> tuple[_T, ...] | Unknown:
        """Return what all pages of a list hold; `path` ends where its next parameter begins."""
        found: list[_T] = []
        for page in range(1, _PAGES + 1):
            answer = self.get(f"{path}per_page={_PAGE}&page={page}")
            listed = _taken(answer, take)
            if isinstance(listed, Unknown):
                return listed
            found += listed
            if not isinstance(answer, Answer) or not _NEXT.search(answer.headers.get("Link", "")):
                return tuple(found)
        return Unknown("the list is longer than anybody reads")

    def _url(self, path: str) -> str:
        owner, name = quote(self.repository.owner), quote(self.repository.name)
        return f"{self.api.rstrip('/')}/repos/{owner}/{name}" + (f"/{path}" if path else "")


def _taken(answer: Answer | Unknown, take: Callable[[object], _T]) -> _T | Unknown:
    """Return what `take` makes of an answer's data; Unknown for another status, or data of another shape."""
    if isinstance(answer, Unknown):
        return answer
    if answer.status != HTTPStatus.OK:
        return Unknown(_status(answer.status))
    data = answer.json()
    if isinstance(data, Unknown):
        return data
    try:
        return take(data)
    except _OddError:
        return Unknown("GitHub answered with something else than its API documents")


def _status(status: int) -> str:
    said = {
        HTTPStatus.UNAUTHORIZED: "GitHub does not accept the token",
        HTTPStatus.FORBIDDEN: "the token may not look at this",
        HTTPStatus.NOT_FOUND: "GitHub shows nothing there (without a token that may, it hides what is private)",
    }
    known = next((text for code, text in said.items() if code == status), None)
    return known or f"GitHub answered {status}"


def _items(data: object) -> list[object]:
    if not isinstance(data, list):
        raise _OddError
    return cast("list[object]", data)


def _text(data: object, key: str) -> str:
    value = get_text(data, key)
    if value is None:
        raise _OddError
    return value


def _number(data: object, key: str) -> int:
    value = get(data, key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _OddError
    return value


def _flag(data: object, key: str) -> bool:
    return get(data, key) is True


def _time(data: object, key: str) -> datetime | None:
    text = get_text(data, key)
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise _OddError from None
    if moment is not None and moment.tzinfo is None:
        raise _OddError
    return moment


def _releases(data: object) -> list[ForgeRelease]:
    return [_release(item) for item in _items(data)]


def _release(data: object) -> ForgeRelease:
    return ForgeRelease(
        id=_number(data, "id"),
        tag=_text(data, "tag_name"),
        url=_text(data, "html_url"),
        draft=_flag(data, "draft"),
        prerelease=_flag(data, "prerelease"),
        immutable=_flag(data, "immutable"),
        has_notes=bool((get_text(data, "body") or "").strip()),
        published=_time(data, "published_at"),
        assets=tuple(_asset(item) for item in _items(get(data, "assets"))),
    )


def _asset(data: object) -> ReleaseAsset:
    digest = _SHA256.fullmatch(get_text(data, "digest") or "")
    return ReleaseAsset(
        id=_number(data, "id"),
        name=_text(data, "name"),
        size=_number(data, "size"),
        sha256=digest[1] if digest else None,
        complete=get_text(data, "state") == "uploaded",
        url=get_text(data, "browser_download_url"),
    )


def _runs(data: object) -> tuple[WorkflowRun, ...]:
    return tuple(_run(item) for item in _items(get(data, "workflow_runs")))


def _run(data: object) -> WorkflowRun:
    return WorkflowRun(
        id=_number(data, "id"),
        url=_text(data, "html_url"),
        commit=_text(data, "head_sha"),
        status=_text(data, "status"),
        conclusion=get_text(data, "conclusion"),
        attempt=_number(data, "run_attempt"),
        created=_time(data, "created_at"),
        updated=_time(data, "updated_at"),
    )


def _jobs(data: object) -> tuple[RunJob, ...]:
    return tuple(_job(item) for item in _items(get(data, "jobs")))


def _job(data: object) -> RunJob:
    return RunJob(
        name=_text(data, "name"),
        status=_text(data, "status"),
        conclusion=get_text(data, "conclusion"),
        url=_text(data, "html_url"),
        ended=_time(data, "completed_at"),
        failed_step=_failed_step(get(data, "steps") or []),
    )


def _failed_step(steps: object) -> str | None:
    return next((_text(step, "name") for step in _items(steps) if get_text(step, "conclusion") in _FAILED), None)
