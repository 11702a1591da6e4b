"""What `undo` may take back of a release, decided from what git, the index and GitHub say.

    a file on the index            the version is spent: nothing is taken back, and three ways lead on
    a published release            it is never deleted, nor the tag under it
    a run that is not over         it has to be cancelled first
    something that cannot be known no tag is deleted
    nothing of these               a draft, the tag and the bump branch go: on the remote first, then here

A tag is what a release that has begun can be found and completed by. So it goes only when it is known that nothing
was published, and "it cannot be seen" is not "it is not there": PyPI may show a file minutes after it has taken it.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from packaging.version import Version

from castoff.core import versions
from castoff.core.errors import CastoffError, Problem
from castoff.core.forge import Repository
from castoff.core.plan import Run
from castoff.core.published import (
    LAG,
    ForgeRelease,
    PublishedFile,
    RunJob,
    Unknown,
    WorkflowRun,
    known,
)
from castoff.core.spent import Spent, spent
from castoff.core.uploads import not_uploaded, uploading

_OVER = "completed"
_SUCCESS = "success"
_AUTHENTICATE = 'export GITHUB_TOKEN="$(gh auth token)"'


@dataclass(frozen=True, slots=True)
class Found:
    """What git has of a release: the objects that its names stand for, None for what is not there."""

    version: Version
    remote: str
    main: str
    local_tag: str | None
    remote_tag: str | None
    local_branch: str | None
    remote_branch: str | None
    kept: tuple[str, ...]
    """Branches of the bump's name, here or on the remote, that stay: why, and the command that removes each."""
    on_branch: bool
    """Whether the bump branch is checked out."""
    dirty: tuple[str, ...]
    """Paths that differ from HEAD."""
    locked: tuple[Problem, ...]
    """The locks that deleting the tag and the branch here would stumble over."""
    main_holds: bool
    """Whether main on the remote has come to hold the version."""
    again: str
    """The command that runs `undo` again."""
    said_yes: str
    """The same, with a yes beforehand."""
    release: str
    """The command that releases this version."""
    following: str
    """The command that releases the next one."""

    @property
    def tag(self) -> str:
        """The one spelling of the version's tag."""
        return versions.tag_name(self.version)

    @property
    def branch(self) -> str:
        """The bump branch's name."""
        return versions.bump_branch(self.version)


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of the release workflow with the jobs of all its attempts."""

    run: WorkflowRun
    jobs: tuple[RunJob, ...] | Unknown


@dataclass(frozen=True, slots=True)
class Outside:
    """What the index and GitHub have of a release, as far as they tell."""

    files: tuple[PublishedFile, ...] | Unknown
    releases: tuple[ForgeRelease, ...] | Unknown
    runs: tuple[Ran, ...] | Unknown
    """The newest first."""
    publishing: tuple[str, ...] | None
    """The names of the jobs that upload to the index; None when that is not known, and any may."""
    forge: Repository | None
    token: bool
    """Whether there is a token, without which GitHub shows no drafts."""
    manage_page: str
    """The page on which a release of the index is yanked."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a ref that stands for `object`, here (`remote` is None) or on the remote; of another object, refuse."""

    ref: str
    object: str
    remote: str | None = None

    @property
    def args(self) -> tuple[str, ...]:
        """The arguments of git; both commands compare the object in the very act, and fail when it has changed."""
        if self.remote is None:
            return ("update-ref", "-d", self.ref, self.object)
        lease = f"--force-with-lease={self.ref}:{self.object}"
        return ("push", "--quiet", "--no-follow-tags", "--recurse-submodules=no", lease, self.remote, f":{self.ref}")


@dataclass(frozen=True, slots=True)
class DeleteDraft:
    """Delete a draft of the release on GitHub, if it still is one and holds what it held."""

    release: ForgeRelease


Act = Delete | DeleteDraft | Run


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What is taken back, in this order; and what else there is to know."""

    stands: str
    actions: tuple[Act, ...]
    notes: tuple[str, ...]


def decide(found: Found, outside: Outside) -> UndoPlan:
    """Return what is taken back; raises CastoffError, with every reason, when nothing may be."""
    if not isinstance(outside.files, Unknown) and outside.files:
        raise spent(_spent(found, outside, outside.files))
    problems = [*_published(found, outside), *_running(found, outside), *_doubts(found, outside), *_checkout(found)]
    if problems:
        raise CastoffError(*problems)
    actions = _actions(found, outside)
    what = "nothing was published" if actions else f"there is nothing of {found.version} to take back"
    return UndoPlan(what, actions, _notes(found, outside))


def _spent(found: Found, outside: Outside, files: tuple[PublishedFile, ...]) -> Spent:
    runs = known(outside.runs)
    newest = runs[0].run if runs else None
    return Spent(
        version=found.version,
        files=files,
        run=newest,
        forge=outside.forge,
        manage_page=outside.manage_page,
        following=found.following,
        now=outside.now,
        stranger=_stranger(outside, files, runs),
    )


def _stranger(outside: Outside, files: tuple[PublishedFile, ...], runs: Sequence[Ran]) -> str:
    """Return the first file that the workflow cannot have uploaded, and why; empty when there is none."""
    known = [ran.jobs for ran in runs if not isinstance(ran.jobs, Unknown)]
    if not runs or not all(known) or len(known) < len(runs):
        return ""  # a run without any job is one of which GitHub tells none
    uploads = [job for jobs in known for job in uploading(jobs, outside.publishing)]
    at_work = any(ran.run.status != _OVER for ran in runs)
    why = ((file.name, not_uploaded(file, uploads, outside.now if at_work else None)) for file in files)
    return next((f"{name}: {said}" for name, said in why if said), "")


def _actions(found: Found, outside: Outside) -> tuple[Act, ...]:
    """Return the acts: outermost first, so that what is here shows what was meant until the rest is gone."""
    tag, branch = f"refs/tags/{found.tag}", f"refs/heads/{found.branch}"
    actions: list[Act] = [DeleteDraft(draft) for draft in _drafts(outside)]
    for ref, there in ((tag, found.remote_tag), (branch, found.remote_branch)):
        actions += [Delete(ref, there, found.remote)] if there else []
    if found.local_tag:
        actions.append(Delete(tag, found.local_tag))
    if found.local_branch:
        actions += [Run(("switch", "--quiet", found.main))] if found.on_branch else []
        actions.append(Delete(branch, found.local_branch))
    return tuple(actions)


def _drafts(outside: Outside) -> tuple[ForgeRelease, ...]:
    releases = known(outside.releases)
    return tuple(release for release in releases if release.draft)


def _published(found: Found, outside: Outside) -> list[Problem]:
    releases = known(outside.releases)
    return [
        Problem(
            f"the release {found.tag} on GitHub is published{' and immutable' if release.immutable else ''}: it stays, "
            f"and so does its tag ({release.url})",
            fix=(found.following,),
        )
        for release in releases
        if not release.draft
    ]


def _running(found: Found, outside: Outside) -> list[Problem]:
    runs = known(outside.runs)
    return [
        Problem(
            f"the workflow still runs for {found.tag} ({ran.run.status}), and may publish at any moment: {ran.run.url}",
            fix=(*_cancel(outside, ran.run), found.again),
        )
        for ran in runs
        if ran.run.status != _OVER
    ]


def _cancel(outside: Outside, run: WorkflowRun) -> tuple[str, ...]:
    forge = outside.forge
    return (f"gh run cancel {run.id} --repo {forge.full_name}",) if forge else ()


def _doubts(found: Found, outside: Outside) -> list[Problem]:
    """Return why it cannot be told whether anything was published: none, when no tag would be deleted."""
    if not (found.local_tag or found.remote_tag):
        return []
    doubts = [_unknown(found, outside, "the index", outside.files)]
    if found.remote_tag:  # without it no run can have begun since these were last known, and no release has its tag
        doubts.append(_unknown(found, outside, "the releases on GitHub", outside.releases))
        doubts.append(_unknown(found, outside, "the runs of the workflow", outside.runs))
    late: list[Problem | None] = [] if isinstance(outside.runs, Unknown) else _late(found, outside, outside.runs)
    return [doubt for doubt in (*doubts, *late) if doubt]


def _unknown(found: Found, outside: Outside, what: str, answer: object) -> Problem | None:
    if not isinstance(answer, Unknown):
        return None
    text = f"whether {found.version} was published cannot be known, so no tag is deleted; {what}: {answer.reason}"
    if answer is outside.files:
        return Problem(text, fix=(answer.fix, found.again) if answer.fix else (found.again,))
    if outside.forge is None:
        return Problem(text, fix=(f"GITHUB_REPOSITORY=OWNER/NAME {found.again}",))
    return Problem(text, fix=(found.again,) if outside.token or answer.silent else (_AUTHENTICATE, found.again))


def _late(found: Found, outside: Outside, runs: Sequence[Ran]) -> list[Problem | None]:
    """Return what speaks against an index that shows nothing: a job that may have uploaded, or says that it has."""
    doubts: list[Problem | None] = []
    for ran in runs:
        if isinstance(ran.jobs, Unknown):
            doubts.append(_unknown(found, outside, f"the jobs of {ran.run.url}", ran.jobs))
            continue
        jobs = uploading(ran.jobs, outside.publishing)
        doubts += [_late_job(found, outside, job) for job in jobs]
        if ran.run.conclusion == _SUCCESS or any(job.conclusion == _SUCCESS for job in jobs if outside.publishing):
            doubts.append(_contradicted(found, ran.run))
    return doubts


def _late_job(found: Found, outside: Outside, job: RunJob) -> Problem | None:
    if job.ended is None or outside.now - job.ended < LAG:
        at = f"{job.ended + LAG:%H:%M} UTC" if job.ended else f"{LAG.seconds // 60} minutes after it"
        what = f"the job {job.name!r} has run, and the index may show a file late; ask again at {at}"
        return Problem(what, fix=(found.again,))
    return None


def _contradicted(found: Found, run: WorkflowRun) -> Problem:
    says = f"the workflow says that it has published ({run.url}), and the index shows nothing of {found.version}"
    return Problem(f"{says}: a name that was used and deleted there is spent all the same", fix=(found.following,))


def _checkout(found: Found) -> list[Problem]:
    locked = [*found.locked] if found.local_tag or found.local_branch else []
    if not (found.local_branch and found.on_branch and found.dirty):
        return locked
    what = f"{found.branch} is checked out, with changes that are not committed: {', '.join(found.dirty[:5])}"
    return [*locked, Problem(what, fix=("git stash --include-untracked", found.again))]


def _notes(found: Found, outside: Outside) -> tuple[str, ...]:
    """Return what stays, and what could not be seen."""
    notes = list(found.kept)
    if found.main_holds:
        notes.append(f"{found.main} holds {found.version}, and keeps it; to tag it anew: {found.release}")
    unseen = isinstance(outside.releases, Unknown) or not outside.token
    if unseen and outside.forge:
        page = f"{outside.forge.page}/releases"
        notes.append(f"whether there is a draft cannot be known without a token (GITHUB_TOKEN): look at {page}")
    if isinstance(outside.files, Unknown):
        notes.append(f"what the index holds cannot be known: {outside.files.reason}")
    return tuple(notes)


def described(act: Act) -> list[tuple[str, str]]:
    """Return an act as lines of (style, text)."""
    if isinstance(act, DeleteDraft):
        names = ", ".join(asset.name for asset in act.release.assets) or "no files"
        return [
            ("", f"delete the draft of {act.release.tag} on GitHub ({names})"),
            ("dim", f"       {act.release.url}"),
        ]
    command = f"git {shlex.join(act.args)}"
    if isinstance(act, Run):
        return [("", f"run    {command}")]
    _, kind, name = act.ref.split("/", 2)
    what = {"tags": "tag", "heads": "branch"}[kind]
    where = f"on {act.remote}" if act.remote else "here"
    return [("", f"delete the {what} {name} {where} ({act.object[:10]})"), ("dim", f"       {command}")]


def as_data(act: Act) -> dict[str, object]:
    """Return an act for `--json`."""
    if isinstance(act, DeleteDraft):
        assets = [asset.name for asset in act.release.assets]
        return {"delete_draft": act.release.id, "page": act.release.url, "assets": assets}
    if isinstance(act, Run):
        return {"run": ["git", *act.args]}
    return {"delete": act.ref, "object": act.object, "on": act.remote, "run": ["git", *act.args]}
