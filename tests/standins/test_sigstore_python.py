"""Signing, by the real client on the local instance."""

from __future__ import annotations

from pathlib import Path

import pytest

from castoff.services.oidc import ISSUER, Issuer, Run, job_claims
from castoff.services.sigstore import Sigstore
from tests.standins.theatre import Job

RUN = Run("owner", "spam", 1, 2, "release.yml", "Release", "refs/tags/v1.0", "c" * 40, 77, 1, 1, "maintainer", 3)
WHEEL, SDIST = "spam-1.0-py3-none-any.whl", "spam-1.0.tar.gz"
VERIFY = {"verify": "true", "verify-cert-identity": RUN.identity, "verify-oidc-issuer": ISSUER}


@pytest.fixture
def job(job: Job, issuer: Issuer, sigstore: Sigstore) -> Job:
    """Return a job that may ask for identity tokens, with two files in dist/."""
    job.on(trust_config=sigstore.trust_config)
    job.env |= issuer.grant(job_claims(RUN, None)).variables
    job.write(f"dist/{WHEEL}", "wheel")
    job.write(f"dist/{SDIST}", "sdist")
    return job


def test_every_file_gets_a_bundle_beside_it_which_verifies_at_once(job: Job) -> None:
    ended = job.passes("sigstore_python", inputs="./dist/*.whl ./dist/*.tar.gz", **VERIFY)
    assert sorted(path.name for path in (job.workspace / "dist").iterdir()) == [
        WHEEL,
        f"{WHEEL}.sigstore.json",
        SDIST,
        f"{SDIST}.sigstore.json",
    ]
    assert f"OK: {job.workspace}/dist/{WHEEL}" in ended.log
    assert f"OK: {job.workspace}/dist/{SDIST}" in ended.log
    handed_on = ended.exported["GHA_SIGSTORE_PYTHON_INTERNAL_SIGNING_ARTIFACTS"].splitlines()
    assert [Path(path).name for path in handed_on] == [WHEEL, f"{WHEEL}.sigstore.json", SDIST, f"{SDIST}.sigstore.json"]
    assert "verify exited successfully" in ended.summary


def test_another_identity_than_the_workflows_fails_the_step(job: Job) -> None:
    wrong = {**VERIFY, "verify-cert-identity": "https://github.com/owner/other"}
    ended = job.fails("sigstore_python", inputs="dist/*", **wrong)
    assert "Certificate's SANs do not match https://github.com/owner/other" in ended.error


def test_a_job_without_id_token_write_is_told_what_it_lacks(job: Job) -> None:
    for name in ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        del job.env[name]
    ended = job.fails("sigstore_python", inputs="dist/*")
    assert "Insufficient permissions for GitHub Actions workflow." in ended.error
    assert len(list((job.workspace / "dist").iterdir())) == 2


def test_a_sigstore_that_is_down_fails_the_step(job: Job, sigstore: Sigstore) -> None:
    sigstore.down = True
    assert job.fails("sigstore_python", inputs="dist/*").error.startswith("sigstore-python failed to sign package: ")
    sigstore.down = False
    job.passes("sigstore_python", inputs="dist/*")


def test_a_bundle_that_is_there_already_is_not_overwritten(job: Job) -> None:
    job.passes("sigstore_python", inputs="dist/*")
    ended = job.fails("sigstore_python", inputs=f"dist/{WHEEL}")
    assert ended.code == 2
    assert "Refusing to overwrite outputs without --overwrite" in ended.log


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"inputs": "dist/*.zip"}, "❌ input dist/*.zip doesn't expand to one or more filenames"),
        ({"inputs": "dist/* --staging"}, "❌ input --staging looks like a flag"),
        ({"inputs": "dist"}, "does not look like a file"),
        ({"inputs": ""}, "❌ inputs must be specified"),
        ({"inputs": "dist/*", "verify": "true"}, "❌ verify-cert-identity must be specified when verify is enabled"),
        ({"inputs": "dist/*", "verify-oidc-issuer": "x"}, "❌ verify-oidc-issuer cannot be specified without verify"),
        ({"inputs": "dist/*", "rekor-version": "3"}, "❌ '3' is not a valid rekor-version"),
    ],
)
def test_what_the_action_refuses_is_refused_in_its_words(job: Job, inputs: dict[str, str], words: str) -> None:
    assert words in job.fails("sigstore_python", inputs).error
    assert len(list((job.workspace / "dist").iterdir())) == 2


def test_files_and_bundles_can_be_uploaded_as_an_artifact(job: Job, tmp_path: Path) -> None:
    job.passes("sigstore_python", {"inputs": f"dist/{WHEEL}", "upload-signing-artifacts": "true"})
    other = Job(tmp_path / "other", job.stage)
    other.passes("download_artifact", {"name": "signing-artifacts-job"})
    assert list(other.files()) == [WHEEL, f"{WHEEL}.sigstore.json"]
