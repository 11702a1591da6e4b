"""A release that was really made on the local services: built, signed, attested, and served; it may then be spoilt."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from pypi_attestations import Attestation, Distribution
from sigstore._internal.tuf import DEFAULT_TUF_URL
from sigstore.models import ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import Signer, SigningContext

from castoff.adapters.console import Console
from castoff.adapters.environment import read_environment
from castoff.core.artifacts import artifact
from castoff.core.errors import CastoffError
from castoff.flows.checkout import Checkout
from castoff.flows.verify import Options, verify
from castoff.services.forge import Forge
from castoff.services.forge_releases import Asset, Release
from castoff.services.forge_store import ForgeStore
from castoff.services.index import Index
from castoff.services.index_store import IndexStore
from castoff.services.oidc import Issuer, Run, job_claims
from castoff.services.sigstore import Sigstore
from tests.held import held
from tests.repository import Ran, Repository

VERSION, TAG = "0.1.0", "v0.1.0"
WHEEL, SDIST = "sample-0.1.0-py3-none-any.whl", "sample-0.1.0.tar.gz"
BUNDLE = ".sigstore.json"
RUN = Run("octo", "sample", 1, 2, "release.yml", "release", f"refs/tags/{TAG}", "c" * 40, 10, 1, 1, "maintainer", 3)
TOKEN = "read-token"
OURS = {
    "kind": "GitHub",
    "repository": "octo/sample",
    "workflow": "release.yml",
    "environment": "pypi",
    "claims": None,
}


@dataclass(frozen=True)
class Signed:
    """What was made of a file: its bundle, and its attestation, where it is a distribution."""

    bundle: bytes
    attestation: object


class Signers:
    """The local Sigstore instance, and jobs that sign with it by the real client."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self._issuer = self._stack.enter_context(Issuer())
        self._sigstore = self._stack.enter_context(Sigstore(folder, self._issuer))

    @property
    def trust_config(self) -> Path:
        """What verifies against it, when it has gone too."""
        return self._sigstore.trust_config

    def close(self) -> None:
        """Stop it."""
        self._stack.close()

    def sign(self, files: Sequence[Path], run: Run, environment: str | None = "pypi") -> dict[str, Signed]:
        """Sign and attest as a job of `run` does; return what was made, by file name."""
        grant = self._issuer.grant(job_claims(run, environment))
        headers = {"Authorization": f"bearer {grant.bearer}"}
        said = requests.get(f"{grant.url}&audience=sigstore", headers=headers, timeout=10).json()
        config = ClientTrustConfig.from_json(self.trust_config.read_text())
        made: dict[str, Signed] = {}
        with SigningContext.from_trust_config(config).signer(IdentityToken(said["value"]), cache=True) as signer:
            for file in files:
                bundle = signer.sign_artifact(file.read_bytes()).to_json().encode()
                made[file.name] = Signed(bundle, _attestation(signer, file) if artifact(file.name) else None)
        return made


def _attestation(signer: Signer, file: Path) -> object:
    return json.loads(Attestation.sign(signer, Distribution.from_file(file)).model_dump_json())


@dataclass
class World:
    """The index, the release and the repository; each file of them can be changed before it is served."""

    folder: Path
    repo: Repository
    trust_config: Path
    signed: Mapping[str, Signed]
    variables: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def make(cls, folder: Path, repo: Repository, dist: Sequence[Path], signers: Signers, run: Run) -> World:
        """Sign the files, and put them, their bundles and attestations where the workflow does."""
        world = cls(folder, repo, signers.trust_config, signers.sign(dist, run))
        for file in dist:
            made = world.signed[file.name]
            world.index(file.name, file.read_bytes(), provenance_of(made.attestation))
            world.asset(file.name, file.read_bytes())
            world.asset(file.name + BUNDLE, made.bundle)
        return world

    def copy(self, folder: Path) -> World:
        """Return the same, to be spoilt."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder, variables={})

    # the index

    def index(self, name: str, content: bytes, provenance: object | None = None) -> None:
        """Let the index serve a file: a new one, or in the place of the one of this name."""
        store = IndexStore(self.folder / "index")
        incoming = self.folder / "incoming"
        incoming.write_bytes(content)
        if name in store.catalogue.files:
            store.delete(name)
        store.add(held(name, content, provenance=provenance is not None), incoming, provenance)

    def provenance(self, name: str, provenance: object | None) -> None:
        """Let the index have this provenance of a file, or none."""
        self.index(name, self.indexed(name).read_bytes(), provenance)

    def drop(self, name: str) -> None:
        """Take a file from the index."""
        IndexStore(self.folder / "index").delete(name)

    def indexed(self, name: str) -> Path:
        """Return the file that the index serves: to write to it leaves the digest that the index tells as it was."""
        return self.folder / "index" / "files" / name

    # the release

    def asset(self, name: str, content: bytes) -> None:
        """Let the release have a file: a new one, or in the place of the one of this name."""
        store = ForgeStore(self.folder / "forge")
        release = next(iter(store.releases.values()), None) or _release(store.number())
        number = store.number()
        store.path(number).write_bytes(content)
        now = datetime.now(UTC)
        sha256 = hashlib.sha256(content).hexdigest()
        made = Asset(number, name, None, "application/octet-stream", len(content), sha256, now)
        others = tuple(asset for asset in release.assets if asset.name != name)
        store.put(replace(release, assets=(*others, made)))

    def detach(self, name: str) -> None:
        """Take a file from the release."""
        store = ForgeStore(self.folder / "forge")
        (release,) = store.releases.values()
        store.put(replace(release, assets=tuple(asset for asset in release.assets if asset.name != name)))

    def draft(self) -> None:
        """Make a draft of the release again."""
        store = ForgeStore(self.folder / "forge")
        (release,) = store.releases.values()
        store.put(replace(release, draft=True, published=None))

    # looking

    @contextmanager
    def serving(self, lag: float = 0) -> Generator[tuple[Index, Forge]]:
        """Serve it all while the block runs."""
        with (
            Issuer() as issuer,
            Index(self.folder / "index", [], issuer.verify) as index,
            Forge(self.folder / "forge", "octo/sample") as forge,
        ):
            forge.grant(TOKEN, {"contents": "read"})
            index.lag = lag
            self.variables = {
                "CASTOFF_INDEX_URL": index.simple_url,
                "CASTOFF_TRUST_CONFIG": str(self.trust_config),
                "GITHUB_API_URL": forge.url,
                "GITHUB_TOKEN": TOKEN,
                "GITHUB_REPOSITORY": "octo/sample",
            }
            yield index, forge

    def download(self, folder: Path) -> Path:
        """Lay the files of the index, the bundles of the release and the attestations into a folder, for other clients.

        Of a file's provenance the last attestation is taken.
        """
        folder.mkdir()
        for file in (WHEEL, SDIST):
            shutil.copy(self.indexed(file), folder)
            provenance = json.loads(IndexStore(self.folder / "index").provenance(file).read_text())
            attestation = provenance["attestation_bundles"][0]["attestations"][-1]
            (folder / f"{file}.publish.attestation").write_text(json.dumps(attestation))
        store = ForgeStore(self.folder / "forge")
        for release in store.releases.values():
            for asset in release.assets:
                if asset.name.endswith(BUNDLE):
                    shutil.copy(store.path(asset.id), folder / asset.name)
        return folder

    def castoff(self, *args: str, **env: str) -> Ran:
        """Run `castoff verify` while it serves."""
        return self.repo.castoff("verify", "--version", VERSION, *args, **{**self.variables, **env})

    def verify(self, wait: float = 0, *, rebuild: bool = False, install: bool = False) -> Looked:
        """Serve it, and verify it in this process; without rebuilding and installing, unless that is asked for."""
        with self.serving():
            return self.look(wait, rebuild=rebuild, install=install)

    def look(self, wait: float = 0, *, rebuild: bool = False, install: bool = False) -> Looked:
        """Verify while it serves."""
        environment = read_environment({**os.environ, **self.variables})
        out, err = io.StringIO(), io.StringIO()
        console = Console(environment, as_json=True, out=out, err=err)
        asked = Options(VERSION, wait, self.trust_config, rebuild, install)
        try:
            verify(Checkout(self.repo.root, environment, console), asked)
        except CastoffError as error:
            return Looked(
                error.exit_code, dict(error.data), [problem.what for problem in error.problems], err.getvalue()
            )
        return Looked(0, json.loads(out.getvalue()), [], err.getvalue())


def _release(number: int) -> Release:
    now = datetime.now(UTC)
    return Release(
        id=number,
        tag=TAG,
        target="main",
        name=TAG,
        body="Notes.",
        draft=False,
        prerelease=False,
        immutable=False,
        make_latest="true",
        created=now,
        published=now,
        assets=(),
    )


@dataclass(frozen=True)
class Looked:
    """How verify ended."""

    code: int
    data: dict[str, Any]
    problems: list[str]
    said: str

    @property
    def verdict(self) -> str:
        """The word for the whole release; the exit code must fit it."""
        verdict = str(self.data["verdict"])
        assert self.code == (0 if verdict == "right" else 1), self.problems
        return verdict

    def found(self, file: str, aspect: str) -> tuple[str, str]:
        """Return verdict and detail of one cell."""
        (one,) = [one for one in self.data["files"] if one["name"] == file]
        return one["found"][aspect]["verdict"], one["found"][aspect]["detail"]

    @property
    def wrong(self) -> set[tuple[str, str, str]]:
        """The cells in which something is wrong: file, aspect, verdict."""
        return {
            (one["name"], aspect, found["verdict"])
            for one in self.data["files"]
            for aspect, found in one["found"].items()
            if found["verdict"] not in ("right", "not tried")
        }


def provenance_of(*attestations: object, publisher: Mapping[str, object] = OURS) -> dict[str, object]:
    """Return the provenance object that the index makes of attestations."""
    return {"version": 1, "attestation_bundles": [{"publisher": publisher, "attestations": list(attestations)}]}


def flipped(content: bytes, at: int | None = None) -> bytes:
    """Return the bytes with one bit of one of them changed: of the middle one, or the one at `at`."""
    at = len(content) // 2 if at is None else at
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def home(folder: Path, caches: Path) -> dict[str, str]:
    """Make a home for those who make the release; return the variables that lead there."""
    config = folder / "gitconfig"
    config.write_text(
        "[user]\n\tname = A Maintainer\n\temail = maintainer@example.com\n[init]\n\tdefaultBranch = main\n"
    )
    return {
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "UV_CACHE_DIR": str(caches / "uv"),
        "PIP_CACHE_DIR": str(caches / "pip"),
    }


def built(folder: Path) -> tuple[Repository, list[Path]]:
    """Make the project, tag and push it, and build it as the workflow does; return it and the files."""
    repo = Repository.create(folder)
    repo.git("tag", "--annotate", "--message", "sample 0.1.0", TAG)
    repo.git("push", "--quiet", "origin", TAG)
    ran = repo.castoff("build")
    assert ran.code == 0, ran.all
    return repo, sorted((repo.root / "dist").iterdir())


def trusted(trust_config: Path, folder: Path) -> Path:
    """Return a cache folder in which sigstore finds the local instance where it looks for the public one, offline.

    pypi-attestations takes no other instance.
    """
    config = json.loads(trust_config.read_text())
    cache = folder / "cache" / "sigstore-python" / "tuf" / quote(DEFAULT_TUF_URL, safe="")
    cache.mkdir(parents=True)
    (cache / "trusted_root.json").write_text(json.dumps(config["trustedRoot"]))
    (cache / "signing_config.v0.2.json").write_text(json.dumps(config["signingConfig"]))
    return folder / "cache"


def passes(command: Callable[[], None]) -> bool:
    """Whether a command ends well."""
    try:
        command()
    except SystemExit as end:
        return not end.code
    return True


def pip_downloads(simple_url: str, folder: Path) -> bool:
    """Whether pip takes the wheel from the index."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--only-binary", ":all:"]
    argv = [*pip, "--index-url", simple_url, "--dest", str(folder), f"sample=={VERSION}"]
    env = {**os.environ, "NO_PROXY": "127.0.0.1"}
    ran = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=120)
    return ran.returncode == 0


def repack(source: Path, target: Path, changed: Mapping[str, bytes]) -> None:
    """Write a wheel anew, uncompressed, with other bytes in some members."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            new.writestr(info, changed.get(info.filename, old.read(info)), zipfile.ZIP_STORED)
