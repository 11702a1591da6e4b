"""What PyPI looks at inside an upload: that the file is a wheel or an sdist, and that its description renders.

Read in PyPI's source, `warehouse/forklift/legacy.py` (`_is_valid_dist_file` and `file_upload`, August 2026).
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

from castoff.services.index_rules import RefusedError, Upload

_MEMBERS = 1_000_000
"""Members of an archive that are read: more is an archive made to hurt."""


def check_description(upload: Upload) -> None:
    """Raise RefusedError when the description does not render: only reStructuredText, the default, can fail to."""
    if not upload.description or (upload.description_type or "text/x-rst").partition(";")[0] != "text/x-rst":
        return
    from readme_renderer import rst  # docutils takes a while

    if rst.render(upload.description) is None:
        kind = (
            f"for {upload.description_type!r}"
            if upload.description_type
            else "in the default format of reStructuredText"
        )
        raise RefusedError(f"The description failed to render {kind}.")


def check_archive(upload: Upload) -> None:
    """Raise RefusedError unless the file is an archive with the members that its kind must have."""
    try:
        (_check_sdist if upload.file.name.endswith(".tar.gz") else _check_zip)(upload)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise RefusedError(f"Invalid distribution file. {error}") from None


def _check_zip(upload: Upload) -> None:
    file = upload.file
    if not zipfile.is_zipfile(file.path):
        raise RefusedError("Invalid distribution file. File is not a zipfile")
    with zipfile.ZipFile(file.path) as archive:
        names = frozenset(archive.namelist())
    if not file.name.endswith(".whl"):
        _require(names, f"{_top(names)}/PKG-INFO")
        return
    if file.name.count("-") < 2:  # noqa: PLR2004 - NAME-VERSION-TAGS
        raise RefusedError("Invalid distribution file. Unable to parse name and version from wheel filename")
    info = "-".join(file.name.split("-", 2)[:2]) + ".dist-info"
    _require(names, f"{info}/WHEEL")
    _check_licenses(upload, names, f"{info}/licenses")
    for member in ("RECORD", "METADATA"):
        if f"{info}/{member}" not in names:
            raise RefusedError(f"Wheel '{file.name}' does not contain the required {member} file: {info}/{member}")


def _check_sdist(upload: Upload) -> None:
    if not tarfile.is_tarfile(upload.file.path):
        raise RefusedError("Invalid distribution file. File is not a tarfile")
    names = _tar_names(upload.file.path)
    top = _top(names)
    _require(names, f"{top}/PKG-INFO")
    _check_licenses(upload, names, top)


def _tar_names(path: Path) -> frozenset[str]:
    names: set[str] = set()
    with tarfile.open(path, "r:gz") as archive:
        while (member := archive.next()) is not None and len(names) < _MEMBERS:
            names.add(member.name)
            cast("Any", archive).members = []  # tarfile keeps every member it has seen
    return frozenset(names)


def _top(names: Collection[str]) -> str:
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or tops <= {"", ".", ".."}:
        raise RefusedError("Invalid distribution file. Incorrect number of top-level directories in sdist")
    return tops.pop()


def _require(names: Collection[str], member: str) -> None:
    if member not in names:
        raise RefusedError(f"Invalid distribution file. {member.rpartition('/')[2]} not found at {member}")


def _check_licenses(upload: Upload, names: Collection[str], folder: str) -> None:
    for license_file in upload.license_files:
        if f"{folder}/{license_file}" not in names:
            raise RefusedError(
                f"License-File {license_file} does not exist in distribution file {upload.file.name} "
                f"at {folder}/{license_file}"
            )
