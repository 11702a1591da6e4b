"""The rows of the index: each file of the version, what is missing of it, and its provenance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from castoff.core import versions
from castoff.core.artifacts import artifact
from castoff.core.observation import Observation, SeenTag
from castoff.core.published import LAG, OPEN_FOR, PublishedFile, Unknown
from castoff.core.row import Row, State, days, moment, short, size
from castoff.core.uploads import not_uploaded

_PLACE = "index"
_OVER = "completed"


def index_rows(seen: Observation) -> Iterator[Row]:
    """Yield a row for each file, for each kind of file that is missing, and for the provenance of each."""
    if isinstance(seen.files, Unknown):
        yield Row(_PLACE, "", State.UNKNOWN, seen.files.reason)
        return
    if not seen.files:
        yield _nothing(seen)
        return
    for file in seen.files:
        yield _file(seen, file)
    for kind in lacking(seen):
        left = days_left(seen)
        until = f"it can be added for {days(left)}" if left else "none can be added any more: 14 days have passed"
        yield Row(_PLACE, kind, State.MISSING, f"there is no {kind}; {until}")
    for file in seen.files:
        state = State.RIGHT if file.provenance_url else State.MISSING
        yield Row("provenance", file.name, state, "attested" if file.provenance_url else "the index has none")


def _nothing(seen: Observation) -> Row:
    """Return the row of an index without a file of the version; it may lag behind a publication."""
    when = run_succeeded(seen)
    if when is None or seen.at - when < LAG:
        late = "; the index may lag 10 minutes" if when else ""
        return Row(_PLACE, "", State.MISSING, f"no file of {seen.version}{late}")
    text = f"no file of {seen.version}, though the workflow has published it; deleted names are spent for ever"
    return Row(_PLACE, "", State.CONTRADICTORY, text, next_release(seen))


def _file(seen: Observation, file: PublishedFile) -> Row:
    if file.sha256 is None:
        return Row(_PLACE, file.name, State.UNKNOWN, "the index tells no SHA-256 of it")
    told = f"{size(file.size)}, sha256:{short(file.sha256)}, {moment(file.uploaded)}"
    told += ", yanked" if file.yanked else ""
    why = _stranger(seen, file)
    if why:
        return Row(_PLACE, file.name, State.CONTRADICTORY, f"{told}: {why}; the name is spent", next_release(seen))
    return Row(_PLACE, file.name, State.RIGHT, told)


def _stranger(seen: Observation, file: PublishedFile) -> str:
    """Return why a file cannot be one that this release has brought there; empty when nothing is against it."""
    began = _first_run(seen)
    if began and file.uploaded and file.uploaded < began:
        return f"it was there before the tag's workflow ran ({moment(began)})"
    if began is None or seen.uploads is None or isinstance(seen.uploads, Unknown):
        return ""
    return not_uploaded(file, seen.uploads, seen.at if _at_work(seen) else None)


def _at_work(seen: Observation) -> bool:
    return not isinstance(seen.runs, Unknown) and any(run.status != _OVER for run in seen.runs)


def _first_run(seen: Observation) -> datetime | None:
    """Return when the first run for the commit of the tag began, where it is known."""
    tag = seen.git.tag_there
    if isinstance(seen.runs, Unknown) or not isinstance(tag, SeenTag):
        return None
    began = [run.created for run in seen.runs if run.commit == tag.commit and run.created]
    return min(began, default=None)


def run_succeeded(seen: Observation) -> datetime | None:
    """Return when the newest run succeeded, or None when it has not."""
    return (seen.run.updated or seen.run.created) if seen.run and seen.run.conclusion == "success" else None


def lacking(seen: Observation) -> tuple[str, ...]:
    """Return which of sdist and wheel the index lacks: both belong to a release."""
    kinds = {known.kind for file in seen.known_files if (known := artifact(file.name))}
    return tuple(kind for kind in ("sdist", "wheel") if kind not in kinds)


def days_left(seen: Observation) -> int:
    """Return how many days the index still takes new files for the version, counted from its first one."""
    first = min((file.uploaded for file in seen.known_files if file.uploaded), default=seen.at)
    left = OPEN_FOR - (seen.at - first)
    return max(0, -(-left // timedelta(days=1)))


def next_release(seen: Observation) -> str:
    """Return the command that releases the next version, where this one is spent."""
    following = versions.instead_of(seen.version)
    return seen.command("release", max(following, seen.git.under_way or following))
