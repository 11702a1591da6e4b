"""`rehearse` of a release in which nothing goes wrong, and what it says of it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from castoff.core.faults import FAULTS, KILLED, catalogue
from castoff.core.sbom import read_subject
from castoff.services.forge import Forge
from castoff.services.forge_store import ForgeStore
from castoff.services.index import Index
from castoff.services.oidc import Issuer
from tests.rehearsing import ATTACHED, BUNDLE, FILES, JOBS, REAL, SBOM, Played, once, rehearse, sample
from tests.repository import Ran, Repository
from tests.stories import STOPS


@pytest.fixture
def played(shared: Path, isolated: Path) -> Played:
    """Rehearse castoff's own workflow on a small project, once for all tests here."""
    folder = once(shared, "a-rehearsal", _make)
    told = (folder / "out.json").read_text()
    (scratch,) = (folder / "temp").iterdir()
    return Played(Ran(0, told, (folder / "prose").read_text()), scratch)


def _make(folder: Path) -> None:
    repo = sample(folder, REAL)
    ran = rehearse(repo, folder / "temp", "--keep", "--report", str(folder / "report.html"), new=True).ran
    assert ran.code == 0, ran.err
    (folder / "out.json").write_text(ran.out)
    (folder / "prose").write_text(ran.err)


@pytest.mark.e2e
def test_the_verdict_is_that_this_tag_would_have_released_the_next_patch(played: Played) -> None:
    data = played.data
    assert (data["ok"], data["released"], data["stopped"], data["fault"]) == (True, True, None, None)
    assert (data["project"], data["version"], data["tag"]) == ("sample", "0.1.1", "v0.1.1")
    assert data["verdict"] == "this tag would have released 0.1.1"
    assert played.ran.err.rstrip().endswith(data["verdict"]), "it is the last thing that is said"


@pytest.mark.e2e
def test_every_job_and_step_of_the_real_workflow_ran_in_its_order_and_is_timed(played: Played) -> None:
    jobs = played.data["jobs"]
    assert tuple(job["id"] for job in jobs) == JOBS
    assert [job["name"] for job in jobs][::4] == ["Check, build and inspect", "GitHub release"]
    assert {step["outcome"] for job in jobs for step in job["steps"]} == {job["outcome"] for job in jobs} == {"success"}
    assert [step["name"] for step in jobs[0]["steps"]] == [
        "actions/checkout",
        "actions/setup-python",
        "Run make preflight",
        "Hand on dist/",
        "Hand on the manifest of digests, and the SBOM",
    ]
    starts = [step["start"] for job in jobs for step in job["steps"]]
    assert starts == sorted(starts)
    for job in jobs:
        assert 0 < sum(step["seconds"] for step in job["steps"]) <= job["seconds"] + 0.1 * len(job["steps"])
        assert f"job {job['id']}" in played.ran.err
    assert [name for name, _ in played.data["phases"]] == [
        "remote and clone",
        "bump, merge, tag, push",
        "look at the result",
    ]


@pytest.mark.e2e
def test_the_bytes_on_the_index_are_the_very_bytes_that_were_built_and_that_the_release_holds(played: Played) -> None:
    assert played.scratch
    assert sorted(played.index) == sorted(FILES)
    assert played.assets is not None
    assert sorted(played.assets) == sorted(ATTACHED)
    built = {path.name: path for path in played.scratch.glob("artifacts/*/dist/files/*")}
    assert sorted(built) == sorted(FILES)
    for name, path in built.items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert played.index[name] == played.assets[name] == digest
        assert digest[:16] in played.ran.err, "a person sees it, too"
    (sbom,) = played.scratch.glob(f"artifacts/*/manifest/files/dist-sbom/{SBOM}")
    assert played.assets[SBOM] == hashlib.sha256(sbom.read_bytes()).hexdigest()
    subject = read_subject(sbom.read_text())
    assert subject
    assert subject.files == played.index


@pytest.mark.e2e
def test_the_release_is_published_with_notes_that_name_the_pull_request(played: Played) -> None:
    (release,) = played.data["releases"]
    assert (release["tag"], release["draft"], release["prerelease"]) == ("v0.1.1", False, False)
    assert "The release of v0.1.1" in release["body"]


@pytest.mark.e2e
def test_everything_a_user_would_look_at_is_right(played: Played) -> None:
    findings = {finding["what"]: finding for finding in played.data["findings"]}
    assert {finding["right"] for finding in findings.values()} == {True}
    identity = "/.github/workflows/release.yml@refs/tags/v0.1.1"
    assert findings["each bundle verifies against the exact identity"]["detail"].endswith(identity)
    assert findings["pip install sample==0.1.1, and import it"]["detail"] == "import sample"
    assert findings["the SBOM is attached, as it was built"]["detail"] == SBOM
    whose = "castoff-rehearsal/project, release.yml, environment pypi"
    assert findings["the provenance of each file verifies"]["detail"] == whose
    assert len(findings) == 9


@pytest.mark.e2e
def test_a_bundle_of_another_file_and_a_provenance_of_another_publisher_are_found_when_the_result_is_looked_at(
    played: Played, tmp_path: Path
) -> None:
    """A rehearsal that is resumed when all of its jobs are done looks at the result again, and does nothing else."""
    assert played.scratch
    scratch = shutil.copytree(played.scratch, tmp_path / "copy", symlinks=True)
    store = ForgeStore(scratch / "forge")
    wheel, sdist = FILES
    (release,) = store.releases.values()
    lies = {asset.name: store.path(asset.id) for asset in release.assets}
    shutil.copyfile(lies[sdist + BUNDLE], lies[wheel + BUNDLE])
    provenance = scratch / "index" / "provenance" / f"{sdist}.json"
    provenance.write_text(provenance.read_text().replace("castoff-rehearsal/project", "some/body"))
    ran = Repository(scratch / "work", scratch / "remote.git").castoff("rehearse", "--resume", str(scratch))
    assert ran.code == 1
    wrong = dict(re.findall(r"WRONG +(.*?)  +(.*)", ran.all))
    assert wrong["each bundle verifies against the exact identity"].startswith(f"{wheel}: ")
    assert wrong["the provenance of each file verifies"].startswith(f"{sdist}: it was published by some/body")
    assert len(wrong) == 2
    assert "the version would be spent" in ran.all


@pytest.mark.e2e
def test_the_release_that_was_rehearsed_is_proved_from_outside_by_verify(played: Played, tmp_path: Path) -> None:
    """The real workflow's bundles and attestations, in every way that verify looks at a release."""
    assert played.scratch
    for name in ("index", "forge", "remote.git"):
        shutil.copytree(played.scratch / name, tmp_path / name)
    subprocess.run(["git", "clone", "--quiet", str(tmp_path / "remote.git"), str(tmp_path / "work")], check=True)
    clone = Repository(tmp_path / "work", tmp_path / "remote.git")
    whose = "castoff-rehearsal/project"
    with (
        Issuer() as issuer,
        Index(tmp_path / "index", [], issuer.verify) as index,
        Forge(tmp_path / "forge", whose) as forge,
    ):
        forge.public = True
        services = {"CASTOFF_INDEX_URL": index.simple_url, "GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": whose}
        trust = str(played.scratch / "sigstore" / "trust-config.json")
        ran = clone.castoff("verify", "--version", "0.1.1", "--json", CASTOFF_TRUST_CONFIG=trust, **services)
    assert ran.code == 0, ran.all
    data = json.loads(ran.out)
    assert {file["name"] for file in data["files"]} == set(FILES)
    assert {found["verdict"] for file in data["files"] for found in file["found"].values()} == {"right"}
    assert data["sbom"] == {"verdict": "right", "detail": ""}
    assert data["publishers"] == [f"{whose}, release.yml, environment pypi"]


@pytest.mark.e2e
def test_what_is_not_played_is_said(played: Played) -> None:
    notes = "\n".join(played.data["notes"])
    assert "time limit is not enforced: preflight" in notes
    assert "reviewers, wait timer and rules for tags are not played: publish" in notes
    assert "uncommitted" not in notes
    assert "detached" not in notes


@pytest.mark.e2e
def test_the_report_is_one_page_that_loads_nothing_and_tells_the_same(played: Played) -> None:
    assert played.scratch
    page = (played.scratch.parent.parent / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "</html>" in page
    assert not re.search(r"<(?:script|link|img|iframe)\b|\bsrc=|@import|url\(", page)
    assert '<meta name="viewport"' in page, "a phone shows it at its own width"
    names = [job["name"] for job in played.data["jobs"]]
    for told in (*names, *ATTACHED, "This tag would have released 0.1.1.", *played.index.values()):
        assert told in page, told
    assert re.search(r"\b(?:GITHUB|JOB)_TOKEN\b", page) is None


@pytest.mark.e2e
def test_the_remote_of_the_scratch_folder_has_a_merge_commit_and_an_annotated_tag_on_it(played: Played) -> None:
    assert played.scratch
    remote = Repository(played.scratch / "remote.git", played.scratch / "remote.git")
    assert remote.git("cat-file", "-t", "v0.1.1") == "tag"
    assert remote.git("rev-parse", "v0.1.1^{commit}") == remote.git("rev-parse", "main") == played.data["commit"]
    assert len(remote.git("log", "-1", "--format=%P", "main").split()) == 2


@pytest.mark.e2e
def test_a_detached_and_changed_checkout_is_rehearsed_as_its_head_and_a_candidate_is_marked_as_one(
    tmp_path: Path,
) -> None:
    """Nothing is asked to be kept: nothing is left. The changes would have broken the build."""
    repo = sample(tmp_path)
    repo.git("switch", "--quiet", "--detach")
    head = repo.git("rev-parse", "HEAD")
    repo.write("src/sample/__init__.py", "no Python at all")
    repo.write("new.py", "")
    played = rehearse(repo, tmp_path / "temp", "--version", "0.2.0-rc1")
    assert played.code == 0, played.ran.err
    data = played.data
    assert (data["tag"], data["version"], data["kept"]) == ("v0.2.0-rc1", "0.2.0rc1", None)
    assert data["releases"][0]["prerelease"] is True
    notes = "\n".join(data["notes"])
    assert "uncommitted changes; HEAD is what was rehearsed, without them" in notes
    assert f"HEAD is detached; commit {head[:10]} was rehearsed as main" in notes
    assert notes.splitlines()[-1] in played.ran.err
    assert sorted(played.index) == ["sample-0.2.0rc1-py3-none-any.whl", "sample-0.2.0rc1.tar.gz"]


def test_the_faults_are_listed_with_what_they_are(tmp_path: Path) -> None:
    repo = sample(tmp_path)
    ran = repo.castoff("rehearse", "--fault", "list")
    assert ran.code == 0
    for fault in catalogue(JOBS):
        assert re.search(rf"^{re.escape(fault.name)} +{re.escape(fault.what)}$", ran.out, re.MULTILINE)
    told = json.loads(repo.castoff("rehearse", "--fault", "list", "--json").out)
    assert [fault["name"] for fault in told["faults"]] == [fault.name for fault in catalogue(JOBS)]


def test_every_fault_that_there_is_has_been_run() -> None:
    assert set(STOPS) == {fault.name for fault in catalogue(JOBS)}
    assert {name.partition(":")[2] for name in STOPS if name.startswith(KILLED)} == set(JOBS)
    assert len(STOPS) == len(FAULTS) + len(JOBS)
