"""Which actions have a stand-in, and which inputs each of them knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

ACTIONS = Path(__file__).parent / "actions"


def standins() -> Mapping[str, Path]:
    """Return `OWNER/NAME` of each action that has a stand-in -> the folder with its action.yml."""
    return {folder.name.replace("+", "/", 1): folder for folder in sorted(ACTIONS.iterdir()) if folder.is_dir()}


def inputs_of(folder: Path) -> frozenset[str]:
    """Return the inputs that a stand-in declares: those of the real action at the version that it plays."""
    import yaml

    data: object = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
    inputs = cast("dict[str, object]", data)["inputs"]
    return frozenset(cast("dict[str, object]", inputs))
