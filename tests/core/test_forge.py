"""Pages of a GitHub repository, from the URL of its remote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.core.forge import Repository, from_full_name, repository
from tests.strategies import bounded


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/owner/na.me",
        "https://github.com/owner/na.me.git",
        "https://github.com/owner/na.me/",
        "https://github.com/owner/na.me.git/",
        "https://github.com:443/owner/na.me.git",
        "https://token@github.com/owner/na.me",
        "https://user:secret@github.com/owner/na.me.git",
        "http://github.com/owner/na.me",
        "git://github.com/owner/na.me.git",
        "git@github.com:owner/na.me.git",
        "git@github.com:owner/na.me",
        "github.com:owner/na.me.git",
        "ssh://git@github.com/owner/na.me.git",
        "ssh://git@github.com:22/owner/na.me.git",
    ],
)
def test_every_way_to_write_a_github_remote_is_known(url: str) -> None:
    assert repository(url) == Repository("owner", "na.me")


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "origin",
        "../remote.git",
        "/srv/github.com/owner/name.git",
        "file:///srv/github.com/owner/name.git",
        "https://gitlab.com/owner/name.git",
        "https://github.com.example.org/owner/name",
        "https://example.org/github.com/owner/name",
        "https://example.org/@github.com/owner/name",
        "https://github.com/owner",
        "https://github.com/owner/name/extra",
        "https://github.com//name",
        "https://notgithub.com/owner/name",
        "git@gitlab.com:owner/name.git",
        "git@github.com:owner",
        "https://github.com/ow ner/name",
    ],
)
def test_a_remote_elsewhere_has_no_pages(url: str | None) -> None:
    assert repository(url) is None


def test_pages_are_those_of_the_repository() -> None:
    pages = Repository("o", "n")
    assert pages.page == "https://github.com/o/n"
    assert pages.compare("main", "chore/release-1.2.3") == (
        "https://github.com/o/n/compare/main...chore/release-1.2.3?expand=1"
    )
    assert pages.workflow("release.yml") == "https://github.com/o/n/actions/workflows/release.yml"


def test_a_branch_with_odd_characters_is_quoted() -> None:
    assert Repository("o", "n").compare("m#1", "a b?c&d") == (
        "https://github.com/o/n/compare/m%231...a%20b%3Fc%26d?expand=1"
    )


@bounded
@given(st.text())
def test_any_text_may_be_a_remote(url: str) -> None:
    found = repository(url)
    assert found is None or (found.owner and found.name)


def test_a_full_name_is_owner_and_name_and_nothing_else() -> None:
    assert from_full_name("owner/na.me") == Repository("owner", "na.me")
    assert [from_full_name(text) for text in (None, "", "owner", "owner/a/b", "a b/c", "../x\n")] == [None] * 6


@pytest.mark.parametrize(
    ("url", "spelt"),
    [
        ("https://github.com/Owner/Name/releases/tag/v1.0", Repository("Owner", "Name")),
        ("https://github.com/other/name/releases/tag/v1.0", Repository("owner", "name")),
        ("https://github.com/owner/other/", Repository("owner", "name")),
        ("https://example.org/Owner/Name/", Repository("owner", "name")),
    ],
)
def test_a_page_tells_how_its_own_repository_is_spelt_and_no_other(url: str, spelt: Repository) -> None:
    assert Repository("owner", "name").as_in(url) == spelt
