"""What a person is told to type, and what is told of tools that do the same."""

from __future__ import annotations

import pytest

from castoff.core import pins
from castoff.core.commands import AS_CASTOFF, Typed, typed
from castoff.core.other_tools import other_tools
from castoff.core.project import read_project
from tests.memory import Memory

OURS = "# castoff\ncheck-tag: x ## y\ncastoff-build: x ## y\n"


@pytest.mark.parametrize(
    ("files", "release", "build"),
    [
        ({}, "castoff release --version 0.4.0", "castoff build"),
        ({"castoff.mk": OURS}, "castoff release --version 0.4.0", "castoff build"),
        ({"Makefile": "release:\n\ttrue\n"}, "castoff release --version 0.4.0", "castoff build"),
        ({"Makefile": "# castoff's\nrelease: x\n"}, "make release VERSION=0.4.0", "make build"),
        (
            {"Makefile": "build:\n\ttrue\ninclude castoff.mk\n", "castoff.mk": OURS},
            "make release VERSION=0.4.0",
            "make castoff-build",
        ),
        (
            {"GNUmakefile": "include castoff.mk\ncastoff-release:\n", "Makefile": "x:\n"},
            "make castoff-release VERSION=0.4.0",
            "make build",
        ),
        (
            {"GNUmakefile": "x:\n", "Makefile": "include castoff.mk\n"},
            "castoff release --version 0.4.0",
            "castoff build",
        ),
        ({"Makefile": "# \udcff\ninclude castoff.mk\n"}, "make release VERSION=0.4.0", "make build"),
    ],
    ids=[
        *("no Makefile", "none that includes ours", "another's", "ours", "beside another's", "GNU's own name"),
        *("the one that make reads", "no UTF-8"),
    ],
)
def test_a_verb_is_typed_by_make_where_the_makefile_has_it(files: dict[str, str], release: str, build: str) -> None:
    how = typed(Memory({file: text.encode(errors="surrogateescape") for file, text in files.items()}))
    assert (how.command("release", "0.4.0"), how.command("build")) == (release, build)


def test_a_flag_is_typed_as_make_or_castoff_takes_it() -> None:
    assert AS_CASTOFF.command("undo", "0.4.0", "yes") == "castoff undo --version 0.4.0 --yes"
    assert Typed(make=True).command("undo", "0.4.0", "yes") == "make undo VERSION=0.4.0 YES=1"


@pytest.mark.parametrize(
    ("file", "text", "where", "tool"),
    [
        ("pyproject.toml", "[tool.bumpversion]\n", "[tool.bumpversion] in pyproject.toml", "bump-my-version"),
        ("pyproject.toml", "[tool.commitizen]\n", "[tool.commitizen] in pyproject.toml", "commitizen"),
        (".bumpversion.cfg", "", ".bumpversion.cfg", "bumpversion"),
        ("tbump.toml", "", "tbump.toml", "tbump"),
    ],
)
def test_another_tool_that_bumps_is_told_by_its_configuration(file: str, text: str, where: str, tool: str) -> None:
    project = read_project(Memory({"pyproject.toml": b"[tool.ruff]\n", file: text.encode()}))
    assert list(other_tools(project)) == [f"{where} is for {tool}: castoff finds the places by itself; take it out"]


def test_a_pin_is_written_with_the_newest_version_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "PINS", {"a/b": {"0" * 40: "v1", "1" * 40: "v2", "2" * 40: "v1.1.0"}})
    assert pins.pinned("a/b") == f"a/b@{'2' * 40} # v1.1.0"
    assert pins.pinned("a/other") == "a/other@FULL-SHA # vX.Y.Z"
