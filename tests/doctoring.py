"""A project whose release set-up is sound in every line, and a doctor to look at it: git, forge and index are local."""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from castoff.adapters.console import Console
from castoff.adapters.environment import read_environment
from castoff.core.errors import CastoffError
from castoff.flows.checkout import Checkout
from castoff.flows.doctor import doctor
from castoff.services.forge import Forge
from castoff.services.forge_settings import Environment, Ruleset
from castoff.services.index import Index
from castoff.services.index_store import IndexStore
from castoff.services.oidc import Issuer
from tests.held import held
from tests.rehearsing import REAL, WORKFLOW
from tests.repository import Repository

TOKEN = "an-administrators-token"
URL = "https://github.com/owner/sample.git"
KEPT = ({"type": "deletion"}, {"type": "update"})
"""The rules that keep a tag from being moved."""


@dataclass(frozen=True)
class Told:
    """What the doctor said."""

    code: int
    text: str
    """All prose."""
    data: dict[str, Any]

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """What it said of each line."""
        return {check["name"]: check for check in self.data["checks"]}

    def of(self, state: str) -> list[str]:
        """Return the names of the lines in a state."""
        return [name for name, check in self.checks.items() if check["state"] == state]

    @property
    def wrong(self) -> list[str]:
        return self.of("wrong")

    @property
    def unknown(self) -> list[str]:
        return self.of("cannot know")

    @property
    def stopping(self) -> list[str]:
        """The lines that would stop a release."""
        return [name for name, check in self.checks.items() if check["stops_a_release"]]

    def detail(self, name: str) -> str:
        return str(self.checks[name]["detail"])

    def do(self, name: str) -> str:
        return "\n".join(self.checks[name]["do"])


@dataclass
class World:
    """The project and the services around it; a test spoils what it wants to be found."""

    repo: Repository
    forge: Forge
    index: Index
    env: dict[str, str]

    def doctor(self, *, direct: bool = False, offline: bool = False, **env: str | None) -> Told:
        """Let the doctor look, within this process."""
        variables = {name: value for name, value in {**self.env, **env}.items() if value is not None}
        environment = read_environment({**os.environ, **variables})
        out, prose = io.StringIO(), io.StringIO()
        console = Console(environment, as_json=True, out=out, err=prose)
        code = 0
        try:
            doctor(Checkout(self.repo.root, environment, console), direct=direct, offline=offline)
        except CastoffError as error:
            console.failure("doctor", error)
            code = error.exit_code
        return Told(code, prose.getvalue(), cast("dict[str, Any]", json.loads(out.getvalue())))


def publisher(**other: object) -> dict[str, object]:
    """Return the publisher of the sound project as PyPI's provenance has it."""
    said = {"kind": "GitHub", "repository": "owner/sample", "workflow": "release.yml", "environment": "pypi"}
    return {**said, "claims": None, **other}


def _held(folder: Path, provenance: Mapping[str, object] | None, urls: Mapping[str, str]) -> None:
    """Let the index hold 0.1.0 of the project: a wheel that links to `urls`."""
    name = "sample-0.1.0-py3-none-any.whl"
    path = folder / name
    with zipfile.ZipFile(path, "w") as wheel:
        links = "".join(f"Project-URL: {label}, {url}\n" for label, url in urls.items())
        wheel.writestr("sample-0.1.0.dist-info/METADATA", f"Metadata-Version: 2.4\nName: sample\n{links}")
    content = path.read_bytes()
    file = held(name, content, provenance=provenance is not None)
    told: object = {"version": 1, "attestation_bundles": [{"publisher": provenance}]}
    IndexStore(folder / "index").add(file, path, told if provenance is not None else None)


def lead(repo: Repository, url: str) -> None:
    """Give the remote a URL that looks like one out there; git itself is led to the bare repository here."""
    repo.git("remote", "set-url", "origin", url)
    subprocess.run(["git", "config", "--global", f"url.{repo.remote.as_uri()}.insteadOf", url], check=True)


Held = tuple[Mapping[str, object] | None, Mapping[str, str]]
"""Who published the version that the index holds, and where its links lead."""


@contextmanager
def sound(folder: Path, held: Held | None) -> Generator[World]:
    """Yield a project with nothing wrong, of which the index holds a version, or (None) none."""
    repo = Repository.create(folder)
    repo.write(WORKFLOW, REAL)
    repo.write("Makefile", "preflight twine-check:\n\t@castoff $@\n")
    repo.commit("a release workflow")
    repo.git("push", "--quiet")
    lead(repo, URL)
    (folder / "index").mkdir()
    if held is not None:
        _held(folder, *held)
    with (
        Issuer() as issuer,
        Forge(folder / "forge", "owner/sample") as forge,
        Index(folder / "index", [], issuer.verify) as index,
    ):
        _set_up(forge)
        env = {"CASTOFF_INDEX_URL": index.simple_url, "GITHUB_API_URL": forge.url, "GITHUB_TOKEN": TOKEN}
        yield World(repo, forge, index, env)
        assert (index.failures, forge.failures) == ((), ())


def _set_up(forge: Forge) -> None:
    forge.public = True
    forge.immutable = True
    forge.grant(TOKEN, {"contents": "write", "administration": "read"})
    forge.settings.branches["main"] = ("pull_request", "deletion", "non_fast_forward")
    forge.settings.rulesets.append(Ruleset("release tags", ("refs/tags/v*",), KEPT))
    forge.settings.environments["pypi"] = Environment(("maintainer",), (("v*.*.*", "tag"),))
