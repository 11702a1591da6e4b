"""`[tool.castoff]` in a pyproject.toml that is somebody's own: added to, or refused with what to write."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given

from castoff.core.castoff_table import checks_value, with_table
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.texts import Text
from tests.memory import plain
from tests.strategies import bounded, pyprojects

TABLE = {"build": ["sdist"], "checks": {"test": ["pytest", "-q"]}}
WRITTEN = '[tool.castoff]\nbuild = ["sdist"]\n\n[tool.castoff.checks]\ntest = ["pytest", "-q"]\n'


def text(written: str) -> Text:
    return Text("pyproject.toml", written, "utf-8", bom=False)


def test_one_command_is_written_as_a_list_and_several_as_lists() -> None:
    checks = {"lint": (("ruff", "check"),), "test": (("pytest", "-q"), ("mypy", "src"))}
    assert checks_value(checks) == {"lint": ["ruff", "check"], "test": [["pytest", "-q"], ["mypy", "src"]]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", WRITTEN),
        ("[project]\nname = 'x'\n", f"[project]\nname = 'x'\n\n{WRITTEN}"),
        ("[project]\nname = 'x'", f"[project]\nname = 'x'\n\n{WRITTEN}"),
        ("name = 'x'", f"name = 'x'\n\n{WRITTEN}"),
        ("[a]\r\nx = 1\r\n", f"[a]\nx = 1\n\n{WRITTEN}".replace("\n", "\r\n")),
        ("[a]\r\nx = 1", f"[a]\nx = 1\n\n{WRITTEN}".replace("\n", "\r\n")),
        ("[a]\r\nx = 1\n", f"[a]\r\nx = 1\n\n{WRITTEN}"),
    ],
    ids=["nothing", "a line end", "no line end", "one line", "Windows", "Windows, no line end", "both line ends"],
)
def test_a_table_is_added_behind_everything_else_with_the_line_ends_of_the_file(before: str, after: str) -> None:
    assert with_table(text(before), TABLE) == after


def test_a_table_of_checks_alone_needs_no_table_above_it() -> None:
    checks = {"a b": ["x", 'it\'s "so"']}
    after = with_table(text(""), {"checks": checks})
    assert after.startswith("[tool.castoff.checks]\n")
    assert tomllib.loads(after)["tool"]["castoff"] == {"checks": checks}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '[tool.castoff] # ours\nmain = "trunk"\n\n[x]\n',
            '[tool.castoff] # ours\nmain = "trunk"' + WRITTEN.removeprefix("[tool.castoff]") + "[x]\n",
        ),
        ("[tool.castoff]\n", WRITTEN),
        (
            '[tool.castoff.checks]\ntest = "x"\n',
            '[tool.castoff]\nbuild = ["sdist"]\n\n[tool.castoff.checks]\ntest = "x"\n',
        ),
        ("[tool.castoff]\r\n\r\n[x]\r\n", f"{WRITTEN}[x]\n".replace("\n", "\r\n")),
        (
            'tool.castoff.checks.test = "x"\n[project]\n',
            'tool.castoff.checks.test = "x"\ntool.castoff.build = ["sdist"]\n[project]\n',
        ),
        (WRITTEN, WRITTEN),
    ],
    ids=["a key", "an empty table", "checks alone", "Windows", "a dotted key", "all keys"],
)
def test_keys_are_added_to_a_table_that_is_there_and_none_is_changed(before: str, after: str) -> None:
    assert with_table(text(before), TABLE) == after


@pytest.mark.parametrize(
    "before",
    [
        "tool = { other = 1 }\n",
        '[tool]\ncastoff = { main = "x" }\n',
        'tool = { castoff.main = "x" }\n',
        '[tool]\ncastoff.main = "x"\n[tool.other]\nx = 1\n',
    ],
    ids=["no place for a table", "a line that would change", "no TOML any more", "a table that would go elsewhere"],
)
def test_a_table_that_cannot_be_added_to_is_refused_with_what_to_write(before: str) -> None:
    with pytest.raises(CastoffError) as caught:
        with_table(text(before), TABLE)
    what = "[tool.castoff] cannot be added to without touching something else; write by hand what is missing"
    instead = tuple(line for line in WRITTEN.splitlines() if line)
    assert caught.value.problems == (Problem(what, Location("pyproject.toml"), instead=instead),)


@bounded
@given(pyprojects("1.2.3"))
def test_whatever_stands_in_a_file_it_says_that_and_the_table(written: str) -> None:
    before = plain(written).removeprefix("\ufeff")
    after = with_table(text(before), TABLE)
    assert after.startswith(before)
    expected = tomllib.loads(before)
    expected["tool"] = {**expected.get("tool", {}), "castoff": TABLE}
    assert tomllib.loads(after) == expected
