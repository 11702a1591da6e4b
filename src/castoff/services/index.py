"""A package index on loopback with PyPI's rules: uploads by trusted publishing, the simple API, provenance, and faults.

    publisher = Publisher("spam", "owner", "spam", "release.yml", "pypi")
    with Index(folder, [publisher], issuer.verify) as index:
        twine upload --repository-url {index.upload_url} ...
        pip install --index-url {index.simple_url} spam

What it holds lies in `folder`: a later Index on the same folder serves the same files, and knows the names that are
spent. Upload tokens are not kept. The faults are attributes, to be set and taken back while it runs.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from castoff.services import index_json, index_pages
from castoff.services.http import AnswerError, Request, Response, Routes, Server, json_response, text_response
from castoff.services.index_archive import check_archive, check_description
from castoff.services.index_provenance import provenance_of
from castoff.services.index_rules import (
    FILE_LIMIT,
    IndexFile,
    RefusedError,
    Upload,
    check_file,
    check_name,
    check_scope,
    is_held,
    read_upload,
)
from castoff.services.index_store import IndexStore
from castoff.services.index_tokens import (
    AUDIENCE,
    NotMintedError,
    Publisher,
    TokenDesk,
    UploadToken,
    Verify,
    no_publisher,
)
from castoff.services.multipart import Form, FormError, read_form
from castoff.services.service import Service

_LARGEST_BODY = 4 * 1024**3
"""Bytes that are read at all; PyPI's own limit is told only once the file is there."""


class Index(Service):
    """The index: `/_/oidc/` and `/integrity/` are below its `url`."""

    def __init__(
        self,
        folder: Path,
        publishers: Sequence[Publisher],
        verify: Verify,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.file_limit = FILE_LIMIT
        """Bytes that a file may have."""
        self.fail_upload_number: int | None = None
        """Fault: the n-th different file (from 1, since the start) is answered with 500, however often it comes."""
        self.refuse_tokens = False
        """Fault: no identity is that of a publisher; 422, as when the publisher on PyPI is another."""
        self.not_enabled = False
        """Fault: trusted publishing is switched off, as PyPI's operators can."""
        self.lag = 0.0
        """Seconds until a new file shows in the simple index; PyPI's may take ten minutes."""
        self._store = IndexStore(folder)
        self._desk = TokenDesk(publishers, verify, clock)
        self._clock = clock
        self._seen: list[str] = []
        self._lock = threading.Lock()
        self._files = folder / "files"
        self._pages = index_pages.pages(self._files, self._visible)
        super().__init__(Server(self._routes(), max_body=_LARGEST_BODY))

    @property
    def upload_url(self) -> str:
        """What is given to `twine upload --repository-url`."""
        return f"{self.url}/legacy/"

    @property
    def simple_url(self) -> str:
        """What is given to `pip install --index-url`."""
        return f"{self.url}/simple/"

    @property
    def files(self) -> tuple[IndexFile, ...]:
        """All files that it holds, in the order in which they came, whether they show yet or not."""
        return tuple(self._store.catalogue.files.values())

    def provenance(self, name: str) -> bytes | None:
        """Return the provenance of a file that it holds, as JSON text; None when it has none. Raises KeyError."""
        return self._store.provenance(name).read_bytes() if self._store.catalogue.files[name].has_provenance else None

    @property
    def spent(self) -> frozenset[str]:
        """All file names that were ever taken."""
        return self._store.catalogue.spent

    def add(self, file: IndexFile, content: Path) -> None:
        """Hold a file that came before, by another upload; `content` is moved."""
        with self._lock:
            self._store.add(file, content, None)

    def delete(self, name: str) -> None:
        """Delete a file as its owner can in PyPI's web pages: the name stays spent. Raises KeyError."""
        with self._lock:
            self._store.delete(name)

    def _routes(self) -> Routes:
        return {
            ("GET", re.compile(r"/_/oidc/audience")): self._audience,
            ("POST", re.compile(r"/_/oidc/(?:github/)?mint-token")): self._mint,
            ("POST", re.compile(r"/legacy/?")): self._upload,
            (
                "GET",
                re.compile(r"/integrity/(?P<project>[^/]+)/(?P<version>[^/]+)/(?P<file>[^/]+)/provenance/?"),
            ): self._provenance,
            ("GET", re.compile(r"/simple/?(?P<project>[^/]*)/?")): self._simple,
            ("GET", re.compile(r"/pypi/(?P<project>[^/]+)/json/?")): self._json,
            ("GET", re.compile(r"/packages/.*")): self._page,
        }

    def _audience(self, _request: Request) -> Response:
        if self.not_enabled:
            return json_response({"message": "Trusted publishing functionality not enabled"}, HTTPStatus.FORBIDDEN)
        return json_response({"audience": AUDIENCE})

    def _mint(self, request: Request) -> Response:
        try:
            return json_response(self._minted(request))
        except NotMintedError as refusal:
            return json_response(refusal.to_json(), HTTPStatus.UNPROCESSABLE_ENTITY)

    def _minted(self, request: Request) -> object:
        if self.not_enabled:
            raise NotMintedError("not-enabled", "GitHub trusted publishing functionality not enabled")
        with self._lock:
            answer = self._desk.mint(_payload(request))
        if self.refuse_tokens:
            raise no_publisher()
        return answer

    def _upload(self, request: Request) -> Response:
        try:
            token = self._desk.check(request.header("Authorization"))
            with self._store.incoming() as place:
                form = read_form(request.body, request.header("Content-Type"), place, file_field="content")
                self._perhaps_fail(form)
                return self._take(form, token)
        except FormError as error:
            return _refusal(RefusedError(str(error)))
        except RefusedError as refusal:
            return _refusal(refusal)

    def _perhaps_fail(self, form: Form) -> None:
        name = form.file.name if form.file else ""
        with self._lock:
            if name not in self._seen:
                self._seen.append(name)
            number = self._seen.index(name) + 1
        if number == self.fail_upload_number:
            raise AnswerError(text_response("500 Internal Server Error\n", HTTPStatus.INTERNAL_SERVER_ERROR))

    def _take(self, form: Form, token: UploadToken) -> Response:
        """Store the file, unless a rule is against it; the order of the checks is PyPI's."""
        upload = read_upload(form)
        check_scope(upload, token.publisher.project, self._store.catalogue)
        check_description(upload)
        check_file(upload, form, self.file_limit)
        with self._lock:
            if is_held(upload, self._store.catalogue, self._clock()):
                return text_response("200 OK\n")
            check_archive(upload)
            check_name(upload)
            provenance = provenance_of(upload, token.publisher)
            self._store.add(self._file(upload, provenance), upload.file.path, provenance)
        return text_response("")

    def _file(self, upload: Upload, provenance: object | None) -> IndexFile:
        return IndexFile(
            name=upload.file.name,
            project=upload.project,
            version=str(upload.version),
            kind=upload.kind,
            size=upload.file.size,
            sha256=upload.file.sha256,
            blake2_256=upload.file.blake2_256,
            uploaded=self._clock(),
            requires_python=upload.requires_python,
            has_provenance=provenance is not None,
        )

    def _visible(self) -> tuple[IndexFile, ...]:
        newest = self._clock() - timedelta(seconds=self.lag)
        return tuple(file for file in self.files if file.uploaded <= newest)

    def _provenance(self, request: Request) -> Response:
        """Answer as `warehouse/api/integrity.py` does."""
        project, version, name = (request.params[part] for part in ("project", "version", "file"))
        file = self._store.catalogue.files.get(name)
        if file is None or (file.project, file.version) != (index_pages.normalized(project), version):
            return json_response({"message": "Not Found"}, HTTPStatus.NOT_FOUND)
        if not file.has_provenance:
            return json_response({"message": f"No provenance available for {name}"}, HTTPStatus.NOT_FOUND)
        return Response(body=self._store.provenance(name), content_type=index_pages.INTEGRITY_JSON)

    def _simple(self, request: Request) -> Response:
        project = request.params["project"]
        named = index_pages.normalized(project)
        if not index_pages.wants_json(request.header("Accept")) or named != project or not request.path.endswith("/"):
            return self._page(request)
        if not project:
            data = index_pages.projects_json(self._visible())
        else:
            files = [file for file in self._visible() if file.project == project]
            if not files:
                return text_response("404 Not Found\n", HTTPStatus.NOT_FOUND)
            data = index_pages.project_json(project, files, self.url)
        answer = json_response(data)
        return Response(answer.status, answer.body, index_pages.SIMPLE_JSON)

    def _json(self, request: Request) -> Response:
        project = index_pages.normalized(request.params["project"])
        files = [file for file in self._visible() if file.project == project]
        if not files:
            return json_response({"message": "Not Found"}, HTTPStatus.NOT_FOUND)
        return json_response(index_json.info(self._files, files))

    def _page(self, request: Request) -> Response:
        return index_pages.answer(self._pages, request)


def _payload(request: Request) -> object:
    try:
        return request.json()
    except AnswerError:
        raise NotMintedError("invalid-payload", "Invalid JSON") from None


def _refusal(refusal: RefusedError) -> Response:
    return text_response(f"{refusal.status} {refusal.message}\n", refusal.status)
