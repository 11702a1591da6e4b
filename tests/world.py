"""The outside of a release in tests that only look at it: folders of an index and a forge, filled before they run.

They can be begun again on what they hold, and may be those that a rehearsal has left; the remote is a bare repository
of any name. Where a test acts on services while they run, and the remote is to be at GitHub: `tests.outside`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from castoff.adapters.console import Console
from castoff.adapters.environment import read_environment
from castoff.core.observation import Observation
from castoff.core.versions import parse_new
from castoff.flows.checkout import Checkout
from castoff.flows.observing import observe
from castoff.services.forge import Forge
from castoff.services.forge_releases import Asset, Release
from castoff.services.forge_store import ForgeStore
from castoff.services.index import Index
from castoff.services.index_store import IndexStore
from castoff.services.oidc import Issuer
from tests.held import held
from tests.repository import Ran, Repository

TOKEN = "canary-token-of-the-test"
WHEEL, SDIST = "sample-0.1.1-py3-none-any.whl", "sample-0.1.1.tar.gz"
FILES = {WHEEL: b"the wheel", SDIST: b"the sdist"}
BUNDLES = {f"{name}.sigstore.json": b"the bundle of " + name.encode() for name in FILES}
RELEASED = FILES | BUNDLES


@dataclass(frozen=True)
class World:
    """A project, and the folders of the services that it is released to; they are filled before they are started."""

    repo: Repository
    folder: Path
    full_name: str = "owner/sample"
    """Whose repository it is on the forge."""

    def tag(self, version: str = "0.1.1") -> str:
        """Release up to the pushed tag; return its commit."""
        assert self.repo.release(version, "--direct").code == 0
        return self.repo.git("rev-parse", f"v{version}^{{commit}}")

    def upload(self, name: str, content: bytes | None = None, *, ago: timedelta = timedelta()) -> None:
        """Let the index hold a file, uploaded so long ago."""
        content = FILES[name] if content is None else content
        path = self.folder / "one"
        path.write_bytes(content)
        IndexStore(self.folder / "index").add(held(name, content, ago=ago, provenance=True), path, {"version": 1})

    def release(self, files: Mapping[str, bytes] = RELEASED, *, draft: bool = False, tag: str = "v0.1.1") -> Release:
        """Let the forge hold a release with these assets."""
        store, now = ForgeStore(self.folder / "forge"), datetime.now(UTC)
        assets = tuple(self._asset(store, name, content) for name, content in files.items())
        number, published = store.number(), None if draft else now
        rc = "-rc" in tag
        made = Release(number, tag, "main", tag, "notes", draft, rc, False, now, published, "true", assets)
        store.put(made)
        return made

    def _asset(self, store: ForgeStore, name: str, content: bytes) -> Asset:
        number, sha256 = store.number(), hashlib.sha256(content).hexdigest()
        store.path(number).write_bytes(content)
        return Asset(number, name, None, "application/octet-stream", len(content), sha256, datetime.now(UTC))

    @contextmanager
    def serving(self) -> Generator[Serving]:
        """Start the services."""
        with (
            Issuer() as issuer,
            Index(self.folder / "index", [], issuer.verify) as index,
            Forge(self.folder / "forge", self.full_name) as forge,
        ):
            forge.grant(TOKEN, {"contents": "write", "actions": "read"})
            yield Serving(self.repo, index, forge, self.full_name)

    def seen(self, version: str = "0.1.1") -> Observation:
        """Return what castoff sees of a version."""
        with self.serving() as serving:
            return serving.seen(version)


@dataclass(frozen=True)
class Serving:
    """A project, and the running services."""

    repo: Repository
    index: Index
    forge: Forge
    full_name: str

    @property
    def variables(self) -> dict[str, str]:
        """What castoff's environment has to say for it to ask these services."""
        return {
            "CASTOFF_INDEX_URL": self.index.simple_url,
            "GITHUB_API_URL": self.forge.url,
            "GITHUB_REPOSITORY": self.full_name,
            "GITHUB_TOKEN": TOKEN,
        }

    def castoff(self, *args: str, **env: str) -> Ran:
        """Run castoff in the project, as a person does."""
        return self.repo.castoff(*args, **(self.variables | env))

    def seen(self, version: str = "0.1.1", **env: str) -> Observation:
        """Return what castoff sees of a version."""
        environment = read_environment(self.variables | env)
        return observe(Checkout(self.repo.root, environment, Console(environment)), parse_new(version))
