"""How a repository on the forge is set, as GitHub's REST API shows it to those who may see it.

Attributes are set by whoever runs the forge, while it runs; nothing here changes them. What GitHub hides it hides
here: without the right to see a thing, it is not there (404), or the token may not (403).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from castoff.services.forge_access import Access, refusal_response
from castoff.services.forge_requests import RefusedError
from castoff.services.http import Handler, Request, Response, json_response

_MOVED = "/repositories/1"
_Act = Callable[[Request, Mapping[str, str]], Response]


@dataclass
class Environment:
    """A deployment environment; `policy` is None (all may deploy), `protected`, or (pattern, branch or tag)."""

    reviewers: tuple[str, ...] = ()
    policy: str | tuple[tuple[str, str], ...] | None = None


@dataclass
class Ruleset:
    """A ruleset for tags or branches."""

    name: str
    include: tuple[str, ...]
    rules: tuple[Mapping[str, object], ...]
    exclude: tuple[str, ...] = ()
    target: str = "tag"
    enforcement: str = "active"
    bypass: str | None = "never"
    """What GitHub says to who asks with a token: `always`, `never`, ..."""


@dataclass
class Settings:
    """The settings of one repository, `OWNER/NAME`."""

    full_name: str
    archived: bool = False
    renamed_to: str | None = None
    """Its new name: then its old address leads on to it."""
    branches: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Each branch, and the kinds of the rules for it."""
    protected: frozenset[str] = frozenset()
    """Branches under branch protection of the old kind, which does not tell its rules."""
    rulesets: list[Ruleset] = field(default_factory=list[Ruleset])
    environments: dict[str, Environment] = field(default_factory=dict[str, Environment])


def settings_routes(
    settings: Settings, access: Access, immutable: Callable[[], bool]
) -> dict[tuple[str, re.Pattern[str]], Handler]:
    """Return the routes; `immutable` tells whether releases are."""
    desk = _Desk(settings, access, immutable)
    base = rf"/repos/{re.escape(settings.full_name)}"
    environment = base + r"/environments/(?P<environment>[^/]+)"
    table: dict[str, _Act] = {
        base: desk.repository,
        re.escape(_MOVED): desk.moved,
        base + r"/branches/(?P<branch>[^/]+)": desk.branch,
        base + r"/rules/branches/(?P<branch>[^/]+)": desk.branch_rules,
        base + r"/rulesets": desk.rulesets,
        base + r"/rulesets/(?P<id>[0-9]+)": desk.ruleset,
        environment: desk.environment,
        environment + r"/deployment-branch-policies": desk.policies,
        base + r"/immutable-releases": desk.immutable_releases,
    }
    return {("GET", re.compile(path, re.IGNORECASE)): desk.guarded(act) for path, act in table.items()}


class _Desk:
    """Answers questions about the settings."""

    def __init__(self, settings: Settings, access: Access, immutable: Callable[[], bool]) -> None:
        self._settings = settings
        self._access = access
        self._immutable = immutable

    def guarded(self, act: _Act) -> Handler:
        """Return `act` for those who may see the repository."""

        def handler(request: Request) -> Response:
            try:
                return act(request, self._access.seen(request))
            except RefusedError as refusal:
                return refusal_response(refusal)

        return handler

    def repository(self, request: Request, granted: Mapping[str, str]) -> Response:
        """Show the repository, or where it has moved to."""
        if self._settings.renamed_to:
            return Response(HTTPStatus.MOVED_PERMANENTLY, headers={"Location": _MOVED})
        return self.moved(request, granted)

    def moved(self, request: Request, granted: Mapping[str, str]) -> Response:
        """Show the repository under its number."""
        full_name = self._settings.renamed_to or self._settings.full_name
        data: dict[str, object] = {
            "id": 1,
            "name": full_name.rpartition("/")[2],
            "full_name": full_name,
            "private": not self._access.public,
            "archived": self._settings.archived,
            "default_branch": "main",
        }
        if self._access.granted(request) is not None:
            write = granted.get("contents") == "write"
            data["permissions"] = {"admin": "administration" in granted, "push": write, "pull": True}
        return json_response(data)

    def branch(self, request: Request, _granted: Mapping[str, str]) -> Response:
        """Show a branch."""
        name = request.params["branch"]
        if name not in self._settings.branches:
            raise RefusedError(404, "Branch not found")
        protected = name in self._settings.protected or bool(self._settings.branches[name])
        return json_response({"name": name, "commit": {"sha": "0" * 40}, "protected": protected})

    def branch_rules(self, request: Request, _granted: Mapping[str, str]) -> Response:
        """Show the active rules for a branch."""
        rules = self._settings.branches.get(request.params["branch"], ())
        return json_response([{"type": kind, "ruleset_source_type": "Repository", "ruleset_id": 99} for kind in rules])

    def rulesets(self, request: Request, _granted: Mapping[str, str]) -> Response:
        """List the rulesets, without their rules."""
        wanted = request.query.get("targets", "").split(",")
        return json_response(
            [
                _head(number, ruleset)
                for number, ruleset in enumerate(self._settings.rulesets, 1)
                if wanted == [""] or ruleset.target in wanted
            ]
        )

    def ruleset(self, request: Request, granted: Mapping[str, str]) -> Response:
        """Show a ruleset with its rules."""
        number = int(request.params["id"])
        if not 1 <= number <= len(self._settings.rulesets):
            raise RefusedError(404, "Not Found")
        ruleset = self._settings.rulesets[number - 1]
        condition = {"include": list(ruleset.include), "exclude": list(ruleset.exclude)}
        told = {"current_user_can_bypass": ruleset.bypass} if granted and ruleset.bypass else {}
        return json_response(
            {
                **_head(number, ruleset),
                "conditions": {"ref_name": condition},
                "rules": [dict(rule) for rule in ruleset.rules],
                **told,
            }
        )

    def environment(self, request: Request, _granted: Mapping[str, str]) -> Response:
        """Show an environment; upper and lower case are the same."""
        name, found = self._environment(request)
        rules: list[dict[str, object]] = []
        if found.reviewers:
            reviewers = [{"type": "User", "reviewer": {"login": login}} for login in found.reviewers]
            rules.append({"id": 1, "type": "required_reviewers", "reviewers": reviewers})
        policy = None
        if found.policy is not None:
            rules.append({"id": 2, "type": "branch_policy"})
            protected = found.policy == "protected"
            policy = {"protected_branches": protected, "custom_branch_policies": not protected}
        return json_response({"id": 1, "name": name, "protection_rules": rules, "deployment_branch_policy": policy})

    def policies(self, request: Request, _granted: Mapping[str, str]) -> Response:
        """Show what may deploy to an environment."""
        _, found = self._environment(request)
        listed = found.policy if isinstance(found.policy, tuple) else ()
        policies = [{"id": number, "name": name, "type": kind} for number, (name, kind) in enumerate(listed, 1)]
        return json_response({"total_count": len(policies), "branch_policies": policies})

    def immutable_releases(self, _request: Request, granted: Mapping[str, str]) -> Response:
        """Show whether releases are immutable, to an administrator; 404 is "no", too."""
        if not granted:
            raise RefusedError(404, "Not Found")
        if "administration" not in granted:
            raise RefusedError(403, "Resource not accessible by personal access token")
        if not self._immutable():
            raise RefusedError(404, "Not Found")
        return json_response({"enabled": True, "enforced_by_owner": False})

    def _environment(self, request: Request) -> tuple[str, Environment]:
        wanted = request.params["environment"].lower()
        for name, found in self._settings.environments.items():
            if name.lower() == wanted:
                return name, found
        raise RefusedError(404, "Not Found")


def _head(number: int, ruleset: Ruleset) -> dict[str, object]:
    return {
        "id": number,
        "name": ruleset.name,
        "target": ruleset.target,
        "source_type": "Repository",
        "enforcement": ruleset.enforcement,
    }
