"""What is said of what came out of a rehearsal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from castoff.core.proof import Found, contradictory, right, unknown
from castoff.core.rehearsal import Finding, Rehearsal, provenance_finding
from tests.core.rehearsed import FLAWED, GOOD, STOPPED

WHAT = "the provenance of each file verifies"


@pytest.mark.parametrize(
    ("found", "publishers", "is_right", "detail"),
    [
        ({"a.whl": right(), "a.tar.gz": right()}, ["o/r, release.yml"] * 2, True, "o/r, release.yml"),
        ({"a.whl": right(), "a.tar.gz": right()}, ["o/r, one.yml", "o/r, b.yml"], True, "o/r, one.yml; o/r, b.yml"),
        ({"a.whl": None, "a.tar.gz": None}, [], True, "none: this workflow makes none"),
        ({}, [], True, "none: this workflow makes none"),
        ({"a.whl": None, "a.tar.gz": right()}, ["o/r"], False, "a.whl has none"),
        ({"a.whl": contradictory("other bytes"), "a.tar.gz": right()}, ["o/r"] * 2, False, "a.whl: other bytes"),
        (
            {"a.whl": unknown("it broke off"), "a.tar.gz": None},
            ["o/r"],
            False,
            "a.tar.gz has none; a.whl: it broke off",
        ),
    ],
)
def test_the_provenance_is_right_when_each_file_has_one_that_verifies_or_none_has_any(
    found: dict[str, Found | None], publishers: list[str], is_right: bool, detail: str
) -> None:
    assert provenance_finding(found, publishers) == Finding(WHAT, is_right, detail)


@pytest.mark.parametrize(
    ("rehearsal", "released", "verdict"),
    [
        (GOOD, True, "this tag would have released 0.1.1"),
        (STOPPED, False, "this tag would not have released 0.1.1: publish: PyPI does not answer."),
        (
            replace(STOPPED, index=GOOD.index),
            False,
            "this tag would not have finished releasing 0.1.1: publish: PyPI does not answer.",
        ),
        (
            replace(FLAWED, findings=(*FLAWED.findings, Finding("the bundles", False))),
            False,
            "this tag would have released 0.1.1, but not as it should be: the pre-release mark; the bundles",
        ),
    ],
    ids=["released", "stopped", "stopped-behind-the-index", "wrong"],
)
def test_the_verdict_says_what_the_tag_would_have_done(rehearsal: Rehearsal, released: bool, verdict: str) -> None:
    assert (rehearsal.released, rehearsal.verdict) == (released, verdict)


def test_everything_that_was_found_can_be_written_as_json() -> None:
    told = json.loads(json.dumps(STOPPED.as_data()))
    assert (told["released"], told["verdict"]) == (False, STOPPED.verdict)
    step = {"name": "Run make", "outcome": "success", "start": 1.0, "seconds": 60.0, "error": ""}
    assert told["jobs"][0]["steps"][0] == step
    assert set(told) == {*Rehearsal.__dataclass_fields__, "released", "verdict"}
