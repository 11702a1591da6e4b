"""Another ecosystem in a dependabot.yml that is there, everything else byte for byte."""

from __future__ import annotations

import re
from typing import cast

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from castoff.core.errors import Location, refuse
from castoff.core.texts import Text
from castoff.core.toml_text import get, get_tables, get_text


def with_actions(text: Text, ours: str) -> str | None:
    """Return the text with the entry for github-actions from `ours` behind the last one; unchanged when it has one.

    None when its `updates` are no block list that an entry could be added to, or merge keys may be in it.
    Raises CastoffError when it is not YAML.
    """
    if "<<" in text.text:  # merge keys that multiply would keep PyYAML busy for ever
        return None
    data, root = _load(text)
    if any(get_text(entry, "package-ecosystem") == "github-actions" for entry in get_tables(data, "updates")):
        return text.text
    updates = _updates(root)
    if updates is None or not isinstance(get(data, "updates"), list):  # of two lists the last one counts
        return None
    _, _, entry = ours.partition("updates:\n")
    dash = " " * updates.start_mark.column
    added = "".join(f"\n{dash}{line[2:]}" for line in entry.splitlines())
    end = _end(text.text, updates)
    new = f"{text.text[:end]}{text.with_its_line_ends(added)}{text.text[end:]}"
    return new if _says(new, text.text, entry) else None


def _end(text: str, updates: SequenceNode) -> int:
    """Return where the line of the last entry ends; a comment that is no deeper is of what follows."""
    mark, column = updates.value[-1].end_mark.index, updates.start_mark.column
    lines = text[:mark].splitlines(keepends=True)
    while not (bare := lines[-1].lstrip()) or (bare[0] == "#" and len(lines[-1]) - len(bare) <= column):
        lines.pop()
    said = len("".join(lines).rstrip())
    comment, *_ = re.split(r"\r?\n", text[said:])
    return said + len(comment)


def _load(text: Text) -> tuple[object, Node | None]:
    try:
        return yaml.safe_load(text.text), yaml.compose(text.text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise refuse(f"it is not YAML: {' '.join(str(error).split())}", where=Location(text.file)) from None


def _updates(root: Node | None) -> SequenceNode | None:
    pairs = cast("list[tuple[Node, Node]]", root.value) if isinstance(root, MappingNode) else []
    found = next((value for key, value in pairs if key.value == "updates"), None)
    return found if isinstance(found, SequenceNode) and found.value and not found.flow_style else None


def _says(new: str, old: str, entry: str) -> bool:
    """Whether the new text says what the old one said, with the entry behind the last of its updates."""
    said, more = yaml.safe_load(old), yaml.safe_load(entry)
    try:
        return yaml.safe_load(new) == {**said, "updates": [*said["updates"], *more]}
    except yaml.YAMLError:  # a list whose start has another column: behind an anchor
        return False
