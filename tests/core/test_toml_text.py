"""TOML text: what a key holds, and at which characters it stands."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.core import toml_text
from castoff.core.errors import CastoffError, Location
from castoff.core.texts import decode
from castoff.core.toml_text import Key
from tests.memory import MARKED, plain
from tests.strategies import bounded, mutated, pyprojects

VERSION: Key = ("project", "version")


@pytest.mark.parametrize(
    ("marked", "key"),
    [
        pytest.param('[project]\nversion = "«1»"\n', VERSION, id="table"),
        pytest.param('project.version="«1»"', VERSION, id="dotted-key"),
        pytest.param('project = {x = "1", version = "«1»", y = "1"}', VERSION, id="inline-table"),
        pytest.param('[project]\nversion\t =\t"«1»"\t# "1"\n', VERSION, id="spacing-and-comment"),
        pytest.param("[project]\r\nx = 1\nversion = '«1»'\r\ny = 2\n", VERSION, id="mixed-line-ends"),
        pytest.param('[project]\nversion = """«1»"""\n', VERSION, id="triple-quotes"),
        pytest.param("[project]\nversion = '''«1»'''", VERSION, id="triple-single-quotes"),
        pytest.param('[project]\n"version" = "«1»"\nversions = "1"\n', VERSION, id="quoted-key"),
        pytest.param(
            '[a]\nx=1\n[project.b]\nversion="1"\n[project]\nversion="«1»"\n', VERSION, id="table-after-its-own"
        ),
        pytest.param('[project]\nversion = "«»"\n', VERSION, id="empty"),
        pytest.param('\ufeff[project]\nversion = "«1»"\n', VERSION, id="byte-order-mark"),
        pytest.param('x = "\u2028☃\x85"\n[project]\nversion = "«1»"\n', VERSION, id="after-odd-characters"),
        pytest.param('[[p]]\nv = "1"\n[[p]]\nv = "«1»"\n[[p]]\nv = "1"\n', ("p", 1, "v"), id="array-of-tables"),
        pytest.param('["a.b"]\n"c d" = "«1»"\n', ("a.b", "c d"), id="names-with-dots-and-spaces"),
    ],
)
def test_a_value_is_located_between_its_quotes(marked: str, key: Key) -> None:
    text = decode("pyproject.toml", plain(marked).encode())
    span = toml_text.locate(text, key)
    written = text.text[: span.start] + "«" + text.text[span.start : span.end] + "»" + text.text[span.end :]
    assert written == marked.removeprefix("\ufeff")


def test_a_value_with_escapes_is_refused_with_its_line() -> None:
    text = decode("pyproject.toml", b'[project]\nversion = "1\\u002e2"\n')
    with pytest.raises(CastoffError, match=r"^pyproject\.toml: write project\.version without escapes$") as caught:
        toml_text.locate(text, VERSION)
    assert str(caught.value.problems[0].where) == "pyproject.toml:2"


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(CastoffError, match=r"^pyproject\.toml is not TOML: Invalid value \(at line 3") as caught:
        toml_text.load(decode("pyproject.toml", b"a = 1\n\nb = \n"))
    assert str(caught.value.problems[0].where) == "pyproject.toml:3"


def test_text_that_is_nested_too_deeply_is_refused_without_a_line() -> None:
    with pytest.raises(CastoffError, match=r"^x\.toml is not TOML: ") as caught:
        toml_text.load(decode("x.toml", b"a = " + b"[" * 5000))
    assert caught.value.problems[0].where == Location("x.toml")


@pytest.mark.parametrize(
    ("source", "key", "said"),
    [
        ('[project]\nname = "x"\n', VERSION, "x.toml: project.version cannot be edited: "),
        ('[[p]]\nv = "1"\n', ("p", 1, "v"), "x.toml: p.1.v cannot be edited: "),
        ('project = "x"\n', VERSION, "x.toml: project.version cannot be edited: "),
        ("[project\n", VERSION, "x.toml: project.version cannot be edited: "),
        (
            'x = "\ue000castoff\ue000"\n[project]\nversion = "1"\n',
            VERSION,
            "x.toml: project.version cannot be told apart from the text around it",
        ),
    ],
)
def test_a_value_that_is_not_there_or_not_found_for_sure_is_refused_by_its_key(
    source: str, key: Key, said: str
) -> None:
    with pytest.raises(CastoffError) as caught:
        toml_text.locate(decode("x.toml", source.encode()), key)
    (problem,) = caught.value.problems
    assert problem.what.startswith(said)
    assert "None" not in problem.what
    assert problem.where == Location("x.toml")


def test_the_leaves_of_a_file_are_its_keys_and_values_in_their_order() -> None:
    text = decode("x.toml", b"a = {b = [1, 2.5]}\nc = []\n[d]\n")
    keys = [(), ("a",), ("a", "b"), ("a", "b", 0), 1, ("a", "b", 1), "2.5"]
    assert toml_text.leaves(text) == [*keys, ("c",), ("d",)]


DATA: dict[str, object] = {"a": {"b": "x", "n": 3, "list": ["x", 1, "y"]}, "tables": [{"c": "1"}, 5, {"c": "2"}]}


@pytest.mark.parametrize(
    ("key", "value"),
    [(("a", "b"), "x"), (("a", "n"), None), (("a", "z"), None), (("a", "b", "c"), None), (("tables", 2, "c"), "2")],
)
def test_a_text_at_a_key_is_returned_and_anything_else_is_none(key: Key, value: str | None) -> None:
    assert toml_text.get_text(DATA, *key) == value


def test_lists_and_tables_leave_out_what_is_of_another_type() -> None:
    assert toml_text.get_texts(DATA, "a", "list") == ["x", "y"]
    assert toml_text.get_texts(DATA, "a", "b") == []
    assert toml_text.get_tables(DATA, "tables") == [{"c": "1"}, {"c": "2"}]
    assert toml_text.get_tables(DATA, "a") == []
    assert toml_text.get_table(DATA, "a") == DATA["a"]
    assert toml_text.get_table(DATA, "a", "b") == {}
    assert toml_text.get(DATA, "tables", 1) == 5
    assert toml_text.get(DATA, "tables", 3) is None
    assert toml_text.get(DATA) is DATA
    assert toml_text.get(DATA, "a", 0) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a = 1", "a = 2"),
        ("a = [1, 2]", "a = [1]"),
        ("a = 1\nb = 2", "a = 1"),
        ("a = '1'", "b = '1'"),
        ("[a.b]", "[a]"),
    ],
)
def test_files_that_say_different_things_have_different_leaves(one: str, other: str) -> None:
    first, second = (toml_text.leaves(decode("x.toml", text.encode())) for text in (one, other))
    assert first != second


def test_a_number_that_differs_from_itself_is_one_leaf() -> None:
    text = decode("x.toml", b"a = nan")
    assert toml_text.leaves(text) == toml_text.leaves(text)


@bounded
@given(pyprojects("1.2.3"))
def test_the_version_of_any_pyproject_is_located_where_it_is_marked(marked: str) -> None:
    text = decode("pyproject.toml", plain(marked).encode())
    match = MARKED.search(marked.removeprefix("\ufeff"))
    assert match is not None
    span = toml_text.locate(text, VERSION)
    assert (span.start, span.end) == (match.start(), match.end() - 2)
    assert toml_text.get_text(tomllib.loads(text.text), "project", "version") == "1.2.3"


@bounded
@given(mutated('a = 1\r\n[project]\nname = "x"\nversion = "1.2.3" # y\n[tool.z]\nw = [1, {b = 2}]\n'), st.data())
def test_nearly_toml_is_located_right_or_refused(data: bytes, draw: st.DataObject) -> None:
    try:
        text = decode("pyproject.toml", data)
        if toml_text.get_text(toml_text.load(text), *VERSION) is None:
            return
        span = toml_text.locate(text, VERSION)
    except CastoffError:
        return
    new = draw.draw(st.sampled_from(["2.0.0", "10.11.12rc1"]))
    after = tomllib.loads(text.text[: span.start] + new + text.text[span.end :])
    before = tomllib.loads(text.text)
    assert toml_text.get_text(after, *VERSION) == new
    toml_text.get_table(after, "project")["version"] = toml_text.get_text(before, *VERSION)
    assert after == before
