"""What a rehearsal tells its stand-ins: where the local services are, and which faults are on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

VARIABLE = "CASTOFF_STAGE"
"""The environment variable with the path of the file."""
_LOST, _CHANGED = "artifact-lost", "artifact-changed"


class StageError(Exception):
    """The file is missing or is not what it has to be."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The stage on which all jobs of a rehearsal play."""

    artifacts: Path
    """Where the artifacts of all runs are kept."""
    remote: Path
    """The bare git repository."""
    index_url: str
    """The index's base: its token exchange is below it."""
    upload_url: str
    """Where the index takes uploads."""
    forge_url: str
    """The base of the forge's API."""
    trust_config: Path
    """The trust configuration of the local Sigstore instance."""
    repository: str
    """OWNER/NAME."""
    environment: Path | None = None
    """Offline: the environment that is there already, and stands in a checkout where make would make it; else None."""
    faults: tuple[str, ...] = ()
    """Their names; `artifact-lost:NAME` and `artifact-changed:NAME` are played here, others elsewhere."""

    def to_json(self) -> str:
        """Return the stage as the text of its file."""
        return json.dumps(asdict(self), indent=1, default=str) + "\n"

    def loses(self, artifact: str) -> bool:
        """Return whether a download must not find this artifact."""
        return f"{_LOST}:{artifact}" in self.faults

    def changes(self, artifact: str) -> bool:
        """Return whether a download of this artifact gets other bytes."""
        return f"{_CHANGED}:{artifact}" in self.faults


def read_stage(path: Path) -> Stage:
    """Return the stage that the file at `path` holds; raises StageError."""
    try:
        data: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StageError(f"{path} cannot be read: {error}") from None
    if not isinstance(data, dict):
        raise StageError(f"{path} is not the description of a stage")
    members = cast("dict[str, object]", data)
    faults = members.get("faults", [])
    if not isinstance(faults, list) or not all(isinstance(fault, str) for fault in cast("list[object]", faults)):
        raise StageError(f"{path}: faults is not a list of names")
    environment = members.get("environment")
    return Stage(
        artifacts=Path(_text(members, "artifacts", path)),
        remote=Path(_text(members, "remote", path)),
        index_url=_text(members, "index_url", path).rstrip("/"),
        upload_url=_text(members, "upload_url", path),
        forge_url=_text(members, "forge_url", path).rstrip("/"),
        trust_config=Path(_text(members, "trust_config", path)),
        repository=_text(members, "repository", path),
        environment=Path(environment) if isinstance(environment, str) else None,
        faults=tuple(cast("list[str]", faults)),
    )


def _text(members: Mapping[str, object], name: str, path: Path) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise StageError(f"{path}: {name} is missing")
    return value
