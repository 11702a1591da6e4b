"""What the doctor says of the repository on GitHub: how it is, what to do, and whether it stops a release."""

from __future__ import annotations

from dataclasses import replace

import pytest

from castoff.core import doctor_github
from castoff.core.diagnosis import (
    Facts,
    Finding,
    right,
    unknown,
    wrong,
)
from castoff.core.published import TOKEN_REFUSED
from castoff.core.settings import (
    BranchRules,
    NameRule,
    RefPattern,
)
from tests.core.doctor_facts import (
    DARK,
    MACHINE,
    NOWHERE,
    PAGE,
    TAG,
    environment,
    facts,
    ruleset,
    settings,
)

NEW_TOKEN = "open https://github.com/settings/personal-access-tokens/new (read: actions, administration, contents)"
NO_TOKEN = (
    "none in GITHUB_TOKEN or GH_TOKEN: immutable releases, who may pass by a ruleset and private repositories"
    " show only with one"
)
NEW_RULESET = f"open {PAGE}/settings/rules/new?target=tag: tags v*, restrict updates and deletions"
ENVIRONMENTS = f"open {PAGE}/settings/environments"


@pytest.mark.parametrize(
    ("judge", "seen", "told"),
    [
        (
            doctor_github.repository,
            facts(repository=NOWHERE, remote_url="https://example.com/a"),
            wrong(
                "origin is not on GitHub (https://example.com/a)",
                "git remote set-url origin https://github.com/OWNER/NAME",
            ),
        ),
        (
            doctor_github.repository,
            facts(repository=NOWHERE, remote_url=""),
            wrong("origin is not on GitHub", "git remote add origin https://github.com/OWNER/NAME"),
        ),
        (doctor_github.repository, facts(settings=DARK), unknown("owner/sample: no network", f"open {PAGE}")),
        (
            doctor_github.repository,
            facts(settings=settings(full_name="other/sample")),
            wrong(
                "owner/sample is called other/sample now, and PyPI takes uploads from that name only",
                "git remote set-url origin https://github.com/other/sample",
            ),
        ),
        (doctor_github.repository, facts(settings=settings(full_name="Owner/Sample")), right("owner/sample, public")),
        (
            doctor_github.repository,
            facts(settings=settings(archived=True)),
            wrong("owner/sample is archived: nothing can be pushed", f"open {PAGE}/settings"),
        ),
        (
            doctor_github.repository,
            facts(settings=settings(push=False)),
            wrong("owner/sample: who the token belongs to may not push", f"open {PAGE}", stops=False),
        ),
        (doctor_github.repository, facts(settings=settings(push=None, private=True)), right("owner/sample, private")),
        (doctor_github.token, facts(repository=NOWHERE), unknown("there is no repository to ask about")),
        (
            doctor_github.token,
            facts(settings=TOKEN_REFUSED),
            wrong(
                "GitHub does not accept the token in GITHUB_TOKEN or GH_TOKEN",
                "export GH_TOKEN=$(gh auth token)",
                stops=False,
            ),
        ),
        (doctor_github.token, facts(settings=DARK), right("there is one")),
        (doctor_github.token, facts(token=False), unknown(NO_TOKEN, "export GH_TOKEN=$(gh auth token)")),
        (
            doctor_github.token,
            facts(token=False, settings=TOKEN_REFUSED, here=replace(MACHINE, gh=False)),
            unknown(NO_TOKEN, NEW_TOKEN),
        ),
        (doctor_github.main, facts(branch=DARK), unknown("no network", f"open {PAGE}/settings/rules")),
        (doctor_github.main, facts(branch=DARK, repository=NOWHERE), unknown("no network")),
        (doctor_github.main, facts(branch=None), wrong("there is no branch main on GitHub", "git push origin main")),
        (
            doctor_github.main,
            facts(direct=True, branch=BranchRules(True, ("update", "deletion", "pull_request"))),
            wrong("main is protected (pull_request, update): `release --direct` would be refused", "castoff release"),
        ),
        (
            doctor_github.main,
            facts(direct=True, branch=BranchRules(True, ())),
            unknown(
                "main is protected; by which rules, only an administrator is told on GitHub's pages, so"
                " `release --direct` may be refused",
                f"open {PAGE}/settings/branches",
            ),
        ),
        (
            doctor_github.main,
            facts(direct=True, branch=BranchRules(True, ("deletion",))),
            right("main is protected: a release goes through a pull request"),
        ),
        (
            doctor_github.main,
            facts(branch=BranchRules(True, ("pull_request", "merge_queue"))),
            right("main is protected (merge_queue, pull_request): a release goes through a pull request"),
        ),
        (doctor_github.tags, facts(tags=DARK), unknown("no network", f"open {PAGE}/settings/rules")),
        (
            doctor_github.tags,
            facts(tags=()),
            wrong("no ruleset keeps a tag like v1.1.0 from being moved or deleted", NEW_RULESET, stops=False),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(rules=("update",)),)),
            wrong("no ruleset keeps a tag like v1.1.0 from being moved or deleted", NEW_RULESET, stops=False),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(exclude=("refs/tags/*-rc*",)),)),
            wrong("no ruleset keeps a tag like v1.1.0-rc1 from being moved or deleted", NEW_RULESET, stops=False),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(rules=("update",)), ruleset(name="kept", rules=("deletion",)))),
            right("tags like v1.1.0 can be made, and not moved or deleted (versions, kept)"),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(rules=("creation", "update", "deletion"), bypass="never"),)),
            wrong("the ruleset 'versions' does not let you make v1.1.0", f"open {PAGE}/rules/7"),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(rules=("creation", "update", "deletion"), bypass="pull_requests_only"),)),
            wrong("the ruleset 'versions' does not let you make v1.1.0", f"open {PAGE}/rules/7"),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(rules=("creation", "update", "deletion"), bypass=None),)),
            unknown(
                "the ruleset 'versions' lets only some people make v1.1.0; who you are shows with a token only",
                f"open {PAGE}/rules/7",
            ),
        ),
        (
            doctor_github.tags,
            facts(token=False, tags=(ruleset(rules=("creation", "update", "deletion"), bypass="never"),)),
            unknown(
                "the ruleset 'versions' lets only some people make v1.1.0; who you are shows with a token only",
                f"open {PAGE}/rules/7",
            ),
        ),
        *(
            (
                doctor_github.tags,
                facts(
                    tags=(
                        ruleset(
                            rules=("creation", "update", "deletion"),
                            bypass=bypass,
                            names=(NameRule("contains", "x", negate=False),),
                        ),
                    )
                ),
                right("tags like v1.1.0 can be made, and not moved or deleted (versions)"),
            )
            for bypass in ("always", "exempt")
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(bypass="always"), ruleset(name="names", names=(NameRule("contains", "x", False),)))),
            wrong("the ruleset 'names' does not allow the name v1.1.0 (contains 'x')", f"open {PAGE}/rules/7"),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(names=(NameRule("regex", "^v", False), NameRule("starts_with", "v1", True))),)),
            wrong(
                "the ruleset 'versions' does not allow the name v1.1.0 (not starts_with 'v1')", f"open {PAGE}/rules/7"
            ),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(names=(NameRule("regex", "^v", False),)),)),
            unknown("the ruleset 'versions' wants the names of tags to match '^v'", f"open {PAGE}/rules/7"),
        ),
        (
            doctor_github.tags,
            facts(tags=(ruleset(names=(NameRule("ends_with", "0", False),)),)),
            wrong("the ruleset 'versions' does not allow the name v1.1.0-rc1 (ends_with '0')", f"open {PAGE}/rules/7"),
        ),
        (doctor_github.environment, facts(environment=DARK), unknown("no network", ENVIRONMENTS)),
        (
            doctor_github.environment,
            facts(environment=None),
            wrong(
                "there is no environment pypi on GitHub: the first release would make one that protects nothing",
                f"{ENVIRONMENTS}/new",
                stops=False,
            ),
        ),
        (doctor_github.reviewers, facts(environment=DARK), unknown("no network", ENVIRONMENTS)),
        (
            doctor_github.reviewers,
            facts(environment=None),
            unknown("there is no such environment yet", ENVIRONMENTS),
        ),
        (
            doctor_github.reviewers,
            facts(environment=environment(reviewers=0)),
            wrong("nobody has to say yes before the environment pypi publishes", ENVIRONMENTS, stops=False),
        ),
        (
            doctor_github.reviewers,
            facts(environment=environment(reviewers=1)),
            right("1 to choose from, one of whom must say yes"),
        ),
        (doctor_github.deployments, facts(environment=DARK), unknown("no network", ENVIRONMENTS)),
        (
            doctor_github.deployments,
            facts(environment=environment(protected_branches=True)),
            wrong("pypi lets protected branches publish, and so no tag", ENVIRONMENTS),
        ),
        (doctor_github.deployments, facts(environment=environment(refs=DARK)), unknown("no network", ENVIRONMENTS)),
        (
            doctor_github.deployments,
            facts(environment=environment(refs=None)),
            wrong("pypi lets every branch and tag publish, not only tags v*", ENVIRONMENTS, stops=False),
        ),
        (
            doctor_github.deployments,
            facts(environment=environment(refs=())),
            wrong("pypi does not let v1.1.0, v1.1.0-rc1 publish, only nothing", ENVIRONMENTS),
        ),
        (
            doctor_github.deployments,
            facts(environment=environment(refs=(RefPattern("v*.0", is_tag=True), RefPattern("v*", is_tag=False)))),
            wrong("pypi does not let v1.1.0-rc1 publish, only tag v*.0, branch v*", ENVIRONMENTS),
        ),
        (
            doctor_github.deployments,
            facts(environment=environment(refs=(TAG, RefPattern("main", is_tag=False)))),
            wrong("pypi lets branch main publish, too", ENVIRONMENTS, stops=False),
        ),
        (
            doctor_github.deployments,
            facts(environment=environment(refs=(TAG,) * 6)),
            right("only tag v*, tag v*, tag v*, tag v*, tag v*"),
        ),
        (doctor_github.immutable, facts(immutable=DARK), unknown("no network", f"open {PAGE}/settings, Releases")),
        (
            doctor_github.immutable,
            facts(immutable=False),
            wrong(
                "off: files and tag of a published release can be changed afterwards",
                f"open {PAGE}/settings, Releases, Enable release immutability",
                stops=False,
            ),
        ),
    ],
)
def test_of_github(judge: object, seen: Facts, told: Finding) -> None:
    assert callable(judge)
    assert judge(seen) == told
