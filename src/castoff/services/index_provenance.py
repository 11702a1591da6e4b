"""PEP 740: the attestations that come with an upload, and the provenance that the index makes of them.

Only their form is checked. PyPI verifies signatures too (`warehouse/attestations/services.py`), which needs its
trust roots: a rehearsal verifies against its own, where it looks at the result.
"""

from __future__ import annotations

import json
from typing import cast

from castoff.services.index_rules import RefusedError, Upload
from castoff.services.index_tokens import Publisher

_MOST = 2
"""One for each kind of statement that PyPI takes."""
_MEMBERS = frozenset({"version", "verification_material", "envelope"})


def provenance_of(upload: Upload, publisher: Publisher) -> dict[str, object] | None:
    """Return the provenance of an upload, None when no attestations came; raises RefusedError (malformed ones)."""
    if upload.attestations is None:
        return None
    identity = {
        "kind": "GitHub",
        "claims": None,
        "repository": f"{publisher.owner}/{publisher.repository}",
        "workflow": publisher.workflow,
        "environment": publisher.environment,
    }
    bundle = {"publisher": identity, "attestations": _attestations(upload.attestations)}
    return {"version": 1, "attestation_bundles": [bundle]}


def _attestations(text: str) -> list[object]:
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(f"Malformed attestations: {error}") from None
    if not isinstance(data, list):
        raise _refused("Malformed attestations: a list is needed")
    attestations = cast("list[object]", data)
    if not attestations:
        raise _refused("Malformed attestations: an empty attestation set is not permitted")
    if len(attestations) > _MOST:
        raise _refused(f"A maximum of {_MOST} attestations per file are supported")
    for attestation in attestations:
        if not isinstance(attestation, dict) or not cast("dict[str, object]", attestation).keys() >= _MEMBERS:
            raise _refused(f"Malformed attestations: each needs {', '.join(sorted(_MEMBERS))}")
    return attestations


def _refused(what: str) -> RefusedError:
    return RefusedError(f"Invalid attestations supplied during upload: {what}")
