"""The same workflow written in another way: keys in another order, other quotes, comments, lists and mappings."""

from __future__ import annotations

import json
import re
from random import Random
from typing import cast

import yaml

_COMMENT = re.compile(r"uses: (?P<uses>\S+) # (?P<comment>\S+)")
_PLAIN = re.compile(r"[A-Za-z][\w./-]*( [A-Za-z][\w./-]*)*")
_KEPT = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def rewritten(text: str, random: object) -> str:
    """Return `text` in another style; what it says, and the version behind each pin, stays."""
    versions = {match["uses"]: match["comment"] for match in _COMMENT.finditer(text)}
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    assert root is not None
    return _Writer(cast("Random", random), versions).mapping(root, "")


class _Writer:
    def __init__(self, random: Random, versions: dict[str, str]) -> None:
        self._random = random
        self._versions = versions

    def mapping(self, node: yaml.Node, indent: str) -> str:
        pairs = list(node.value)
        self._random.shuffle(pairs)
        return "".join(self._remark(indent) + self._pair(key.value, value, indent) for key, value in pairs)

    def _pair(self, key: str, node: yaml.Node, indent: str) -> str:
        name = self._random.choice([key, f'"{key}"', f"'{key}'"]) if key != "on" else key
        if isinstance(node, yaml.ScalarNode):
            return f"{indent}{name}: {self._scalar(node)}{self._behind(node.value)}\n"
        if not node.value:
            return f"{indent}{name}: {{}}\n"
        if isinstance(node, yaml.MappingNode):
            return f"{indent}{name}:\n{self.mapping(node, indent + '  ')}"
        if all(isinstance(item, yaml.ScalarNode) for item in node.value) and self._random.random() < 0.5:
            return f"{indent}{name}: [{', '.join(json.dumps(item.value) for item in node.value)}]\n"
        return f"{indent}{name}:\n" + "".join(self._item(item, indent + "  ") for item in node.value)

    def _item(self, node: yaml.Node, indent: str) -> str:
        if isinstance(node, yaml.ScalarNode):
            return f"{indent}- {self._scalar(node)}\n"
        return f"{indent}-\n{self.mapping(node, indent + '    ')}"

    def _scalar(self, node: yaml.ScalarNode) -> str:
        value = str(node.value)
        if not node.style and (value in _KEPT or value.isdigit() or not value):
            return value
        ways = [json.dumps(value)]
        if "\n" not in value:
            quoted = value.replace("'", "''")
            ways.append(f"'{quoted}'")
        if _PLAIN.fullmatch(value) and value not in _KEPT:
            ways.append(value)
        return self._random.choice(ways)

    def _behind(self, value: str) -> str:
        if value in self._versions:
            return f" # {self._versions[value]}" + self._random.choice(["", " renewed", " - see the notes"])
        return self._random.choice(["", "", " # a remark"])

    def _remark(self, indent: str) -> str:
        return self._random.choice(["", "", f"{indent}# a remark: of its own\n", "\n"])
