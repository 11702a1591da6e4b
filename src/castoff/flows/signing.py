"""Whether git could sign what it is told to sign: asked before a release, since git finds out half-way."""

from __future__ import annotations

from typing import NamedTuple

from castoff.adapters.git import Git
from castoff.core.errors import Problem

_SWITCHES = r"^(tag|commit)\.gpgsign$"


class CannotSign(NamedTuple):
    """Why git could not sign, and what to type; None where it can, is not told to, or that cannot be known."""

    anything: Problem | None = None
    tags: Problem | None = None


def cannot_sign(git: Git) -> CannotSign:
    """Return what git could not sign. Nothing is signed, and where git is told to sign nothing, no more is asked."""
    if "true" not in (git.said("config", "--type=bool", "--get-regexp", _SWITCHES) or ""):
        return CannotSign()
    from castoff.core.diagnosis import State, Unknown
    from castoff.core.doctor_here import signs
    from castoff.flows.doctor_machine import signing

    told = signing(git)
    found = signs(told)
    if found.state is not State.WRONG or isinstance(told, Unknown):
        return CannotSign()
    problem = Problem(found.detail, fix=found.fix)
    return CannotSign(problem, problem if told.tags else None)
