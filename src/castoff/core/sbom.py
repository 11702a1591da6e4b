"""The SBOM of a release: which packages, Python and system it was made with, as a CycloneDX document.

CycloneDX 1.6 (ECMA-424, https://cyclonedx.org/docs/1.6/json/): 1.7 is newer, and many readers refuse it still.
The same facts make the same bytes: the time is that of the commit, the serial number is made from the contents.
The document is small, and written here: the library for it would bring seven packages into each release environment,
the very thing that is to be told. The tests hold what is written against the official schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from packaging.utils import canonicalize_name
from packaging.version import Version

from castoff.core.artifacts import Digest, Manifest
from castoff.core.proof import Found, contradictory, not_tried, right
from castoff.core.toml_text import get_table, get_tables, get_text, get_texts

FOLDER = "dist-sbom"
"""Beside `dist/`, never in it: an upload takes everything in that folder for a distribution."""
ENDING = ".cdx.json"
"""The specification's own ending for such files ("Recognized file patterns" of its README)."""
LARGEST = 4 * 1024 * 1024
"""Bytes: more than ten thousand packages."""

_LONGEST = 200
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CLASSIFIER = re.compile(r"License :: (?:.* :: )?(?!OSI Approved$)(.+)")
_WORDS = "as the wheel names it; of its isolated environment the requirements are known, not what they resolved to"


@dataclass(frozen=True, slots=True)
class Licence:
    """What a package says of its licence: an SPDX expression, or other words."""

    text: str
    expression: bool


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package."""

    name: str
    version: str
    licences: tuple[Licence, ...] = ()
    indexed: bool = True
    """Whether it came from an index, as far as it says: no file, folder or repository is recorded (PEP 610)."""
    hashes: tuple[str, ...] = ()
    """The SHA-256 (hex) of each file that the lock admits for it; the installed one is one of them."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the packages run on."""

    python: tuple[str, str]
    """Implementation and version: `CPython`, `3.13.1`."""
    system: tuple[str, str]
    """`Ubuntu`, `24.04`."""
    processor: str
    """`x86_64`."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment that a release is made in."""

    machine: Machine
    packages: tuple[Package, ...]
    unreadable: int
    """How many more there are, which do not say what they are."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What the build front-end was told to install, and what is known of what built."""

    isolated: bool
    """Whether it went into an environment of its own, and was resolved there."""
    requires: tuple[str, ...]
    """`build-system.requires`, as it is written (PEP 518)."""
    made_by: str | None
    """The back-end as the built wheel names it, `NAME==VERSION`; None when it names none that is known."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The hash-locked requirements of the project."""

    file: str
    sha256: str
    pins: Mapping[tuple[str, str], tuple[str, ...]]
    """(name, version), both normalised -> the digests of the files that may be installed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an SBOM says that it is of."""

    name: str
    version: str
    files: Mapping[str, str]
    """File -> SHA-256 (hex)."""


def file_name(project: str, version: Version) -> str:
    """Return the name of the file: `sample_x-0.1.1.cdx.json`, as PEP 625 would spell it."""
    return f"{canonicalize_name(project).replace('-', '_')}-{version}{ENDING}"


def licences(raw: Mapping[str, object]) -> tuple[Licence, ...]:
    """Return what metadata says of the licence: its expression (PEP 639), else its old field, else its classifiers."""
    expression, old = get_text(raw, "license_expression"), get_text(raw, "license")
    if expression:
        return (_licence(expression),)
    if old and old != "UNKNOWN" and "\n" not in old.strip() and len(old) < _LONGEST:  # longer ones are the text itself
        return (_licence(old),)
    told = (_CLASSIFIER.fullmatch(plain(line)) for line in get_texts(raw, "classifiers"))
    return tuple(Licence(match[1], expression=False) for match in told if match)


def pins(text: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (name, version) -> digests of a requirements file; what has no digest, or no single version, is not in it.

    One version may be there twice, for different platforms (uv, `--universal`).
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for entry in _ENTRY.split(text):
        if pinned := _PINNED.match(entry):
            key = (canonicalize_name(pinned["name"]), normal(pinned["version"]))
            digests = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})(?![0-9a-f])", entry))
            if digests:
                found[key] = tuple(sorted({*found.get(key, ()), *digests}))
    return found


_ENTRY = re.compile(r"^(?=[^\s#])", re.MULTILINE)
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", re.ASCII)


def locked(environment: Environment, lock: Lock | None) -> Environment:
    """Return the environment with the digests of the lock, for the packages that have the very version it pins."""
    if lock is None:
        return environment
    return replace(environment, packages=tuple(_locked(one, lock) for one in environment.packages))


def _locked(package: Package, lock: Lock) -> Package:
    key = (canonicalize_name(package.name), normal(package.version))
    return replace(package, hashes=lock.pins.get(key, ())) if package.indexed else package


def document(built: Manifest, environment: Environment, backend: Backend, lock: Lock | None) -> str:
    """Return the SBOM of what was built, as JSON."""
    lines = [("castoff:commit", built.commit), ("castoff:lock:file", lock.file if lock else "none")]
    lines += [("castoff:lock:sha256", lock.sha256)] if lock else []
    lines += [("castoff:unreadable", str(environment.unreadable))] if environment.unreadable else []
    data: dict[str, object] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(built.source_date_epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lifecycles": [{"phase": "build"}],
            "component": _subject(built),
            "properties": _properties(lines),
        },
        "components": [
            *_machine(environment.machine),
            *(_package(one) for one in sorted(locked(environment, lock).packages, key=lambda one: one.name)),
        ],
        "formulation": [_formula(backend)],
    }
    data["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(data))}"
    return json.dumps(data, indent=2) + "\n"


def read_subject(text: str) -> Subject | None:
    """Return what an SBOM says that it is of; None when it is no SBOM, or names no file with a digest."""
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    component = get_table(data, "metadata", "component")
    name, version = get_text(component, "name"), get_text(component, "version")
    files = [(get_text(one, "name"), _sha256(one)) for one in get_tables(component, "components")]
    named = {file: sha256 for file, sha256 in files if file and sha256}
    if get_text(data, "bomFormat") != "CycloneDX" or not name or not version or len(named) != len(files) or not named:
        return None
    return Subject(name, version, named)


def compared(text: str, project: str, version: Version, served: Mapping[str, str | None]) -> Found:
    """Return what an SBOM is beside the files that the index serves (name -> SHA-256; None: not known).

    Wheels that it names none of were built elsewhere, after it.
    """
    subject = read_subject(text)
    if subject is None:
        return contradictory("it is no SBOM that names the files of a release")
    if (canonicalize_name(subject.name), normal(subject.version)) != (canonicalize_name(project), str(version)):
        return contradictory(f"it is of {plain(subject.name)} {plain(subject.version)}")
    if not served:
        return not_tried("the index has no file to compare it with")
    other = [name for name, sha256 in subject.files.items() if served.get(name, "") not in (sha256, None)]
    if other:
        return contradictory(f"it is of other bytes than the index serves: {', '.join(map(plain, sorted(other)))}")
    silent = sorted(set(served) - set(subject.files))
    elsewhere = not any(name.endswith(".whl") for name in subject.files)
    if silent and not (elsewhere and all(name.endswith(".whl") for name in silent)):
        return contradictory(f"it does not name {', '.join(silent)}, which the index serves")
    return right("of the sdist; the wheels were built elsewhere, and it says nothing of that" if silent else "")


def plain(text: str) -> str:
    """Return text from outside as one short line without control characters."""
    shown = "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def normal(version: str) -> str:
    """Return a version in its normal form (PEP 440); one that is none as it is."""
    try:
        return str(Version(version))
    except ValueError:
        return version


def _licence(text: str) -> Licence:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression  # a long list

    try:
        return Licence(canonicalize_license_expression(text), expression=True)
    except InvalidLicenseExpression:
        return Licence(plain(text), expression=False)


def _purl(name: str, version: str) -> str:
    """Return the package URL (https://github.com/package-url/purl-spec, type `pypi`)."""
    return f"pkg:pypi/{canonicalize_name(name)}@{quote(version, safe='')}"


def _hash(sha256: str) -> dict[str, object]:
    return {"alg": "SHA-256", "content": sha256}


def _properties(lines: Sequence[tuple[str, str]]) -> list[dict[str, object]]:
    return [{"name": name, "value": value} for name, value in lines]


def _subject(built: Manifest) -> dict[str, object]:
    """Return the released version, with each file that was built of it."""
    purl = _purl(built.name, built.version)
    return {
        "type": "library",
        "bom-ref": purl,
        "name": built.name,
        "version": built.version,
        "purl": purl,
        "components": [_file(file) for file in built.files],
    }


def _file(file: Digest) -> dict[str, object]:
    return {"type": "file", "bom-ref": f"file:{file.file}", "name": file.file, "hashes": [_hash(file.sha256)]}


def _machine(machine: Machine) -> list[dict[str, object]]:
    (implementation, python), (system, release) = machine.python, machine.system
    processor = _properties([("castoff:processor", plain(machine.processor))])
    return [
        {"type": "platform", "bom-ref": "python", "name": plain(implementation), "version": plain(python)},
        {
            "type": "operating-system",
            "bom-ref": "system",
            "name": plain(system),
            "version": plain(release),
            "properties": processor,
        },
    ]


def _package(package: Package) -> dict[str, object]:
    """Return a component; `excluded`: it is not part of what is released, it took part in making it."""
    version = plain(package.version)
    purl = _purl(package.name, version)
    data: dict[str, object] = {
        "type": "library",
        "bom-ref": purl if package.indexed else f"{package.name}@{version}",
        "name": package.name,
        "version": version,
        "scope": "excluded",
    }
    if package.licences:
        data["licenses"] = _choice(package.licences)
    if package.indexed:
        data["purl"] = purl
    if package.hashes:
        what = "the files that the lock admits; what is installed is one of them, or was made from one"
        hashes = [_hash(sha256) for sha256 in package.hashes]
        data["externalReferences"] = [{"type": "distribution", "url": purl, "comment": what, "hashes": hashes}]
    return data


def _choice(licences: Sequence[Licence]) -> list[dict[str, object]]:
    """Return the licences: one expression alone, or names (the schema allows no mixture)."""
    if licences[0].expression:
        return [{"expression": licences[0].text}]
    return [{"license": {"name": licence.text}} for licence in licences if licence.text]


def _formula(backend: Backend) -> dict[str, object]:
    """Return how it was built: the back-end, and what it was asked to be."""
    lines = [("castoff:build:isolated", str(backend.isolated).lower())]
    lines += [("castoff:build:requires", plain(line)) for line in backend.requires]
    data: dict[str, object] = {"bom-ref": "build", "properties": _properties(lines)}
    if backend.made_by:
        name, _, version = backend.made_by.partition("==")
        what = _WORDS if backend.isolated else "as the wheel names it"
        data["components"] = [
            {
                "type": "library",
                "bom-ref": f"build/{name}",
                "name": name,
                "version": version,
                "description": what,
                "purl": _purl(name, version),
            }
        ]
    return data


def _sha256(component: Mapping[str, object]) -> str | None:
    """Return the SHA-256 of a file among the components; None when it has none, or two."""
    told = [get_text(one, "content") for one in get_tables(component, "hashes") if get_text(one, "alg") == "SHA-256"]
    return told[0] if len(told) == 1 and told[0] and _SHA256.fullmatch(told[0]) else None
