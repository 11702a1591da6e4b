"""Bytes to text and back, and the lines of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.texts import decode
from tests.strategies import bounded

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("file", "data", "text"),
    [
        pytest.param("a.toml", b"x = 1\n", "x = 1\n", id="plain"),
        pytest.param("a.toml", BOM + b"x = 1\n", "x = 1\n", id="byte-order-mark"),
        pytest.param("a.toml", b"a\r\nb\nc\rd", "a\r\nb\nc\rd", id="mixed-line-ends-and-no-last-one"),
        pytest.param("a.toml", b"", "", id="empty"),
        pytest.param("a.toml", BOM, "", id="nothing-but-a-mark"),
        pytest.param("a.py", "é = 1\n".encode(), "é = 1\n", id="python-is-utf-8"),
        pytest.param("a.py", BOM + b"x = 1\n", "x = 1\n", id="python-with-a-mark"),
        pytest.param("a.py", b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n", id="python-cookie"),
        pytest.param("a.py", b"#!x\n# -*- coding: cp1252 -*-\n# \x80\n", None, id="cookie-on-the-second-line"),
        pytest.param("a.pyi", b"# coding: latin-1\n# \xe9\n", None, id="stub-with-a-cookie"),
        pytest.param("a.toml", "# coding: latin-1\n# é\n".encode(), "# coding: latin-1\n# é\n", id="no-cookie-in-toml"),
    ],
)
def test_a_text_comes_back_as_the_bytes_it_was(file: str, data: bytes, text: str | None) -> None:
    decoded = decode(file, data)
    assert decoded.encode(decoded.text) == data
    assert text is None or decoded.text == text


@pytest.mark.parametrize(
    ("file", "data"),
    [
        pytest.param("a.toml", b"x = '\xe9'\n", id="toml-in-latin-1"),
        pytest.param("a.py", b"x = '\xe9'\n", id="python-in-latin-1-without-a-cookie"),
        pytest.param("a.py", b"# coding: no-such-thing\n", id="an-unknown-cookie"),
        pytest.param("a.py", b"# coding: rot13\n", id="a-cookie-that-is-no-encoding"),
        pytest.param("a.py", BOM + b"# coding: latin-1\n", id="mark-and-cookie-disagree"),
        pytest.param("a.py", b"# coding: ascii\n# \xe9\n", id="not-of-the-cookie"),
    ],
)
def test_bytes_of_another_encoding_are_refused_with_the_file(file: str, data: bytes) -> None:
    with pytest.raises(CastoffError) as caught:
        decode(file, data)
    assert str(caught.value.problems[0].where) == file


def test_bytes_that_another_spelling_of_the_same_text_would_replace_are_refused() -> None:
    """In UTF-7 a letter may be written in two ways, and only one of them could be written back."""
    with pytest.raises(CastoffError) as caught:
        decode("a.py", b"# coding: utf-7\n# +AGE-\n")
    what = "a.py does not survive being decoded and encoded as utf-7"
    assert caught.value.problems == (Problem(what, Location("a.py")),)


@bounded
@given(st.binary(), st.sampled_from(["pyproject.toml", "a.py", "setup.cfg"]))
def test_any_bytes_come_back_unchanged_or_are_refused(data: bytes, file: str) -> None:
    try:
        text = decode(file, data)
    except CastoffError:
        return
    assert text.encode(text.text) == data


def test_lines_end_where_python_and_toml_end_them_and_nowhere_else() -> None:
    text = decode("a.toml", "a\r\nb\x0cb\x0bb\u2028b\u2029b\x85b\x1cb\nc\rd".encode())
    assert text.line_of(text.text.index("d")) == 4
    assert [text.line_of(offset) for offset in text.line_starts()] == [1, 2, 3, 4]


@bounded
@given(st.text(alphabet="ab\r\n\x0c\u2028"))
def test_each_line_start_is_on_the_line_it_starts(content: str) -> None:
    text = decode("a.toml", content.encode())
    starts = text.line_starts()
    assert starts[0] == 0
    assert [text.line_of(start) for start in starts] == list(range(1, len(starts) + 1))


def test_a_place_in_a_text_is_shown_as_file_and_line() -> None:
    assert str(decode("a/b.py", b"x\ny\n").at(2)) == "a/b.py:2"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("a\r\nb\r\n", "x\r\ny\r\n"),
        ("a\r\nb", "x\r\ny\r\n"),
        ("a\r\nb\n", "x\r\ny\n"),
        ("a\n", "x\r\ny\n"),
        ("", "x\r\ny\n"),
    ],
    ids=["Windows", "Windows, no last one", "both", "not Windows", "none"],
)
def test_lines_for_a_text_end_as_its_own_do(content: str, lines: str) -> None:
    assert decode("a.toml", content.encode()).with_its_line_ends("x\r\ny\n") == lines
