"""Plays actions/download-artifact (read at v8.0.1: `src/download-artifact.ts`, and @actions/artifact)."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from castoff.core.globs import name_matches
from castoff.standins.artifacts import Artifact, Store
from castoff.standins.step import Step, StepError, fail, say, warning

_FAQ = "https://github.com/actions/toolkit/blob/main/packages/artifact/docs/faq.md"
_MODES = ("ignore", "info", "warn", "error")


def play(step: Step) -> None:
    """Download what the inputs name; every failure begins with the action's own words."""
    try:
        _play(step)
    except StepError as failure:
        raise StepError(f"Unable to download artifact(s): {failure}") from None


def _play(step: Step) -> None:
    mode = step.text("digest-mismatch") or "error"
    if mode not in _MODES:
        fail(f"Invalid value for 'digest-mismatch': '{mode}'. Valid options are: {', '.join(_MODES)}")
    name, numbers = step.text("name"), step.text("artifact-ids")
    if name and numbers:
        fail("Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one.")
    store = Store(step.stage.artifacts, _run(step))
    merge, packed = step.flag("merge-multiple"), step.flag("skip-decompress")
    found = _chosen(step, store)
    if found:
        say("Preparing to download the following artifacts:")
    for artifact in found:
        told = f"(ID: {artifact.id}, Size: {artifact.size}, Expected Digest: sha256:{artifact.digest})"
        say(f"- {artifact.name} {told}")
    target = step.workspace / Path(step.text("path") or ".").expanduser()
    direct = bool(name) or merge or len(found) == 1
    wrong = [
        artifact.name
        for artifact in found
        if not _fetch(step, store, artifact, target if direct else target / artifact.name, packed=packed)
    ]
    _judge(wrong, mode)
    say(f"Total of {len(found)} artifact(s) downloaded")
    step.output("download-path", os.path.normpath(target))
    say("Download artifact has finished successfully")


def _run(step: Step) -> str:
    """Return the run whose artifacts are wanted: another than this one only with a token to ask for it."""
    return step.text("run-id") or step.run_id if step.text("github-token") else step.run_id


def _chosen(step: Step, store: Store) -> list[Artifact]:
    if name := step.text("name"):
        say("Downloading single artifact")
        return [_named(step, store, name)]
    there = [artifact for artifact in store.all() if not step.stage.loses(artifact.name)]
    if numbers := step.text("artifact-ids"):
        say("Downloading artifacts by ID")
        return _numbered(numbers, there)
    if pattern := step.text("pattern"):
        say(f"Filtering artifacts by pattern '{pattern}'")
        return [artifact for artifact in there if name_matches(pattern, artifact.name)]
    say("No input name, artifact-ids or pattern filtered specified, downloading all artifacts")
    if not step.flag("merge-multiple"):
        say("An extra directory with the artifact name will be created for each download")
    return there


def _named(step: Step, store: Store, name: str) -> Artifact:
    found = None if step.stage.loses(name) else store.find(name)
    if found is None:
        fail(
            f"Artifact not found for name: {name}\n"
            "        Please ensure that your artifact is not expired and the artifact was uploaded using a compatible "
            "version of toolkit/upload-artifact.\n"
            f"        For more information, visit the GitHub Artifacts FAQ: {_FAQ}"
        )
    return found


def _numbered(text: str, there: Sequence[Artifact]) -> list[Artifact]:
    wanted = [number.strip() for number in text.split(",") if number.strip()]
    if not wanted:
        fail("No valid artifact IDs provided in 'artifact-ids' input")
    for number in wanted:
        if not number.isdigit():
            fail(f"Invalid artifact ID: '{number}'. Must be a number.")
    found = [artifact for artifact in there if str(artifact.id) in wanted]
    if not found:
        fail("None of the provided artifact IDs were found")
    missing = set(wanted) - {str(artifact.id) for artifact in found}
    if missing:
        warning(f"Could not find the following artifact IDs: {', '.join(sorted(missing))}")
    return found


def _fetch(step: Step, store: Store, artifact: Artifact, target: Path, *, packed: bool) -> bool:
    """Write an artifact to a folder, or as an archive into it; return whether its digest is the one expected."""
    say(f"Starting download of artifact to: {target}")
    target.mkdir(parents=True, exist_ok=True)
    changed = step.stage.changes(artifact.name)
    if not packed:
        digest = store.copy(artifact, target, changed=changed)
    else:
        with tempfile.TemporaryDirectory(prefix=".download-", dir=target) as work:
            digest = store.copy(artifact, Path(work), changed=changed)
            _pack(Path(work), artifact, target / f"{artifact.name}.zip")
    say(f"SHA256 digest of downloaded artifact is {digest}")
    say("Artifact download completed successfully.")
    return digest == artifact.digest


def _pack(folder: Path, artifact: Artifact, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for part in artifact.parts:
            out.write(folder / part.path, part.path)


def _judge(wrong: Sequence[str], mode: str) -> None:
    for name in wrong:
        what = f"Artifact '{name}' digest validation failed. Please verify the integrity of the artifact."
        if mode == "info":
            say(what)
        elif mode == "warn":
            warning(what)
    if wrong and mode == "error":
        fail(
            f"Digest validation failed for artifact(s): {', '.join(wrong)}. "
            "Use 'digest-mismatch: warn' to continue on mismatch."
        )
