"""What init finds out about a project before it decides anything: its files, its repository, its checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from castoff.adapters.git import remote_name
from castoff.adapters.process import masked
from castoff.core.adoption import Facts
from castoff.core.description import description_problem
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.extensions import compiled
from castoff.core.filling import Names, name_problems
from castoff.core.forge import repository
from castoff.core.found_checks import FoundChecks, find_checks
from castoff.core.other_tools import other_tools
from castoff.core.places import Places, find_places
from castoff.core.project import Project, import_packages
from castoff.core.pythons import choose
from castoff.core.toml_text import get_table
from castoff.flows.checkout import Checkout, required_name

_UPSTREAM = "upstream"
"""What the repository is called from which `origin` is a fork."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A project, and what a person should know of it before a release."""

    project: Project
    facts: Facts
    checks: FoundChecks
    configured: frozenset[str]
    """The keys of `[tool.castoff]` that are there already."""
    main_differs: bool
    """Whether releases must be told which branch they are cut from: the remote does not say it."""
    notes: tuple[str, ...]


def survey(checkout: Checkout, *, wheels: bool) -> Survey:
    """Return what is known of the project; raises CastoffError with every reason for which it cannot be adopted."""
    project = checkout.project()
    problems = [*_repository_problems(checkout)]
    python, minimum = "", ""
    places: Places | None = None
    try:
        places = find_places(project)
    except CastoffError as error:
        problems += error.problems
    try:
        python, minimum = choose(project)
    except CastoffError as error:
        problems += error.problems
    wheels = wheels or project.config.build == ("sdist",)
    problems += _extension_problems(project, wheels=wheels)
    if places is None or problems:
        raise CastoffError(*problems)
    remote, url, notes = _remote(checkout, project)
    main, differs, more = _main(checkout, project, remote if url else None)
    checks = find_checks(project)
    facts = Facts(
        name=required_name(project),
        backend=project.backend,
        packages=tuple(import_packages(project)),
        places=tuple(place.name for place in places.places),
        main=main,
        remote=remote,
        repository=repository(url),
        environment=project.config.environment,
        checks=checks.commands,
        python=python,
        minimum=minimum,
        wheels=wheels,
    )
    unsafe = name_problems(_names(facts))
    if unsafe:
        raise CastoffError(*unsafe)
    configured = frozenset(get_table(project.data, "tool", "castoff"))
    about = (*_description_notes(project), *_wheel_notes(project, wheels=wheels))
    told = (*notes, *more, *checks.notes, *places.notes, *other_tools(project), *about)
    return Survey(project, facts, checks, configured, differs, told)


def _names(facts: Facts) -> Names:
    paths = tuple(place.partition(":")[0] for place in facts.places)
    owner, name = (facts.repository.owner, facts.repository.name) if facts.repository else (None, None)
    return Names(facts.name, owner, name, (facts.main, facts.remote), facts.environment, paths)


def _repository_problems(checkout: Checkout) -> Iterator[Problem]:
    """Yield why the folder is no place for a workflow: no repository, or not the top of one."""
    if problem := checkout.git.unusable():
        yield problem
    elif prefix := checkout.git.out("rev-parse", "--show-prefix"):
        what = (
            f"the project stands in {prefix}, below the top of its repository: the workflow releases what is at the top"
        )
        yield Problem(what, Location("pyproject.toml"))


def _extension_problems(project: Project, *, wheels: bool) -> Iterator[Problem]:
    found = compiled(project)
    if found and not wheels:
        where, said = found
        what = (
            f"it has modules that are compiled ({said}): on a runner that makes one wheel, for linux_x86_64, which PyPI"
            " does not take; with --wheels a matrix of platforms builds them (cibuildwheel), and preflight the sdist"
        )
        yield Problem(what, where, ("castoff init --wheels",))


def _description_notes(project: Project) -> Iterator[str]:
    if problem := description_problem(project):
        yield f"{problem.where}: {problem.what}; write {problem.instead[0]}"


def _wheel_notes(project: Project, *, wheels: bool) -> Iterator[str]:
    if not wheels:
        return
    yield "wheels are built by a matrix, on GitHub's runners: `make rehearse` cannot play this workflow"
    if not get_table(project.data, "tool", "cibuildwheel"):
        yield "there is no [tool.cibuildwheel]: every Python and platform that cibuildwheel knows is built"


def _remote(checkout: Checkout, project: Project) -> tuple[str, str | None, list[str]]:
    """Return the remote that releases go to, its URL (None: there is none), and what there is to say of it."""
    remotes = checkout.git.remotes()
    try:
        name = remote_name(remotes, project.config.remote)
    except CastoffError as error:
        problem = error.problems[0]
        return project.config.remote or "origin", None, [f"{problem.what}: OWNER stands for it; {problem.fix[0]}"]
    url = remotes[name]
    known = repository(url)
    nowhere = f"the remote {name} is not on GitHub: the workflow runs there only, and OWNER stands for the owner"
    notes = [] if known else [nowhere]
    other = remotes.get(_UPSTREAM, url)
    if not project.config.remote and other != url:
        said = f'remote = "{_UPSTREAM}" in [tool.castoff]'
        notes.append(
            masked(f"releases go to {name} ({url}); if that is your fork of {_UPSTREAM} ({other}), write {said}")
        )
    return name, url, notes


def _main(checkout: Checkout, project: Project, remote: str | None) -> tuple[str, bool, list[str]]:
    """Return the branch that releases are cut from, whether it must be configured, and what is not known of it."""
    git = checkout.git
    local = git.refs("refs/heads/main", "refs/heads/master")
    usual = next((name for name in ("main", "master") if f"refs/heads/{name}" in local), None)
    here = usual or git.standing().branch or "main"
    if project.config.main:
        return project.config.main, False, []
    if remote is None:
        return here, False, []
    try:
        asked = git.ask(remote)
    except CastoffError:
        known = git.said("symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD")
        branch = known.removeprefix(f"{remote}/") if known else here
        return branch, False, [f"{remote} cannot be asked which branch is its main one: {branch} is taken for it"]
    told = next((name for name in (asked.head, "main", "master") if name and name in asked.branches), None)
    return told or here, told is None and here in asked.branches, []
