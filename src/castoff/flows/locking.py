"""The lock of the release environment, made by uv in a copy of the project: building metadata runs code in there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from castoff.adapters import process
from castoff.adapters.process import ProgramFailedError
from castoff.core.adoption import Facts
from castoff.core.errors import CastoffError, Problem, refuse
from castoff.core.locking import Wanted, command, lock_problems, shown
from castoff.flows.checkout import Checkout

_LARGEST = 8 * 1024 * 1024
"""Bytes of a file that is still copied: metadata is not made from larger ones."""


def make_lock(checkout: Checkout, facts: Facts, wanted: Wanted, text: str) -> str:
    """Return the text of a new lock; `text` is that of requirements-release.in.

    Raises CastoffError when uv is missing, when the index cannot be reached, when the requirements contradict one
    another, or when something would stand in the lock without a digest.
    """
    argv = command(facts, wanted)
    without = ("castoff init --no-lock", shown(argv))
    if process.find("uv") is None:
        raise refuse("uv is not installed, which makes the lock", "pip install uv", "castoff init")
    with tempfile.TemporaryDirectory(prefix="castoff-lock-") as name:
        folder = Path(name)
        _copy(checkout, folder)
        (folder / facts.wanted).write_text(text, encoding="utf-8")
        try:
            process.run([*argv, "--quiet"], cwd=folder)
        except ProgramFailedError as error:
            said = process.masked(error.result.stderr.strip()) or "no reason given"
            raise CastoffError(
                Problem(f"{facts.lock} cannot be made; uv says:\n{_indented(said)}", fix=without)
            ) from None
        made = (folder / facts.lock).read_text(encoding="utf-8").replace(" --quiet\n", "\n", 1)
    problems = lock_problems(facts.lock, made, wanted.names)
    if problems:
        raise CastoffError(*problems)
    return made


def _copy(checkout: Checkout, folder: Path) -> None:
    """Copy what git would take into a commit."""
    listed = checkout.git.out("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for file in filter(None, listed.split("\0")):
        source, target = checkout.root / file, folder / file
        if (
            source.is_file()
            and source.stat().st_size <= _LARGEST
            and source.resolve().is_relative_to(checkout.root.resolve())
        ):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()[-process.TAIL :])
