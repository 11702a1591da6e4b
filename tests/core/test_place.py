"""What a file says, item by item: a bump must change the version and nothing else of it."""

from __future__ import annotations

import pytest

from castoff.core.place import Format, leaves
from castoff.core.texts import Text


def said(text: str, format_: Format) -> list[object]:
    return leaves(Text("file", text, "utf-8", bom=False), format_)


@pytest.mark.parametrize(
    ("format_", "one", "other"),
    [
        (Format.TOML, 'a = ["b", "c"]\n', 'a = { b = "c" }\n'),
        (Format.PYTHON, 'a = ["b"]\n', 'a = ("b",)\n'),
        (Format.CFG, "[a]\nb = c\n", "[b]\na = c\n"),
        (Format.CFG, "[a]\nb = c\n", "[a]\nb = d\n"),
        (Format.YAML, "a: [b, c]\n", "a: {b: c}\n"),
        (Format.YAML, "a: [b]\n", "a: [c]\n"),
        (Format.PLAIN, "a b\n", "a c\n"),
    ],
)
def test_the_same_words_in_another_order_or_form_say_something_else(format_: Format, one: str, other: str) -> None:
    assert said(one, format_) != said(other, format_)


@pytest.mark.parametrize(
    ("format_", "one", "other"),
    [
        (Format.TOML, 'a = "b" # c\n', "a='b'\n"),
        (Format.PYTHON, "a = 'b'  # c\n", 'a = "b"\n'),
        (Format.CFG, "[a]\nb=c\n", "# d\n[a]\nb : c\n"),
        (Format.YAML, "a: 'b' # c\n", "a:   b\n"),
        (Format.PLAIN, "a\n", " a\r\n"),
    ],
)
def test_comments_quotes_and_space_say_nothing(format_: Format, one: str, other: str) -> None:
    assert said(one, format_) == said(other, format_)
