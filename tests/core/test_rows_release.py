"""What is said of the release on GitHub, its files and their bundles, in each of their states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from packaging.version import Version

from castoff.core.published import ForgeRelease, ReleaseAsset, Unknown
from castoff.core.row import Row, State
from castoff.core.rows_release import gh, release_rows
from tests.sights import (
    ASSETS,
    BUNDLE,
    DRAFT,
    FILES,
    NOW,
    RELEASE,
    RELEASED,
    SDIST,
    WHEEL,
    asset,
    digest,
)

GONE = Unknown("it cannot be reached")
MINUTE = timedelta(minutes=1)
RIGHT, MISSING, WRONG, UNKNOWN = State.RIGHT, State.MISSING, State.CONTRADICTORY, State.UNKNOWN
VERIFY, NEXT = "castoff verify --version 0.1.1", "castoff release --version 0.1.2"
VTAG = "v0.1.1"
SBOM = "sample-0.1.1.cdx.json"
NO_SBOM = Row("sbom", "", RIGHT, "none: this release was made without")


def released(*releases: ForgeRelease, **changes: object) -> list[Row]:
    """Return the rows of the release on GitHub."""
    return list(release_rows(replace(RELEASED, releases=releases, **changes)))


def test_a_finished_release_is_told_with_each_file_and_each_bundle() -> None:
    assert released(RELEASE) == [
        Row("release", VTAG, RIGHT, "a release, published 2026-03-20 11:00 UTC"),
        *(
            Row("asset", name, RIGHT, f"1 bytes, sha256:{digest(name)[:10]}, as on the index")
            for name in (WHEEL, SDIST)
        ),
        NO_SBOM,
        *(Row("bundle", name + BUNDLE, RIGHT, "1 bytes") for name in (WHEEL, SDIST)),
    ]


def test_an_sbom_is_an_asset_of_its_own_with_a_bundle() -> None:
    rows = released(replace(RELEASE, assets=(*ASSETS, asset(SBOM), asset(SBOM + BUNDLE))))
    assert Row("asset", SBOM, RIGHT, f"1 bytes, sha256:{digest(SBOM)[:10]}, the SBOM") in rows
    assert Row("bundle", SBOM + BUNDLE, RIGHT, "1 bytes") in rows
    assert NO_SBOM not in rows
    (told,) = [
        row for row in released(replace(RELEASE, assets=(replace(asset(SBOM), sha256=None),))) if row.name == SBOM
    ]
    assert told == Row("asset", SBOM, RIGHT, "1 bytes, the SBOM")


@pytest.mark.parametrize(("release", "state"), [(DRAFT, MISSING), (RELEASE, WRONG)], ids=["draft", "published"])
def test_half_an_sbom_is_not_yet_in_a_draft_and_wrong_in_what_is_published(release: ForgeRelease, state: State) -> None:
    half = replace(asset(SBOM), complete=False)
    rows = released(replace(release, assets=(*ASSETS, half)))
    assert Row("asset", SBOM, state, "it has not arrived whole", VERIFY) in rows
    assert Row("bundle", SBOM + BUNDLE, MISSING, "there is none") in rows
    rows = released(replace(release, assets=(*ASSETS, asset(SBOM + BUNDLE))))
    assert Row("asset", SBOM, state, "its bundle is there, and it is not", VERIFY) in rows


def test_a_draft_without_an_sbom_may_still_get_one() -> None:
    assert "sbom" not in [row.place for row in released(DRAFT)]


def test_what_else_is_known_of_a_release_is_told() -> None:
    (row, *_) = released(replace(RELEASE, immutable=True, has_notes=False, published=None))
    assert row.said == "a release, published at an unknown time, immutable, without notes"
    candidate = replace(RELEASE, prerelease=True)
    assert released(candidate, version=Version("0.1.1rc1"))[0].said.startswith("a pre-release, published")


def test_no_release_is_missing_and_without_a_token_it_may_be_a_draft() -> None:
    assert released() == [Row("release", VTAG, MISSING, "there is none")]
    hidden = "there is none; a draft would not show without a token"
    assert released(sees_drafts=False) == [Row("release", VTAG, MISSING, hidden)]
    assert list(release_rows(replace(RELEASED, releases=GONE))) == [Row("release", VTAG, UNKNOWN, GONE.reason)]


def test_a_draft_is_not_published_yet() -> None:
    assert released(DRAFT)[0] == Row("release", VTAG, MISSING, "a draft: it is not published yet")


EDIT = "gh release edit {} --prerelease={} --repo owner/sample"


def test_a_mark_that_does_not_fit_the_version_contradicts_and_is_mended_by_a_command() -> None:
    said = "it is marked as a pre-release, and 0.1.1 is no candidate"
    assert released(replace(RELEASE, prerelease=True))[0] == Row(
        "release", VTAG, WRONG, said, EDIT.format(VTAG, "false")
    )
    said = "it is marked as a release, and 0.1.1rc1 is a candidate"
    candidate = released(RELEASE, version=Version("0.1.1rc1"))[0]
    assert candidate == Row("release", "v0.1.1-rc1", WRONG, said, EDIT.format("v0.1.1-rc1", "true"))


def test_of_several_releases_the_emptiest_newest_draft_is_the_one_to_delete() -> None:
    empty = replace(DRAFT, id=9, assets=())
    newer = replace(empty, id=10)
    said = "4 releases of one tag: published 7, draft 8, draft 9, draft 10"
    fix = "gh api --method DELETE repos/owner/sample/releases/10"
    assert released(RELEASE, DRAFT, empty, newer) == [Row("release", VTAG, WRONG, said, fix)]
    assert released(replace(RELEASE, assets=()), DRAFT)[0].fix.endswith("/8")  # a draft, before anything published
    unnamed = released(RELEASE, DRAFT, repository=GONE)[0].fix
    assert unnamed == "gh api --method DELETE 'repos/{owner}/{repo}/releases/8'"


def test_a_command_of_github_s_client_names_the_repository_where_it_is_known() -> None:
    assert gh(RELEASED, "run", "a b") == "gh run 'a b' --repo owner/sample"
    assert gh(replace(RELEASED, repository=GONE), "run") == "gh run"


def asset_row(release: ForgeRelease, *assets: ReleaseAsset, **changes: object) -> Row:
    """Return the row of the wheel, of a release that has these assets."""
    rows = released(replace(release, assets=assets), **{"files": FILES[:1], **changes})
    return next(row for row in rows if row.place == "asset" and row.name == WHEEL)


PARTLY = replace(ASSETS[0], complete=False)
CHANGED = replace(ASSETS[0], sha256=digest("other"), size=1024)
DROP = "gh release delete v0.1.1 --yes --repo owner/sample"


def test_what_the_index_has_and_the_release_lacks_is_still_to_come_in_a_draft_only() -> None:
    absent = "the index has it, and the published release does not"
    assert asset_row(RELEASE) == Row("asset", WHEEL, WRONG, absent, VERIFY)
    assert asset_row(DRAFT) == Row("asset", WHEEL, MISSING, "not attached yet", VERIFY)
    assert asset_row(RELEASE, PARTLY) == Row("asset", WHEEL, WRONG, "it has not arrived whole", VERIFY)
    assert asset_row(DRAFT, PARTLY) == Row("asset", WHEEL, MISSING, "it has not arrived whole", VERIFY)


def test_other_bytes_than_the_index_s_contradict_and_only_a_draft_is_deleted_for_them() -> None:
    said = f"1.0 KiB, sha256:{digest('other')[:10]}: other bytes than on the index (sha256:{digest(WHEEL)[:10]})"
    assert asset_row(RELEASE, CHANGED) == Row("asset", WHEEL, WRONG, said, NEXT)
    assert asset_row(DRAFT, CHANGED) == Row("asset", WHEEL, WRONG, said, DROP)


def test_bytes_without_a_digest_on_either_side_cannot_be_compared() -> None:
    untold = Row("asset", WHEEL, UNKNOWN, "its SHA-256 is not told")
    assert asset_row(RELEASE, replace(ASSETS[0], sha256=None)) == untold
    assert asset_row(RELEASE, ASSETS[0], files=(replace(FILES[0], sha256=None),)) == untold


def test_a_file_that_only_the_release_has_contradicts_once_the_index_must_show_it() -> None:
    def only_there(release: ForgeRelease, **changes: object) -> Row:
        return asset_row(release, ASSETS[0], **{"files": FILES[1:], **changes})

    late = Row("asset", WHEEL, MISSING, "not on the index yet, which may lag 10 minutes")
    assert only_there(DRAFT) == late
    assert only_there(replace(RELEASE, published=NOW - 10 * MINUTE + timedelta(seconds=1))) == late
    absent = "the published release has it, and the index does not"
    wrong = Row("asset", WHEEL, WRONG, absent, DROP)
    assert only_there(replace(RELEASE, published=NOW - 10 * MINUTE)) == wrong
    assert only_there(replace(RELEASE, published=None)) == wrong
    assert only_there(replace(RELEASE, immutable=True)) == replace(wrong, fix=NEXT)
    unknown = Row("asset", WHEEL, UNKNOWN, "whether it is what the index has cannot be known")
    assert only_there(RELEASE, files=GONE) == unknown


def test_an_asset_that_is_no_distribution_needs_neither_an_index_nor_a_bundle() -> None:
    notes = replace(ASSETS[0], name="notes.txt")
    assert [row.place for row in released(replace(RELEASE, assets=(notes,)), files=())] == ["release", "sbom"]


def test_a_bundle_is_wanted_of_every_distribution_wherever_that_is() -> None:
    arriving = replace(ASSETS[2], complete=False)
    rows = released(replace(RELEASE, assets=(ASSETS[1], arriving)), files=FILES[:1])
    assert [row for row in rows if row.place == "bundle"] == [
        Row("bundle", WHEEL + BUNDLE, MISSING, "it has not arrived whole"),
        Row("bundle", SDIST + BUNDLE, MISSING, "there is none"),
    ]
