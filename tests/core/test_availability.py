"""Free, ours, or taken: judged from what the index and GitHub hold, and what was built."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from packaging.version import Version

from castoff.core.artifacts import Digest
from castoff.core.availability import Holdings, after_build, before_build, verdict
from castoff.core.errors import Location, Problem
from castoff.core.forge import Repository
from castoff.core.published import ForgeRelease, PublishedFile, ReleaseAsset, Unknown

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WHEEL, SDIST = "spam-1.0.0-py3-none-any.whl", "spam-1.0.0.tar.gz"
BUILT = (Digest(WHEEL, "a" * 64, 10), Digest(SDIST, "b" * 64, 20))
OURS = {WHEEL: "a" * 64, SDIST: "b" * 64}
NEXT = "make release VERSION=1.0.1"
PAGE = "https://github.com/acme/spam/releases/1"
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
    return ForgeRelease(
        1, "v1.0.0", PAGE, draft, prerelease=False, immutable=immutable, has_notes=True, published=None, assets=assets
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
    kind = "immutable" if immutable else "published"
    assert problem.what == f"the {kind} release v1.0.0 on GitHub is not of this build: it has no files ({PAGE})"
    assert problem.fix[0] == (NEXT if immutable else DELETE)
    assert after_build(held, BUILT) == ()


def test_two_releases_of_a_tag_stop_before_the_build() -> None:
    what = "there are 2 releases of v1.0.0 on GitHub, and it is not clear which is meant"
    fix = (f"look at {PAGE}", f"look at {PAGE}", "delete all but one", "re-run the failed jobs")
    assert before_build(holdings((), (release({**OURS}), release({}, draft=True)))) == (Problem(what, fix=fix),)


def test_a_release_in_the_way_is_told_with_its_page_and_how_it_goes_away() -> None:
    def in_the_way(*, draft: bool = False, immutable: bool = False, named: bool = True) -> Problem:
        held = holdings((), (release({WHEEL: "c" * 64, SDIST: "b" * 64}, draft=draft, immutable=immutable),))
        (problem,) = after_build(held if named else replace(held, forge=None), BUILT)
        return problem

    said = f"v1.0.0 on GitHub is not of this build: it has {WHEEL} with other bytes ({PAGE})"
    again = "re-run the failed jobs"
    assert in_the_way() == Problem(f"the published release {said}", fix=(DELETE, again))
    assert in_the_way(draft=True) == Problem(f"the draft {said}", fix=(DELETE, again))
    assert in_the_way(immutable=True) == Problem(f"the immutable release {said}", fix=(NEXT,))
    assert in_the_way(named=False) == Problem(f"the published release {said}", fix=("delete it there", again))


def test_every_file_that_is_not_ours_is_told_with_its_place() -> None:
    stranger = "spam-1.0.0-cp313-cp313-linux_x86_64.whl"
    other = f"the index has {stranger} of 1.0.0, which was not built here: it is of another build"
    bytes_ = f"the index has this name with other bytes (SHA-256 {'c' * 12}..., built {'a' * 12}...): 1.0.0 is spent"
    old = f"1.0.0 is on the index since 2026-11-05, without {SDIST}: a release takes new files for 14 days"
    assert after_build(holdings(on_index({stranger: None, WHEEL: "c" * 64}, days=15)), BUILT) == (
        Problem(f"{other}, and the version is spent", fix=(NEXT,)),
        Problem(bytes_, Location(f"dist/{WHEEL}"), (NEXT,)),
        Problem(old, fix=(NEXT,)),
    )


def test_an_index_takes_new_files_until_fourteen_days_after_the_first() -> None:
    first, later = on_index({WHEEL: "a" * 64}, days=14)[0], on_index({"x": "a" * 64})[0]
    assert after_build(holdings((first,)), BUILT) == ()
    over = replace(holdings((first,)), now=NOW + timedelta(seconds=1))
    assert len(after_build(over, BUILT)) == 1
    assert len(after_build(replace(over, files=(replace(later, name=WHEEL), first)), BUILT)) == 1
    (stranger, old) = after_build(replace(over, files=(replace(first, name="x"),)), BUILT)
    assert "another build" in stranger.what
    assert f"without {WHEEL}, {SDIST}: a release takes" in old.what
    untold = replace(first, uploaded=None)
    assert after_build(replace(over, files=(untold,)), BUILT) == ()
    assert verdict(replace(over, files=(untold,)), BUILT) == f"1.0.0 is ours, and incomplete: {SDIST} can be added"


def test_the_verdict_is_one_sentence() -> None:
    free = "1.0.0 is free: the index shows nothing of it (a name that was used and deleted shows not)"
    assert verdict(holdings(), BUILT) == free
    assert verdict(holdings(Unknown("no network")), BUILT) == "whether 1.0.0 is free on the index cannot be known"
    both = "1.0.0 is ours already: the index has every file, byte for byte"
    assert verdict(holdings(on_index({**OURS})), BUILT) == both
    until = "until 2026-12-04 00:00 UTC"
    assert verdict(holdings(on_index({"x": None})), BUILT) == (
        f"1.0.0 is ours, and incomplete: {WHEEL}, {SDIST} can be added {until}"
    )


def test_a_release_that_holds_what_was_built_is_not_in_the_way_and_a_stranger_in_it_is() -> None:
    bundle = f"{WHEEL}.sigstore.json"
    assert after_build(holdings((), (release({**OURS, bundle: "d" * 64, "notes.txt": None}),)), BUILT) == ()
    assert after_build(holdings((), (release({WHEEL: None, SDIST: None}),)), BUILT) == ()
    assert after_build(holdings((), (release({}, draft=True),)), BUILT) == ()
    (problem,) = after_build(holdings((), (release({"spam-0.9.tar.gz": None}),)), BUILT)
    assert f"it has spam-0.9.tar.gz, which was not built, and it lacks {WHEEL}, and it lacks {SDIST} (" in problem.what


def test_what_could_not_be_asked_is_named_with_its_reason() -> None:
    held = holdings(Unknown("no network"), Unknown("a rate limit"))
    assert held.unknown == ("what the index holds: no network", "which releases GitHub has: a rate limit")
    assert holdings(Unknown("no library", "pip install it"), ()).unknown == (
        "what the index holds: no library; type: pip install it",
    )
