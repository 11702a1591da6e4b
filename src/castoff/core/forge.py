"""Pages of a GitHub repository, from the URL of its remote."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

_GITHUB = re.compile(
    r"^(?:(?:https?|ssh|git)://(?:[^/@]*@)?github\.com(?::\d+)?/|(?:[^/@]*@)?github\.com:)(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?$",
    re.IGNORECASE,
)
_FULL_NAME = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)")
_PAGE = re.compile(r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)/")


class Repository(NamedTuple):
    """A repository on GitHub."""

    owner: str
    name: str

    @property
    def page(self) -> str:
        """The repository's own page."""
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def full_name(self) -> str:
        """OWNER/NAME."""
        return f"{self.owner}/{self.name}"

    def compare(self, main: str, branch: str) -> str:
        """Return the page on which a pull request from `branch` into `main` is opened."""
        return f"{self.page}/compare/{quote(main)}...{quote(branch)}?expand=1"

    def workflow(self, file: str) -> str:
        """Return the page on which the runs of a workflow are watched."""
        return f"{self.page}/actions/workflows/{quote(file)}"

    def as_in(self, url: str) -> Repository:
        """Return the repository as one of its own pages spells it: GitHub tells no case apart, certificates do."""
        match = _PAGE.match(url)
        spelt = Repository(match["owner"], match["name"]) if match else self
        return spelt if spelt.page.casefold() == self.page.casefold() else self


def repository(url: str | None) -> Repository | None:
    """Return the repository that a remote's URL (https, ssh, or `git@github.com:o/r.git`) names, or None."""
    match = _GITHUB.match(url or "")
    return Repository(match["owner"], match["name"]) if match else None


def from_full_name(text: str | None) -> Repository | None:
    """Return the repository that OWNER/NAME names, as GITHUB_REPOSITORY has it, or None."""
    match = _FULL_NAME.fullmatch(text or "")
    return Repository(match["owner"], match["name"]) if match else None
