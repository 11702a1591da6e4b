"""What `verify` says in whole: of listings beside what is served, of a statement, of a proof as data and as a table."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from castoff.core.artifacts import artifact
from castoff.core.proof import (
    ASPECTS,
    FileProof,
    Found,
    Proof,
    Verdict,
    contradictory,
    missing,
    not_tried,
    right,
    unknown,
)
from castoff.core.published import Unknown
from castoff.core.rebuilt import compared
from castoff.core.served import (
    Pair,
    Served,
    asset_found,
    belongs,
    even,
    index_found,
    is_name,
    no_release,
    release_found,
)
from castoff.core.statement import statement_problem
from tests.core.test_proof import (
    BOTH,
    INSIDE,
    KINDS,
    PUBLISHED,
    SDIST,
    WHEEL,
    archive,
    attached,
    indexed,
    release,
    statement,
)

A, B = "a" * 64, "b" * 64
BUNDLE = f"{WHEEL}.sigstore.json"


class TestIndex:
    """What the index says of a file, and what it serves."""

    @pytest.mark.parametrize(
        ("told", "size", "found"),
        [
            (A, 9, right()),
            (None, 9, right()),
            (A, None, right()),
            (None, None, right()),
            (B, 9, contradictory(f"the index says SHA-256 {B}, and serves {A}")),
            (A, 8, contradictory("the index says 8 bytes, and serves 9")),
            (None, 0, contradictory("the index says 0 bytes, and serves 9")),
        ],
    )
    def test_other_bytes_than_it_says_are_a_contradiction(
        self, told: str | None, size: int | None, found: Found
    ) -> None:
        assert index_found(replace(indexed(WHEEL, told), size=size), A, 9) == found

    def test_a_file_that_was_yanked_is_right_and_said_to_be_yanked(self) -> None:
        assert index_found(replace(indexed(WHEEL, A), yanked=True), A, 9) == right("yanked")


class TestAsset:
    """What GitHub says of an asset, what it serves, and what the index has."""

    @pytest.mark.parametrize(
        ("told", "on_the_index", "at", "found"),
        [
            (A, A, None, right()),
            (None, A, None, right()),
            (A, None, None, right()),
            (B, A, None, contradictory(f"GitHub says SHA-256 {B}, and serves {A}")),
            (A, B, None, contradictory(f"its SHA-256 is {A}, the index's is {B}")),
            (
                None,
                B,
                0,
                contradictory(f"its SHA-256 is {A}, the index's is {B}; the first byte that differs is number 0"),
            ),
        ],
    )
    def test_other_bytes_are_a_contradiction(
        self, told: str | None, on_the_index: str | None, at: int | None, found: Found
    ) -> None:
        assert asset_found(attached(WHEEL, told), A, on_the_index, at) == found


class TestRelease:
    """What the listings alone say of a file on the release."""

    def found(self, served: Served) -> Found:
        (pair,) = (one for one in served.pairs("spam", Version("1.0")) if one.name == WHEEL)
        return release_found(pair, served)

    @pytest.mark.parametrize(
        ("served", "found"),
        [
            (Served((indexed(WHEEL, A),), (release(attached(WHEEL, A)),)), right()),
            (Served((indexed(WHEEL, None),), (release(attached(WHEEL, A)),)), right()),
            (Served((indexed(WHEEL, A),), (release(attached(WHEEL, None)),)), right()),
            (
                Served((indexed(WHEEL, A),), (release(attached(WHEEL, B)),)),
                contradictory(f"its SHA-256 is {B}, the index's is {A}"),
            ),
            (
                Served((indexed(WHEEL),), (release(attached(SDIST)),)),
                contradictory("the published release has other files, and not this one"),
            ),
            (
                Served((indexed(WHEEL),), (release(attached("notes.txt")),)),
                missing("it is not attached to the release"),
            ),
            (
                Served((indexed(WHEEL),), (release(attached(WHEEL, complete=False)),)),
                missing("it has not fully arrived there"),
            ),
            (Served((indexed(WHEEL),), (release(*BOTH, draft=True),)), missing("the release is a draft")),
            (Served((indexed(WHEEL),), ()), missing("there is no published release")),
            (Served((indexed(WHEEL),), Unknown("no network")), unknown("no network")),
        ],
    )
    def test_each_way_that_it_can_be(self, served: Served, found: Found) -> None:
        assert self.found(served) == found
        if served.published is None:
            assert no_release(served) == found

    def test_a_file_comes_with_its_bundle_and_a_bundle_is_no_file(self) -> None:
        wheel, bundle = attached(WHEEL), attached(BUNDLE)
        served = Served(Unknown("no network"), (release(wheel, bundle),))
        assert served.pairs("spam", Version("1.0")) == [Pair(WHEEL, None, wheel, bundle)]


@pytest.mark.parametrize("end", [".sigstore.json", ".attestation", ".asc", ".sig"])
def test_what_stands_beside_a_file_is_no_file_of_the_version(end: str) -> None:
    assert belongs("spam-1.0.zip", "spam", Version("1.0"))
    assert not belongs(f"spam-1.0.zip{end}", "spam", Version("1.0"))


@pytest.mark.parametrize("name", ["x\\spam-1.0.tar.gz", "spam-1.0\n.tar.gz", "x/spam-1.0.tar.gz"])
def test_a_name_that_leads_out_of_a_folder_or_to_another_line_is_none(name: str) -> None:
    assert not is_name(name)
    assert is_name(SDIST)


def test_provenance_that_one_file_lacks_is_told_of_that_one_alone() -> None:
    lacking = missing("the index has the provenance of other files of this version, and not of this one")
    assert even([("a", right()), ("b", not_tried("none"))]) == {"a": right(), "b": lacking}


def test_how_much_more_of_a_rebuild_differs_is_counted() -> None:
    wheel = artifact(WHEEL)
    assert wheel

    def said(**changed: str) -> str:
        return compared(wheel, PUBLISHED, archive("2", INSIDE | changed), None).detail

    assert said(**{"a.py": "2"}) == "built from the tag it is another: a.py differs"
    assert said(**{"a.py": "2", "b.py": "1"}) == "built from the tag it is another: a.py differs, and 1 more"
    assert said(**{"a.py": "2", "b.py": "1", "c.py": "1"}).endswith("a.py differs, and 2 more")


class TestStatement:
    """What an attestation is about."""

    def of(self, name: str, sha256: str = A) -> bytes:
        return statement(subject=[{"name": name, "digest": {"sha256": sha256}}])

    def test_an_sdist_is_the_same_under_another_spelling_and_no_wheel(self) -> None:
        assert statement_problem(self.of("Spam-1.0.0.tar.gz"), SDIST, A, KINDS) is None
        assert statement_problem(self.of(WHEEL), SDIST, A, KINDS) == f"the statement is about {WHEEL}"
        assert statement_problem(self.of(SDIST), WHEEL, A, KINDS) == f"the statement is about {SDIST}"

    def test_a_name_that_is_no_distributions_has_to_be_the_very_same(self) -> None:
        assert statement_problem(self.of("notes.txt"), "notes.txt", A, KINDS) is None
        assert statement_problem(self.of("notes.txt"), SDIST, A, KINDS) == "the statement is about notes.txt"
        assert statement_problem(self.of(SDIST), "notes.txt", A, KINDS) == f"the statement is about {SDIST}"

    def test_what_it_is_about_instead_is_said(self) -> None:
        nameless = statement(subject=[{"digest": {"sha256": A}}])
        assert statement_problem(nameless, SDIST, A, KINDS) == "the statement is about a file without a name"
        other = f"the statement is about a file of that name with the SHA-256 {B}"
        assert statement_problem(self.of(SDIST, B), SDIST, A, KINDS) == other

    def test_a_kind_that_pypi_does_not_take_is_named(self) -> None:
        payload = statement(subject=[{"name": SDIST, "digest": {"sha256": A}}], predicateType="x")
        said = "the statement is of the kind x, which PyPI does not know"
        assert statement_problem(payload, SDIST, A, KINDS) == said


class TestProof:
    """A whole release, as data and as a table."""

    FILES = (
        FileProof("a", A, 9, {aspect: right() for aspect in ASPECTS}),
        FileProof("b", None, None, {aspect: missing("gone") for aspect in ASPECTS}),
    )
    PROOF = Proof("spam", "1.0", "c0ffee", "who", {"tag": right("here")}, FILES, ("me",), ("by the way",))

    def test_as_data_it_says_everything(self) -> None:
        gone, sound = {"verdict": "missing", "detail": "gone"}, {"verdict": "right", "detail": ""}
        assert self.PROOF.as_data() == {
            "project": "spam",
            "version": "1.0",
            "tag": {"verdict": "right", "detail": "here"},
            "commit": "c0ffee",
            "identity": "who",
            "verdict": "missing",
            "publishers": ["me"],
            "notes": ["by the way"],
            "files": [
                {
                    "name": "a",
                    "sha256": A,
                    "size": 9,
                    "found": dict.fromkeys(ASPECTS, sound),
                },
                {"name": "b", "sha256": None, "size": None, "found": dict.fromkeys(ASPECTS, gone)},
            ],
        }

    def test_as_a_table_it_has_a_row_for_each_file(self) -> None:
        assert self.PROOF.rows() == [["file", *ASPECTS], ["a", *["right"] * 6], ["b", *["missing"] * 6]]

    def test_what_is_wrong_with_all_of_it_is_told_without_a_file(self) -> None:
        whole = replace(self.PROOF, general={"tag": missing("nowhere")}, files=())
        assert [problem.what for problem in whole.problems()] == ["missing: tag: nowhere"]

    @pytest.mark.parametrize(("count", "named"), [(1, "x1"), (3, "x1, x2, x3"), (4, "x1, x2, x3 and 1 more")])
    def test_three_files_are_named_and_the_others_counted(self, count: int, named: str) -> None:
        cells = {aspect: right() for aspect in ASPECTS} | {"index": unknown("no network")}
        files = tuple(FileProof(f"x{number}", A, 9, cells) for number in range(1, count + 1))
        (problem,) = replace(self.PROOF, files=files).problems()
        assert problem.what == f"cannot know: index of {named}: no network"
        assert replace(self.PROOF, files=files).verdict is Verdict.UNKNOWN
