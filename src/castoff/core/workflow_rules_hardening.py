"""Rules on hardening: nobody but who may push the tag decides what runs, and nothing lies about that could be taken."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from castoff.core.errors import Location
from castoff.core.findings import Finding, Verdict
from castoff.core.pins import PINS, pinned
from castoff.core.pipeline import CHECKOUT
from castoff.core.workflow import Job, Step, Uses
from castoff.core.workflow_subject import Subject, input_place, steps_using, uses, without_expressions

_VERSION = re.compile(r"v?\d+(?:\.\d+)*(?:[-.]?\w+)*", re.ASCII)
_SECRET = re.compile(r"\bsecrets\s*(?:\.\s*(?P<name>\w+)|\[)")
_INDEX_TOKEN = re.compile(r"pypi|twine", re.IGNORECASE)
_HARMLESS = re.compile(r"\$\{\{\s*(?:matrix|runner|strategy)\.[\w.-]+\s*\}\}")
_OFF = frozenset({"", "false"})


def actions_are_pinned(subject: Subject) -> Iterator[Finding]:
    """Every action is pinned by its full SHA: a tag or a branch of somebody else's can be moved to other code."""
    for uses_ in _all_uses(subject):
        if uses_.docker and "@sha256:" not in uses_.text:
            yield Finding(
                f"the image {uses_.text} can be moved; pin it by its digest",
                uses_.where,
                (f"{uses_.text}@sha256:DIGEST",),
            )
        elif not uses_.docker and not uses_.pinned:
            known = uses_.action.lower() in PINS
            instead = pinned(uses_.action.lower()) if known else f"{uses_.action}@FULL-SHA # {uses_.ref}"
            what = f"{uses_.action}@{uses_.ref} can be moved to other code at any time"
            yield Finding(what, uses_.where, (f"uses: {instead}",), () if known else (_look_up(uses_, uses_.ref),))


def pins_say_their_version(subject: Subject) -> Iterator[Finding]:
    """Behind each SHA stands the version that it is, and it is the true one, as far as can be known offline."""
    unknown: set[str] = set()
    for uses_ in _all_uses(subject):
        if not uses_.pinned or uses_.local:
            continue
        known = PINS.get(uses_.action.lower(), {})
        said = next(iter(uses_.comment.split()), "")
        right = known.get(uses_.ref.lower())
        if not _VERSION.fullmatch(said):
            yield Finding(
                f"nobody can see which version of {uses_.action} this SHA is",
                uses_.where,
                (f"uses: {uses_.action}@{uses_.ref} # {right or 'vX.Y.Z'}",),
                () if right else (_tags(uses_),),
            )
        elif right is None and said not in known.values():
            if uses_.text not in unknown:
                what = f"whether {uses_.action}@{uses_.ref[:12]} is {said} needs the network to know"
                yield Finding(what, uses_.where, fix=(_look_up(uses_, said),), verdict=Verdict.UNKNOWN)
            unknown.add(uses_.text)
        elif right != said:
            what = f"the comment says {said}, and this SHA is " + (right or f"not {said} of {uses_.action}")
            sha = uses_.ref if right else next(sha for sha, version in known.items() if version == said)
            yield Finding(what, uses_.where, (f"uses: {uses_.action}@{sha} # {right or said}",))


def nothing_is_cached(subject: Subject) -> Iterator[Finding]:
    """No job on the way to PyPI uses a cache: whoever can run a workflow on a branch can put something into it."""
    for job, step in subject.steps:
        if job.id in subject.feeding and step.uses:
            yield from _cached(job, step, step.uses)


def no_expression_in_a_command(subject: Subject) -> Iterator[Finding]:
    """No `${{ }}` in a `run:`: it is pasted into the script as it is, and a tag or a branch may be called anything."""
    own = {job.id for job in subject.own_jobs}
    for job, step in subject.steps:
        run = step.run or ""
        if "${{" in (_HARMLESS.sub("", run) if job.id in own else run):
            plain = " ".join(without_expressions(run).split())
            what = f"the job {job.id} has an expression in a command, which becomes part of the script"
            yield Finding(what, step.keys["run"], (f"run: {plain}",) if len(run.splitlines()) == 1 else ())


def checkouts_keep_no_credentials(subject: Subject) -> Iterator[Finding]:
    """No checkout leaves its token behind, where every step after it, and perhaps an artifact, could have it."""
    for _, step in subject.steps:
        if uses(step, CHECKOUT) and step.inputs.get("persist-credentials") != "false":
            where = input_place(step, "persist-credentials")
            yield Finding(
                "this checkout leaves its token behind for every step after it", where, ("persist-credentials: false",)
            )


def history_is_there(subject: Subject) -> Iterator[Finding]:
    """Preflight checks out the whole history: whether the tag lies on main can be seen nowhere else."""
    for stage, job in subject.stages:
        for step in steps_using(job, CHECKOUT) if stage.history else []:
            if step.inputs.get("fetch-depth") != "0":
                what = f"the job {job.id} gets one commit only, and cannot see whether the tag lies on main"
                yield Finding(what, input_place(step, "fetch-depth"), ("fetch-depth: 0",))
            for key in ("ref", "repository"):
                if key in step.inputs:
                    what = f"the job {job.id} checks out something else than the tag"
                    yield Finding(what, step.input_places[key])
        if stage.history and not steps_using(job, CHECKOUT):
            instead = (f"- uses: {pinned(CHECKOUT)}", "  with:", "    fetch-depth: 0", "    persist-credentials: false")
            yield Finding(f"the job {job.id} does not check out the repository", job.where, instead)


def no_secrets(subject: Subject) -> Iterator[Finding]:
    """No secret is read on the way to PyPI: trusted publishing needs none, and what is not there cannot be stolen."""
    for where, text, job in _texts(subject):
        for match in _SECRET.finditer(text):
            ours = job is None or job.id in {one.id for _, one in subject.stages}
            name = match["name"] or ""
            if name.upper() != "GITHUB_TOKEN" and (ours or _INDEX_TOKEN.search(name)):
                whose = f"the job {job.id}" if job else "the workflow"
                yield Finding(f"{whose} reads the secret {name or 'of a computed name'}; a release needs none", where)


def one_run_at_a_time(subject: Subject) -> Iterator[Finding]:
    """There is one run for a tag at a time, and none is broken off: half a release is worse than a late one."""
    instead = ("concurrency:", "  group: release-${{ github.ref }}", "  cancel-in-progress: false")
    group = subject.workflow.concurrency
    if group is None:
        yield Finding("two runs for one tag could publish at the same time", subject.place("jobs"), instead)
    elif "github.ref" not in group:
        what = (
            "all tags wait in one line, in which GitHub keeps but the newest: a second tag that waits drops the first"
        )
        yield Finding(what, subject.place("concurrency"), (instead[1].strip(),), verdict=Verdict.NOTE)
    jobs = (("jobs", job.id, "concurrency", "cancel-in-progress") for _, job in subject.stages)
    for path in (("concurrency", "cancel-in-progress"), *jobs):
        yield from _cancelled(subject.text(*path), subject.place(*path))


def _cancelled(said: str | None, where: Location) -> Iterator[Finding]:
    if said is None or said in _OFF:
        return
    instead = ("cancel-in-progress: false",)
    if "${{" in said:
        yield Finding("whether a release is broken off is computed", where, instead, verdict=Verdict.UNKNOWN)
    else:
        yield Finding("a newer run breaks off a release that is half done", where, instead)


def _all_uses(subject: Subject) -> Iterator[Uses]:
    for job in subject.workflow.jobs:
        yield from (used for used in (job.uses, *(step.uses for step in job.steps)) if used is not None)


def _look_up(used: Uses, ref: str) -> str:
    return shlex.join(["git", "ls-remote", f"https://github.com/{used.repository}", ref, f"{ref}^{{}}"])


def _tags(used: Uses) -> str:
    return shlex.join(["git", "ls-remote", "--tags", f"https://github.com/{used.repository}"])


def _cached(job: Job, step: Step, used: Uses) -> Iterator[Finding]:
    if used.repository.lower() == "actions/cache":
        yield Finding(f"the job {job.id} uses a cache, which others can fill", used.where)
    for key in ("cache", "enable-cache"):
        if step.inputs.get(key, "") not in _OFF:
            what = f"the job {job.id} uses a cache, which others can fill"
            yield Finding(what, step.input_places[key], (f"{key}: false",) if key == "enable-cache" else ())
    # since v5 setup-uv caches on GitHub's runners unless it is told not to
    if used.action.lower() == "astral-sh/setup-uv" and "enable-cache" not in step.inputs:
        what = f"the job {job.id} uses a cache, which others can fill: setup-uv does unless it is told not to"
        yield Finding(what, used.where, ("enable-cache: false",))


def _texts(subject: Subject) -> Iterator[tuple[Location, str, Job | None]]:
    """Yield every text that can hold an expression with a secret, its place, and its job."""
    yield from ((where, text, None) for where, text in _env(subject, subject.workflow.env, "env"))
    for job in subject.workflow.jobs:
        yield from ((where, text, job) for where, text in _env(subject, job.env, "jobs", job.id, "env"))
        if "secrets" in job.keys:
            yield job.keys["secrets"], "secrets.inherit", job
        for step in job.steps:
            yield from ((step.input_places[name], text, job) for name, text in step.inputs.items())
            yield from ((step.keys["env"], text, job) for text in step.env.values())
            if step.run:
                yield step.keys["run"], step.run, job


def _env(subject: Subject, env: Mapping[str, str], *path: str) -> Iterator[tuple[Location, str]]:
    return ((subject.place(*path, name), text) for name, text in env.items())
