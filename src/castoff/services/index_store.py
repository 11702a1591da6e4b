"""The index's folder: the files, their provenance, and what is remembered of them, for this process and later ones.

FOLDER/files/NAME          what was uploaded
FOLDER/provenance/NAME.json
FOLDER/incoming/           uploads on their way, and those that were refused; emptied at the start
FOLDER/index.json          the catalogue; a file that it does not name is not there
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from castoff.core.errors import Location, refuse
from castoff.services.index_rules import Catalogue, IndexFile


class IndexStore:
    """Keeps the files of an index; the caller sees to it that one thread at a time changes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / "index.json"
        shutil.rmtree(folder / "incoming", ignore_errors=True)
        for name in ("files", "provenance", "incoming"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.catalogue = _read(self._state)

    @contextmanager
    def incoming(self) -> Generator[Path, None, None]:
        """Give a place for an upload; what still lies there at the end is deleted."""
        with tempfile.TemporaryDirectory(dir=self._folder / "incoming") as folder:
            yield Path(folder) / "content"

    def path(self, name: str) -> Path:
        """Return where the file called `name` lies."""
        return self._folder / "files" / name

    def provenance(self, name: str) -> Path:
        """Return where the provenance of the file called `name` lies, if it has any."""
        return self._folder / "provenance" / f"{name}.json"

    def add(self, file: IndexFile, content: Path, provenance: object | None) -> None:
        """Take a file in; `content` is moved."""
        if provenance is not None:
            self.provenance(file.name).write_text(json.dumps(provenance))
        content.replace(self.path(file.name))
        old = self.catalogue
        release = (file.project, file.version)
        self._change(
            Catalogue(
                files={**old.files, file.name: file},
                spent=old.spent | {file.name},
                releases={**old.releases, release: old.releases.get(release, file.uploaded)},
            )
        )

    def delete(self, name: str) -> None:
        """Take a file away; its name stays spent. Raises KeyError when there is none."""
        old = self.catalogue
        del (files := dict(old.files))[name]
        self._change(Catalogue(files, old.spent, old.releases))
        self.path(name).unlink(missing_ok=True)
        self.provenance(name).unlink(missing_ok=True)

    def _change(self, catalogue: Catalogue) -> None:
        written = self._state.with_suffix(".new")
        written.write_text(_write(catalogue))
        written.replace(self._state)
        self.catalogue = catalogue


def _write(catalogue: Catalogue) -> str:
    files = [{**asdict(file), "uploaded": file.uploaded.isoformat()} for file in catalogue.files.values()]
    releases = [[*release, created.isoformat()] for release, created in catalogue.releases.items()]
    return json.dumps({"files": files, "spent": sorted(catalogue.spent), "releases": releases}, indent=1)


def _read(path: Path) -> Catalogue:
    """Return the catalogue in `path`, an empty one when there is no file; raises CastoffError when it is none."""
    if not path.exists():
        return Catalogue({}, frozenset(), {})
    try:
        data = cast("dict[str, list[Any]]", json.loads(path.read_text()))
        for entry in data["files"]:
            entry["uploaded"] = datetime.fromisoformat(entry["uploaded"])
        files = [IndexFile(**entry) for entry in data["files"]]
        releases = {(project, version): datetime.fromisoformat(when) for project, version, when in data["releases"]}
        return Catalogue({file.name: file for file in files}, frozenset(data["spent"]), releases)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise refuse(f"the local index cannot read what it kept: {error}", where=Location(path.name)) from None
