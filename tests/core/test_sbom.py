"""The SBOM as a document: valid by the official schema, the same for the same facts, and read back with suspicion."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from castoff.core.artifacts import Digest, Manifest
from castoff.core.proof import Verdict
from castoff.core.sbom import (
    Backend,
    Environment,
    Licence,
    Lock,
    Machine,
    Package,
    compared,
    document,
    file_name,
    licences,
    locked,
    pins,
    plain,
    read_subject,
)
from tests.strategies import bounded

WHEEL, SDIST = "spam_eggs-1.0-py3-none-any.whl", "spam_eggs-1.0.tar.gz"
SHA, OTHER = "a" * 64, "b" * 64
BUILT = Manifest("Spam.Eggs", "1.0", "c0ffee", 1_700_000_000, (Digest(WHEEL, SHA, 12), Digest(SDIST, OTHER, 5)))
MACHINE = Machine(("CPython", "3.13.1"), ("Ubuntu", "24.04"), "x86_64")
PACKAGES = (
    Package("zeta", "2.0+local.1", (Licence("MIT OR Apache-2.0", expression=True),)),
    Package("attrs", "26.1.0", (Licence("Some words", expression=False), Licence("Others", expression=False))),
    Package("here", "0.1", indexed=False),
)
ENVIRONMENT = Environment(MACHINE, PACKAGES, 1)
BACKEND = Backend(True, ("hatchling>=1.27",), "hatchling==1.27.0")
LOCK = Lock("requirements-release.txt", "c" * 64, {("attrs", "26.1.0"): (SHA, OTHER), ("zeta", "1.0"): (SHA,)})
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def written(
    built: Manifest = BUILT,
    environment: Environment = ENVIRONMENT,
    backend: Backend = BACKEND,
    lock: Lock | None = LOCK,
) -> dict[str, Any]:
    """Return the document, once it has been found valid."""
    text = document(built, environment, backend, lock)
    assert VALIDATOR.validate_str(text) is None
    return cast("dict[str, Any]", json.loads(text))


def named(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the components by name."""
    return {one["name"]: one for one in data["components"]}


def test_a_release_is_told_in_these_very_bytes_wherever_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XYZ-9")
    time.tzset()
    try:
        told = document(BUILT, ENVIRONMENT, BACKEND, LOCK)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert told == (Path(__file__).parent / file_name(BUILT.name, Version(BUILT.version))).read_text("utf-8")


def test_it_is_of_the_released_version_and_its_files_at_the_time_of_the_commit() -> None:
    metadata = written()["metadata"]
    assert metadata["timestamp"] == "2023-11-14T22:13:20Z"
    component = metadata["component"]
    assert (component["name"], component["version"], component["purl"]) == (
        "Spam.Eggs",
        "1.0",
        "pkg:pypi/spam-eggs@1.0",
    )
    assert {one["name"]: one["hashes"] for one in component["components"]} == {
        WHEEL: [{"alg": "SHA-256", "content": SHA}],
        SDIST: [{"alg": "SHA-256", "content": OTHER}],
    }
    assert {"name": "castoff:commit", "value": "c0ffee"} in metadata["properties"]


def test_packages_are_told_with_purl_and_licence_and_took_part_without_being_part_of_it() -> None:
    components = named(written())
    assert components["zeta"]["purl"] == "pkg:pypi/zeta@2.0%2Blocal.1"
    assert components["zeta"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert components["attrs"]["licenses"] == [{"license": {"name": "Some words"}}, {"license": {"name": "Others"}}]
    assert {components[name]["scope"] for name in ("zeta", "attrs", "here")} == {"excluded"}
    assert (components["CPython"]["version"], components["Ubuntu"]["version"]) == ("3.13.1", "24.04")


def test_what_did_not_come_from_an_index_has_no_package_url() -> None:
    assert "purl" not in named(written())["here"]


def test_a_version_that_is_none_does_not_end_the_package_url_early() -> None:
    odd = replace(ENVIRONMENT, packages=(Package("odd", "1/2?a#b"),))
    assert named(written(environment=odd))["odd"]["purl"] == "pkg:pypi/odd@1%2F2%3Fa%23b"


def test_the_digests_of_the_lock_stand_only_beside_the_very_version_that_it_pins() -> None:
    components = named(written())
    (reference,) = components["attrs"]["externalReferences"]
    assert [one["content"] for one in reference["hashes"]] == [SHA, OTHER]
    assert "externalReferences" not in components["zeta"]


def test_without_a_lock_there_are_no_digests_and_that_is_said() -> None:
    data = written(lock=None)
    assert all("externalReferences" not in one for one in data["components"])
    assert [one["value"] for one in data["metadata"]["properties"]] == ["c0ffee", "none", "1"]


def test_that_every_package_could_be_read_needs_no_saying() -> None:
    data = written(environment=replace(ENVIRONMENT, unreadable=0))
    assert [one["name"] for one in data["metadata"]["properties"]] == [
        "castoff:commit",
        "castoff:lock:file",
        "castoff:lock:sha256",
    ]


def test_what_did_not_come_from_an_index_has_no_digest_of_the_lock() -> None:
    pinned = replace(LOCK, pins={("here", "0.1"): (SHA,), ("zeta", "2.0+local.1"): (OTHER,)})
    assert [package.hashes for package in locked(ENVIRONMENT, pinned).packages] == [(OTHER,), (), ()]


def test_how_it_was_built_is_requirements_and_the_back_end_that_the_wheel_names() -> None:
    (formula,) = written()["formulation"]
    assert {"name": "castoff:build:requires", "value": "hatchling>=1.27"} in formula["properties"]
    assert {"name": "castoff:build:isolated", "value": "true"} in formula["properties"]
    (backend,) = formula["components"]
    assert (backend["name"], backend["version"]) == ("hatchling", "1.27.0")
    assert "not what they resolved to" in backend["description"]
    (backend,) = written(backend=replace(BACKEND, isolated=False))["formulation"][0]["components"]
    assert backend["description"] == "as the wheel names it"
    assert "components" not in written(backend=replace(BACKEND, made_by=None))["formulation"][0]


def test_the_same_facts_make_the_same_bytes_in_whatever_order_and_other_facts_another_serial_number() -> None:
    first = document(BUILT, ENVIRONMENT, BACKEND, LOCK)
    again = document(BUILT, replace(ENVIRONMENT, packages=PACKAGES[::-1]), BACKEND, LOCK)
    assert first == again
    other = document(replace(BUILT, commit="other"), ENVIRONMENT, BACKEND, LOCK)
    assert json.loads(other)["serialNumber"] != json.loads(first)["serialNumber"]


_ODD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@bounded
@given(name=_ODD, version=_ODD, requires=_ODD, classifiers=st.lists(_ODD, max_size=3), expression=_ODD, old=_ODD)
def test_whatever_metadata_says_the_document_is_valid_and_holds_no_control_character(
    name: str, version: str, requires: str, classifiers: list[str], expression: str, old: str
) -> None:
    told = [f"License :: {one}" for one in classifiers]
    for raw in ({"license_expression": expression}, {"license": old, "classifiers": told}, {"classifiers": told}):
        package = Package("odd", version, licences(raw))
        machine = Machine((name, version), (name, version), name)
        text = document(BUILT, Environment(machine, (package,), 0), Backend(False, (requires,), "flit_core==3"), None)
        assert VALIDATOR.validate_str(text) is None
        assert all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"license_expression": "mit or apache-2.0"}, (Licence("MIT OR Apache-2.0", expression=True),)),
        ({"license": "BSD-3-Clause", "classifiers": ["License :: X"]}, (Licence("BSD-3-Clause", expression=True),)),
        ({"license": "\x1b[31mmy\nown"}, ()),
        ({"license": "\x1b[31mmy own"}, (Licence("?[31mmy own", expression=False),)),
        ({"license": "x" * 500, "classifiers": ["License :: OSI Approved :: MIT License", "License :: OSI Approved"]},
         (Licence("MIT License", expression=False),)),
        ({"license": "x" * 199}, (Licence("x" * 199, expression=False),)),
        ({"license": "x" * 200}, ()),
        ({"license": "UNKNOWN"}, ()),
        ({}, ()),
    ],
    ids=[
        *("expression", "old field", "text of a licence", "escape code", "classifier", "long", "too long", "unknown"),
        "nothing",
    ],
)  # fmt: skip
def test_a_licence_is_an_expression_where_it_is_one_and_else_a_name(
    raw: dict[str, object], expected: tuple[Licence, ...]
) -> None:
    assert licences(raw) == expected


def test_pins_are_read_from_a_lock_with_digests_and_nothing_else_is() -> None:
    text = f"""\
# a comment ==1.0 --hash=sha256:{SHA}
attrs==26.1 \\
    --hash=sha256:{OTHER} \\
    --hash=sha256:{SHA}
    # via spam
Build[uv]==1.3.0 ; python_version < '3.12' \\
    --hash=sha256:{SHA}
build==1.3 ; python_version >= '3.12' --hash=sha256:{OTHER}
build==1.3.0 ; python_version < '3.11' --hash=sha256:{OTHER}
odd==1.0-RC1 --hash=sha256:{SHA}
bare==1.0
short==1.0 --hash=sha256:{SHA[:-1]}
long==1.0 --hash=sha256:{SHA}a
md5==1.0 --hash=md5:{SHA}
loose>=1.0 --hash=sha256:{SHA}
./folder --hash=sha256:{SHA}
"""
    assert pins(text) == {
        ("attrs", "26.1"): (SHA, OTHER),
        ("build", "1.3.0"): (SHA, OTHER),
        ("build", "1.3"): (OTHER,),
        ("odd", "1.0rc1"): (SHA,),
    }
    assert pins("bare==1.0\n") == {}


def test_the_file_is_called_after_the_version() -> None:
    assert file_name("Spam.Eggs-x", Version("1.0rc1")) == "spam_eggs_x-1.0rc1.cdx.json"


def test_text_from_outside_is_one_short_line() -> None:
    assert plain("a\n\x1b[2Jb  c") == "a ?[2Jb c"
    assert plain("x" * 200) == "x" * 200
    assert plain("x" * 201) == f"{'x' * 200}..."


# reading

SERVED: dict[str, str | None] = {WHEEL: SHA, SDIST: OTHER}
TEXT = document(BUILT, ENVIRONMENT, BACKEND, LOCK)
SDIST_ALONE = document(replace(BUILT, files=BUILT.files[1:]), ENVIRONMENT, BACKEND, LOCK)


def looked(text: str, served: dict[str, str | None]) -> tuple[Verdict, str]:
    """Return what an SBOM is beside what the index serves."""
    found = compared(text, "spam-eggs", Version("1.0"), served)
    return found.verdict, found.detail


def test_it_is_right_beside_the_very_files_that_it_names() -> None:
    assert looked(TEXT, SERVED) == (Verdict.RIGHT, "")
    assert looked(TEXT, {WHEEL: None, SDIST: None}) == (Verdict.RIGHT, "")
    assert looked(TEXT, {}) == (Verdict.NOT_TRIED, "the index has no file to compare it with")


def test_of_wheels_that_were_built_elsewhere_it_says_nothing_and_that_is_said() -> None:
    verdict, detail = looked(SDIST_ALONE, SERVED)
    assert (verdict, "built elsewhere" in detail) == (Verdict.RIGHT, True)


@pytest.mark.parametrize(
    ("text", "served", "words"),
    [
        (TEXT, {WHEEL: OTHER, SDIST: SHA}, f"other bytes than the index serves: {WHEEL}, {SDIST}"),
        (TEXT, {SDIST: OTHER}, f"other bytes than the index serves: {WHEEL}"),
        (TEXT, {**SERVED, "spam_eggs-1.0-py2-none-any.whl": SHA}, "does not name spam_eggs-1.0-py2"),
        (SDIST_ALONE, {**SERVED, "spam_eggs-1.0.zip": SHA}, f"does not name {WHEEL}, spam_eggs-1.0.zip, which"),
        (TEXT.replace('"version": "1.0"', '"version": "2.0"'), SERVED, "it is of Spam.Eggs 2.0"),
        (TEXT.replace('"Spam.Eggs"', '"\\u001b[31m"'), SERVED, "it is of ?[31m 1.0"),
    ],
    ids=["other bytes", "a file that is not served", "a file not named", "sdist alone", "version", "name"],
)
def test_one_of_something_else_is_contradictory(text: str, served: dict[str, str | None], words: str) -> None:
    verdict, detail = looked(text, served)
    assert (verdict, words in detail) == (Verdict.CONTRADICTORY, True), detail


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        "{}",
        TEXT.replace("CycloneDX", "SPDX"),
        TEXT.replace(SHA, SHA[:-1]),
        TEXT.replace('"SHA-256"', '"SHA-1"'),
        TEXT.replace('"components"', '"others"'),
        TEXT.replace('"Spam.Eggs"', "1"),
    ],
    ids=["empty", "a list", "deep", "nothing in it", "another format", "short digest", "SHA-1", "no files", "no name"],
)
def test_what_names_no_files_with_their_digests_is_no_sbom(text: str) -> None:
    assert read_subject(text) is None
    assert looked(text, SERVED) == (Verdict.CONTRADICTORY, "it is no SBOM that names the files of a release")


@bounded
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["metadata", "component", "components", "hashes", "name", "bomFormat", "version"]), inner, max_size=4)))  # fmt: skip # noqa: E501
def test_any_json_is_read_or_refused(data: object) -> None:
    assert read_subject(json.dumps(data)) is None
