"""`verify`, on a release that was really made: what it says of a good one, and of everything that can be spoilt."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pypi_attestations._cli import main as attestations_command
from sigstore._cli import main as sigstore_command

from castoff.services.oidc import ISSUER
from tests.released import (
    BUNDLE,
    OURS,
    RUN,
    SDIST,
    TAG,
    TOKEN,
    WHEEL,
    Run,
    Signed,
    Signers,
    World,
    built,
    flipped,
    home,
    passes,
    pip_downloads,
    provenance_of,
    repack,
    trusted,
)
from tests.repository import Repository

FILES = (WHEEL, SDIST)
SBOM = "sample-0.1.0.cdx.json"


@dataclass(frozen=True)
class Stage:
    """A good release, and what else was signed on the same instance by those who should not have."""

    good: World
    signers: Signers
    run: Run
    other_workflow: dict[str, Signed]
    other_tag: dict[str, Signed]
    other_commit: dict[str, Signed]
    sboms: dict[str, bytes]
    """The SBOM as it was built, and of others: of other bytes, and of another version."""
    sbom_bundles: dict[str, bytes]
    """The bundle of each, and `other workflow`: that of the first, by another."""


def sboms(built: Path, folder: Path) -> list[Path]:
    """Write the SBOM that was built, and two that are of something else, into a folder."""
    text = built.read_text()
    digests = re.findall(r'"content": "([0-9a-f]{64})"', text[: text.index('"formulation"')])
    texts = {
        "good": text,
        "other bytes": text.replace(digests[0], "0" * 64),
        "other version": text.replace("0.1.0", "0.2.0"),
    }
    folder.mkdir()
    for name, content in texts.items():
        (folder / name).write_text(content)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in home(folder, tmp_path_factory.getbasetemp().parent / "caches").items():
            patch.setenv(name, value)
        repo, dist = built(folder)
    run = replace(RUN, sha=repo.git("rev-parse", "HEAD"))
    signers = Signers(folder / "sigstore")
    papers = sboms(repo.root / "dist-sbom" / SBOM, folder / "sboms")
    try:
        yield Stage(
            World.make(folder / "world", repo, dist, signers, run),
            signers,
            run,
            signers.sign(dist, replace(run, workflow="other.yml")),
            signers.sign(dist, replace(run, ref="refs/tags/v0.0.9")),
            signers.sign(dist, replace(run, sha="d" * 40)),
            {path.name: path.read_bytes() for path in papers},
            {name: made.bundle for name, made in signers.sign(papers, run).items()}
            | {"other workflow": signers.sign(papers[:1], replace(run, workflow="other.yml"))["good"].bundle},
        )
    finally:
        signers.close()


@pytest.fixture
def world(stage: Stage, tmp_path: Path) -> World:
    return stage.good.copy(tmp_path / "world")


# What is good.


def test_a_good_release_is_proved_in_every_way(world: World) -> None:
    """Downloaded, compared, verified, rebuilt to the same bytes, installed and imported; by the command itself."""
    with world.serving():
        ran = world.castoff("--json")
        assert ran.code == 0, ran.all
    data = json.loads(ran.out)
    assert data["ok"]
    assert data["verdict"] == "right"
    assert {one["name"] for one in data["files"]} == set(FILES)
    assert {found["verdict"] for one in data["files"] for found in one["found"].values()} == {"right"}
    assert data["publishers"] == ["octo/sample, release.yml, environment pypi"]
    assert {one["found"]["rebuilt"]["detail"] for one in data["files"]} == {"the same bytes"}
    assert {one["found"]["imported"]["detail"] for one in data["files"]} == {"import sample"}
    assert "token" not in ran.all


def test_verifying_leaves_the_repository_as_it_was_and_no_file_behind(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    before = world.repo.state()
    with world.serving():
        ran = world.castoff("--skip-install", TMPDIR=str(temp))
    assert ran.code == 0, ran.all
    assert list(temp.iterdir()) == []
    assert world.repo.state() == before
    assert not (world.repo.root / ".git" / "FETCH_HEAD").exists()


def test_an_index_without_provenance_has_none_to_verify(world: World) -> None:
    for name in FILES:
        world.provenance(name, None)
    looked = world.verify()
    assert looked.verdict == "right"
    assert looked.found(WHEEL, "provenance") == ("not tried", "the index has none")


def attach_sbom(world: World, stage: Stage, content: str = "good", bundle: str | None = "good") -> None:
    """Attach an SBOM, and its bundle where there is to be one."""
    world.asset(SBOM, stage.sboms[content])
    if bundle:
        world.asset(SBOM + BUNDLE, stage.sbom_bundles[bundle])


def test_a_release_without_an_sbom_lacks_nothing_and_that_is_said(world: World) -> None:
    looked = world.verify()
    assert (looked.verdict, looked.data["sbom"]) == (
        "right",
        {"verdict": "not tried", "detail": "the release has none"},
    )


def test_an_sbom_that_was_signed_and_is_of_these_files_is_right(world: World, stage: Stage) -> None:
    attach_sbom(world, stage)
    looked = world.verify()
    assert (looked.verdict, looked.data["sbom"]) == ("right", {"verdict": "right", "detail": ""})
    assert looked.data["notes"] == []


@pytest.mark.parametrize(
    ("content", "bundle", "verdict", "words"),
    [
        ("other bytes", "good", "contradictory", ""),
        ("other bytes", "other bytes", "contradictory", "other bytes than the index serves"),
        ("other version", "other version", "contradictory", "it is of sample 0.2.0"),
        ("good", "other workflow", "contradictory", "workflow"),
        ("good", None, "missing", f"there is no {SBOM}{BUNDLE}"),
    ],
    ids=["changed afterwards", "signed, of other bytes", "signed, of another version", "another signer", "no bundle"],
)
def test_an_sbom_that_is_not_what_was_signed_or_not_of_these_files_is_told(
    world: World, stage: Stage, content: str, bundle: str | None, verdict: str, words: str
) -> None:
    attach_sbom(world, stage, content, bundle)
    looked = world.verify()
    assert (looked.verdict, looked.data["sbom"]["verdict"], looked.code) == (verdict, verdict, 1)
    assert words in looked.data["sbom"]["detail"]
    assert any(problem.startswith(f"{verdict}: sbom: ") for problem in looked.problems)
    assert not looked.wrong, "the files themselves are right"


def test_a_bundle_of_an_sbom_that_is_gone_is_told(world: World, stage: Stage) -> None:
    attach_sbom(world, stage)
    world.detach(SBOM)
    assert world.verify().data["sbom"]["verdict"] == "contradictory"


# What is spoilt: each case, and the cells that must say so.

Spoil = Callable[[World, Stage], None]


def a_byte_of_the_wheel_on_the_index(world: World, stage: Stage) -> None:
    file = world.indexed(WHEEL)
    file.write_bytes(flipped(file.read_bytes()))


def another_wheel_everywhere_but_in_the_signatures(world: World, stage: Stage) -> None:
    content = flipped(world.indexed(WHEEL).read_bytes())
    world.index(WHEEL, content, provenance_of(world.signed[WHEEL].attestation))
    world.asset(WHEEL, content)


def another_sdist_on_the_index(world: World, stage: Stage) -> None:
    attestation = world.signed[SDIST].attestation
    world.index(SDIST, flipped(world.indexed(SDIST).read_bytes()), provenance_of(attestation))


def an_asset_swapped(world: World, stage: Stage) -> None:
    world.asset(WHEEL, world.indexed(SDIST).read_bytes())


def a_byte_of_a_bundle(world: World, stage: Stage) -> None:
    world.asset(SDIST + BUNDLE, flipped(world.signed[SDIST].bundle))


def the_bundle_of_the_other_file(world: World, stage: Stage) -> None:
    world.asset(SDIST + BUNDLE, world.signed[WHEEL].bundle)


def a_bundle_that_is_nothing(world: World, stage: Stage) -> None:
    world.asset(SDIST + BUNDLE, b"[" * 100_000)


def a_certificate_of_another_workflow(world: World, stage: Stage) -> None:
    world.asset(WHEEL + BUNDLE, stage.other_workflow[WHEEL].bundle)


def a_certificate_of_another_tag(world: World, stage: Stage) -> None:
    world.asset(WHEEL + BUNDLE, stage.other_tag[WHEEL].bundle)


def a_certificate_of_another_commit(world: World, stage: Stage) -> None:
    world.asset(WHEEL + BUNDLE, stage.other_commit[WHEEL].bundle)


def a_bundle_missing(world: World, stage: Stage) -> None:
    world.detach(WHEEL + BUNDLE)


def an_asset_missing(world: World, stage: Stage) -> None:
    world.detach(WHEEL)


def a_release_that_is_a_draft(world: World, stage: Stage) -> None:
    world.draft()


def provenance_of_another_publisher(world: World, stage: Stage) -> None:
    theirs = {**OURS, "repository": "mallory/sample"}
    world.provenance(WHEEL, provenance_of(world.signed[WHEEL].attestation, publisher=theirs))


def provenance_by_another_workflow(world: World, stage: Stage) -> None:
    world.provenance(WHEEL, provenance_of(stage.other_workflow[WHEEL].attestation))


def provenance_of_another_tag(world: World, stage: Stage) -> None:
    world.provenance(WHEEL, provenance_of(stage.other_tag[WHEEL].attestation))


def provenance_of_the_other_file(world: World, stage: Stage) -> None:
    world.provenance(WHEEL, provenance_of(world.signed[SDIST].attestation))


def one_good_attestation_beside_one_of_another(world: World, stage: Stage) -> None:
    both = (world.signed[WHEEL].attestation, stage.other_workflow[WHEEL].attestation)
    world.provenance(WHEEL, provenance_of(*both))


def provenance_without_an_attestation(world: World, stage: Stage) -> None:
    world.provenance(WHEEL, provenance_of())


def provenance_of_one_file_only(world: World, stage: Stage) -> None:
    world.provenance(WHEEL, None)


def a_wheel_added_to_the_index_later(world: World, stage: Stage) -> None:
    world.index(WHEEL.replace("py3", "py2"), world.indexed(WHEEL).read_bytes())


def an_egg_added_to_the_index_later(world: World, stage: Stage) -> None:
    world.index("sample-0.1.0-py3.9.egg", b"an egg")


def a_file_taken_from_the_index(world: World, stage: Stage) -> None:
    world.drop(SDIST)


LATER = WHEEL.replace("py3", "py2")
EGG = "sample-0.1.0-py3.9.egg"
ALL = ("index", "release", "bundle", "provenance")
CASES: list[tuple[Spoil, str, set[tuple[str, str, str]]]] = [
    (a_byte_of_the_wheel_on_the_index, "contradictory", {(WHEEL, aspect, "contradictory") for aspect in ALL}),
    (
        another_wheel_everywhere_but_in_the_signatures,
        "contradictory",
        {(WHEEL, "bundle", "contradictory"), (WHEEL, "provenance", "contradictory")},
    ),
    (another_sdist_on_the_index, "contradictory", {(SDIST, aspect, "contradictory") for aspect in ALL[1:]}),
    (an_asset_swapped, "contradictory", {(WHEEL, "release", "contradictory")}),
    (a_byte_of_a_bundle, "contradictory", {(SDIST, "bundle", "contradictory")}),
    (the_bundle_of_the_other_file, "contradictory", {(SDIST, "bundle", "contradictory")}),
    (a_bundle_that_is_nothing, "contradictory", {(SDIST, "bundle", "contradictory")}),
    (a_certificate_of_another_workflow, "contradictory", {(WHEEL, "bundle", "contradictory")}),
    (a_certificate_of_another_tag, "contradictory", {(WHEEL, "bundle", "contradictory")}),
    (a_certificate_of_another_commit, "contradictory", {(WHEEL, "bundle", "contradictory")}),
    (a_bundle_missing, "missing", {(WHEEL, "bundle", "missing")}),
    (an_asset_missing, "contradictory", {(WHEEL, "release", "contradictory")}),
    (a_release_that_is_a_draft, "missing", {(file, what, "missing") for file in FILES for what in ALL[1:3]}),
    (provenance_of_another_publisher, "contradictory", {(WHEEL, "provenance", "contradictory")}),
    (provenance_by_another_workflow, "contradictory", {(WHEEL, "provenance", "contradictory")}),
    (provenance_of_another_tag, "contradictory", {(WHEEL, "provenance", "contradictory")}),
    (provenance_of_the_other_file, "contradictory", {(WHEEL, "provenance", "contradictory")}),
    (one_good_attestation_beside_one_of_another, "contradictory", {(WHEEL, "provenance", "contradictory")}),
    (provenance_without_an_attestation, "contradictory", {(WHEEL, "provenance", "contradictory")}),
    (provenance_of_one_file_only, "missing", {(WHEEL, "provenance", "missing")}),
    (
        a_wheel_added_to_the_index_later,
        "contradictory",
        {(LATER, "release", "contradictory"), (LATER, "bundle", "missing"), (LATER, "provenance", "missing")},
    ),
    (an_egg_added_to_the_index_later, "contradictory", {(EGG, aspect, "contradictory") for aspect in ALL}),
    (a_file_taken_from_the_index, "missing", {(SDIST, "index", "missing"), (SDIST, "provenance", "missing")}),
]


@pytest.mark.parametrize(("spoil", "verdict", "wrong"), CASES, ids=[case[0].__name__ for case in CASES])
def test_what_is_spoilt_is_found_where_it_is(
    world: World, stage: Stage, spoil: Spoil, verdict: str, wrong: set[tuple[str, str, str]]
) -> None:
    """Exactly the cells that are wrong say so; contradictory is never called missing, and the exit code is 1."""
    spoil(world, stage)
    looked = world.verify()
    assert looked.wrong == wrong
    assert looked.verdict == verdict
    assert looked.problems[0].startswith(verdict)


# The real clients agree.

JUDGED: list[Spoil] = [
    lambda _world, _stage: None,
    another_wheel_everywhere_but_in_the_signatures,
    another_sdist_on_the_index,
    a_byte_of_a_bundle,
    the_bundle_of_the_other_file,
    a_certificate_of_another_workflow,
    a_certificate_of_another_tag,
    provenance_by_another_workflow,
    provenance_of_the_other_file,
]


@pytest.mark.parametrize("spoil", JUDGED, ids=["nothing", *(spoil.__name__ for spoil in JUDGED[1:])])
def test_the_clients_that_others_use_say_the_same(
    world: World, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Spoil
) -> None:
    """Sigstore's own command says the same of the bundles, and that of pypi-attestations of the provenance."""
    spoil(world, stage)
    looked = world.verify()
    served = world.download(tmp_path / "served")
    files = [str(served / file) for file in FILES]
    right = {what: {looked.found(file, what)[0] for file in FILES} == {"right"} for what in ALL}
    who = ["--cert-identity", RUN.identity, "--cert-oidc-issuer", ISSUER]
    trust = ["--trust-config", str(world.trust_config)]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["sigstore", *trust, "verify", "identity", *who, *files])
        assert passes(sigstore_command) == right["bundle"]
        patch.setenv("XDG_CACHE_HOME", str(trusted(world.trust_config, tmp_path)))
        how = ["--offline", "--identity", RUN.identity]
        patch.setattr(sys, "argv", ["pypi-attestations", "verify", "attestation", *how, *files])
        assert passes(attestations_command) == right["provenance"]


@pytest.mark.parametrize("spoil", [JUDGED[0], a_byte_of_the_wheel_on_the_index], ids=["nothing", "a byte"])
def test_pip_takes_the_wheel_only_where_the_index_is_right(
    world: World, stage: Stage, tmp_path: Path, spoil: Spoil
) -> None:
    spoil(world, stage)
    with world.serving() as (index, _):
        looked = world.look()
        downloaded = pip_downloads(index.simple_url, tmp_path / "pip")
    assert downloaded == (looked.found(WHEEL, "index")[0] == "right")


# What cannot be known.


def test_a_github_that_cannot_be_reached_is_unknown_and_nothing_is_called_missing(world: World) -> None:
    with world.serving() as (_, forge):
        forge.down = True
        looked = world.look()
    assert looked.verdict == "cannot know"
    assert looked.wrong == {(file, what, "cannot know") for file in FILES for what in ("release", "bundle")}
    assert looked.found(WHEEL, "provenance")[0] == "right"


def test_an_index_that_cannot_be_reached_is_unknown_and_not_waited_for(world: World) -> None:
    with world.serving() as (index, _):
        index.down = True
        looked = world.look(wait=60)
    assert looked.verdict == "cannot know"
    assert "waiting" not in looked.said
    assert {what for _, what, _ in looked.wrong} == {"index"}
    assert looked.found(SDIST, "bundle")[0] == "right"


def test_a_token_that_is_refused_is_not_a_release_that_is_missing(world: World) -> None:
    with world.serving() as (_, forge):
        forge.withdraw(TOKEN)
        looked = world.look()
    assert looked.found(WHEEL, "release") == ("cannot know", "GitHub does not accept the token")


def test_without_a_token_a_public_release_is_read_as_people_get_it(world: World) -> None:
    with world.serving() as (_, forge):
        forge.public = True
        world.variables["GITHUB_TOKEN"] = ""
        assert world.look().verdict == "right"


def test_a_trust_configuration_that_is_none_is_a_wrong_call(world: World, tmp_path: Path) -> None:
    wrong = tmp_path / "trust.json"
    wrong.write_text("{}")
    with world.serving():
        ran = world.castoff("--skip-rebuild", "--skip-install", CASTOFF_TRUST_CONFIG=str(wrong))
        absent = world.castoff(CASTOFF_TRUST_CONFIG=str(tmp_path / "absent"))
    assert (ran.code, absent.code) == (2, 2)
    assert "the trust configuration" in ran.err
    assert "there is no trust configuration" in absent.err


def test_another_instance_trusts_none_of_it(world: World, tmp_path: Path) -> None:
    other = Signers(tmp_path / "other")
    other.close()
    looked = replace(world, trust_config=other.trust_config).verify()
    assert looked.wrong == {(file, what, "contradictory") for file in FILES for what in ("bundle", "provenance")}


def test_a_repository_that_is_not_on_github_is_a_wrong_call(world: World) -> None:
    with world.serving():
        ran = world.castoff(GITHUB_REPOSITORY="")
    assert ran.code == 2
    assert "the remote origin is not on GitHub" in ran.err


def test_without_the_libraries_that_verify_it_says_what_to_install(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_name: str) -> None:
        """Find no library."""

    monkeypatch.setattr("castoff.adapters.signatures.find_spec", nothing)
    looked = world.verify()
    assert looked.code == 2
    assert looked.problems == ["verify needs what is not installed: sigstore, pypi-attestations, pypi-simple"]


@pytest.mark.parametrize("seconds", ["-1", "ten", "1e3", "999999", "١"])
def test_a_wait_that_is_no_number_of_seconds_is_a_wrong_call(world: World, seconds: str) -> None:
    assert world.castoff(f"--wait={seconds}").code == 2
    assert world.castoff(WAIT=seconds).code == 2


# What is waited for, and what is not.


def test_what_the_index_does_not_show_yet_is_waited_for(world: World) -> None:
    """The release is there, its files are hidden for a while; then all is right."""
    with world.serving(lag=3600) as (index, _):
        assert world.look().verdict == "missing"
        appears = threading.Timer(2, setattr, (index, "lag", 0))
        appears.start()
        looked = world.look(wait=120)
        appears.join()
    assert looked.verdict == "right"
    assert "the index does not show" in looked.said


def test_the_wait_ends_and_what_is_still_not_there_is_missing(world: World) -> None:
    world.drop(SDIST)
    began = time.monotonic()
    looked = world.verify(wait=2)
    assert time.monotonic() - began >= 2
    assert looked.verdict == "missing"


def test_a_file_that_is_not_there_yet_is_not_waited_for_when_another_is_wrong(world: World, stage: Stage) -> None:
    an_asset_swapped(world, stage)
    world.drop(SDIST)
    looked = world.verify(wait=60)
    assert looked.verdict == "contradictory"
    assert "waiting" not in looked.said


def test_without_a_release_nothing_is_waited_for(world: World) -> None:
    """The release is made after the upload: what is not on the index then is not late, but was never uploaded."""
    world.draft()
    for name in FILES:
        world.drop(name)
    looked = world.verify(wait=60)
    assert looked.verdict == "missing"
    assert "waiting" not in looked.said


# The tag, built again.


def test_a_wheel_with_another_module_in_it_is_not_what_the_tag_builds_and_is_not_run(
    stage: Stage, world: World, tmp_path: Path
) -> None:
    """Everything else about it is right: it was signed by the workflow itself, say by one that was tampered with."""
    wheel = tmp_path / WHEEL
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w').close()\n".encode()
    repack(world.indexed(WHEEL), wheel, {"sample/__init__.py": code})
    made = stage.signers.sign([wheel], stage.run)[WHEEL]
    world.index(WHEEL, wheel.read_bytes(), provenance_of(made.attestation))
    world.asset(WHEEL, wheel.read_bytes())
    world.asset(WHEEL + BUNDLE, made.bundle)
    looked = world.verify(rebuild=True, install=True)
    assert looked.wrong == {(WHEEL, "rebuilt", "contradictory")}
    assert "sample/__init__.py differs" in looked.found(WHEEL, "rebuilt")[1]
    assert looked.found(WHEEL, "imported")[0] == "not tried"
    assert looked.found(SDIST, "imported") == ("right", "import sample")
    assert not canary.exists()


def test_the_same_contents_packed_in_another_way_are_right_and_said_to_be(
    stage: Stage, world: World, tmp_path: Path
) -> None:
    wheel = tmp_path / WHEEL
    repack(world.indexed(WHEEL), wheel, {})
    made = stage.signers.sign([wheel], stage.run)[WHEEL]
    world.index(WHEEL, wheel.read_bytes(), provenance_of(made.attestation))
    world.asset(WHEEL, wheel.read_bytes())
    world.asset(WHEEL + BUNDLE, made.bundle)
    looked = world.verify(rebuild=True)
    assert looked.verdict == "right"
    assert looked.found(WHEEL, "rebuilt") == ("right", "the same contents; the backend packs them anew each time")


def test_a_tag_that_is_not_on_the_remote_is_missing(world: World, tmp_path: Path) -> None:
    """The signatures hold all the same: they name the tag, not what it stands for."""
    colleague = Repository.create(tmp_path / "bare")
    looked = replace(world, repo=colleague).verify(rebuild=True)
    assert looked.data["tag"]["verdict"] == "missing"
    assert looked.wrong == {(file, "rebuilt", "missing") for file in FILES}


def test_a_tag_that_was_moved_is_not_what_was_signed(world: World, tmp_path: Path) -> None:
    moved = Repository.create(tmp_path / "bare")
    moved.commit("another commit than the one that was released")
    moved.git("tag", "--annotate", "--message", "moved", TAG)
    moved.git("push", "--quiet", "origin", TAG)
    looked = replace(world, repo=moved).verify()
    assert looked.wrong == {(file, what, "contradictory") for file in FILES for what in ("bundle", "provenance")}
    assert "it was signed for another commit" in looked.found(WHEEL, "bundle")[1]
