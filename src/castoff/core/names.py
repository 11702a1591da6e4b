"""Which targets a Makefile has, and which tasks a tasks.py: read, and never run.

GNU make's rules ("Rules", "Including Other Makefiles", "Makefile Names"), as far as they tell a target's name: what
stands before the first colon that assigns nothing. A name that only make can compute makes the list uncertain.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from castoff.core import make_text
from castoff.core.errors import CastoffError
from castoff.core.texts import Text, decode
from castoff.core.tree import Tree

_MOST = 100
"""How many files a Makefile may be made of; each is read once, however often it is included."""


@dataclass(frozen=True, slots=True)
class Names:
    """The targets or tasks that there are."""

    file: str | None
    """Where they stand; None when there is no such file."""
    known: frozenset[str] = frozenset()
    certain: bool = True
    """Whether these are all: False when some can only be known by running something."""

    def near(self, name: str) -> str | None:
        """Return the name that was perhaps meant."""
        close = get_close_matches(name, sorted(self.known), n=1)
        return close[0] if close else None


def targets(tree: Tree) -> Names:
    """Return the targets of the Makefile that `make` would read in the root of `tree`."""
    for file in make_text.NAMES:
        if file in tree.names(""):
            found, certain = _targets(tree, file, set())
            return Names(file, frozenset(found), certain)
    return Names(None)


def tasks(tree: Tree, ours: frozenset[str]) -> Names:
    """Return the tasks of tasks.py: the decorated functions, and `ours` where it imports castoff's collection."""
    if "tasks/" in tree.names(""):
        return Names("tasks/", ours, certain=False)
    text = _text(tree, "tasks.py")
    if text is None:
        return Names(None)
    try:
        module = ast.parse(text.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Names("tasks.py", certain=False)
    imported = [name.partition(".")[0] for node in ast.walk(module) for name in _imported(node)]
    own = {name for node in module.body for name in _task_names(node)}
    foreign = "Collection" in text.text and set(imported) - {"castoff", "invoke", "__future__"}
    added = {*ours, *(f"castoff.{verb}" for verb in ours)} if "castoff" in imported else set[str]()
    return Names("tasks.py", frozenset(own | added), certain=not foreign)


def _targets(tree: Tree, file: str, read: set[str]) -> tuple[set[str], bool]:
    """Return the targets of a file that is not among those that were `read`, and whether these are all."""
    text = _text(tree, file)
    if text is None or len(read) == _MOST:
        return set(), False
    read.add(file)
    found = {word for _, words in make_text.rules(text) for word in words}
    certain = not any(_any_name(word) for word in found)
    for include in make_text.included(text):
        for name in include.files:
            more, sure = _included(tree, name, read, optional=include.optional)
            found |= more
            certain &= sure
    return found - {".PHONY"}, certain


def _included(tree: Tree, name: str, read: set[str], *, optional: bool) -> tuple[set[str], bool]:
    if any(sign in name for sign in "$*?[") or name.startswith("/"):
        return set(), False
    if name in read or (optional and _text(tree, name) is None):
        return set(), True
    return _targets(tree, name, read)


def _any_name(word: str) -> bool:
    """Return whether a target may come to be any plain name: a variable with no folder in it, or a rule for all."""
    return ("$" in word and "/" not in word) or word in {"%", ".DEFAULT"}


def _text(tree: Tree, file: str) -> Text | None:
    try:
        data = tree.read(file)
        return None if data is None else decode(file, data)
    except CastoffError:
        return None


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module if node.module and not node.level else "."


def _task_names(node: ast.stmt) -> Iterator[str]:
    """Yield what invoke calls a decorated function: its name with dashes, or the name that it is given."""
    if not isinstance(node, ast.FunctionDef):
        return
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(called).rpartition(".")[2] == "task":
            yield _given_name(decorator) or node.name.strip("_").replace("_", "-")


def _given_name(decorator: ast.expr) -> str | None:
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    for keyword in keywords:
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return None
