"""Which pushes start a workflow, and what a pattern lets in."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from castoff.core.errors import CastoffError
from castoff.core.workflow_checks import rehearsal_problems
from castoff.core.workflow_triggers import matches, starts_on_branch_push, starts_on_tag
from tests.core.test_workflow import FILE, KNOWN, small
from tests.strategies import bounded


@pytest.mark.parametrize(
    ("patterns", "name", "expected"),
    [
        *((("feature/*",), "feature/a", True), (("feature/*",), "feature/a/b", False)),
        *(
            (("feature/**",), "feature/a/b", True),
            (("*",), "main", True),
            (("*",), "a/b", False),
            (("**",), "a/b", True),
        ),
        *(
            (("*feature",), "ver-10-feature", True),
            (("v2*",), "v2", True),
            (("v2*",), "v2.9", True),
            (("v2*",), "v1", False),
        ),
        *((("v[12].[0-9]+.[0-9]+",), "v1.10.1", True), (("v[12].[0-9]+.[0-9]+",), "v3.0.0", False)),
        *((("v[12].[0-9]+.[0-9]+",), "v1.10.1-rc1", False), (("v[0-9]+",), "v", False)),
        *((("v1.0",), "v1x0", False), (("v*.*.*",), "v1.2.3-rc1", True), (("v*.*.*",), "v1.2", False)),
        *((("*.jsx?",), "page.js", True), (("*.jsx?",), "page.jsx", True), (("*.jsx?",), "page.jsxx", False)),
        *((("ab+",), "abbb", True), (("ab+",), "a", False), (("[CB]at",), "Bat", True), (("[CB]at",), "bat", False)),
        *(
            (("**/docs/**",), "docs/a.md", True),
            (("**/docs/**",), "a/b/docs/c/d", True),
            (("**/docs/**",), "adocs/c", False),
        ),
        *(
            (("docs/**/*.md",), "docs/a.md", True),
            (("docs/**/*.md",), "docs/a/b/c.md", True),
            (("a**/b",), "axb", False),
        ),
        *((("v*", "!v1*"), "v1.0", False), (("v*", "!v1*"), "v2.0", True), (("v*", "!v1*", "v1.9"), "v1.9", True)),
        *((("!v1*", "v*"), "v1.0", True), (("!v1*",), "v2", False), ((r"\!x",), "!x", True), ((r"v\*",), "v*", True)),
        *(
            ((r"v\*",), "v1", False),
            ((r"v1\.0",), "v1.0", False),
            (("v(1|2)",), "v1", False),
            (("v1.0+x",), "v1.00x", True),
        ),
        *((("v1.0+x",), "v1.0+x", False), (("+x",), "+x", True), (("a*+",), "abc", True), (("a?+",), "aaa", True)),
        *(
            (("a?",), "", True),
            (("[a-z-]",), "-", True),
            (("[a-c-]",), "d", False),
            (("v[1-3]",), "v3", True),
            (("v[1-3]",), "v4", False),
            (("v[1-1]",), "v1", True),
            (("[XY]",), "X", True),
            (("[\n]",), "\n", True),
            (("V1",), "v1", False),
            (("",), "", True),
        ),
    ],
)
def test_a_name_is_let_in_as_by_githubs_filters(patterns: tuple[str, ...], name: str, expected: bool) -> None:
    assert matches(patterns, name) is expected


@pytest.mark.parametrize(
    ("on", "tag", "branch"),
    [
        pytest.param("push", True, True, id="every-push"),
        pytest.param("[push, create]", True, True, id="in-a-list"),
        pytest.param("{push: }", True, True, id="without-filters"),
        pytest.param("{push: {}}", True, True, id="with-an-empty-mapping"),
        pytest.param("pull_request", False, False, id="another-event"),
        pytest.param("{release: {types: [published]}}", False, False, id="a-release"),
        pytest.param("{push: {tags: [v*]}}", True, False, id="tags-only"),
        pytest.param("{push: {tags: ['[0-9]*']}}", False, False, id="other-tags"),
        pytest.param("{push: {tags-ignore: [x*]}}", True, False, id="all-tags-but"),
        pytest.param("{push: {tags-ignore: [v*]}}", False, False, id="not-this-tag"),
        pytest.param("{push: {branches: [main]}}", False, True, id="branches-only"),
        pytest.param("{push: {branches: [main], tags: [v*]}}", True, True, id="both"),
        pytest.param("{push: {branches-ignore: [main]}}", False, False, id="all-branches-but"),
        pytest.param("{push: {paths: [src/**]}}", True, True, id="paths-do-not-count-for-tags"),
    ],
)
def test_a_push_starts_the_workflow_by_its_filters(on: str, tag: bool, branch: bool) -> None:
    workflow = small(on=on)
    assert starts_on_tag(workflow, "v1.2.3") is tag
    assert starts_on_branch_push(workflow, "main") is branch


@pytest.mark.parametrize("pattern", ["v[", "v[]", "v[!a]", "v[^a]", "v[9-0]", "v[a-Z]", "v[.-9]"])
def test_a_pattern_that_is_none_is_told_with_its_place(pattern: str) -> None:
    workflow = small(on=f"{{push: {{tags: ['{pattern}']}}}}")
    (problem,) = rehearsal_problems(workflow, KNOWN, "v1")
    assert str(problem.where) == f"{FILE}:1"
    assert pattern in problem.what
    with pytest.raises(CastoffError) as caught:
        starts_on_branch_push(small(on=f"{{push: {{branches: ['{pattern}']}}}}"), "main")
    assert caught.value.problems == (problem,)


@bounded
@given(st.text("ab/*?+[]-!\\"), st.text("ab/*-", max_size=30))
def test_any_pattern_is_followed_or_refused_and_is_never_slow(pattern: str, name: str) -> None:
    try:
        matched = matches((pattern,), name)
    except ValueError:
        return
    if not set("*?+[]!\\") & set(pattern):
        assert matched == (pattern == name)


_PARTS = {part: part for part in ("a", "b", "a?", "b?", "ab+", "[ab]+", "[ab]?")} | {
    "*b": "[^/]*b",
    "**b": ".*b",
    "*a?": "[^/]*a?",
    "/**/": "/(?:.*/)?",
}


@bounded
@given(st.lists(st.sampled_from(sorted(_PARTS)), max_size=6), st.text("ab/", max_size=6))
@example(["*a?", "b", "a?", "b"], "bbb")
def test_a_pattern_lets_in_what_the_regular_expression_that_says_the_same_does(parts: list[str], name: str) -> None:
    expected = re.fullmatch("".join(_PARTS[part] for part in parts), name) is not None
    assert matches(("".join(parts),), name) is expected


def test_a_pattern_of_many_stars_is_quick() -> None:
    assert not matches(("*a" * 200 + "b",), "a" * 500)
