"""What is said of a rehearsal at its end: tables on the console, a page where one is asked for, the verdict."""

from __future__ import annotations

from pathlib import Path

from castoff.adapters.console import Console
from castoff.core.errors import CastoffError, Problem
from castoff.core.faults import SPENT
from castoff.core.rehearsal import HeldFile, HeldRelease, Rehearsal


def report(console: Console, rehearsal: Rehearsal, page: Path | None, kept: Path | None) -> None:
    """Say what was found, and write it to `page`; raises CastoffError when the tag would not have been released.

    `kept` is the scratch folder, where it stays.
    """
    if page:
        from castoff.core.report_html import page as written

        page.write_text(written(rehearsal), encoding="utf-8")
        console.say(f"report in {page}", "dim")
    _say_times(console, rehearsal)
    _say_held(console, rehearsal)
    if rehearsal.findings:
        console.say("\nlooked at as a user would", "strong")
        console.rows([["ok" if found.right else "WRONG", found.what, found.detail] for found in rehearsal.findings])
    for note in rehearsal.notes:
        console.say(f"note: {note}", "dim")
    if kept:
        console.say(f"kept: {kept}", "dim")
    data = {**rehearsal.as_data(), "kept": str(kept) if kept else None}
    if not rehearsal.released:
        resume = (f"castoff rehearse --resume {kept}",) if kept and rehearsal.fault != SPENT else ()
        does, *commands = rehearsal.way_out
        way_out = Problem(f"in a real release, {does}", fix=(*commands, *resume))
        raise CastoffError(Problem(rehearsal.verdict), way_out=way_out, data=data)
    console.say(f"\n{rehearsal.verdict}", "good")
    console.result("rehearse", data)


def _say_times(console: Console, rehearsal: Rehearsal) -> None:
    console.say("\nwhere the time went", "strong")
    rows = [[what, f"{seconds:7.1f} s"] for what, seconds in rehearsal.phases]
    console.rows([*rows, *([f"job {job.id}", f"{job.seconds:7.1f} s", job.outcome.value] for job in rehearsal.jobs)])


def _say_held(console: Console, rehearsal: Rehearsal) -> None:
    console.say("\nwhat the index holds", "strong")
    console.rows(_rows(rehearsal.index) or [["nothing"]])
    console.say("\nwhat the release holds", "strong")
    for release in rehearsal.releases:
        console.say(f"  {release.tag}: {_marks(release)}")
        console.rows(_rows(release.assets), indent="    ")
    if not rehearsal.releases:
        console.say("  there is none")


def _rows(files: tuple[HeldFile, ...]) -> list[list[str]]:
    return [[file.name, f"{file.size} bytes", f"sha256:{file.sha256[:16]}"] for file in files]


def _marks(release: HeldRelease) -> str:
    marks = {"pre-release": release.prerelease, "immutable": release.immutable}
    return ", ".join(["draft" if release.draft else "published", *(mark for mark, on in marks.items() if on)])
