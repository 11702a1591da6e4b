"""`verify`: what the world serves of a release is what was built and signed, proved from outside.

ask       the tag, the index, GitHub: side by side; again while the index has only not caught up yet
fetch     every file from both, digests and signatures
rebuild   the tag in a clean clone, compared with what came
try       what has held so far is installed and imported; nothing else is ever run
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from castoff.adapters.apart import SignaturesApart
from castoff.adapters.git_answers import Tag
from castoff.adapters.signatures import Signer, require_extra
from castoff.adapters.threads import Asked
from castoff.core import versions
from castoff.core.artifacts import artifact
from castoff.core.errors import misuse
from castoff.core.proof import (
    IMPORTED,
    PROVENANCE,
    REBUILT,
    FileProof,
    Found,
    Proof,
    missing,
    not_tried,
    right,
    unknown,
)
from castoff.core.published import Unknown
from castoff.core.release import WORKFLOW
from castoff.core.sbom import file_name
from castoff.core.served import Served, even, no_release, strays
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.clients import github_of, index_of
from castoff.flows.fetching import Fetched, Fetcher, Progress, size_of
from castoff.flows.outside import Outside
from castoff.flows.proving import report
from castoff.flows.sbom_proof import SbomProof

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
    with ExitStack() as stack:
        signatures = stack.enter_context(closing(SignaturesApart(options.trust_config)))  # it takes a while to start
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="castoff-verify-"))
        tag, served = outside.ask()
        served = outside.wait(served, options.wait, tagged=isinstance(tag, Tag))
        signer = _signer(outside, tag, served)
        pairs = served.pairs(outside.project, outside.version)
        sbom_name = file_name(outside.project, outside.version)
        progress = Progress(len(pairs), size_of(pairs))
        fetcher = Fetcher(outside.index, outside.github, signatures, signer, served, Path(folder), progress)
        sbom = Asked(SbomProof(outside, served, signatures, signer, Path(folder) / "sbom").found)
        with checkout.console.watching(progress.rows):
            fetched = fetcher.fetch(pairs)
        _settle_provenance(fetched)
        sbom_found = sbom.answer()
        _run(outside, tag, fetched, options, Path(folder))
    return Proof(
        project=outside.project,
        version=str(outside.version),
        commit=tag.commit if isinstance(tag, Tag) else None,
        identity=signer.identity,
        general={
            "tag": _tag_found(tag),
            "release": _release_found(served),
            "files": _files_found(served, fetched),
            "sbom": sbom_found,
        },
        files=tuple(FileProof(one.pair.name, one.sha256, one.size, one.found) for one in fetched),
        publishers=tuple(dict.fromkeys(one.publisher for one in fetched if one.publisher)),
        notes=tuple(f"{name} is on the release, and of no file" for name in strays(served, pairs, sbom_name)),
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


def _run(
    outside: Outside, tag: Tag | Unknown | None, fetched: Sequence[Fetched], options: Options, folder: Path
) -> None:
    """Rebuild the tag, then try the files out: what only some want, and what only they need to import."""
    for one in fetched:
        one.found |= {REBUILT: not_tried("not asked for"), IMPORTED: not_tried("not asked for")}
    if options.rebuild:
        from castoff.flows.rebuilding import rebuild

        rebuild(outside, tag, fetched, folder)
    if options.install:
        from castoff.flows.importing import try_out

        try_out(outside, tag, fetched)
