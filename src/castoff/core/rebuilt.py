"""Whether a file that was built again is the published one: the same bytes, the same contents, or where they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from castoff.core.artifacts import Artifact
from castoff.core.proof import Found, contradictory, not_tried, right
from castoff.core.versions import parse

_GENERATOR = re.compile(r"^Generator:\s*(\S+)\s+\(?v?([0-9][0-9A-Za-z.+!-]*)\)?\s*$", re.MULTILINE)
_OF_BACKEND = re.compile(r"[^/]+\.dist-info/(WHEEL|RECORD)")
"""METADATA is not among them: it holds what else is installed."""
_BACKENDS = {
    "hatchling": "hatchling",
    "flit": "flit_core",
    "setuptools": "setuptools",
    "pdm-backend": "pdm-backend",
    "poetry-core": "poetry-core",
    "uv": "uv_build",
    "maturin": "maturin",
    "scikit-build-core": "scikit-build-core",
}
"""How a backend signs a wheel, and the distribution that it is of: from a published file, no other name is believed."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file or link in an archive, without what an archive says of its making."""

    sha256: str
    """Hex, of its bytes; of a link, of where it leads."""
    executable: bool
    link: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """A wheel or an sdist, as far as two of them are compared."""

    sha256: str
    members: Mapping[str, Member]
    generator: str | None
    """The requirement for the backend that says it made a wheel, such as `hatchling==1.27.0`."""


def generator(wheel_text: str) -> str | None:
    """Return the requirement for the backend that WHEEL says has made it; None for one that is not known."""
    match = _GENERATOR.search(wheel_text)
    version = parse(match[2]) if match else None
    return f"{_BACKENDS[match[1]]}=={version}" if match and version and match[1] in _BACKENDS else None


def compared(file: Artifact, published: Archive, built: Archive | None, again: Archive | None) -> Found:
    """Return what a rebuild says of a published file.

    `built` is what was made of the tag here, None when nothing of that name was; `again` the same a second time,
    which tells a backend that makes other contents each time; it is None unless the first differs.
    """
    if built is None:
        return not_tried("a build on this machine makes no file of this name")
    differs = _difference(published, built)
    if differs is None:
        same = built.sha256 == published.sha256
        return right("the same bytes" if same else "the same contents; the backend packs them anew each time")
    if again is not None and _difference(built, again) is not None:
        return not_tried("no comparison: two builds here differ from one another, the backend is not reproducible")
    if file.kind == "wheel" and not file.file.endswith("-any.whl"):
        return not_tried(f"no comparison: it is compiled, and another machine's compiler makes other bytes ({differs})")
    if published.generator != built.generator and _only_signature(published, built):
        return right(f"the same contents, but for the backend that signs as {published.generator}")
    return contradictory(f"built from the tag it is another: {differs}")


def _differing(one: Archive, other: Archive) -> list[str]:
    names = sorted({*one.members, *other.members})
    return [name for name in names if one.members.get(name) != other.members.get(name)]


def _difference(published: Archive, built: Archive) -> str | None:
    """Return where the contents differ first, in words; None where they are the same."""
    names = _differing(published, built)
    if not names:
        return None
    # RECORD only lists the digests of the others: it never tells where the difference is
    telling = [name for name in names if not name.endswith(".dist-info/RECORD")] or names
    name, more = telling[0], f", and {len(telling) - 1} more" if len(telling) > 1 else ""
    if name not in built.members:
        return f"{name} is in the published one only{more}"
    if name not in published.members:
        return f"{name} is not in the published one{more}"
    return f"{name} differs{more}"


def _only_signature(published: Archive, built: Archive) -> bool:
    """Whether nothing differs but where a backend writes its own name and version, and the digest of that."""
    return all(_OF_BACKEND.fullmatch(name) for name in _differing(published, built))
