"""Another ecosystem in a dependabot.yml that is there, everything else byte for byte."""

from __future__ import annotations

from typing import cast

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from castoff.core.errors import Location, refuse
from castoff.core.texts import Text
from castoff.core.toml_text import get_tables, get_text


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
    if updates is None:
        return None
    last = updates.value[-1]
    dash = " " * updates.start_mark.column
    end = len(text.text[: last.end_mark.index].rstrip())
    newline = "\r\n" if "\r\n" in text.text else "\n"
    _, _, entry = ours.partition("updates:\n")
    shifted = newline.join(f"{dash}{line[2:]}" if line.strip() else "" for line in entry.splitlines())
    end = _line_end(text.text, end)
    above = text.text[:end] if text.text[:end].endswith("\n") else text.text[:end] + newline
    new = f"{above}{shifted}{newline}{text.text[end:]}"
    return new if _is_added(text, new) else None


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _load(text: Text) -> tuple[object, Node | None]:
    try:
        return yaml.safe_load(text.text), yaml.compose(text.text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise refuse(f"it is not YAML: {' '.join(str(error).split())}", where=Location(text.file)) from None


def _updates(root: Node | None) -> SequenceNode | None:
    pairs = cast("list[tuple[Node, Node]]", root.value) if isinstance(root, MappingNode) else []
    found = next((value for key, value in pairs if key.value == "updates"), None)
    return found if isinstance(found, SequenceNode) and found.value and not found.flow_style else None


def _is_added(text: Text, new: str) -> bool:
    """Whether the new text says all that the old one said, and one entry more."""
    before, _ = _load(text)
    after, _ = _load(Text(text.file, new, text.encoding, text.bom))
    old, more = get_tables(before, "updates"), get_tables(after, "updates")
    rest = {k: v for k, v in cast("dict[str, object]", before).items() if k != "updates"}
    same = {k: v for k, v in cast("dict[str, object]", after).items() if k != "updates"}
    return rest == same and more[:-1] == old and get_text(more[-1], "package-ecosystem") == "github-actions"
