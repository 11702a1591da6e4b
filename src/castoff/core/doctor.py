"""The doctor's one list of questions: each with its name, how it is asked, and how the answer is judged.

`docs/doctor.md` has a row for each, made from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from castoff.core import doctor_github as github
from castoff.core import doctor_here as here
from castoff.core import doctor_index as index
from castoff.core import doctor_release as release
from castoff.core.diagnosis import Facts, Finding, State


@dataclass(frozen=True, slots=True)
class Check:
    """A question."""

    name: str
    question: str
    asks: str
    """How it is asked."""
    needs: str
    """What it takes to be answered."""
    judge: Callable[[Facts], Finding]


_HERE = "nothing"
_NET = "network"
_GITHUB = "network; a token where the repository is private"

CHECKS: tuple[Check, ...] = (
    Check("git", "Is git new enough?", "`git version`", _HERE, here.git),
    Check("python", "Is Python new enough?", "the interpreter itself", _HERE, here.python),
    Check("tools", "Is there what builds and checks a release?", "the installed distributions", _HERE, here.tools),
    Check("extras", "What else is installed?", "the installed distributions, PATH", _HERE, here.extras),
    Check("identity", "Does git know who commits and tags?", "`git var`", _HERE, here.identity),
    Check("signing", "Can git sign what it is told to?", "`git config`, the key's program", _HERE, here.signing),
    Check("remote", "Does the remote answer?", "`git ls-remote`", _NET, here.remote),
    Check("repository", "Is it a repository on GitHub, of that name?", "`GET /repos/O/R`", _GITHUB, github.repository),
    Check("token", "Can GitHub be asked as somebody?", "GITHUB_TOKEN or GH_TOKEN", _NET, github.token),
    Check(
        "main",
        "Can a release get its commit into main? (`--direct`: by a push?)",
        "`GET .../branches/main`, `GET .../rules/branches/main`",
        _GITHUB,
        github.main,
    ),
    Check(
        "tags",
        "Can the next tags be made, and by nobody moved?",
        "`GET .../rulesets`, and each for tags",
        f"{_GITHUB}; a token where only some may make tags",
        github.tags,
    ),
    Check(
        "workflow",
        "Does the release workflow say what it must?",
        "castoff's own rules of `check-workflow`",
        _HERE,
        release.workflow,
    ),
    Check(
        "publisher",
        "Is what PyPI must be told what the workflow says?",
        "`.github/workflows/`, the provenance of the newest release on PyPI",
        _NET,
        index.publisher,
    ),
    Check("environment", "Is there the environment?", "`GET .../environments/pypi`", _GITHUB, github.environment),
    Check("reviewers", "Must a person say yes?", "its protection rules", _GITHUB, github.reviewers),
    Check(
        "deployments",
        "May the next tags publish, and nothing else?",
        "`GET .../environments/pypi/deployment-branch-policies`",
        _GITHUB,
        github.deployments,
    ),
    Check(
        "immutable",
        "Are published releases immutable?",
        "`GET .../immutable-releases`",
        "network, an administrator's token",
        github.immutable,
    ),
    Check(
        "name",
        "Is the name on PyPI free, or ours?",
        "the simple API, provenance, the project's links",
        _NET,
        index.name,
    ),
    Check(
        "last",
        "How has the last release ended?",
        "as `status` does, of the newest tag on the remote",
        _GITHUB,
        release.last,
    ),
)


def examine(facts: Facts) -> tuple[tuple[Check, Finding], ...]:
    """Return every question with its answer, in their order."""
    return tuple((check, check.judge(facts)) for check in CHECKS)


def verdict(found: tuple[tuple[Check, Finding], ...]) -> str:
    """Return in one sentence whether a release would work today."""
    broken = {check.name: finding.stops for check, finding in found if finding.state is State.WRONG}
    stopping = [name for name, stops in broken.items() if stops]
    unsure = sum(finding.state is State.UNKNOWN for _, finding in found)
    doubt = f"; {unsure} of {len(found)} lines cannot be known" if unsure else ""
    if stopping:
        return f"a release would not work today: {', '.join(stopping)}{doubt}"
    if broken:
        return f"a release would work, less protected than it could be: {', '.join(broken)}{doubt}"
    return f"nothing is wrong{doubt}" if unsure else "a release would work today"
