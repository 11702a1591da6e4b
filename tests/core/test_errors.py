"""An error carries all that its one line is made of, to another process, too."""

from __future__ import annotations

import pickle

import pytest

from castoff.core.errors import CastoffError, Location, Problem, UsageError, misuse, refuse


def test_a_place_is_a_file_and_a_line_where_there_is_one() -> None:
    assert str(Location("a.py", 3)) == "a.py:3"
    assert str(Location("a.py")) == "a.py"


@pytest.mark.parametrize(("make", "kind", "code"), [(refuse, CastoffError, 1), (misuse, UsageError, 2)])
def test_one_problem_is_an_error_with_its_place_and_what_to_type(
    make: type[CastoffError], kind: type[CastoffError], code: int
) -> None:
    error = make("it is wrong", "type this", "then that", where=Location("a.py", 3))  # pyright: ignore[reportCallIssue, reportArgumentType]
    assert type(error) is kind
    assert (str(error), error.exit_code) == ("it is wrong", code)
    assert error.problems == (Problem("it is wrong", Location("a.py", 3), ("type this", "then that")),)
    assert (error.way_out, error.data) == (None, {})


def test_the_first_command_of_all_its_problems_is_the_one_to_type() -> None:
    assert CastoffError(Problem("a"), Problem("b", fix=("c", "d")), Problem("e", fix=("f",))).fix == "c"
    assert refuse("a").fix == ""


@pytest.mark.parametrize("kind", [CastoffError, UsageError])
def test_another_process_raises_the_same_error(kind: type[CastoffError]) -> None:
    error = kind(Problem("a"), Problem("b", fix=("c",)), way_out=Problem("out"), data={"known": 1})
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (made here)
    assert type(again) is kind
    assert str(again) == "a; b"
    assert (again.problems, again.way_out, again.data) == (error.problems, Problem("out"), {"known": 1})
