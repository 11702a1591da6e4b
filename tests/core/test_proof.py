"""The rules of `verify`: what is told of listings, of a rebuild, of a statement, and of a whole release."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from packaging.version import Version
from pypi_attestations import AttestationType

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
    sound,
    unknown,
)
from castoff.core.published import ForgeRelease, PublishedFile, ReleaseAsset, Unknown
from castoff.core.rebuilt import Archive, Member, compared, generator
from castoff.core.served import Served, belongs, even, is_name, release_found, strays
from castoff.core.statement import statement_problem

WHEEL, SDIST = "spam-1.0-py3-none-any.whl", "spam-1.0.tar.gz"
SBOM = "spam-1.0.cdx.json"
KINDS = [kind.value for kind in AttestationType]
ONE, TWO = Version("1.0"), "2" * 64


def indexed(name: str, sha256: str | None = TWO) -> PublishedFile:
    return PublishedFile(name, f"https://example.org/{name}", sha256, 9, None, False, None, None)


def attached(name: str, sha256: str | None = TWO, *, complete: bool = True) -> ReleaseAsset:
    return ReleaseAsset(1, name, 9, sha256, complete)


def release(*assets: ReleaseAsset, draft: bool = False) -> ForgeRelease:
    return ForgeRelease(
        1, "v1.0.0", "https://github.com/o/r/releases/tag/v1.0.0", draft, False, False, True, None, assets
    )


BOTH = (attached(WHEEL), attached(SDIST))


# The index is late, or wrong.


@pytest.mark.parametrize(
    ("served", "late"),
    [
        (Served((indexed(WHEEL), indexed(SDIST)), (release(*BOTH),)), []),
        (Served((indexed(WHEEL),), (release(*BOTH),)), [SDIST]),
        (Served((), (release(*BOTH),)), [WHEEL, SDIST]),
        (Served((), (release(*BOTH, draft=True),)), []),
        (Served((), ()), []),
        (Served(Unknown("down"), (release(*BOTH),)), []),
        (Served((indexed(WHEEL, "3" * 64),), (release(*BOTH),)), []),
        (Served((indexed(WHEEL), indexed(WHEEL.replace("py3", "py2"))), (release(*BOTH),)), []),
        (Served((), Unknown("down")), ["spam 1.0"]),
        (Served((indexed(WHEEL),), Unknown("down")), []),
    ],
    ids=[
        "all there",
        "one not yet",
        "none yet",
        "a draft only",
        "no release",
        "the index unknown",
        "another digest",
        "a file too many",
        "the release unknown, nothing on the index",
        "the release unknown, something on the index",
    ],
)
def test_only_an_index_that_is_late_is_waited_for(served: Served, late: list[str]) -> None:
    assert served.not_yet("spam", ONE, tagged=True) == late


def test_without_a_tag_an_index_that_has_nothing_is_not_late() -> None:
    assert Served((), Unknown("down")).not_yet("spam", ONE, tagged=False) == []


def test_a_file_that_has_not_fully_arrived_on_the_release_is_missing() -> None:
    served = Served((indexed(WHEEL),), (release(attached(WHEEL, complete=False)),))
    (pair,) = served.pairs("spam", ONE)
    assert release_found(pair, served).verdict is Verdict.MISSING


def test_an_asset_that_is_of_no_file_is_told() -> None:
    known = (attached(f"{WHEEL}.sigstore.json"), attached(SBOM), attached(f"{SBOM}.sigstore.json"))
    others = (attached("spam-1.0.sbom.json"), *known, attached("spam-2.0.tar.gz"))
    served = Served((indexed(WHEEL),), (release(*BOTH, *others),))
    assert strays(served, served.pairs("spam", ONE), SBOM) == ["spam-1.0.sbom.json", "spam-2.0.tar.gz"]


@pytest.mark.parametrize(
    ("file", "belonging"),
    [
        (WHEEL, True),
        (SDIST, True),
        ("spam-1.0.0-py3-none-any.whl", True),
        ("spam-1.0-1-py3-none-any.whl", True),
        ("spam-1.0-py3.9.egg", True),
        ("spam-1.0.zip", True),
        ("Spam-1.0.win32.exe", True),
        ("spam-1.0.tar.bz2", True),
        ("spam-1.0.1.tar.gz", False),
        ("spam-1.0rc1.zip", False),
        ("spam-1.0.1.zip", False),
        ("spam_eggs-1.0.zip", False),
        ("eggs-1.0.tar.gz", False),
        (f"{WHEEL}.sigstore.json", False),
        ("spam", False),
        ("", False),
        ("-1.0", False),
    ],
)
def test_files_of_a_version_are_known_by_their_names_in_any_format(file: str, *, belonging: bool) -> None:
    assert belongs(file, "spam", ONE) is belonging


@pytest.mark.parametrize(
    "name", ["spam-1.0.zip", "a/spam-1.0.tar.gz", "spam-1.0-1/../x-py3-none-any.whl", "", "..", "x"]
)
def test_what_is_no_name_of_a_distribution_is_never_used_as_one(name: str) -> None:
    assert not is_name(name)


# Provenance of all, of some, of none.


def test_provenance_that_only_some_files_have_is_missing_for_the_others() -> None:
    assert even([("a", right()), ("b", not_tried("none"))])["b"].verdict is Verdict.MISSING
    assert even([("a", not_tried("none")), ("b", not_tried("none"))])["b"].verdict is Verdict.NOT_TRIED


# The whole.


def proof(**found: Found) -> Proof:
    cells = {aspect: found.get(aspect, right()) for aspect in ASPECTS}
    files = tuple(FileProof(name, TWO, 9, cells) for name in ("a", "b", "c", "d", "e"))
    return Proof("spam", "1.0", None, "who", {"tag": right("commit")}, files)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ({}, Verdict.RIGHT),
        ({"imported": not_tried("another platform")}, Verdict.RIGHT),
        ({"release": unknown("no network")}, Verdict.UNKNOWN),
        ({"release": unknown("no network"), "bundle": missing("none")}, Verdict.MISSING),
        ({"bundle": missing("none"), "index": contradictory("other bytes")}, Verdict.CONTRADICTORY),
    ],
)
def test_the_verdict_is_the_worst_that_was_found(found: Mapping[str, Found], verdict: Verdict) -> None:
    assert proof(**found).verdict is verdict


def test_what_is_the_same_of_many_files_is_one_problem_the_worst_first() -> None:
    problems = proof(release=unknown("no network"), index=contradictory("other bytes")).problems()
    assert [problem.what for problem in problems] == [
        "contradictory: index of a, b, c and 2 more: other bytes",
        "cannot know: release of a, b, c and 2 more: no network",
    ]


def test_a_file_is_run_only_when_nothing_about_it_is_wrong_or_unknown() -> None:
    assert sound({"index": right(), "provenance": not_tried("none")})
    for wrong in (unknown("why"), missing("why"), contradictory("why")):
        assert not sound({"index": right(), "bundle": wrong})


def test_a_proof_becomes_json() -> None:
    data = json.loads(json.dumps(proof().as_data()))
    assert data["files"][0]["found"]["index"] == {"verdict": "right", "detail": ""}
    assert data["tag"] == {"verdict": "right", "detail": "commit"}


# The rebuild.


def archive(sha256: str, members: Mapping[str, str], backend: str = "hatchling==1.27.0") -> Archive:
    made = {name: Member(text, executable=False, link=False) for name, text in members.items()}
    return Archive(sha256, made, backend)


INSIDE = {"a.py": "1", "s.dist-info/WHEEL": "1", "s.dist-info/RECORD": "1"}
PUBLISHED = archive("1", INSIDE)
WHEEL_ONLY = {"s.dist-info/WHEEL": "2", "s.dist-info/RECORD": "2"}


def other(backend: str = "hatchling==1.27.0", sha256: str = "2", **changed: str) -> Archive:
    return archive(sha256, INSIDE | changed, backend)


@pytest.mark.parametrize(
    ("file", "built", "again", "verdict", "words"),
    [
        (WHEEL, other(sha256="1"), None, Verdict.RIGHT, "the same bytes"),
        (WHEEL, other(), None, Verdict.RIGHT, "the same contents"),
        (WHEEL, None, None, Verdict.NOT_TRIED, "makes no file of this name"),
        (WHEEL, other(**{"a.py": "2"}), None, Verdict.CONTRADICTORY, "a.py differs"),
        (WHEEL, other(**{"a.py": "2"}), other(**{"a.py": "2"}), Verdict.CONTRADICTORY, "a.py differs"),
        (WHEEL, other(**{"a.py": "2"}), other(**{"a.py": "3"}), Verdict.NOT_TRIED, "not reproducible"),
        (WHEEL, other(**{"b.py": "2"}), None, Verdict.CONTRADICTORY, "b.py is not in the published one"),
        (
            WHEEL,
            archive("3", {"b.py": "1"}),
            None,
            Verdict.CONTRADICTORY,
            "in the published one only, and 2 more",
        ),
        (WHEEL, other("hatchling==2", **WHEEL_ONLY), None, Verdict.RIGHT, "signs as hatchling==1.27.0"),
        (WHEEL, other(**WHEEL_ONLY), None, Verdict.CONTRADICTORY, "WHEEL differs"),
        (
            WHEEL,
            other("hatchling==2", **WHEEL_ONLY, **{"s.dist-info/METADATA": "2"}),
            None,
            Verdict.CONTRADICTORY,
            "METADATA",
        ),
        ("spam-1.0-cp312-cp312-linux_x86_64.whl", other(**{"a.py": "2"}), None, Verdict.NOT_TRIED, "it is compiled"),
    ],
)
def test_what_a_rebuild_tells(
    file: str, built: Archive | None, again: Archive | None, verdict: Verdict, words: str
) -> None:
    known = artifact(file)
    assert known
    found = compared(known, PUBLISHED, built, again)
    assert (found.verdict, words in found.detail) == (verdict, True), found


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("Wheel-Version: 1.0\nGenerator: hatchling 1.27.0\nRoot-Is-Purelib: true\n", "hatchling==1.27.0"),
        ("Generator: setuptools (80.9.0)\n", "setuptools==80.9.0"),
        ("Generator: flit 3.12.0\n", "flit_core==3.12.0"),
        ("Generator: poetry-core 2.1.3\n", "poetry-core==2.1.3"),
        ("Generator: mallory 1.0\n", None),
        ("Generator: hatchling 1.0; evil\n", None),
        ("Generator: hatchling @ https://example.org/x\n", None),
        ("", None),
    ],
)
def test_only_known_backends_are_believed_from_a_published_file(text: str, requirement: str | None) -> None:
    assert generator(text) == requirement


# The statement.


def statement(**changes: object) -> bytes:
    data: dict[str, object] = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": WHEEL, "digest": {"sha256": TWO}}],
        "predicateType": KINDS[0],
    }
    return json.dumps({**data, **changes}).encode()


def test_a_statement_about_this_very_file_is_one_also_under_another_spelling() -> None:
    assert statement_problem(statement(), WHEEL, TWO, KINDS) is None
    spelt = statement(subject=[{"name": "Spam-1.0.0-py3-none-any.whl", "digest": {"sha256": TWO}}])
    assert statement_problem(spelt, WHEEL, TWO, KINDS) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"{",
        b"[" * 100_000,
        b"null",
        statement(_type="https://in-toto.io/Statement/v0.1"),
        statement(subject=[]),
        statement(subject=[{"name": WHEEL, "digest": {"sha256": TWO}}] * 2),
        statement(subject=[{"name": SDIST, "digest": {"sha256": TWO}}]),
        statement(subject=[{"digest": {"sha256": TWO}}]),
        statement(subject=[{"name": WHEEL, "digest": {"sha256": "3" * 64}}]),
        statement(subject=[{"name": WHEEL, "digest": None}]),
        statement(subject="x"),
        statement(predicateType="https://example.org/anything"),
        statement(predicateType=None),
    ],
)
def test_any_other_statement_is_not(payload: bytes) -> None:
    assert statement_problem(payload, WHEEL, TWO, KINDS)
