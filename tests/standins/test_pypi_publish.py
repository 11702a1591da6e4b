"""Publishing, by real twine to the local index, with a token that the job's identity was exchanged for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pypi_attestations import Attestation, Distribution
from sigstore.models import ClientTrustConfig
from sigstore.verify import Verifier, policy

from castoff.services.index import Index
from castoff.services.index_tokens import Publisher
from castoff.services.oidc import ISSUER, Issuer, job_claims
from castoff.services.sigstore import Sigstore
from tests.services.test_index import make_sdist, make_wheel
from tests.standins.test_sigstore_python import RUN
from tests.standins.theatre import Job

PUBLISHER = Publisher("spam-eggs", "owner", "spam", "release.yml", "pypi")


@pytest.fixture
def index(tmp_path: Path, issuer: Issuer) -> Iterator[Index]:
    with Index(tmp_path / "index", [PUBLISHER], issuer.verify) as index:
        yield index
        assert index.failures == ()


@pytest.fixture
def job(job: Job, issuer: Issuer, index: Index, sigstore: Sigstore) -> Job:
    """Return a job in the environment pypi, with a wheel and an sdist in dist/."""
    job.on(index_url=index.url, upload_url=index.upload_url, trust_config=sigstore.trust_config)
    enter(job, issuer, "pypi")
    make_wheel(job.workspace / "dist")
    make_sdist(job.workspace / "dist")
    return job


def enter(job: Job, issuer: Issuer, environment: str | None) -> None:
    job.env |= issuer.grant(job_claims(RUN, environment)).variables


def names(index: Index) -> list[str]:
    return sorted(file.name for file in index.files)


def test_both_files_arrive_with_attestations_that_verify(job: Job, index: Index, sigstore: Sigstore) -> None:
    ended = job.passes("pypi_publish")
    assert names(index) == ["spam_eggs-1.0-py3-none-any.whl", "spam_eggs-1.0.tar.gz"]
    assert "Showing hash values of files to be uploaded:" in ended.log
    wheel = job.workspace / "dist/spam_eggs-1.0-py3-none-any.whl"
    assert f"SHA256: {hashlib.sha256(wheel.read_bytes()).hexdigest()}" in ended.log
    assert "::notice::Generating and uploading digital attestations" in ended.log
    url = f"{index.url}/integrity/spam-eggs/1.0/{wheel.name}/provenance"
    (bundle,) = requests.get(url, timeout=10).json()["attestation_bundles"]
    (statement,) = bundle["attestations"]
    attestation = Attestation.model_validate(statement)
    trust = ClientTrustConfig.from_json(sigstore.trust_config.read_text())
    identity = policy.Identity(identity=RUN.identity, issuer=ISSUER)
    verifier = Verifier(trusted_root=trust.trusted_root)
    kind, payload = verifier.verify_dsse(attestation.to_bundle(), identity)
    assert kind == "application/vnd.in-toto+json"
    (subject,) = json.loads(payload)["subject"]
    assert subject == {"name": wheel.name, "digest": {"sha256": Distribution.from_file(wheel).digest}}


def test_the_token_is_masked_and_is_in_no_command_and_no_other_line(job: Job) -> None:
    log = job.passes("pypi_publish").log
    (masked,) = [line for line in log.splitlines() if line.startswith("::add-mask::pypi-")]
    assert log.count(masked.removeprefix("::add-mask::")) == 1


def test_attestations_can_be_left_out(job: Job, index: Index) -> None:
    job.passes("pypi_publish", attestations="false")
    assert [file.has_provenance for file in index.files] == [False, False]
    assert len(list((job.workspace / "dist").iterdir())) == 2


def test_the_same_files_again_are_accepted_and_other_bytes_are_not(job: Job, index: Index) -> None:
    job.passes("pypi_publish", attestations="false")
    job.passes("pypi_publish", attestations="false")
    make_wheel(job.workspace / "dist", code="changed = True\n")
    ended = job.fails("pypi_publish", attestations="false")
    assert "File already exists" in ended.log
    assert "twine upload failed: ERROR" in ended.error
    job.passes("pypi_publish", {"attestations": "false", "skip-existing": "true"})
    assert len(index.files) == 2


def test_a_job_without_id_token_write_is_told_what_it_lacks(job: Job, index: Index) -> None:
    for name in ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        del job.env[name]
    ended = job.fails("pypi_publish")
    assert ended.error.startswith("Trusted publishing exchange failure: \nOpenID Connect token retrieval failed: ")
    assert "ACTIONS_ID_TOKEN_REQUEST_TOKEN environment variable was unset" in ended.error
    assert "id-token: write" in ended.error
    assert "Trusted publishing exchange failure" in ended.summary
    assert names(index) == []


@pytest.mark.parametrize("environment", [None, "staging"])
def test_another_environment_is_refused_and_the_claims_are_shown(
    job: Job, issuer: Issuer, index: Index, environment: str | None
) -> None:
    enter(job, issuer, environment)
    ended = job.fails("pypi_publish")
    assert "the server refused the request for the following reasons:\n\n* `invalid-publisher`: " in ended.error
    assert f"* `environment`: `{environment or 'MISSING'}`" in ended.error
    assert "* `repository`: `owner/spam`" in ended.error
    assert names(index) == []


def test_an_index_that_is_down_or_has_no_trusted_publishing_is_told_from_one_another(job: Job, index: Index) -> None:
    index.not_enabled = True
    assert "has trusted publishing disabled" in job.fails("pypi_publish").error
    index.not_enabled = False
    index.down = True
    assert "responded with unexpected 503: Service Unavailable" in job.fails("pypi_publish").error
    job.on(index_url="http://127.0.0.1:9")
    assert "the index does not answer" in job.fails("pypi_publish").error


def test_a_stray_file_stops_the_upload_at_the_check(job: Job, index: Index) -> None:
    job.write("dist/spam_eggs-1.0.tar.gz.sigstore.json", "{}")
    ended = job.fails("pypi_publish")
    assert "twine check failed" in ended.error
    assert "sigstore.json" in ended.error
    assert names(index) == []
    job.fails("pypi_publish", {"verify-metadata": "false", "attestations": "false"})


def test_nothing_to_publish_is_an_error(job: Job) -> None:
    for file in (job.workspace / "dist").iterdir():
        file.unlink()
    ended = job.fails("pypi_publish")
    assert "MISSING DISTS" in ended.log
    assert "Cannot find file (or expand pattern)" in ended.error
    job.fails("pypi_publish", {"packages-dir": "nowhere"})


def test_the_second_file_that_fails_leaves_half_a_release_which_a_later_run_completes(job: Job, index: Index) -> None:
    index.fail_upload_number = 2
    job.fails("pypi_publish", attestations="false")
    assert names(index) == ["spam_eggs-1.0-py3-none-any.whl"]
    index.fail_upload_number = None
    job.passes("pypi_publish", attestations="false")
    assert len(names(index)) == 2


def test_an_attestation_that_is_there_already_stops_the_step(job: Job) -> None:
    job.write("dist/spam_eggs-1.0.tar.gz.publish.attestation", "{}")
    ended = job.fails("pypi_publish", {"verify-metadata": "false"})
    assert "already have publish attestations" in ended.error


def test_a_sigstore_that_is_down_stops_the_step_before_the_upload(job: Job, index: Index, sigstore: Sigstore) -> None:
    sigstore.down = True
    assert job.fails("pypi_publish").error.startswith("Attestation generation failure: ")
    assert names(index) == []


def test_with_a_token_of_its_own_nothing_is_exchanged_or_attested(job: Job, index: Index) -> None:
    ended = job.fails("pypi_publish", password="pypi-made-up")
    assert "title=attestations input ignored" in ended.log
    assert "Invalid or non-existent authentication information" in ended.log
    assert "pypi-made-up" not in ended.log
    assert "Password-based uploads disabled" in job.fails("pypi_publish", user="me", password="secret").error
    assert names(index) == []


def test_old_spellings_of_inputs_are_understood(job: Job, index: Index) -> None:
    (job.workspace / "dist").rename(job.workspace / "out")
    job.passes("pypi_publish", packages_dir="out", attestations="false", print_hash="false", verbose="false")
    assert len(names(index)) == 2


def test_another_index_gets_no_attestations_and_is_still_played_here(job: Job, index: Index) -> None:
    ended = job.passes("pypi_publish", {"repository-url": "https://index.example.com/legacy/"})
    assert "does not support PEP 740 attestations" in ended.log
    assert [file.has_provenance for file in index.files] == [False, False]
