"""Paths, and a tree in which some files have other contents."""

from __future__ import annotations

import pytest

from castoff.core.tree import Overlay, join
from tests.memory import Memory


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (("a", "b"), "a/b"),
        (("a/", "/b/"), "a/b"),
        (("./a//b", ".", ""), "a/b"),
        (("", "."), ""),
        (("..", "a.b"), "../a.b"),
    ],
)
def test_a_path_is_joined_without_what_leads_nowhere(parts: tuple[str, ...], path: str) -> None:
    assert join(*parts) == path


def test_a_change_is_seen_under_each_name_of_its_file_and_nothing_else_is_other() -> None:
    below = Memory({"a/one": b"1", "two": b"2"}, links={"link": "a/one"})
    after = Overlay(below, {"a/one": b"new", "gone": b"never there"})
    assert [after.read(path) for path in ("a/one", "link", "two", "gone")] == [b"new", b"new", b"2", None]
    assert after.names("") == below.names("") == ("a/", "link", "two")
    assert after.names("a") == ("one",)
    assert after.real("link") == "a/one"
