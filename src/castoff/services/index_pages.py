"""What the index serves: `pypiserver` gives pages and files; the simple API's JSON, which it lacks, is made here.

The JSON is that of PEP 691 and its successors, with the members that PyPI gives (`warehouse/packaging/utils.py`):
size and upload time (PEP 700), provenance (PEP 740), project status (PEP 792).
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

from packaging.utils import canonicalize_name
from packaging.version import Version

from castoff.services.http import Request, Response
from castoff.services.index_rules import IndexFile

finders = list(sys.meta_path)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # before Python 3.13, pypiserver's Bottle imports cgi, which is deprecated
    # pypiserver has annotations, and no mark that it has; what comes from it is cast where it is used.
    import pypiserver  # pyright: ignore[reportMissingTypeStubs]
    from pypiserver.backend import Backend, BackendProxy  # pyright: ignore[reportMissingTypeStubs]
    from pypiserver.config import Config, RunConfig  # pyright: ignore[reportMissingTypeStubs]
    from pypiserver.core import PkgFile  # pyright: ignore[reportMissingTypeStubs]
sys.meta_path[:] = finders  # Bottle adds one of an old kind, which warns at every later import

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
INTEGRITY_JSON = "application/vnd.pypi.integrity.v1+json"
_API_VERSION = "1.4"
_HTML = ("application/vnd.pypi.simple.v1+html", "text/html")
_QUALITY = re.compile(r";\s*q=([0-9.]+)")

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def wants_json(accept: str) -> bool:
    """Return whether an Accept header prefers the simple API's JSON; PyPI sends HTML when nothing is preferred."""
    weights: dict[str, float] = {}
    for entry in accept.split(","):
        quality = _QUALITY.search(entry)
        weights[entry.partition(";")[0].strip().lower()] = float(quality[1]) if quality else 1.0
    latest = SIMPLE_JSON.replace("v1", "latest")
    asked = max(weights.get(SIMPLE_JSON, 0.0), weights.get(latest, 0.0))
    return asked > 0 and asked >= max(weights.get(kind, 0.0) for kind in _HTML)


def projects_json(files: Iterable[IndexFile]) -> dict[str, object]:
    """Return the list of all projects."""
    names = sorted({file.project for file in files})
    return {"meta": {"api-version": _API_VERSION}, "projects": [{"name": name} for name in names]}


def project_json(project: str, files: Sequence[IndexFile], base: str) -> dict[str, object]:
    """Return the page of a project; `files` are its own, `base` is the index's URL."""
    ordered = sorted(files, key=lambda file: (Version(file.version), file.name))
    return {
        "meta": {"api-version": _API_VERSION},
        "name": project,
        "project-status": {"status": "active"},
        "versions": list(dict.fromkeys(file.version for file in ordered)),
        "files": [_file_json(file, base) for file in ordered],
    }


def _file_json(file: IndexFile, base: str) -> dict[str, object]:
    provenance = f"{base}/integrity/{file.project}/{file.version}/{file.name}/provenance"
    return {
        "filename": file.name,
        "url": f"{base}/packages/{file.name}",
        "hashes": {"sha256": file.sha256},
        "requires-python": file.requires_python,
        "size": file.size,
        "upload-time": file.uploaded.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "yanked": False,
        "core-metadata": False,
        "provenance": provenance if file.has_provenance else None,
    }


class _Files(Backend):
    """Tells pypiserver what there is: the files that show by now, whose digests need not be made anew."""

    def __init__(self, config: RunConfig, folder: Path, visible: Callable[[], Sequence[IndexFile]]) -> None:
        super().__init__(config)
        self._folder = folder
        self._visible = visible

    def get_all_packages(self) -> Iterator[PkgFile]:
        """Yield the files that show."""
        for file in self._visible():
            path = self._folder / file.name
            found = PkgFile(file.project, file.version, os.fspath(path), os.fspath(self._folder), file.name)
            found.digest = f"sha256={file.sha256}"
            yield found

    def add_package(self, filename: str, stream: BinaryIO) -> None:  # noqa: ARG002 - the base class's
        """Refuse: uploads do not come this way."""
        raise PermissionError(filename)

    def remove_package(self, pkg: PkgFile) -> None:
        """Refuse, likewise."""
        raise PermissionError(pkg.relfn)

    def exists(self, filename: str) -> bool:
        """Return whether the file shows."""
        return any(file.name == filename for file in self._visible())


def pages(folder: Path, visible: Callable[[], Sequence[IndexFile]]) -> WsgiApp:
    """Return pypiserver, serving the simple index and the files in `folder` that `visible` names, to read only."""
    config = Config.default_with_overrides(
        roots=[folder],
        authenticate=[],
        password_file=".",  # noqa: S106 - pypiserver's word for "none is asked for"
        disable_fallback=True,
        backend_arg="simple-dir",
    )
    config.backend = BackendProxy(_Files(config, folder, visible))
    return cast("WsgiApp", pypiserver.app_from_config(config))


def answer(app: WsgiApp, request: Request) -> Response:
    """Return what a WSGI application answers to a GET; a file that it wants to send goes out in blocks."""
    started: list[tuple[str, Sequence[tuple[str, str]]]] = []
    sent: list[Path] = []

    def start(status: str, headers: Sequence[tuple[str, str]], *_: object) -> None:
        started.append((status, headers))

    def send_file(stream: BinaryIO, _block: int = 0) -> Iterable[bytes]:
        sent.append(Path(stream.name))
        stream.close()
        return ()

    body = app(_environ(request, send_file), start)
    try:
        content = b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = started[-1]
    named = {name.lower(): value for name, value in headers}
    kept = {name: named[name] for name in ("location",) if name in named}
    kind = named.get("content-type", "application/octet-stream")
    return Response(int(status.split()[0]), sent[0] if sent else content, kind, kept)


def _environ(request: Request, send_file: object) -> dict[str, Any]:
    """Return the environment of PEP 3333, without a body and without the headers that ask for a part of a file."""
    host = request.header("Host") or "127.0.0.1"
    path: Mapping[str, str] = {"PATH_INFO": request.path, "QUERY_STRING": ""}
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        **path,
        "SERVER_NAME": host.partition(":")[0],
        "SERVER_PORT": host.partition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": send_file,
    }


def normalized(project: str) -> str:
    """Return a project's name as it stands in URLs (PEP 503)."""
    return canonicalize_name(project)
