"""What the pages show is what is printed: their transcripts, line by line, on the project that they tell of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.adopting import init, plain
from tests.rehearsing import WORKFLOW
from tests.repository import Repository

DOCS = Path(__file__).parent.parent / "docs"
URL = "https://github.com/somebody/parcel"
FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "parcel"
version = "0.1.0"
description = "Wraps things"
readme = "README.md"
requires-python = ">=3.11"

[dependency-groups]
dev = ["pytest", "ruff"]
""",
    "README.md": "# parcel\n",
    "src/parcel/__init__.py": '"""Wraps things."""\n\n__version__ = "0.1.0"\n',
    "tests/test_parcel.py": "import parcel\n\n\ndef test_version() -> None:\n    assert parcel.__version__\n",
}


@pytest.fixture
def parcel(tmp_path: Path) -> Repository:
    """Return the project of the pages, of which nothing is released yet."""
    return plain(tmp_path, FILES, URL)


def shown(page: str, command: str) -> str:
    """Return what a page shows below a command, up to the next command or the end of the block."""
    _, _, after = (DOCS / page).read_text(encoding="utf-8").partition(f"\n$ {command}\n")
    return re.split(r"^(?:\$ |```)", after, maxsplit=1, flags=re.MULTILINE)[0]


def fits(page: str, printed: str) -> bool:
    """Whether a transcript is what is printed, from its beginning.

    `...` is anything, one hash is like another, and so are the lengths of files, which grow by a line now and then.
    """
    wanted, said = (re.sub(r"\b[0-9a-f]{10,40}\b|\d+(?= lines: )", "SOME", text) for text in (page, printed))
    wanted = re.sub(r"^ *\.\.\.$", "...", wanted, flags=re.MULTILINE)
    return bool(wanted) and re.match(re.escape(wanted).replace(r"\.\.\.", ".*"), said, re.DOTALL) is not None


def adopt(repo: Repository) -> None:
    """Let the project have castoff's Makefile, on main and on the remote, without a lock."""
    init(repo, "--no-lock")
    repo.commit("Release with castoff")
    repo.git("push", "--quiet")


def test_init_prints_what_the_page_shows(parcel: Repository) -> None:
    """But for the lock, which is another one every day."""
    page = shown("first-release.md", "castoff init").partition("  write requirements-release.txt")[0]
    assert fits(page, init(parcel, "--no-lock").out)


def test_the_first_release_and_the_next_print_what_the_page_shows(parcel: Repository) -> None:
    adopt(parcel)
    for version in ("0.1.0", "0.2.0"):
        page = shown("first-release.md", f"make release VERSION={version}")
        assert fits(page, parcel.castoff("release", "--version", version).out)


def test_a_release_after_another_tool_prints_what_the_page_shows(parcel: Repository) -> None:
    adopt(parcel)
    parcel.castoff("bump", "--version", "0.4.0")
    parcel.commit("Bump version: 0.3.0 to 0.4.0")
    parcel.git("push", "--quiet")
    page = shown("moving-over.md", "make release VERSION=0.5.0")
    assert fits(page, parcel.castoff("release", "--version", "0.5.0").out)


def test_a_workflow_written_by_hand_is_told_what_the_page_shows(parcel: Repository) -> None:
    _, _, after = (DOCS / "moving-over.md").read_text(encoding="utf-8").partition("```yaml\n")
    parcel.write(WORKFLOW, after.partition("```")[0])
    ran = parcel.castoff("check-workflow")
    assert fits(shown("moving-over.md", "castoff check-workflow"), ran.out + ran.err)
    ran = init(parcel, "--no-lock", "--replace-workflow")
    assert fits(shown("moving-over.md", "castoff init --replace-workflow"), ran.out)
