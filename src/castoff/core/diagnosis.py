"""What the doctor knows, and what it says: facts, and a finding for each question that is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from castoff.core.errors import Location, Problem
from castoff.core.findings import Report
from castoff.core.forge import Repository
from castoff.core.published import PublishedFile, Unknown
from castoff.core.settings import (
    BranchRules,
    DeployEnvironment,
    Publisher,
    RepositorySettings,
    TagRuleset,
)
from castoff.core.standing import Standing

_LONGEST = 80
"""Characters of a name from outside that are shown."""


class State(Enum):
    """How it is."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "cannot know"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question."""

    state: State
    detail: str
    fix: tuple[str, ...] = ()
    """What to do: a command to type, or a page to open; empty where there is nothing to do."""
    stops: bool = True
    """Whether a release would be stopped by it, where it is wrong; else it only protects less."""


def right(detail: str, *hint: str) -> Finding:
    """Return that all is as it must be; `hint` is what could be done all the same."""
    return Finding(State.RIGHT, detail, hint)


def wrong(detail: str, *fix: str, stops: bool = True) -> Finding:
    """Return that something is not as it must be."""
    return Finding(State.WRONG, detail, fix, stops)


def unknown(detail: str | Unknown, *fix: str) -> Finding:
    """Return that it cannot be known, and why; without a fix, what the answer itself says to type."""
    if isinstance(detail, str):
        return Finding(State.UNKNOWN, detail, fix)
    own = (detail.fix,) if detail.fix else ()
    return Finding(State.UNKNOWN, detail.reason, fix or own)


def short(text: str) -> str:
    """Return a name from outside on one line, and not longer than is sensible."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


@dataclass(frozen=True, slots=True)
class Signing:
    """What git is told about signing tags and commits."""

    tags: bool
    commits: bool
    format: str
    """openpgp, ssh or x509."""
    program: str
    found: bool
    """Whether there is such a program."""
    key: str | None
    """What is said of the key, or None when nothing is."""
    usable: bool | None
    """Whether the key is there; None when that cannot be known."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is installed and set here; versions of Python and git are tuples of numbers."""

    git: tuple[int, ...] | Unknown
    unusable: Problem | None
    """Why git does nothing in the project's folder."""
    python: tuple[int, ...]
    required: Mapping[str, str | None]
    """The libraries that every release needs, and their versions; None for one that is missing."""
    optional: Mapping[str, Mapping[str, str | None]]
    """What else is used, by the extra of castoff that brings it; a program without a version has an empty one."""
    gh: bool
    """Whether GitHub's own command line, which has a token, is there."""
    identity: Problem | None
    signing: Signing | Unknown


@dataclass(frozen=True, slots=True)
class Publishing:
    """The job of the release workflow that publishes, and what PyPI sees of it."""

    file: str
    """The workflow's bare file name."""
    job: str
    where: Location
    environment: str | None
    environment_at: Location
    computed: bool
    """Whether the environment's name is only known when it runs."""
    identity: bool
    """Whether the job may ask for an identity (`id-token: write`)."""
    password: Location | None
    """Where a password is given to the action, which switches trusted publishing off."""


@dataclass(frozen=True, slots=True)
class LastPublisher:
    """Who published the newest release on the index, as its attestations say."""

    version: str
    publisher: Publisher


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was looked up. `Unknown` is never the same as "it is not there", which is None."""

    name: str
    next_tags: tuple[str, ...]
    """The tags of the next release and of its first candidate."""
    direct: bool
    """Whether `release --direct` is asked about."""
    token: bool
    """Whether there is a token for GitHub."""
    here: Machine
    remote: str
    """Its name."""
    remote_tags: tuple[str, ...] | Problem | Unknown
    """The names of its tags, or why it was not reached."""
    remote_url: str
    """To be shown: without a password."""
    repository: Repository | Unknown
    main: str
    environment_name: str
    workflow: Report | None
    """What castoff's own rules find in the release workflow; None when there is none."""
    publishing: Publishing | Problem | Unknown
    settings: RepositorySettings | Unknown
    branch: BranchRules | Unknown | None
    tags: tuple[TagRuleset, ...] | Unknown
    environment: DeployEnvironment | Unknown | None
    immutable: bool | Unknown
    files: tuple[PublishedFile, ...] | Unknown | None
    last: LastPublisher | Unknown | None
    urls: tuple[str, ...] | Unknown
    """The links that the index shows for the project."""
    own_urls: tuple[str, ...]
    """Those in pyproject.toml."""
    last_release: Standing | Unknown | None
    """Where the newest release stands that the remote has a tag of; None when it has none."""
    site: str | Unknown
    """The index's site for people."""

    def page(self, path: str = "") -> str:
        """Return a page of the repository on GitHub; empty when it is not known."""
        if isinstance(self.repository, Unknown):
            return ""
        return f"{self.repository.page}/{path}" if path else self.repository.page

    def open(self, path: str) -> tuple[str, ...]:
        """Return what to do: open a page of the repository."""
        page = self.page(path)
        return (f"open {page}",) if page else ()
