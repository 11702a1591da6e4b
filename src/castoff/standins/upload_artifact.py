"""Plays actions/upload-artifact (read at v7: `src/upload`, `src/shared/search.ts`, and @actions/artifact)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from castoff.standins.artifacts import ConflictError, Store
from castoff.standins.globs import Found, PatternError, find, read_patterns
from castoff.standins.step import Step, debug, fail, say, warning

_FORBIDDEN_IN_PATHS: Mapping[str, str] = {
    '"': ' Double quote "',
    ":": " Colon :",
    "<": " Less than <",
    ">": " Greater than >",
    "|": " Vertical bar |",
    "*": " Asterisk *",
    "?": " Question mark ?",
    "\r": " Carriage return \\r",
    "\n": " Line feed \\n",
}
_FORBIDDEN_IN_NAMES = {**_FORBIDDEN_IN_PATHS, "\\": " Backslash \\", "/": " Forward slash /"}
_LEVELS = range(10)


def play(step: Step) -> None:
    """Upload what the inputs name."""
    path = step.text("path") or fail("Input required and not supplied: path")
    missing = _read_missing(step)
    _check_numbers(step)
    archive, overwrite = step.flag("archive"), step.flag("overwrite")
    try:
        patterns = read_patterns(path, step.workspace, step.env.get("HOME", ""))
    except PatternError as wrong:
        fail(str(wrong))
    found = find(patterns, hidden=step.flag("include-hidden-files"))
    if not found.files:
        _nothing(path, missing)
        return
    upload(step, step.text("name"), found, archive=archive, overwrite=overwrite)


def upload(step: Step, name: str, found: Found, *, archive: bool = True, overwrite: bool = False) -> None:
    """Upload the files under `name`, and say so as the action does; raises StepError."""
    if found.shared_root:
        say("Multiple search paths detected. Calculating the least common ancestor of all paths")
        say(f"The least common ancestor is {found.root}. This will be the root directory of the artifact")
    count = len(found.files)
    say(f"With the provided path, there will be {count} file{'' if count == 1 else 's'} uploaded")
    if not archive and count > 1:
        fail(f"When 'archive' is set to false, only a single file can be uploaded. Found {count} files to upload.")
    store = Store(step.stage.artifacts, step.run_id)
    if overwrite and (old := store.delete(name)):
        say(f"Artifact '{name}' (ID: {old.id}) deleted")
    name = name if archive else found.files[0].name
    _check_name(name)
    files = _named(found) if archive else [(found.files[0], name)]
    _keep(step, store, name, files)


def _keep(step: Step, store: Store, name: str, files: list[tuple[Path, str]]) -> None:
    say("Uploading artifact")
    try:
        made = store.add(name, step.attempt, files)
    except ConflictError:
        fail(
            "Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: "
            "an artifact with this name already exists on the workflow run"
        )
    say(f"SHA256 digest of uploaded artifact is {made.digest}")
    say(f"Artifact {name} has been successfully uploaded! Final size is {made.size} bytes. Artifact ID is {made.id}")
    url = f"{step.env.get('GITHUB_SERVER_URL', 'https://github.com')}/{step.stage.repository}"
    step.output("artifact-id", str(made.id))
    step.output("artifact-digest", made.digest)
    step.output("artifact-url", f"{url}/actions/runs/{step.run_id}/artifacts/{made.id}")


def _named(found: Found) -> list[tuple[Path, str]]:
    """Return each file with its name in the artifact; raises StepError for one that no archive may hold."""
    if not found.root.is_dir():
        fail(f"The provided rootDirectory {found.root} is not a valid directory")
    say("Root directory input is valid!")
    named = [(file, os.path.relpath(file, found.root)) for file in found.files]
    for _, path in named:
        _check(path, f"The path for one of the files in artifact is not valid: /{path}.", _FORBIDDEN_IN_PATHS)
    return named


def _check_name(name: str) -> None:
    if not name:
        fail("Provided artifact name input during validation is empty")
    _check(name, f"The artifact name is not valid: {name}.", _FORBIDDEN_IN_NAMES)
    say("Artifact name is valid!")


def _check(text: str, what: str, forbidden: Mapping[str, str]) -> None:
    for char, called in forbidden.items():
        if char in text:
            names = ",".join(forbidden.values())
            fail(f"{what} Contains the following character: {called}\n\nInvalid characters include: {names}")


def _read_missing(step: Step) -> str:
    value = step.text("if-no-files-found")
    if value not in ("warn", "error", "ignore"):
        fail(f"Unrecognized if-no-files-found input. Provided: {value}. Available options: warn,error,ignore")
    return value


def _check_numbers(step: Step) -> None:
    """Refuse what the action refuses; neither matters in a rehearsal."""
    days, level = step.text("retention-days"), step.text("compression-level")
    if days and not days.isdigit():
        fail("Invalid retention-days")
    if level and not level.lstrip("-").isdigit():
        fail("Invalid compression-level")
    if level and int(level) not in _LEVELS:
        fail("Invalid compression-level. Valid values are 0-9")
    debug(f"retention-days ({days or 'the default'}) and compression-level ({level}) have no effect in a rehearsal")


def _nothing(path: str, missing: str) -> None:
    what = f"No files were found with the provided path: {path}. No artifacts will be uploaded."
    if missing == "error":
        fail(what)
    if missing == "warn":
        warning(what)
    else:
        say(what)
