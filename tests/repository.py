"""A project in a real git repository with a bare remote, and the verbs that tests need."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests import forked

CASTOFF = Path(sys.executable).parent / "castoff"

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sample"
version = "0.1.0"  # kept
description = "A sample."
readme = "README.md"
requires-python = ">=3.11"
dependencies = []

[tool.castoff.checks]
lint = ["python", "-c", "print('linted')"]
test = ["python", "-c", "print('tested')"]
"""
MODULE = '"""A sample.\n\n__version__ = "0.1.0"\n"""\n\nMIN_VERSION = "0.1.0"\n__version__ = "0.1.0"\n'


def _dates() -> tuple[str | None, ...]:
    return tuple(os.environ.get(f"GIT_{who}_DATE") for who in ("AUTHOR", "COMMITTER"))


@functools.cache
def _template(_dates: tuple[str | None, ...]) -> Path:
    """Return a folder in which git has made the project and its remote, for copies; with commits of these dates."""
    folder = Path(tempfile.mkdtemp(prefix="template-"))
    atexit.register(shutil.rmtree, folder)
    Repository.made_by_git(folder)
    return folder


@dataclass(frozen=True)
class Ran:
    """How castoff ended."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass(frozen=True)
class Repository:
    """A working repository at `root`, its bare remote at `remote`."""

    root: Path
    remote: Path

    @classmethod
    def create(cls, folder: Path, name: str = "work") -> Repository:
        """Make the project, committed and pushed to a new bare remote: a copy of one that git has made once."""
        made, template = cls(folder / name, folder / "remote.git"), _template(_dates())
        made.root.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(template / "work", made.root)
        shutil.copytree(template / "remote.git", made.remote)
        made.git("remote", "set-url", "origin", str(made.remote))
        made.git("update-index", "-q", "--refresh")
        return made

    @classmethod
    def made_by_git(cls, folder: Path) -> Repository:
        """Let git make it."""
        made = cls(folder / "work", folder / "remote.git")
        made.root.mkdir()
        for bare in (["--bare", str(made.remote)], []):
            made.git("init", "--quiet", "--initial-branch", "main", *bare)
        made.git("remote", "add", "origin", str(made.remote))
        made.write("pyproject.toml", PYPROJECT)
        made.write("README.md", "# sample\n\nText.\n")
        made.write("src/sample/__init__.py", MODULE)
        made.write(".gitignore", "dist/\ndist-manifest.json\n*.castoff-tmp\n")
        made.commit("start")
        made.git("push", "--quiet", "--set-upstream", "origin", "main")
        for sample in folder.rglob("hooks/*.sample"):
            sample.unlink()
        return made

    def another_clone(self, name: str) -> Repository:
        """Return a fresh clone of the remote, as a colleague has it."""
        subprocess.run(["git", "clone", "--quiet", str(self.remote), str(self.root.parent / name)], check=True)
        return Repository(self.root.parent / name, self.remote)

    def write(self, file: str, text: str) -> None:
        """Write a file, line ends as given."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def read(self, file: str) -> str:
        """Return a file's text, line ends as they are."""
        return (self.root / file).read_bytes().decode()

    def git(self, *args: str, check: bool = True) -> str:
        """Run git in the repository and return what it prints."""
        ran = subprocess.run(["git", *args], cwd=self.root, capture_output=True, text=True, check=False)
        assert ran.returncode == 0 or not check, ran.stderr
        return ran.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything and return the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def castoff(self, *args: str, **env: str) -> Ran:
        """Run castoff in the repository, as a person does."""
        argv = [str(CASTOFF), *args]
        ran = forked.run("castoff", argv, cwd=self.root, env={**os.environ, **env})
        assert "Traceback" not in ran.stderr, ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def release(self, version: str, *flags: str, **env: str) -> Ran:
        """Run `castoff release`."""
        return self.castoff("release", "--version", version, *flags, **env)

    def merge(self, branch: str, how: str = "merge") -> str:
        """Merge a pushed branch into main on the remote, as a pull request's button does; return main's commit."""
        forge = self.another_clone(f"forge-{branch.replace('/', '-')}-{how}")
        if how == "merge":
            forge.git("merge", "--quiet", "--no-ff", "--message", "Merge the pull request", f"origin/{branch}")
        elif how == "squash":
            forge.git("merge", "--quiet", "--squash", f"origin/{branch}")
            forge.git("commit", "--quiet", "--message", "Release it (#1)")
        else:
            forge.git("commit", "--quiet", "--allow-empty", "--message", "something else came first")
            forge.git("cherry-pick", "--allow-empty", f"origin/{branch}")
        forge.git("push", "--quiet", "origin", "main")
        return forge.git("rev-parse", "HEAD")

    def hook(self, name: str, script: str, *, remote: bool = False) -> Path:
        """Install a hook, here or on the remote, and return its file."""
        path = (self.remote if remote else self.root / ".git") / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def add_submodule(self, path: str, folder: Path) -> Repository:
        """Make a repository in `folder`, have it at `path` of what is pushed as main, and return it."""
        other = Repository.create(folder)
        self.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), path)
        self.commit("a submodule")
        self.git("push", "--quiet", "origin", "main")
        return other

    def on_remote(self) -> dict[str, str]:
        """Return the remote's refs and what they stand for."""
        listed = self.git("ls-remote", "origin").splitlines()
        return {ref: sha for sha, _, ref in (line.partition("\t") for line in listed) if ref != "HEAD"}

    def state(self) -> tuple[str, str, str, str]:
        """Return everything that a failed run has to leave as it was: HEAD, refs, changed files, the files' texts."""
        texts = self.read("pyproject.toml") + self.read("src/sample/__init__.py")
        refs = self.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags")
        return self.git("symbolic-ref", "HEAD"), refs, self.git("status", "--porcelain"), texts

    def version(self) -> str:
        """Return the version that the import package says."""
        return self.read("src/sample/__init__.py").rpartition('__version__ = "')[2].partition('"')[0]
