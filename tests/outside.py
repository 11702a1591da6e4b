"""The outside of a release in tests that act on it while its services run: an index and a forge, filled by requests.

The project's remote is at GitHub by its address, and the runs of castoff's own five jobs can be told. Where services
are filled before they run, are begun again on what they hold, or are those of a rehearsal: `tests.world`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from castoff.services.forge import Forge
from castoff.services.forge_runs import JobRecord, RunRecord
from castoff.services.index import Index
from castoff.services.oidc import Issuer
from tests.held import held
from tests.repository import Ran, Repository

TOKEN = "a-token-that-may-write"
OWNER, NAME = "acme", "sample"
PAGE = f"https://github.com/{OWNER}/{NAME}"
JOBS = (
    "Check, build and inspect",
    "Check what was handed on",
    "Sign with Sigstore",
    "Publish to PyPI",
    "GitHub release",
)
"""The jobs of castoff's own workflow, as GitHub shows them."""


def hold(
    index: Index, folder: Path, name: str, content: bytes = b"of another build", ago: timedelta = timedelta(0)
) -> None:
    """Let an index hold a file of `sample`, uploaded so long ago; `folder` is for passing it on."""
    (folder / "one").write_bytes(content)
    index.add(held(name, content, ago=ago), folder / "one")


@dataclass
class Outside:
    """The services, and castoff as it asks them."""

    repo: Repository
    folder: Path
    index: Index
    forge: Forge

    def castoff(self, *args: str, **env: str) -> Ran:
        """Run castoff in the project, as a person does who has a token."""
        return self.repo.castoff(*args, **{**self.variables, **env})

    @property
    def variables(self) -> dict[str, str]:
        """What tells castoff whom to ask."""
        return variables(self.index, self.forge)

    def hold(self, name: str, content: bytes = b"of another build", ago: timedelta = timedelta(0)) -> None:
        """Let the index hold a file, uploaded so long ago."""
        hold(self.index, self.folder, name, content, ago)

    def release(
        self, tag: str, assets: Mapping[str, bytes] | None = None, *, draft: bool = False, prerelease: bool = False
    ) -> int:
        """Make a release on the forge, as a person does; return its number."""
        url = f"{self.forge.url}/repos/{OWNER}/{NAME}/releases"
        headers = {"Authorization": f"token {TOKEN}"}
        data = {"tag_name": tag, "draft": True, "prerelease": prerelease}
        number = requests.post(url, json=data, headers=headers, timeout=5).json()["id"]
        for name, content in (assets or {}).items():
            kind = headers | {"Content-Type": "application/octet-stream"}
            requests.post(f"{url}/{number}/assets?name={name}", data=content, headers=kind, timeout=5)
        if not draft:
            requests.patch(f"{url}/{number}", json={"draft": False}, headers=headers, timeout=5)
        return int(number)

    def ran(
        self,
        tag: str,
        stopped: str | None = None,
        *,
        ago: timedelta = timedelta(hours=1),
        status: str = "completed",
        number: int = 7,
    ) -> RunRecord:
        """Tell the forge of a run of the release workflow: which job failed (None: all succeeded), and how long ago."""
        at = len(JOBS) if stopped is None else JOBS.index(stopped)
        moment = datetime.now(UTC) - ago
        over = status == "completed"
        jobs = [JobRecord(name, "completed", "success", 1, moment, moment) for name in JOBS[:at]]
        if stopped is not None:
            jobs.append(JobRecord(stopped, status, "failure" if over else None, 1, moment, moment if over else None))
            later = JOBS[at + 1 :] if over else ()
            jobs += [JobRecord(name, "completed", "skipped", 1, moment, moment) for name in later]
        conclusion = None if not over else "success" if stopped is None else "failure"
        run = RunRecord(
            number, "release.yml", "Release", tag, "0" * 40, status, conclusion, 1, moment, moment, tuple(jobs)
        )
        self.forge.runs.put(run)
        return run


def variables(index: Index, forge: Forge) -> dict[str, str]:
    """Return what tells castoff to ask these."""
    return {"CASTOFF_INDEX_URL": index.simple_url, "GITHUB_API_URL": forge.url, "GITHUB_TOKEN": TOKEN}


@contextmanager
def services(folder: Path) -> Generator[tuple[Index, Forge]]:
    """Start an index and a forge that know nothing yet."""
    with (
        Issuer() as issuer,
        Index(folder / "index", [], issuer.verify) as index,
        Forge(folder / "forge", f"{OWNER}/{NAME}") as forge,
    ):
        forge.grant(TOKEN, {"contents": "write", "actions": "write"})
        yield index, forge


@contextmanager
def outside(repo: Repository, folder: Path) -> Generator[Outside]:
    """Start the services, and let the project's remote be at GitHub by its address."""
    folder.mkdir(exist_ok=True)
    repo.git("remote", "set-url", "origin", f"{PAGE}.git")
    repo.git("config", f"url.{repo.remote}.insteadOf", f"{PAGE}.git")
    with services(folder) as (index, forge):
        yield Outside(repo, folder, index, forge)
