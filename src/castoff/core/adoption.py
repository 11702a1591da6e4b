"""What init knows of a project, and the values that its templates are filled with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from castoff.core.config import Command
from castoff.core.forge import Repository

OWN = "castoff"
"""The one project whose lock and environment have names of their own: it has no castoff to be installed first."""
ENVIRONMENTS = (".venv", ".venv-release")
"""The environments that make makes: castoff's own, and that of other projects."""
LOCKS = ("requirements.txt", "requirements-release.txt")
"""What each is made from."""
CHECK_TARGETS = {
    "lint": "run the linters",
    "format-check": "is every file laid out as the formatter would?",
    "typecheck": "check the types",
    "test": "run the tests",
}
"""The checks that are tasks of their own."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A project, by its own files and its repository."""

    name: str
    backend: str
    packages: tuple[str, ...]
    """The files of its import packages."""
    places: tuple[str, ...]
    """The places of the version, as `FILE:KEY`."""
    main: str
    remote: str
    repository: Repository | None
    environment: str
    """The GitHub environment that publishes."""
    checks: Mapping[str, tuple[Command, ...]]
    python: str
    """The Python of the jobs: `3.13`."""
    minimum: str
    """The oldest Python that the release environment is made for: castoff's own, or the project's."""
    wheels: bool
    """Whether wheels are built by a matrix."""

    @property
    def own(self) -> bool:
        """Whether the project is castoff itself."""
        return self.name == OWN

    @property
    def lock(self) -> str:
        """The hash-locked requirements that `make` installs."""
        return LOCKS[0] if self.own else LOCKS[1]

    @property
    def wanted(self) -> str:
        """What the lock is made from, beside the project's own dependencies."""
        return "requirements-release.in"

    @property
    def venv(self) -> str:
        """The environment that `make` makes. Elsewhere `.venv` is somebody's own, and not ours to replace."""
        return ENVIRONMENTS[0] if self.own else ENVIRONMENTS[1]

    @property
    def layout(self) -> str:
        """Where the import package stands: below `src` or `lib`, or `flat`."""
        root = self.packages[0].partition("/")[0] if self.packages and "/" in self.packages[0] else ""
        return root if root in ("src", "lib") else "flat"


OLDEST = "3.11"
"""The oldest Python that castoff runs on."""


def values(facts: Facts) -> dict[str, str]:
    """Return what the placeholders of the workflow, the page and the other files are filled with."""
    repository, wheels = facts.repository, facts.wheels
    return {
        "name": facts.name,
        "file": re.sub(r"[-_.]+", "_", facts.name).lower(),
        "main": facts.main,
        "remote": facts.remote,
        "environment": facts.environment,
        "python": facts.python,
        "minimum": facts.minimum,
        "owner": repository.owner if repository else "OWNER",
        "repository": repository.name if repository else facts.name,
        "owner_note": "" if repository else "OWNER is the owner of this repository on GitHub.",
        "told_publisher": _PUBLISHER.format(repository)
        if repository
        else "owner and repository as in the URL of this repository",
        "venv": facts.venv,
        "lock": facts.lock,
        "wanted": facts.wanted,
        "checks": f"{_listed(tuple(_SPOKEN.get(check, check) for check in facts.checks))} side by side",
        "places": _places(facts.places),
        "proves": _PROVES if facts.own else "",
        "tried": _TRIED_HERE if not wheels else _NOT_TRIED,
        "jobs": "six" if wheels else "five",
        "jobs_capital": "Six" if wheels else "Five",
        "built_in": "in the first two jobs" if wheels else "in the first job",
        "before_check": "wheels" if wheels else "preflight",
        "fetch_dist": _FETCH_ALL if wheels else _FETCH,
        "wheels_step": _WHEELS_STEP if wheels else "",
    }


_SPOKEN = {"format-check": "layout", "typecheck": "types", "test": "tests"}
_PUBLISHER = "owner `{0.owner}`, repository `{0.name}`"
_TRIED_HERE = (
    "Each of these can be tried beforehand: `make rehearse FAULT=...` (`make rehearse FAULT=list` names them)."
)
_NOT_TRIED = "The matrix of wheels needs GitHub's runners: this workflow cannot be rehearsed on one machine."
_PROVES = "\n([what that proves, and what not](docs/verify.md))"
_FETCH = """\
          name: dist
          path: dist/"""
_FETCH_ALL = """\
          pattern: dist* # the sdist, and the wheels of each platform
          merge-multiple: true
          path: dist/"""
_WHEELS_STEP = """\
   Here that is the sdist: the wheels are built by the job **wheels**, on a runner of each platform. Their digests are
   not in the manifest, which was written before."""


def make_values(facts: Facts, taken: frozenset[str] = frozenset(), *, program: str, head: bool) -> dict[str, str]:
    """Return what the Makefile's placeholders are filled with.

    `taken` are the targets that another Makefile has already: ours are called `castoff-NAME` then. `program` is what
    runs the verbs, `invoke` or `castoff`; `head` tells whether the file is the whole Makefile.
    """
    names = {verb: f"castoff-{verb}" if verb in taken else verb for verb, _ in verbs(facts)}
    run = f"@{facts.venv}/bin/{program}"
    recipes = {"install": f"@echo '{facts.venv} is ready.'"}
    rules = [
        f"{names[verb]}: {facts.venv}/.ready ## {what}\n\t{recipes.get(verb, f'{run} {verb}')}"
        for verb, what in verbs(facts)
    ]
    minor = int(facts.minimum.partition(".")[2])
    return {
        "venv": facts.venv,
        "lock": facts.lock,
        "pip": f"{facts.venv}/bin/python -m pip install --quiet --disable-pip-version-check",
        "uv": f"UV_SYSTEM_CERTS=1 {facts.venv}/bin/uv pip install --quiet --python {facts.venv}/bin/python",
        "unexport": _UNEXPORT if head else "",
        "phony": " ".join([*(["help"] if head else []), *names.values()]),
        "targets": "\n\n".join([*([_HELP] if head else []), *rules]),
        "install": names["install"],
        "needs": OWN if facts.minimum == OLDEST else facts.name,
        "minimum": f"(3, {minor})",
        "python": facts.minimum,
        "newer": f"3.{max(minor, 12)}",
    }


_HELP = """\
help: ## list the targets
\t@awk -F ' *:.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\\n", $$1, $$2 }' Makefile"""
_UNEXPORT = """\
# A make that a task starts (a rehearsal, a test) is a make of its own: it inherits neither flags nor variables.
unexport MAKEFLAGS MFLAGS MAKEOVERRIDES
"""


def verbs(facts: Facts) -> list[tuple[str, str]]:
    """Return the targets over the verbs, in the order in which they are listed, and what each does."""
    checks = [
        (check, f"{what} ({_programs(facts.checks[check])})")
        for check, what in CHECK_TARGETS.items()
        if check in facts.checks
    ]
    installed = f"make {facts.venv} from {facts.lock} (every other target does it too)"
    return [("install", installed), *checks, *_VERBS]


_VERBS = (
    ("check", "all checks, side by side"),
    ("build", "sdist and wheel into an empty dist/, with a manifest of their digests"),
    ("preflight", "all that can be known before a release: checks, tag, build"),
    ("twine-check", "are the files in dist/ the ones that were built, and do they install?"),
    ("check-tag", "does the tag agree with the version in the files? (TAG=vX)"),
    ("check-workflow", "does the release workflow say what it must? line by line where it does not"),
    ("bump", "write a version into every place it lives (VERSION=X, DRY_RUN=1)"),
    ("tag", "tag main's commit that holds a version (VERSION=X, PUSH=1)"),
    ("release", "the next right step of a release; again until it is done (VERSION=X, DIRECT=1, DRY_RUN=1)"),
    ("undo", "take back what can still be taken back of a release (VERSION=X, YES=1, DRY_RUN=1)"),
    ("rehearse", "a whole release on this machine alone (VERSION=X, FAULT=name)"),
    ("status", "where a release stands, and what to type next (VERSION=X, WATCH=1)"),
    ("doctor", "would a release work today? the one-time set-up, line by line (DIRECT=1, OFFLINE=1)"),
    ("verify", "is what the world serves what was built and signed? (VERSION=X, WAIT=seconds)"),
)
_PROGRAM = re.compile(r"[A-Za-z0-9][\w.+-]*", re.ASCII)


def _programs(commands: tuple[Command, ...]) -> str:
    names = [command[0] for command in commands if _PROGRAM.fullmatch(command[0])]
    return ", ".join(dict.fromkeys(names)) or "its own commands"


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _places(places: tuple[str, ...]) -> str:
    """Return the places of the version as a Markdown list."""
    return "\n".join(f"- `{key}` in `{file}`" if key else f"- `{file}`" for file, key in map(_split, places))


def _split(place: str) -> tuple[str, str]:
    file, _, key = place.partition(":")
    return file, key
