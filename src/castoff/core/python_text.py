"""Python source, read with `ast`: where a module gets a name from, and at which characters a literal stands.

A name is bound at module level by a literal, by another name (`from ._version import __version__`), or by an
expression that nothing but running the module can evaluate. Functions, classes, strings and comments bind nothing.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from castoff.core.errors import refuse
from castoff.core.texts import Span, Text

_SIMPLE_LITERAL = re.compile(r"(?P<quote>'''|\"\"\"|'|\")(?P<value>[^\\]*)(?P=quote)\Z", re.DOTALL)
_METADATA_MODULES = frozenset({"importlib.metadata", "importlib_metadata", "pkg_resources"})


class Literal(NamedTuple):
    """A name bound to a plain string: its value, and the span of the characters between the quotes."""

    value: str
    span: Span
    fallback: bool
    """Whether it stands in an `except` clause: what is left when the real version could not be had."""


class Reference(NamedTuple):
    """A name bound to what another module (empty: this one; leading dots: relative) calls `name`."""

    module: str
    name: str


class Installed:
    """A name bound to what the installed distribution's metadata says: no copy of the version."""


class Computed(NamedTuple):
    """A name bound to an expression that only running the module can evaluate."""

    source: str
    start: int
    constants: tuple[object, ...]
    """The literals within it, in order: a file's name tells what it reads, numbers that it repeats the version."""


Binding = Literal | Reference | Installed | Computed


class Module:
    """One module's source, parsed once."""

    def __init__(self, text: Text) -> None:
        """Parse `text`; raises CastoffError with the line when it is not Python."""
        self.text = text
        self._starts = text.line_starts()
        self.tree = parse(text)
        self._metadata_names = _names_from_metadata(self.tree)

    def bindings(self, name: str) -> list[Binding]:
        """Return what binds `name` at module level, in the order of the source."""
        found: list[Binding] = []
        for statement, fallback in _module_level(self.tree.body):
            value = _bound_value(statement, name)
            if value is not None:
                found.append(self.binding(value, fallback=fallback))
            elif isinstance(statement, ast.ImportFrom):
                found.extend(_imported(statement, name))
        return found or [self._by_the_way(node) for node in _other_bindings(self.tree.body, name)]

    def stars(self) -> list[str]:
        """Return the modules of which everything is imported (`from .x import *`)."""
        wanted = (node for node, _ in _module_level(self.tree.body) if isinstance(node, ast.ImportFrom))
        return [_module_name(node) for node in wanted if any(alias.name == "*" for alias in node.names)]

    def binding(self, value: ast.expr, *, fallback: bool = False) -> Binding:
        """Return what an expression says of the name that is bound to it."""
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            span = self._literal_span(value)
            if span is not None:
                return Literal(value.value, span, fallback)
        elif isinstance(value, ast.Name):
            return Reference("", value.id)
        elif isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
            module = self._module_called(value.value.id)
            if module is not None and module not in _METADATA_MODULES:
                return Reference(module, value.attr)
        if self._asks_metadata(value):
            return Installed()
        return Computed(ast.unparse(value), self._offset(value.lineno, value.col_offset), _constants(value))

    def literals(self) -> list[Literal]:
        """Return every plain string that a name is bound to at module level."""
        found: list[Literal] = []
        for statement, fallback in _module_level(self.tree.body):
            if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Constant):
                binding = self.binding(statement.value, fallback=fallback)
                found.extend([binding] if isinstance(binding, Literal) else [])
        return found

    def strings(self) -> list[str]:
        """Return every string literal of the source."""
        values = (node.value for node in ast.walk(self.tree) if isinstance(node, ast.Constant))
        return [value for value in values if isinstance(value, str)]

    def keywords_of_calls(self, function: str, keyword: str) -> list[ast.expr]:
        """Return the values given as `keyword` in calls of `function` or of `x.function`."""
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and _called(node) == function]
        return [given.value for call in calls for given in call.keywords if given.arg == keyword]

    def exports(self, name: str) -> bool:
        """Whether `from this import *` brings `name`: one with an underscore only where `__all__` lists it."""
        listed = [_bound_value(statement, "__all__") for statement, _ in _module_level(self.tree.body)]
        values = [value for value in listed if value is not None]
        return name in {item for value in values for item in _constants(value)} if values else name[:1] != "_"

    def _by_the_way(self, node: ast.stmt | ast.expr) -> Computed:
        return Computed(ast.unparse(node), self._offset(node.lineno, node.col_offset), ())

    def _literal_span(self, node: ast.Constant) -> Span | None:
        """Return the characters between the quotes; None when the literal is in parts, prefixed or escaped."""
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        match = _SIMPLE_LITERAL.match(self.text.text[start:end])
        if match is None or match["value"] != node.value:
            return None
        return Span(start + match.start("value"), start + match.end("value"))

    def _offset(self, line: int, column: int) -> int:
        """Return the character at ast's position: `line` from 1, `column` in bytes of UTF-8."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text.text)
        return start + len(self.text.text[start:end].encode()[:column].decode())

    def _module_called(self, name: str) -> str | None:
        """Return the module that `name` stands for through an import statement, or None."""
        for statement, _ in _module_level(self.tree.body):
            if isinstance(statement, ast.ImportFrom | ast.Import):
                for alias in statement.names:
                    if (alias.asname or alias.name) == name:
                        of = _module_name(statement) if isinstance(statement, ast.ImportFrom) else ""
                        return f"{of}.{alias.name}" if of.strip(".") else of + alias.name
        return None

    def _asks_metadata(self, value: ast.expr) -> bool:
        """Whether the expression, or a function of this module that it calls, asks the installed metadata."""
        names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
        if names & self._metadata_names:
            return True
        called = [node for node in self.tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
        return any(_uses_metadata(function, self._metadata_names) for function in called)


def parse(text: Text) -> ast.Module:
    """Return the syntax tree of Python source; raises CastoffError with the line when it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes are the module's business, not ours
            return ast.parse(text.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        where = text.at(0) if line is None else text.at(text.line_starts()[min(line, len(text.line_starts())) - 1])
        raise refuse(f"{text.file} is not Python: {error}", where=where) from None


def leaves(text: Text) -> list[object]:
    """Return the source as a flat list: the kinds of all its syntax nodes and all its constants."""
    flat: list[object] = []
    for node in ast.walk(parse(text)):
        flat.append(type(node).__name__)
        for field in node._fields:
            value: object = getattr(node, field)
            if not isinstance(value, ast.AST | list):
                flat.append(value)
            elif isinstance(value, list):
                flat.extend(item for item in value if isinstance(item, str))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return flat


def _module_level(body: list[ast.stmt], *, fallback: bool = False) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield the statements that run when the module does, with whether they stand in an `except` clause."""
    for statement in body:
        yield statement, fallback
        if isinstance(statement, ast.Match):
            for case in statement.cases:
                yield from _module_level(case.body, fallback=fallback)
        if isinstance(statement, ast.If | ast.With | ast.For | ast.While | ast.Try | ast.TryStar):
            yield from _module_level(statement.body, fallback=fallback)
            if not isinstance(statement, ast.With):
                yield from _module_level(statement.orelse, fallback=fallback)
        if isinstance(statement, ast.Try | ast.TryStar):
            for handler in statement.handlers:
                yield from _module_level(handler.body, fallback=True)
            yield from _module_level(statement.finalbody, fallback=fallback)


def _bound_value(statement: ast.stmt, name: str) -> ast.expr | None:
    """Return the expression that `statement` binds `name` to, or None when it binds something else."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if _is_name(target, name):
                return statement.value
            if isinstance(target, ast.Tuple | ast.List) and any(_is_name(item, name) for item in target.elts):
                return _unpacked(target, statement.value, name)
    if isinstance(statement, ast.AnnAssign | ast.AugAssign) and _is_name(statement.target, name):
        # `x += "1"` builds on an earlier value: as an expression, x + "1" is computed
        return _augmented(statement) if isinstance(statement, ast.AugAssign) else statement.value
    return None


def _other_bindings(body: list[ast.stmt], name: str) -> Iterator[ast.stmt | ast.expr]:
    """Yield what binds `name` in ways that are not followed: a loop, `with ... as`, `:=`, `global` in a function."""
    for statement, _ in _module_level(body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            nodes = ast.walk(statement)
            yield from (node for node in nodes if isinstance(node, ast.Global) and name in node.names)
        elif not isinstance(statement, ast.AnnAssign):
            for node in _outside_of_inner_scopes(statement):
                if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                    yield node


def _outside_of_inner_scopes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below `node` that are of its own scope, and of no statement within it."""
    inner = ast.stmt | ast.excepthandler | ast.match_case | ast.Lambda
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, inner) and not (isinstance(node, ast.comprehension) and child is node.target):
            yield child
            yield from _outside_of_inner_scopes(child)


def _augmented(statement: ast.AugAssign) -> ast.expr:
    left = ast.Name(ast.unparse(statement.target))
    return ast.copy_location(ast.BinOp(left, statement.op, statement.value), statement)


def _unpacked(target: ast.Tuple | ast.List, value: ast.expr, name: str) -> ast.expr:
    """Return the item of `value` that `name` gets in `a, b = "1", "2"`; the whole where it cannot be told."""
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
        return next(item for left, item in zip(target.elts, value.elts, strict=True) if _is_name(left, name))
    return value


def _constants(value: ast.expr) -> tuple[object, ...]:
    """Return the literals of an expression in the order of the source."""
    nodes = [node for node in ast.walk(value) if isinstance(node, ast.Constant)]
    return tuple(node.value for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)))


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _imported(statement: ast.ImportFrom, name: str) -> list[Binding]:
    module = _module_name(statement)
    wanted = [alias.name for alias in statement.names if (alias.asname or alias.name) == name]
    return [Installed() if module in _METADATA_MODULES else Reference(module, original) for original in wanted]


def _module_name(statement: ast.ImportFrom) -> str:
    return "." * statement.level + (statement.module or "")


def _called(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else None


def _names_from_metadata(tree: ast.AST) -> frozenset[str]:
    """Return the names that imports anywhere in `tree` bind to importlib.metadata and its like, or parts of it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(a.asname or a.name).split(".")[0] for a in node.names if a.name in _METADATA_MODULES}
        elif isinstance(node, ast.ImportFrom):
            of = _module_name(node)
            names |= {
                alias.asname or alias.name
                for alias in node.names
                if of in _METADATA_MODULES or f"{of}.{alias.name}" in _METADATA_MODULES
            }
    return frozenset(names)


def _uses_metadata(function: ast.FunctionDef, names: frozenset[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(function))
