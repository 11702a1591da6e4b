"""What a repository on GitHub is set to, read by its REST API. Nothing is ever changed.

Which token sees what (docs.github.com, "REST API endpoints for ..."): the repository, the rules of a branch, rulesets,
and environments with their rules show to everybody for a public repository; immutable releases only to who may read
its administration (`administration: read`), and whether a ruleset can be passed by only to who is asked for by the
token. GitHub hides what it does not show: a 404 says "it is not there" only where the right to see it is sure.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import cast
from urllib.parse import quote

from castoff.adapters.github import GitHub
from castoff.adapters.github_answers import flag, items, number, status_said, taken, text
from castoff.adapters.web import Answer
from castoff.core.published import Unknown
from castoff.core.settings import (
    BranchRules,
    DeployEnvironment,
    NameRule,
    RefPattern,
    RepositorySettings,
    TagRuleset,
)
from castoff.core.toml_text import get, get_table, get_tables, get_text, get_texts

_MOST_RULESETS = 20
"""How many rulesets for tags are looked into."""


def repository_settings(github: GitHub) -> RepositorySettings | Unknown:
    """Return what the repository is."""

    def take(data: object) -> RepositorySettings:
        rights = get_table(data, "permissions")
        push = rights.get("push")
        return RepositorySettings(
            full_name=text(data, "full_name"),
            private=get(data, "private") is True,
            archived=get(data, "archived") is True,
            admin=rights.get("admin") is True,
            push=push if isinstance(push, bool) else None,
        )

    return taken(github.get(""), take)


def branch_rules(github: GitHub, branch: str) -> BranchRules | Unknown | None:
    """Return the rules that a push to `branch` must keep to; None when there is no such branch.

    `protected` is what the older branch protection comes to, which tells its rules to administrators only.
    """
    name = quote(branch, safe="")
    answer = github.get(f"branches/{name}")
    if isinstance(answer, Answer) and answer.status == HTTPStatus.NOT_FOUND:
        return None if _shown(github) else Unknown(status_said(HTTPStatus.NOT_FOUND))
    protected = taken(answer, lambda data: flag(data, "protected"))
    rules = taken(github.get(f"rules/branches/{name}?per_page=100"), _kinds)
    for known in (protected, rules):
        if isinstance(known, Unknown):
            return known
    return BranchRules(cast("bool", protected) or bool(rules), cast("tuple[str, ...]", rules))


def tag_rulesets(github: GitHub) -> tuple[TagRuleset, ...] | Unknown:
    """Return the active rulesets for tags, those of the organisation with them."""
    listed = taken(github.get("rulesets?includes_parents=true&targets=tag&per_page=100"), _active)
    if isinstance(listed, Unknown):
        return listed
    if len(listed) > _MOST_RULESETS:
        return Unknown(f"there are more than {_MOST_RULESETS} rulesets for tags")
    rulesets: list[TagRuleset] = []
    for ruleset_id in listed:
        ruleset = taken(github.get(f"rulesets/{ruleset_id}?includes_parents=true"), _ruleset)
        if isinstance(ruleset, Unknown):
            return ruleset
        rulesets.append(ruleset)
    return tuple(rulesets)


def environment(github: GitHub, name: str) -> DeployEnvironment | Unknown | None:
    """Return a deployment environment; None when there is none of that name."""
    path = f"environments/{quote(name, safe='')}"
    answer = github.get(path)
    if isinstance(answer, Answer) and answer.status == HTTPStatus.NOT_FOUND:
        return None if _shown(github) else Unknown(status_said(HTTPStatus.NOT_FOUND))
    found = taken(answer, _environment)
    if isinstance(found, Unknown) or found.refs is None or found.protected_branches:
        return found
    refs = taken(github.get(f"{path}/deployment-branch-policies?per_page=100"), _policies)
    return replace(found, refs=refs)


def immutable_releases(github: GitHub) -> bool | Unknown:
    """Return whether releases are immutable from now on; only an administrator's token is told."""
    answer = github.get("immutable-releases")
    if isinstance(answer, Answer) and answer.status == HTTPStatus.NOT_FOUND:
        known = repository_settings(github)
        if isinstance(known, RepositorySettings) and known.admin:
            return False  # to an administrator, a 404 is how GitHub says that it is off
        return Unknown("only an administrator's token is told")
    if isinstance(answer, Answer) and answer.status == HTTPStatus.FORBIDDEN:
        return Unknown("only a token that may read the repository's administration is told")
    return taken(answer, lambda data: flag(data, "enabled"))


def _shown(github: GitHub) -> bool:
    """Whether the repository shows at all, so that a 404 for a part of it means that there is none."""
    return isinstance(repository_settings(github), RepositorySettings)


def _kinds(data: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text(item, "type") for item in items(data)))


def _active(data: object) -> list[int]:
    """Return the numbers of the active rulesets for tags: an old server may not heed `targets`."""
    found: list[int] = []
    for item in items(data):
        ruleset_id = number(item, "id")
        if get_text(item, "target") == "tag" and get_text(item, "enforcement") == "active":
            found.append(ruleset_id)
    return found


def _ruleset(data: object) -> TagRuleset:
    condition = get(data, "conditions", "ref_name")
    rules = items(get(data, "rules"))
    return TagRuleset(
        id=number(data, "id"),
        name=text(data, "name"),
        include=tuple(get_texts(condition, "include")),
        exclude=tuple(get_texts(condition, "exclude")),
        rules=_kinds(rules),
        names=tuple(_name_rule(rule) for rule in rules if get_text(rule, "type") == "tag_name_pattern"),
        bypass=get_text(data, "current_user_can_bypass"),
    )


def _name_rule(rule: object) -> NameRule:
    said = get(rule, "parameters")
    return NameRule(text(said, "operator"), text(said, "pattern"), get(said, "negate") is True)


def _environment(data: object) -> DeployEnvironment:
    """Return an environment; that only some refs may deploy is told here, and by which patterns elsewhere."""
    policy = get(data, "deployment_branch_policy")
    reviewers = [
        reviewer
        for rule in get_tables(data, "protection_rules")
        if get_text(rule, "type") == "required_reviewers"
        for reviewer in get_tables(rule, "reviewers")
    ]
    protected = get(policy, "protected_branches") is True
    return DeployEnvironment(text(data, "name"), len(reviewers), protected, None if policy is None else ())


def _policies(data: object) -> tuple[RefPattern, ...]:
    return tuple(
        RefPattern(text(item, "name"), get_text(item, "type") == "tag") for item in items(get(data, "branch_policies"))
    )
