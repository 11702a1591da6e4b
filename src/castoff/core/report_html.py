"""A rehearsal as one HTML page: nothing to load, no script, and the same page for the same rehearsal.

Readable on a phone: every table has few columns, long names and digests wrap, and colour never says anything alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from castoff.core.rehearsal import Finding, HeldFile, HeldRelease, JobRun, Outcome, Rehearsal, StepRun
from castoff.core.report_style import STYLE

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MINUTE = 60
_HOUR = 3600
_TENTHS_BELOW = 10
_THOUSAND = 1000

_OUTCOMES = {
    Outcome.SUCCESS: ("✓", "passed"),
    Outcome.FAILURE: ("✗", "failed"),
    Outcome.SKIPPED: ("○", "not run"),
    Outcome.KEPT: ("↺", "kept"),
}
_RAN = (Outcome.SUCCESS, Outcome.FAILURE)


def page(rehearsal: Rehearsal) -> str:
    """Return the report as a whole HTML document, to be written as UTF-8."""
    title = f"Rehearsal of {rehearsal.project} {rehearsal.version}"
    sections = (
        _section("What was rehearsed", _facts(rehearsal)),
        _section("The jobs", _timeline(rehearsal.jobs)),
        _section("Where the time went", _times(rehearsal)),
        _section("What the index holds", _files(rehearsal.index, "Nothing of this project.")),
        _section("The release", _releases(rehearsal)),
        _section("Looked at afterwards", _findings(rehearsal.findings)),
        _section("What to keep in mind", _notes(rehearsal.notes)) if rehearsal.notes else "",
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{_text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<p class="eyebrow">Rehearsal of a release</p>
<h1>{_text(rehearsal.project)} {_text(rehearsal.version)}</h1>
</header>
<main>
{_banner(rehearsal)}
{"".join(sections)}</main>
</body>
</html>
"""


def _text(said: str) -> str:
    """Return text from outside as HTML; what cannot be seen, or turns the direction of the rest, is shown as �."""
    return html.escape(_UNPRINTABLE.sub("\ufffd", said.replace("\r\n", "\n").replace("\r", "\n")))


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{_text(title)}</h2>\n{content}\n</section>\n"


def _table(headers: Iterable[tuple[str, str]], rows: Iterable[str], foot: str = "") -> str:
    """Return a table; a header is (class, text), and the rows and the foot are HTML."""
    head = "".join(f'<th scope="col" class="{style}">{_text(name)}</th>' for style, name in headers)
    ending = f"<tfoot>{foot}</tfoot>" if foot else ""
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody>{ending}\n</table>"


def _banner(rehearsal: Rehearsal) -> str:
    if rehearsal.released:
        style, word = "good", "✓ It would be released"
    else:
        style, word = "bad", "✗ It stopped" if rehearsal.stopped is not None else "✗ It would be released wrong"
    verdict = rehearsal.verdict[:1].upper() + rehearsal.verdict[1:].removesuffix(".")
    steps = "".join(f"<li><code>{_text(command)}</code></li>\n" for command in rehearsal.way_out)
    way_out = f"<p>In earnest, this would be next:</p>\n<ol>\n{steps}</ol>\n" if steps else ""
    return f'<div class="banner {style}">\n<h2>{word}</h2>\n<p>{_text(verdict)}.</p>\n{way_out}</div>'


def _facts(rehearsal: Rehearsal) -> str:
    facts = {
        "Project": _text(rehearsal.project),
        "Version": _text(rehearsal.version),
        "Tag": f"<code>{_text(rehearsal.tag)}</code>",
        "Commit": f"<code>{_text(rehearsal.commit)}</code>",
        "Fault": "none asked for" if rehearsal.fault is None else f"<code>{_text(rehearsal.fault)}</code>",
    }
    told = "".join(f"<dt>{name}</dt><dd>{value}</dd>\n" for name, value in facts.items())
    return f"<dl>\n{told}</dl>"


def _timeline(jobs: tuple[JobRun, ...]) -> str:
    if not jobs:
        return "<p>No job began.</p>"
    end = _end(jobs)
    outcomes = [job.outcome for job in jobs]
    counts = [f"{outcomes.count(outcome)} {word}" for outcome, (_, word) in _OUTCOMES.items() if outcome in outcomes]
    scale = f'<p class="scale soft"><span>the tag is pushed</span><span>{_duration(end)}</span></p>\n'
    return f'<p class="soft">{", ".join(counts)}</p>\n{scale}{"".join(_job(job, end) for job in jobs)}'


def _job(job: JobRun, end: float) -> str:
    head = (
        f'<span class="name">{_text(job.name)}</span>'
        f'<span class="side">{_outcome(job.outcome)}{_took(job)}</span>{_bar(job, 0, end)}'
    )
    if not job.steps:
        return f'<div class="job"><div class="head">{head}</div></div>\n'
    is_open = " open" if job.outcome is Outcome.FAILURE else ""
    headers = (("", "Step"), ("", "Outcome"), ("number wide", "Began"), ("number", "Took"))
    table = _table(headers, (_step(step, job) for step in job.steps))
    return (
        f'<details class="job"{is_open}><summary class="head">{head}</summary>\n'
        f'<div class="steps">{table}</div></details>\n'
    )


def _step(step: StepRun, job: JobRun) -> str:
    began, took = (_duration(step.start), _duration(step.seconds)) if step.outcome in _RAN else ("", "")
    bar = _bar(step, job.start, job.start + job.seconds, "track thin")
    return (
        f'<tr><th scope="row">{_text(step.name)}{bar}</th><td>{_outcome(step.outcome)}</td>'
        f'<td class="number wide">{began}</td><td class="number">{took}</td></tr>\n'
    )


def _outcome(outcome: Outcome) -> str:
    sign, word = _OUTCOMES[outcome]
    return f'<span class="outcome {_style(outcome)}">{sign} {word}</span>'


def _style(outcome: Outcome) -> str:
    return {Outcome.SUCCESS: "good", Outcome.FAILURE: "bad", Outcome.KEPT: "kept"}.get(outcome, "")


def _took(job: JobRun) -> str:
    return f' <span class="number">{_duration(job.seconds)}</span>' if job.outcome in _RAN else ""


def _bar(run: JobRun | StepRun, start: float, end: float, track: str = "track") -> str:
    """Return the bar of a run within the time from `start` to `end`; nothing for what did not run this time."""
    if run.outcome not in _RAN:
        return ""
    left = _percent(run.start - start, end - start)
    width = min(_percent(run.seconds, end - start), 100 - left)
    style = f"margin-left:min({left:.2f}%, 100% - 3px);width:{width:.2f}%"
    return f'<span class="{track}"><span class="bar {_style(run.outcome)}" style="{style}"></span></span>'


def _percent(part: float, whole: float) -> float:
    return min(max(100 * part / whole, 0), 100) if whole > 0 else 0


def _end(jobs: tuple[JobRun, ...]) -> float:
    return max((job.start + job.seconds for job in jobs if job.outcome in _RAN), default=0)


def _times(rehearsal: Rehearsal) -> str:
    jobs = _end(rehearsal.jobs) - min((job.start for job in rehearsal.jobs if job.outcome in _RAN), default=0)
    times = [*rehearsal.phases, ("the jobs of the workflow", jobs)]
    whole = sum(seconds for _, seconds in times)
    rows = (_time(what, seconds, whole) for what, seconds in times)
    foot = f'<tr><th scope="row">all together</th><td class="number">{_duration(whole)}</td></tr>'
    return _table((("", "What was done"), ("number", "Took")), rows, foot)


def _time(what: str, seconds: float, whole: float) -> str:
    bar = f'<span class="track thin"><span class="bar" style="width:{_percent(seconds, whole):.2f}%"></span></span>'
    return f'<tr><th scope="row">{_text(what)}{bar}</th><td class="number">{_duration(seconds)}</td></tr>\n'


def _files(files: tuple[HeldFile, ...], otherwise: str, index: tuple[HeldFile, ...] = ()) -> str:
    """Return the files as a table, each compared with the one of the same name on the index."""
    if not files:
        return f"<p>{_text(otherwise)}</p>"
    published = {file.name: file.sha256 for file in index}
    return _table((("", "File and SHA-256"), ("number", "Size")), (_file(file, published) for file in files))


def _file(file: HeldFile, published: dict[str, str]) -> str:
    same = ""
    if file.name in published:
        right = published[file.name] == file.sha256
        said = "✓ the same bytes as on the index" if right else "✗ other bytes than on the index"
        same = f'<span class="digest"><span class="outcome {"good" if right else "bad"}">{said}</span></span>'
    return (
        f'<tr><th scope="row"><span class="name">{_text(file.name)}</span>'
        f'<span class="digest mono">{_text(file.sha256)}</span>{same}</th>'
        f'<td class="number">{_size(file.size)}</td></tr>\n'
    )


def _releases(rehearsal: Rehearsal) -> str:
    if not rehearsal.releases:
        return "<p>There is none.</p>"
    return "\n".join(_release(release, rehearsal.index) for release in rehearsal.releases)


def _release(release: HeldRelease, index: tuple[HeldFile, ...]) -> str:
    marks = (
        "draft: nobody sees it" if release.draft else "published",
        "pre-release" if release.prerelease else "",
        "immutable" if release.immutable else "",
    )
    shown = "".join(f'<span class="mark">{mark}</span>' for mark in marks if mark)
    body = f"<pre>{_text(release.body)}</pre>" if release.body.strip() else "<p>It has no notes.</p>"
    return (
        f"<p><code>{_text(release.tag)}</code> {shown}</p>\n"
        f"<h3>Notes</h3>\n{body}\n<h3>Assets</h3>\n{_files(release.assets, 'It has no files.', index)}"
    )


def _findings(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "<p>Nothing: there was no release to look at.</p>"
    return _table((("", "What"), ("", "Result")), map(_finding, findings))


def _finding(finding: Finding) -> str:
    detail = f'<div class="soft">{_text(finding.detail)}</div>' if finding.detail else ""
    style, word = ("good", "✓ right") if finding.right else ("bad", "✗ wrong")
    return (
        f'<tr><th scope="row">{_text(finding.what)}{detail}</th>'
        f'<td><span class="outcome {style}">{word}</span></td></tr>\n'
    )


def _notes(notes: tuple[str, ...]) -> str:
    told = "".join(f"<li>{_text(note)}</li>\n" for note in notes)
    return f"<ul>\n{told}</ul>"


def _duration(seconds: float) -> str:
    """Return a time as people say it: 3.4 s, 34 s, 2 min 05 s, 1 h 02 min."""
    if round(seconds, 1) < _TENTHS_BELOW:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"


def _size(size: int) -> str:
    """Return a number of bytes as people say it: 812 B, 45.2 kB, 1.3 MB."""
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= _THOUSAND
        if round(value, 1) < _THOUSAND:
            return f"{size} B" if size < _THOUSAND else f"{value:.1f} {unit}"
    return f"{value:.1f} GB"
