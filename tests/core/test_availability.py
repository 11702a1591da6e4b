"""Free, ours, or taken: judged from what the index and GitHub hold, and what was built."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from packaging.version import Version

from castoff.core.artifacts import Digest
from castoff.core.availability import Holdings, after_build, before_build, verdict
from castoff.core.forge import Repository
from castoff.core.published import ForgeRelease, PublishedFile, ReleaseAsset, Unknown

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WHEEL, SDIST = "spam-1.0.0-py3-none-any.whl", "spam-1.0.0.tar.gz"
BUILT = (Digest(WHEEL, "a" * 64, 10), Digest(SDIST, "b" * 64, 20))
OURS = {WHEEL: "a" * 64, SDIST: "b" * 64}
NEXT = "make release VERSION=1.0.1"
DELETE = "gh release delete v1.0.0 --repo acme/spam --yes"


def on_index(digests: dict[str, str | None], days: int = 0) -> tuple[PublishedFile, ...]:
    """Return files that came so many days ago."""
    moment = NOW - timedelta(days=days)
    return tuple(
        PublishedFile(name, "", sha256, 1, moment, yanked=False, requires_python=None, provenance_url=None)
        for name, sha256 in digests.items()
    )


def release(digests: dict[str, str | None], *, draft: bool = False, immutable: bool = False) -> ForgeRelease:
    """Return a release with these assets."""
    assets = tuple(ReleaseAsset(n, name, 1, sha256, complete=True) for n, (name, sha256) in enumerate(digests.items()))
    url = "https://github.com/acme/spam/releases/1"
    return ForgeRelease(
        1, "v1.0.0", url, draft, prerelease=False, immutable=immutable, has_notes=True, published=None, assets=assets
    )


def holdings(
    files: tuple[PublishedFile, ...] | Unknown = (), releases: tuple[ForgeRelease, ...] | Unknown = ()
) -> Holdings:
    return Holdings(Version("1.0.0"), "v1.0.0", files, releases, Repository("acme", "spam"), NEXT, NOW)


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (holdings(), "1.0.0 is free"),
        (holdings(on_index({**OURS})), "ours already: the index has every file, byte for byte"),
        (holdings(on_index({**OURS}, days=400)), "ours already"),
        (holdings(on_index({WHEEL: "a" * 64}, days=4)), f"{SDIST} can be added until 2026-11-30 00:00 UTC"),
        (holdings(on_index({WHEEL: None})), "incomplete"),
        (holdings(on_index({**OURS}), (release({**OURS, f"{WHEEL}.sigstore.json": None}),)), "ours already"),
        (holdings((), (release({WHEEL: "a" * 64}, draft=True),)), "free"),
        (holdings(Unknown("no network"), Unknown("no token")), "cannot be known"),
    ],
)
def test_what_is_free_or_ours_passes(held: Holdings, says: str) -> None:
    assert (before_build(held), after_build(held, BUILT)) == ((), ())
    assert says in verdict(held, BUILT)


@pytest.mark.parametrize(
    ("held", "says", "fix"),
    [
        (holdings(on_index({WHEEL: "c" * 64})), "this name with other bytes (SHA-256 cccccccccccc...", NEXT),
        (holdings(on_index({"spam-1.0.0-cp313-cp313-linux_x86_64.whl": "a" * 64})), "is of another build", NEXT),
        (holdings(on_index({WHEEL: "a" * 64}, days=15)), f"since 2026-11-05, without {SDIST}", NEXT),
        (holdings((), (release({WHEEL: "c" * 64}),)), f"it has {WHEEL} with other bytes, and it lacks {SDIST}", DELETE),
        (holdings((), (release({WHEEL: "c" * 64}, immutable=True),)), "the immutable release", NEXT),
        (holdings((), (release({WHEEL: "a" * 64}),)), "the published release v1.0.0 on GitHub is not of this", DELETE),
        (holdings((), (release({WHEEL: "c" * 64}, draft=True),)), "the draft v1.0.0", DELETE),
        (holdings((), (release({"spam-0.9.tar.gz": None}, draft=True),)), "which was not built", DELETE),
    ],
)
def test_what_is_taken_or_in_the_way_stops_after_the_build(held: Holdings, says: str, fix: str) -> None:
    assert before_build(held) == ()
    (problem,) = after_build(held, BUILT)[:1]
    assert says in problem.what
    assert problem.fix[0] == fix


@pytest.mark.parametrize("immutable", [False, True])
def test_a_published_release_without_files_stops_before_the_build_and_is_told_once(*, immutable: bool) -> None:
    """An immutable one can never get any, and its tag is used up; another may be deleted by whoever made it."""
    held = holdings((), (release({}, immutable=immutable),))
    (problem,) = before_build(held)
    assert "it has no files" in problem.what
    assert problem.fix[0] == (NEXT if immutable else DELETE)
    assert after_build(held, BUILT) == ()


def test_two_releases_of_a_tag_stop_before_the_build() -> None:
    (problem,) = before_build(holdings((), (release({**OURS}), release({}, draft=True))))
    assert "there are 2 releases of v1.0.0" in problem.what


def test_what_could_not_be_asked_is_named_with_its_reason() -> None:
    held = holdings(Unknown("no network"), Unknown("a rate limit"))
    assert held.unknown == ("what the index holds: no network", "which releases GitHub has: a rate limit")
