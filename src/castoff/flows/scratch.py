"""The scratch folder of a rehearsal: a bare remote, a clone of it, and an environment sealed off from the caller's.

Nothing in here can reach the real remote or read the caller's credentials: the environment is rebuilt from an
allow-list, HOME and git's configuration are the scratch folder's own, and the clones know no other remote.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from castoff.adapters import process
from castoff.core.errors import refuse
from castoff.core.toml_text import get, get_text, get_texts

MAIN = "main"
PREFIX = "castoff-rehearsal-"

_HANDED_ON = (
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
)
"""Variables of the caller's that a step may see: language, certificates, and the way to the network."""
_FOLDERS = ("PIP_FIND_LINKS", "UV_FIND_LINKS")
"""Variables that a step may see where they name nothing but folders of this machine: packages beside the index."""
_GIT_CONFIG = """\
[user]
\tname = castoff rehearsal
\temail = rehearsal@localhost
[init]
\tdefaultBranch = main
[credential]
\thelper =
[advice]
\tdetachedHead = false
[gc]
\tauto = 0
"""


@dataclass(frozen=True, slots=True)
class State:
    """What a later process must know to go on with a rehearsal: how far it came."""

    project: str
    version: str
    tag: str
    commit: str
    """The commit of main that the rehearsal started from."""
    fault: str | None
    attempt: int
    done: tuple[str, ...]
    """The jobs that have succeeded."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """The folder, and what stands in it."""

    root: Path

    @classmethod
    def make(cls) -> Scratch:
        """Make a new scratch folder."""
        made = cls(Path(tempfile.mkdtemp(prefix=PREFIX)).resolve())
        try:
            made._furnish()
        except BaseException:
            made.remove()
            raise
        return made

    def _furnish(self) -> None:
        for folder in (self.home, self.shim, self.running, self.artifacts, self.jobs, self.temporary):
            folder.mkdir()
        (self.home / ".gitconfig").write_text(_GIT_CONFIG, encoding="utf-8")
        self.nothing.touch()
        self.secrets.touch(mode=0o600)

    @classmethod
    def resume(cls, root: Path) -> Scratch:
        """Return the scratch folder that an earlier rehearsal has kept; raises CastoffError when it is none."""
        kept = cls(root.resolve())
        if not kept.state_file.is_file():
            raise refuse(f"{root} is not the scratch folder of a rehearsal", "castoff rehearse --keep")
        return kept

    @property
    def remote(self) -> Path:
        """The bare repository in the place of GitHub's."""
        return self.root / "remote.git"

    @property
    def work(self) -> Path:
        """The maintainer's clone."""
        return self.root / "work"

    @property
    def run(self) -> Path:
        """The clone of the tag from which the workflow is read."""
        return self.root / "run"

    @property
    def home(self) -> Path:
        """The maintainer's home."""
        return self.root / "home"

    @property
    def jobs(self) -> Path:
        """A home for each job."""
        return self.root / "jobs"

    @property
    def shim(self) -> Path:
        """What stands on PATH before everything else."""
        return self.root / "shim"

    @property
    def running(self) -> Path:
        """A file for each step that runs now."""
        return self.root / "running"

    @property
    def temporary(self) -> Path:
        """What the steps take for the system's folder of temporary files."""
        return self.root / "temporary"

    @property
    def artifacts(self) -> Path:
        """What the jobs hand on."""
        return self.root / "artifacts"

    @property
    def nothing(self) -> Path:
        """An empty file."""
        return self.root / "nothing"

    @property
    def secrets(self) -> Path:
        """The workflow's secrets: only the token that every job gets."""
        return self.root / "secrets"

    @property
    def state_file(self) -> Path:
        """How far the rehearsal came."""
        return self.root / "state.json"

    def save(self, state: State) -> None:
        """Note how far the rehearsal came."""
        self.state_file.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")

    def load(self) -> State:
        """Return how far the rehearsal came; raises CastoffError when the note cannot be read."""
        try:
            data: object = json.loads(self.state_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise refuse(f"{self.state_file} cannot be read") from None
        texts = [get_text(data, key) for key in ("project", "version", "tag", "commit")]
        project, version, tag, commit = (text or "" for text in texts)
        attempt = get(data, "attempt")
        if not all(texts) or type(attempt) is not int:
            raise refuse(f"{self.state_file} is not the note of a rehearsal")
        return State(project, version, tag, commit, get_text(data, "fault"), attempt, tuple(get_texts(data, "done")))

    def remove(self) -> None:
        """Remove the folder, read-only files and all."""
        shutil.rmtree(self.root, ignore_errors=True)

    def environment(self, extra: Mapping[str, str] | None = None, *, offline: bool = False) -> dict[str, str]:
        """Return the sealed environment: the allow-list, the scratch home, and `extra`."""
        sealed = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        sealed["PATH"] = os.pathsep.join([str(self.shim), *_programs()])
        sealed |= {
            **process.CERTIFICATES,
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "file",  # whatever a clone is told, it can speak to no other machine
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "PIP_CACHE_DIR": _cache("PIP_CACHE_DIR", "pip"),
            "UV_CACHE_DIR": _cache("UV_CACHE_DIR", "uv"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        sealed |= {name: os.environ[name] for name in _FOLDERS if _is_local(os.environ.get(name, ""))}
        if offline:
            sealed |= {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "OFFLINE": "1"}
        return sealed | dict(extra or {})

    def git(self, *args: str, folder: Path | None = None) -> str:
        """Run git in the sealed environment and return what it prints."""
        return process.run_sealed(["git", *args], cwd=folder or self.root, env=self.environment()).stdout.strip()


def _programs() -> list[str]:
    """Return the folders of PATH, without that of castoff's own environment: a job finds what it has installed."""
    folders = (os.environ.get("PATH") or os.defpath).split(os.pathsep)
    own = Path(sys.executable).parent if sys.prefix != sys.base_prefix else None
    return [folder for folder in folders if own is None or Path(folder).resolve() != own.resolve()]


def _is_local(links: str) -> bool:
    """Whether all that is named (pip divides by spaces, uv by commas) are folders: an address may hold a password."""
    parts = [part for part in re.split(r"[\s,]+", links) if part]
    return bool(parts) and all(Path(part).is_absolute() and Path(part).is_dir() for part in parts)


def _cache(variable: str, name: str) -> str:
    """Return the folder in which the caller's downloads are kept: packages, and nothing of the caller's own."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return os.environ.get(variable) or str(Path(base) / name)
