"""The verbs, as invoke tasks: flags and names, no logic. Those that CI runs, too, are in `ci_tasks`."""

from __future__ import annotations

from pathlib import Path

from invoke.collection import Collection
from invoke.context import Context

from castoff import __version__
from castoff.adapters.environment import Environment
from castoff.ci_tasks import (
    build,
    check,
    check_tag,
    check_workflow,
    format_check,
    lint,
    preflight,
    test,
    twine_check,
    typecheck,
)
from castoff.core.errors import refuse
from castoff.flows.checkout import Checkout
from castoff.verb import JSON, required, run_verb, seconds, task

_VERSION = "the version, in any PEP 440 spelling (or VERSION in the environment)"
_EXTRA = "pip install 'castoff[rehearse]'"
_DRY = "print what would be done, and change nothing (or DRY_RUN=1)"


@task(help={"version": _VERSION, "dry-run": _DRY, "json": JSON})
def bump(_context: Context, version: str | None = None, dry_run: bool = False, json: bool = False) -> None:
    """Write a version into every place it lives, all or none; touches no git."""
    from castoff.flows.bump import bump as flow

    run_verb(
        "bump",
        lambda checkout, env: flow(checkout, required(version, checkout, "bump"), dry_run=dry_run or env.dry_run),
        as_json=json,
    )


@task(
    help={
        "version": _VERSION,
        "direct": "for a main that is not protected: bump, commit, tag, one atomic push (or DIRECT=1)",
        "dry-run": _DRY,
        "json": JSON,
    }
)
def release(
    _context: Context,
    version: str | None = None,
    direct: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Do the next right thing of a release; run it again until it is done."""
    from castoff.flows.release import release as flow

    run_verb(
        "release",
        lambda checkout, env: flow(
            checkout,
            required(version, checkout, "release"),
            direct=direct or env.direct,
            dry_run=dry_run or env.dry_run,
        ),
        as_json=json,
    )


@task(help={"version": _VERSION, "push": "push the tag, by name (or PUSH=1)", "dry-run": _DRY, "json": JSON})
def tag(
    _context: Context,
    version: str | None = None,
    push: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Tag main's commit that holds a version, with an annotated tag."""
    from castoff.flows.release import tag as flow

    run_verb(
        "tag",
        lambda checkout, env: flow(
            checkout, required(version, checkout, "tag"), push=push or env.push, dry_run=dry_run or env.dry_run
        ),
        as_json=json,
    )


@task(
    help={
        "version": _VERSION,
        "yes": "take back what is shown without asking (or YES=1)",
        "dry-run": _DRY,
        "json": JSON,
    }
)
def undo(
    _context: Context,
    version: str | None = None,
    yes: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Take back what can still be taken back of a release, and say what cannot."""
    from castoff.flows.undo import undo as flow

    run_verb(
        "undo",
        lambda checkout, env: flow(
            checkout, required(version, checkout, "undo"), yes=yes or env.yes, dry_run=dry_run or env.dry_run
        ),
        as_json=json,
    )


@task(
    help={
        "version": "the version (or VERSION; else the one in the places)",
        "watch": "look again until the release is done or has failed (or WATCH=1)",
        "json": JSON,
    }
)
def status(_context: Context, version: str | None = None, watch: bool = False, json: bool = False) -> None:
    """Say where a release stands, place by place, and what to type next; changes nothing."""
    from castoff.flows.status import status as flow

    run_verb(
        "status",
        lambda checkout, env: flow(checkout, version or env.version, watch=watch or env.watch),
        as_json=json,
    )


@task(
    help={
        "version": "the version to rehearse (or VERSION; else the next patch)",
        "fault": "something that goes wrong (or FAULT); `list` names them all",
        "resume": "the scratch folder of a rehearsal that was kept: re-run its failed jobs, the fault gone",
        "keep": "keep the scratch folder",
        "offline": "use nothing but what is installed",
        "report": "write the report as a page to this file",
        "json": JSON,
    }
)
def rehearse(
    _context: Context,
    version: str | None = None,
    fault: str | None = None,
    resume: str | None = None,
    keep: bool = False,
    offline: bool = False,
    report: str | None = None,
    json: bool = False,
) -> None:
    """Play a whole release of HEAD through on this machine alone; nothing leaves it."""

    def act(checkout: Checkout, env: Environment) -> None:
        try:
            from castoff.flows.preparing import Options
            from castoff.flows.rehearse import rehearse as flow
        except ModuleNotFoundError as error:
            raise refuse(f"{error.name} is not installed, which a rehearsal needs", _EXTRA) from None
        options = Options(
            version=None if resume else version or env.version,
            fault=fault or env.fault,
            resume=Path(resume) if resume else None,
            keep=keep,
            offline=offline,
            report=Path(report) if report else None,
        )
        flow(checkout, options)

    run_verb("rehearse", act, as_json=json)


@task(
    help={
        "direct": "judge for `release --direct`, too: a push to main without a pull request (or DIRECT=1)",
        "offline": "ask nothing of the network (or OFFLINE=1)",
        "json": JSON,
    }
)
def doctor(_context: Context, direct: bool = False, offline: bool = False, json: bool = False) -> None:
    """Say on one screen whether a release would work today; changes nothing."""
    from castoff.flows.doctor import doctor as flow

    run_verb(
        "doctor",
        lambda checkout, env: flow(checkout, direct=direct or env.direct, offline=offline or env.offline),
        as_json=json,
    )


@task(
    help={
        "version": _VERSION,
        "wait": "how many seconds the index may take to catch up (600; or WAIT)",
        "trust-config": "the trust configuration of another Sigstore instance than the public one, as sigstore has it "
        "(or CASTOFF_TRUST_CONFIG)",
        "skip-rebuild": "do not build the tag again",
        "skip-install": "do not install and import the files",
        "json": JSON,
    }
)
def verify(
    _context: Context,
    version: str | None = None,
    wait: str | None = None,
    trust_config: str | None = None,
    skip_rebuild: bool = False,
    skip_install: bool = False,
    json: bool = False,
) -> None:
    """Prove from outside that what the world serves is what was built and signed."""
    from castoff.flows.verify import WAIT, Options
    from castoff.flows.verify import verify as flow

    def act(checkout: Checkout, env: Environment) -> None:
        trust = trust_config or env.trust_config
        options = Options(
            version=required(version, checkout, "verify"),
            wait=seconds(wait or env.wait, WAIT),
            trust_config=Path(trust) if trust else None,
            rebuild=not skip_rebuild,
            install=not skip_install,
        )
        flow(checkout, options)

    run_verb("verify", act, as_json=json)


@task(
    help={
        "dry-run": _DRY,
        "replace-workflow": "write release.yml anew where there is another one",
        "wheels": "for modules that are compiled: build wheels on a matrix of platforms (cibuildwheel)",
        "no-lock": "leave the locked requirements out, which need the network",
        "json": JSON,
    }
)
def init(
    _context: Context,
    dry_run: bool = False,
    replace_workflow: bool = False,
    wheels: bool = False,
    no_lock: bool = False,
    json: bool = False,
) -> None:
    """Write Makefile, tasks.py, workflow, RELEASING.md and lock into this project, beside what is there."""
    from castoff.flows.init import Options
    from castoff.flows.init import init as flow

    def act(checkout: Checkout, env: Environment) -> None:
        options = Options(
            castoff=__version__,
            dry_run=dry_run or env.dry_run,
            replace_workflow=replace_workflow,
            wheels=wheels,
            lock=not no_lock,
        )
        flow(checkout, options)

    run_verb("init", act, as_json=json)


namespace = Collection(
    bump,
    release,
    tag,
    undo,
    check_tag,
    lint,
    format_check,
    typecheck,
    test,
    check,
    build,
    preflight,
    twine_check,
    check_workflow,
    status,
    rehearse,
    doctor,
    verify,
)
"""What a project's tasks.py takes in."""

program = Collection(*namespace.tasks.values(), init)
"""What the `castoff` script offers: `init` too, which a project that has its tasks needs no more."""
