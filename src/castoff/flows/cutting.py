"""The maintainer's part of a rehearsal: the remote, the release as it is cut in earnest, and what a fault spoils."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import tomlkit

from castoff.adapters import process
from castoff.adapters.files import Folder
from castoff.core import versions
from castoff.core.errors import refuse
from castoff.core.faults import Fault
from castoff.core.project import import_packages, read_project
from castoff.core.release import untag
from castoff.core.toml_text import get
from castoff.core.versions import parse_new
from castoff.flows.scratch import MAIN, Scratch, State

_BROKEN_TEXT = "Title\n==\n\n.. no-such-directive:: |\n\n`broken <\n"


def make_remote(scratch: Scratch, source: Path, commit: str) -> None:
    """Make the bare remote, whose main is `commit` of the repository at `source`, and the maintainer's clone of it."""
    scratch.git("clone", "--quiet", "--bare", "--no-local", str(source), str(scratch.remote))
    scratch.git("remote", "remove", "origin", folder=scratch.remote)
    scratch.git("update-ref", f"refs/heads/{MAIN}", commit, folder=scratch.remote)
    scratch.git("symbolic-ref", "HEAD", f"refs/heads/{MAIN}", folder=scratch.remote)
    scratch.git("clone", "--quiet", "--branch", MAIN, str(scratch.remote), str(scratch.work))


def cut(scratch: Scratch, version: str, fault: Fault | None) -> None:
    """Cut the release: bump on a branch, merge by a merge commit, tag, push. A fault in the sources goes in first."""
    tag = versions.tag_name(parse_new(version))
    if fault and fault.in_sources:
        _change_main(scratch, partial(_spoil, fault))
    if fault and fault.name == "tag-mismatch":
        scratch.git("pull", "--quiet", folder=scratch.work)
        scratch.git("tag", "--annotate", "--message", version, tag, folder=scratch.work)
        scratch.git("push", "--quiet", "origin", f"refs/tags/{tag}", folder=scratch.work)
        return
    scratch.git("pull", "--quiet", "--ff-only", folder=scratch.work)
    _release(scratch, version)
    branch = versions.bump_branch(parse_new(version))
    if f"refs/heads/{branch}" in scratch.git("for-each-ref", "--format=%(refname)", folder=scratch.remote).split():
        merged = scratch.git("branch", "--list", branch, "--merged", MAIN, folder=scratch.remote)
        if not merged:
            _merge(scratch, branch)
            _release(scratch, version)


def recut(scratch: Scratch, state: State, fault: Fault) -> None:
    """Do what the maintainer does after a fault in the sources: mend main, delete the tag, and release again."""
    if fault.name != "tag-mismatch":
        text = scratch.git("show", f"{state.commit}:pyproject.toml", folder=scratch.remote)
        before = get(tomllib.loads(text), "project", "readme")
        _change_main(scratch, partial(_mend, fault, before))
    for command in untag("origin", state.tag):
        scratch.git(*command.split()[1:], folder=scratch.work)
    cut(scratch, state.version, None)


def _release(scratch: Scratch, version: str) -> None:
    """Type `castoff release` in the maintainer's clone."""
    argv = [sys.executable, "-m", "castoff", "release", "--version", version]
    process.run_sealed(argv, cwd=scratch.work, env=scratch.environment())


def _merge(scratch: Scratch, branch: str) -> None:
    """Merge the bump branch into main by a merge commit, as the button of a pull request does."""
    folder = scratch.root / "forge-clone"
    scratch.git("clone", "--quiet", "--branch", MAIN, str(scratch.remote), str(folder))
    scratch.git("merge", "--quiet", "--no-ff", "--message", f"Merge {branch}", f"origin/{branch}", folder=folder)
    scratch.git("push", "--quiet", "origin", MAIN, folder=folder)
    shutil.rmtree(folder)


def _change_main(scratch: Scratch, change: Callable[[Path], None]) -> None:
    """Commit a change to main on the remote, as a colleague's merged work."""
    folder = scratch.root / "colleague"
    scratch.git("clone", "--quiet", "--branch", MAIN, str(scratch.remote), str(folder))
    change(folder)
    scratch.git("add", "--all", folder=folder)
    scratch.git("commit", "--quiet", "--allow-empty", "--message", "a change for the rehearsal", folder=folder)
    scratch.git("push", "--quiet", "origin", MAIN, folder=folder)
    shutil.rmtree(folder)


_SPOILT_LINES = {
    "type-error": '\n_spoilt: int = "no number"\n',
    "import-fails": '\nif "site-packages" in __file__:\n    raise ImportError("broken where it is installed")\n',
}
"""What is added to the import package."""
_SPOILT_TEST = Path("tests") / "test_spoilt_for_the_rehearsal.py"


def _spoil(fault: Fault, folder: Path) -> None:
    """Change the sources so that the fault shows."""
    if fault.name in _SPOILT_LINES:
        package = _package(folder)
        text = package.read_text(encoding="utf-8")
        package.write_text(text + _SPOILT_LINES[fault.name], encoding="utf-8")
    elif fault.name == "failing-test":
        (folder / _SPOILT_TEST).parent.mkdir(exist_ok=True)
        (folder / _SPOILT_TEST).write_text(
            'def test_that_fails() -> None:\n    """It fails."""\n    raise AssertionError\n'
        )
    elif fault.name == "metadata-not-rendering":
        _set_readme(folder, {"text": _BROKEN_TEXT, "content-type": "text/x-rst"})


def _mend(fault: Fault, before: object, folder: Path) -> None:
    """Take that back; `before` is what `[project].readme` was."""
    if fault.name in _SPOILT_LINES:
        package = _package(folder)
        text = package.read_text(encoding="utf-8")
        package.write_text(text.replace(_SPOILT_LINES[fault.name], ""), encoding="utf-8")
    elif fault.name == "failing-test":
        (folder / _SPOILT_TEST).unlink(missing_ok=True)
    elif fault.name == "metadata-not-rendering":
        _set_readme(folder, before)


def _package(folder: Path) -> Path:
    packages = import_packages(read_project(Folder(folder)))
    if not packages:
        raise refuse("this fault needs an import package, and none is found")
    return folder / packages[0]


def _set_readme(folder: Path, readme: object) -> None:
    """Set `[project].readme`, or take it away (None)."""
    pyproject = folder / "pyproject.toml"
    document = tomlkit.parse(pyproject.read_text(encoding="utf-8"))
    if "project" not in document:
        raise refuse("this fault needs a [project] table")
    table = cast("dict[str, object]", document["project"])
    table.pop("readme", None)
    if readme is not None:
        table["readme"] = readme
    pyproject.write_text(document.as_string(), encoding="utf-8")
