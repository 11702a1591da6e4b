"""What happens while a workflow runs, step by step: kept, and shown as it happens."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from castoff.adapters.act import Event
from castoff.adapters.console import Console
from castoff.core.errors import refuse
from castoff.core.rehearsal import DIED, JobRun, Outcome, StepRun
from castoff.core.workflow import Job, Step, Workflow, order

_LINES, _LONG = 6, 240
"""How many lines, and characters, of an announced error the verdict repeats."""
_WORDS: dict[Outcome | None, tuple[str, str]] = {
    Outcome.SUCCESS: ("ok", "good"),
    Outcome.KEPT: ("kept", "good"),
    Outcome.FAILURE: ("FAILED", "error"),
}
_NOTICE = re.compile(r"::notice title=[^:]*::(?P<message>.*)")
_ANNOUNCED = re.compile(r"::error[^:]*::(?P<message>.*)")


@dataclass
class _StepRecord:
    name: str
    outcome: Outcome = Outcome.SKIPPED
    start: float = 0.0
    seconds: float = 0.0
    output: list[str] = field(default_factory=list[str])
    error: str = ""


class Record:
    """What happens, as it happens."""

    def __init__(self, console: Console, workflow: Workflow, done: set[str]) -> None:
        self._console = console
        self._began = time.monotonic()
        self._order = order(workflow)
        self._steps = {job.id: [_StepRecord(title(step)) for step in job.steps] for job in self._order}
        self._outcomes: dict[str, Outcome] = {}
        self._times: dict[str, tuple[float, float]] = {}
        self._done = done
        self.notices: list[str] = []
        """What stand-ins have to say of the difference to the real action."""

    def take(self, event: Event) -> None:
        """Note an event, and say what a person wants to see."""
        now = time.monotonic() - self._began
        if event.job not in self._steps or event.job in self._done:
            return
        start, _ = self._times.get(event.job, (now, now))
        self._times[event.job] = (start, now)
        if event.kind == "job-ended":
            self._outcomes[event.job] = Outcome.SUCCESS if event.success else Outcome.FAILURE
        if event.step is None or event.step >= len(self._steps[event.job]):
            return
        step = self._steps[event.job][event.step]
        if event.kind == "output":
            if not event.text.startswith("::add-mask::"):  # which GitHub never shows
                step.output.append(event.text)
            notice = _NOTICE.match(event.text)
            if notice and notice["message"] not in self.notices:
                self.notices.append(notice["message"])
            announced = _ANNOUNCED.match(event.text)
            step.error = step.error or (_in_one_line(announced["message"]) if announced else "")
        elif event.kind == "step-began":
            step.start, step.outcome = now, Outcome.FAILURE  # until it has ended well
        elif event.kind == "step-ended":
            step.seconds = now - step.start
            step.outcome = Outcome.SUCCESS if event.success else Outcome.FAILURE
            self._say(event.job, step)

    def rows(self) -> list[tuple[str | None, str]]:
        """Return a line for each job, as it stands now, for the live view."""
        now = time.monotonic() - self._began
        return [self._row(job, now) for job in self._order]

    def _row(self, job: Job, now: float) -> tuple[str | None, str]:
        start, end = self._times.get(job.id, (now, now))
        outcome = Outcome.KEPT if job.id in self._done else self._outcomes.get(job.id)
        step = next((step.name for step in reversed(self._steps[job.id]) if step.outcome is not Outcome.SKIPPED), "")
        running = job.id in self._times and outcome is None
        word, style = _WORDS.get(outcome, ("...", None) if running else ("", "dim"))
        seconds = (now if running else end) - start
        return style, f"  {word:<6}  {seconds:6.1f} s  {job.id:<16}  {step if running else ''}".rstrip()

    def _say(self, job: str, step: _StepRecord) -> None:
        if not self._console.live:
            word, _ = _WORDS[step.outcome]
            self._console.say(f"  {word:<6}  {step.seconds:6.1f} s  {job}: {step.name}")

    def show_failures(self) -> None:
        """Print the whole output of the steps that failed."""
        for job, steps in self._steps.items():
            for step in steps:
                if step.outcome is Outcome.FAILURE:
                    self._console.say(f"--- {job}: {step.name} ---", "error")
                    self._console.say("\n".join(step.output))

    def close(self, code: int, said: str) -> None:
        """Note how act itself ended; raises CastoffError when it has not run the workflow at all."""
        if code == 0:
            return
        if not self._times and not self._done:
            reason = next(
                (line for line in reversed(said.splitlines()) if line.startswith("Error")), said.strip()[-300:]
            )
            raise refuse(f"act could not run the workflow: {reason}")
        begun = [job.id for job in self._order if job.id in self._times]
        if Outcome.FAILURE not in self._outcomes.values() and begun:
            self._outcomes[begun[-1]] = Outcome.FAILURE  # act died, or was ended, in the middle of it
            for step in self._steps[begun[-1]]:
                if step.outcome is Outcome.FAILURE:
                    step.error = step.error or DIED

    def jobs(self) -> tuple[JobRun, ...]:
        """Return how every job ended, in the order of the workflow."""
        return tuple(self._job(job) for job in self._order)

    def _job(self, job: Job) -> JobRun:
        start, end = self._times.get(job.id, (0.0, 0.0))
        outcome = Outcome.KEPT if job.id in self._done else self._outcomes.get(job.id, Outcome.SKIPPED)
        steps = tuple(
            StepRun(s.name, s.outcome, round(s.start, 2), round(s.seconds, 2), s.error) for s in self._steps[job.id]
        )
        return JobRun(job.id, job.name, outcome, round(start, 2), round(end - start, 2), steps)


def title(step: Step) -> str:
    """Return what a step is called: its name, the action it uses, or the first line of what it runs."""
    return step.uses.action if step.uses and not step.name else step.title


def _in_one_line(message: str) -> str:
    """Return the first lines of an annotation's text, which has its line ends written out."""
    lines = message.replace("%0D", "").replace("%25", "%").split("%0A")
    text = " ".join(" ".join(lines[:_LINES]).split())
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."
