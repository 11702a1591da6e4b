"""A distribution file, tried out: installed into a fresh environment of its own, and imported there."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from packaging.metadata import parse_email
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from castoff.adapters import process, smoke
from castoff.adapters.archives import WheelTree, metadata
from castoff.adapters.process import ProgramFailedError
from castoff.core.artifacts import Artifact
from castoff.core.errors import CastoffError
from castoff.core.project import Project, module_name
from castoff.flows.dist import packages_in
from castoff.flows.fresh import FreshEnvironment

AT_ONCE = 2
"""How many files are installed at the same time."""


class Outcome(Enum):
    """How trying a file out ended."""

    IMPORTED = "imported"
    SKIPPED = "skipped"
    UNINSTALLABLE = "uninstallable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tried:
    """How it ended, and what was imported, why it was skipped, or what failed."""

    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What files of a project are tried out with."""

    name: str
    """The distribution's."""
    modules: Sequence[str]
    """What is imported."""
    variables: Mapping[str, str]
    """The whole environment of the installer, of a build of an sdist, and of what is imported."""
    offline: bool

    def run(self, path: Path, found: Artifact) -> Tried:
        """Install the file at `path` (named as it is published) and import it."""
        said, _ = parse_email(metadata(path.parent, found))
        skipped = _unfit(found, said.get("requires_python"), offline=self.offline)
        if skipped:
            return Tried(Outcome.SKIPPED, skipped)
        with tempfile.TemporaryDirectory(prefix="castoff-try-") as folder:
            try:
                environment = FreshEnvironment(Path(folder), self.variables, self.offline)
                environment.make()
                environment.install(str(path))
                environment.try_out(self.name, said.get("version") or "", self.modules)
            except CastoffError as error:
                return _failure(error)
        return Tried(Outcome.IMPORTED, ", ".join(self.modules))


def modules_of(wheel: WheelTree, project: Project) -> list[str]:
    """Return the names to import: the project's import packages, or whatever stands at the top of the wheel."""
    files = packages_in(wheel, project)
    if not files:
        top = [name for name in wheel.names("") if name.endswith(("/", ".py")) and "." not in name.removesuffix(".py")]
        files = [name.removesuffix("/") for name in top if name.removesuffix("/").removesuffix(".py").isidentifier()]
    return [module_name(file) for file in files]


def _failure(error: CastoffError) -> Tried:
    """Return whether it was the import that failed, or the installation: that may be for want of something else."""
    if isinstance(error, ProgramFailedError):
        told = error.result.stdout.strip().splitlines()
        if error.result.argv[2:3] == (smoke.__file__,) and told:
            return Tried(Outcome.FAILED, f"installed in a fresh environment, {process.masked(told[-1])}")
    what = f"it cannot be installed in a fresh environment: {error.problems[0].what}"
    return Tried(Outcome.UNINSTALLABLE, what)


def _unfit(found: Artifact, requires_python: str | None, *, offline: bool) -> str | None:
    """Return why a file cannot be installed on this machine though nothing is wrong with it, or None."""
    if offline and found.kind == "sdist":
        return "building it needs the network, and this is offline"
    here = platform.python_version()
    try:
        if requires_python and not SpecifierSet(requires_python).contains(here, prereleases=True):
            return f"it requires Python {requires_python}, and this is {here}"
    except InvalidSpecifier:
        return None
    if found.kind == "wheel" and not parse_wheel_filename(found.file)[3] & set(sys_tags()):
        return "it is for another platform"
    return None
