"""What the page of a rehearsal tells: the verdict first, and each time, size, outcome and file as it was."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from castoff.core.rehearsal import Finding, Outcome, StepRun
from castoff.core.report_html import page
from tests.core.rehearsed import BUILD, BUNDLE, EMPTY, FLAWED, GOOD, PUBLISH, RELEASE, STOPPED, WHEEL, Page


def test_a_release_that_would_work_is_told_first() -> None:
    text = Page(page(GOOD)).text
    assert "✓ It would be released This tag would have released 0.1.1. What was rehearsed" in text
    assert "In earnest" not in text


def test_what_stopped_it_and_what_to_type_are_told_first() -> None:
    text = page(STOPPED)
    told = Page(text).text
    assert "✗ It stopped This tag would not have released 0.1.1: publish: PyPI does not answer. In earnest" in told
    assert "<li><code>gh run rerun --failed 12</code></li>" in text
    assert "make status VERSION='0.1.1'" in told
    assert text.index("gh run rerun") < text.index("What was rehearsed")


def test_a_release_that_would_be_wrong_is_not_called_good() -> None:
    text = page(FLAWED)
    assert "✗ It would be released wrong" in text
    assert '<div class="banner bad">' in text
    assert "the pre-release mark it has none ✗ wrong" in Page(text).text


def test_the_page_reads_from_top_to_bottom_as_the_rehearsal_went() -> None:
    times = "Where the time went | What was done | Took | scratch clone | 0.6 s | install and verify | 1 h 01 min"
    assert " | ".join(piece.strip() for piece in Page(page(STOPPED)).pieces if piece.strip()) == (
        "Rehearsal of demo 0.1.1 | Rehearsal of a release | demo 0.1.1 | ✗ It stopped"
        " | This tag would not have released 0.1.1: publish: PyPI does not answer."
        " | In earnest, this would be next: | gh run rerun --failed 12 | make status VERSION='0.1.1'"
        f" | What was rehearsed | Project | demo | Version | 0.1.1 | Tag | v0.1.1 | Commit | {GOOD.commit}"
        " | Fault | index-down | The jobs | 1 passed, 1 failed, 1 not run | the tag is pushed | 1 min 06 s"
        " | Check and build | ✓ passed | 1 min 01 s | Step | Outcome | Began | Took"
        " | Run make | ✓ passed | 1.0 s | 1 min 00 s | Hand on | ✓ passed | 1 min 01 s | 1.0 s"
        " | Publish | ✗ failed | 4.0 s | Step | Outcome | Began | Took | Upload | ✗ failed | 1 min 02 s | 4.0 s"
        f" | GitHub release | ○ not run | {times} | the jobs of the workflow | 1 min 05 s | all together | 1 h 02 min"
        " | What the index holds | Nothing of this project. | The release | There is none."
        " | Looked at afterwards | Nothing: there was no release to look at."
    )
    assert " | ".join(piece.strip() for piece in Page(page(GOOD)).pieces if piece.strip()).endswith(
        f" | What the index holds | File and SHA-256 | Size | {WHEEL.name} | {WHEEL.sha256} | 84.2 kB"
        " | The release | v0.1.1 | published | immutable | Notes | ## What's Changed\n* <b>All</b> | Assets"
        f" | File and SHA-256 | Size | {WHEEL.name} | {WHEEL.sha256} | ✓ the same bytes as on the index | 84.2 kB"
        f" | {BUNDLE.name} | {BUNDLE.sha256} | 812 B | Looked at afterwards | What | Result"
        " | pip install | demo.__version__ is 0.1.1 | ✓ right | What to keep in mind | Python 3.11 played 3.13"
    )
    assert "The jobs | No job began. | Where" in " | ".join(filter(str.strip, Page(page(EMPTY)).pieces))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((-0.2, "0.0 s"), (0, "0.0 s"), (0.04, "0.0 s"), (3.44, "3.4 s"), (9.94, "9.9 s"), (9.96, "10 s")),
        *((59.4, "59 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (3599.4, "59 min 59 s")),
        *((3599.6, "1 h 00 min"), (3720, "1 h 02 min"), (7200, "2 h 00 min"), (90_060, "25 h 01 min")),
    ],
)
def test_a_time_is_told_as_people_say_it(seconds: float, said: str) -> None:
    assert f"Took build {said} the jobs" in Page(page(replace(EMPTY, phases=(("build", seconds),)))).text


@pytest.mark.parametrize(
    ("size", "said"),
    [
        *((0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (45_250, "45.2 kB"), (999_940, "999.9 kB")),
        *((999_960, "1.0 MB"), (1_340_000, "1.3 MB"), (999_960_000, "1.0 GB"), (5_000_000_000_000, "5000.0 GB")),
    ],
)
def test_a_size_is_told_as_people_say_it(size: int, said: str) -> None:
    text = Page(page(replace(GOOD, index=(replace(WHEEL, size=size),), releases=()))).text
    assert f"{WHEEL.sha256} {said} The release" in text


def test_each_outcome_has_its_sign_and_its_colour() -> None:
    jobs = [replace(BUILD, outcome=outcome, steps=()) for outcome in Outcome]
    asset = replace(BUNDLE, sha256="c" * 64)
    text = page(replace(GOOD, jobs=tuple(jobs), index=(WHEEL, BUNDLE), releases=(replace(RELEASE, assets=(asset,)),)))
    shown = re.findall(r'<span class="outcome (\w*)">(. \w+)', text)
    assert shown == [
        *(("good", "✓ passed"), ("bad", "✗ failed"), ("", "○ not"), ("kept", "↺ kept")),
        *(("bad", "✗ other"), ("good", "✓ right")),
    ]
    assert '<span class="outcome good">✓ the same bytes' in page(GOOD)


def test_what_did_not_run_has_no_time_and_a_failed_job_is_open() -> None:
    steps = (StepRun("Sign", Outcome.FAILURE, 62.0, 4.0), StepRun("Upload", Outcome.SKIPPED, 0.0, 0.0))
    jobs = (BUILD, replace(PUBLISH, outcome=Outcome.FAILURE, steps=steps))
    read = Page(page(replace(STOPPED, jobs=jobs)))
    assert "Sign ✗ failed 1 min 02 s 4.0 s Upload ○ not run Where" in read.text
    assert read.attributes("details") == [{"class": "job"}, {"class": "job", "open": ""}]
    assert len(read.attributes("tfoot")) == 1


def test_the_scale_of_jobs_that_did_not_run_is_of_no_time() -> None:
    text = Page(page(replace(EMPTY, jobs=STOPPED.jobs[2:], phases=(("clone", 2.0),)))).text
    assert "1 not run the tag is pushed 0.0 s GitHub release" in text
    assert "the jobs of the workflow 0.0 s all together 2.0 s" in text


@pytest.mark.parametrize(
    ("start", "seconds", "of", "bar"),
    [
        *((10.0, 5.0, 20.0, ("0.00", "25.00")), (15.0, 5.0, 20.0, ("25.00", "25.00"))),
        *((25.0, 90.0, 20.0, ("75.00", "25.00")), (5.0, 90.0, 20.0, ("0.00", "100.00"))),
        *((10.2, 0.2, 0.5, ("40.00", "40.00")), (10.0, 0.0, 0.0, ("0.00", "0.00"))),
    ],
)
def test_the_bar_of_a_step_stays_within_its_job_whatever_the_clock_said(
    start: float, seconds: float, of: float, bar: tuple[str, str]
) -> None:
    job = replace(BUILD, start=10.0, seconds=of, steps=(StepRun("make", Outcome.SUCCESS, start, seconds),))
    styles = [attributes.get("style", "") for attributes in Page(page(replace(GOOD, jobs=(job,)))).attributes("span")]
    _, ours = (re.findall(r"[\d.]+(?=%)", style) for style in styles if "margin-left" in style)
    assert (ours[0], ours[2]) == bar


def test_a_bar_is_as_long_as_its_part_of_the_time() -> None:
    """Of the whole for a job and for a phase, of its job for a step; the end of the scale is the end of the last."""
    late = replace(BUILD, start=50.0, seconds=50.0, steps=(StepRun("make", Outcome.SUCCESS, 60.0, 30.0),))
    kept = replace(BUILD, outcome=Outcome.KEPT, start=0.0, seconds=900.0, steps=())
    text = page(replace(GOOD, jobs=(kept, late), phases=(("clone", 150.0),)))
    bars = [attributes["style"] for attributes in Page(text).attributes("span") if "style" in attributes]
    assert bars == [
        "margin-left:min(50.00%, 100% - 3px);width:50.00%",
        "margin-left:min(20.00%, 100% - 3px);width:60.00%",
        "width:75.00%",
        "width:25.00%",
    ]
    tracks = [attributes.get("class", "") for attributes in Page(text).attributes("span")]
    assert [one for one in tracks if one.startswith("track")] == ["track", "track thin", "track thin", "track thin"]
    assert "the tag is pushed 1 min 40 s" in Page(text).text
    assert "the jobs of the workflow 50 s all together 3 min 20 s" in Page(text).text


def test_everything_of_the_rehearsal_is_on_the_page() -> None:
    text = Page(page(GOOD)).text
    for told in (
        *("demo", "v0.1.1", GOOD.commit, "none asked for", "Check and build", "Run make", "2 passed"),
        *("scratch clone", "0.6 s", "1 h 02 min", "the jobs of the workflow 1 min 05 s"),
        *(WHEEL.name, WHEEL.sha256, "84.2 kB", BUNDLE.name, "812 B", "published", "immutable"),
        *("## What's Changed * <b>All</b>", "pip install demo.__version__ is 0.1.1 ✓ right", "Python 3.11 played 3.13"),
    ):
        assert told in text
    assert "draft" not in text
    assert "pre-release" not in text


def test_the_marks_of_a_release_are_words() -> None:
    marked = replace(RELEASE, draft=True, prerelease=True, immutable=False, body=" ", assets=())
    text = Page(page(replace(GOOD, releases=(marked,)))).text
    assert "v0.1.1 draft: nobody sees it pre-release Notes It has no notes. Assets It has no files." in text


def test_what_there_is_more_than_one_of_is_told_one_after_the_other() -> None:
    plain = replace(RELEASE, tag="v0.1.0", body="", immutable=False, assets=())
    findings = (Finding("pip install", True), Finding("the bundles", True))
    rehearsal = replace(GOOD, releases=(plain, replace(plain, tag="v0.1.1")), findings=findings, notes=("a", "b"))
    text = page(rehearsal)
    nothing = "Notes It has no notes. Assets It has no files."
    assert Page(text).text.endswith(
        f"The release v0.1.0 published {nothing} v0.1.1 published {nothing}"
        " Looked at afterwards What Result pip install ✓ right the bundles ✓ right What to keep in mind a b"
    )
    assert 'class="soft"></div>' not in text


def test_an_asset_is_compared_with_the_file_on_the_index() -> None:
    assert "the same bytes as on the index" in page(GOOD)
    changed = replace(GOOD, index=(replace(WHEEL, sha256="c" * 64),))
    assert "✗ other bytes than on the index" in page(changed)
    assert "the same bytes as on the index" not in page(changed)


def test_only_what_ran_has_a_bar_and_the_failed_job_is_open() -> None:
    kept = replace(BUILD, outcome=Outcome.KEPT, start=0, seconds=0)
    text = page(replace(STOPPED, jobs=(kept, *STOPPED.jobs[1:])))
    read = Page(text)
    assert "1 failed, 1 not run, 1 kept" in read.text
    assert ["open" in attributes for attributes in read.attributes("details")] == [False, True]
    jobs = text.partition("The jobs")[2].partition("</section>")[0]
    assert len(re.findall(r'class="bar bad"', jobs)) == 2
    assert 'class="bar kept"' not in jobs


def test_bars_lie_where_the_jobs_lay_in_time() -> None:
    styles = [attributes.get("style", "") for attributes in Page(page(GOOD)).attributes("span")]
    bars = [re.findall(r"[\d.]+(?=%)", style) for style in styles if "margin-left" in style]
    assert bars[0] == ["1.52", "100", "92.42"]
    assert [float(number) for number in bars[3][::2]] == pytest.approx([100 * 62 / 66, 100 * 4 / 66], abs=0.01)
