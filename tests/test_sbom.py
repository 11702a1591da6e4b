"""The SBOM of a release, as `build` writes it and `twine-check` looks at it, in a real project."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any, cast

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from castoff.adapters.installed import environment
from tests.repository import Repository

SBOM = "dist-sbom/sample-0.1.0.cdx.json"
LOCK = "requirements-release.txt"
DIGEST, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def built(repo: Repository) -> Repository:
    """Return a project that is built offline: with the back-end that is installed here."""
    return build(repo)


def build(repo: Repository) -> Repository:
    """Build, offline."""
    ran = repo.castoff("build", OFFLINE="1")
    assert ran.code == 0, ran.all
    return repo


def sbom(repo: Repository) -> dict[str, Any]:
    """Return the SBOM, once it has been found valid by the official schema."""
    text = repo.read(SBOM)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return cast("dict[str, Any]", json.loads(text))


def named(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the components by name."""
    return {one["name"]: one for one in data["components"]}


def test_the_sbom_names_what_was_built_and_with_what(built: Repository) -> None:
    """The files by their digests; every package that is installed here, the Python, and the back-end."""
    data = sbom(built)
    files = {one["name"]: one["hashes"][0]["content"] for one in data["metadata"]["component"]["components"]}
    dist = (built.root / "dist").iterdir()
    assert files == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in dist}
    components = named(data)
    installed = {canonicalize_name(one.name) for one in distributions()}
    assert installed <= set(components)
    assert components["build"]["purl"] == f"pkg:pypi/build@{version('build')}"
    assert components[platform.python_implementation()]["version"] == platform.python_version()
    (formula,) = data["formulation"]
    assert formula["components"][0]["version"] == version("hatchling")
    assert {"name": "castoff:build:isolated", "value": "false"} in formula["properties"]


def test_its_digest_is_in_the_manifest_and_git_sees_nothing_of_it(built: Repository) -> None:
    """Also where .gitignore was written before there was such a folder."""
    manifest = json.loads(built.read("dist-manifest.json"))
    data = (built.root / SBOM).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert manifest["sbom"] == {"file": Path(SBOM).name, "sha256": digest, "size": len(data)}
    assert "dist-sbom" not in built.read(".gitignore")
    assert built.git("status", "--porcelain") == ""


def test_two_builds_give_the_same_bytes_and_no_sdist_packs_the_sbom_of_the_build_before(built: Repository) -> None:
    first = [(built.root / file).read_bytes() for file in (SBOM, "dist-manifest.json")]
    build(built)
    assert [(built.root / file).read_bytes() for file in (SBOM, "dist-manifest.json")] == first


def test_a_build_that_fails_leaves_the_sbom_as_it_was(built: Repository) -> None:
    before = built.read(SBOM)
    built.write("pyproject.toml", built.read("pyproject.toml").replace('readme = "README.md"', 'readme = "GONE.md"'))
    assert built.castoff("build", OFFLINE="1").code == 1
    assert built.read(SBOM) == before


def test_the_digests_of_the_lock_are_those_of_the_version_that_is_installed(repo: Repository) -> None:
    lock = (
        f"build=={version('build')} --hash=sha256:{OTHER} --hash=sha256:{DIGEST}\ninvoke==0.1 --hash=sha256:{OTHER}\n"
    )
    repo.write(LOCK, lock)
    data = sbom(build(repo))
    (reference,) = named(data)["build"]["externalReferences"]
    assert [one["content"] for one in reference["hashes"]] == [DIGEST, OTHER]
    assert "externalReferences" not in named(data)["invoke"], "another version is pinned than is installed"
    told = {one["name"]: one["value"] for one in data["metadata"]["properties"]}
    assert told["castoff:lock:file"] == LOCK
    assert told["castoff:lock:sha256"] == hashlib.sha256(lock.encode()).hexdigest()


@pytest.mark.parametrize(
    "lock", [None, "build==1.0\ninvoke\n", "\x00\xff no lock"], ids=["none", "no hashes", "none at all"]
)
def test_without_a_lock_or_without_digests_in_it_there_are_none(repo: Repository, lock: str | None) -> None:
    if lock is not None:
        repo.write(LOCK, lock)
    data = sbom(build(repo))
    assert all("externalReferences" not in one for one in data["components"])
    assert ("none" in {one["value"] for one in data["metadata"]["properties"]}) is (lock is None)


def test_a_strange_file_beside_the_sbom_stops_the_build_and_stays(built: Repository) -> None:
    built.write("dist-sbom/notes.txt", "mine")
    ran = built.castoff("build", OFFLINE="1")
    assert (ran.code, "rm dist-sbom/notes.txt" in ran.err, built.read("dist-sbom/notes.txt")) == (1, True, "mine")


def test_an_sbom_that_cannot_be_written_is_a_refusal_and_nothing_is_replaced(built: Repository) -> None:
    before = built.read("dist-manifest.json")
    shutil.rmtree(built.root / "dist-sbom")
    built.write("dist-sbom", "a file where the folder has to be")
    built.write("README.md", "# sample\n\nAnother text.\n")
    ran = built.castoff("build", OFFLINE="1")
    assert (ran.code, "dist-sbom" in ran.err) == (1, True), ran.all
    assert built.read("dist-manifest.json") == before


def changed(repo: Repository) -> None:
    repo.write(SBOM, repo.read(SBOM).replace("MIT", "GPL"))


def added(repo: Repository) -> None:
    repo.write("dist-sbom/more.cdx.json", "{}")


def gone(repo: Repository) -> None:
    (repo.root / SBOM).unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(changed, "not what was built"), (added, "dist-sbom/more.cdx.json: it is not in the manifest"), (gone, "")],
)
def test_twine_check_sees_an_sbom_that_was_changed_or_added(
    built: Repository, spoil: Callable[[Repository], None], words: str
) -> None:
    """One that was not handed on is told, and no more: a workflow from before it hands on none."""
    spoil(built)
    ran = built.castoff("twine-check", "--json", OFFLINE="1")
    assert ran.code == (1 if words else 0), ran.all
    assert words in ran.err
    assert words or json.loads(ran.out)["sbom"] is False


def test_a_manifest_from_before_there_was_an_sbom_still_serves(built: Repository) -> None:
    manifest = json.loads(built.read("dist-manifest.json"))
    del manifest["sbom"]
    built.write("dist-manifest.json", json.dumps(manifest))
    shutil.rmtree(built.root / "dist-sbom")
    ran = built.castoff("twine-check", OFFLINE="1")
    assert ran.code == 0, ran.all
    assert "dist-sbom" not in ran.all


def test_where_the_wheels_are_built_elsewhere_the_sbom_is_of_the_sdist_alone(repo: Repository) -> None:
    config = '[tool.castoff]\nbuild = ["sdist"]\n\n[tool.castoff.checks]'
    repo.write("pyproject.toml", repo.read("pyproject.toml").replace("[tool.castoff.checks]", config))
    data = sbom(build(repo))
    assert [one["name"] for one in data["metadata"]["component"]["components"]] == ["sample-0.1.0.tar.gz"]
    assert "components" not in data["formulation"][0], "no wheel, and nobody to name the back-end"


@pytest.mark.parametrize(
    ("metadata", "listed", "unreadable"),
    [
        ("Name: odd\nVersion: 1.0\nLicense: \x1b[31mred\n", True, 0),
        ("Name: Odd_Name\nVersion: not a version\x07\n", True, 0),
        ("Name: \x1b[31modd\nVersion: 1.0\n", False, 1),
        ("Name: ../odd\nVersion: 1.0\n", False, 1),
        ("Name: odd\n", False, 1),
        ("", False, 1),
        ("Name: sample\nVersion: 9.9\n", False, 0),
    ],
    ids=["escape code", "odd version", "odd name", "name that is a path", "no version", "empty", "itself"],
)  # fmt: skip
def test_metadata_that_is_hostile_is_told_plainly_or_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metadata: str, listed: bool, unreadable: int
) -> None:
    before = environment("sample")
    folder = tmp_path / "odd-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\n{metadata}\nName: of the description\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = environment("sample")
    new = [one for one in found.packages if one not in before.packages]
    assert (bool(new), found.unreadable - before.unreadable) == (listed, unreadable)
    assert all(text.isprintable() for one in new for text in (one.name, one.version, *(x.text for x in one.licences)))


def test_a_package_from_a_folder_is_not_said_to_be_from_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "odd-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (folder / "direct_url.json").write_text('{"url": "file:///somewhere", "dir_info": {}}')
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (odd,) = [one for one in environment("sample").packages if one.name == "odd"]
    assert not odd.indexed
