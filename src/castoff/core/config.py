"""`[tool.castoff]` in pyproject.toml, read once into a typed value.

Every key is optional; with none of them everything is found or has a default:

    places = ["pyproject.toml:project.version"]  the places of the version, instead of those that are found
    package = "src/ajolopy"                      the import package, instead of the one that is found
    remote = "origin"                            the git remote that releases go to
    main = "main"                                the branch that releases are cut from
    environment = "pypi"                         the GitHub environment that PyPI's trusted publisher names
    build = ["sdist"]                            what `build` makes, where wheels come from a matrix of platforms
    [tool.castoff.checks]                        name = argument list, or a list of argument lists
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from castoff.core.errors import Location, UsageError, misuse
from castoff.core.toml_text import get, get_table

Command = tuple[str, ...]

DEFAULT_CHECKS: dict[str, tuple[Command, ...]] = {
    "lint": (("ruff", "check"),),
    "format-check": (("ruff", "format", "--check"),),
    "typecheck": (("pyright",),),
    "test": (("pytest",),),
}
"""The four checks of the contract. `[tool.castoff.checks]` replaces them as a whole."""

_WHERE = Location("pyproject.toml")


class Config(NamedTuple):
    """What `[tool.castoff]` says; None where it says nothing."""

    places: tuple[str, ...] | None = None
    package: str | None = None
    remote: str | None = None
    main: str | None = None
    environment: str = "pypi"
    build: tuple[str, ...] = ("sdist", "wheel")
    """What `build` makes; without `wheel`, the wheels are somebody else's to bring."""
    checks: Mapping[str, tuple[Command, ...]] = DEFAULT_CHECKS


def read_config(data: object) -> Config:
    """Return the configuration in pyproject's `data`; raises UsageError at an unknown key or a wrong type."""
    table = get_table(data, "tool", "castoff")
    if not isinstance(get(data, "tool", "castoff"), dict | None):
        raise misuse("[tool.castoff] must be a table", where=_WHERE)
    known = {"places", "package", "remote", "main", "environment", "build", "checks"}
    for key in table:
        if key not in known:
            import difflib

            near = difflib.get_close_matches(key, known, 1)
            meant = f"; did you mean {near[0]}?" if near else f"; the keys are {', '.join(sorted(known))}"
            raise _wrong(key, f"is not known{meant}")
    return Config(
        places=_texts(table["places"], "places") if "places" in table else None,
        package=_name(table, "package"),
        remote=_name(table, "remote"),
        main=_name(table, "main"),
        environment=_name(table, "environment") or "pypi",
        build=_build(table["build"]) if "build" in table else _BOTH,
        checks=_checks(table["checks"]) if "checks" in table else DEFAULT_CHECKS,
    )


_BOTH = ("sdist", "wheel")


def _build(value: object) -> tuple[str, ...]:
    """Return what is built: a release has an sdist, so that cannot be left out."""
    kinds = _texts(value, "build")
    if sorted(kinds) not in (["sdist"], sorted(_BOTH)):
        raise _wrong("build", 'must be ["sdist"] or ["sdist", "wheel"]')
    return kinds


def _name(table: dict[str, object], key: str) -> str | None:
    """Return the text at `key`; one that git could take for an option is refused."""
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value or value.startswith("-") or not value.isprintable():
        raise _wrong(key, "must be a name")
    return value


def _checks(value: object) -> dict[str, tuple[Command, ...]]:
    if not isinstance(value, dict) or not value:
        raise _wrong("checks", 'must be a table of argument lists, such as lint = ["ruff", "check"]')
    return {name: _commands(f"checks.{name}", item) for name, item in cast("dict[str, object]", value).items()}


def _commands(key: str, value: object) -> tuple[Command, ...]:
    """Return one argument list, or several, as a tuple of argument lists."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    if items and all(isinstance(item, list) for item in items):
        return tuple(_texts(item, key) for item in items)
    return (_texts(cast("object", value), key),)


def _texts(value: object, key: str) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    texts = tuple(item for item in items if isinstance(item, str) and item)
    if not texts or len(texts) != len(items):
        raise _wrong(key, "must be a list of texts, and not an empty one")
    return texts


def _wrong(key: str, what: str) -> UsageError:
    return misuse(f"[tool.castoff] {key} {what}", where=_WHERE)
