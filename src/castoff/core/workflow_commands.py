"""What a `run:` line of a workflow says: one make target, or one task; anything else is a script of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLAIN = re.compile(r"[\w./=:,@+-]+(?: +[\w./=:,@+-]+)*", re.ASCII)
"""Words, and nothing that a shell would act on."""
_BEFORE = (("uv", "run"), ("python", "-m"), ("python3", "-m"), ("poetry", "run"), ("pdm", "run"), ("hatch", "run"))
_PROGRAMS = {"make": "make", "castoff": "castoff", "invoke": "invoke", "inv": "invoke"}
_UPLOAD = re.compile(
    r"\b(?:twine|uv|poetry|flit|hatch|pdm|maturin)\s+(?:-\S+\s+)*(?:upload|publish)(?![\w-])|\bsetup\.py\b[^\n|;&]*\supload\b"
)


@dataclass(frozen=True, slots=True)
class Command:
    """A target, or a task."""

    program: str
    """make, castoff or invoke."""
    name: str
    """The target or the task."""

    @property
    def verb(self) -> str:
        """The verb that it stands for: beside others' targets and tasks ours are `castoff-VERB` and `castoff.VERB`."""
        return self.name.removeprefix("castoff-").removeprefix("castoff.")


def read_command(run: str) -> Command | None:
    """Return the one target or task that a `run:` line is; None for everything else.

    `make` takes one target and nothing else; a task may have options, of words that no shell acts on.
    """
    text = run.strip()
    if not _PLAIN.fullmatch(text):
        return None
    words = text.split()
    for first, second in _BEFORE:
        if words[:1] == [first] and words[1:][:1] == [second]:
            del words[:2]
    program, *rest = words or [""]
    name, *options = rest or [""]
    known = _PROGRAMS.get(program.removeprefix("./").removeprefix(".venv/bin/"))
    if known is None or not name or name.startswith("-") or "=" in name or (known == "make" and options):
        return None
    return Command(known, name)


def uploads_by_hand(run: str) -> str | None:
    """Return the command with which a script uploads to an index itself, or None."""
    match = _UPLOAD.search(run)
    return match[0] if match else None
