"""castoff's own files are what init would write for castoff: what others get is what it releases itself with."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from castoff import __version__
from castoff.adapters.files import Folder
from castoff.core.adopted import PAGE, WORKFLOW, whole_makefile, workflow_text
from castoff.core.adoption import Facts, values
from castoff.core.filling import fill, fill_lines
from castoff.core.pins import pinned
from castoff.core.places import find_places
from castoff.core.project import import_packages, read_project
from castoff.core.pythons import choose
from castoff.flows.init import templates

ROOT = Path(__file__).parent.parent
RENEW = ".venv/bin/python docs/renew_pins.py"
"""What brings new pins to the templates; CONTRIBUTING says so, too."""


def facts() -> Facts:
    """Return what init knows of castoff; its remote is not asked, for a clone may have any."""
    project = read_project(Folder(ROOT))
    python, minimum = choose(project)
    return Facts(
        name=str(project.name),
        backend=project.backend,
        packages=tuple(import_packages(project)),
        places=tuple(place.name for place in find_places(project).places),
        main="main",
        remote="origin",
        repository=None,
        environment=project.config.environment,
        checks=project.config.checks,
        python=python,
        minimum=minimum,
        wheels=False,
    )


def written() -> dict[str, str]:
    """Return what init would write for castoff."""
    known, told = facts(), templates()
    return {
        "Makefile": whole_makefile(known, told),
        "tasks.py": told["tasks.py.text"],
        WORKFLOW: workflow_text(known, told),
        PAGE: fill_lines(told["RELEASING.md"], values(known)),
        ".github/dependabot.yml": fill(told["dependabot.yml"], values(known)),
    }


@pytest.mark.parametrize("file", written())
def test_a_file_of_castoffs_own_is_byte_for_byte_what_init_writes(file: str) -> None:
    """Whoever changes one changes the other: the templates are in src/castoff/templates, and core/adoption.py."""
    same = (ROOT / file).read_bytes().decode() == written()[file]
    assert same, f"{file} is not what init writes. Where only pins are newer (a pull request of dependabot's): {RENEW}"


def test_only_the_names_of_lock_and_environment_are_castoffs_own() -> None:
    """There is no castoff to be installed first where castoff is what is installed."""
    own = facts()
    assert (own.lock, own.venv) == ("requirements.txt", ".venv")


NEW = "1" * 40
LIST = "src/castoff/core/pins.py"
PARTS = (Path(".github"), Path("src", "castoff", "templates"), Path("src", "castoff", "core", "pins.py"))


def test_new_pins_come_to_templates_and_list_by_the_one_command_that_the_failure_names(tmp_path: Path) -> None:
    """After it every file has the new pin and no other has changed; typed again, it changes nothing."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, tmp_path / part)
    old = pinned("actions/checkout")
    new = f"actions/checkout@{NEW} # v{Version(old.rpartition('v')[2]).major + 1}.0.0"
    before = texts(tmp_path)
    release = tmp_path / WORKFLOW
    release.write_text(before[WORKFLOW].replace(old, new))
    have = sorted(path for path, text in before.items() if old in text and path != WORKFLOW)
    assert renew(tmp_path) == [*have, LIST]
    after = texts(tmp_path)
    assert all(new in text for path, text in after.items() if old in before[path])
    assert {path: text.replace(new, old) for path, text in after.items() if path != LIST} == {
        path: text for path, text in before.items() if path != LIST
    }
    assert f', "{NEW}": "{new.rpartition(" ")[2]}"}},' in after[LIST]
    assert renew(tmp_path) == []
    assert RENEW in (ROOT / "CONTRIBUTING.md").read_text()


def texts(root: Path) -> dict[str, str]:
    """Return every file below a folder."""
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def renew(root: Path) -> list[str]:
    """Renew the pins of a checkout; return which files are written."""
    argv = [sys.executable, str(ROOT / "docs" / "renew_pins.py"), str(root)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=True)
    return [line.removesuffix(" is written") for line in ran.stdout.splitlines()]


def test_no_test_knows_castoffs_own_version() -> None:
    """A release runs them on the next one, and so does a rehearsal."""
    named = re.compile(rf"castoff(\[[\w,]+\])?[=<>~-]+{re.escape(__version__)}")
    assert [path.name for path in (ROOT / "tests").rglob("*.py") if named.search(path.read_text())] == []
