"""What a verb loads before it does its work: each verb starts with no more than it needs."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import CASTOFF, Repository
from tests.world import FILES, World

YAML = "invoke.vendor.yaml.reader"
HEAVY = ("build", "cryptography", "requests", "rich", "sigstore", "tomlkit", "twine", "yaml")


def loaded(repo: Repository, *args: str) -> set[str]:
    """Run the `castoff` script to its good end, and return the modules that it has loaded."""
    argv = [sys.executable, "-X", "importtime", str(CASTOFF), *args]
    ended = subprocess.run(argv, cwd=repo.root, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def test_check_tag_loads_nothing_that_another_verb_needs(repo: Repository) -> None:
    repo.git("tag", "--annotate", "--message", "0.1.0", "v0.1.0")
    modules = loaded(repo, "check-tag", "--tag", "v0.1.0")
    assert "castoff.flows.check_tag" in modules
    assert modules & {*HEAVY, "castoff.core.release", "castoff.core.bumping"} == set()


def test_bump_needs_tomlkit_and_no_other_library_of_that_size(repo: Repository) -> None:
    modules = loaded(repo, "bump", "--version", "0.2.0")
    assert modules & {*HEAVY, "castoff.core.release"} == {"tomlkit"}


@pytest.mark.parametrize("there", [False, True])
def test_yaml_is_loaded_only_where_invoke_finds_a_configuration_in_it(
    repo: Repository, isolated: Path, there: bool
) -> None:
    if there:
        (isolated / ".invoke.yaml").write_text("run:\n  echo: false\n")
    assert (YAML in loaded(repo, "bump", "--version", "0.2.0")) == there


def test_status_reads_an_index_without_loading_what_its_library_has_for_css(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(repo, tmp_path)
    world.tag()
    world.release()
    for name in FILES:
        world.upload(name)
    with world.serving() as serving:
        for name, value in serving.variables.items():
            monkeypatch.setenv(name, value)
        modules = loaded(repo, "status", "--version", "0.1.1")
    assert {"pypi_simple", "soupsieve.css_parser"} & modules == {"pypi_simple"}


def test_ctrl_c_while_castoff_is_loaded_ends_it_without_a_word() -> None:
    """Nothing was done yet, and a traceback of Python's imports would tell nobody anything."""
    interrupted = """
import os, signal, sys
class Finder:
    @staticmethod
    def find_spec(name, path, target=None):
        if name == "castoff.program":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder)
from castoff.cli import main
main()
"""
    ended = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")
