"""What a `run:` line is: one target, one task, an upload by hand, or a script; and which findings are ignored."""

from __future__ import annotations

import pytest

from castoff.core.errors import Location
from castoff.core.findings import Finding, Looked, Report, Verdict, in_order
from castoff.core.workflow_commands import Command, read_command, uploads_by_hand
from castoff.core.workflow_ignores import heeded


@pytest.mark.parametrize(
    ("run", "program", "name"),
    [
        ("make preflight", "make", "preflight"),
        ("  make   preflight\n", "make", "preflight"),
        ("castoff verify --version 1.0", "castoff", "verify"),
        ("inv check-tag", "invoke", "check-tag"),
        (".venv/bin/invoke check-tag", "invoke", "check-tag"),
        ("./castoff build", "castoff", "build"),
        ("python3 -m castoff build", "castoff", "build"),
        ("python -m invoke build --echo", "invoke", "build"),
        ("poetry run castoff build", "castoff", "build"),
        ("pdm run inv build", "invoke", "build"),
        ("hatch run castoff build", "castoff", "build"),
        ("uv run make build", "make", "build"),
    ],
)
def test_one_target_or_one_task_is_a_command(run: str, program: str, name: str) -> None:
    assert read_command(run) == Command(program, name)


@pytest.mark.parametrize(
    "run",
    [
        "",
        "make",
        "castoff",
        "uv run",
        "run castoff build",
        "uv castoff build",
        "python -c castoff",
        "make build test",
        "make -j2 build",
        "make VERSION=1 build",
        "make VERSION=1",
        "uv pip make build",
        "tox run make build",
        "castoff --help",
        "make build; true",
        "make $(cat x)",
        "make build\nmake test",
        "make build > log",
        "castoff 'build'",
    ],
)
def test_anything_else_is_a_script(run: str) -> None:
    assert read_command(run) is None


@pytest.mark.parametrize("name", ["preflight", "castoff-preflight", "castoff.preflight"])
def test_a_verb_is_the_same_under_the_name_that_it_has_beside_others(name: str) -> None:
    assert Command("make", name).verb == "preflight"


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("twine upload dist/*", "twine upload"),
        ("set -e\npython -m twine --no-color upload dist/*", "twine --no-color upload"),
        ("uv publish", "uv publish"),
        ("python setup.py sdist upload", "setup.py sdist upload"),
        ("twine check dist/*", None),
        ("twine upload-signatures", None),
        ("make publish", None),
        ("", None),
    ],
)
def test_an_upload_by_hand_is_found_in_any_script(run: str, said: str | None) -> None:
    assert uploads_by_hand(run) == said


WRONG = Finding("it is wrong", Location("a.yml", 2), ("write",), ("type",), rule="needs")


def heed(lines: list[str], finding: Finding = WRONG) -> Finding:
    (told,) = heeded([finding], lines)
    return told


@pytest.mark.parametrize(
    "lines",
    [
        ["a:", "b: c # castoff: ignore[needs] on purpose"],
        ["  # castoff: ignore[needs] on purpose", "b: c"],
        ["a:", "b: c #castoff:ignore[rights, needs]on purpose "],
        ["a:", "b: c # castoff: ignore[needs, rights] on purpose"],
    ],
)
def test_what_is_ignored_with_a_reason_is_a_note_and_asks_for_nothing(lines: list[str]) -> None:
    note = Finding("it is wrong: ignored (on purpose)", WRONG.where, verdict=Verdict.NOTE, rule="needs")
    assert heed(lines) == note


def test_a_decision_without_a_reason_is_told_as_one() -> None:
    assert heed(["a:", "b: # castoff: ignore[needs]"]).what == "it is wrong: ignored (no reason is given)"


@pytest.mark.parametrize(
    "lines",
    [
        ["a:", "b: c"],
        ["a: # castoff: ignore[needs] of its own line only", "b: c"],
        ["a:", "b: c # castoff: ignore[rights] another rule"],
        ["a:", "b: c", "# castoff: ignore[needs] below"],
    ],
)
def test_a_decision_about_something_else_changes_nothing(lines: list[str]) -> None:
    assert heed(lines) == WRONG


def test_the_first_line_has_none_above_it() -> None:
    first = Finding("it is wrong", Location("a.yml", 1), rule="needs")
    assert heed(["a:", "# castoff: ignore[needs] the last line"], first) == first
    assert heed(["a: # castoff: ignore[needs] here", "b:"], first).verdict is Verdict.NOTE


def test_at_the_end_of_the_file_the_last_line_is_the_one_above() -> None:
    assert heed(["# castoff: ignore[needs] what is missing"]).verdict is Verdict.NOTE


def test_what_has_no_line_or_is_not_wrong_cannot_be_ignored() -> None:
    lines = ["# castoff: ignore[needs] all", "b: # castoff: ignore[needs] all"]
    for finding in (
        Finding("it is wrong", rule="needs"),
        Finding("it is wrong", Location("a.yml"), rule="needs"),
        Finding("nobody knows", Location("a.yml", 2), verdict=Verdict.UNKNOWN, rule="needs"),
    ):
        assert heed(lines, finding) == finding


def test_findings_are_told_in_the_order_of_the_file_and_each_once() -> None:
    whole, first, second = Finding("all of it"), Finding("a", Location("a.yml", 1)), Finding("b", Location("a.yml", 2))
    assert in_order([second, first, whole, second]) == (whole, first, second)


def test_a_report_tells_apart_what_is_wrong_what_is_unknown_and_what_is_a_note() -> None:
    unknown = Finding("nobody knows", verdict=Verdict.UNKNOWN, rule="pins")
    note = Finding("by the way", verdict=Verdict.NOTE, rule="sbom")
    looked = Looked("castoff", "commands"), Looked("zizmor", "attacks", "not installed", ("pip install zizmor",))
    report = Report("a.yml", looked, (WRONG, unknown, note))
    assert (report.wrong, report.unknown, report.notes) == ((WRONG,), (unknown,), (note,))
    (problem,) = report.problems
    assert (problem.what, problem.where, problem.fix) == ("it is wrong [needs]", WRONG.where, ("type",))
    data = report.as_data()
    assert (data["file"], data["wrong"]) == ("a.yml", 1)
    assert data["looked"] == [
        {"who": "castoff", "at": "commands", "cannot_know": None},
        {"who": "zizmor", "at": "attacks", "cannot_know": "not installed"},
    ]
    assert data["findings"] == [WRONG.as_data(), unknown.as_data(), note.as_data()]
    assert WRONG.as_data() == {
        "rule": "needs",
        "verdict": "wrong",
        "what": "it is wrong",
        "file": "a.yml",
        "line": 2,
        "write": ["write"],
        "type": ["type"],
    }
    assert (note.as_data()["file"], note.as_data()["line"]) == (None, None)
