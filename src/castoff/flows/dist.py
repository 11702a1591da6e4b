"""What stands in `dist/`: names, metadata, the version inside the wheel, digests."""

from __future__ import annotations

import shlex
from pathlib import Path

from packaging.metadata import parse_email
from packaging.version import Version

from castoff.adapters.archives import WheelTree, digest, metadata
from castoff.core.artifacts import (
    DIST,
    MANIFEST,
    Artifact,
    Digest,
    Manifest,
    artifact,
    dist_problems,
    metadata_problems,
    read_manifest,
)
from castoff.core.errors import CastoffError, Location, Problem, refuse
from castoff.core.modules import Assigned, Modules
from castoff.core.project import Project, import_packages, source_roots
from castoff.core.tree import Tree
from castoff.core.versions import parse
from castoff.flows.checkout import Checkout, required_name

_IGNORED = frozenset({".gitignore"})  # `uv build` leaves one; uploads pass over dot files


def files_in(dist: Path) -> list[str]:
    """Return the names in the folder, sorted; empty when there is none. A link is refused: it could lead anywhere."""
    if dist.is_symlink():
        raise refuse("it is a symbolic link", f"rm {dist.name}", where=Location(dist.name))
    entries = sorted(dist.iterdir()) if dist.is_dir() else []
    for entry in entries:
        if entry.is_symlink() or not entry.is_file():
            path = f"{dist.name}/{entry.name}"
            raise refuse("it is not a file", f"rm -r {shlex.quote(path)}", where=Location(path))
    return [entry.name for entry in entries if entry.name not in _IGNORED]


def inspect(checkout: Checkout, project: Project, version: Version, *, required: bool) -> list[Problem]:
    """Return what is wrong with `dist/`: names, metadata, and the `__version__` inside each wheel.

    An absent or empty `dist/` is wrong where it is `required`, and nothing to compare elsewhere.
    """
    dist = checkout.root / DIST
    files = files_in(dist)
    if not files:
        return [Problem("there is nothing in it", Location(DIST), (checkout.command("build"),))] if required else []
    wheels = required or "wheel" in project.config.build
    return inspect_files(dist, files, project, version, checkout.command("build"), wheels=wheels)


def inspect_files(  # noqa: PLR0913 - each is a fact of its own
    dist: Path, files: list[str], project: Project, version: Version, rebuild: str, *, wheels: bool = True
) -> list[Problem]:
    """Return what is wrong with these files of a folder as distributions of the project at `version`.

    Without `wheels`, there need be none.
    """
    name = required_name(project)
    problems = dist_problems(files, name, version, rebuild, wheels=wheels)
    if problems:  # a file of another version has other metadata too: that adds nothing
        return problems
    for found in (found for file in files if (found := artifact(file))):
        try:
            said, _ = parse_email(metadata(dist, found))
            problems += metadata_problems(found.file, said.get("name"), said.get("version"), name, version)
            if found.kind == "wheel":
                problems += _module_problems(WheelTree(dist / found.file), found, project, version)
        except CastoffError as error:
            problems += error.problems
    return problems


def _module_problems(wheel: Tree, found: Artifact, project: Project, version: Version) -> list[Problem]:
    """Return where the import package inside a wheel says another `__version__`."""
    modules = Modules(wheel)
    problems: list[Problem] = []
    for file in packages_in(wheel, project)[:1]:
        for origin in modules.origins(file, "__version__"):
            if isinstance(origin, Assigned) and not origin.fallback and parse(origin.place.value) != version:
                what = f"{origin.place.location()} in it says __version__ = {origin.place.value!r}, not {version}"
                problems.append(Problem(what, Location(f"{DIST}/{found.file}")))
    return problems


def packages_in(wheel: Tree, project: Project) -> list[str]:
    """Return the files of the project's import packages that are in the wheel, named as they are there."""
    found: list[str] = []
    for file in import_packages(project):
        for root in source_roots(project):
            inside = file.removeprefix(f"{root}/") if root else file
            if wheel.read(inside) is not None and inside not in found:
                found.append(inside)
    return found


def digests(dist: Path, files: list[str]) -> tuple[Digest, ...]:
    """Return the digest of each file."""
    return tuple(digest(dist / file) for file in files)


def load_manifest(checkout: Checkout) -> Manifest:
    """Return the manifest that the build wrote; raises CastoffError when there is none."""
    path = checkout.root / MANIFEST
    if not path.is_file():
        raise refuse("the manifest of digests is not there", checkout.command("build"), where=Location(MANIFEST))
    return read_manifest(path.read_text(encoding="utf-8", errors="replace"))
