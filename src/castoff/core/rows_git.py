"""The rows of what git has: main with its places, the bump branch, the tag here and on the remote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from castoff.core import versions
from castoff.core.observation import Observation, SeenBranch, SeenMain, SeenPlace, SeenTag
from castoff.core.published import Unknown
from castoff.core.row import Row, State, short

_BRANCH = "bump branch"


def git_rows(seen: Observation) -> Iterator[Row]:
    """Yield the rows of what git has."""
    yield _main(seen)
    yield _branch(seen)
    yield _tag_here(seen)
    yield _tag_there(seen)


def _main(seen: Observation) -> Row:
    main = seen.git.main
    if isinstance(main, Unknown):
        return Row("main", "", State.UNKNOWN, main.reason)
    if isinstance(main.places, Unknown):
        return Row(main.branch, "", State.UNKNOWN, main.places.reason)
    return _places(seen, main, main.places)


def _places(seen: Observation, main: SeenMain, places: Sequence[SeenPlace]) -> Row:
    version = seen.version
    said = ", ".join(f"{place.where} {place.value}" for place in places)
    if main.version is None:
        text = f"the places disagree: {said}"
        return Row(main.branch, "", State.CONTRADICTORY, text, seen.command("bump"))
    if main.version == version:
        return Row(main.branch, "", State.RIGHT, f"{said}, on {short(main.commit)}")
    if isinstance(main.holding, str):
        return Row(main.branch, "", State.RIGHT, f"held {version} on {short(main.holding)}, holds {main.version} now")
    if isinstance(main.holding, Unknown):
        return Row(main.branch, "", State.UNKNOWN, f"holds {main.version}; {main.holding.reason}")
    return Row(main.branch, "", State.MISSING, f"holds {main.version}: {said}")


def held(seen: Observation) -> bool:
    """Whether main holds the version, or held it once."""
    main = seen.git.main
    return isinstance(main, SeenMain) and isinstance(main.holding, str)


def _branch(seen: Observation) -> Row:
    there, here = seen.git.branch_there, seen.git.branch_here
    on_main = "its bump is on main" if held(seen) else ""
    if isinstance(there, Unknown):
        return Row(_BRANCH, seen.branch, State.UNKNOWN, there.reason)
    if isinstance(there, SeenBranch):
        return _pushed_branch(seen, there, on_main)
    if on_main:
        return Row(_BRANCH, seen.branch, State.RIGHT, f"none on {seen.git.remote}: the bump is on main")
    if here:
        return Row(_BRANCH, seen.branch, State.MISSING, f"here only, on {short(here)}: it is not pushed")
    return Row(_BRANCH, seen.branch, State.MISSING, "there is none")


def _pushed_branch(seen: Observation, there: SeenBranch, on_main: str) -> Row:
    if there.merged is True:
        return Row(_BRANCH, seen.branch, State.RIGHT, f"{short(there.commit)}, merged")
    if on_main:
        return Row(_BRANCH, seen.branch, State.RIGHT, f"{short(there.commit)}, {on_main} by another commit")
    if isinstance(there.merged, Unknown):
        return Row(_BRANCH, seen.branch, State.UNKNOWN, there.merged.reason)
    return Row(_BRANCH, seen.branch, State.MISSING, f"{short(there.commit)}, pushed, and not merged yet")


def _tag_here(seen: Observation) -> Row:
    here, there = seen.git.tag_here, seen.git.tag_there
    place, delete = "tag here", f"git tag -d {seen.tag}"
    if here is None:
        return Row(place, seen.tag, State.MISSING, "not in this clone")
    if isinstance(there, SeenTag) and there.object != here.object:
        where = f"on {short(there.commit)}" if there.commit != here.commit else "on the same commit"
        text = f"on {short(here.commit)}: another tag than the one on {seen.git.remote}, which is {where}"
        return Row(place, seen.tag, State.CONTRADICTORY, text, delete)
    if not isinstance(there, SeenTag | Unknown) and (here.right is False or not here.annotated):
        why = wrong(seen, here) or "it is a lightweight tag"
        return Row(place, seen.tag, State.CONTRADICTORY, f"on {short(here.commit)}: {why}; it was never pushed", delete)
    return Row(place, seen.tag, State.RIGHT, _described(here))


def _tag_there(seen: Observation) -> Row:
    there = seen.git.tag_there
    place = f"tag on {seen.git.remote}"
    if isinstance(there, Unknown):
        return Row(place, seen.tag, State.UNKNOWN, there.reason)
    if there is None:
        return _no_tag(seen, place)
    why = wrong(seen, there)
    if why:
        fix = seen.command("verify") if seen.published is not False else seen.command("undo")
        return Row(place, seen.tag, State.CONTRADICTORY, f"on {short(there.commit)}: {why}", fix)
    if isinstance(there.right, Unknown):
        return Row(place, seen.tag, State.UNKNOWN, f"{_described(there)}; {there.right.reason}")
    return Row(place, seen.tag, State.RIGHT, f"{_described(there)}, on main")


def _no_tag(seen: Observation, place: str) -> Row:
    """Return the row of a tag that is not there: that contradicts anything that is published."""
    if not seen.known_files and not any(not release.draft for release in seen.known_releases):
        return Row(place, seen.tag, State.MISSING, "it is not pushed")
    ran = "it is gone, though its workflow has run" if seen.run else "it was never pushed"
    fix = seen.command("release", versions.instead_of(seen.version))
    return Row(place, seen.tag, State.CONTRADICTORY, f"{ran}, and {seen.version} is published all the same", fix)


def wrong(seen: Observation, tag: SeenTag) -> str:
    """Return why a tag cannot release the version; empty when it can, or when that cannot be known."""
    if tag.on_main is False:
        return "that commit is not on main"
    return f"the files there do not say {seen.version}" if tag.holds is False else ""


def _described(tag: SeenTag) -> str:
    kind = ("annotated, signed" if tag.signed is True else "annotated, not signed") if tag.annotated else "lightweight"
    return f"{kind}, on {short(tag.commit)}"
