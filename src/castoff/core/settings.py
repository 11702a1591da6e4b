"""What a repository on GitHub is set to, as far as a release depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from castoff.core.published import Unknown


@dataclass(frozen=True, slots=True)
class RepositorySettings:
    """The repository itself."""

    full_name: str
    """`OWNER/NAME` as it is called today: a renamed one still answers to its old name."""
    private: bool
    archived: bool
    admin: bool
    """Whether who asks is an administrator; without a token, no."""
    push: bool | None
    """Whether who asks may push; None without a token."""


@dataclass(frozen=True, slots=True)
class BranchRules:
    """What a push to the main branch must keep to."""

    protected: bool
    rules: tuple[str, ...]
    """The kinds of the active rules that apply (`pull_request`, `required_status_checks`, ...), of all rulesets."""


@dataclass(frozen=True, slots=True)
class NameRule:
    """A rule for the names of tags: `operator` is starts_with, ends_with, contains or regex."""

    operator: str
    pattern: str
    negate: bool


@dataclass(frozen=True, slots=True)
class TagRuleset:
    """An active ruleset for tags."""

    id: int
    name: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    rules: tuple[str, ...]
    """The kinds of its rules: `creation`, `update`, `deletion`, `required_signatures`, ..."""
    names: tuple[NameRule, ...]
    bypass: str | None
    """`always`, `exempt`, `pull_requests_only` or `never`: what who asks may do; None where GitHub does not say."""


@dataclass(frozen=True, slots=True)
class RefPattern:
    """What may deploy to an environment: a pattern for branches or for tags."""

    pattern: str
    is_tag: bool


@dataclass(frozen=True, slots=True)
class DeployEnvironment:
    """A deployment environment."""

    name: str
    reviewers: int
    """How many people and teams may give their consent; 0: none is asked for."""
    protected_branches: bool
    """Whether only protected branches may deploy: then no tag may."""
    refs: tuple[RefPattern, ...] | Unknown | None
    """What else may deploy; None: whatever there is."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """A trusted publisher of the kind "GitHub", as PyPI knows it."""

    repository: str
    """`OWNER/NAME`."""
    workflow: str
    """The bare file name."""
    environment: str | None

    def same_repository(self, full_name: str) -> bool:
        """Whether it is bound to the repository `OWNER/NAME`; case does not count."""
        return self.repository.lower() == full_name.lower()
