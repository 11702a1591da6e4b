"""What keeps a workflow from being rehearsed here, and what a rehearsal of it does not show."""

from __future__ import annotations

import pytest

from castoff.core.workflow import Workflow
from castoff.core.workflow_checks import rehearsal_notes, rehearsal_problems
from castoff.core.workflow_reading import read_workflow
from tests.core.test_workflow import FILE, KNOWN, SHA, SMALL, small


def problems(workflow: Workflow, tag: str = "v1.0.0") -> list[str]:
    """Return the problems as `line: what`."""
    found = rehearsal_problems(workflow, KNOWN, tag)
    return [f"{problem.where.line if problem.where else None}: {problem.what}" for problem in found]


def test_a_workflow_that_can_be_rehearsed_has_no_problems() -> None:
    assert problems(small(f"uses: Actions/Checkout@{SHA}", "with: {Fetch-Depth: 0}")) == []
    assert problems(small(f"uses: someone/action@{SHA}")) == []
    assert problems(small("uses: ./tools")) == []


@pytest.mark.parametrize(
    ("workflow", "told"),
    [
        pytest.param(small(f"uses: o/n@{SHA}"), "6: o/n has no stand-in: it cannot be rehearsed", id="no-stand-in"),
        pytest.param(
            small(f"uses: actions/checkout/sub@{SHA}"), "6: actions/checkout/sub has no stand-in", id="a-folder"
        ),
        pytest.param(
            small(f"uses: actions/checkout@{SHA}", "with:", "  ref: x", "  fetch-deepth: 0"),
            "9: actions/checkout knows no input 'fetch-deepth'; 'fetch-depth' is one",
            id="a-misspelt-input",
        ),
        pytest.param(
            small(f"uses: someone/action@{SHA}", "with: {x: 1}"),
            "7: someone/action knows no input 'x'",
            id="an-unknown-input",
        ),
        pytest.param(small("uses: actions/checkout@v4"), "6: actions/checkout@v4 can be moved; pin it", id="a-tag"),
        pytest.param(
            small(f"uses: actions/checkout@{SHA[:12]}"), "6: actions/checkout@3d3c42e5aac5 can", id="a-short-sha"
        ),
        pytest.param(small("uses: docker://alpine"), "6: docker://alpine is a Docker image", id="an-image"),
        pytest.param(small(job="    container: x\n"), "5: the job a runs in a container", id="a-container"),
        pytest.param(small(job="    services: {}\n"), "5: the job a needs service", id="services"),
        pytest.param(small(job="    strategy: {matrix: {x: [1]}}\n"), "5: the job a has a matrix", id="a-matrix"),
        pytest.param(small(job="    strategy: ${{ x }}\n"), "5: the job a has a matrix", id="maybe-a-matrix"),
        pytest.param(
            read_workflow(FILE, SMALL.replace("ubuntu-latest", "windows-latest")),
            "5: the job one runs on windows-latest, not on ubuntu-*",
            id="windows",
        ),
        pytest.param(
            read_workflow(FILE, SMALL.replace("ubuntu-latest", "[self-hosted, ubuntu-latest]")),
            "5: the job one runs on self-hosted, ubuntu-latest, not on ubuntu-*",
            id="self-hosted",
        ),
        pytest.param(
            read_workflow(FILE, SMALL.replace("ubuntu-latest", "[]")),
            "5: the job one runs on nothing, not on ubuntu-*: that cannot be rehearsed on this machine",
            id="nowhere",
        ),
        pytest.param(
            read_workflow(FILE, SMALL.replace("ubuntu-latest", "${{ matrix.os }}")),
            "5: the job one runs on ${{ matrix.os }}, not",
            id="a-computed-runner",
        ),
        pytest.param(
            read_workflow(FILE, "on: push\njobs:\n  a:\n    uses: ./.github/workflows/x.yml\n"),
            "4: the job a is a reusable workflow",
            id="a-reusable-workflow",
        ),
        pytest.param(small(on="{push: {tags: [x]}}"), "1: pushing the tag v1.0.0 does not start", id="no-trigger"),
    ],
)
def test_what_cannot_be_rehearsed_is_named_with_its_place(workflow: Workflow, told: str) -> None:
    (found,) = problems(workflow)
    assert found.startswith(told)


def test_an_unknown_input_that_is_like_no_other_is_told_alone() -> None:
    assert problems(small(f"uses: actions/checkout@{SHA}", "with: {x: 1}")) == [
        "7: actions/checkout knows no input 'x'"
    ]


def test_the_way_to_pin_is_a_command_that_any_ref_can_stand_in() -> None:
    (problem,) = rehearsal_problems(small("uses: actions/checkout@v4;reboot"), KNOWN, "v1")
    assert problem.fix == ("git ls-remote https://github.com/actions/checkout 'v4;reboot' 'v4;reboot^{}'",)


def test_everything_is_found_at_once() -> None:
    workflow = small("uses: o/n@v1", "with: {a: 1}", on="pull_request", job="    container: x\n    services: {}\n")
    assert [what.partition(":")[0] for what in problems(workflow)] == ["1", "5", "6", "8", "8"]


def test_what_a_rehearsal_does_not_show_is_noted_once_for_all_jobs() -> None:
    keys = ("timeout-minutes: 5", "if: true", "environment: ${{ x }}", "concurrency: y", "continue-on-error: true")
    job = "".join(f"    {key}\n" for key in keys)
    workflow = read_workflow(
        FILE,
        f"on: push\nconcurrency: x\njobs:\n  a:\n    runs-on: ubuntu-latest\n{job}    steps: [{{uses: ./x}}]\n"
        f"  b:\n    runs-on: ubuntu-latest\n{job.replace('${{ x }}', 'pypi')}"
        "    steps: [{uses: ./y}, {uses: ./x}]\n",
    )
    assert rehearsal_notes(workflow) == [
        "whether a job runs at all (`if`) is decided by the local runner, not by GitHub: a, b",
        "the job's time limit is not enforced: a, b",
        "the job's continue-on-error is not played: its failure stops the run: a, b",
        "the environment's reviewers, wait timer and rules for tags are not played: a, b",
        "the environment's name is computed, and taken as it is written: a",
        "the job's concurrency is not played: a, b",
        "concurrency is not played: there is one run at a time here",
        "run as they are, and not looked into for what they use themselves: ./x, ./y",
    ]
    assert rehearsal_notes(read_workflow(FILE, SMALL)) == []
