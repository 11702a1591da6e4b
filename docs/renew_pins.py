"""Brings new pins of actions to every file that has them: `.venv/bin/python docs/renew_pins.py [CHECKOUT]`.

Dependabot renews those in `.github/workflows/`. What `init` writes for others, and the list of the pins whose version
is known (`core/pins.py`), follow by this: what `release.yml` says of an action is written everywhere else, and noted.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
WORKFLOWS = Path(".github", "workflows")
TEMPLATES = Path("src", "castoff", "templates")
PINS = Path("src", "castoff", "core", "pins.py")
_PIN = re.compile(r"(?P<action>[\w.-]+/[\w.-]+)@(?P<sha>[0-9a-f]{40}) # (?P<version>v[\w.]+)")
_KNOWN = re.compile(r'^    "(?P<action>[^"]+)": \{(?P<pins>[^}]*)\},$', re.MULTILINE)


def main() -> None:
    """Write them, and name the files that have changed."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT
    pins = {pin["action"]: pin for pin in _PIN.finditer((root / WORKFLOWS / "release.yml").read_text(encoding="utf-8"))}
    for path, text in _renewed(root, pins):
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(root)} is written\n")


def _renewed(root: Path, pins: Mapping[str, re.Match[str]]) -> Iterator[tuple[Path, str]]:
    """Yield each file with the text that it should have."""
    for path in sorted((*(root / WORKFLOWS).glob("*.yml"), *(root / TEMPLATES).glob("*.yml"))):
        yield path, _PIN.sub(lambda pin: pins.get(pin["action"], pin)[0], path.read_text(encoding="utf-8"))
    yield root / PINS, _KNOWN.sub(lambda line: _noted(line, pins), (root / PINS).read_text(encoding="utf-8"))


def _noted(line: re.Match[str], pins: Mapping[str, re.Match[str]]) -> str:
    """Return the line of an action in the list of known pins, with its new one behind the others."""
    pin = pins.get(line["action"])
    if pin is None or pin["sha"] in line["pins"]:
        return line[0]
    return f'    "{line["action"]}": {{{line["pins"]}, "{pin["sha"]}": "{pin["version"]}"}},'


if __name__ == "__main__":
    main()
