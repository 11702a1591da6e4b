"""`verify`: what the world serves of a release is what was built and signed, proved from outside.

ask       the tag, the index, GitHub: side by side; again while the index has only not caught up yet
fetch     every file from both, digests and signatures
rebuild   the tag in a clean clone, compared with what came
try       what has held so far is installed and imported; nothing else is ever run
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from castoff.adapters import process
from castoff.adapters.archives import WheelTree
from castoff.adapters.git import Tag, remote_name
from castoff.adapters.signatures import Signatures, Signer, require_extra
from castoff.adapters.threads import Asked
from castoff.core import versions
from castoff.core.artifacts import artifact
from castoff.core.errors import CastoffError, misuse
from castoff.core.proof import (
    IMPORTED,
    PROVENANCE,
    REBUILT,
    FileProof,
    Found,
    Proof,
    contradictory,
    missing,
    not_tried,
    right,
    sound,
    unknown,
)
from castoff.core.published import Unknown
from castoff.core.release import WORKFLOW
from castoff.core.served import Served, even, no_release, strays
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.clients import github_of, index_of
from castoff.flows.fetching import Fetched, Fetcher, Progress, size_of
from castoff.flows.outside import Outside
from castoff.flows.proving import report
from castoff.flows.rebuilding import Rebuild
from castoff.flows.trying import AT_ONCE, Outcome, Trial, modules_in, modules_of

WAIT = 600.0
"""Seconds that the index is waited for: PyPI's pages may be that old."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a release is to be verified."""

    version: str
    wait: float = WAIT
    """How many seconds the index may take to catch up."""
    trust_config: Path | None = None
    """The trust configuration of a Sigstore instance other than the public one."""
    rebuild: bool = True
    install: bool = True


def verify(checkout: Checkout, options: Options) -> None:
    """Prove a release from outside, and say what was found; raises CastoffError with all that is wrong."""
    report(checkout, prove(checkout, options))


def prove(checkout: Checkout, options: Options) -> Proof:
    """Return what was found of a release, file by file."""
    require_extra()
    outside = _outside(checkout, options)
    checkout.console.say(f"{outside.tag} of {outside.project}, as the index and GitHub serve it")
    with tempfile.TemporaryDirectory(prefix="castoff-verify-") as folder:
        signatures = Asked(lambda: Signatures.load(options.trust_config))
        tag, served = outside.ask()
        served = outside.wait(served, options.wait, tagged=isinstance(tag, Tag))
        signer = _signer(outside, tag, served)
        pairs = served.pairs(outside.project, outside.version)
        progress = Progress(len(pairs), size_of(pairs))
        fetcher = Fetcher(outside.index, outside.github, signatures, signer, served, Path(folder), progress)
        with checkout.console.watching(progress.rows):
            fetched = fetcher.fetch(pairs)
        _settle_provenance(fetched)
        _rebuild(outside, tag, fetched, Path(folder), wanted=options.rebuild)
        _try(outside, tag, fetched, wanted=options.install)
    return Proof(
        project=outside.project,
        version=str(outside.version),
        tag=outside.tag,
        commit=tag.commit if isinstance(tag, Tag) else None,
        identity=signer.identity,
        general={"tag": _tag_found(tag), "release": _release_found(served), "files": _files_found(served, fetched)},
        files=tuple(FileProof(one.pair.name, one.sha256, one.size, one.found) for one in fetched),
        publishers=tuple(dict.fromkeys(one.publisher for one in fetched if one.publisher)),
        notes=tuple(f"{name} is on the release, and of no file" for name in strays(served, pairs)),
    )


def _outside(checkout: Checkout, options: Options) -> Outside:
    """Return who is to be asked; raises UsageError where nobody could say who must have signed."""
    version = versions.parse_new(options.version)
    tag = versions.tag_name(version)
    if options.trust_config and not options.trust_config.is_file():
        raise misuse(f"there is no trust configuration {options.trust_config}")
    github = github_of(checkout)
    if isinstance(github, Unknown):
        raise misuse(f"whose release it is cannot be told: {github.reason}", "git remote -v")
    return Outside(checkout, index_of(checkout), github, required_name(checkout.project()), version, tag)


def _signer(outside: Outside, tag: Tag | Unknown | None, served: Served) -> Signer:
    """Return who must have signed: this repository's workflow, at this tag, on what the tag stands for."""
    repository = outside.github.repository.as_in(served.published.url if served.published else "")
    identity = f"{repository.page}/.github/workflows/{WORKFLOW}@refs/tags/{outside.tag}"
    commits = (tag.commit, tag.object) if isinstance(tag, Tag) else ()
    return Signer(identity, repository.full_name, WORKFLOW, commits)


def _tag_found(tag: Tag | Unknown | None) -> Found:
    if isinstance(tag, Unknown):
        return unknown(tag.reason)
    return missing("the remote has no such tag") if tag is None else right(f"commit {tag.commit[:10]}")


def _release_found(served: Served) -> Found:
    return right(served.published.url) if served.published else no_release(served)


def _files_found(served: Served, fetched: Sequence[Fetched]) -> Found:
    if isinstance(served.files, Unknown):
        return unknown(served.files.reason)
    kinds = {known.kind for one in fetched if one.pair.indexed and (known := artifact(one.pair.name))}
    lacking = [kind for kind in ("wheel", "sdist") if kind not in kinds]
    if lacking:
        return missing(f"the index has no {' and no '.join(lacking)} of this version")
    return right(f"{len(served.files)} on the index")


def _settle_provenance(fetched: Sequence[Fetched]) -> None:
    settled = even((one.pair.name, one.found[PROVENANCE]) for one in fetched)
    for one in fetched:
        one.found[PROVENANCE] = settled[one.pair.name]


def _rebuild(
    outside: Outside, tag: Tag | Unknown | None, fetched: Sequence[Fetched], folder: Path, *, wanted: bool
) -> None:
    """Build the tag again, and set what that says of each file."""
    files = [one.path for one in fetched if one.path]
    if not wanted:
        found = not_tried("not asked for")
    elif isinstance(tag, Unknown):
        found = unknown(tag.reason)
    elif tag is None:
        found = missing("there is no tag to build")
    else:
        found = unknown("the file itself could not be had")
    told = dict.fromkeys((one.pair.name for one in fetched), found)
    if files and wanted and isinstance(tag, Tag):
        checkout = outside.checkout
        checkout.console.say(f"building {outside.tag} again in a clean clone", "dim")
        remote = remote_name(checkout.git.remotes(), checkout.project().config.remote)
        offline = checkout.environment.offline
        told |= Rebuild(checkout.git, remote, tag.name, tag.commit, folder, offline).compare(files)
    for one in fetched:
        one.found[REBUILT] = told[one.pair.name]


def _try(outside: Outside, tag: Tag | Unknown | None, fetched: Sequence[Fetched], *, wanted: bool) -> None:
    """Install and import what has held so far."""
    if not wanted:
        for one in fetched:
            one.found[IMPORTED] = not_tried("not asked for")
        return
    checkout = outside.checkout
    checkout.console.say("installing each file into a fresh environment", "dim")
    trial = _trial(outside, tag, fetched)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tried = pool.map(partial(_tried, trial), fetched)
        for one, found in zip(fetched, tried, strict=True):
            one.found[IMPORTED] = found


def _trial(outside: Outside, tag: Tag | Unknown | None, fetched: Sequence[Fetched]) -> Trial:
    checkout = outside.checkout
    git = checkout.git
    here = isinstance(tag, Tag) and git.commit_of(tag.commit) is not None
    project = checkout.project(git.tree(tag.commit)) if here and isinstance(tag, Tag) else checkout.project()
    wheels = [one.path for one in fetched if one.path and one.path.suffix == ".whl" and sound(one.found)]
    modules = modules_of(WheelTree(wheels[0]), project) if wheels else modules_in(project)
    variables = process.environment({**process.secrets(), "PYTHONPATH": None, "PYTHONHOME": None})
    return Trial(outside.project, modules, variables, checkout.environment.offline)


def _tried(trial: Trial, fetched: Fetched) -> Found:
    known = artifact(fetched.pair.name)
    if fetched.path is None or known is None or not sound(fetched.found):
        return not_tried("it is not run: something else about it is not right")
    try:
        tried = trial.run(fetched.path, known)
    except CastoffError as error:
        return contradictory(str(error))
    if tried.outcome is Outcome.SKIPPED:
        return not_tried(tried.detail)
    return contradictory(tried.detail) if tried.outcome is Outcome.FAILED else right(f"import {tried.detail}")
