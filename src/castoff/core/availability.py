"""Whether a version is free, ours byte for byte, or taken: asked before PyPI, where an answer still saves something.

    nothing of it anywhere                      free
    the index has files, each as it was built   ours: an upload sends the same bytes again, and adds what is missing
    other bytes, or a file that was not built   taken: by another build, for ever (PyPI frees no name)
    incomplete, and older than 14 days          spent: PyPI takes no new files
    a release that is published without them    in the way: the workflow replaces no asset of a published release

Before the build only the releases can be judged; what the index holds is compared with the digests of what was built.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from packaging.version import Version

from castoff.core.artifacts import DIST, Digest, artifact
from castoff.core.errors import Location, Problem
from castoff.core.forge import Repository
from castoff.core.published import OPEN_FOR, ForgeRelease, PublishedFile, Unknown, known

_RE_RUN = "re-run the failed jobs"


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the index and GitHub hold of a version, as far as they tell."""

    version: Version
    tag: str
    files: tuple[PublishedFile, ...] | Unknown
    releases: tuple[ForgeRelease, ...] | Unknown
    forge: Repository | None
    following: str
    """The command that releases the next version."""
    now: datetime

    @property
    def unknown(self) -> tuple[str, ...]:
        """What cannot be known, and why."""
        asked = (("what the index holds", self.files), ("which releases GitHub has", self.releases))
        return tuple(
            f"{what}: {answer.reason}" + (f"; type: {answer.fix}" if answer.fix else "")
            for what, answer in asked
            if isinstance(answer, Unknown)
        )

    @property
    def known_files(self) -> tuple[PublishedFile, ...]:
        """The files on the index; none when that is unknown."""
        return known(self.files)

    @property
    def known_releases(self) -> tuple[ForgeRelease, ...]:
        """The releases of the tag; none when that is unknown."""
        return known(self.releases)


def before_build(holdings: Holdings) -> tuple[Problem, ...]:
    """Return what stands against the release, before anything is built."""
    releases = holdings.known_releases
    problems = [_in_the_way(holdings, one, "it has no files") for one in releases if not one.draft and not one.assets]
    if len(releases) > 1:
        what = f"there are {len(releases)} releases of {holdings.tag} on GitHub, and it is not clear which is meant"
        pages = tuple(f"look at {release.url}" for release in releases)
        problems.append(Problem(what, fix=(*pages, "delete all but one", _RE_RUN)))
    return tuple(problems)


def after_build(holdings: Holdings, built: Sequence[Digest]) -> tuple[Problem, ...]:
    """Return what stands against the release of what was built; empty when all of it is free, or ours."""
    return (*_on_index(holdings, built), *_on_github(holdings, built))


def verdict(holdings: Holdings, built: Sequence[Digest]) -> str:
    """Return in one sentence what there is of the version, when nothing stands against it."""
    there = {file.name for file in holdings.known_files}
    missing = [digest.file for digest in built if digest.file not in there]
    if isinstance(holdings.files, Unknown):
        return f"whether {holdings.version} is free on the index cannot be known"
    if not there:
        return f"{holdings.version} is free: the index shows nothing of it (a name that was used and deleted shows not)"
    if missing:
        left = _left(holdings)
        return f"{holdings.version} is ours, and incomplete: {', '.join(missing)} can be added{left}"
    return f"{holdings.version} is ours already: the index has every file, byte for byte"


def _on_index(holdings: Holdings, built: Sequence[Digest]) -> Iterator[Problem]:
    digests, there = {digest.file: digest.sha256 for digest in built}, {file.name for file in holdings.known_files}
    fix = (holdings.following,)
    for file in holdings.known_files:
        where = Location(f"{DIST}/{file.name}")
        if file.name not in digests:
            what = f"the index has {file.name} of {holdings.version}, which was not built here: it is of another build"
            yield Problem(f"{what}, and the version is spent", fix=fix)
        elif file.sha256 is not None and file.sha256 != digests[file.name]:
            what = f"the index has this name with other bytes (SHA-256 {file.sha256[:12]}..., built "
            yield Problem(f"{what}{digests[file.name][:12]}...): {holdings.version} is spent", where, fix)
    first = _first(holdings)
    missing = sorted(set(digests) - there)
    if there and missing and first and holdings.now - first > OPEN_FOR:
        what = f"{holdings.version} is on the index since {first:%Y-%m-%d}, without {', '.join(missing)}"
        yield Problem(f"{what}: a release takes new files for {OPEN_FOR.days} days", fix=fix)


def _on_github(holdings: Holdings, built: Sequence[Digest]) -> Iterator[Problem]:
    """Yield what is wrong with the releases: another file under our name, one too many, one that a published lacks."""
    for release in holdings.known_releases:
        assets, digests = {asset.name: asset for asset in release.assets}, {digest.file: digest for digest in built}
        other = [
            name
            for name, asset in assets.items()
            if name in digests and asset.sha256 is not None and asset.sha256 != digests[name].sha256
        ]
        strange = [name for name in assets if artifact(name) and name not in digests]
        missing = [] if release.draft or not assets else sorted(set(digests) - set(assets))
        wrong = [
            *(f"it has {name} with other bytes" for name in other),
            *(f"it has {name}, which was not built" for name in strange),
            *(f"it lacks {name}" for name in missing),
        ]
        if wrong:
            yield _in_the_way(holdings, release, ", and ".join(wrong))


def _in_the_way(holdings: Holdings, release: ForgeRelease, why: str) -> Problem:
    """Return that a release on GitHub is not the one of this build, and how it goes away."""
    kind = "draft" if release.draft else "immutable release" if release.immutable else "published release"
    what = f"the {kind} {holdings.tag} on GitHub is not of this build: {why} ({release.url})"
    if release.immutable:
        return Problem(what, fix=(holdings.following,))
    forge = holdings.forge
    typed = f"gh release delete {holdings.tag} --repo {forge.full_name} --yes" if forge else "delete it there"
    return Problem(what, fix=(typed, _RE_RUN))


def _first(holdings: Holdings) -> datetime | None:
    return min((file.uploaded for file in holdings.known_files if file.uploaded), default=None)


def _left(holdings: Holdings) -> str:
    first = _first(holdings)
    return f" until {first + OPEN_FOR:%Y-%m-%d %H:%M} UTC" if first else ""
