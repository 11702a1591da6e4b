"""A Makefile that is there already: its targets, what it includes, and what ours cannot live beside."""

from __future__ import annotations

import pytest

from castoff.core import make_text
from castoff.core.errors import Location, Problem
from castoff.core.texts import Text


def makefile(text: str) -> Text:
    return Text("Makefile", text, "utf-8", bom=False)


def targets(text: str) -> dict[str, int | None]:
    return {name: where.line for name, where in make_text.targets(makefile(text)).items()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("test: ; pytest\nlint:\n\truff check\n", {"test": 1, "lint": 2}, id="two"),
        pytest.param("test:\ntest: deps\n", {"test": 1}, id="the-first-line-of-one-that-is-given-twice"),
        pytest.param("a \\\n  b \\\n  c: x\nd:\n", {"a": 1, "b": 1, "c": 1, "d": 4}, id="over-lines"),
        pytest.param("a:\n\techo x; \\\n  b: c\nd:\n", {"a": 1, "d": 4}, id="not-in-a-recipe-over-lines"),
        pytest.param("a: x \\\nb:\nc:\n", {"a": 1, "c": 3}, id="not-in-a-line-that-goes-on"),
        pytest.param("URL = https://example.com\nB := x:y\nC ?= a:\nD += b: c\nE != x:\n", {}, id="not-a-variable"),
        pytest.param(".PHONY: a\n.DEFAULT_GOAL := a\na:\n", {"a": 3}, id="not-what-make-itself-means"),
        pytest.param("$(OUT)/x: y\n%.o: %.c\nb/%.o c: d\n", {"c": 3}, id="not-what-is-computed"),
        pytest.param("# a: b\n", {}, id="not-a-comment"),
        pytest.param(
            "define A\nb: c\n\nendef\n  define D =\ne: f\n  endef\ng: h\n", {"g": 8}, id="not-in-a-definition"
        ),
        pytest.param("a\t: b\nc &: d\r\ne :: f\n", {"a": 1, "c": 2, "e": 3}, id="spaces-and-colons"),
        pytest.param("a: \\\n  b\nc: d \\", {"a": 1, "c": 3}, id="a-last-line-that-would-go-on"),
        pytest.param("a: b \x0c c: d\n", {"a": 1}, id="a-form-feed-ends-no-line"),
        pytest.param("ifdef CI\n  a: b\n  C :::= d: e\nelse\n  a: c\nendif\n", {"a": 2}, id="within-a-condition"),
    ],
)
def test_a_target_is_known_by_the_line_that_begins_its_rule(text: str, found: dict[str, int]) -> None:
    assert targets(text) == found


def test_a_target_stands_in_the_file_that_was_read() -> None:
    assert make_text.targets(makefile("a:\n")) == {"a": Location("Makefile", 1)}


@pytest.mark.parametrize(
    ("line", "included"),
    [
        *(("include castoff.mk", True), ("-include castoff.mk", True), ("sinclude  a.mk castoff.mk b.mk", True)),
        *(
            ("include a.mk \\\n  castoff.mk", True),
            ("  include castoff.mk", True),
            ("# include castoff.mk", False),
            ("\tinclude castoff.mk", False),
        ),
        *(("include\ta.mk\tcastoff.mk", True), ("include a.mk # castoff.mk", False)),
        *(("include not-castoff.mk", False), ("x: castoff.mk", False), ("", False)),
    ],
)
def test_a_file_is_included_when_a_line_says_so_by_its_name(line: str, included: bool) -> None:
    assert make_text.includes(makefile(f"a: b\n{line}\nc: d\n"), "castoff.mk") is included


@pytest.mark.parametrize(
    ("line", "name"),
    [
        *((".ONESHELL:", ".ONESHELL"), (".ONESHELL : all", ".ONESHELL"), (".RECIPEPREFIX = >", ".RECIPEPREFIX")),
        *(
            (".RECIPEPREFIX := >", ".RECIPEPREFIX"),
            (".RECIPEPREFIX ?= >", ".RECIPEPREFIX"),
            ("  .ONESHELL:", ".ONESHELL"),
        ),
    ],
)
def test_what_changes_every_recipe_is_told_with_its_line(line: str, name: str) -> None:
    what = f"{name} changes the recipes of castoff.mk too; take it out"
    text = f"a: b\n\t.ONESHELL:\n{line}\n"
    assert make_text.foreign_recipes(makefile(text)) == [Problem(what, Location("Makefile", 3))]
    assert make_text.foreign_recipes(makefile(f"# {line}\n")) == []
