"""Rules on what starts a release: the push of a version tag, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from castoff.core.errors import CastoffError
from castoff.core.findings import Finding
from castoff.core.workflow_subject import Subject
from castoff.core.workflow_triggers import starts_on_branch_push, starts_on_tag

FINAL = ("v0.4.0", "v1.0.0", "v12.34.56")
CANDIDATE = ("v0.4.0-rc1", "v1.0.0-rc12")
_TAGS = 'tags: ["v*.*.*", "v*.*.*-rc*"]'
_PUSH = ("push", "create")  # GitHub's two events for a tag


def starts_on_version_tags(subject: Subject) -> Iterator[Finding]:
    """Every tag vX.Y.Z starts the release, and every tag vX.Y.Z-rcN."""
    where = subject.place("on", "push", "tags")
    try:
        for kind, examples in (("a version", FINAL), ("a release candidate", CANDIDATE)):
            missed = [tag for tag in examples if not starts_on_tag(subject.workflow, tag)]
            if missed:
                yield Finding(f"the tag of {kind}, {missed[0]} for one, does not start it", where, (_TAGS,))
    except CastoffError as error:
        yield Finding(str(error), where, (_TAGS,))


def starts_on_nothing_else(subject: Subject) -> Iterator[Finding]:
    """No push to a branch starts it, and no other event: only a version tag says what is released."""
    for event in subject.workflow.events:
        if event not in _PUSH:
            what = f"{event} starts it too, on a commit that no version tag names"
            yield Finding(what, subject.place("on", event), ("on:", "  push:", f"    {_TAGS}"))
    where, instead = subject.place("on", "push", "branches"), ("on:", "  push:", f"    {_TAGS}")
    try:
        branch = next((name for name in _branches(subject) if starts_on_branch_push(subject.workflow, name)), None)
    except CastoffError as error:
        yield Finding(str(error), where, instead)
        return
    if branch:
        yield Finding(f"a push to the branch {branch} starts it, and would publish", where, instead)


def _branches(subject: Subject) -> tuple[str, ...]:
    return (subject.around.main, "main", "feature", "feature/x", "v0.4.0", "v0.4.0-rc1", "release/0.4.0")
