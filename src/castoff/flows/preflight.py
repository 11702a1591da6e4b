"""`preflight`: everything that can be known before anything leaves the machine."""

from __future__ import annotations

from collections.abc import Callable

from castoff.core.description import description_problem
from castoff.core.errors import CastoffError, Problem
from castoff.flows.availability import question
from castoff.flows.build import make
from castoff.flows.check_tag import compare, pushed_tag
from castoff.flows.check_workflow import static_findings
from castoff.flows.checkout import Checkout
from castoff.flows.checks import checks


def preflight(checkout: Checkout) -> None:
    """Run the checks side by side, then check-tag where there is a tag; then build, and look at what was built.

    Where a release begins, on a tag or in CI, the release workflow is looked at as well: a right that its last job
    lacks would show after publishing. Of a tag the index and GitHub are asked, too, whether its version is free, or
    ours. A failed check does not hide a wrong tag, nor the other way round: all is listed before anything is built.
    """
    tag = pushed_tag(checkout)
    asked = question(checkout, tag)
    problems = [
        *_problems(lambda: checks(checkout)),
        *_problems(lambda: _check_places(checkout, tag)),
        *_problems(lambda: _check_workflow(checkout, tag)),
        *([lacking] if (lacking := description_problem(checkout.project())) else ()),
        *(asked.before() if asked else ()),
    ]
    if problems:
        raise CastoffError(*problems)
    manifest = make(checkout)
    available = asked.after(manifest.files) if asked else None
    checkout.console.result(
        "preflight",
        {
            "tag": tag,
            "name": manifest.name,
            "version": manifest.version,
            "commit": manifest.commit,
            "available": available,
        },
    )


def _check_places(checkout: Checkout, tag: str | None) -> None:
    if tag is None:
        version = checkout.places().version
        checkout.console.say(f"  no version tag on this commit; every place says {version}", "dim")
    else:
        compare(checkout, tag, dist=False)
        checkout.console.say(f"  {tag} agrees with every place, and lies on the main branch")


def _check_workflow(checkout: Checkout, tag: str | None) -> None:
    report = static_findings(checkout) if tag or checkout.environment.in_actions else None
    if report and report.wrong:
        raise CastoffError(*report.problems)
    if report:
        checkout.console.say(f"  {report.file} says what it must")


def _problems(check: Callable[[], object]) -> list[Problem]:
    try:
        check()
    except CastoffError as error:
        return list(error.problems)
    return []
