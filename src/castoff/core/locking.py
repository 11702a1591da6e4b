"""The locked requirements of the release environment: what goes in, the command that makes them, what came out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from castoff.core.adoption import OWN, Facts
from castoff.core.dev_requirements import Source, uncommented
from castoff.core.errors import Location, Problem
from castoff.core.project import normalized

EXTRAS = "check,rehearse,status,verify"
"""What the verbs need beside castoff itself."""
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==\S+", re.MULTILINE | re.ASCII)
_ENTRY = re.compile(r"^(?=\S)(?!#)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be locked: the file beside the lock, and the groups and extras of the project's own."""

    text: str
    """The contents of requirements-release.in."""
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    project: str
    """The file that uv reads the project's dependencies from."""

    @property
    def names(self) -> frozenset[str]:
        """The names that must be in the lock, normalised."""
        return frozenset(required_names(self.text))


@dataclass(frozen=True, slots=True)
class Needs:
    """What a project's release needs installed."""

    sources: tuple[Source, ...]
    tools: tuple[str, ...]
    """Requirements for the tools that none of the sources has."""
    build: tuple[str, ...]
    project: str
    """The file that uv reads the project's dependencies from."""


def wanted(facts: Facts, castoff: str, needs: Needs) -> Wanted:
    """Return what is to be locked; `castoff` is the version of the castoff that runs."""
    copied = [(source.name, source.requirements) for source in needs.sources if source.kind == "lines"]
    blocks = [
        (
            (
                f"# What `make` installs for a release, beside the dependencies of {facts.name} itself.\n"
                f"# {facts.lock} is made from it, by the command in its first lines; make it anew after a change here."
            ),
            (),
        ),
        ("# castoff, and what installs the rest", (f"{OWN}[{EXTRAS}]>={castoff}", "uv")),
        ("# the checks", needs.tools),
        *((f"# the checks, from {name}", lines) for name, lines in copied),
        ("# the build backend, for an installation without isolation", needs.build),
    ]
    seen: set[str] = set()
    parts: list[str] = []
    for number, (title, lines) in enumerate(blocks):
        fresh = [line for line in dict.fromkeys(lines) if line not in seen]
        seen |= set(fresh)
        if fresh or number == 0:
            parts.append("\n".join([title, *fresh]))
    groups, extras = (tuple(s.name for s in needs.sources if s.kind == kind) for kind in ("group", "extra"))
    return Wanted("\n\n".join(parts) + "\n", groups, extras, needs.project)


def command(facts: Facts, wanted: Wanted) -> tuple[str, ...]:
    """Return the command that makes the lock, to be run in the project's folder.

    Universal, because the laptop and the jobs need not be the same platform; never from `[tool.uv.sources]`, because
    a path or a branch has no digest.
    """
    chosen = [*(("--group", name) for name in wanted.groups), *(("--extra", name) for name in wanted.extras)]
    return (
        *("uv", "pip", "compile", "--universal", "--python-version", facts.minimum, "--generate-hashes"),
        *("--no-emit-index-url", "--no-sources"),
        *(word for pair in chosen for word in pair),
        *(wanted.project, facts.wanted, "--output-file", facts.lock),
    )


def required_names(text: str) -> list[str]:
    """Return the names of the requirements in a file such as requirements-release.in, normalised."""
    names: list[str] = []
    for line in text.splitlines():
        try:
            requirement = Requirement(uncommented(line))
        except InvalidRequirement:
            continue
        if requirement.marker is None:
            names.append(normalized(requirement.name))
    return names


def lock_problems(lock: str, text: str, names: frozenset[str]) -> list[Problem]:
    """Return what is wrong with a lock: a line without a digest, an address, or a requirement that it lacks."""
    where = Location(lock)
    entries = [entry for entry in _ENTRY.split(text) if entry.strip() and not entry.startswith("#")]
    problems: list[Problem] = []
    for entry in entries:
        first = entry.splitlines()[0].rstrip(" \\")
        if not _PINNED.match(entry):
            problems.append(Problem(f"`{first}` is no pinned version, and cannot be locked by a digest", where))
        elif "--hash=sha256:" not in entry:
            problems.append(Problem(f"{first} has no digest", where))
    missing = sorted(names - {normalized(match["name"]) for match in _PINNED.finditer(text)})
    if missing:
        problems.append(Problem(f"it lacks {', '.join(missing)}", where))
    return problems


def shown(command: Sequence[str]) -> str:
    """Return the command as a person types it."""
    return shlex.join(command)
