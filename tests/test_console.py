"""What is said: plain lines, annotations, the job summary, JSON; and that nothing from outside is obeyed."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.adapters.console import Console, annotation, clean
from castoff.adapters.environment import read_environment
from castoff.core.errors import CastoffError, Location, Problem, UsageError
from tests.strategies import bounded

HOSTILE = "a\x1b[31mred\x1b]0;title\x07\r\x00\x08\x7f\x9b\u202eright\u2066\u2028\x85z"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
PLACE = Location("src/x.py", 3)
ERROR = CastoffError(
    Problem("first", PLACE, ("make a", "make b")), Problem("second"), way_out=Problem("way", fix=("make c",))
)


class Said:
    """A console that writes into memory."""

    def __init__(self, *, as_json: bool = False, **variables: str) -> None:
        self._out, self._err = io.StringIO(), io.StringIO()
        self.console = Console(read_environment(variables), as_json=as_json, out=self._out, err=self._err)

    @property
    def out(self) -> str:
        """What was written to standard output."""
        return self._out.getvalue()

    @property
    def err(self) -> str:
        """What was written to standard error."""
        return self._err.getvalue()


def test_prose_goes_to_standard_output_one_line_after_the_other() -> None:
    said = Said()
    said.console.say("one", "good")
    said.console.say()
    said.console.say("two\n\tthree")
    assert (said.out, said.err) == ("one\n\ntwo\n\tthree\n", "")


def test_with_json_prose_goes_to_standard_error_and_the_result_stands_alone() -> None:
    said = Said(as_json=True)
    said.console.say("one")
    said.console.next("make a")
    said.console.result("bump", {"version": "1.2.3", "odd": HOSTILE})
    assert json.loads(said.out) == {"verb": "bump", "ok": True, "version": "1.2.3", "odd": HOSTILE}
    assert said.out.isascii()
    assert said.err == "one\n  next: make a\n"


def test_without_json_there_is_no_result() -> None:
    said = Said()
    said.console.result("bump", {"version": "1.2.3"})
    assert said.out == ""


@pytest.mark.parametrize("variables", [{}, {"GITHUB_ACTIONS": "true"}], ids=["here", "in-actions"])
@pytest.mark.parametrize("as_json", [False, True], ids=["prose", "json"])
def test_control_characters_from_outside_are_shown_and_not_obeyed(variables: dict[str, str], as_json: bool) -> None:
    said = Said(as_json=as_json, **variables)
    said.console.say(HOSTILE, "error")
    said.console.rows([[HOSTILE, HOSTILE], ["a", "b"]])
    said.console.folded(HOSTILE, HOSTILE)
    said.console.next(HOSTILE, HOSTILE)
    said.console.result("bump", {"x": HOSTILE})
    assert CONTROL.findall(said.out + said.err) == []
    assert "\\x1b[31mred" in said.out + said.err


def test_control_characters_in_an_error_are_shown_and_not_obeyed() -> None:
    said = Said()
    said.console.failure("bump", CastoffError(Problem(HOSTILE, Location(HOSTILE, 1), (HOSTILE,))))
    assert CONTROL.findall(said.out + said.err) == []


def test_a_newline_and_a_tab_stay() -> None:
    assert clean("a\n\tb") == "a\n\tb"


def test_bytes_that_are_no_text_are_shown() -> None:
    assert clean(b"a\xff".decode(errors="surrogateescape")) == "a\\udcff"


@bounded
@given(st.text(st.characters(codec=None)))
def test_whatever_the_text_it_can_be_printed_and_is_not_obeyed(text: str) -> None:
    cleaned = clean(text)
    assert CONTROL.findall(cleaned) == []
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


def test_every_problem_is_shown_with_its_place_and_what_to_type() -> None:
    said = Said()
    said.console.failure("bump", ERROR)
    assert said.out == ""
    assert said.err == (
        "error: src/x.py:3: first\n  type: make a\n        make b\nerror: second\nway out: way\n  type: make c\n"
    )


def test_in_actions_every_problem_is_an_annotation_too() -> None:
    said = Said(GITHUB_ACTIONS="true")
    said.console.failure("bump", ERROR)
    assert said.out.splitlines() == [
        "::error title=castoff,file=src/x.py,line=3::first%0Atype: make a%0Atype: make b",
        "::error title=castoff::second%0Atype: make c",
    ]


def test_a_failure_as_json_holds_every_problem() -> None:
    said = Said(as_json=True)
    said.console.failure("bump", ERROR)
    data = json.loads(said.out)
    assert (data["verb"], data["ok"]) == ("bump", False)
    assert "error: src/x.py:3: first" in said.err
    assert "first" in said.out
    assert "second" in said.out


def test_a_wrong_call_and_a_failed_check_have_their_own_exit_codes() -> None:
    assert (CastoffError(Problem("x")).exit_code, UsageError(Problem("x")).exit_code) == (1, 2)


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (Problem("a"), "::error title=castoff::a"),
        (Problem("a", Location("x", None)), "::error title=castoff,file=x::a"),
        (Problem("a\nb\r\nc"), "::error title=castoff::a%0Ab%0D%0Ac"),
        (Problem("100%"), "::error title=castoff::100%25"),
        (Problem("%0A"), "::error title=castoff::%250A"),
        (Problem("a", Location("x,y:z%", 1)), "::error title=castoff,file=x%2Cy%3Az%25,line=1::a"),
        (Problem("a", Location("x\n::set-env name=A::b", 1)), None),
        (Problem("a\n::stop-commands::x"), None),
        (Problem("a", fix=("b\n::error::c",)), None),
    ],
)
def test_an_annotation_is_one_command_whatever_it_says(problem: Problem, expected: str | None) -> None:
    shown = annotation(problem)
    assert "\n" not in shown
    assert "\r" not in shown
    assert expected is None or shown == expected


_PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], include_characters="\n\t"))


@bounded
@given(_PRINTABLE, _PRINTABLE, st.integers(min_value=1) | st.none())
def test_an_annotation_can_be_read_back(what: str, file: str, line: int | None) -> None:
    shown = annotation(Problem(what, Location(file, line)))
    head, _, message = shown.removeprefix("::error ").partition("::")
    properties = dict(pair.split("=", 1) for pair in head.split(","))

    def unescaped(text: str) -> str:
        return re.sub("%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), text)

    assert unescaped(properties["file"]) == file
    assert properties.get("line") == (str(line) if line else None)
    assert unescaped(message) == what


def test_output_that_matters_to_few_is_folded_in_actions_and_left_out_elsewhere() -> None:
    here, there = Said(), Said(GITHUB_ACTIONS="true")
    for said in (here, there):
        said.console.folded("ruff", "all good")
    assert here.out == ""
    assert there.out == "::group::ruff\nall good\n::endgroup::\n"


def test_columns_are_aligned() -> None:
    said = Said()
    said.console.rows([["a", "bb", "c"], ["aaa", "b", ""], ["a"]])
    assert said.out == "  a    bb  c\n  aaa  b\n  a\n"
    said.console.rows([])


def test_the_job_summary_gets_what_failed(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    said = Said(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    said.console.failure("bump", ERROR)
    assert summary.read_text().startswith("before\n### castoff bump failed\n")
    assert "- src/x.py:3 first\n- second\n" in summary.read_text()


def test_outside_of_actions_no_summary_is_written(tmp_path: Path) -> None:
    said = Said(GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    said.console.summary("x")
    assert not (tmp_path / "summary.md").exists()


def on_terminal(variables: dict[str, str], act: Callable[[Console], None]) -> str:
    """Return what a real terminal is sent."""
    reader, writer = os.openpty()
    with os.fdopen(writer, "w", encoding="utf-8", newline="") as stream:
        act(Console(read_environment(variables), out=stream, err=stream))
    shown = b""
    with os.fdopen(reader, "rb", buffering=0) as stream, contextlib.suppress(OSError):  # a terminal ends with an error
        while block := stream.read(4096):
            shown += block
    return shown.decode()


@pytest.mark.parametrize(
    ("variables", "coloured", "live"),
    [
        ({}, True, True),
        ({"TERM": "xterm-256color"}, True, True),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "0"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"GITHUB_ACTIONS": "true"}, True, False),
    ],
)
def test_a_terminal_gets_colour_unless_it_is_unwanted(variables: dict[str, str], coloured: bool, live: bool) -> None:
    def act(console: Console) -> None:
        console.say("good", "good")
        console.failure("bump", CastoffError(Problem("bad")))
        assert console.live == live

    shown = on_terminal(variables, act)
    assert ("\x1b[32mgood\x1b[0m" in shown, "\x1b[1;31merror:\x1b[0m bad" in shown) == (coloured, coloured)
    assert ("\x1b" in shown) == coloured


def test_on_a_terminal_control_characters_from_outside_are_shown_too() -> None:
    shown = on_terminal({}, lambda console: console.say("\x1b[2Jgone", "good"))
    assert shown.startswith("\x1b[32m\\x1b[2Jgone\x1b[0m")


def test_what_is_no_terminal_gets_no_colour() -> None:
    said = Said(TERM="xterm")
    said.console.say("good", "good")
    said.console.failure("bump", ERROR)
    assert "\x1b" not in said.out + said.err
    assert not said.console.live


def test_an_environment_that_says_nothing_asks_for_nothing() -> None:
    said = read_environment({})
    assert not any(getattr(said, field.name) for field in dataclasses.fields(said))


@pytest.mark.parametrize(
    ("variables", "changed"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"VERSION": "", "TAG": "", "NO_COLOR": ""}, {}, id="set-to-nothing"),
        pytest.param({"VERSION": "1.2.3; x", "TAG": "-x"}, {"version": "1.2.3; x", "tag": "-x"}, id="as-they-are"),
        pytest.param({"WAIT": "20 s"}, {"wait": "20 s"}, id="a-wait-as-it-is"),
        pytest.param(
            {"DIRECT": "1", "DRY_RUN": "Yes", "PUSH": "true"},
            dict.fromkeys(("direct", "dry_run", "push"), True),
            id="on",
        ),
        pytest.param({"DIRECT": "0", "DRY_RUN": "False", "PUSH": "NO", "YES": "off"}, {}, id="off"),
        pytest.param(
            {"GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1.2.3"},
            {"in_actions": True, "ref_tag": "v1.2.3"},
            id="a-tag-in-actions",
        ),
        pytest.param(
            {"GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "v1.2.3"},
            {"in_actions": True},
            id="a-branch-in-actions",
        ),
        pytest.param({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1.2.3"}, {}, id="not-in-actions"),
    ],
)
def test_the_environment_is_a_typed_value(variables: dict[str, str], changed: dict[str, Any]) -> None:
    assert read_environment(variables) == dataclasses.replace(read_environment({}), **changed)


@pytest.mark.parametrize("name", ["DIRECT", "DRY_RUN", "PUSH", "YES", "WATCH", "OFFLINE"])
def test_a_switch_that_says_neither_yes_nor_no_is_a_wrong_call(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is 'nope'"):
        read_environment({name: "nope"})
