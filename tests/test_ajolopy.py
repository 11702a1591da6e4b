"""A real package that we did not write goes from 0.1.8 to 0.1.9 and to 0.2.0-rc1, through `make release`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rehearsing import once
from tests.repository import Ran, Repository

HERE = Path(__file__).parent.parent
NAME, VERSION = "ajolopy", "0.1.8"


@pytest.fixture
def ajolopy(tmp_path: Path, shared: Path) -> Repository:
    """Return the sources of ajolopy 0.1.8 from PyPI as a repository with a bare remote and castoff's front end."""
    repo = Repository(tmp_path / "work", tmp_path / "remote.git")
    shutil.copytree(once(shared, "ajolopy", download) / "sources", repo.root)
    for file in ("Makefile", "tasks.py", "requirements.txt"):
        shutil.copy(HERE / file, repo.root / file)
    subprocess.run(["git", "init", "--quiet", "--bare", str(repo.remote)], check=True)
    repo.git("init", "--quiet")
    repo.git("remote", "add", "origin", str(repo.remote))
    (repo.root / ".git" / "info" / "exclude").write_text(".venv/\ndist/\ndist-manifest.json\n__pycache__/\n")
    repo.commit("ajolopy 0.1.8, as it is on PyPI")
    repo.git("push", "--quiet", "--set-upstream", "origin", "main")
    let_make_find_an_environment(repo)
    return repo


def download(folder: Path) -> None:
    """Fetch the sdist, and unpack it as `sources`."""
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", NAME, "--dest", str(folder)]
    argv += ["--ignore-requires-python", f"{NAME}=={VERSION}"]
    got = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert got.returncode == 0, got.stderr
    # not by tarfile: its filters came with Python 3.11.4, and without one it warns since 3.12
    subprocess.run(["tar", "-xzf", next(folder.glob("*.tar.gz")), "-C", folder], check=True)
    (folder / f"{NAME}-{VERSION}").rename(folder / "sources")
    (folder / "sources" / "PKG-INFO").unlink()


def let_make_find_an_environment(repo: Repository) -> None:
    """Let `make` find an environment that is ready: the one that runs this test."""
    programs = repo.root / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "invoke").symlink_to(Path(sys.executable).parent / "invoke")
    made = time.time() + 24 * 3600  # after every file, also those that a bump writes
    for stamp in (".locked", ".ready"):
        (programs.parent / stamp).touch()
        os.utime(programs.parent / stamp, (made, made))


def make(repo: Repository, *args: str) -> Ran:
    """Type `make ...` in the repository."""
    ran = subprocess.run(["make", *args], cwd=repo.root, capture_output=True, text=True, check=False, timeout=300)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.e2e
def test_ajolopy_is_released_twice_through_make(ajolopy: Repository) -> None:
    places = ("pyproject.toml", "src/ajolopy/__init__.py")
    for wanted, normal, tag in (("0.1.9", "0.1.9", "v0.1.9"), ("0.2.0-rc1", "0.2.0rc1", "v0.2.0-rc1")):
        cut = make(ajolopy, "release", f"VERSION={wanted}")
        assert cut.code == 0, cut.all
        merged = ajolopy.merge(f"chore/release-{normal}", "squash" if "rc" in tag else "merge")
        tagged = make(ajolopy, "release", f"VERSION={wanted}")
        assert tagged.code == 0, tagged.all
        assert ajolopy.on_remote()[f"refs/tags/{tag}^{{}}"] == merged

        ajolopy.git("pull", "--quiet")
        changed = ajolopy.git("diff", "--numstat", "HEAD~1", "HEAD").splitlines()
        assert sorted(line.split("\t") for line in changed) == [["1", "1", file] for file in places]
        for step in ("build", "check-tag", "twine-check"):
            ran = make(ajolopy, step)
            assert ran.code == 0, ran.all
        built = sorted(path.name for path in (ajolopy.root / "dist").iterdir())
        assert built == [f"ajolopy-{normal}-py3-none-any.whl", f"ajolopy-{normal}.tar.gz"]
        if sys.version_info < (3, 14):
            assert "requires Python >=3.14" in ran.out, "what could not be tried is said"


@pytest.mark.e2e
def test_the_release_of_ajolopy_is_rehearsed_with_the_checks_that_can_run_here(ajolopy: Repository) -> None:
    """Its own jobs and its own sources; of its checks the one that needs none of what Python 3.14 brings."""
    castoff = Path(sys.executable).parent / "castoff"
    ajolopy.write("Makefile", f"preflight twine-check:\n\t@{castoff} $@\n")
    shutil.copytree(HERE / ".github" / "workflows", ajolopy.root / ".github" / "workflows", dirs_exist_ok=True)
    checks = '\n[tool.castoff.checks]\nlint = ["ruff", "check", "--select", "E9", "src"]\n'
    ajolopy.write("pyproject.toml", ajolopy.read("pyproject.toml") + checks)
    ajolopy.commit("let castoff release it")
    ran = ajolopy.castoff("rehearse", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["verdict"] == "this tag would have released 0.1.9"
    assert [job["outcome"] for job in told["jobs"]] == ["success"] * 5
    assert len(told["releases"][0]["assets"]) == 6, "sdist, wheel and SBOM, each with its bundle"
    if sys.version_info < (3, 14):
        assert "not tried: it requires Python >=3.14" in str(told["findings"])
