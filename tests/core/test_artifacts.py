"""File names of distributions, what their metadata may say, and the manifest of digests."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from castoff.core import artifacts
from castoff.core.artifacts import Artifact, Digest, Manifest
from castoff.core.errors import CastoffError, Location, Problem
from tests.strategies import bounded

WHEEL = "demo-1.2.3-py3-none-any.whl"
SDIST = "demo-1.2.3.tar.gz"
VERSION = Version("1.2.3")
SHA = "0" * 64


@pytest.mark.parametrize(
    ("file", "kind", "name", "version"),
    [
        (WHEEL, "wheel", "demo", "1.2.3"),
        (SDIST, "sdist", "demo", "1.2.3"),
        ("De_Mo-1.2.3rc1-cp311-cp311-manylinux_2_17_x86_64.whl", "wheel", "de-mo", "1.2.3rc1"),
        ("demo-1.2.3-1-py3-none-any.whl", "wheel", "demo", "1.2.3"),
        ("de_mo-1.2.3.post1.tar.gz", "sdist", "de-mo", "1.2.3.post1"),
    ],
)
def test_a_file_name_says_kind_name_and_version(file: str, kind: str, name: str, version: str) -> None:
    found = artifacts.artifact(file)
    assert found is not None
    assert (found.file, found.kind, found.name, found.version) == (file, kind, name, Version(version))


@pytest.mark.parametrize(
    "file",
    [
        "",
        ".whl",
        ".tar.gz",
        "demo.whl",
        "demo.tar.gz",
        "demo-1.2.3.zip",
        "demo-x-py3-none-any.whl",
        "demo-x.tar.gz",
        f"{WHEEL}.sigstore.json",
        f"{WHEEL}.asc",
        "demo-1.2.3-py3-none.whl",
        "demo-1.2.3.tar.bz2",
    ],
)
def test_another_file_name_is_no_distribution(file: str) -> None:
    assert artifacts.artifact(file) is None


@bounded
@given(st.text(), st.sampled_from([".whl", ".tar.gz", ""]))
def test_any_file_name_is_a_distribution_or_none(stem: str, end: str) -> None:
    found = artifacts.artifact(stem + end)
    assert found is None or isinstance(found, Artifact)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param([WHEEL, SDIST], [], id="one-of-each"),
        pytest.param([WHEEL, "demo-1.2.3-cp311-cp311-win_amd64.whl", SDIST], [], id="two-wheels"),
        pytest.param([], ["0 sdists", "no wheel"], id="nothing"),
        pytest.param([WHEEL], ["0 sdists"], id="no-sdist"),
        pytest.param([SDIST], ["no wheel"], id="no-wheel"),
        pytest.param([WHEEL, SDIST, "de_mo-1.2.3.tar.gz"], ["not of demo 1.2.3", "2 sdists"], id="two-sdists"),
        pytest.param([WHEEL, SDIST, "notes.txt"], ["neither a wheel nor an sdist"], id="a-stray-file"),
        pytest.param([WHEEL, SDIST, f"{WHEEL}.sigstore.json"], ["neither a wheel nor an sdist"], id="a-bundle"),
        pytest.param(["demo-1.2.2-py3-none-any.whl", SDIST], ["demo 1.2.2, not of demo 1.2.3"], id="another-version"),
        pytest.param(["other-1.2.3-py3-none-any.whl", SDIST], ["other 1.2.3, not of demo"], id="another-name"),
    ],
)
def test_dist_holds_one_sdist_and_wheels_of_the_version_and_nothing_else(files: list[str], said: list[str]) -> None:
    problems = artifacts.dist_problems(files, "Demo", VERSION, "make build")
    assert len(problems) == len(said)
    for problem, words in zip(problems, said, strict=True):
        assert words.lower() in problem.what.lower()
        assert problem.fix


def test_what_is_wrong_in_dist_is_told_with_its_file_and_the_command() -> None:
    problems = artifacts.dist_problems(["my notes.txt", "other-1.2.3.zip"], "demo", VERSION, "make build")
    problems += artifacts.dist_problems(["other-1.2.3-py3-none-any.whl", SDIST], "demo", VERSION, "make build")
    assert problems == [
        Problem("it is neither a wheel nor an sdist", Location("dist/my notes.txt"), ("rm 'dist/my notes.txt'",)),
        Problem("it is neither a wheel nor an sdist", Location("dist/other-1.2.3.zip"), ("rm dist/other-1.2.3.zip",)),
        Problem("there are 0 sdists where one is needed", Location("dist"), ("make build",)),
        Problem("there is no wheel", Location("dist"), ("make build",)),
        Problem(
            "it is of other 1.2.3, not of demo 1.2.3", Location("dist/other-1.2.3-py3-none-any.whl"), ("make build",)
        ),
    ]


def test_names_and_versions_of_files_are_compared_in_their_normal_form() -> None:
    files = ["My_Demo-1.2.3rc1-py3-none-any.whl", "my_demo-1.2.3rc1.tar.gz"]
    assert artifacts.dist_problems(files, "my.demo", Version("1.2.3-rc.1"), "make build") == []


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("demo", "1.2.3", []),
        ("DEMO", "v1.2.3", []),
        ("demo", "1.2.4", ["version 1.2.4, not 1.2.3"]),
        ("demo", None, ["version None"]),
        ("demo", "x", ["version x"]),
        ("other", "1.2.3", ["name is other, not demo"]),
        (None, None, ["version None", "name is None"]),
    ],
)
def test_metadata_must_say_the_name_and_the_version(name: str | None, version: str | None, said: list[str]) -> None:
    problems = artifacts.metadata_problems(WHEEL, name, version, "demo", VERSION)
    assert [words for words, problem in zip(said, problems, strict=True) if words in problem.what] == said
    assert all(str(problem.where) == f"dist/{WHEEL}" for problem in problems)


MANIFEST = Manifest("demo", "1.2.3", "c0ffee", 1_700_000_000, (Digest(WHEEL, SHA, 12), Digest(SDIST, "1" * 64, 0)))

_HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
_WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=8)
_DIGESTS = st.builds(Digest, _WORDS, _HEX, st.integers(min_value=0))


@bounded
@given(
    st.builds(Manifest, _WORDS, _WORDS, _WORDS, st.integers(), st.lists(_DIGESTS, min_size=1, max_size=3).map(tuple))
)
def test_a_manifest_is_read_as_it_was_written(manifest: Manifest) -> None:
    text = manifest.to_json()
    assert artifacts.read_manifest(text) == manifest
    assert artifacts.read_manifest(text).to_json() == text
    assert text.isascii()


def test_a_manifest_is_written_in_lines_with_its_keys_in_order() -> None:
    """A person reads it, and two builds of one commit write the same bytes."""
    assert Manifest("demo", "1.2.3", "c0ffee", 1_700_000_000, (Digest(SDIST, "1" * 64, 5),)).to_json().splitlines() == [
        "{",
        '  "commit": "c0ffee",',
        '  "files": [',
        "    {",
        f'      "file": "{SDIST}",',
        f'      "sha256": "{"1" * 64}",',
        '      "size": 5',
        "    }",
        "  ],",
        '  "name": "demo",',
        '  "source_date_epoch": 1700000000,',
        '  "version": "1.2.3"',
        "}",
    ]


def _without(key: str) -> str:
    return json.dumps({name: value for name, value in dataclasses.asdict(MANIFEST).items() if name != key})


def _with(**changed: object) -> str:
    return json.dumps({**dataclasses.asdict(MANIFEST), **changed})


def _with_file(**changed: object) -> str:
    return _with(files=[{"file": WHEEL, "sha256": SHA, "size": 1, **changed}])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("x", id="no-json"),
        pytest.param("[]", id="a-list"),
        pytest.param("null", id="null"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("9" * 5000, id="a-long-number"),
        *(pytest.param(_without(key), id=f"no-{key}") for key in dataclasses.asdict(MANIFEST) if key != "sbom"),
        pytest.param(_with(sbom={}), id="an-empty-sbom"),
        pytest.param(_with(sbom="x"), id="an-sbom-that-is-a-text"),
        pytest.param(_with(sbom={"file": "../x", "sha256": "1" * 64, "size": 5}), id="an-sbom-elsewhere"),
        pytest.param(_with(name=""), id="an-empty-name"),
        pytest.param(_with(version=1), id="a-version-that-is-a-number"),
        pytest.param(_with(source_date_epoch="1"), id="a-time-that-is-a-text"),
        pytest.param(_with(source_date_epoch=True), id="a-time-that-is-true"),
        pytest.param(_with(files=[]), id="no-files"),
        pytest.param(_with(files={}), id="files-that-are-no-list"),
        pytest.param(_with_file(file="../x"), id="a-file-elsewhere"),
        pytest.param(_with_file(file=""), id="a-file-without-a-name"),
        pytest.param(_with_file(sha256="0" * 63), id="a-short-digest"),
        pytest.param(_with_file(size=None), id="no-size"),
        pytest.param(_with_file(size=1.5), id="half-a-byte"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(CastoffError, match=r"^it is not a manifest of digests; build again$") as caught:
        artifacts.read_manifest(text)
    assert str(caught.value.problems[0].where) == artifacts.MANIFEST


@bounded
@given(st.text())
def test_any_text_is_a_manifest_or_is_refused(text: str) -> None:
    with pytest.raises(CastoffError):
        artifacts.read_manifest(text)


def test_files_are_those_of_the_manifest_or_each_difference_is_told() -> None:
    assert artifacts.manifest_problems(MANIFEST, MANIFEST.files) == []
    other = [dataclasses.replace(MANIFEST.files[0], sha256="2" * 64), Digest("new.whl", SHA, 1)]
    problems = artifacts.manifest_problems(MANIFEST, other)
    assert [str(problem.where) for problem in problems] == [f"dist/{SDIST}", "dist/new.whl", f"dist/{WHEEL}"]
    absent, unknown, changed = (problem.what for problem in problems)
    assert (absent, unknown) == ("the manifest names it, but it is not there", "it is not in the manifest")
    assert "not what was built" in changed


def test_a_size_that_differs_is_a_difference() -> None:
    other = [dataclasses.replace(MANIFEST.files[0], size=13), MANIFEST.files[1]]
    assert len(artifacts.manifest_problems(MANIFEST, other)) == 1


def test_wheels_that_are_built_elsewhere_are_in_no_manifest_and_missed_in_no_dist() -> None:
    """Only a wheel may come later; what the manifest names is compared all the same."""
    later, stray = Digest("demo-1.2.3-cp311-cp311-win_amd64.whl", "3" * 64, 9), Digest("demo.zip", SHA, 1)
    assert artifacts.manifest_problems(MANIFEST, [*MANIFEST.files, later], wheels=False) == []
    changed = [dataclasses.replace(MANIFEST.files[0], sha256="2" * 64), stray]
    problems = artifacts.manifest_problems(MANIFEST, changed, wheels=False)
    assert [str(problem.where) for problem in problems] == [f"dist/{SDIST}", "dist/demo.zip", f"dist/{WHEEL}"]
    assert artifacts.dist_problems([SDIST], "demo", VERSION, "make build", wheels=False) == []
    assert len(artifacts.dist_problems([WHEEL], "demo", VERSION, "make build", wheels=False)) == 1
