"""What init would do to a file, as data: lines that are told, and the same for `--json`."""

from __future__ import annotations

import pytest

from castoff.core.edits import Edit, Kept, Outcome, as_data, described
from castoff.core.errors import Problem

WRITTEN = Edit("tasks.py", None, b"import x\n\nx()\n", "the verbs")
ADDED = Edit("Makefile", b"all:\n\ttrue\nend:\n", b"all:\n\ttrue\n\ninclude x \nend:\n", "the targets")
REPLACED = Edit("release.yml", b"one\ntwo\n", b"one\nthree\nfour\n", "the jobs")
LATIN = Edit("setup.py", b"# \xe9\n", b"# \xe9\n# \xe8\n", "more")


@pytest.mark.parametrize(
    ("edit", "lines"),
    [
        (WRITTEN, [("", "write tasks.py (3 lines: the verbs)")]),
        (ADDED, [("", "add   to Makefile:3 (the targets)"), ("new", "  +"), ("new", "  + include x")]),
        (REPLACED, [("", "write release.yml anew (3 lines: the jobs)")]),
        (LATIN, [("", "add   to setup.py:2 (more)"), ("new", "  + # \udce8")]),
        (Edit("a", b"x", b"x", "nothing"), []),
    ],
    ids=["a new file", "lines that are added", "a file anew", "bytes that are no UTF-8", "nothing"],
)
def test_a_new_file_is_told_by_its_length_and_an_old_one_by_the_lines_it_gets(
    edit: Edit, lines: list[tuple[str, str]]
) -> None:
    assert described(edit) == lines


@pytest.mark.parametrize(
    ("edit", "data"),
    [
        (WRITTEN, {"write": "tasks.py", "new": True, "what": "the verbs", "lines": 3, "added": []}),
        (
            ADDED,
            {
                "write": "Makefile",
                "new": False,
                "what": "the targets",
                "lines": 5,
                "added": [{"line": 3, "text": ""}, {"line": 4, "text": "include x "}],
            },
        ),
    ],
    ids=["a new file", "lines that are added"],
)
def test_an_edit_says_the_same_to_a_program(edit: Edit, data: dict[str, object]) -> None:
    assert as_data(edit) == data


def test_what_several_files_come_to_is_told_in_their_order() -> None:
    kept, problem = Kept("Makefile", "it is yours"), Problem("no")
    first = Outcome((WRITTEN,), (kept,), (problem,), ("one",))
    second = Outcome((ADDED,), (Kept("x", "y"),), (Problem("nor this"),), ("two",))
    assert first + second == Outcome(
        (WRITTEN, ADDED), (kept, Kept("x", "y")), (problem, Problem("nor this")), ("one", "two")
    )
