"""The faults that a rehearsal can bring about: what goes wrong, and what the maintainer does about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from castoff.core.errors import misuse

KILLED = "runner-killed"
SPENT = "name-taken"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by name."""

    name: str
    what: str
    """What is wrong, as a sentence without its first capital."""
    way_out: str
    """What the maintainer does: one sentence."""
    in_sources: bool = False
    """Whether it lies in what was tagged: then a re-run cannot help, and the tag is made anew."""
    all_jobs: bool = False
    """Whether a re-run of the failed jobs cannot help, and all of them have to run again."""
    candidate: bool = False
    """Whether it shows with a release candidate only."""


RE_RUN = "re-run the failed jobs"
_NEW_TAG = "put it right on main, delete the tag here and on the remote, and release again"

FAULTS = (
    Fault("index-down", "the index answers nothing but 503", f"wait until it is back, then {RE_RUN}"),
    Fault(
        "index-500-second-file",
        "the index fails at the second file, after it has taken the first",
        f"{RE_RUN}: what is there is accepted again",
    ),
    Fault(
        "token-refused",
        "the index refuses the token exchange: no such trusted publisher",
        f"register the publisher on PyPI, then {RE_RUN}",
    ),
    Fault(
        "environment-missing",
        "the publish job runs without its environment",
        f"create the environment on GitHub, then {RE_RUN}",
    ),
    Fault(
        SPENT,
        "the index holds a file of that name with other bytes",
        "the version is spent: release the next one",
    ),
    Fault("artifact-lost", "the artifact dist is lost between two jobs", "re-run all jobs", all_jobs=True),
    Fault(
        "artifact-changed",
        "a byte of the artifact dist changes between two jobs",
        f"find out who changed it, then {RE_RUN}",
    ),
    Fault("sigstore-down", "Sigstore answers nothing but 503", f"wait until it is back, then {RE_RUN}"),
    Fault("forge-422", "the forge answers 422 when the release is made", RE_RUN),
    Fault(
        "immutable-prerelease",
        "releases are immutable, and this one is a release candidate",
        "none is needed: the workflow attaches every file before it publishes",
        candidate=True,
    ),
    Fault("tag-mismatch", "the tag was made by hand, on files that say another version", _NEW_TAG, in_sources=True),
    Fault("failing-test", "a test fails", _NEW_TAG, in_sources=True),
    Fault("type-error", "the types do not fit", _NEW_TAG, in_sources=True),
    Fault("metadata-not-rendering", "the description does not render", _NEW_TAG, in_sources=True),
    Fault("import-fails", "the installed package cannot be imported", _NEW_TAG, in_sources=True),
)


def catalogue(jobs: Sequence[str]) -> tuple[Fault, ...]:
    """Return every fault that there is for a workflow with these jobs: the runner may die in each of them."""
    killed = (
        Fault(f"{KILLED}:{job}", f"the runner dies when the last step of {job} has done its work", RE_RUN)
        for job in jobs
    )
    return (*FAULTS, *killed)


def find(name: str, jobs: Sequence[str]) -> Fault:
    """Return the fault called `name`; raises UsageError, with the names there are, when there is none."""
    known = {fault.name: fault for fault in catalogue(jobs)}
    if name not in known:
        raise misuse(f"there is no fault called {name!r}", "castoff rehearse --fault list")
    return known[name]
