"""The floors of the architecture, kept by reading every import: each floor imports only what is below it.

tasks, cli            flags and names
flows                 what the verbs do
services, standins    local servers, and what plays the actions that talk to them
adapters              one door for each thing outside
core                  values and text in, values and text out
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
FILES = sorted(SOURCE.rglob("*.py"))

BELOW: dict[str, frozenset[str]] = {
    "core": frozenset({"core"}),
    "adapters": frozenset({"core", "adapters"}),
    "services": frozenset({"core", "adapters", "services"}),
    "standins": frozenset({"core", "adapters", "services", "standins"}),
    "flows": frozenset({"core", "adapters", "services", "standins", "flows"}),
    "": frozenset({"core", "adapters", "services", "standins", "flows", ""}),
}
"""What each floor may import; the empty name is the top: tasks, cli and the package itself."""

PURE = frozenset(
    {"__future__", "abc", "ast", "bisect", "collections", "configparser", "contextlib", "copy", "dataclasses"}
    | {"datetime", "difflib", "email", "enum", "fnmatch", "functools", "graphlib", "hashlib", "heapq", "html", "io"}
    | {"itertools", "json", "math", "operator", "posixpath", "re", "shlex", "string", "textwrap", "tokenize"}
    | {"tomllib", "types", "typing", "unicodedata", "urllib.parse", "warnings"}
    | {"uuid.NAMESPACE_URL", "uuid.uuid5"}  # made from a text; the others are of the machine and the clock
    | {"packaging", "tomlkit", "yaml"}
)
"""What core may import besides itself: libraries that see no file, process, network, environment or clock."""

IMPURE_CALLS = frozenset({"print", "open", "input", "exec", "eval", "compile", "breakpoint", "__import__"})
PROCESS_MODULES = frozenset({"subprocess", "multiprocessing", "pty", "popen2", "commands", "pexpect", "sh"})
STARTERS = frozenset({"run", "sudo", "Popen", "call", "check_call", "check_output", "getoutput", "create_subprocess"})
DOORS = frozenset({"castoff/adapters/process.py", "castoff/adapters/shim.py"})
"""What may start processes: the one door, and the stand-in for a shell, which runs as a file where castoff is not."""
TALKING = "multiprocessing.connection"
"""How two processes talk; it starts none."""
PROCESS_CALLS = ("system", "popen", "exec", "spawn", "posix_spawn", "fork", "startfile", "create_subprocess")


def _id(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _module(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _floor(module: str) -> str:
    """Return the floor of `castoff.FLOOR.x`; the empty name for the package itself, tasks and cli."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in BELOW else ""


def _imports(nodes: Iterator[ast.AST], module: str, *, package: bool) -> Iterator[str]:
    """Yield the full names of what import statements name: modules, and names in modules."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: None if package and node.level == 1 else -(node.level - package)]
            base = ".".join([*(above if node.level else []), *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _all_imports(path: Path) -> set[str]:
    return set(_imports(ast.walk(_tree(path)), _module(path), package=path.name == "__init__.py"))


def _at_load(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the statements that run when a module is loaded: not those in functions, nor those for type checkers."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from _at_load(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for field in ("body", "orelse", "finalbody"):
                yield from _at_load(getattr(statement, field, []))
            for handler in getattr(statement, "handlers", []):
                yield from _at_load(handler.body)


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_each_floor_imports_only_what_is_below_it(path: Path) -> None:
    allowed = BELOW[_floor(_module(path))]
    ours = {name for name in _all_imports(path) if name.split(".")[0] == "castoff"}
    assert {name for name in ours if _floor(name) not in allowed} == set()


@pytest.mark.parametrize("path", [path for path in FILES if _floor(_module(path)) == "core"], ids=_id)
def test_core_is_pure(path: Path) -> None:
    """It imports nothing that sees a file, a process, the network, the environment or the clock, and prints nothing."""
    foreign = {name for name in _all_imports(path) if not name.startswith("castoff.")}
    assert {name for name in foreign if not any(name == pure or name.startswith(f"{pure}.") for pure in PURE)} == set()
    called = {call.func.id for call in _calls(path) if isinstance(call.func, ast.Name)}
    assert called & IMPURE_CALLS == set()
    attributes = {call.func.attr for call in _calls(path) if isinstance(call.func, ast.Attribute)}
    assert attributes & {"now", "today", "utcnow", "read_text", "write_text", "read_bytes", "write_bytes"} == set()


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_processes_are_started_at_one_door_only(path: Path) -> None:
    modules = {name for name in _all_imports(path) if name.split(".")[0] in PROCESS_MODULES}
    starting = {name for name in modules if not name.startswith(TALKING)}
    assert not starting or _id(path) == "castoff/adapters/process.py"
    if _id(path) in DOORS:
        return
    named = {name for name in _all_imports(path) if name.startswith(("os.", "asyncio."))}
    used = {ast.unparse(node) for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute)}
    found = {name for name in named | used if name.startswith(("os.", "asyncio."))}
    assert {name for name in found if name.partition(".")[2].startswith(PROCESS_CALLS)} == set()


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_nothing_is_ever_given_to_a_shell(path: Path) -> None:
    """No shell=True, no os.system, and no `.run("...")` or `.sudo("...")` on an invoke context."""
    for call in _calls(path):
        shells = [word.value for word in call.keywords if word.arg == "shell"]
        assert not shells or ast.unparse(call.func).rpartition(".")[2] not in STARTERS, ast.unparse(call)
        assert not any(isinstance(value, ast.Constant) and value.value for value in shells), ast.unparse(call)
        assert ast.unparse(call.func) not in {"os.system", "os.popen"}, ast.unparse(call)
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"run", "sudo"}:
            assert ast.unparse(call.func.value) not in {"c", "ctx", "context", "_context"}, ast.unparse(call)
            first = call.args[0] if call.args else None
            text = first.value if isinstance(first, ast.Constant) else None
            assert not isinstance(first, ast.JoinedStr), ast.unparse(call)
            assert not (isinstance(text, str) and " " in text), ast.unparse(call)


def test_no_import_is_a_circle() -> None:
    """Every module can be the first that is loaded."""
    paths = {_module(path): path for path in FILES}
    graph: dict[str, set[str]] = {}
    for module, path in paths.items():
        named = _imports(_at_load(_tree(path).body), module, package=path.name == "__init__.py")
        graph[module] = {name if name in paths else name.rpartition(".")[0] for name in named} & set(paths)
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " imports ".join([*way[way.index(module) :], module])
        if module not in done:
            for imported in sorted(graph[module] - {module}):
                visit(imported, (*way, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def _public(body: list[ast.stmt], name: str) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Yield the public functions, classes and methods, with their full names; a property's setter is told by it."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if not any(ast.unparse(decorator).endswith(".setter") for decorator in node.decorator_list):
                yield f"{name}.{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body, f"{name}.{node.name}")


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_every_public_name_says_what_it_is(path: Path) -> None:
    tree = _tree(path)
    assert ast.get_docstring(tree) or not tree.body
    silent = [name for name, node in _public(tree.body, _module(path)) if not ast.get_docstring(node)]
    assert silent == []


def test_the_floors_that_are_checked_are_those_that_there_are() -> None:
    folders = {path.name for path in (SOURCE / "castoff").iterdir() if (path / "__init__.py").is_file()}
    assert folders <= set(BELOW)
    assert {"core", "adapters", "flows"} <= folders
