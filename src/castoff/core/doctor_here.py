"""The doctor's questions about this machine: programs, git's identity and signing, the remote."""

from __future__ import annotations

from collections.abc import Mapping

from castoff.core.diagnosis import Facts, Finding, Signing, right, unknown, wrong
from castoff.core.errors import Problem
from castoff.core.published import Unknown

GIT_NEEDED = (2, 29)
"""`git fetch --no-write-fetch-head`, with which castoff looks without leaving a trace, came with 2.29 (2020)."""
PYTHON_NEEDED = (3, 11)
UNTOLD = Unknown("git tells of no remote: see the first line")


def git(facts: Facts) -> Finding:
    """Judge whether git has what castoff asks of it."""
    if isinstance(facts.here.git, Unknown):
        return wrong(facts.here.git.reason, "install git")
    if facts.here.git < GIT_NEEDED:
        return wrong(
            f"{_dotted(facts.here.git)}, and castoff needs {_dotted(GIT_NEEDED)} or newer", "install a newer git"
        )
    if facts.here.unusable:
        return wrong(f"{_dotted(facts.here.git)}; {facts.here.unusable.what}", *facts.here.unusable.fix)
    return right(_dotted(facts.here.git))


def python(facts: Facts) -> Finding:
    """Judge whether Python is one that castoff runs on."""
    if facts.here.python < PYTHON_NEEDED:
        return wrong(
            f"{_dotted(facts.here.python)}, and castoff needs {_dotted(PYTHON_NEEDED)} or newer", "install a Python"
        )
    return right(_dotted(facts.here.python))


def tools(facts: Facts) -> Finding:
    """Judge whether what builds and checks a release is installed."""
    missing = [name for name, version in facts.here.required.items() if version is None]
    if missing:
        return wrong(f"not installed: {', '.join(missing)}", "pip install --upgrade castoff")
    return right(_listed(facts.here.required))


def extras(facts: Facts) -> Finding:
    """Tell what else is installed: a release by tag push needs none of it on this machine."""
    lacking = [extra for extra, items in facts.here.optional.items() if extra and None in items.values()]
    everything = {name: version for items in facts.here.optional.values() for name, version in items.items()}
    absent = [name for name, version in everything.items() if version is None]
    said = _listed({name: version for name, version in everything.items() if version is not None}) or "none installed"
    detail = f"{said}; not installed: {', '.join(absent)}" if absent else said
    return right(detail, *([f"pip install 'castoff[{','.join(lacking)}]'"] if lacking else []))


def identity(facts: Facts) -> Finding:
    """Judge whether git knows who commits and tags."""
    if facts.here.identity:
        return wrong(facts.here.identity.what, *facts.here.identity.fix)
    return right("git knows who commits and tags")


def signing(facts: Facts) -> Finding:
    """Judge whether git can sign what it is told to sign."""
    return signs(facts.here.signing)


def signs(told: Signing | Unknown) -> Finding:
    """Judge whether git can sign, by what it is told and what is there."""
    if isinstance(told, Unknown):
        return unknown(told)
    what = " and ".join(name for name, on in (("tags", told.tags), ("commits", told.commits)) if on)
    if not what:
        return right("not asked for: tags and commits are not signed")
    if not told.found:
        return wrong(
            f"git is to sign {what}, and {told.program} is not there",
            f"install {told.program}, or: git config {_switch(told.tags)} false",
        )
    if told.usable is False:
        key = f"the key {told.key}" if told.key else "a key for you"
        fix = f"git config user.signingKey KEY, or: git config {_switch(told.tags)} false"
        return wrong(f"git is to sign {what} ({told.format}), and {key} is not there", fix)
    if told.usable is None:
        return unknown(
            f"git is to sign {what} ({told.format}); whether its key can be used shows when it is used",
            "git tag --annotate --message try try-signing && git tag --delete try-signing",
        )
    return right(f"git signs {what} ({told.format}), and the key is there")


def remote(facts: Facts) -> Finding:
    """Judge whether the remote that releases go to answers."""
    if facts.here.unusable:
        return unknown(UNTOLD)
    if isinstance(facts.remote_tags, Problem):
        return wrong(facts.remote_tags.what, *facts.remote_tags.fix)
    if isinstance(facts.remote_tags, Unknown):
        return unknown(facts.remote_tags, f"git ls-remote {facts.remote}")
    return right(f"{facts.remote} answers")


def _switch(tags: bool) -> str:
    return "tag.gpgSign" if tags else "commit.gpgSign"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _listed(items: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name} {version}" if version != "" else name for name, version in items.items())
