"""Rehearsals to make a page of, and a reader of such pages."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from castoff.core.rehearsal import Finding, HeldFile, HeldRelease, JobRun, Outcome, Rehearsal, StepRun

WHEEL = HeldFile("demo-0.1.1-py3-none-any.whl", 84_213, "a" * 64)
BUNDLE = HeldFile(f"{WHEEL.name}.sigstore.json", 812, "b" * 64)
BUILD = JobRun(
    "build",
    "Check and build",
    Outcome.SUCCESS,
    1.0,
    61.0,
    (StepRun("Run make", Outcome.SUCCESS, 1.0, 60.0), StepRun("Hand on", Outcome.SUCCESS, 61.0, 1.0)),
)
PUBLISH = JobRun("publish", "Publish", Outcome.SUCCESS, 62.0, 4.0, (StepRun("Upload", Outcome.SUCCESS, 62.0, 4.0),))
RELEASE = HeldRelease(
    tag="v0.1.1",
    body="## What's Changed\n* <b>All</b>",
    draft=False,
    prerelease=False,
    immutable=True,
    assets=(WHEEL, BUNDLE),
)
GOOD = Rehearsal(
    project="demo",
    version="0.1.1",
    tag="v0.1.1",
    commit="6f5f2b0fd0a6c8d4e0a7d1c8e7f6a5b4c3d2e1f0",
    fault=None,
    phases=(("scratch clone", 0.64), ("install and verify", 3700.0)),
    jobs=(BUILD, PUBLISH),
    index=(WHEEL,),
    releases=(RELEASE,),
    findings=(Finding("pip install", True, "demo.__version__ is 0.1.1"),),
    notes=("Python 3.11 played 3.13",),
    stopped=None,
    way_out=(),
)
STOPPED = replace(
    GOOD,
    fault="index-down",
    jobs=(
        BUILD,
        replace(PUBLISH, outcome=Outcome.FAILURE, steps=(StepRun("Upload", Outcome.FAILURE, 62.0, 4.0),)),
        JobRun("release", "GitHub release", Outcome.SKIPPED, 0, 0, ()),
    ),
    index=(),
    releases=(),
    findings=(),
    notes=(),
    stopped="publish: PyPI does not answer.",
    way_out=("gh run rerun --failed 12", "make status VERSION='0.1.1'"),
)
FLAWED = replace(GOOD, findings=(*GOOD.findings, Finding("the pre-release mark", False, "it has none")))
EMPTY = replace(STOPPED, jobs=(), phases=(), stopped="no workflow", way_out=())

VOID = {"meta"}


class Page(HTMLParser):
    """Reads a page strictly: every tag is closed in its order. Keeps the tags, the attributes and the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.pieces: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        """All that is read, with single spaces."""
        return " ".join(" ".join(self.pieces).split())

    def attributes(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each `tag`."""
        return [attributes for name, attributes in self.tags if name == tag]


SHAPES = [
    *(pytest.param(GOOD, id="released"), pytest.param(STOPPED, id="stopped")),
    *(pytest.param(FLAWED, id="flawed"), pytest.param(EMPTY, id="nothing-happened")),
]
