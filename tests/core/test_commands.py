"""How a person is told to type a verb: as a make target only where that target is castoff's."""

from __future__ import annotations

import pytest

from castoff.core.commands import Typed, typed
from tests.memory import Memory

OTHERS = "all:\n\techo all\n\nrelease:\n\ttwine upload dist/*\n"
INCLUDING = "bump:\n\techo mine\n\ninclude castoff.mk\n"
BESIDE = "castoff-bump: .venv/.ready\n\t@castoff bump\n\nrelease: .venv/.ready\n\t@castoff release\n"


def said(files: dict[str, str], verb: str = "release", version: str | None = "0.2.0") -> str:
    """Return what a person is told to type in a project of these files."""
    return typed(Memory({name: text.encode() for name, text in files.items()})).command(verb, version)


def test_without_a_makefile_castoff_itself_is_typed() -> None:
    assert said({}) == "castoff release --version 0.2.0"
    assert said({}, "build", None) == "castoff build"


def test_a_makefile_that_does_not_know_castoff_is_never_named_for_its_release_is_another_s() -> None:
    assert said({"Makefile": OTHERS}) == "castoff release --version 0.2.0"
    assert said({"Makefile": OTHERS, "castoff.mk": BESIDE}) == "castoff release --version 0.2.0", "it is not included"


@pytest.mark.parametrize("name", ["Makefile", "makefile", "GNUmakefile"])
def test_a_makefile_with_castoff_s_targets_is_typed(name: str) -> None:
    assert said({name: "release:\n\t@castoff release\n"}) == "make release VERSION=0.2.0"
    assert said({name: "build:\n\t@castoff build\n"}, "build", None) == "make build"


def test_the_first_makefile_that_make_looks_for_is_asked() -> None:
    assert said({"GNUmakefile": OTHERS, "Makefile": "release:\n\t@castoff release\n"}).startswith("castoff ")


def test_a_target_whose_name_was_taken_is_typed_by_the_name_that_castoff_gave_it() -> None:
    files = {"Makefile": INCLUDING, "castoff.mk": BESIDE}
    assert said(files, "bump") == "make castoff-bump VERSION=0.2.0"
    assert said(files) == "make release VERSION=0.2.0"
    assert typed(Memory({n: t.encode() for n, t in files.items()})) == Typed(True, frozenset({"castoff-bump"}))


def test_a_makefile_that_is_not_utf_8_stops_nothing() -> None:
    assert typed(Memory({"Makefile": b"# \xe9\ninclude castoff.mk\n"})).make
