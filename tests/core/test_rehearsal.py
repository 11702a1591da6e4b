"""What is said of what came out of a rehearsal."""

from __future__ import annotations

import pytest

from castoff.core.proof import Found, contradictory, right, unknown
from castoff.core.rehearsal import Finding, provenance_finding

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
