"""Everything that was seen of a release, here and outside, at one moment: what the rules of `standing` judge.

As in `published`: a value is what is there, None is "not there", and `Unknown` is "cannot be known", with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from packaging.version import Version

from castoff.core import versions
from castoff.core.commands import AS_CASTOFF, Typed
from castoff.core.forge import Repository
from castoff.core.published import ForgeRelease, PublishedFile, RunJob, Unknown, WorkflowRun, known


@dataclass(frozen=True, slots=True)
class SeenTag:
    """A tag of the version's name, here or on the remote."""

    object: str
    """What the name stands for: the tag's own object, or the commit of a lightweight tag."""
    commit: str
    signed: bool | Unknown
    """Whether it carries a signature; nothing is said of whether that is a good one."""
    on_main: bool | Unknown
    """Whether its commit lies on the main branch of the remote."""
    holds: bool | Unknown
    """Whether every place says the version in its commit."""
    made: datetime | None
    """When it was made, as it says itself; a lightweight tag does not say it."""

    @property
    def annotated(self) -> bool:
        """Whether it is an object of its own, with a message and a tagger."""
        return self.object != self.commit

    @property
    def right(self) -> bool | Unknown:
        """Whether it is the tag that releases the version: on main, on files that say the version."""
        if self.on_main is False or self.holds is False:
            return False
        return next((said for said in (self.on_main, self.holds) if isinstance(said, Unknown)), True)


@dataclass(frozen=True, slots=True)
class SeenPlace:
    """A place of the version in the files of main."""

    where: str
    """The place as the configuration writes it: `file:key`."""
    value: str


@dataclass(frozen=True, slots=True)
class SeenMain:
    """The main branch, as the remote has it now."""

    branch: str
    commit: str
    places: tuple[SeenPlace, ...] | Unknown
    holding: str | Unknown | None
    """The newest commit of the branch that holds the version, or None."""

    @property
    def version(self) -> Version | None:
        """The version that the places say; None when they disagree, or cannot be read."""
        if isinstance(self.places, Unknown):
            return None
        said = {versions.parse(place.value) for place in self.places}
        return said.pop() if len(said) == 1 else None


@dataclass(frozen=True, slots=True)
class SeenBranch:
    """The bump branch on the remote."""

    commit: str
    merged: bool | Unknown
    """Whether its commit lies on main; after a squash or a rebase it does not, though the bump is there."""


@dataclass(frozen=True, slots=True)
class OnGit:
    """What git has of the release, here and on the remote."""

    remote: str
    """The remote's name."""
    main: SeenMain | Unknown
    branch_here: str | None
    """The commit of the bump branch in this clone."""
    branch_there: SeenBranch | Unknown | None
    tag_here: SeenTag | None
    tag_there: SeenTag | Unknown | None
    under_way: Version | None = None
    """A newer version whose bump branch is on the remote, or which main holds already."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A release as it was seen from here."""

    name: str
    """The distribution's name."""
    version: Version
    at: datetime
    """When it was looked at, with its time zone."""
    repository: Repository | Unknown
    git: OnGit
    runs: tuple[WorkflowRun, ...] | Unknown
    """The runs that pushes of the tag have started, the newest first."""
    jobs: tuple[RunJob, ...] | Unknown
    """The jobs of the newest run; none are asked for when it has succeeded."""
    files: tuple[PublishedFile, ...] | Unknown
    """What the index serves of the version."""
    releases: tuple[ForgeRelease, ...] | Unknown
    """The releases and drafts of the tag on GitHub, as far as they are shown."""
    uploads: tuple[RunJob, ...] | Unknown | None = None
    """The jobs that upload, or may, and have begun, of every attempt of every run; None when not asked for."""
    sees_drafts: bool = False
    """Whether there was a token at all: without one, drafts are hidden."""
    typed: Typed = AS_CASTOFF
    """How verbs are typed here."""

    @property
    def tag(self) -> str:
        """The one spelling of the version's tag."""
        return versions.tag_name(self.version)

    @property
    def branch(self) -> str:
        """The bump branch's name."""
        return versions.bump_branch(self.version)

    def command(self, verb: str, version: Version | None = None) -> str:
        """Return how a person types `verb` for this version, or for another."""
        return self.typed.command(verb, versions.tag_name(version or self.version).removeprefix("v"))

    @property
    def run(self) -> WorkflowRun | None:
        """The newest run, if there is one and it is known."""
        return self.runs[0] if not isinstance(self.runs, Unknown) and self.runs else None

    @property
    def published(self) -> bool | Unknown:
        """Whether anything of the version is out: a file on the index, or a release that is no draft."""
        out = not isinstance(self.files, Unknown) and bool(self.files)
        if out or any(not release.draft for release in self.known_releases):
            return True
        return next((said for said in (self.files, self.releases) if isinstance(said, Unknown)), False)

    @property
    def known_files(self) -> tuple[PublishedFile, ...]:
        """The files that are known to be on the index: none when that is unknown."""
        return known(self.files)

    @property
    def known_releases(self) -> tuple[ForgeRelease, ...]:
        """The releases that are known: none when that is unknown."""
        return known(self.releases)
