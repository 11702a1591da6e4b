"""How the commands are written that a person is told to type."""

from __future__ import annotations

from typing import NamedTuple

from castoff.core import make_text
from castoff.core.texts import Text
from castoff.core.tree import Tree

BESIDE = "castoff.mk"
"""The file with castoff's targets beside a Makefile of the project's own."""
_OURS = "castoff"


class Typed(NamedTuple):
    """How verbs are typed in a project."""

    make: bool = False
    """Whether its Makefile brings castoff's targets."""
    renamed: frozenset[str] = frozenset()
    """The targets that are called `castoff-VERB`, since the Makefile has one of that name already."""

    def command(self, verb: str, version: str | None = None, flag: str | None = None) -> str:
        """Return what a person types, a flag (`yes`) switched on: the make target where there is one, else castoff."""
        if not self.make:
            return f"castoff {verb}" + (f" --version {version}" if version else "") + (f" --{flag}" if flag else "")
        target = f"{_OURS}-{verb}" if f"{_OURS}-{verb}" in self.renamed else verb
        return f"make {target}" + (f" VERSION={version}" if version else "") + (f" {flag.upper()}=1" if flag else "")


AS_CASTOFF = Typed()
"""How verbs are typed where there are no targets for them."""


def typed(tree: Tree) -> Typed:
    """Return how verbs are typed; a Makefile that does not know castoff has no such target, or another's.

    Nothing is refused: a Makefile that cannot be decoded is read as far as it can.
    """
    there = next((name for name in make_text.NAMES if name in tree.names("")), None)
    main = there and _text(tree, there)
    if not main or _OURS not in main.text:
        return AS_CASTOFF
    beside = _text(tree, BESIDE)
    targets = {target for text in (main, beside) if text for target in make_text.targets(text)}
    return Typed(make=True, renamed=frozenset(target for target in targets if target.startswith(f"{_OURS}-")))


def _text(tree: Tree, file: str) -> Text | None:
    data = tree.read(file)
    return None if data is None else Text(file, data.decode("utf-8", "replace"), "utf-8", bom=False)
