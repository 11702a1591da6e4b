"""`[tool.castoff]` in pyproject.toml: written for what differs from the defaults, everything else byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from castoff.core.config import Command
from castoff.core.errors import Location, refuse
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

    Raises CastoffError when they cannot be added without touching anything else.
    """
    there = get_table(load(text), "tool", "castoff")
    missing = {key: value for key, value in table.items() if key not in there}
    if not missing:
        return text.text
    new = _added(text, missing) if there else _appended(text, missing)
    _prove(text, new, {**there, **missing})
    return new


def _appended(text: Text, table: Mapping[str, object]) -> str:
    """Return the text with a new table behind everything else."""
    newline = "\r\n" if "\r\n" in text.text else "\n"
    ended = text.text if text.text.endswith("\n") or not text.text else text.text + newline
    gap = newline if text.text else ""
    return ended + gap + _written(table).replace("\n", newline)


def _written(table: Mapping[str, object]) -> str:
    """Return the keys as TOML: the plain ones in `[tool.castoff]`, each table below it on its own."""
    import tomlkit

    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    blocks = [f"[tool.castoff]\n{tomlkit.dumps(plain)}"] if plain else []
    for name, value in table.items():
        if isinstance(value, dict):
            blocks.append(f"[tool.castoff.{name}]\n{tomlkit.dumps(cast('dict[str, object]', value))}")
    return "\n".join(blocks)


def _added(text: Text, table: Mapping[str, object]) -> str:
    """Return the text with more keys in the table that is there."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text.text)
        castoff = cast("dict[str, dict[str, object]]", document["tool"])["castoff"]
        for key, value in table.items():
            castoff[key] = value
        return document.as_string()
    except (TOMLKitError, ValueError, TypeError) as error:
        raise refuse(f"[tool.castoff] cannot be added to: {error}", where=Location(text.file)) from None


def _prove(text: Text, new: str, expected: Mapping[str, object]) -> None:
    """Raise CastoffError unless the new text has every line of the old one, and says the same but for the table."""
    before, after = load(text), load(Text(text.file, new, text.encoding, text.bom))
    wanted = {**before, "tool": {**get_table(before, "tool"), "castoff": dict(expected)}}
    lines = iter(new.splitlines(keepends=True))
    old = text.text.splitlines(keepends=True)
    kept = all(any(line.rstrip("\r\n") == one.rstrip("\r\n") for line in lines) for one in old)
    if after != wanted or not kept:
        said = "[tool.castoff] cannot be added without touching something else; write it yourself"
        raise refuse(said, where=Location(text.file))
