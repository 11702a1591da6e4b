"""Reading GitHub's REST API: releases with their assets, and the runs of a workflow; and the deletion of a draft.

Every answer is taken apart with care for its types: what is not as the API documents it makes the answer `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from castoff.adapters.arriving import Compared, Downloaded
from castoff.adapters.github_answers import is_true, items, moment, number, taken, text
from castoff.adapters.web import Answer, Ask, Web
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
        return taken(answer, _runs)

    def jobs(self, run: WorkflowRun, *, every_attempt: bool = False) -> tuple[RunJob, ...] | Unknown:
        """Return the jobs of the newest attempt of a run, or of every attempt."""
        of = "all" if every_attempt else "latest"
        return self._pages(f"actions/runs/{run.id}/jobs?filter={of}&", _jobs)

    def download(
        self, asset: ReleaseAsset, into: Path, arrived: Callable[[int], None] = lambda _size: None
    ) -> Downloaded | Unknown:
        """Write an asset's bytes to `into`, at most as many as it is said to have; `arrived` as in `Web`."""
        return self.web.download(self._asked(asset), into, asset.size, arrived)

    def compare(
        self, asset: ReleaseAsset, file: Downloaded, arrived: Callable[[int], None] = lambda _size: None
    ) -> Compared | Unknown:
        """Compare an asset's bytes with a file that is here; `arrived` as in `Web`."""
        return self.web.compare(self._asked(asset), file, asset.size, arrived)

    def _asked(self, asset: ReleaseAsset) -> Ask:
        """Return how to ask for an asset.

        Without a token that is where people get it: the API would count each file against a small limit.
        """
        api = Ask(self._url(f"releases/assets/{asset.id}"), _BYTES, self.token)
        return Ask(asset.url) if asset.url and not self.token else api

    def delete_draft(self, release: ForgeRelease) -> Unknown | Refused | None:
        """Delete a draft; None when it is done."""
        answer = self.web.delete(Ask(self._url(f"releases/{release.id}"), _JSON, self.token))
        if isinstance(answer, Unknown):
            return answer
        return None if answer.status == HTTPStatus.NO_CONTENT else Refused(answer.status)

    def get(self, path: str) -> Answer | Unknown:
        """Return what the API answers below the repository's own address."""
        answer = self.web.get(Ask(self._url(path), _JSON, self.token))
        if isinstance(answer, Answer) and answer.status == HTTPStatus.UNAUTHORIZED and not self.token:
            return Unknown("GitHub shows this to nobody without a token (GITHUB_TOKEN or GH_TOKEN)")
        return answer

    def _pages(self, path: str, take: Callable[[object], Sequence[_T]]) -> tuple[_T, ...] | Unknown:
        """Return what all pages of a list hold; `path` ends where its next parameter begins."""
        found: list[_T] = []
        for page in range(1, _PAGES + 1):
            answer = self.get(f"{path}per_page={_PAGE}&page={page}")
            listed = taken(answer, take)
            if isinstance(listed, Unknown):
                return listed
            found += listed
            if not isinstance(answer, Answer) or not _NEXT.search(answer.headers.get("Link", "")):
                return tuple(found)
        return Unknown("the list is longer than anybody reads")

    def _url(self, path: str) -> str:
        owner, name = quote(self.repository.owner), quote(self.repository.name)
        return f"{self.api.rstrip('/')}/repos/{owner}/{name}" + (f"/{path}" if path else "")


def _releases(data: object) -> list[ForgeRelease]:
    return [_release(item) for item in items(data)]


def _release(data: object) -> ForgeRelease:
    return ForgeRelease(
        id=number(data, "id"),
        tag=text(data, "tag_name"),
        url=text(data, "html_url"),
        draft=is_true(data, "draft"),
        prerelease=is_true(data, "prerelease"),
        immutable=is_true(data, "immutable"),
        has_notes=bool((get_text(data, "body") or "").strip()),
        published=moment(data, "published_at"),
        assets=tuple(_asset(item) for item in items(get(data, "assets"))),
    )


def _asset(data: object) -> ReleaseAsset:
    digest = _SHA256.fullmatch(get_text(data, "digest") or "")
    return ReleaseAsset(
        id=number(data, "id"),
        name=text(data, "name"),
        size=number(data, "size"),
        sha256=digest[1] if digest else None,
        complete=get_text(data, "state") == "uploaded",
        url=get_text(data, "browser_download_url"),
    )


def _runs(data: object) -> tuple[WorkflowRun, ...]:
    return tuple(_run(item) for item in items(get(data, "workflow_runs")))


def _run(data: object) -> WorkflowRun:
    return WorkflowRun(
        id=number(data, "id"),
        url=text(data, "html_url"),
        commit=text(data, "head_sha"),
        status=text(data, "status"),
        conclusion=get_text(data, "conclusion"),
        attempt=number(data, "run_attempt"),
        created=moment(data, "created_at"),
        updated=moment(data, "updated_at"),
    )


def _jobs(data: object) -> tuple[RunJob, ...]:
    return tuple(_job(item) for item in items(get(data, "jobs")))


def _job(data: object) -> RunJob:
    return RunJob(
        name=text(data, "name"),
        status=text(data, "status"),
        conclusion=get_text(data, "conclusion"),
        url=text(data, "html_url"),
        ended=moment(data, "completed_at"),
        failed_step=_failed_step(get(data, "steps") or []),
        started=moment(data, "started_at"),
    )


def _failed_step(steps: object) -> str | None:
    return next((text(step, "name") for step in items(steps) if get_text(step, "conclusion") in _FAILED), None)
