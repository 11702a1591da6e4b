"""Rules on signing, publishing and the release: verified at once, never skipped, a draft first, nothing replaced."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator
from functools import partial
from posixpath import join, normpath
from typing import NamedTuple

from castoff.core.errors import Location
from castoff.core.findings import Finding, Verdict
from castoff.core.globs import expand_braces, split_patterns
from castoff.core.pins import pinned
from castoff.core.pipeline import PUBLISH, RELEASE, SIGN
from castoff.core.workflow import Step
from castoff.core.workflow_subject import Subject, input_place, steps_using, without_expressions

ISSUER = "https://token.actions.githubusercontent.com"
_DIST = ("dist/*.whl", "dist/*.tar.gz")
_SBOM = ("dist-sbom/*.cdx.json",)
_BUNDLES = {
    False: ("bundles/*.sigstore.json",),
    True: ("bundles/dist/*.sigstore.json", "bundles/dist-sbom/*.sigstore.json"),
}
"""The bundles as they arrive: where those of the SBOM travel with them, each kind in the folder that it came from."""


def what_is_signed_is_verified(subject: Subject) -> Iterator[Finding]:
    """Wheels, sdist and SBOM are signed, and verified at once against the exact identity of this workflow and tag."""
    file = subject.workflow.file.rpartition("/")[2]
    identity = f"https://github.com/${{{{ github.repository }}}}/.github/workflows/{file}@${{{{ github.ref }}}}"
    for step in _steps(subject, "sign", SIGN):
        files = signed(subject)
        instead = f"inputs: {' '.join(f'./{file}' for file in files)}"
        for kind in files:
            yield from _has(subject, step, _Named("inputs", kind, "signed", instead, _words))
        wanted = {"verify": "true", "verify-cert-identity": identity, "verify-oidc-issuer": ISSUER}
        for key, value in wanted.items():
            if not _same(step.inputs.get(key, ""), value):
                what = "a signature that nobody can verify would show when PyPI has everything already"
                yield Finding(what, input_place(step, key), (f"{key}: {value}",))


def bundles_wait_for_the_draft(subject: Subject) -> Iterator[Finding]:
    """Nothing is attached by the signing action itself: the last job does that, to the draft, after PyPI."""
    for step in _steps(subject, "sign", SIGN):
        yield from _must_be(
            step, "release-signing-artifacts", "false", "bundles are attached before anything is published"
        )
        if step.inputs.get("staging", "false") != "false":
            yield Finding("Sigstore's staging instance signs, which nobody trusts", input_place(step, "staging"))


def nothing_is_skipped(subject: Subject) -> Iterator[Finding]:
    """No skip-existing: PyPI takes the same bytes again by itself, and other bytes under that name must be an error."""
    for step in _steps(subject, "publish", PUBLISH):
        for key in ("skip-existing", "skip_existing"):
            if step.inputs.get(key, "false") != "false":
                what = "a version that is on PyPI already would pass for a release: a forgotten bump ends green"
                yield Finding(what, step.input_places[key], (f"{key}: false",))


def publishing_is_trusted(subject: Subject) -> Iterator[Finding]:
    """No user and no password: they would be used in the place of trusted publishing. Attestations stay on."""
    for step in _steps(subject, "publish", PUBLISH):
        for key in ("user", "password"):
            if key in step.inputs and "secrets." not in step.inputs[key]:
                yield Finding(
                    f"with a {key} there is no trusted publishing, and no attestation", step.input_places[key]
                )
        if step.inputs.get("attestations", "true") != "true":
            yield Finding("PyPI gets no attestations", step.input_places["attestations"], ("attestations: true",))
        for key in ("repository-url", "repository_url"):
            if key in step.inputs:
                what = "this publishes to another index than PyPI"
                yield Finding(what, step.input_places[key], verdict=Verdict.NOTE)


def a_draft_comes_first(subject: Subject) -> Iterator[Finding]:
    """Each release is a draft until every file is attached: an immutable one would stay without them for good."""
    steps = _steps(subject, "github-release", RELEASE)
    if not steps:
        return
    if steps[0].inputs.get("draft") != "true":
        what = "the release is published before its files are attached"
        yield Finding(what, input_place(steps[0], "draft"), ("draft: true",))
    elif all(step.inputs.get("draft") == "true" for step in steps):
        instead = (f"- uses: {pinned(RELEASE)}", "  with:", "    draft: false")
        yield Finding("the draft is never published", _uses_place(steps[-1]), instead)
    if "prerelease" not in steps[0].inputs:
        what = "a release candidate would be published as a full release"
        yield Finding(what, _uses_place(steps[0]), ("prerelease: ${{ contains(github.ref_name, '-rc') }}",))


def the_release_has_every_file(subject: Subject) -> Iterator[Finding]:
    """Wheels, sdist, SBOM and bundles are attached, and a pattern that matches nothing is an error."""
    for step in _steps(subject, "github-release", RELEASE):
        base = step.inputs.get("working_directory") or "."
        for kind in (*signed(subject), *_BUNDLES[subject.has_sbom]):
            yield from _has(
                subject, step, _Named("files", kind, "attached to the release", kind, partial(_globs, base))
            )
        lost = "files that are not there are passed over in silence"
        yield from _must_be(step, "fail_on_unmatched_files", "true", lost)


def assets_are_never_replaced(subject: Subject) -> Iterator[Finding]:
    """Nothing that is attached is replaced: run again, the action would put new files into a finished release."""
    for step in _steps(subject, "github-release", RELEASE):
        yield from _must_be(
            step, "overwrite_files", "false", "run again, this replaces the files of a finished release"
        )


def _steps(subject: Subject, stage: str, action: str) -> list[Step]:
    job = subject.job(stage)
    return steps_using(job, action) if job else []


def _must_be(step: Step, key: str, value: str, otherwise: str) -> Iterator[Finding]:
    if step.inputs.get(key) != value:
        yield Finding(otherwise, input_place(step, key), (f"{key}: {value}",))


def signed(subject: Subject) -> tuple[str, ...]:
    """Return the files that are signed and attached; the SBOM only where it is handed on."""
    return (*_DIST, *(_SBOM if subject.has_sbom else ()))


class _Named(NamedTuple):
    """A kind of file that an input of an action has to name, by patterns."""

    key: str
    kind: str
    done: str
    """What is done with the files."""
    instead: str
    read: Callable[[str], Collection[str]]
    """What makes patterns of the input."""


def _has(subject: Subject, step: Step, named: _Named) -> Iterator[Finding]:
    """Tell of a kind of file that an input does not name; what an expression says, only the run knows."""
    given, where = step.inputs.get(named.key, ""), input_place(step, named.key)
    if subject.files.all_match(named.kind, named.read(without_expressions(given, "\0"))):
        return
    if subject.files.all_match(named.kind, named.read(without_expressions(given, "**"))):
        what = f"whether {named.kind} is {named.done} is for an expression to say"
        yield Finding(what, where, (named.instead,), verdict=Verdict.UNKNOWN)
    else:
        yield Finding(f"{named.kind} is not {named.done}", where, (named.instead,))


def _words(given: str) -> list[str]:
    """Return the patterns that the signing action is given: words as a shell would cut them."""
    try:
        return shlex.split(given)
    except ValueError:  # a quotation without its end, which the action refuses, too
        return []


def _globs(base: str, given: str) -> list[str]:
    """Return the patterns that the release action is given, from the folder on in which it looks."""
    options = (option for pattern in split_patterns(given) for option in expand_braces(pattern))
    return [normpath(join(base, option)) for option in options]


def _same(given: str, wanted: str) -> bool:
    """Return whether two texts are the same but for spaces; `github.workflow_ref` says the identity in one."""
    plain = given.replace(" ", "")
    return plain == wanted.replace(" ", "") or (
        plain == "https://github.com/${{github.workflow_ref}}" and "@${{" in wanted
    )


def _uses_place(step: Step) -> Location:
    return step.uses.where if step.uses else step.where
