"""What is installed beside castoff, and on what it runs: the environment that a release is made in."""

from __future__ import annotations

import platform
from importlib.metadata import Distribution, distributions

from packaging.metadata import parse_email
from packaging.utils import InvalidName, canonicalize_name

from castoff.core.sbom import Environment, Machine, Package, licences, plain


def environment(leaving_out: str) -> Environment:
    """Return what can be imported from here: the first package of each name, but for the project itself.

    What does not say a name and a version is counted.
    """
    packages: dict[str, Package] = {}
    unreadable = 0
    for distribution in distributions():
        package = _package(distribution)
        if package is None:
            unreadable += 1
        elif package.name not in packages and package.name != canonicalize_name(leaving_out):
            packages[package.name] = package
    return Environment(_machine(), tuple(packages.values()), unreadable)


def _package(distribution: Distribution) -> Package | None:
    try:
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        raw, _ = parse_email(text.partition("\n\n")[0])  # what follows is the description
        name = canonicalize_name(raw.get("name") or "", validate=True)
        origin = distribution.read_text("direct_url.json")
    except (InvalidName, OSError, ValueError):
        return None
    version = raw.get("version")
    return Package(name, plain(version), licences(dict(raw)), indexed=origin is None) if version else None


def _machine() -> Machine:
    return Machine(
        (platform.python_implementation(), platform.python_version()), _system(), platform.machine() or "unknown"
    )


def _system() -> tuple[str, str]:
    """Return name and version of the system: what a Linux distribution calls itself, else what the kernel says."""
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        return platform.system() or "unknown", platform.release() or "unknown"
    return told["NAME"], told.get("VERSION_ID") or "rolling"
