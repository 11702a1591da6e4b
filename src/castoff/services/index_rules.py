"""PyPI's rules for an upload, without any I/O: what is refused, with which words, in PyPI's own order.

Read in PyPI's source, `warehouse/forklift/legacy.py` and `forms.py` (August 2026); each function names what it takes
from there. What PyPI checks beyond this (classifiers, most metadata fields, malware scans) is not played.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from castoff.core.published import OPEN_FOR
from castoff.services.multipart import Form, FormFile

FILE_LIMIT = 100 * 1024 * 1024
"""Bytes of a file, unless PyPI has granted the project more."""

_METADATA_VERSIONS = frozenset({"1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"})
_NAME = re.compile(r"[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9]", re.IGNORECASE)
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_ENDINGS = {"sdist": (".tar.gz", ".zip"), "bdist_wheel": (".whl",)}
_FOREIGN_LINUX = re.compile(r"linux_(?!armv6l$|armv7l$)")
"""A wheel for "linux" runs on one distribution; PyPI takes manylinux and musllinux ones."""
_SPEC = "the core metadata specification"


class RefusedError(Exception):
    """PyPI would refuse: `status`, and the sentence that it answers with."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file that the index holds."""

    name: str
    project: str
    """Normalised."""
    version: str
    """In PEP 440's normal form."""
    kind: str
    """`sdist` or `bdist_wheel`."""
    size: int
    sha256: str
    blake2_256: str
    uploaded: datetime
    requires_python: str | None
    has_provenance: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that the index remembers."""

    files: Mapping[str, IndexFile]
    """By name."""
    spent: frozenset[str]
    """Every file name that was ever taken, deleted files included: none is free again."""
    releases: Mapping[tuple[str, str], datetime]
    """When the first file of (project, version) came."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What the form of an upload says, once it is known to be well-formed."""

    name: str
    version: Version
    kind: str
    requires_python: str | None
    description: str
    description_type: str
    license_files: tuple[str, ...]
    attestations: str | None
    file: FormFile

    @property
    def project(self) -> str:
        """The normalised project name."""
        return canonicalize_name(self.name)


def read_upload(form: Form) -> Upload:
    """Return what the form of twine and its like says; raises RefusedError (UploadForm and `metadata.parse` there)."""
    if (form.get("protocol_version") or "1") != "1":
        raise RefusedError("Unknown protocol version.")
    name, kind = form.get("name"), form.get("filetype")
    if not _NAME.fullmatch(name):
        rule = "Start and end with a letter or numeral containing only ASCII numeric and '.', '_' and '-'."
        raise RefusedError(f"{name!r} is an invalid value for Name. Error: {rule} See {_SPEC} for more information.")
    _check_form(form, kind)
    version = _version(form)
    if form.file is None:
        raise RefusedError("Upload payload does not have a file.")
    return Upload(
        name=name,
        version=version,
        kind=kind,
        requires_python=form.get("requires_python") or None,
        description=form.get("description"),
        description_type=form.get("description_content_type"),
        license_files=form.fields.get("license_file", ()) + form.fields.get("license_files", ()),
        attestations=form.get("attestations") if "attestations" in form.fields else None,
        file=form.file,
    )


def _check_form(form: Form, kind: str) -> None:
    if kind not in _ENDINGS:
        raise RefusedError("Invalid value for filetype. Error: Use a known file type.")
    if kind == "sdist" and form.get("pyversion") not in ("", "source"):
        raise RefusedError("Invalid value for pyversion. Error: Use 'source' as Python version for an sdist.")
    if kind != "sdist" and not form.get("pyversion"):
        what = "Python version is required for binary distribution uploads."
        raise RefusedError(f"Invalid value for pyversion. Error: {what}")
    for field, title in (("sha256_digest", "SHA256"), ("blake2_256_digest", "BLAKE2")):
        if form.get(field) and not _HEX_DIGEST.fullmatch(form.get(field)):
            raise RefusedError(f"Invalid value for {field}. Error: Use a valid, hex-encoded, {title} message digest.")
    if not any(form.get(f"{digest}_digest") for digest in ("md5", "sha256", "blake2_256")):
        raise RefusedError("Error: Include at least one message digest.")


def _version(form: Form) -> Version:
    said = form.get("metadata_version")
    if said not in _METADATA_VERSIONS:
        raise RefusedError(f"{said!r} is not a valid metadata version. See {_SPEC} for more information.")
    try:
        version = Version(form.get("version"))
    except InvalidVersion:
        raise RefusedError(
            f"{form.get('version')!r} is invalid for 'version'. See {_SPEC} for more information."
        ) from None
    if version.local:
        raise RefusedError(f"The use of local versions in {str(version)!r} is not allowed.")
    return version


def check_scope(upload: Upload, project: str, catalogue: Catalogue) -> None:
    """Raise RefusedError unless a token for `project` may upload this."""
    if upload.project == canonicalize_name(project):
        return
    if any(file.project == upload.project for file in catalogue.files.values()):
        raise RefusedError(f"The given token isn't allowed to upload to project {upload.name!r}.", 403)
    raise RefusedError(
        "Non-user identities cannot create new projects. This was probably caused by successfully using a pending "
        "publisher but specifying the project name incorrectly (either in the publisher or in your project's "
        "metadata). Please ensure that both match."
    )


def check_file(upload: Upload, form: Form, limit: int) -> None:
    """Raise RefusedError unless the file's name, type, size and digests are a distribution's (`_validate_filename`)."""
    name = upload.file.name
    if any(ord(char) < 32 or ord(char) == 127 for char in name):  # noqa: PLR2004 - ASCII's control characters
        raise RefusedError(
            "Cannot upload a file with non-printable characters (ordinals 0-31) "
            "or the DEL character (ordinal 127) in the name."
        )
    if "/" in name or "\\" in name or name in ("", ".", ".."):
        raise RefusedError("Cannot upload a file with '/' or '\\' in the name.")
    if not name.lower().endswith((".tar.gz", ".zip", ".whl")):
        raise RefusedError("Invalid file extension: Use .tar.gz, .whl or .zip extension.")
    if not name.lower().endswith(_ENDINGS[upload.kind]):
        ending = ".tar.gz" if name.lower().endswith(".tar.gz") else name[name.rindex(".") :]
        raise RefusedError(f"Invalid file extension: Extension {ending} is invalid for filetype {upload.kind}.")
    if upload.file.content_type.startswith("image/"):
        raise RefusedError("Invalid distribution file.")
    if upload.file.size > limit:
        raise RefusedError(f"File too large. Limit for project {upload.name!r} is {limit // 1024**2} MB.")
    told = {digest: form.get(f"{digest}_digest").lower() for digest in ("md5", "sha256", "blake2_256")}
    if any(value and value != getattr(upload.file, digest) for digest, value in told.items()):
        raise RefusedError("The digest supplied does not match a digest calculated from the uploaded file.")


def is_held(upload: Upload, catalogue: Catalogue, now: datetime) -> bool:
    """Return whether the index has this very file already (nothing is stored then, and the answer is 200).

    Raises RefusedError when it has another file of that name or the same bytes under another name, when the name is
    spent, when the release is too old, or has its sdist (`_is_duplicate_file` and what follows it).
    """
    file = upload.file
    same = [held for held in catalogue.files.values() if held.name == file.name or held.blake2_256 == file.blake2_256]
    if any(held.name == file.name and held.sha256 == file.sha256 for held in same):
        return True
    if same:  # twine's --skip-existing looks for these words
        raise RefusedError(f"File already exists ({file.name!r}, with blake2_256 hash {file.blake2_256!r}).")
    if file.name in catalogue.spent:
        raise RefusedError(
            "This filename was previously used by a file that has since been deleted. Use a different version."
        )
    created = catalogue.releases.get((upload.project, str(upload.version)))
    if created is not None and now - created > OPEN_FOR:
        raise RefusedError(f"Uploading new files to releases older than {OPEN_FOR.days} days is not allowed.")
    release = (upload.project, str(upload.version), "sdist")
    if upload.kind == "sdist" and any(
        (held.project, held.version, held.kind) == release for held in catalogue.files.values()
    ):
        raise RefusedError("Only one sdist may be uploaded per release.")
    return False


def check_name(upload: Upload) -> None:
    """Raise RefusedError unless the file's name is the one of this project and version (PEP 427, PEP 625)."""
    (_check_sdist_name if upload.kind == "sdist" else _check_wheel_name)(upload)


def _check_sdist_name(upload: Upload) -> None:
    file = upload.file.name
    try:
        name, _ = parse_sdist_filename(file)
    except (InvalidSdistFilename, InvalidVersion):
        raise RefusedError(f"Invalid source distribution filename: {file}") from None
    if name != upload.project:
        raise _other_start(upload)
    expected = f"{upload.project.replace('-', '_')}-{upload.version}.tar.gz"
    if file != expected:
        raise RefusedError(f"Filename {file!r} is invalid, should be {expected!r}.")


def _check_wheel_name(upload: Upload) -> None:
    file = upload.file.name
    try:
        name, version, _, tags = parse_wheel_filename(file)
    except (InvalidWheelFilename, InvalidVersion) as error:
        raise RefusedError(str(error)) from None
    for tag in sorted(tags, key=str):
        if _FOREIGN_LINUX.match(tag.platform):
            raise RefusedError(f"Binary wheel '{file}' has an unsupported platform tag '{tag.platform}'.")
    if name != upload.project:
        raise _other_start(upload)
    start, expected = file.partition("-")[0], upload.project.replace("-", "_")
    if start != expected:
        raise RefusedError(f"Filename {file!r} should contain the normalized project name {expected!r}, not {start!r}.")
    if version != upload.version:
        raise RefusedError(f"Version in filename should be {str(upload.version)!r} not {str(version)!r}.")


def _other_start(upload: Upload) -> RefusedError:
    return RefusedError(f"Start filename for {upload.name!r} with {upload.project.replace('-', '_')!r}.")
