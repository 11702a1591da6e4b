"""Versions, and the names of tags, branches and commits that are made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from castoff.core import versions
from castoff.core.errors import UsageError
from tests.strategies import bounded, releasable_versions, version_texts


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("0.4.0", "0.4.0"),
        ("0.4.0-rc1", "0.4.0rc1"),
        ("0.4.0rc1", "0.4.0rc1"),
        ("0.4.0.RC.1", "0.4.0rc1"),
        ("0.4.0-c1", "0.4.0rc1"),
        ("v0.4.0", "0.4.0"),
        (" 0.4.0\n", "0.4.0"),
        ("00.04.0", "0.4.0"),
        ("1.2.3.4", "1.2.3.4"),
    ],
)
def test_every_pep_440_spelling_is_accepted_and_made_normal(text: str, normal: str) -> None:
    assert str(versions.parse_new(text)) == normal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "is not a version", id="nothing"),
        pytest.param("latest", "is not a version", id="a-word"),
        pytest.param("1.2.x", "is not a version", id="a-letter"),
        pytest.param("--help", "is not a version", id="an-option"),
        pytest.param("--upload-pack=touch canary", "is not a version", id="a-git-option"),
        pytest.param("1.2.3; touch canary", "is not a version", id="a-shell-command"),
        pytest.param("$(touch canary)", "is not a version", id="a-substitution"),
        pytest.param("1.2.3\n1.2.4", "is not a version", id="two-lines"),
        pytest.param("1" * 5000, "is not a version", id="more-digits-than-python-reads"),
        pytest.param("1.2.3\0", "is not a version", id="a-null"),
        pytest.param("1.2.3+local", "local part (+local)", id="a-local-part"),
        pytest.param("1.2.3.dev4", "development version (.dev4)", id="a-dev-part"),
        pytest.param("1.2.3rc1.dev0", "development version (.dev0)", id="a-dev-part-zero"),
    ],
)
def test_what_cannot_be_released_is_a_wrong_call(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        versions.parse_new(text)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


@bounded
@given(st.one_of(st.text(), version_texts()))
def test_any_text_given_as_a_version_is_one_or_is_refused(text: str) -> None:
    try:
        version = versions.parse_new(text)
    except UsageError:
        return
    assert Version(str(version)) == version
    assert versions.parse_new(str(version)) == version


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("0.4.0", "v0.4.0"),
        ("0.4.0rc1", "v0.4.0-rc1"),
        ("10.20.30rc40", "v10.20.30-rc40"),
        ("2026.1.15", "v2026.1.15"),
        ("1.2.3.4", "v1.2.3.4"),
    ],
)
def test_a_version_has_one_tag(version: str, tag: str) -> None:
    assert versions.tag_name(Version(version)) == tag


@pytest.mark.parametrize("version", ["1.2.3a1", "1.2.3b2", "1.2.3.post1", "1!1.2.3", "1.2.3rc1.post1"])
def test_alphas_betas_posts_and_epochs_have_no_tag(version: str) -> None:
    with pytest.raises(UsageError, match="has no tag"):
        versions.tag_name(Version(version))


@pytest.mark.parametrize(
    ("version", "padded"), [("1", "1.0.0"), ("1.2", "1.2.0"), ("1.2rc1", "1.2.0-rc1"), ("2rc0", "2.0.0-rc0")]
)
def test_fewer_than_three_numbers_are_refused_with_the_same_version_to_write(version: str, padded: str) -> None:
    with pytest.raises(UsageError, match=f"write {padded}$"):
        versions.tag_name(versions.parse_new(version))
    assert versions.parse_new(padded) == versions.parse_new(version)
    assert versions.tag_name(versions.parse_new(padded)) == f"v{padded}"


@bounded
@given(releasable_versions())
def test_a_tag_names_the_version_it_was_made_of(version: Version) -> None:
    tag = versions.tag_name(version)
    assert versions.version_of_tag(tag) == version
    assert versions.misspelt(tag) is None


@bounded
@given(releasable_versions())
def test_the_bump_branch_and_commit_name_the_normal_form(version: Version) -> None:
    assert versions.bump_branch(version) == f"chore/release-{version}"
    assert versions.bump_subject(version) == f"chore(release): bump to {version}"


@pytest.mark.parametrize(
    ("tag", "right"),
    [
        ("1.2.3", "v1.2.3"),
        ("V1.2.3", "v1.2.3"),
        ("vv1.2.3", "v1.2.3"),
        ("v1.2.3rc1", "v1.2.3-rc1"),
        ("v1.2.3-RC1", "v1.2.3-rc1"),
        ("v1.2.3-rc.1", "v1.2.3-rc1"),
        ("v01.2.3", "v1.2.3"),
    ],
)
def test_another_spelling_of_a_version_is_told_the_tag_to_make(tag: str, right: str) -> None:
    assert versions.misspelt(tag) == right


@pytest.mark.parametrize("tag", ["v1.2.3", "v1.2.3-rc1", "latest", "", "v", "v1.2", "v1.2.3a1", "release-1.2.3"])
def test_a_right_tag_and_a_tag_of_no_releasable_version_are_not_misspelt(tag: str) -> None:
    assert versions.misspelt(tag) is None


@bounded
@given(st.one_of(st.text(), version_texts()))
def test_any_text_may_be_asked_about_as_a_tag(tag: str) -> None:
    version = versions.version_of_tag(tag)
    right = versions.misspelt(tag)
    assert right is None or versions.version_of_tag(right) is not None
    assert version is not None or right is None


@pytest.mark.parametrize(
    ("version", "following"),
    [
        ("1.2.3", "1.2.4"),
        ("1.2.3rc1", "1.2.3"),
        ("1.2.3.dev1", "1.2.3"),
        ("1.2.3.post1", "1.2.4"),
        ("1.2", "1.2.1"),
        ("1", "1.0.1"),
        ("1.2.9", "1.2.10"),
    ],
)
def test_the_next_patch_is_the_release_that_follows(version: str, following: str) -> None:
    assert versions.next_patch(Version(version)) == Version(following)


@bounded
@given(releasable_versions(longest=3))
def test_the_next_patch_is_higher_and_can_be_released(version: Version) -> None:
    following = versions.next_patch(version)
    assert following > version
    assert versions.tag_name(following) == f"v{following}"
