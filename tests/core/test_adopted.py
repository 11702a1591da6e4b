"""What init makes of each file of a project, given what stands there."""

from __future__ import annotations

from castoff.core.adoption import Facts
from castoff.core.forge import Repository

FACTS = Facts(
    name="sample-x",
    backend="hatchling.build",
    packages=("src/sample_x/__init__.py",),
    places=("pyproject.toml:project.version", "src/sample_x/__init__.py:__version__", "VERSION"),
    main="main",
    remote="origin",
    repository=Repository("somebody", "sample-x"),
    environment="pypi",
    checks={"lint": (("ruff", "check"),), "test": (("pytest",),)},
    python="3.13",
    minimum="3.11",
    wheels=False,
)
