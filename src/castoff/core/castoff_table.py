"""`[tool.castoff]` in pyproject.toml: written for what differs from the defaults, everything else byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from castoff.core.config import Command
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.texts import Text
from castoff.core.toml_text import get_table, load


def checks_value(checks: Mapping[str, tuple[Command, ...]]) -> dict[str, object]:
    """Return checks as `[tool.castoff.checks]` writes them: one argument list, or a list of them."""
    return {
        name: list(commands[0]) if len(commands) == 1 else [list(one) for one in commands]
        for name, commands in checks.items()
    }


def with_table(text: Text, table: Mapping[str, object]) -> str:
    """Return the text with these keys of `[tool.castoff]`; those that are there already stay as they are.

    Raises CastoffError, with what is to be written by hand, when they cannot be added without touching anything else.
    """
    before = load(text)
    tool, there = get_table(before, "tool"), get_table(before, "tool", "castoff")
    missing = {key: value for key, value in table.items() if key not in there}
    if not missing:
        return text.text
    new = _added(text, missing) if "castoff" in tool else _appended(text, missing)
    if new is None or not _is_added(text, new, {**before, "tool": {**tool, "castoff": {**there, **missing}}}):
        said = "[tool.castoff] cannot be added to without touching something else; write by hand what is missing"
        raise CastoffError(
            Problem(said, Location(text.file), instead=tuple(filter(None, _written(missing).splitlines())))
        )
    return new


def _appended(text: Text, table: Mapping[str, object]) -> str:
    """Return the text with a new table behind everything else."""
    ended = text.text if text.text.endswith("\n") or not text.text else f"{text.text}\n"
    gap = "\n" if text.text else ""
    return text.with_its_line_ends(f"{ended}{gap}{_written(table)}")


def _written(table: Mapping[str, object]) -> str:
    """Return the keys as TOML: the plain ones in `[tool.castoff]`, each table below it on its own."""
    import tomlkit

    return tomlkit.dumps({"tool": {"castoff": table}})


def _added(text: Text, table: Mapping[str, object]) -> str | None:
    """Return the text with more keys in the table that is there; None where tomlkit cannot."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text.text)
        castoff = cast("dict[str, dict[str, object]]", document["tool"])["castoff"]
        castoff.update(table)
        return text.with_its_line_ends(document.as_string())
    except (TOMLKitError, ValueError, TypeError):
        return None


def _is_added(text: Text, new: str, wanted: Mapping[str, object]) -> bool:
    """Whether the new text says what is wanted, and has every line of the old one in its order."""
    lines = iter(new.splitlines())
    try:
        return load(text._replace(text=new)) == wanted and all(line in lines for line in text.text.splitlines())
    except CastoffError:
        return False
