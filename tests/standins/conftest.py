"""Jobs and services for the tests of stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from castoff.services.oidc import Issuer
from castoff.services.sigstore import Sigstore
from tests.standins.theatre import Job


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a job whose artifacts are kept below the test's folder, with no service that answers."""
    job = Job(tmp_path / "job")
    job.on(artifacts=tmp_path / "artifacts")
    return job


@pytest.fixture(scope="package")
def issuer() -> Iterator[Issuer]:
    """Run GitHub's token endpoint."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def sigstore(tmp_path: Path, issuer: Issuer) -> Iterator[Sigstore]:
    """Run a Sigstore instance."""
    with Sigstore(tmp_path / "sigstore", issuer) as sigstore:
        yield sigstore
