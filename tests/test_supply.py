"""What our own release rests on: locked requirements, builds that can be repeated, a threat model that names tests."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_every_package_that_the_pipeline_installs_is_locked_by_digest() -> None:
    """One version and one digest at least for each, and make installs nothing but from there, hashes required."""
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", (ROOT / "requirements.txt").read_text()).strip())
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    makefile = (ROOT / "Makefile").read_text()
    installs = [
        line for line in makefile.replace("\\\n", " ").splitlines() if re.search(r"pip install|\$\(PIP\)", line)
    ]
    from_lock = [line for line in installs if "-r " in line]
    assert from_lock
    assert all("--require-hashes" in line for line in from_lock)
    others = [line for line in installs if line not in from_lock and not line.startswith("override PIP")]
    assert all("--no-deps" in line and "--editable ." in line for line in others), "castoff itself, and nothing with it"


def copied(folder: Path) -> Path:
    """Copy what is in the repository (not what lies about) into a folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.decode()
    names = [name for name in listed.split("\0") if name]
    if not names:
        pytest.skip("the repository's list of files is asked from git")
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def built(project: Path, out: Path, **env: str) -> dict[str, str]:
    """Build sdist and wheel of ourselves, and return their digests."""
    argv = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(project)]
    whole = {**os.environ, "SOURCE_DATE_EPOCH": "1767323045", **env}
    ran = subprocess.run(argv, env=whole, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}


@pytest.mark.e2e
def test_our_own_files_built_twice_in_other_folders_clocks_zones_locales_and_umasks_are_the_same_bytes(
    tmp_path: Path,
) -> None:
    """And the wheel holds every file that is data: types, stand-ins, templates."""
    first = built(copied(tmp_path / "one"), tmp_path / "out1", TZ="UTC", LC_ALL="C")
    before = os.umask(0o077)
    try:
        other = copied(tmp_path / "another folder, é")
        for path in other.rglob("*"):
            os.utime(path, (1, 10**9))
        second = built(other, tmp_path / "out2", TZ="Asia/Kolkata", LC_ALL="C.UTF-8")
    finally:
        os.umask(before)
    assert first == second
    wheel = next((tmp_path / "out1").glob("*.whl"))
    held = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    listed = {path.relative_to(source).as_posix() for path in (source / "castoff").rglob("*") if path.is_file()}
    wanted = {name for name in listed if "__pycache__" not in name}
    assert "castoff/py.typed" in wanted
    assert any(name.endswith("action.yml") for name in wanted)
    assert wanted <= held


def test_each_test_that_the_threat_model_names_exists() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page)
    assert len(named) > 15
    for file, test in named:
        path = ROOT / file
        assert path.is_file(), file
        functions = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
        assert not test or test in functions, f"{file}::{test}"
