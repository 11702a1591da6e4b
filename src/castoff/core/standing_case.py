"""What the rules of `standing` ask of a release: its rows, and a few questions that several rules have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from castoff.core.observation import Observation, SeenBranch, SeenMain, SeenTag
from castoff.core.published import LAG, RunJob, Unknown, known
from castoff.core.row import Row, State
from castoff.core.rows_git import held
from castoff.core.rows_index import days_left, lacking, run_succeeded
from castoff.core.rows_run import awaited

RERUN = timedelta(days=30)
"""How long after its start a run can be run again (GitHub Docs, "Re-running workflows and jobs")."""
_OWN_STEPS = ("Run make ", "Run castoff ", "Run invoke ")
"""How GitHub names the steps that judge what was tagged: they fail again until that is mended."""
_FETCHING = ("Fetch ", "Run actions/download-artifact@")
"""How it names those that fetch what an earlier job has handed on: castoff's own, and what has no name of its own."""
_ENDED = "completed"
_APPROVAL = ("waiting", "action_required")
_NOT_BAD = ("success", "neutral", "skipped", None)


@dataclass(frozen=True, slots=True)
class Case:
    """A release that is to be judged."""

    seen: Observation
    rows: tuple[Row, ...]

    def of(self, state: State, *places: str) -> list[Row]:
        """Return the rows in a state, of all places or of some."""
        return [row for row in self.rows if row.state is state and (not places or row.place in places)]

    @property
    def contradicts(self) -> bool:
        """Whether two things that were seen cannot both be right."""
        return bool(self.of(State.CONTRADICTORY))

    @property
    def tag(self) -> SeenTag | None:
        """The tag on the remote, where it is known."""
        return self.seen.git.tag_there if isinstance(self.seen.git.tag_there, SeenTag) else None

    @property
    def tagged(self) -> bool:
        """Whether the tag is pushed."""
        return self.tag is not None

    @property
    def waits_for_approval(self) -> bool:
        """Whether the run waits for a person: a reviewer of the environment."""
        return self.tagged and self._status in _APPROVAL

    @property
    def runs(self) -> bool:
        """Whether the workflow is at work, or about to be."""
        return self.tagged and self._status not in ("", _ENDED)

    @property
    def has_run(self) -> bool:
        """Whether there is a run of the tag."""
        return self.tagged and bool(self._status)

    @property
    def stopped(self) -> bool:
        """Whether the run has ended, and not well."""
        return self.tagged and self._status == _ENDED and run_succeeded(self.seen) is None

    @property
    def stopped_half_way(self) -> bool:
        """Whether it has, with something on the index."""
        return self.stopped and bool(self.seen.known_files)

    @property
    def stopped_by_sources(self) -> bool:
        """Whether the run stopped in a step that judges what was tagged."""
        job = self.failed_job
        return self.stopped and job is not None and (job.failed_step or "").startswith(_OWN_STEPS)

    @property
    def needs_all_jobs(self) -> bool:
        """Whether to run the failed jobs again would not do: they are done, or what they fetch may be lost.

        With something on the index they are tried once more before that: another build may have other bytes.
        """
        job, run = self.failed_job, self.seen.run
        if run_succeeded(self.seen) is not None:
            return True
        lost = job is not None and (job.failed_step or "").startswith(_FETCHING)
        return lost and (not self.seen.known_files or (run is not None and run.attempt > 1))

    @property
    def too_old_to_run_again(self) -> bool:
        """Whether there is a run that has ended, and that GitHub runs again no more."""
        run = self.seen.run
        return self.has_run and not (run and run.created and self.seen.at - run.created < RERUN)

    @property
    def failed_job(self) -> RunJob | None:
        """The first job that has ended otherwise than well."""
        jobs = known(self.seen.jobs)
        return next((job for job in jobs if job.conclusion not in _NOT_BAD), None)

    @property
    def is_released(self) -> bool:
        """Whether the tag is there and everything that belongs to a finished release."""
        return self.tagged and self._out and self._attached

    @property
    def is_finished_draft(self) -> bool:
        """Whether nothing is missing but that the draft is published, and the workflow will not do it."""
        return self.tagged and not self.stopped and not self._out and bool(self.seen.known_releases) and self._attached

    @property
    def just_published(self) -> bool:
        """Whether the run has succeeded so lately that the index may not show it all."""
        when = run_succeeded(self.seen)
        late = when is not None and self.seen.at - when < LAG
        return self.tagged and late and bool(self.of(State.MISSING, "index", "asset"))

    @property
    def too_late(self) -> bool:
        """Whether the index lacks files of the release and takes no more."""
        return self.tagged and bool(self.seen.known_files and lacking(self.seen)) and not days_left(self.seen)

    @property
    def awaits_run(self) -> bool:
        """Whether the tag is so young that its run may not show yet."""
        return self.tag is not None and awaited(self.seen, self.tag)

    @property
    def is_on_main(self) -> bool:
        """Whether main holds the version, or held it once."""
        return held(self.seen)

    @property
    def in_review(self) -> bool:
        """Whether the bump branch is pushed."""
        return isinstance(self.seen.git.branch_there, SeenBranch)

    @property
    def is_passed_by(self) -> bool:
        """Whether main has gone past the version."""
        main = self.seen.git.main
        return isinstance(main, SeenMain) and main.version is not None and main.version >= self.seen.version

    @property
    def blind(self) -> tuple[tuple[str, str], ...]:
        """What had to be seen to say more, and why it is not: place and reason."""
        seen, tag = self.seen, self.seen.git.tag_there
        asked: list[tuple[str, object]] = [(f"the tag on {seen.git.remote}", tag), ("the index", seen.files)]
        if isinstance(tag, SeenTag):
            asked += [("the tag", tag.right), ("the release on GitHub", seen.releases)]
            asked += [] if self.is_released else [("the workflow", seen.runs)]
            whose = self.stopped_half_way and not self.is_released  # a re-run helps with the workflow's own files only
            asked += [("the jobs of the workflow", seen.uploads)] if whose else []
        hidden = tuple((what, said.reason) for what, said in asked if isinstance(said, Unknown))
        return hidden or tuple(
            (f"{row.place} {row.name}", row.said) for row in self.of(State.UNKNOWN, "asset", "index")
        )

    @property
    def _status(self) -> str:
        return self.seen.run.status if self.seen.run else ""

    @property
    def _out(self) -> bool:
        return any(not release.draft for release in self.seen.known_releases)

    @property
    def _attached(self) -> bool:
        return bool(self.seen.known_files) and not self.of(State.MISSING, "index", "asset", "bundle")
