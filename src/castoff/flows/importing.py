"""The files of a release, tried out once everything else about them has held."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from castoff.adapters import process
from castoff.adapters.archives import WheelTree
from castoff.adapters.git_answers import Tag
from castoff.core.artifacts import artifact
from castoff.core.errors import CastoffError
from castoff.core.project import module_names
from castoff.core.proof import IMPORTED, Found, contradictory, not_tried, right, sound, unknown
from castoff.core.published import Unknown
from castoff.flows.fetching import Fetched
from castoff.flows.outside import Outside
from castoff.flows.trying import AT_ONCE, Outcome, Trial, modules_of


def try_out(outside: Outside, tag: Tag | Unknown | None, fetched: Sequence[Fetched]) -> None:
    """Install and import what has held so far, and note what came of it; of the rest nothing is run."""
    checkout = outside.checkout
    checkout.console.say("installing each file into a fresh environment", "dim")
    trial = _trial(outside, tag, fetched)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tried = pool.map(partial(_tried, trial), fetched)
        for one, found in zip(fetched, tried, strict=True):
            one.found[IMPORTED] = found


def _trial(outside: Outside, tag: Tag | Unknown | None, fetched: Sequence[Fetched]) -> Trial:
    checkout = outside.checkout
    git = checkout.git
    here = isinstance(tag, Tag) and git.commit_of(tag.commit) is not None
    project = checkout.project(git.tree(tag.commit)) if here and isinstance(tag, Tag) else checkout.project()
    wheels = [one.path for one in fetched if one.path and one.path.suffix == ".whl" and sound(one.found)]
    modules = modules_of(WheelTree(wheels[0]), project) if wheels else module_names(project)
    variables = process.environment({**process.secrets(), "PYTHONPATH": None, "PYTHONHOME": None})
    return Trial(outside.project, modules, variables, checkout.environment.offline)


def _tried(trial: Trial, fetched: Fetched) -> Found:
    known = artifact(fetched.pair.name)
    if fetched.path is None or known is None or not sound(fetched.found):
        return not_tried("it is not run: something else about it is not right")
    try:
        tried = trial.run(fetched.path, known)
    except CastoffError as error:
        return contradictory(str(error))
    words = {Outcome.SKIPPED: not_tried, Outcome.UNINSTALLABLE: unknown, Outcome.FAILED: contradictory}
    return words[tried.outcome](tried.detail) if tried.outcome in words else right(f"import {tried.detail}")
