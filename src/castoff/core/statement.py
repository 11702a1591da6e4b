"""What a publish attestation states (PEP 740): an in-toto statement about one file, by name and digest."""

from __future__ import annotations

import json
from collections.abc import Collection

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from castoff.core.artifacts import artifact
from castoff.core.toml_text import get, get_tables, get_text

_TYPE = "https://in-toto.io/Statement/v1"


def statement_problem(payload: bytes, name: str, sha256: str, kinds: Collection[str]) -> str | None:
    """Return why a statement is not about the file with this name and digest (hex); None when it is.

    `kinds` are the predicate types that PyPI takes. Names are compared as distribution file names are, so that
    another spelling of the same one passes.
    """
    try:
        data: object = json.loads(payload)
    except (ValueError, RecursionError):
        return "the statement is not JSON"
    if get_text(data, "_type") != _TYPE:
        return "it is not an in-toto statement"
    subjects = get_tables(data, "subject")
    if len(subjects) != 1:
        return f"the statement is about {len(subjects)} files, not about one"
    named = get_text(subjects[0], "name") or ""
    if not _same(named, name):
        return f"the statement is about {named or 'a file without a name'}"
    attested = get_text(get(subjects[0], "digest"), "sha256")
    if attested != sha256:
        return f"the statement is about a file of that name with the SHA-256 {attested}"
    predicate = get_text(data, "predicateType")
    return None if predicate in kinds else f"the statement is of the kind {predicate}, which PyPI does not know"


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    return artifact(one) is not None and artifact(other) is not None and _parts(one) == _parts(other)


def _parts(name: str) -> object:
    return parse_wheel_filename(name) if name.endswith(".whl") else parse_sdist_filename(name)
