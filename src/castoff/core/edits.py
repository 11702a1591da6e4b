"""What init would write, as data: new files, lines that are added to one, and what is left as it is and why."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from castoff.core.errors import Problem


@dataclass(frozen=True, slots=True)
class Edit:
    """A file's bytes before (None: it is not there) and after, and what it is for."""

    file: str
    old: bytes | None
    new: bytes
    what: str

    @property
    def added(self) -> list[tuple[int, str]]:
        """The lines that are added, with their numbers in the new file."""
        before, after = _lines(self.old or b""), _lines(self.new)
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        return [
            (number + 1, after[number])
            for tag, _, _, begin, end in matcher.get_opcodes()
            if tag != "equal"
            for number in range(begin, end)
        ]

    @property
    def only_adds(self) -> bool:
        """Whether every line that was there is there still."""
        codes = difflib.SequenceMatcher(None, _lines(self.old or b""), _lines(self.new), autojunk=False).get_opcodes()
        return all(tag in ("equal", "insert") for tag, *_ in codes)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is there and stays, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What init comes to for one file."""

    edits: tuple[Edit, ...] = ()
    kept: tuple[Kept, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.edits + other.edits, self.kept + other.kept, self.problems + other.problems, self.notes + other.notes
        )


def described(edit: Edit) -> list[tuple[str, str]]:
    """Return an edit as lines of (style, text), in the style of a plan; a new or replaced file by its length."""
    lines = len(_lines(edit.new))
    if edit.old is None:
        return [("", f"write {edit.file} ({lines} lines: {edit.what})")]
    if not edit.only_adds:
        return [("", f"write {edit.file} anew ({lines} lines: {edit.what})")]
    added = edit.added
    rows = [("", f"add   to {edit.file}:{added[0][0]} ({edit.what})")] if added else []
    return [*rows, *(("new", f"  + {line}".rstrip()) for _, line in added)]


def as_data(edit: Edit) -> dict[str, object]:
    """Return an edit for `--json`."""
    new = edit.old is None
    added = [] if new else [{"line": number, "text": text} for number, text in edit.added]
    return {"write": edit.file, "new": new, "what": edit.what, "lines": len(_lines(edit.new)), "added": added}


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").splitlines()
