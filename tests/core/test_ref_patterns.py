"""Patterns of rulesets and environments: Ruby's fnmatch with FNM_PATHNAME."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.core.ref_patterns import includes_tag, matches


@pytest.mark.parametrize(
    ("pattern", "name", "holds"),
    [
        ("v*", "v1.0.0", True),
        ("v*", "v1/2", False),
        ("v*.*.*", "v1.0.0-rc1", True),
        ("v*.*.*", "v1.0", False),
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("v?.?", "v1.0", True),
        ("v?.?", "v/.0", False),
        ("v[0-9].[0-9]", "v1.0", True),
        ("v[0-9].[0-9]", "v1.a", False),
        ("v[^0-9]", "va", True),
        ("v[!0-9]", "v1", False),
        ("v[abc]", "vb", True),
        ("v[a-]", "v-", True),
        ("v[]]", "v]", True),
        ("v[", "v[", True),
        ("v\\*", "v*", True),
        ("v\\*", "v1", False),
        ("v\\", "v\\", True),
        ("refs/tags/**/*", "refs/tags/v1", True),
        ("refs/tags/**/*", "refs/tags/a/b/v1", True),
        ("refs/**/v*", "refs/tags/v1", True),
        ("**/v1", "v1", True),
        ("release/*", "release/1/2", False),
        ("release/*/*", "release/1/2", True),
        ("**", "v1.0.0", True),
        ("V*", "v1", False),
        ("vX", "vX", True),
        ("v[abc]", "vc", True),
        ("v[abc]", "vd", False),
        ("v[0-8]", "v8", True),
        ("v[0-9].", "v].", False),
        ("v[a-cf-hx-z]", "vy", True),
        ("v[a-cf-h]", "vg", True),
        ("**/v1", "a/v1", True),
        ("**/v1", "a/v2", False),
        ("release/**", "release/1/2", False),
    ],
)
def test_a_pattern_stands_for_whole_names(pattern: str, name: str, holds: bool) -> None:
    assert matches(pattern, name) is holds


def test_a_condition_includes_a_tag_unless_it_is_excluded() -> None:
    assert includes_tag("v1.0.0", ["~ALL"], [])
    assert includes_tag("v1.0.0", ["refs/tags/v*"], ["refs/tags/*-rc*"])
    assert not includes_tag("v1.0.0-rc1", ["refs/tags/v*"], ["refs/tags/*-rc*"])
    assert not includes_tag("v1.0.0", ["refs/heads/v*"], [])
    assert not includes_tag("v1.0.0", [], [])


@given(st.text(alphabet="abc.-1"))
def test_a_name_without_special_characters_is_its_own_pattern(name: str) -> None:
    assert matches(name, name)
    assert matches(name + "*", name + "abc")


def test_no_pattern_makes_it_slow() -> None:
    """Twenty stars against thirty letters would take a backtracking matcher years."""
    began = time.process_time()
    assert not matches("a*" * 20 + "b", "a" * 30)
    assert not matches("**/a/" * 20 + "b", "/".join("a" * 60))
    assert time.process_time() - began < 5
