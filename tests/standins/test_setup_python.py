"""A Python for one job, from those on the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from castoff.standins.setup_python import fits
from tests.standins.theatre import Job

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
_WHO = "import json, sys, importlib.util as u; print(json.dumps([sys.prefix, u.find_spec('castoff') is None]))"


def front_end(folder: Path, name: str, version: str) -> None:
    """Write a program that answers as a Python of `version` does, and is one for the rest."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *python_version*) exec {sys.executable} -c \''
        "import json, sys, sysconfig, ensurepip; "
        f'print(json.dumps([sys.argv[1], "CPython", "{version}", '
        'sysconfig.get_config_var("WHEEL_PKG_DIR") or ensurepip.__path__[0] + "/_bundled"]))\' "$0";; '
        f'*) exec {sys.executable} "$@";; esac\n'
    )
    program.chmod(0o755)


def test_the_job_gets_python_and_pip_of_its_own_at_the_front_of_path(job: Job) -> None:
    ended = job.passes("setup_python", {"python-version": HERE})
    (front,) = ended.path
    assert Version(ended.outputs["python-version"]).release[:2] == sys.version_info[:2]
    assert ended.outputs["python-path"] == f"{front}/python"
    assert ended.exported["pythonLocation"] == str(Path(front).parent)
    assert Path(front).is_relative_to(job.temp)
    assert f"Successfully set up CPython ({ended.outputs['python-version']})" in ended.log
    for name in ("python", "python3", f"python{HERE}"):
        prefix, bare = json.loads(subprocess.check_output([f"{front}/{name}", "-c", _WHO], text=True))
        assert prefix == str(Path(front).parent)
        assert bare, "what is installed beside castoff is not there"
    for name in ("pip", "pip3", f"pip{HERE}"):
        assert str(Path(front).parent) in subprocess.check_output([f"{front}/{name}", "--version"], text=True)


def test_what_one_job_installs_another_does_not_have(job: Job, tmp_path: Path) -> None:
    other = Job(tmp_path / "other", job.stage)
    first, second = (each.passes("setup_python", {"python-version": HERE}).path[0] for each in (job, other))
    (package,) = Path(first).parent.glob("lib/python*/site-packages")
    (package / "spam.py").write_text("")
    assert subprocess.run([f"{first}/python", "-c", "import spam"], check=False).returncode == 0
    missing = subprocess.run([f"{second}/python", "-c", "import spam"], check=False, capture_output=True)
    assert missing.returncode == 1


def test_pip_installs_into_it(job: Job) -> None:
    front = job.passes("setup_python", {"python-version": HERE}).path[0]
    project = job.workspace / "project"
    project.mkdir()
    (project / "spam-1.0.dist-info").mkdir()
    listed = subprocess.check_output(
        [f"{front}/pip", "list", "--format=json", "--disable-pip-version-check"], text=True
    )
    assert [package["name"] for package in json.loads(listed)] == ["pip"]


def test_a_python_on_path_is_taken_by_what_it_says_not_by_its_name(job: Job, tmp_path: Path) -> None:
    front_end(tmp_path / "bin", "python3.77", "3.77.2")
    front_end(tmp_path / "bin", "python3.78", "3.79.0")
    job.env["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ended = job.passes("setup_python", {"python-version": "3.77"})
    assert ended.outputs["python-version"] == "3.77.2"
    assert "::notice" not in ended.log
    assert "title=Another Python" in job.passes("setup_python", {"python-version": "3.78"}).log
    assert job.passes("setup_python", {"python-version": ">=3.70 <3.78"}).outputs["python-version"] == "3.77.2"
    assert job.passes("setup_python", {"python-version": "3.x"}).outputs["python-version"] == "3.79.0"


def test_a_version_that_is_not_there_is_said_plainly_and_the_rehearsal_goes_on(job: Job) -> None:
    ended = job.passes("setup_python", {"python-version": "3.99"})
    version = ended.outputs["python-version"]
    words = f"Python 3.99 is not on this machine: the rehearsal goes on with Python {version}"
    assert f"::notice title=Another Python::{words}" in ended.log
    assert len(ended.path) == 1


def test_of_several_versions_the_last_one_comes_first_on_path(job: Job, tmp_path: Path) -> None:
    front_end(tmp_path / "bin", "python3.77", "3.77.2")
    job.env["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ended = job.passes("setup_python", {"python-version": f"{HERE}\n3.77"})
    assert len(ended.path) == 2
    assert ended.outputs["python-version"] == "3.77.2"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".python-version", f"# ours\n{HERE}\n"),
        ("pyproject.toml", f'[project]\nname = "spam"\nrequires-python = ">={HERE}"\n'),
    ],
)
def test_the_version_can_come_from_a_file(job: Job, file: str, text: str) -> None:
    job.write(file, text)
    ended = job.passes("setup_python", {"python-version-file": "" if file.startswith(".") else file})
    assert Version(ended.outputs["python-version"]) >= Version(HERE)


def test_without_any_version_the_python_on_path_stays(job: Job) -> None:
    ended = job.passes("setup_python")
    assert "The `python-version` input is not set." in ended.log
    assert ended.path == ()
    missing = job.fails("setup_python", {"python-version-file": "none"})
    assert missing.error == "The specified python version file at: none doesn't exist."


def test_the_environment_stays_as_it_is_when_that_is_asked_for(job: Job) -> None:
    ended = job.passes("setup_python", {"python-version": HERE, "update-environment": "false"})
    assert (ended.path, ended.exported) == ((), {})
    assert Path(ended.outputs["python-path"]).exists()


@pytest.mark.parametrize(
    ("wanted", "version", "expected"),
    [
        ("3.13", "3.13.1", True),
        ("3.13", "3.12.9", False),
        ("3.1", "3.13.0", False),
        ("3", "3.13.0", True),
        ("3.13.1", "3.13.1", True),
        ("3.13.1", "3.13.2", False),
        ("3.x", "3.14.0", True),
        ("3.13.x", "3.13.7", True),
        ("x", "3.13.0", True),
        (">=3.11", "3.12.0", True),
        (">=3.11 <3.12", "3.12.0", False),
        (">=3.11,<3.14", "3.12.0", True),
        ("~3.12.1", "3.12.5", True),
        ("~3.12", "3.13.0", False),
        ("^3.11", "3.13.0", True),
        ("3.11 - 3.12", "3.12.4", True),
        ("3.11 - 3.12", "3.13.0", False),
        ("3.9 || >=3.13", "3.13.0", False),
        ("pypy3.10", "3.10.0", False),
        ("nonsense", "3.13.0", False),
    ],
)
def test_versions_are_compared_as_the_action_does(wanted: str, version: str, expected: bool) -> None:
    assert fits(Version(version), wanted) is expected
