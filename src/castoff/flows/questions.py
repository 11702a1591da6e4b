"""What preflight, undo and status ask alike: what the index and GitHub hold of a version, and what they are called."""

from __future__ import annotations

from packaging.version import Version

from castoff.adapters.threads import Asked
from castoff.core import versions
from castoff.core.forge import Repository
from castoff.core.published import ForgeRelease, Unknown
from castoff.flows.checkout import Checkout
from castoff.flows.clients import github_of, index_of

_NOT_ASKED = Unknown("not asked: OFFLINE=1")


class Questions:
    """The questions for a version, each on its way from the moment that this is made; offline, none is asked."""

    def __init__(self, checkout: Checkout, name: str, version: Version, *, offline: bool = False) -> None:
        self._tag = versions.tag_name(version)
        self.index = index_of(checkout)
        self.github = _NOT_ASKED if offline else github_of(checkout)
        """Unknown where there is none to ask; what would be asked of it is Unknown for the same reason."""
        self.files = Asked(lambda: _NOT_ASKED if offline else self.index.release(name, version))
        self.releases = Asked(self._ask_for_releases)

    @property
    def repository(self) -> Repository | Unknown:
        """The repository on GitHub."""
        return self.github if isinstance(self.github, Unknown) else self.github.repository

    def _ask_for_releases(self) -> tuple[ForgeRelease, ...] | Unknown:
        return self.github if isinstance(self.github, Unknown) else self.github.releases(self._tag)
