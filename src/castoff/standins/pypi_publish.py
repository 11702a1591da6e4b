"""Plays pypa/gh-action-pypi-publish (v1.14): the identity exchanged for a token, checks, attestations, real twine.

The order, and what is said, are those of its `twine-upload.sh` and of the scripts beside it. Wherever the inputs
would publish to, the local index is what takes the upload.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from twine.utils import DEFAULT_REPOSITORY, TEST_REPOSITORY

from castoff.adapters import process
from castoff.standins import attestations
from castoff.standins.exchange import mint
from castoff.standins.step import Step, StepError, debug, fail, notice, say, warning

_TWINE = """
import sys
from twine import __main__, repository
repository.TEST_WAREHOUSE = sys.argv.pop(1)
sys.exit(__main__.main())
"""
"""twine, for which the local index is one of PyPI's: of any other it refuses `--skip-existing`."""
_IGNORED = "attestations input ignored"
_LONG = 30 * process.MINUTE
_BLOCK = 1024 * 1024


def play(step: Step) -> None:
    """Publish what is in the packages folder."""
    folder = step.workspace / _input(step, "packages-dir", "dist").rstrip("/")
    user, password = _input(step, "user", "__token__"), step.text("password")
    trusted = user == "__token__" and not password
    attest = _attests(step, trusted=trusted)
    if trusted:
        debug(f"Authenticating to {step.stage.upload_url} via Trusted Publishing")
        password = mint(step)
    elif user != "__token__":
        fail(
            "Password-based uploads disabled: as of 2024, PyPI requires all users to enable Two-Factor Authentication, "
            "and so Trusted Publishers (preferred) or API tokens for uploads"
        )
    else:
        warning("Trusted Publishing publishes without an API token", "Upgrade to Trusted Publishing")
    _warn(folder, user, password)
    if _on(step, "verify-metadata", "true"):
        _twine(step, ["check", *_everything(folder)])
    verbose = _on(step, "verbose", "true")
    options = ["--verbose"] * verbose + ["--disable-progress-bar"]
    options += ["--skip-existing"] * _on(step, "skip-existing", "false")
    if attest and attestations.make(step, folder):
        options = ["--attestations", *options]
    if verbose or _on(step, "print-hash", "true"):
        _print_hashes(folder)
    secret: dict[str, str | None] = {
        "TWINE_USERNAME": user,
        "TWINE_PASSWORD": password,
        "TWINE_REPOSITORY_URL": step.stage.upload_url,
    }
    _twine(step, ["upload", *options, *_everything(folder)], secret)


def _input(step: Step, name: str, default: str) -> str:
    """Return an input, its old spelling, or the default."""
    return step.text(name) or step.text(name.replace("-", "_")) or default


def _on(step: Step, name: str, default: str) -> bool:
    """Return whether a switch is on: anything but `false` is."""
    return _input(step, name, default).lower() != "false"


def _attests(step: Step, *, trusted: bool) -> bool:
    """Return whether attestations are made, and warn where the inputs ask for them in vain."""
    if _input(step, "attestations", "true") == "false":
        return False
    if not trusted:
        warning(
            "The workflow was run with the 'attestations: true' input, but an explicit password was also set, "
            "disabling Trusted Publishing. As a result, the attestations input is ignored.",
            _IGNORED,
        )
        return False
    index = _input(step, "repository-url", DEFAULT_REPOSITORY)
    if index not in (DEFAULT_REPOSITORY, TEST_REPOSITORY):
        notice("In a rehearsal the local index stands for the one that repository-url names.")
        warning(
            "The workflow was run with 'attestations: true' input, but the specified repository URL does not support "
            "PEP 740 attestations. As a result, the attestations input is ignored.",
            _IGNORED,
        )
        return False
    return True


def _warn(folder: Path, user: str, password: str) -> None:
    place = "# >> PyPA publish to PyPI GHA: "
    if user == "__token__" and not password.startswith("pypi-"):
        warning(f"{place}POTENTIALLY INVALID TOKEN <<: the token does not start with 'pypi-'")
    if not any(file.name.endswith((".tar.gz", ".whl")) for file in _visible(folder)):
        warning(
            f"{place}MISSING DISTS <<: It looks like there are no Python distribution packages to publish in the "
            f"directory '{folder.name}/'. Please verify that they are in place should you face this problem."
        )


def _visible(folder: Path) -> list[Path]:
    """Return what a shell makes of FOLDER/*, in its order."""
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _everything(folder: Path) -> list[str]:
    """Return all that the folder holds, for twine to judge; when that is nothing, the pattern itself."""
    return [str(entry) for entry in _visible(folder)] or [f"{folder}/*"]


def _twine(step: Step, arguments: Sequence[str], secret: dict[str, str | None] | None = None) -> None:
    """Run twine; raises StepError with its exit code and the last line that it printed."""
    argv = [sys.executable, "-I", "-c", _TWINE, step.stage.index_url, "--no-color", *arguments]
    env: dict[str, str | None] = {"COLUMNS": "400", "TWINE_NON_INTERACTIVE": "1", "TERM": None, **(secret or {})}
    result = process.run(argv, cwd=step.workspace, env=env, timeout=_LONG, check=False)
    told = result.output.replace((secret or {}).get("TWINE_PASSWORD") or "\0", "***")
    lines = [line.rstrip() for line in told.splitlines()]  # they are filled up to the width of the screen
    say("\n".join(lines))
    if result.code:
        lines = [line for line in lines if line]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise StepError(f"twine {arguments[0]} failed: {(errors or lines or ['no reason given'])[-1]}", result.code)


def _print_hashes(folder: Path) -> None:
    say("Showing hash values of files to be uploaded:")
    for file in _visible(folder):
        if file.is_file():
            say(f"{file}\n")
            for title, digest in zip(("SHA256", "MD5", "BLAKE2-256"), _hashes(file), strict=True):
                say(f"{title}: {digest}")
            say()


def _hashes(file: Path) -> tuple[str, ...]:
    digests = (hashlib.sha256(), hashlib.md5(usedforsecurity=False), hashlib.blake2b(digest_size=32))
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            for digest in digests:
                digest.update(block)
    return tuple(digest.hexdigest() for digest in digests)
