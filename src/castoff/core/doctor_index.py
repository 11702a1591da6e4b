"""The doctor's questions about PyPI: the trusted publisher, and whose the name is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from castoff.core.artifacts import artifact
from castoff.core.diagnosis import Facts, Finding, LastPublisher, Publishing, right, short, unknown, wrong
from castoff.core.errors import Problem
from castoff.core.forge import repository
from castoff.core.project import normalized
from castoff.core.published import Unknown
from castoff.core.release import WORKFLOW


@dataclass(frozen=True, slots=True)
class PublisherForm:
    """What PyPI's form for a trusted publisher is filled in with, field by field, and the page that has it."""

    project: str
    owner: str
    repository: str
    workflow: str
    environment: str
    pending: bool
    """Whether the project is not on PyPI yet, so that its name is asked for, too."""
    page: str | None
    """With the fields filled in, where the project is there; None when the index's site is not known."""


def form(facts: Facts) -> PublisherForm | None:
    """Return the filled-in form; None when the repository is not known."""
    if isinstance(facts.repository, Unknown):
        return None
    pending = facts.files is None
    file = facts.publishing.file if isinstance(facts.publishing, Publishing) else WORKFLOW
    fields = {"owner": facts.repository.owner, "repository": facts.repository.name}
    query = {"provider": "github", **fields, "workflow_filename": file, "environment": facts.environment_name}
    page = None
    if isinstance(facts.site, str):
        project = f"project/{quote(normalized(facts.name))}/settings/publishing/?{urlencode(query)}"
        page = f"{facts.site}/manage/{'account/publishing/' if pending else project}"
    return PublisherForm(
        facts.name, **fields, workflow=file, environment=facts.environment_name, pending=pending, page=page
    )


def publisher(facts: Facts) -> Finding:
    """Judge whether what PyPI must be told and what the workflow says are the same, as far as can be known."""
    said = facts.publishing
    if isinstance(said, Problem):
        return wrong(f"{said.where}: {said.what}" if said.where else said.what, *said.fix)
    if isinstance(said, Unknown):
        return unknown(said)
    return _mistake(facts, said) or _told(facts)


def _told(facts: Facts) -> Finding:
    """Judge what PyPI was told, which only its page shows, by what it took."""
    filled = form(facts)
    if filled is None:
        return unknown("the repository is not known, and PyPI is told it", "git remote --verbose")
    page = (f"open {filled.page}",) if filled.page else ()
    if filled.pending:
        return unknown("whether a pending publisher waits for the first release only PyPI's page shows", *page)
    if isinstance(facts.last, LastPublisher):
        return _compared(facts.last, filled, page)
    reason = f" ({facts.last.reason})" if isinstance(facts.last, Unknown) else ""
    return unknown(f"what PyPI was told only its page shows: no release there says who published it{reason}", *page)


def _mistake(facts: Facts, said: Publishing) -> Finding | None:
    """Return what is wrong with the workflow's side alone."""
    name = facts.environment_name
    if said.file != WORKFLOW:
        return wrong(
            f"{said.where}: the workflow that publishes is {said.file}, and castoff's is {WORKFLOW}",
            f"git mv .github/workflows/{said.file} .github/workflows/{WORKFLOW}",
        )
    if said.password is not None:
        return wrong(f"{said.password}: with a password there is no trusted publishing", "take the password out")
    if not said.identity:
        return wrong(f"{said.where}: the job {said.job} lacks `id-token: write`", "castoff check-workflow")
    if said.computed:
        return unknown(f"{said.environment_at}: the environment's name is computed; PyPI is told {name}")
    if (said.environment or "").lower() != name.lower():
        written = f"the environment {said.environment}" if said.environment else "no environment"
        return wrong(
            f"{said.environment_at}: the job {said.job} has {written}, and PyPI is told {name}",
            f"write `environment: {name}` there, or in pyproject.toml: [tool.castoff] environment = "
            f'"{said.environment or name}"',
        )
    return None


def _compared(last: LastPublisher, filled: PublisherForm, page: tuple[str, ...]) -> Finding:
    """Judge by the newest release: PyPI took it from a publisher that it was told of."""
    then = last.publisher
    mine = f"{filled.owner}/{filled.repository}"
    same = {
        f"repository {short(then.repository)}": then.same_repository(mine),
        f"workflow {short(then.workflow)}": then.workflow == filled.workflow,
        f"environment {short(then.environment or 'of any name')}": (
            then.environment is None or then.environment.lower() == filled.environment.lower()
        ),
    }
    other = [what for what, holds in same.items() if not holds]
    if other:
        return unknown(
            f"{last.version} came from another publisher ({', '.join(other)}); PyPI must be told of this one as well",
            *page,
        )
    return right(f"PyPI took {last.version} from {mine}, {then.workflow}, {then.environment or 'any environment'}")


def name(facts: Facts) -> Finding:
    """Judge whose the name on PyPI is."""
    if isinstance(facts.files, Unknown):
        return unknown(facts.files)
    if facts.files is None:
        return right(f"{facts.name} is free; whether PyPI finds it too like another name shows only when it is taken")
    if isinstance(facts.repository, Unknown):
        return unknown(f"{facts.name} is taken; whose it is cannot be told without knowing this repository")
    mine = facts.repository.full_name
    return _by_publisher(facts, facts.last, mine) if isinstance(facts.last, LastPublisher) else _by_links(facts, mine)


def _by_publisher(facts: Facts, last: LastPublisher, mine: str) -> Finding:
    """Judge by who published the newest release, which PyPI itself has checked."""
    if last.publisher.same_repository(mine):
        return right(f"{facts.name} is ours: {last.version} came from {mine}")
    theirs = short(last.publisher.repository)
    return wrong(f"{facts.name} is another's: {last.version} came from {theirs}", *_look(facts))


def _by_links(facts: Facts, mine: str) -> Finding:
    """Judge by the links that the project shows on the index: a claim, and no proof."""
    held = f"{facts.name} {_newest(facts)}".strip()
    if isinstance(facts.urls, Unknown):
        return unknown(f"{held} is there; whose it is cannot be known: {facts.urls.reason}")
    shown = _repositories(facts.urls)
    if mine.lower() in shown or shown & _repositories(facts.own_urls):
        return right(f"{held} is ours by the links that it shows (which prove nothing)")
    if not shown:
        return unknown(f"{held} is there, and says neither who published it nor where it is developed", *_look(facts))
    return wrong(f"{facts.name} is another's: {held} is developed in {short(', '.join(sorted(shown)))}", *_look(facts))


def _look(facts: Facts) -> tuple[str, ...]:
    return (f"open {facts.site}/project/{quote(normalized(facts.name))}/",) if isinstance(facts.site, str) else ()


def _repositories(links: Iterable[str]) -> set[str]:
    """Return the repositories (`owner/name`, lower case) that links lead to, or into."""
    found = (repository("/".join(link.split("#")[0].split("?")[0].split("/")[:5])) for link in links)
    return {one.full_name.lower() for one in found if one and one.owner.lower() != "sponsors"}


def _newest(facts: Facts) -> str:
    files = facts.files if isinstance(facts.files, tuple) else ()
    versions = [known.version for file in files if (known := artifact(file.name))]
    return str(max(versions)) if versions else ""
