"""What is said of a release in one sentence, and the one command to type next."""

from __future__ import annotations

from castoff.core.observation import SeenMain, SeenTag
from castoff.core.published import Unknown
from castoff.core.row import Row, State, days
from castoff.core.rows_index import days_left, next_release
from castoff.core.rows_release import gh
from castoff.core.standing_case import Case

_SHOWN = 3
"""How many rows a sentence repeats."""


def contradicts(case: Case) -> str:
    """Return the first contradiction."""
    rows = case.of(State.CONTRADICTORY)
    also = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    return f"contradicts itself: {_named(rows[0])}: {rows[0].said}{also}"


def unseen(case: Case) -> str:
    """Return what could not be seen, and why."""
    return "cannot be judged: " + "; ".join(f"{what}: {why}" for what, why in case.blind[:_SHOWN])


def released(case: Case) -> str:
    """Return that it is out; and what is under way after it."""
    yanked = all(file.yanked for file in case.seen.known_files)
    after = f"; {case.seen.git.under_way} is under way" if case.seen.git.under_way else ""
    return ("is released, and yanked" if yanked else "is released") + after


def runs(case: Case) -> str:
    """Return what the workflow does."""
    status = case.seen.run.status if case.seen.run else ""
    return f"is being released by the workflow ({status.replace('_', ' ')})"


def stopped(case: Case) -> str:
    """Return where the workflow has stopped with nothing published."""
    mend = ": put it right on main first" if case.stopped_by_sources else ""
    return f"{_stopped(case)}; nothing is published{mend}"


def stopped_half_way(case: Case) -> str:
    """Return where the workflow has stopped with something published, and how long it can be completed."""
    return f"{_stopped(case)}; the index has files of it, and takes more for {days(days_left(case.seen))}"


def in_pieces(case: Case) -> str:
    """Return what is missing of what was published."""
    rows = case.of(State.MISSING, "index", "release", "asset", "bundle")
    return "is not whole: " + "; ".join(f"{_named(row)}: {row.said}" for row in rows[:_SHOWN])


def too_old(case: Case) -> str:
    """Return what is missing, where the workflow cannot bring it any more."""
    return f"{in_pieces(case)}; GitHub runs the workflow again for 30 days only, and they have passed"


def _named(row: Row) -> str:
    return " ".join(filter(None, (row.place, row.name)))


def _stopped(case: Case) -> str:
    job, run = case.failed_job, case.seen.run
    how = (run.conclusion or "").replace("_", " ") if run else ""
    step = f", step {job.failed_step!r}" if job and job.failed_step else ""
    return f"has stopped: the workflow ended with {how}" + (f" in job {job.name!r}{step}" if job else "")


def fix(case: Case) -> str:
    """Return what the first contradictory row names."""
    return case.of(State.CONTRADICTORY)[0].fix


def ask_again(case: Case) -> str:
    """Return this very command."""
    return case.seen.command("status")


def see_more(case: Case) -> str:
    """Return what may make more visible: a library, a remote, the whole history, a token, a look into the files.

    Else it is asking once more.
    """
    seen, tag = case.seen, case.seen.git.tag_there
    right = tag.right if isinstance(tag, SeenTag) else tag
    for hidden in (seen.files, right):
        if isinstance(hidden, Unknown) and hidden.fix:
            return hidden.fix
    on_github = any(isinstance(answer, Unknown) and not answer.silent for answer in (seen.releases, seen.runs))
    if on_github and not seen.sees_drafts and not isinstance(seen.repository, Unknown) and case.tagged:
        return f"GITHUB_TOKEN=$(gh auth token) {ask_again(case)}"
    dark = isinstance(seen.files, Unknown) or isinstance(seen.releases, Unknown)
    return ask_again(case) if dark or not case.of(State.UNKNOWN, "asset") else verify(case)


def run_again(case: Case) -> str:
    """Return the command that runs the failed jobs once more; or all of them, where that alone helps."""
    run = case.seen.run
    if run is None:
        return verify(case)
    failed = () if case.needs_all_jobs else ("--failed",)
    return gh(case.seen, "run", "rerun", str(run.id), *failed)


def approve(case: Case) -> str:
    """Return the page on which a person lets the workflow go on."""
    return f"open {case.seen.run.url} and approve it" if case.seen.run else ask_again(case)


def publish_draft(case: Case) -> str:
    """Return the command that publishes the draft."""
    return gh(case.seen, "release", "edit", case.seen.tag, "--draft=false")


def merge(case: Case) -> str:
    """Return the page of the pull request."""
    seen = case.seen
    if isinstance(seen.repository, Unknown) or isinstance(seen.git.main, Unknown):
        return f"merge {seen.branch}"
    return f"open {seen.repository.compare(seen.git.main.branch, seen.branch)} and merge it"


def release(case: Case) -> str:
    """Return the command that goes on with this release."""
    return case.seen.command("release")


def release_next(case: Case) -> str:
    """Return the command that releases the next version instead."""
    return next_release(case.seen)


def release_main(case: Case) -> str:
    """Return the command that releases what main holds."""
    main = case.seen.git.main
    version = main.version if isinstance(main, SeenMain) else None
    return case.seen.command("release", version if version and version > case.seen.version else None)


def undo(case: Case) -> str:
    """Return the command that takes back what can be taken back."""
    return case.seen.command("undo")


def verify(case: Case) -> str:
    """Return the command that looks into the files."""
    return case.seen.command("verify")


def see_newer(case: Case) -> str:
    """Return the command that looks at the version that is under way; nothing when there is none."""
    return case.seen.command("status", case.seen.git.under_way) if case.seen.git.under_way else ""
