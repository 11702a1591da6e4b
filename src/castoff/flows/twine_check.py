"""`twine-check`: what would be uploaded is what was built, renders on PyPI, installs, and can be imported."""

from __future__ import annotations

import platform
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from packaging.metadata import parse_email
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from castoff.adapters import process, smoke
from castoff.adapters.archives import WheelTree, metadata
from castoff.adapters.process import ProgramFailedError
from castoff.core.artifacts import DIST, Artifact, artifact, manifest_problems
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.project import Project
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.dist import digests, files_in, inspect, load_manifest, packages_in
from castoff.flows.fresh import FreshEnvironment

_AT_ONCE = 2
"""How many files are installed at the same time."""


def twine_check(checkout: Checkout) -> None:
    """Check `dist/`; raises CastoffError with everything that is wrong with its files."""
    console = checkout.console
    places, project = checkout.places(), checkout.project()
    dist = checkout.root / DIST
    problems = inspect(checkout, project, places.version, required=True)
    if problems:
        raise CastoffError(*problems)
    files = files_in(dist)
    problems = manifest_problems(load_manifest(checkout), digests(dist, files))
    if problems:
        raise CastoffError(*problems)
    console.say("  ok      digests are those of the build")
    _twine(checkout, files)
    console.say("  ok      twine check --strict")
    tried = _install_all(checkout, project, files)
    console.say(f"{len(files)} files of {project.name} {places.version} are fit to be uploaded", "good")
    console.result("twine-check", {"version": str(places.version), "files": files, "installed": tried})


def _twine(checkout: Checkout, files: list[str]) -> None:
    """Run twine on exactly these files: given a folder, it would pass one with nothing to check in it."""
    argv = [
        sys.executable,
        "-m",
        "twine",
        "--no-color",
        "check",
        "--strict",
        *(f"{DIST}/{file}" for file in files),
    ]
    ended = process.run(argv, cwd=checkout.root, check=False)
    if ended.code != 0:
        lines = [line.strip() for line in ended.output.splitlines() if line.strip()]
        first = next((line for line in lines if line.startswith(("ERROR", "WARNING"))), f"exit code {ended.code}")
        shown = "\n".join(f"    {line}" for line in lines)
        raise CastoffError(Problem(f"twine check --strict says {' '.join(first.split())}\n{shown}", Location(DIST)))


def _install_all(checkout: Checkout, project: Project, files: list[str]) -> dict[str, str]:
    """Install each file into a fresh environment of its own and import it; return what was done with each."""
    artifacts = [found for file in files if (found := artifact(file))]
    wheels = [found for found in artifacts if found.kind == "wheel"]
    modules = _modules(WheelTree(checkout.root / DIST / wheels[0].file), project) if wheels else []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = list(pool.map(partial(_try, checkout, project, modules), artifacts))
    problems = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
    if problems:
        raise CastoffError(*problems)
    return {found.file: str(outcome) for found, outcome in zip(artifacts, outcomes, strict=True)}


def _try(checkout: Checkout, project: Project, modules: list[str], found: Artifact) -> str | Problem:
    """Install and import one file; return what was done, or what is wrong."""
    dist = checkout.root / DIST
    where = Location(f"{DIST}/{found.file}")
    said, _ = parse_email(metadata(dist, found))
    skipped = _unfit(found, said.get("requires_python"), offline=checkout.environment.offline)
    if skipped:
        checkout.console.say(f"  skipped {found.file}: not installed, {skipped}")
        return f"skipped: {skipped}"
    with tempfile.TemporaryDirectory(prefix="castoff-try-") as folder:
        try:
            variables = process.environment({"PYTHONPATH": None, "PYTHONHOME": None})
            environment = FreshEnvironment(Path(folder), variables, checkout.environment.offline)
            environment.make()
            environment.install(str(dist / found.file))
            environment.try_out(required_name(project), said.get("version") or "", modules)
        except ProgramFailedError as error:
            told = error.result.stdout.strip().splitlines()
            if error.result.argv[2:3] == (smoke.__file__,) and told:
                return Problem(f"installed in a fresh environment, {process.masked(told[-1])}", where)
            return Problem(f"it cannot be installed in a fresh environment: {error.problems[0].what}", where)
    checkout.console.say(
        f"  ok      {found.file} installs in a fresh environment; import {', '.join(modules) or 'of nothing'}"
    )
    return f"imported {', '.join(modules)}"


def _modules(wheel: WheelTree, project: Project) -> list[str]:
    """Return the names to import: the project's import packages, or whatever stands at the top of the wheel."""
    files = packages_in(wheel, project)
    if not files:
        top = [name for name in wheel.names("") if name.endswith(("/", ".py")) and "." not in name.removesuffix(".py")]
        files = [name.removesuffix("/") for name in top if name.removesuffix("/").removesuffix(".py").isidentifier()]
    return [file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in files]


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
