"""Which targets a Makefile has, and which tasks a tasks.py: read from the text, never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from castoff.adapters.files import Folder
from castoff.core.names import Names, targets, tasks
from tests.memory import Memory

OURS = frozenset({"preflight", "build"})
ROOT = Path(__file__).parents[2]


def made(folder: Path, files: dict[str, str]) -> Folder:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Folder(folder)


MAKEFILES = {
    "several in one line": ("a b: c\n\techo $@\n", {"a", "b"}),
    "double colons and grouped targets": ("a:: b\nc d &: e\n", {"a", "c", "d"}),
    "with a comment": ("a: ## what it does\n", {"a"}),
    "over two lines": ("a \\\n b: c\n", {"a", "b"}),
    "over two lines as on Windows": ("a \\\r\n b: c\r\n", {"a", "b"}),
    "no assignment": ("A := 1\nB = x: y\nC ::= 2\nD :::= 3\nE ?= z\nF += a: b\n", set[str]()),
    "no recipe": ("a:\n\tb: c\n", {"a"}),
    "no comment line": ("# a: b\n", set[str]()),
    "nothing within define": ("define D\na: b\nendef\nc:\n", {"c"}),
    "a file in a folder": ("$(VENV)/.ready: x\na:\n", {"a", "$(VENV)/.ready"}),
    "what is said to be no file": (".PHONY: a\na:\n", {"a"}),
    "lines that end as on Windows": ("a:\r\n\tb\r\nc:\r\n", {"a", "c"}),
}


@pytest.mark.parametrize("what", MAKEFILES)
def test_a_target_is_what_stands_before_the_colon_of_a_rule(tmp_path: Path, what: str) -> None:
    text, names = MAKEFILES[what]
    assert targets(made(tmp_path, {"Makefile": text})) == Names("Makefile", frozenset(names))


def test_castoffs_own_makefile_is_read_whole() -> None:
    found = targets(Folder(ROOT))
    assert found.certain
    assert found.known >= {"help", "preflight", "twine-check", "check-workflow", "release"}
    assert "pre-flight" not in found.known


def test_make_reads_the_first_of_three_names(tmp_path: Path) -> None:
    assert targets(made(tmp_path, {"Makefile": "a:\n", "GNUmakefile": "b:\n"})).known == {"b"}


def test_without_a_makefile_there_is_no_target(tmp_path: Path) -> None:
    assert targets(Folder(tmp_path)) == Names(None)


def test_what_is_included_counts_and_what_may_be_missing_does_not(tmp_path: Path) -> None:
    files = {"Makefile": "include one.mk sub/two.mk\n-include none.mk\na:\n", "one.mk": "b:\n", "sub/two.mk": "c:\n"}
    assert targets(made(tmp_path, files)) == Names("Makefile", frozenset("abc"))


def test_a_name_in_capitals_is_included_like_any_other() -> None:
    tree = Memory({"Makefile": b"include EXTRA.mk\n", "EXTRA.mk": b"a:\n"})
    assert targets(tree) == Names("Makefile", frozenset("a"))


@pytest.mark.parametrize("name", ["$(X).mk", "*.mk", "?.mk", "[ab].mk", "/rules.mk"])
def test_a_name_that_make_completes_or_looks_for_elsewhere_is_none_of_a_file_here(name: str) -> None:
    tree = Memory({"Makefile": f"include {name} one.mk\na:\n".encode(), name: b"b:\n", "one.mk": b"c:\n"})
    assert targets(tree) == Names("Makefile", frozenset("ac"), certain=False)


@pytest.mark.parametrize(("deep", "certain"), [(99, True), (100, False)])
def test_a_hundred_makefiles_within_one_another_are_followed(deep: int, certain: bool) -> None:
    files = {f"{number}.mk": f"include {number + 1}.mk\n".encode() for number in range(1, deep)}
    tree = Memory({"Makefile": b"include 1.mk\n", **files, f"{deep}.mk": b"last:\n"})
    assert targets(tree) == Names("Makefile", frozenset({"last"} if certain else ()), certain=certain)


@pytest.mark.parametrize(
    "line",
    [
        "include $(FILES)",
        "include *.mk",
        "include /etc/rules.mk",
        "include gone.mk",
        "$(NAMES): x",
        "%: x",
        ".DEFAULT: x",
    ],
)
def test_what_only_make_can_tell_makes_the_list_uncertain(tmp_path: Path, line: str) -> None:
    assert not targets(made(tmp_path, {"Makefile": f"{line}\na:\n"})).certain


@pytest.mark.parametrize("files", ["Makefile", "one.mk Makefile one.mk ./one.mk Makefile .//one.mk ./Makefile"])
def test_makefiles_that_include_one_another_are_read_once_each(files: str) -> None:
    """Read as often as they are named, a few names would already take for ever."""
    line = f"include {files}\n".encode()
    tree = Memory({"Makefile": line + b"a:\n", "one.mk": line + b"b:\n"})
    assert targets(tree) == Names("Makefile", frozenset("ab" if "one" in files else "a"))


def test_a_makefile_that_cannot_be_decoded_is_uncertain(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes(b"a\xff:\n")
    assert not targets(Folder(tmp_path)).certain


TASKS = {
    "castoff's own": (
        "from castoff.tasks import namespace as namespace\n",
        {*OURS, "castoff.build", "castoff.preflight"},
    ),
    "decorated functions": (
        "from invoke import task\n@task\ndef do_it(c): ...\n@task(name='x')\ndef y(c): ...\n",
        {"do-it", "x"},
    ),
    "without the underscores around them": (
        "from invoke import task\n@task(default=True)\ndef _do_it_(c): ...\n@task\ndef Xa(c): ...\n",
        {"do-it", "Xa"},
    ),
    "by the module": ("import invoke\n@invoke.task\ndef a(c): ...\ndef b(c): ...\n", {"a"}),
    "castoff's by the package": ("import castoff\n", {*OURS, "castoff.build", "castoff.preflight"}),
    "castoff's in a collection": (
        (
            "from __future__ import annotations\nimport invoke.exceptions\nfrom invoke import Collection\n"
            "from castoff.tasks import namespace\nns = Collection(castoff=namespace)\n"
        ),
        {*OURS, "castoff.build", "castoff.preflight"},
    ),
    "none": ("import celery\n", set[str]()),
}


@pytest.mark.parametrize("what", TASKS)
def test_a_task_is_a_decorated_function_or_one_of_castoffs(tmp_path: Path, what: str) -> None:
    text, names = TASKS[what]
    assert tasks(made(tmp_path, {"tasks.py": text}), OURS) == Names("tasks.py", frozenset(names))


@pytest.mark.parametrize(
    "text",
    [
        "def (:\n",
        "import other\nfrom invoke import Collection\nns = Collection(other)\n",
        "from .castoff import other\nfrom invoke import Collection\nns = Collection(other)\n",
        "from . import castoff\nfrom invoke import Collection\nns = Collection(castoff)\n",
    ],
)
def test_what_only_python_can_tell_makes_the_tasks_uncertain(tmp_path: Path, text: str) -> None:
    found = tasks(made(tmp_path, {"tasks.py": text}), OURS)
    assert found == Names("tasks.py", certain=False)


def test_a_package_of_tasks_is_uncertain_and_no_file_has_none(tmp_path: Path) -> None:
    assert tasks(Folder(tmp_path), OURS) == Names(None)
    assert tasks(made(tmp_path, {"tasks/__init__.py": ""}), OURS) == Names("tasks/", OURS, certain=False)


def test_the_name_that_was_meant_is_found() -> None:
    names = Names("Makefile", frozenset({"preflight", "build"}))
    assert (names.near("pre-flight"), names.near("xyz")) == ("preflight", None)
