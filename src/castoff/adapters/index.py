"""Reading a package index: the simple API as JSON (PEP 691, 700) and the attestations of its files (PEP 740)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin

from packaging.utils import canonicalize_name
from packaging.version import Version

from castoff.adapters.arriving import Downloaded
from castoff.adapters.web import MEGABYTE, Answer, Ask, Web
from castoff.core.artifacts import artifact
from castoff.core.published import PublishedFile, Unknown

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
INTEGRITY_JSON = "application/vnd.pypi.integrity.v1+json"
_LARGEST_PAGE = 64 * MEGABYTE
_LARGEST_PROVENANCE = 16 * MEGABYTE
_LARGEST_FILE = 2048 * MEGABYTE
"""What a file may have that tells no size of its own."""
_NO_LIBRARY = Unknown("pypi-simple is not installed", "pip install 'castoff[status]'")


class Index:
    """An index, by the address of its simple API (None: PyPI's)."""

    def __init__(self, web: Web, simple_url: str | None = None) -> None:
        self._web = web
        self._simple_url = simple_url

    @property
    def simple_url(self) -> str | Unknown:
        """The address of the simple API; Unknown when it is PyPI's, and the library that has it is not there."""
        if self._simple_url:
            return self._simple_url
        try:
            from pypi_simple import PYPI_SIMPLE_ENDPOINT
        except ModuleNotFoundError:
            return _NO_LIBRARY
        return PYPI_SIMPLE_ENDPOINT

    def manage_page(self, project: str, version: Version) -> str:
        """Return the page on which the project's owners yank a version (warehouse, `manage.project.release`)."""
        base = self.simple_url
        if isinstance(base, Unknown):
            return f"PyPI's page of {project}, Manage, Releases"
        return urljoin(base, f"/manage/project/{canonicalize_name(project)}/release/{version}/")

    def files(self, project: str) -> tuple[PublishedFile, ...] | Unknown | None:
        """Return every file of a project, in the index's order; None when the index knows no such project."""
        base = self.simple_url
        if isinstance(base, Unknown):
            return base
        ask = Ask(f"{base.rstrip('/')}/{canonicalize_name(project)}/", SIMPLE_JSON)
        answer = self._web.get(ask, _LARGEST_PAGE)
        if isinstance(answer, Answer) and answer.status == HTTPStatus.NOT_FOUND:
            return None
        return _files(answer)

    def release(self, project: str, version: Version) -> tuple[PublishedFile, ...] | Unknown:
        """Return the files of one version; none when the index has no such version, or no such project."""
        files = self.files(project)
        if isinstance(files, Unknown):
            return files
        return tuple(file for file in files or () if (known := artifact(file.name)) and known.version == version)

    def provenance(self, file: PublishedFile) -> bytes | Unknown | None:
        """Return the provenance object of a file as JSON text (PEP 740); None when the index has none for it."""
        if file.provenance_url is None:
            return None
        answer = self._web.get(Ask(file.provenance_url, INTEGRITY_JSON), _LARGEST_PROVENANCE)
        if isinstance(answer, Unknown):
            return answer
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        return answer.body if answer.status == HTTPStatus.OK else Unknown(f"the index answered {answer.status}")

    def download(
        self, file: PublishedFile, into: Path, arrived: Callable[[int], None] = lambda _size: None
    ) -> Downloaded | Unknown:
        """Write a file's bytes to `into`, at most as many as the index says that it has; `arrived` as in `Web`."""
        return self._web.download(Ask(file.url), into, _LARGEST_FILE if file.size is None else file.size, arrived)


def _files(answer: Answer | Unknown) -> tuple[PublishedFile, ...] | Unknown:
    """Return the files on a project's page, as pypi-simple takes it apart."""
    if isinstance(answer, Unknown):
        return answer
    try:
        from pypi_simple import ProjectPage
    except ModuleNotFoundError:
        return _NO_LIBRARY
    if answer.status != HTTPStatus.OK:
        return Unknown(f"the index answered {answer.status}")
    data = answer.json()
    if isinstance(data, Unknown):
        return data
    try:
        page = ProjectPage.from_json_data(data, base_url=answer.url)
    except (ValueError, TypeError, RecursionError, ArithmeticError):  # pydantic's own errors are ValueErrors
        return Unknown("the index answered with something that is no page of a project")
    return tuple(
        PublishedFile(
            package.filename,
            package.url,
            package.digests.get("sha256"),
            package.size,
            _in_utc(package.upload_time),
            package.is_yanked,
            package.requires_python,
            package.provenance_url,
        )
        for package in page.packages
    )


def _in_utc(moment: datetime | None) -> datetime | None:
    """Return a moment with its zone: PEP 700 has upload times in UTC, and without one they could not be compared."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
