"""`twine-check`: what would be uploaded is what was built, renders on PyPI, installs, and can be imported."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from castoff.adapters import process
from castoff.adapters.archives import WheelTree
from castoff.core.artifacts import DIST, Artifact, artifact, manifest_problems
from castoff.core.description import content_type, description_problem, readme
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.project import Project
from castoff.core.sbom import FOLDER
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.dist import digests, files_in, inspect, load_manifest
from castoff.flows.sbom import handed_on
from castoff.flows.trying import AT_ONCE, Outcome, Trial, modules_of


def twine_check(checkout: Checkout) -> None:
    """Check `dist/`; raises CastoffError with everything that is wrong with its files."""
    console = checkout.console
    places, project = checkout.places(), checkout.project()
    dist = checkout.root / DIST
    problems = inspect(checkout, project, places.version, required=True)
    if problems:
        raise CastoffError(*problems)
    files = files_in(dist)
    here = "wheel" in project.config.build
    manifest = load_manifest(checkout)
    has_sbom, others = handed_on(checkout.root, manifest)
    problems = [*manifest_problems(manifest, digests(dist, files), wheels=here), *others]
    if problems:
        raise CastoffError(*problems)
    console.say(f"  ok      digests are those of the build{'' if here else '; the wheels were built elsewhere'}")
    if has_sbom:
        console.say("  ok      the digest of the SBOM, too")
    elif manifest.sbom:
        console.say(f"  note: {FOLDER}/ was not handed on; castoff check-workflow says how", "dim")
    _twine(checkout, files)
    console.say("  ok      twine check --strict")
    tried = _install_all(checkout, project, files)
    console.say(f"{len(files)} files of {project.name} {places.version} are fit to be uploaded", "good")
    console.result(
        "twine-check", {"version": str(places.version), "files": files, "sbom": has_sbom, "installed": tried}
    )


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
        lacking = _lacking(checkout.project(), ended.output)
        said = Problem(f"twine check --strict says {' '.join(first.split())}\n{shown}", Location(DIST))
        raise CastoffError(said, *([lacking] if lacking else []))


def _lacking(project: Project, said: str) -> Problem | None:
    """Return what a file lacks: setup.py the description, or its type, where twine misses one and no other says it."""
    if problem := description_problem(project):
        return problem
    file = readme(project)
    text = f'long_description=Path("{file}").read_text(encoding="utf-8"),'
    kind = f'long_description_content_type="{content_type(file)}",'
    if "`long_description` missing" in said:
        return Problem("setup() is given no description", Location("setup.py"), instead=(text, kind))
    if "`long_description_content_type` missing" in said:
        what = "setup() is not given the type of the description (text/markdown or text/x-rst)"
        return Problem(what, Location("setup.py"), instead=(kind,))
    return None


def _install_all(checkout: Checkout, project: Project, files: list[str]) -> dict[str, str]:
    """Install each file into a fresh environment of its own and import it; return what was done with each."""
    artifacts = [found for file in files if (found := artifact(file))]
    wheels = [found for found in artifacts if found.kind == "wheel"]
    modules = modules_of(WheelTree(checkout.root / DIST / wheels[0].file), project) if wheels else []
    variables = process.environment({"PYTHONPATH": None, "PYTHONHOME": None})
    trial = Trial(required_name(project), modules, variables, checkout.environment.offline)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(partial(_try, checkout, trial), artifacts))
    problems = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
    if problems:
        raise CastoffError(*problems)
    return {found.file: str(outcome) for found, outcome in zip(artifacts, outcomes, strict=True)}


def _try(checkout: Checkout, trial: Trial, found: Artifact) -> str | Problem:
    """Install and import one file; return what was done, or what is wrong."""
    tried = trial.run(checkout.root / DIST / found.file, found)
    if tried.outcome in (Outcome.FAILED, Outcome.UNINSTALLABLE):
        return Problem(tried.detail, Location(f"{DIST}/{found.file}"))
    if tried.outcome is Outcome.SKIPPED:
        checkout.console.say(f"  skipped {found.file}: not installed, {tried.detail}")
        return f"skipped: {tried.detail}"
    checkout.console.say(
        f"  ok      {found.file} installs in a fresh environment; import {tried.detail or 'of nothing'}"
    )
    return f"imported {tried.detail}"
