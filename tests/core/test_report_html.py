"""The page of a rehearsal: whole, harmless whatever stands in it, and the same for the same rehearsal."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.core.rehearsal import Finding, HeldFile, HeldRelease, JobRun, Outcome, Rehearsal, StepRun
from castoff.core.report_html import page
from tests.core.rehearsed import GOOD, SHAPES, STOPPED, Page
from tests.strategies import bounded


@pytest.mark.parametrize("rehearsal", SHAPES)
def test_the_page_is_whole_and_loads_nothing(rehearsal: Rehearsal) -> None:
    text = page(rehearsal)
    read = Page(text)
    names = {name for name, _ in read.tags}
    assert text.startswith("<!DOCTYPE html>")
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "a"}
    for _, attributes in read.tags:
        assert not {"src", "href", "srcset", "action"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import|https?:", style)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("rehearsal", SHAPES)
def test_the_page_can_be_read_by_everyone(rehearsal: Rehearsal) -> None:
    read = Page(page(rehearsal))
    assert read.attributes("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in read.attributes("meta")
    headings = [int(name[1]) for name, _ in read.tags if re.fullmatch("h[1-6]", name)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(lower - upper <= 1 for upper, lower in pairwise(headings))
    assert all(attributes.get("scope") in {"col", "row"} for attributes in read.attributes("th"))
    assert len(read.attributes("table")) == len(read.attributes("thead"))


@pytest.mark.parametrize("rehearsal", SHAPES)
def test_every_class_of_the_page_is_one_of_the_style_sheet(rehearsal: Rehearsal) -> None:
    """What is good or bad has its colour, and a number stands to the right."""
    text = page(rehearsal)
    known = set(re.findall(r"\.([a-z]+)", text.partition("<style>")[2].partition("</style>")[0]))
    used = {name for _, attributes in Page(text).tags for name in attributes.get("class", "").split()}
    assert used <= known


@pytest.mark.parametrize(
    "hostile",
    ["</style><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onload='x", "&lt;&amp;", "<!--", "]]>"],
)
def test_names_from_outside_are_text_and_nothing_else(hostile: str) -> None:
    file = HeldFile(hostile, 1, hostile)
    rehearsal = Rehearsal(
        *(hostile, hostile, hostile, hostile, hostile),
        phases=((hostile, 1.0),),
        jobs=(JobRun(hostile, hostile, Outcome.FAILURE, 0, 1, (StepRun(hostile, Outcome.FAILURE, 0, 1),)),),
        index=(file,),
        releases=(HeldRelease(hostile, hostile, False, True, True, (file,)),),
        findings=(Finding(hostile, False, hostile),),
        notes=(hostile,),
        stopped=hostile,
        way_out=(hostile,),
    )
    read = Page(page(rehearsal))
    harmless = Page(page(replace(rehearsal, notes=("x",))))
    assert [name for name, _ in read.tags] == [name for name, _ in harmless.tags]
    assert not {"script", "img"} & {name for name, _ in read.tags}
    assert not any(hostile in value for _, attributes in read.tags for value in attributes.values())
    assert read.text.count(hostile) >= 18


@bounded
@given(
    st.text(),
    st.lists(
        st.tuples(
            st.sampled_from(Outcome), st.floats(-1, 1e6), st.floats(0, 1e6), st.text(max_size=8), st.integers(0, 10**13)
        ),
        max_size=4,
    ),
)
def test_any_rehearsal_gives_the_same_whole_page_each_time(
    said: str, runs: list[tuple[Outcome, float, float, str, int]]
) -> None:
    steps = tuple(StepRun(name, outcome, start, seconds) for outcome, start, seconds, name, _ in runs)
    rehearsal = replace(
        STOPPED,
        stopped=said,
        jobs=tuple(JobRun("x", name, outcome, start, took, steps) for outcome, start, took, name, _ in runs),
        phases=tuple((name, seconds) for _, _, seconds, name, _ in runs),
        index=tuple(HeldFile(name, size, said) for *_, name, size in runs),
    )
    text = page(rehearsal)
    assert page(rehearsal) == text
    text.encode()
    assert len(Page(text).attributes("main")) == 1
    for style in re.findall(r'style="([^"]*)"', text):
        assert all(0 <= float(number) <= 100 for number in re.findall(r"([\d.-]+)%", style))


def test_what_cannot_be_seen_is_shown() -> None:
    text = page(replace(GOOD, notes=("a\0b\ud800c\u202ed\x1b[31m\r\ne\rf",)))
    assert "a\ufffdb\ufffdc\ufffdd\ufffd[31m\ne\nf<" in text


def colours(text: str) -> list[dict[str, str]]:
    """Return the two palettes of the page: light and dark."""
    return [dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in re.findall(r":root \{([^}]*)\}", text)]


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2) of #rgb or #rrggbb."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_has_the_contrast_that_wcag_asks_for() -> None:
    palettes = colours(page(GOOD))
    assert len(palettes) == 2
    pairs = [(text, card) for text in ("text", "soft", "good", "bad", "kept") for card in ("card",)]
    pairs += [("text", "page"), ("soft", "page"), ("text", "code"), ("good", "good-card"), ("bad", "bad-card")]
    pairs += [("text", "good-card"), ("text", "bad-card")]
    for palette in palettes:
        for text, card in pairs:
            dark, light = sorted((luminance(palette[text]), luminance(palette[card])))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, card, palette)
