"""Rules on signing, publishing and the release: verified at once, never skipped, a draft first, nothing replaced."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from castoff.core.errors import Location
from castoff.core.findings import Finding, Verdict
from castoff.core.pins import pinned
from castoff.core.pipeline import PUBLISH, RELEASE, SIGN
from castoff.core.workflow import Step
from castoff.core.workflow_subject import Subject, input_place, steps_using

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
        patterns = step.inputs.get("inputs", "").split()
        files = signed(subject)
        for pattern in files:
            if not _covered(pattern, patterns):
                instead = f"inputs: {' '.join(f'./{file}' for file in files)}"
                yield Finding(f"{pattern} is not signed", input_place(step, "inputs"), (instead,))
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
        patterns = step.inputs.get("files", "").split()
        for pattern in (*signed(subject), *_BUNDLES[subject.has_sbom]):
            if not _covered(pattern, patterns):
                yield Finding(f"{pattern} is not attached to the release", input_place(step, "files"), (pattern,))
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


def _covered(pattern: str, patterns: list[str]) -> bool:
    """Return whether the patterns that are given have all that `pattern` has; no `*` goes beyond a folder."""
    bare = [given.removeprefix("./") for given in patterns]
    return all(any(_has(given, example) for given in bare) for example in _examples(pattern))


def _examples(pattern: str) -> list[str]:
    """Return a file for each kind that a pattern of ours has: bundles there are of wheels and of sdists."""
    if not pattern.startswith("bundles/"):
        return [pattern.replace("*", "a")]
    kinds = ("a.cdx.json",) if "sbom" in pattern else ("a.whl", "a.tar.gz")
    return [pattern.replace("*", file) for file in kinds]


def _has(given: str, file: str) -> bool:
    return fnmatchcase(file, given) and ("**" in given or given.count("/") == file.count("/"))


def _same(given: str, wanted: str) -> bool:
    """Return whether two texts are the same but for spaces; `github.workflow_ref` says the identity in one."""
    plain = given.replace(" ", "")
    return plain == wanted.replace(" ", "") or (
        plain == "https://github.com/${{github.workflow_ref}}" and "@${{" in wanted
    )


def _uses_place(step: Step) -> Location:
    return step.uses.where if step.uses else step.where
