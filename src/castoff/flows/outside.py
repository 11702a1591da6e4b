"""What the world says of a release: the tag on the remote, the index, GitHub; asked side by side, and waited for."""

from __future__ import annotations

import time
from dataclasses import dataclass

from packaging.version import Version

from castoff.adapters.git import remote_name
from castoff.adapters.git_answers import Tag
from castoff.adapters.github import GitHub
from castoff.adapters.index import Index
from castoff.adapters.threads import Asked
from castoff.core.errors import CastoffError
from castoff.core.published import PublishedFile, Unknown
from castoff.core.served import Served, belongs
from castoff.flows.checkout import Checkout

_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
"""Seconds between two looks at the index: the first pause, and what it grows to."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Who is asked about which release."""

    checkout: Checkout
    index: Index
    github: GitHub
    project: str
    version: Version
    tag: str

    def ask(self) -> tuple[Tag | Unknown | None, Served]:
        """Ask the remote for the tag, and the index and GitHub for what they serve."""
        tag, served = Asked(self._tag), Asked(self.served)
        return tag.answer(), served.answer()

    def served(self) -> Served:
        """Ask the index and GitHub, side by side."""
        files, releases = Asked(self._files), Asked(lambda: self.github.releases(self.tag))
        return Served(files.answer(), releases.answer())

    def wait(self, served: Served, seconds: float, *, tagged: bool) -> Served:
        """Ask again while the index has only not caught up yet, for so many seconds; return the last answer."""
        began, pause = time.monotonic(), _PAUSE
        late = served.not_yet(self.project, self.version, tagged=tagged)
        if late and seconds > 0:
            self.checkout.console.say(f"the index does not show {', '.join(late)} yet: waiting up to {seconds:.0f} s")
        while late and (left := seconds - (time.monotonic() - began)) > 0:
            self._sleep(min(pause, left), began, seconds)
            pause = min(pause * 2, _LONGEST_PAUSE)
            served = self.served()
            late = served.not_yet(self.project, self.version, tagged=tagged)
        return served

    def _sleep(self, pause: float, began: float, seconds: float) -> None:
        def countdown() -> list[tuple[str | None, str]]:
            left = max(0.0, seconds - (time.monotonic() - began))
            return [("dim", f"  {left // 60:.0f}:{left % 60:02.0f} left")]

        with self.checkout.console.watching(countdown):
            time.sleep(pause)

    def _tag(self) -> Tag | Unknown | None:
        git = self.checkout.git
        try:
            remote = remote_name(git.remotes(), self.checkout.project().config.remote)
            return git.ask(remote).tags.get(self.tag)
        except CastoffError as error:
            return Unknown(str(error))

    def _files(self) -> tuple[PublishedFile, ...] | Unknown:
        """Return every file of the version, of whatever format."""
        files = self.index.files(self.project)
        if isinstance(files, Unknown):
            return files
        return tuple(file for file in files or () if belongs(file.name, self.project, self.version))
