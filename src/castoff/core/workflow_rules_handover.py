"""Rules on what the jobs hand on: each file is built once, travels by its own artifact, and arrives where it was."""

from __future__ import annotations

from collections.abc import Iterator

from castoff.core.findings import Finding, Verdict
from castoff.core.names import Names
from castoff.core.pins import pinned
from castoff.core.pipeline import DIST, DOWNLOAD, MANIFEST, UPLOAD, Artifact
from castoff.core.workflow import Job
from castoff.core.workflow_subject import Handed, Subject, folder

_WHOLE_DIST = {"dist", "dist/*", "dist/**", "dist/**/*", "dist/*.whl", "dist/*.tar.gz"}
"""What may be uploaded as dist: its files, with dist/ itself as the folder in which they lie."""


def hands_on_what_is_needed(subject: Subject) -> Iterator[Finding]:
    """Each job hands on what the later ones need: dist, the manifest, the bundles, each alone."""
    for stage, job in subject.stages:
        for artifact in stage.hands_on:
            upload = subject.upload_of(artifact, job)
            if upload is None:
                yield _not_handed_on(subject, job, artifact)
            elif not _right_path(subject, upload, artifact):
                what = f"the artifact {upload.name} is {artifact.what}, {artifact.path} and nothing else"
                yield Finding(what, upload.at("path"), _path(artifact, sbom=_with_sbom(subject)))


def sbom_is_handed_on(subject: Subject) -> Iterator[Finding]:
    """Whoever hands on the SBOM, beside the manifest, hands on its bundle; a workflow from before it does neither."""
    for stage, job in subject.stages:
        for artifact in stage.hands_on:
            upload = subject.upload_of(artifact, job) if artifact.sbom else None
            if upload is None or subject.carries(artifact, job):
                continue
            instead = _path(artifact, sbom=True)
            if subject.has_sbom:
                yield Finding(f"{artifact.sbom} is not handed on with {artifact.what}", upload.at("path"), instead)
            elif artifact is MANIFEST:
                what = f"no release gets the SBOM, which is not handed on: add {artifact.sbom} here, and look again"
                yield Finding(what, upload.at("path"), instead, verdict=Verdict.NOTE)


def handed_on_once(subject: Subject) -> Iterator[Finding]:
    """No artifact is handed on twice, or replaced: what was built is what is published."""
    seen: dict[str, Handed] = {}
    for upload in subject.uploads:
        first = seen.setdefault(upload.name, upload)
        if first is not upload and "*" not in upload.name:
            what = (
                f"the artifact {upload.name} is handed on by the job {first.job.id} already; GitHub refuses the second"
            )
            yield Finding(what, upload.at())
        if upload.step.inputs.get("overwrite", "false") != "false":
            yield Finding(
                f"the artifact {upload.name} replaces another one", upload.at("overwrite"), ("overwrite: false",)
            )


def handing_on_nothing_is_an_error(subject: Subject) -> Iterator[Finding]:
    """Every upload that finds no files fails: by default it warns, and a later job fails, or finds nothing to do."""
    for upload in subject.uploads:
        said = upload.step.inputs.get("if-no-files-found")
        if upload.job.id in subject.feeding and said != "error":
            what = f"the artifact {upload.name} may be empty: that is a warning only, unless you say error"
            yield Finding(what, upload.at("if-no-files-found"), ("if-no-files-found: error",))


def fetches_what_is_there(subject: Subject) -> Iterator[Finding]:
    """Each artifact that is fetched was handed on, by a job that has to succeed before."""
    lost = {one.name for stage, job in subject.stages for one in stage.hands_on if not subject.upload_of(one, job)}
    lost |= {one.name for stage in subject.missing for one in stage.hands_on}
    for download in subject.downloads:
        if download.name in lost:
            continue  # told of where it is not handed on
        if download.step.inputs.get("run-id") or download.step.inputs.get("artifact-ids"):
            yield Finding(
                f"the job {download.job.id} fetches what this run did not hand on",
                download.at("run-id" if "run-id" in download.step.inputs else "artifact-ids"),
            )
            continue
        before = subject.before(download.job)
        offered = [upload for upload in subject.uploads if upload.job.id in before]
        if not any(download.fetches(upload.name) for upload in offered) and not _chain_broken(subject, download):
            yield _not_there(subject, download, [upload.name for upload in offered])


def fetches_what_it_needs(subject: Subject) -> Iterator[Finding]:
    """Each job fetches what it works on, into the folder where it is looked for."""
    for stage, job in subject.stages:
        here = [one for one in subject.downloads if one.job is job]
        lost = sum(not _offered(subject, one) for one in here)
        named = {one.name for one in here}
        for artifact in subject.takes(stage):
            name = _name(subject, artifact)
            found = next((one for one in here if one.fetches(name)), None)
            if found is None and lost and name not in named:
                lost -= 1  # it is the one that was told of: it is fetched under a wrong name
            elif found is None:
                yield Finding(
                    f"the job {job.id} does not fetch {artifact.what}, the artifact {name}",
                    job.where,
                    _fetch(artifact, name),
                )
            elif found.name and not _arrives(found, artifact):
                what = f"the artifact {found.name} is looked for in {artifact.arrives or 'the work folder'}"
                yield Finding(what, found.at("path"), (f"path: {artifact.arrives or '.'}",))


def dist_is_alone(subject: Subject) -> Iterator[Finding]:
    """Nothing but dist itself is put into dist/: what lies there is published, and PyPI refuses anything else."""
    for stage, job in subject.stages:
        dist = _name(subject, DIST)
        for download in (one for one in subject.downloads if one.job is job):
            if not download.name and not download.pattern:
                what = f"the job {job.id} fetches every artifact there is, each into a folder of its own"
                yield Finding(what, download.at(), (f"name: {dist}",))
            elif not download.name:
                yield from _merged(subject, download)
            elif folder(download.path) == "dist" and not download.fetches(dist) and _offered(subject, download):
                other = next((one for one in stage.takes if _name(subject, one) == download.name), None)
                instead = (f"path: {other.arrives}",) if other else ()
                what = f"the artifact {download.name} is put into dist/, which holds what is published"
                yield Finding(what, download.at("path"), instead)


def _merged(subject: Subject, download: Handed) -> Iterator[Finding]:
    """Tell of artifacts fetched by a pattern that do not all come to lie in the folder itself, or should not."""
    if download.step.inputs.get("merge-multiple") != "true":
        what = f"each artifact like {download.pattern} is put into a folder of its own"
        yield Finding(what, download.at("merge-multiple"), ("merge-multiple: true",))
    others = [one.name for stage, _ in subject.stages for one in stage.hands_on if one.arrives != DIST.arrives]
    caught = [name for name in others if download.fetches(name)]
    if caught and folder(download.path) == "dist":
        what = f"{download.pattern} fetches {' and '.join(caught)} into dist/, too, which holds what is published"
        yield Finding(what, download.at("pattern"), (f"pattern: {DIST.name}*",))


def _not_handed_on(subject: Subject, job: Job, artifact: Artifact) -> Finding:
    instead = (
        f"- uses: {pinned(UPLOAD)}",
        "  with:",
        f"    name: {artifact.name}",
        *(f"    {line}" for line in _path(artifact, sbom=_with_sbom(subject))),
        "    if-no-files-found: error",
    )
    return Finding(
        f"the job {job.id} does not hand on {artifact.what}, the artifact {artifact.name}", job.where, instead
    )


def _path(artifact: Artifact, *, sbom: bool) -> tuple[str, ...]:
    """Return the path of an upload as it is to be written."""
    if sbom and artifact.sbom:
        return ("path: |", f"  {artifact.path}", f"  {artifact.sbom}")
    return (f"path: {artifact.path}",)


def _with_sbom(subject: Subject) -> bool:
    """Return whether the SBOM is to be handed on: not where a workflow is from before it."""
    handed = (subject.upload_of(one, job) for stage, job in subject.stages for one in stage.hands_on if one.sbom)
    return subject.has_sbom or not any(handed)


def _fetch(artifact: Artifact, name: str) -> tuple[str, ...]:
    path = (f"    path: {artifact.arrives}",) if artifact.arrives else ()
    return (f"- uses: {pinned(DOWNLOAD)}", "  with:", f"    name: {name}", *path)


def _right_path(subject: Subject, upload: Handed, artifact: Artifact) -> bool:
    if artifact is not DIST:
        return subject.has_all_of(artifact, upload)
    paths = upload.paths  # be it a part: the wheels may come from a job of their own
    return bool(paths) and all(path in _WHOLE_DIST or subject.files.fits(DIST.path, path) for path in paths)


def _chain_broken(subject: Subject, download: Handed) -> bool:
    """Return whether an earlier stage hands it on, and only does not come first: the rule on `needs` tells that."""
    order = [job.id for _, job in subject.stages]
    if download.job.id not in order:
        return False
    earlier = order[: order.index(download.job.id)]
    return any(download.fetches(upload.name) for upload in subject.uploads if upload.job.id in earlier)


def _arrives(found: Handed, artifact: Artifact) -> bool:
    """Return whether an artifact is put where it is looked for. What is put into dist/ is told of by itself."""
    return folder(found.path) == folder(artifact.arrives) or (folder(found.path) == "dist" and artifact is not DIST)


def _name(subject: Subject, artifact: Artifact) -> str:
    """Return the name under which an artifact travels in this workflow."""
    for stage, job in subject.stages:
        upload = subject.upload_of(artifact, job) if artifact in stage.hands_on else None
        if upload:
            return upload.name
    return artifact.name


def _offered(subject: Subject, download: Handed) -> bool:
    before = subject.before(download.job)
    return any(download.fetches(upload.name) for upload in subject.uploads if upload.job.id in before)


def _not_there(subject: Subject, download: Handed, offered: list[str]) -> Finding:
    name = download.name or download.pattern or "any"
    later = next((upload for upload in subject.uploads if download.fetches(upload.name)), None)
    near = Names(None, frozenset(offered)).near(name)
    if later:
        what = f"the artifact {name} is handed on by the job {later.job.id}, which {download.job.id} does not wait for"
        return Finding(what, download.at(), (f"needs: {later.job.id}",) if later.job is not download.job else ())
    known = f"; there is {', '.join(offered)}" if offered else ""
    what = f"no job before {download.job.id} hands on an artifact {name!r}{known}"
    return Finding(what, download.at(), (f"name: {near}",) if near else ())
