"""YAML as GitHub reads it: values as text, comments, and how deep and how big a file may be."""

from __future__ import annotations

import pytest

from castoff.core.errors import CastoffError
from castoff.core.workflow_yaml import Scalar, read_yaml
from tests.core.test_workflow import FILE, SHA, small


@pytest.mark.parametrize(
    ("written", "text"),
    [
        *(("true", "true"), ("True", "true"), ("FALSE", "false"), ("yes", "yes"), ("on", "on"), ("'true'", "true")),
        *(("3.10", "3.1"), ('"3.10"', "3.10"), ("0", "0"), ("007", "7"), ("+5", "5"), ("-1.50", "-1.5")),
        *(("1e3", "1000"), ("1E20", "1E+20"), ("1_000", "1_000"), ("0x1F", "31"), ("0o17", "15"), ("0b1", "0b1")),
        *(
            ("0xFFFFFFFF", "-1"),
            ("0x7FFFFFFF", "2147483647"),
            ("0x80000000", "-2147483648"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1:30", "1:30"),
            ("2024-01-01", "2024-01-01"),
        ),
        *(("~", ""), ("null", ""), ("", ""), (".inf", "Infinity"), ("-.INF", "-Infinity"), (".nan", "NaN")),
        *(("123456789012345678", "1.23456789012346E+17"), ("!!str 12a", "12a"), ("v1.0", "v1.0"), ("1.2.3", "1.2.3")),
    ],
)
def test_an_input_is_the_text_that_github_makes_of_it(written: str, text: str) -> None:
    workflow = small(f"uses: o/n@{SHA}", "with:", f"  x: {written}")
    assert workflow.jobs[0].steps[0].inputs == {"x": text}


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}")])
def test_lists_and_mappings_may_lie_fifty_deep_in_one_another_and_no_deeper(opening: str, closing: str) -> None:
    read_yaml(FILE, f"a: {opening * 49}x{closing * 49}\n")
    with pytest.raises(CastoffError, match="nested too deeply"):
        read_yaml(FILE, f"a: {opening * 50}x{closing * 50}\n")


def test_there_may_be_fifty_thousand_keys_and_values_with_those_of_anchors_and_no_more() -> None:
    text = f"a: &a [{', '.join('0' * 99)}]\nb: [{'*a, ' * 498}{', '.join('0' * 96)}]\n"
    read_yaml(FILE, text)
    with pytest.raises(CastoffError, match="its anchors make it too big"):
        read_yaml(FILE, text.replace("b: [", "b: [0, "))


@pytest.mark.parametrize(
    ("line", "comment"),
    [
        *(("v # one", "one"), ("v   #  one # two  ", "one # two"), ("'v' # one\r", "one"), ("v #", ""), ("v#one", "")),
        *(
            ("v\nb: # one", ""),
            ("v", ""),
            ('"v # no"', ""),
            (f"v{' ' * 200}# one", "one"),
            (f"v # {'x' * 999}", "x" * 999),
        ),
    ],
)
def test_a_comment_is_what_stands_behind_a_value_on_its_line(line: str, comment: str) -> None:
    value = read_yaml(FILE, f"a: {line}\n").entries["a"]
    assert isinstance(value, Scalar)
    assert value.comment == comment
