"""The services of a rehearsal, all on loopback and gone with it: the index, the forge, its token endpoint, Sigstore."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from castoff.adapters.signatures import Signer
from castoff.core.faults import Fault
from castoff.core.project import normalized
from castoff.core.rehearsal import HeldFile, HeldRelease
from castoff.core.workflow import Job, Workflow, job_permissions
from castoff.services.forge import Forge
from castoff.services.index import Index
from castoff.services.index_rules import IndexFile
from castoff.services.index_store import IndexStore
from castoff.services.index_tokens import Publisher
from castoff.services.oidc import Issuer, Run, job_claims
from castoff.services.sigstore import Sigstore

_TOKEN_LIFE = 24 * 60 * 60
"""Seconds that a job may ask for identities: longer than any job."""
_WRITE = "write"


@dataclass(frozen=True, slots=True)
class Platform:
    """The running services, and what each job may do with them."""

    index: Index
    forge: Forge
    issuer: Issuer
    sigstore: Sigstore
    run: Run
    token: str
    """What `github.token` is in every job; each job's own is among its credentials."""

    def credentials(self, workflow: Workflow, fault: Fault | None) -> dict[str, dict[str, str]]:
        """Return each job's variables: its token, and where it asks for identities when it may.

        A job that lacks `id-token: write` gets no way to ask, as on GitHub; the forge looks for `contents: write`.
        """
        return {job.id: self._of(workflow, job, fault) for job in workflow.jobs}

    def _of(self, workflow: Workflow, job: Job, fault: Fault | None) -> dict[str, str]:
        permissions = job_permissions(workflow, job)
        token = secrets.token_hex(20)
        self.forge.grant(token, permissions)
        variables = {"CASTOFF_JOB_TOKEN": token}
        if permissions.get("id-token") == _WRITE:
            missing = job.environment is None or (fault is not None and fault.name == "environment-missing")
            environment = None if missing or job.environment is None else job.environment.name
            variables |= self.issuer.grant(job_claims(self.run, environment), _TOKEN_LIFE).variables
        return variables

    @property
    def held(self) -> tuple[HeldFile, ...]:
        """What the index holds."""
        return tuple(HeldFile(file.name, file.size, file.sha256) for file in self.index.files)

    def releases(self, tag: str) -> tuple[HeldRelease, ...]:
        """Return what the forge holds of a tag."""
        return tuple(
            HeldRelease(
                tag=facts.tag,
                body=facts.body,
                draft=facts.draft,
                prerelease=facts.prerelease,
                immutable=facts.immutable,
                assets=tuple(HeldFile(asset.name, asset.size, asset.sha256) for asset in facts.assets),
            )
            for facts in self.forge.facts(tag)
        )

    def assets(self, tag: str) -> dict[str, Path]:
        """Return where the assets of the one release of `tag` lie, by the names under which it serves them."""
        assets = [asset for release in self.forge.releases if release.tag == tag for asset in release.assets]
        return {asset.name: self.forge.file(asset) for asset in assets}

    @property
    def signer(self) -> Signer:
        """Who must have signed in this run."""
        run = self.run
        return Signer(run.identity, f"{run.owner}/{run.repository}", run.workflow, (run.sha,))


@contextmanager
def platform(folder: Path, run: Run, publisher: Publisher, fault: Fault | None) -> Generator[Platform]:
    """Start the services on the state in `folder`, with a fault switched on; they stop when the block is left."""
    name = fault.name if fault else ""
    with ExitStack() as stack:
        issuer = stack.enter_context(Issuer())
        sigstore = stack.enter_context(Sigstore(folder / "sigstore", issuer))
        index = stack.enter_context(Index(folder / "index", [publisher], issuer.verify))
        forge = stack.enter_context(Forge(folder / "forge", f"{run.owner}/{run.repository}", _merged))
        index.down = name == "index-down"
        index.fail_upload_number = 2 if name == "index-500-second-file" else None
        index.refuse_tokens = name == "token-refused"
        sigstore.down = name == "sigstore-down"
        forge.answer_422_on_create = name == "forge-422"
        forge.immutable = name == "immutable-prerelease"
        token = secrets.token_hex(20)
        forge.grant(token, {"contents": "read"})
        yield Platform(index, forge, issuer, sigstore, run, token)


def _merged(tag: str, _previous: str | None) -> Sequence[str]:
    """Return what generated notes list: the pull requests since the tag before. In a rehearsal there was one."""
    return [f"The release of {tag}"]


def take_name(folder: Path, project: str, version: str) -> None:
    """Let the index hold an sdist of that name already, with other bytes: that of an earlier build."""
    name = f"{normalized(project).replace('-', '_')}-{version}.tar.gz"
    content = folder / "taken"
    content.write_bytes(b"the sdist of another build")
    digest = hashlib.sha256(content.read_bytes()).hexdigest()
    blake = hashlib.blake2b(content.read_bytes(), digest_size=32).hexdigest()
    file = IndexFile(
        name,
        normalized(project),
        version,
        "sdist",
        content.stat().st_size,
        digest,
        blake,
        datetime.now(UTC) - timedelta(days=1),
        None,
        has_provenance=False,
    )
    IndexStore(folder / "index").add(file, content, None)


def stage_faults(fault: Fault | None) -> list[str]:
    """Return the faults that the stand-ins of the artifact actions bring about."""
    names: Mapping[str, str] = {"artifact-lost": "artifact-lost:dist", "artifact-changed": "artifact-changed:dist"}
    return [names[fault.name]] if fault and fault.name in names else []
