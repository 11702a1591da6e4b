"""The verbs that a workflow runs as well as a person, checks and build and what looks at them: flags and names only."""

from __future__ import annotations

from invoke.context import Context

from castoff.verb import JSON, Body, run_verb, task


@task(
    name="check-tag",
    help={
        "tag": "the tag (or TAG in the environment; else the one CI runs on, or the one at HEAD)",
        "json": JSON,
    },
)
def check_tag(_context: Context, tag: str | None = None, json: bool = False) -> None:
    """Check that the tag agrees with every place, and lies on the main branch."""
    from castoff.flows.check_tag import check_tag as flow

    run_verb("check-tag", lambda checkout, _: flow(checkout, tag), as_json=json)


def _check(name: str, what: str) -> Body:
    """Return the task that runs one check of [tool.castoff.checks]."""

    def run(_context: Context, json: bool = False) -> None:
        from castoff.flows.checks import run_check

        run_verb(name, lambda checkout, _: run_check(checkout, name), as_json=json)

    run.__doc__ = what
    return task(name=name, help={"json": JSON})(run)


lint = _check("lint", "Run the linters.")
format_check = _check("format-check", "Check the formatting.")
typecheck = _check("typecheck", "Check the types.")
test = _check("test", "Run the tests.")


@task(help={"json": JSON})
def check(_context: Context, json: bool = False) -> None:
    """Run all checks side by side."""
    from castoff.flows.checks import run_checks

    run_verb("check", lambda checkout, _: run_checks(checkout), as_json=json)


@task(help={"json": JSON})
def build(_context: Context, json: bool = False) -> None:
    """Build sdist and wheel into an empty dist/, reproducibly, with a manifest of digests."""
    from castoff.flows.build import build as flow

    run_verb("build", lambda checkout, _: flow(checkout), as_json=json)


@task(help={"json": JSON})
def preflight(_context: Context, json: bool = False) -> None:
    """Run all checks, compare the tag, build, and look at what was built."""
    from castoff.flows.preflight import preflight as flow

    run_verb("preflight", lambda checkout, _: flow(checkout), as_json=json)


@task(name="twine-check", help={"json": JSON})
def twine_check(_context: Context, json: bool = False) -> None:
    """Check what would be uploaded: digests, metadata, install and import of each file."""
    from castoff.flows.twine_check import twine_check as flow

    run_verb("twine-check", lambda checkout, _: flow(checkout), as_json=json)


@task(name="check-workflow", help={"file": "the workflow (.github/workflows/release.yml)", "json": JSON})
def check_workflow(_context: Context, file: str | None = None, json: bool = False) -> None:
    """Check that the release workflow says what it must: commands, jobs, artifacts, rights, pins, triggers."""
    from castoff.core.pipeline import WORKFLOW
    from castoff.flows.check_workflow import check_workflow as flow

    run_verb("check-workflow", lambda checkout, _: flow(checkout, file or WORKFLOW), as_json=json)
