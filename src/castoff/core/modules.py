"""Which literal a module's name comes from in the end, through imports, other names and star imports."""

from __future__ import annotations

from typing import NamedTuple

from castoff.core.errors import Location
from castoff.core.place import Format, Place
from castoff.core.python_text import Computed, Installed, Literal, Module, Reference
from castoff.core.texts import decode
from castoff.core.tree import Tree, join

_DEEP_ENOUGH = 8  # imports from imports: more than this is a circle


class Assigned(NamedTuple):
    """The name is a literal in the end, at `place`; `fallback` when it stands in an `except` clause."""

    place: Place
    fallback: bool


class Opaque(NamedTuple):
    """The name comes from something that cannot be read: an expression, or a module that is not in the project."""

    where: Location
    what: str
    constants: tuple[object, ...] = ()


class FromMetadata:
    """The name is asked from the installed distribution: nothing to write there."""


Origin = Assigned | Opaque | FromMetadata


class Modules:
    """The modules of a tree, each parsed once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._parsed: dict[str, Module | None] = {}

    def module(self, file: str) -> Module | None:
        """Return the parsed module at `file`, or None when there is no such file."""
        if file not in self._parsed:
            data = self._tree.read(file)
            self._parsed[file] = None if data is None else Module(decode(self._tree.real(file), data))
        return self._parsed[file]

    def origins(self, file: str, name: str, depth: int = 0) -> list[Origin]:
        """Return where `name` of the module at `file` comes from; several when it is bound several times."""
        module = self.module(file)
        if module is None or depth > _DEEP_ENOUGH:
            return []
        found: list[Origin] = []
        for binding in module.bindings(name):
            if isinstance(binding, Literal):
                place = Place(module.text, Format.PYTHON, name, binding.value, binding.span)
                found.append(Assigned(place, binding.fallback))
            elif isinstance(binding, Reference):
                found.extend(self._followed(file, name, binding, depth))
            elif isinstance(binding, Computed):
                found.append(Opaque(module.text.at(binding.start), f"{name} = {binding.source}", binding.constants))
            else:
                found.append(FromMetadata())
        return found or [origin for star in module.stars() for origin in self._starred(file, star, name, depth)]

    def expression(self, file: str, value: Literal | Reference | Installed | Computed, label: str) -> list[Origin]:
        """Return where an expression in the module at `file` comes from; `label` says what it is given to."""
        module = self.module(file)
        if isinstance(value, Reference):
            return self._followed(file, label, value, 0)
        if module is None or isinstance(value, Installed):
            return [FromMetadata()]
        if isinstance(value, Literal):
            return [Assigned(Place(module.text, Format.PYTHON, label, value.value, value.span), fallback=False)]
        return [Opaque(module.text.at(value.start), f"{label} = {value.source}")]

    def _followed(self, file: str, name: str, reference: Reference, depth: int) -> list[Origin]:
        target = self._imported(file, reference.module) if reference.module else file
        origins = self.origins(target, reference.name, depth + 1) if target else []
        said = f"{name} comes from {reference.module or file} {reference.name}, which cannot be read here"
        return origins or [Opaque(Location(file), said)]

    def _starred(self, file: str, star: str, name: str, depth: int) -> list[Origin]:
        target = self._imported(file, star)
        known = self.module(target) if target else None
        return self.origins(target, name, depth + 1) if target and known and known.exports(name) else []

    def _imported(self, file: str, module: str) -> str | None:
        """Return the file of a module that the one at `file` imports, or None when it is not in the project."""
        return next((path for path in _module_files(file, module) if self._tree.read(path) is not None), None)


def _module_files(file: str, module: str) -> list[str]:
    """Return the files that `module`, imported in the module at `file`, may stand in."""
    folders = file.split("/")[:-1]
    dots = len(module) - len(module.lstrip("."))
    parts = [part for part in module.split(".") if part]
    if dots:
        bases = ["/".join(folders[: len(folders) - (dots - 1)])]
    else:  # absolute: below one of the folders that the importing file stands in
        bases = ["/".join(folders[:count]) for count in range(len(folders), -1, -1)] + ["src"]
    return [path for base in bases for path in _both(join(base, *parts))]


def _both(path: str) -> tuple[str, str]:
    return (join(path, "__init__.py"), f"{path}.py")
