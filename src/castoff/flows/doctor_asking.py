"""What the doctor looks up: everything once, and what is asked of the net side by side. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from packaging.version import Version

from castoff.adapters import github_settings, process
from castoff.adapters.git import Git
from castoff.adapters.github import GitHub
from castoff.adapters.index import Index
from castoff.adapters.index_project import project_urls, publisher, site
from castoff.adapters.threads import Asked
from castoff.adapters.web import Limits, Web
from castoff.core import versions
from castoff.core.artifacts import artifact
from castoff.core.diagnosis import Facts, LastPublisher
from castoff.core.errors import CastoffError, Problem
from castoff.core.project import Project
from castoff.core.published import PublishedFile, Unknown
from castoff.core.publishing import publishing
from castoff.core.standing import Standing, standing
from castoff.core.toml_text import get_table
from castoff.flows import doctor_machine as machine
from castoff.flows.check_workflow import static_findings
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.clients import github_of, index_of, repository_of
from castoff.flows.observing import observe

LIMITS = Limits(connect=5, read=8, total=12, tries=2, pause=0.3)
"""Less than other verbs allow: a doctor that waits is not asked again."""
_OFFLINE = Unknown("not asked: offline")
_T = TypeVar("_T")


def ask(checkout: Checkout, *, direct: bool, offline: bool) -> Facts:
    """Return everything that the doctor judges by.

    What cannot be looked up is Unknown. Raises CastoffError only for a project that cannot be read at all.
    """
    with checkout.console.watching(lambda: [("dim", "asking git, GitHub and PyPI ...")]):
        return _facts(checkout, _Net(offline), direct=direct)


@dataclass(frozen=True, slots=True)
class _Net:
    """Asks outside of this machine, each question in a thread of its own; offline, nothing."""

    offline: bool

    def ask(self, question: Callable[[], _T]) -> Asked[_T | Unknown]:
        """Begin to ask."""
        return Asked(lambda: _OFFLINE if self.offline else question())

    def github(self, hub: GitHub | Unknown, question: Callable[[GitHub], _T]) -> Asked[_T | Unknown]:
        """Begin to ask GitHub, where there is a repository to ask about."""
        return self.ask(lambda: hub if isinstance(hub, Unknown) else question(hub))


@dataclass(frozen=True, slots=True)
class _Held:
    """What the index says of the project."""

    files: tuple[PublishedFile, ...] | Unknown | None
    last: LastPublisher | Unknown | None
    urls: tuple[str, ...] | Unknown


def _facts(checkout: Checkout, net: _Net, *, direct: bool) -> Facts:
    """Return the answers: those of the net are on their way while this machine is looked at."""
    git, environment, project = checkout.git, checkout.environment, checkout.project()
    name, config, remotes = required_name(project), project.config, git.remotes()
    remote = config.remote or _remote(remotes)
    main = config.main or _main(git, remote)
    github, index = github_of(checkout, LIMITS), index_of(checkout, LIMITS)
    base = site(index.simple_url)
    reached = net.ask(lambda: machine.reach(git, remote, remotes.get(remote)))
    settings = net.github(github, github_settings.repository_settings)
    branch = net.github(github, lambda hub: github_settings.branch_rules(hub, main))
    tags = net.github(github, github_settings.tag_rulesets)
    deploy = net.github(github, lambda hub: github_settings.environment(hub, config.environment))
    immutable = net.github(github, github_settings.immutable_releases)
    asked = net.ask(lambda: _held(index, base, name))
    last = net.ask(lambda: _last_release(checkout, reached.answer()))
    here = machine.look(git)
    held = asked.answer()
    held = _Held(held, held, held) if isinstance(held, Unknown) else held
    return Facts(
        name=name,
        next_tags=_next_tags(checkout),
        direct=direct,
        token=environment.github_token is not None,
        here=here,
        remote=remote,
        remote_tags=reached.answer(),
        remote_url=process.masked(remotes.get(remote, "")),
        repository=repository_of(checkout),
        main=main,
        environment_name=config.environment,
        workflow=static_findings(checkout),
        publishing=publishing(checkout.folder),
        settings=settings.answer(),
        branch=branch.answer(),
        tags=tags.answer(),
        environment=deploy.answer(),
        immutable=immutable.answer(),
        files=held.files,
        last=held.last,
        urls=held.urls,
        own_urls=_own_urls(project),
        last_release=last.answer(),
        site=base,
    )


def _remote(remotes: Mapping[str, str]) -> str:
    """Return the name of the remote that releases go to, whether it is there or not."""
    return "origin" if "origin" in remotes or len(remotes) != 1 else next(iter(remotes))


def _main(git: Git, remote: str) -> str:
    """Return the branch that the remote's HEAD named when it was cloned, or the usual name that it has."""
    head = git.said("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD") or ""
    there = git.refs(f"refs/remotes/{remote}/") if git.said("rev-parse", "--git-dir") else {}
    usual = next((name for name in ("main", "master") if f"refs/remotes/{remote}/{name}" in there), "main")
    return head.removeprefix(f"refs/remotes/{remote}/") or usual


def _next_tags(checkout: Checkout) -> tuple[str, ...]:
    """Return the tags of the next patch and of its first candidate; of a first release where none is known."""
    try:
        following = versions.next_patch(checkout.places().version)
    except CastoffError:
        following = Version("0.1.0")
    return versions.tag_name(following), versions.tag_name(Version(f"{following}rc1"))


def _last_release(checkout: Checkout, tags: tuple[str, ...] | Problem | Unknown) -> Standing | Unknown | None:
    """Return where the newest release stands that has a tag on the remote."""
    if isinstance(tags, Problem):
        return Unknown("the remote does not answer")
    if isinstance(tags, Unknown):
        return tags
    known = [version for tag in tags if (version := versions.version_of_tag(tag)) and versions.misspelt(tag) is None]
    try:
        return standing(observe(checkout, max(known))) if known else None
    except CastoffError as error:
        return Unknown(error.problems[0].what)


def _own_urls(project: Project) -> tuple[str, ...]:
    links = [*get_table(project.data, "project", "urls").values()]
    links += get_table(project.data, "tool", "poetry", "urls").values()
    links += [get_table(project.data, "tool", "poetry").get(key) for key in ("repository", "homepage")]
    return tuple(link for link in links if isinstance(link, str))


def _held(index: Index, base: str | Unknown, name: str) -> _Held:
    """Return what the index has of the project; its links are asked for only where nothing better tells whose it is."""
    files = index.files(name)
    if not isinstance(files, tuple):
        return _Held(files, None, ())
    last = _last(index, files)
    if isinstance(last, LastPublisher) or isinstance(base, Unknown):
        return _Held(files, last, ())
    return _Held(files, last, project_urls(Web(LIMITS), base, name))


def _last(index: Index, files: tuple[PublishedFile, ...]) -> LastPublisher | Unknown | None:
    """Return who published the newest release that tells it."""
    told = [(known.version, file) for file in files if file.provenance_url and (known := artifact(file.name))]
    if not told:
        return None
    newest, file = max(told, key=lambda one: one[0])
    provenance = index.provenance(file)
    who = provenance if isinstance(provenance, Unknown) or provenance is None else publisher(provenance)
    return LastPublisher(str(newest), who) if who is not None and not isinstance(who, Unknown) else who
