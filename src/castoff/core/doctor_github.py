"""The doctor's questions about the repository on GitHub, and how it is set."""

from __future__ import annotations

from collections.abc import Iterator

from castoff.core.diagnosis import Facts, Finding, State, right, short, unknown, wrong
from castoff.core.doctor_here import UNTOLD
from castoff.core.published import TOKEN_REFUSED, Unknown
from castoff.core.ref_patterns import includes_tag, matches
from castoff.core.settings import BranchRules, DeployEnvironment, NameRule, RefPattern, TagRuleset

_REFUSE_A_PUSH = frozenset(
    {"pull_request", "required_status_checks", "update", "merge_queue", "required_deployments", "workflows"}
    | {"code_scanning", "code_quality", "creation"}
)
"""Rules for branches by which GitHub refuses a commit that comes without a pull request."""
_BYPASSES = frozenset({"always", "exempt"})


def repository(facts: Facts) -> Finding:
    """Judge whether the remote is a repository on GitHub, and still the one it is called."""
    named = facts.repository
    if isinstance(named, Unknown):
        return unknown(UNTOLD) if facts.here.unusable else _elsewhere(facts, named)
    full_name = named.full_name
    settings = facts.settings
    if isinstance(settings, Unknown):
        return unknown(f"{full_name}: {settings.reason}", f"open {named.page}")
    if settings.full_name.lower() != full_name.lower():
        moved = f"https://github.com/{short(settings.full_name)}"
        return wrong(
            f"{full_name} is called {short(settings.full_name)} now, and PyPI takes uploads from that name only",
            f"git remote set-url {facts.remote} {moved}",
        )
    if settings.archived:
        return wrong(f"{full_name} is archived: nothing can be pushed", f"open {named.page}/settings")
    if settings.push is False:
        return wrong(f"{full_name}: who the token belongs to may not push", f"open {named.page}", stops=False)
    return right(f"{full_name}, {'private' if settings.private else 'public'}")


def _elsewhere(facts: Facts, named: Unknown) -> Finding:
    url = f" ({short(facts.remote_url)})" if facts.remote_url else ""
    how = "set-url" if facts.remote_url else "add"
    return wrong(f"{named.reason}{url}", f"git remote {how} {facts.remote} https://github.com/OWNER/NAME")


def token(facts: Facts) -> Finding:
    """Judge whether GitHub can be asked as somebody."""
    if isinstance(facts.repository, Unknown):
        return unknown("there is no repository to ask about")
    if facts.token and facts.settings == TOKEN_REFUSED:
        return wrong("GitHub does not accept the token in GITHUB_TOKEN or GH_TOKEN", *_get_token(facts), stops=False)
    if facts.token:
        return right("there is one")
    what = "none in GITHUB_TOKEN or GH_TOKEN: immutable releases, who may pass by a ruleset and private repositories"
    return unknown(f"{what} show only with one", *_get_token(facts))


def _get_token(facts: Facts) -> tuple[str, ...]:
    if facts.here.gh:
        return ("export GH_TOKEN=$(gh auth token)",)
    return ("open https://github.com/settings/personal-access-tokens/new (read: actions, administration, contents)",)


def main(facts: Facts) -> Finding:
    """Judge whether a release can get its commit into main, in the way that is asked about."""
    known = facts.branch
    if isinstance(known, Unknown):
        return unknown(known, *facts.open("settings/rules"))
    if known is None:
        return wrong(f"there is no branch {facts.main} on GitHub", f"git push {facts.remote} {facts.main}")
    hindering = sorted(_REFUSE_A_PUSH & set(known.rules))
    if facts.direct and hindering:
        said = ", ".join(hindering)
        return wrong(f"{facts.main} is protected ({said}): `release --direct` would be refused", "castoff release")
    if facts.direct and known.protected and not known.rules:
        what = f"{facts.main} is protected; by which rules, only an administrator is told on GitHub's pages"
        return unknown(f"{what}, so `release --direct` may be refused", *facts.open("settings/branches"))
    return right(_main(facts.main, known, hindering))


def _main(name: str, known: BranchRules, hindering: list[str]) -> str:
    if hindering:
        return f"{name} is protected ({', '.join(hindering)}): a release goes through a pull request"
    if known.protected:
        return f"{name} is protected: a release goes through a pull request"
    return f"{name} is not protected: a release may go through a pull request, or `--direct`"


def tags(facts: Facts) -> Finding:
    """Judge whether the next tags can be made, and whether somebody could move them."""
    known = facts.tags
    if isinstance(known, Unknown):
        return unknown(known, *facts.open("settings/rules"))
    covering = {
        tag: [rules for rules in known if includes_tag(tag, rules.include, rules.exclude)] for tag in facts.next_tags
    }
    hindered = [found for tag, rulesets in covering.items() for found in _hindrances(facts, tag, rulesets)]
    if hindered:
        return next((found for found in hindered if found.state is State.WRONG), hindered[0])
    kept = {tag: {rule for ruleset in rulesets for rule in ruleset.rules} for tag, rulesets in covering.items()}
    loose = [tag for tag, rules in kept.items() if not {"update", "deletion"} <= rules]
    if loose:
        return wrong(
            f"no ruleset keeps a tag like {loose[0]} from being moved or deleted",
            *_new_ruleset(facts),
            stops=False,
        )
    names = ", ".join(dict.fromkeys(short(ruleset.name) for rulesets in covering.values() for ruleset in rulesets))
    return right(f"tags like {facts.next_tags[0]} can be made, and not moved or deleted ({names})")


def _new_ruleset(facts: Facts) -> tuple[str, ...]:
    page = facts.open("settings/rules/new?target=tag")
    return tuple(f"{line}: tags v*, restrict updates and deletions" for line in page)


def _hindrances(facts: Facts, tag: str, rulesets: list[TagRuleset]) -> Iterator[Finding]:
    """Yield why a tag could not be made, or might not be."""
    for ruleset in rulesets:
        page = facts.open(f"rules/{ruleset.id}")
        name = f"the ruleset {short(ruleset.name)!r}"
        if ruleset.bypass in _BYPASSES:
            continue
        if "creation" in ruleset.rules and not (facts.token and ruleset.bypass):
            yield unknown(f"{name} lets only some people make {tag}; who you are shows with a token only", *page)
        elif "creation" in ruleset.rules:
            yield wrong(f"{name} does not let you make {tag}", *page)
        for rule in ruleset.names:
            allowed = _allows(rule, tag)
            if allowed is None:
                yield unknown(f"{name} wants the names of tags to match {short(rule.pattern)!r}", *page)
            elif not allowed:
                yield wrong(f"{name} does not allow the name {tag} ({_rule(rule)})", *page)


def _rule(rule: NameRule) -> str:
    return f"{'not ' if rule.negate else ''}{rule.operator} {short(rule.pattern)!r}"


def _allows(rule: NameRule, tag: str) -> bool | None:
    """Return whether a rule for names allows a tag; None for a regular expression, which is a stranger's."""
    operators = {"starts_with": tag.startswith, "ends_with": tag.endswith, "contains": tag.__contains__}
    holds = operators.get(rule.operator)
    return None if holds is None else holds(rule.pattern) != rule.negate


def environment(facts: Facts) -> Finding:
    """Judge whether there is the environment that PyPI's trusted publisher names."""
    name, known = facts.environment_name, facts.environment
    if isinstance(known, Unknown):
        return unknown(known, *facts.open("settings/environments"))
    if known is None:
        what = f"there is no environment {name} on GitHub: the first release would make one that protects nothing"
        return wrong(what, *facts.open("settings/environments/new"), stops=False)
    return right(f"there is an environment {short(known.name)}")


def reviewers(facts: Facts) -> Finding:
    """Judge whether a person must say yes before anything reaches PyPI."""
    known = facts.environment
    if not isinstance(known, DeployEnvironment):
        return _without(facts)
    if known.reviewers == 0:
        what = f"nobody has to say yes before the environment {short(known.name)} publishes"
        return wrong(what, *facts.open("settings/environments"), stops=False)
    return right(f"{known.reviewers} to choose from, one of whom must say yes")


def deployments(facts: Facts) -> Finding:
    """Judge whether the environment's own rules let the next tags publish, and nothing else."""
    known = facts.environment
    if not isinstance(known, DeployEnvironment):
        return _without(facts)
    page, name = facts.open("settings/environments"), short(known.name)
    if known.protected_branches:
        return wrong(f"{name} lets protected branches publish, and so no tag", *page)
    if isinstance(known.refs, Unknown):
        return unknown(known.refs, *page)
    if known.refs is None:
        return wrong(f"{name} lets every branch and tag publish, not only tags v*", *page, stops=False)
    return _by_patterns(facts, name, known.refs)


def _by_patterns(facts: Facts, name: str, refs: tuple[RefPattern, ...]) -> Finding:
    page = facts.open("settings/environments")
    shown = ", ".join(_ref(ref) for ref in refs[:5]) or "nothing"
    shut_out = [tag for tag in facts.next_tags if not _may_deploy(tag, refs)]
    if shut_out:
        return wrong(f"{name} does not let {', '.join(shut_out)} publish, only {shown}", *page)
    branches = [ref for ref in refs if not ref.is_tag]
    if branches:
        return wrong(f"{name} lets {_ref(branches[0])} publish, too", *page, stops=False)
    return right(f"only {shown}")


def _may_deploy(tag: str, refs: tuple[RefPattern, ...]) -> bool:
    return any(ref.is_tag and matches(ref.pattern, tag) for ref in refs)


def _ref(ref: RefPattern) -> str:
    return f"{'tag' if ref.is_tag else 'branch'} {short(ref.pattern)}"


def _without(facts: Facts) -> Finding:
    reason = facts.environment.reason if isinstance(facts.environment, Unknown) else "there is no such environment yet"
    return unknown(reason, *facts.open("settings/environments"))


def immutable(facts: Facts) -> Finding:
    """Judge whether a published release can still be changed."""
    page = facts.open("settings")
    if isinstance(facts.immutable, Unknown):
        return unknown(facts.immutable, *(f"{line}, Releases" for line in page))
    if not facts.immutable:
        what = "off: files and tag of a published release can be changed afterwards"
        return wrong(what, *(f"{line}, Releases, Enable release immutability" for line in page), stops=False)
    return right("on")
