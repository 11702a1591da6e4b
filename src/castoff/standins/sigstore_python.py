"""Plays sigstore/gh-action-sigstore-python (read at v3.5.0: `action.py`): the real client, the local instance."""

from __future__ import annotations

import glob
import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from castoff.adapters import process
from castoff.standins.globs import Found
from castoff.standins.step import Step, StepError, fail, notice, say
from castoff.standins.upload_artifact import upload

_TELLING = (
    re.compile(r"(Insufficient permissions .*)"),
    re.compile(r"ERROR +(?!FAIL:|\s)(.*?)(?: {3,}\S+:\d+)?$"),
    re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Timeout): .*)"),
)
_HANDED_ON = "GHA_SIGSTORE_PYTHON_INTERNAL_SIGNING_ARTIFACTS"


def play(step: Step) -> None:
    """Sign the files that the inputs name, and verify what was signed."""
    if step.env.get("GITHUB_EVENT_NAME") == "release" and step.text("release-signing-artifacts") == "true":
        fail("❌ a rehearsal cannot sign the archives that GitHub makes of a release: none are on this machine")
    verify = _verify_options(step)
    options = _sign_options(step)
    files = _files(step)
    _client(step, ["sign", *options, *map(str, files)], "sign package")
    signed = [path for file in files for path in (file, file.with_name(f"{file.name}.sigstore.json"))]
    step.export(_HANDED_ON, "\n".join(map(str, signed)))
    if verify:
        _client(step, ["verify", "identity", *verify, *map(str, files)], "verify package")
    if step.text("upload-signing-artifacts") == "true":
        root = Path(os.path.commonpath([path.parent for path in signed]))
        upload(step, f"signing-artifacts-{step.env.get('GITHUB_JOB', '')}", Found(tuple(signed), root, True))


def _verify_options(step: Step) -> list[str]:
    """Return the identity to verify against; raises StepError unless it is given exactly when it is needed."""
    enabled = step.text("verify").lower() == "true"
    options: list[str] = []
    for name, option in (("verify-cert-identity", "--cert-identity"), ("verify-oidc-issuer", "--cert-oidc-issuer")):
        value = step.text(name)
        if enabled and not value:
            fail(f"❌ {name} must be specified when verify is enabled")
        if value and not enabled:
            fail(f"❌ {name} cannot be specified without verify: true")
        options += [option, value]
    return options if enabled else []


def _sign_options(step: Step) -> list[str]:
    options: list[str] = []
    for name in ("identity-token", "oidc-client-id", "oidc-client-secret"):
        if value := step.text(name):
            options += [f"--{name}", value]
    if step.text("staging").lower() not in ("", "false"):
        notice("sigstore's staging instance is played by the same local instance in a rehearsal")
    rekor = step.text("rekor-version") or "1"
    if rekor not in ("1", "2"):
        fail(f"❌ '{rekor}' is not a valid rekor-version")
    return [*options, "--rekor-version", rekor]


def _files(step: Step) -> list[Path]:
    """Return the files that the inputs name: shell words, each a pattern that must match something."""
    try:
        words = shlex.split(step.text("inputs"))
    except ValueError as wrong:
        fail(f"❌ inputs cannot be read: {wrong}")
    if not words:
        fail("❌ inputs must be specified when release-signing-artifacts is disabled and the event type is not release")
    return [file for word in words for file in _expanded(word, step.workspace)]


def _expanded(word: str, workspace: Path) -> list[Path]:
    if word.startswith("-"):
        fail(f"❌ input {word} looks like a flag")
    found = glob.glob(word, root_dir=workspace, recursive=True)  # noqa: PTH207 - absolute patterns, too
    files = sorted({(workspace / name).resolve() for name in found})
    if not files:
        fail(f"❌ input {word} doesn't expand to one or more filenames")
    for file in files:
        if not file.is_file():
            fail(f"❌ input {file} does not look like a file")
    return files


def _client(step: Step, arguments: Sequence[str], what: str) -> None:
    """Run the client; raises StepError with its exit code and the last thing that it said."""
    argv = [sys.executable, "-I", "-m", "sigstore", "--trust-config", str(step.stage.trust_config), *arguments]
    result = process.run(argv, cwd=step.workspace, env={"COLUMNS": "400", "NO_COLOR": "1"}, check=False)
    lines = [line.rstrip() for line in result.output.splitlines()]  # they are filled up to the width of the screen
    output = "\n".join(lines)
    say(output)
    step.summarize(f"```\n{output}\n```")
    if result.code:
        step.summarize(f"❌ sigstore-python failed to {what}")
        raise StepError(f"sigstore-python failed to {what}: {_reason(lines)}", result.code)
    step.summarize(f"🎉 sigstore-python {what.partition(' ')[0]} exited successfully")


def _reason(lines: Sequence[str]) -> str:
    """Return the line of the client's that tells most: a bare traceback has it at the first of its exceptions."""
    for telling in _TELLING:
        found = [match[1] for line in lines if (match := telling.search(line))]
        if found:
            return found[0]
    return next((line for line in reversed(lines) if line), "no reason given")
