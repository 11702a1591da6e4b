"""Projects of six build backends that have nothing of castoff's yet, and a wheel of castoff to adopt them with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any, cast

from castoff import __version__
from castoff.adapters.console import Console
from castoff.adapters.environment import read_environment
from castoff.core.errors import CastoffError
from castoff.flows.checkout import Checkout
from castoff.flows.init import Options
from castoff.flows.init import init as flow
from tests.rehearsing import once
from tests.repository import Ran, Repository

ROOT = Path(__file__).parent.parent
GITHUB = "https://github.com/somebody/sample-x"
FILES = (
    *(".github/dependabot.yml", ".github/workflows/release.yml", ".gitignore", "Makefile", "RELEASING.md"),
    *("pyproject.toml", "requirements-release.in", "tasks.py"),
)
"""What init writes, but for the lock."""

PROJECT = """\
[build-system]
requires = ["{requires}"]
build-backend = "{backend}"

[project]
name = "sample-x"
version = "0.1.0"  # kept
description = "A sample."
readme = "README.md"
requires-python = ">=3.9"

[dependency-groups]
dev = ["pytest>=8", "ruff"]
docs = ["sphinx"]
"""
POETRY = """\
[build-system]
requires = ["poetry-core>=1.9"]
build-backend = "poetry.core.masonry.api"

[tool.poetry]
name = "sample-x"
version = "0.1.0"  # kept
description = "A sample."
authors = ["A Maintainer <maintainer@example.com>"]
readme = "README.md"
packages = [{ include = "sample_x"FROM }]

[tool.poetry.dependencies]
python = "^3.9"

[tool.poetry.group.dev.dependencies]
pytest = "^8.0"
ruff = "*"
"""
BACKENDS = {
    "hatchling": ("hatchling.build", "hatchling", ""),
    "setuptools": ("setuptools.build_meta", "setuptools>=77", ""),
    "flit": ("flit_core.buildapi", "flit_core>=3.11", ""),
    "poetry": ("poetry.core.masonry.api", "poetry-core>=1.9", ""),
    "pdm": ("pdm.backend", "pdm-backend", ""),
    "uv": ("uv_build", "uv_build>=0.8", '\n[tool.uv.build-backend]\nmodule-root = "{root}"\n'),
}
"""By the name of each: the backend, its requirement, and what it must be told of the layout."""
LAYOUTS = {"src": "src", "flat": ""}


def pyproject(backend: str, layout: str) -> str:
    """Return the pyproject.toml of a project with that backend and layout."""
    root = LAYOUTS[layout]
    if backend == "poetry":
        return POETRY.replace("FROM", f', from = "{root}"' if root else "")
    module, requires, more = BACKENDS[backend]
    return PROJECT.format(requires=requires, backend=module) + more.format(root=root)


def project(folder: Path, backend: str = "hatchling", layout: str = "src") -> Repository:
    """Make a project, committed and pushed to a bare remote that looks like one on GitHub."""
    package = f"{'src/' if layout == 'src' else ''}sample_x"
    return plain(
        folder,
        {
            "pyproject.toml": pyproject(backend, layout),
            "README.md": "# sample-x\n\nText.\n",
            f"{package}/__init__.py": '"""A sample."""\n\n__version__ = "0.1.0"\n',
            "tests/test_sample.py": "import sample_x\n\n\ndef test_adds() -> None:\n    assert sample_x.__version__\n",
        },
    )


def plain(folder: Path, files: Mapping[str, str], url: str = GITHUB) -> Repository:
    """Make a project of these files; git takes its bare remote for `url`."""
    repo = Repository(folder / "work", folder / "remote.git")
    repo.root.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare", str(repo.remote)], check=True)
    repo.git("init", "--quiet")
    repo.git("remote", "add", "origin", url)
    repo.git("config", f"url.{repo.remote}.insteadOf", url)
    for file, text in files.items():
        repo.write(file, text)
    repo.commit("start")
    repo.git("push", "--quiet", "--set-upstream", "origin", "main")
    return repo


def init(repo: Repository, *flags: str) -> Ran:
    """Run init as the task does, in this process: a new one for each would take longer than all that init does."""
    environment = read_environment({})
    console = Console(environment, as_json="--json" in flags, out=(out := StringIO()), err=(err := StringIO()))
    options = Options(
        castoff=__version__,
        dry_run="--dry-run" in flags,
        replace_workflow="--replace-workflow" in flags,
        wheels="--wheels" in flags,
        lock="--no-lock" not in flags,
    )
    code = 0
    try:
        flow(Checkout(repo.root, environment, console), options)
    except CastoffError as error:
        console.failure("init", error)
        code = error.exit_code
    return Ran(code, out.getvalue(), err.getvalue())


def planned(repo: Repository, *flags: str) -> dict[str, Any]:
    """Return what `castoff init --dry-run --json` tells; asserts that it changes nothing."""
    before = contents(repo)
    ran = init(repo, "--dry-run", "--no-lock", "--json", *flags)
    assert ran.code == 0, ran.err
    assert contents(repo) == before
    return cast("dict[str, Any]", json.loads(ran.out))


def adopted(repo: Repository, *flags: str) -> Ran:
    """Run init without the lock, and assert that it went well and that a second run changes nothing."""
    ran = init(repo, "--no-lock", *flags)
    assert ran.code == 0, ran.err
    before = contents(repo)
    again = init(repo, "--no-lock", *flags)
    assert again.code == 0, again.err
    assert contents(repo) == before
    assert "is adopted already" in again.out
    return ran


def contents(repo: Repository) -> dict[str, bytes]:
    """Return all files with their bytes, but for git's own."""
    paths = (
        path for path in repo.root.rglob("*") if path.is_file() and ".git" not in path.relative_to(repo.root).parts
    )
    return {path.relative_to(repo.root).as_posix(): path.read_bytes() for path in paths}


def links(shared: Path) -> dict[str, str]:
    """Return variables with which pip and uv find a wheel of this checkout, as they find castoff on PyPI one day."""

    def build(folder: Path) -> None:
        argv = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)]
        subprocess.run(argv, check=True, capture_output=True, timeout=120)

    wheels = once(shared, "wheels-of-castoff", build)
    return {"UV_FIND_LINKS": str(wheels), "PIP_FIND_LINKS": str(wheels)}
