"""What zizmor and check-jsonschema say of a workflow, read from their JSON, without what castoff's rules say already.

zizmor's format is its `json-v1` (docs.zizmor.sh, Usage): lines count from 0 there. check-jsonschema names the place by
a JSON path, `$.jobs.sign.steps[0]`, and the line is looked up in the tree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from castoff.core.errors import Location
from castoff.core.findings import Finding, Verdict
from castoff.core.workflow_yaml import Items, Node, Table

SAME: Mapping[str, tuple[str, ...]] = {
    "unpinned-uses": ("pins",),
    "unpinned-images": ("pins",),
    "ref-version-mismatch": ("pin-versions",),
    "artipacked": ("credentials",),
    "template-injection": ("expressions",),
    "cache-poisoning": ("caches",),
    "excessive-permissions": ("no-default-rights", "rights", "too-many-rights"),
    "secrets-outside-env": ("secrets", "by-hand", "trusted-publishing"),
    "secrets-inherit": ("secrets",),
    "overprovisioned-secrets": ("secrets",),
    "use-trusted-publishing": ("secrets", "by-hand", "trusted-publishing"),
    "concurrency-limits": ("concurrency",),
    "dangerous-triggers": ("tags-only",),
    "adhoc-packages": ("commands",),
}
"""zizmor's audits -> the rules of ours that tell the same, and what to write."""

_PATH = re.compile(r"\.(?P<key>[^.\[\]]+)|\[['\"](?P<quoted>[^'\"]+)['\"]\]|\[(?P<place>\d+)\]")
_UNEXPECTED = re.compile(r"'([^']+)' (?:was|were) unexpected")
_LONGEST = 200
"""Characters of a message that are shown."""


@dataclass(frozen=True, slots=True)
class Spanned:
    """A finding of zizmor's, and the lines that it speaks of."""

    finding: Finding
    audit: str
    first: int
    last: int


def read_zizmor(file: str, output: str) -> list[Spanned] | None:
    """Return what zizmor found in `file`, without what it was told to pass over; None when that is not its JSON."""
    try:
        return [_spanned(file, said) for said in json.loads(output) if not said["ignored"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def beside(
    ours: Sequence[Finding], theirs: Iterable[Spanned], actions: frozenset[str], lines: Sequence[str]
) -> list[Finding]:
    """Return those of zizmor's findings that ours do not tell already.

    That one of the pipeline's own `actions` could be replaced by a script is no finding here.
    """
    return [
        one.finding
        for one in theirs
        if not any(_same(finding, one) for finding in ours)
        and not (one.audit == "superfluous-actions" and _speaks_of(one, actions, lines))
    ]


def read_schema(file: str, output: str, tree: Table) -> list[Finding] | None:
    """Return what check-jsonschema found in `file`; None when that is not its JSON."""
    try:
        return [_schema_finding(file, error, tree) for error in json.loads(output)["errors"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _spanned(file: str, said: dict[str, Any]) -> Spanned:
    places: list[dict[str, Any]] = said["locations"]
    spans = [place["concrete"]["location"] for place in places]
    first = min(span["start_point"]["row"] for span in spans) + 1
    last = max(span["end_point"]["row"] for span in spans) + 1
    primary = next((place for place in places if place["symbolic"]["kind"] == "Primary"), places[0])
    line = primary["concrete"]["location"]["start_point"]["row"] + 1
    severity = said["determinations"]["severity"]
    verdict = Verdict.WRONG if severity in {"Medium", "High"} else Verdict.NOTE
    what = _short(f"{said['desc']}: {primary['symbolic']['annotation']}")
    audit = str(said["ident"])
    return Spanned(
        Finding(what, Location(file, line), fix=(f"open {said['url']}",), verdict=verdict, rule=f"zizmor/{audit}"),
        audit,
        first,
        last,
    )


def _same(ours: Finding, theirs: Spanned) -> bool:
    if ours.verdict is Verdict.NOTE or ours.rule not in SAME.get(theirs.audit, ()):
        return False
    if ours.rule == "no-default-rights":
        return True  # zizmor tells it of every job that inherits from the workflow
    line = ours.where.line if ours.where else None
    return line is not None and theirs.first <= line <= theirs.last


def _speaks_of(spanned: Spanned, actions: Iterable[str], lines: Sequence[str]) -> bool:
    spoken = [line.lower() for line in lines[spanned.first - 1 : spanned.last]]
    return any(action in line for action in actions for line in spoken)


def _schema_finding(file: str, error: dict[str, Any], tree: Table) -> Finding:
    deepest = error.get("best_deep_match") or error
    path, message = str(deepest["path"]), str(deepest["message"])
    unexpected = _UNEXPECTED.search(message)
    where = _place(tree, [*_keys(path), *((unexpected[1],) if unexpected else ())])
    what = f"{path.removeprefix('$.')}: {message}" if path != "$" else message
    return Finding(_short(what), Location(file, where.line), rule="schema")


def _keys(path: str) -> Iterator[str | int]:
    for match in _PATH.finditer(path):
        yield int(match["place"]) if match["place"] else match["key"] or match["quoted"]


def _place(tree: Table, path: Iterable[str | int]) -> Location:
    """Return where the node at `path` stands, or the nearest one above it."""
    node: Node | None = tree
    where = tree.where
    for key in path:
        if isinstance(node, Table) and key in node.keys:
            where, node = node.keys[str(key)], node.entries[str(key)]
        elif isinstance(node, Items) and isinstance(key, int) and key < len(node.items):
            node = node.items[key]
            where = node.where
        else:
            break
    return where


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 3]}..."
