"""What a build leaves behind: file names, their versions, and the manifest of digests that the jobs hand on."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import cast

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from castoff.core.errors import Location, Problem, refuse
from castoff.core.toml_text import get, get_table, get_tables, get_text

DIST = "dist"
MANIFEST = "dist-manifest.json"
"""Beside `dist/`, never in it: an upload takes everything in that folder for a distribution."""

_SHA256_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Artifact:
    """A distribution file by its name."""

    file: str
    kind: str
    """`sdist` or `wheel`."""
    name: NormalizedName
    version: Version


@dataclass(frozen=True, slots=True)
class Digest:
    """A file of `dist/` with its SHA-256 (hex) and its size in bytes."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was built, from which commit: how a later job knows that it got the very same bytes."""

    name: str
    version: str
    commit: str
    source_date_epoch: int
    """The commit's time in seconds since 1970: the time stamp of everything in the archives."""
    files: tuple[Digest, ...]
    sbom: Digest | None = None
    """The SBOM of the environment that it was made in; None in a manifest from before there was one."""

    def to_json(self) -> str:
        """Return the manifest as JSON, the same bytes for the same facts."""
        data = {key: value for key, value in asdict(self).items() if value is not None}
        return json.dumps(data, indent=2, sort_keys=True) + "\n"


def artifact(file: str) -> Artifact | None:
    """Return what a file name says (of a wheel, or of an sdist as PEP 625 spells it), or None when it is neither."""
    try:
        if file.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(file)
            return Artifact(file, "wheel", name, version)
        if file.endswith(".tar.gz"):
            name, version = parse_sdist_filename(file)
            return Artifact(file, "sdist", name, version)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        pass
    return None


def dist_problems(
    files: Sequence[str], name: str, version: Version, rebuild: str, *, wheels: bool = True
) -> list[Problem]:
    """Return what is wrong with the names in `dist/`: exactly one sdist, at least one wheel, all of this version.

    `rebuild` is the command that builds it anew; where wheels come later, from elsewhere, none is asked for (`wheels`).
    """
    known = [found for file in files if (found := artifact(file))]
    strange = sorted(set(files) - {found.file for found in known})
    problems = [
        Problem("it is neither a wheel nor an sdist", _in_dist(file), (f"rm {shlex.quote(f'{DIST}/{file}')}",))
        for file in strange
    ]
    problems += [
        Problem(
            f"it is of {found.name} {found.version}, not of {name} {version}",
            _in_dist(found.file),
            (rebuild,),
        )
        for found in known
        if (found.name, found.version) != (canonicalize_name(name), version)
    ]
    kinds = [found.kind for found in known]
    if kinds.count("sdist") != 1:
        problems.append(
            Problem(
                f"there are {kinds.count('sdist')} sdists where one is needed",
                Location(DIST),
                (rebuild,),
            )
        )
    if wheels and not kinds.count("wheel"):
        problems.append(Problem("there is no wheel", Location(DIST), (rebuild,)))
    return problems


def metadata_problems(file: str, name: str | None, said: str | None, project: str, version: Version) -> list[Problem]:
    """Return what is wrong with the name and version that a file's METADATA or PKG-INFO says."""
    problems: list[Problem] = []
    if said is None or _version(said) != version:
        problems.append(Problem(f"its metadata says version {said}, not {version}", _in_dist(file)))
    if name is None or canonicalize_name(name) != canonicalize_name(project):
        problems.append(Problem(f"its metadata says the name is {name}, not {project}", _in_dist(file)))
    return problems


def read_manifest(text: str) -> Manifest:
    """Return the manifest that `text` is; raises CastoffError when it is none."""
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_manifest() from None
    name, version, commit = (get_text(data, key) for key in ("name", "version", "commit"))
    epoch, files = get(data, "source_date_epoch"), [_digest(entry) for entry in get_tables(data, "files")]
    listed = get(data, "files")
    complete = isinstance(listed, list) and len(cast("list[object]", listed)) == len(files) > 0 and None not in files
    if not (name and version and commit and complete) or type(epoch) is not int:
        raise _no_manifest()
    sbom = _digest(get_table(data, "sbom")) if get(data, "sbom") is not None else None
    if sbom is None and get(data, "sbom") is not None:
        raise _no_manifest()
    return Manifest(name, version, commit, epoch, tuple(digest for digest in files if digest), sbom)


def manifest_problems(manifest: Manifest, actual: Sequence[Digest], *, wheels: bool = True) -> list[Problem]:
    """Return where the files in `dist/` are not those of the manifest.

    Without `wheels` they were built elsewhere, after the manifest, and are not in it.
    """
    told = {digest.file: digest for digest in manifest.files}
    there = {
        digest.file: digest for digest in actual if wheels or digest.file in told or not digest.file.endswith(".whl")
    }
    problems = [
        Problem("the manifest names it, but it is not there", _in_dist(file)) for file in sorted(set(told) - set(there))
    ]
    problems += [Problem("it is not in the manifest", _in_dist(file)) for file in sorted(set(there) - set(told))]
    problems += [
        Problem(
            f"its SHA-256 is {there[file].sha256}, the manifest says {told[file].sha256}: not what was built",
            _in_dist(file),
        )
        for file in sorted(set(told) & set(there))
        if told[file] != there[file]
    ]
    return problems


def _digest(entry: dict[str, object]) -> Digest | None:
    file, sha256, size = get_text(entry, "file"), get_text(entry, "sha256"), entry.get("size")
    if not file or "/" in file or sha256 is None or len(sha256) != _SHA256_LENGTH or type(size) is not int:
        return None
    return Digest(file, sha256, size)


def _no_manifest() -> Exception:
    return refuse("it is not a manifest of digests; build again", where=Location(MANIFEST))


def _in_dist(file: str) -> Location:
    return Location(f"{DIST}/{file}")


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None
