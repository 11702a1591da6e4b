"""The SBOM of a release: gathered while it is built, looked at when it was handed on, proved from outside."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from castoff.adapters.archives import digest, made_by
from castoff.adapters.installed import environment
from castoff.core.adoption import LOCKS, OWN
from castoff.core.artifacts import Digest, Manifest, artifact
from castoff.core.errors import Location, Problem
from castoff.core.project import Project, normalized
from castoff.core.sbom import ENDING, FOLDER, Backend, Lock, document, file_name, pins
from castoff.core.toml_text import get, get_texts
from castoff.core.versions import parse
from castoff.flows.checkout import Checkout
from castoff.flows.dist import files_in

_IGNORE = ".gitignore"
_FALLBACK = "setuptools >= 40.8.0"
"""What the build front-end installs where no file says what builds (PEP 518; `build`'s own default)."""


def write(checkout: Checkout, built: Manifest, dist: Path, folder: Path) -> list[str]:
    """Write the SBOM of what was built in `dist` into `folder`; return the names of the files that are in it then.

    One of them hides the folder from git, also where .gitignore was written before there was such a folder.
    """
    project = checkout.project()
    version = parse(built.version)
    assert version is not None  # noqa: S101 - the build has compared it
    text = document(built, environment(built.name), _backend(checkout, project, built, dist), _lock(checkout, built))
    folder.mkdir()
    name = file_name(built.name, version)
    (folder / name).write_text(text, encoding="utf-8")
    (folder / _IGNORE).write_text("*\n", encoding="utf-8")
    return [_IGNORE, name]


@contextmanager
def aside(checkout: Checkout) -> Generator[None]:
    """Keep the SBOM of an earlier build in git's own folder for a while: some back-ends pack whatever lies around."""
    folder = checkout.root / FOLDER
    kept = checkout.root / checkout.git.out("rev-parse", "--git-dir") / f"castoff-{FOLDER}"
    there = folder.is_dir()
    if there:
        shutil.rmtree(kept, ignore_errors=True)  # left by one that was killed
        shutil.move(folder, kept)
    try:
        yield
    finally:
        if there:
            shutil.move(kept, folder)


def strange(root: Path) -> list[str]:
    """Return the names in the SBOM's folder that no build left there."""
    return [name for name in files_in(root / FOLDER) if not name.endswith(ENDING)]


def handed_on(root: Path, manifest: Manifest) -> tuple[bool, list[Problem]]:
    """Return whether the manifest's SBOM is there, and what is wrong with what is there: all of it is signed later.

    None at all is no problem: a workflow from before there was one hands none on.
    """
    there = [digest(root / FOLDER / name) for name in files_in(root / FOLDER)]
    return manifest.sbom in there, [_other(one, manifest.sbom) for one in there if one != manifest.sbom]


def _other(found: Digest, built: Digest | None) -> Problem:
    if built is None or found.file != built.file:
        what = "it is not in the manifest"
    else:
        what = f"its SHA-256 is {found.sha256}, the manifest says {built.sha256}: not what was built"
    return Problem(what, Location(f"{FOLDER}/{found.file}"))


def _lock(checkout: Checkout, built: Manifest) -> Lock | None:
    """Return the lock that make installs from; None when there is none."""
    file = LOCKS[0] if normalized(built.name) == OWN else LOCKS[1]
    data = checkout.folder.read(file)
    if data is None:
        return None
    return Lock(file, hashlib.sha256(data).hexdigest(), pins(data.decode("utf-8", "replace")))


def _backend(checkout: Checkout, project: Project, built: Manifest, dist: Path) -> Backend:
    stated = get(project.data, "build-system", "requires")
    requires = tuple(get_texts(project.data, "build-system", "requires")) if stated is not None else (_FALLBACK,)
    wheels = (dist / file.file for file in built.files if (known := artifact(file.file)) and known.kind == "wheel")
    told = (made_by(wheel) for wheel in wheels)
    return Backend(not checkout.environment.offline, requires, next(told, None))
