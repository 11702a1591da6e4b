"""castoff's own files are what init would write for castoff: what others get is what it releases itself with."""

from __future__ import annotations

from pathlib import Path

import pytest

from castoff.adapters.files import Folder
from castoff.core.adopted import PAGE, WORKFLOW, whole_makefile, workflow_text
from castoff.core.adoption import Facts, values
from castoff.core.filling import fill, fill_lines
from castoff.core.places import find_places
from castoff.core.project import import_packages, read_project
from castoff.core.pythons import choose
from castoff.flows.init import templates

ROOT = Path(__file__).parent.parent


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
    assert (ROOT / file).read_bytes().decode() == written()[file]


def test_only_the_names_of_lock_and_environment_are_castoffs_own() -> None:
    """There is no castoff to be installed first where castoff is what is installed."""
    own = facts()
    assert (own.lock, own.venv) == ("requirements.txt", ".venv")
