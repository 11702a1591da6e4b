"""The environment variables that castoff heeds, read once at the edge into a typed value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from castoff.core.errors import misuse

_YES = ("1", "true", "yes", "y", "on")
_NO = ("", "0", "false", "no", "n", "off")


@dataclass(frozen=True, slots=True)
class Environment:
    """What the caller's environment says. VERSION and its like are how `make release VERSION=X` reaches a task."""

    version: str | None
    """The version that a verb is about."""
    tag: str | None
    """The tag that check-tag is about."""
    direct: bool
    """Whether a release goes without a pull request."""
    dry_run: bool
    """Whether a plan is to be printed, and not performed."""
    push: bool
    """Whether a tag is to be pushed."""
    yes: bool
    """Whether what asks before it acts is answered with yes."""
    watch: bool
    """Whether a release is to be looked at until it is done."""
    wait: str | None
    """How many seconds `verify` gives the index to catch up."""
    fault: str | None
    """The fault of a rehearsal."""
    offline: bool
    """Whether to do without the network: build without isolation, and require only what is installed."""
    in_actions: bool
    """Whether this runs in GitHub Actions (GITHUB_ACTIONS)."""
    ref_tag: str | None
    """The tag that the workflow runs on (GITHUB_REF_TYPE, GITHUB_REF_NAME), or None."""
    summary: Path | None
    """The file of the job summary (GITHUB_STEP_SUMMARY), or None."""
    plain: bool
    """Whether colour is unwanted (NO_COLOR, or TERM=dumb)."""
    index_url: str | None
    """The simple API of the index to ask (CASTOFF_INDEX_URL); None: PyPI's."""
    trust_config: str | None
    """The trust configuration of the Sigstore instance to ask (CASTOFF_TRUST_CONFIG); None: the public one."""
    github_api: str | None
    """The base URL of GitHub's API (GITHUB_API_URL, as in a workflow); None: the public one."""
    github_repository: str | None
    """OWNER/NAME (GITHUB_REPOSITORY, as in a workflow), or None."""
    github_token: str | None = field(repr=False)
    """What authenticates there (GITHUB_TOKEN or GH_TOKEN), or None."""


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Return the typed view of `variables`; an empty variable is one that is not set.

    Raises UsageError for a switch that says neither yes nor no: DIRECT or YES is not to be guessed.
    """
    summary = variables.get("GITHUB_STEP_SUMMARY")
    in_actions = variables.get("GITHUB_ACTIONS") == "true"
    on_tag = in_actions and variables.get("GITHUB_REF_TYPE") == "tag"
    return Environment(
        version=variables.get("VERSION") or None,
        tag=variables.get("TAG") or None,
        direct=_on(variables, "DIRECT"),
        dry_run=_on(variables, "DRY_RUN"),
        push=_on(variables, "PUSH"),
        yes=_on(variables, "YES"),
        watch=_on(variables, "WATCH"),
        wait=variables.get("WAIT") or None,
        fault=variables.get("FAULT") or None,
        offline=_on(variables, "OFFLINE"),
        in_actions=in_actions,
        ref_tag=variables.get("GITHUB_REF_NAME") or None if on_tag else None,
        summary=Path(summary) if in_actions and summary else None,
        plain=bool(variables.get("NO_COLOR")) or variables.get("TERM") == "dumb",
        index_url=variables.get("CASTOFF_INDEX_URL") or None,
        trust_config=variables.get("CASTOFF_TRUST_CONFIG") or None,
        github_api=variables.get("GITHUB_API_URL") or None,
        github_repository=variables.get("GITHUB_REPOSITORY") or None,
        github_token=variables.get("GITHUB_TOKEN") or variables.get("GH_TOKEN") or None,
    )


def _on(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "").strip().lower()
    if value in _YES or value in _NO:
        return value in _YES
    raise misuse(f"{name} is {variables[name]!r}, which is neither yes nor no: {name}=1, or leave it out")
