"""Workflows as GitHub reads them: what is in them, and in which order their jobs run."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.workflow import Job, Workflow, job_permissions, order
from castoff.core.workflow_checks import rehearsal_notes, rehearsal_problems
from castoff.core.workflow_reading import read_workflow
from tests.strategies import bounded

ROOT = Path(__file__).parents[2]
FILE = ".github/workflows/release.yml"
SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1"
KNOWN = {"actions/checkout": ["fetch-depth", "ref"], "Someone/Action": ()}

SMALL = """\
name: Small
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: make one
"""


def small(*lines: str, on: str = "push", job: str = "") -> Workflow:
    """Read a workflow with one job: `lines` of its first step, and `job`, more keys of the job."""
    step = "\n        ".join(lines or ("run: make",))
    return read_workflow(FILE, f"on: {on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n{job}    steps:\n      - {step}\n")


def refused(text: str) -> str:
    """Return the refusal of a workflow as `line: what`."""
    with pytest.raises(CastoffError) as caught:
        read_workflow(FILE, text)
    (problem,) = caught.value.problems
    assert problem.where is not None
    assert problem.where.file == FILE
    assert "\n" not in problem.what
    return f"{problem.where.line}: {problem.what}"


def test_castoffs_own_release_workflow_is_read_with_its_places() -> None:
    text = (ROOT / FILE).read_text()
    workflow = read_workflow(FILE, text)
    lines = text.splitlines()
    assert workflow.name == "Release"
    assert workflow.permissions == {}
    assert [job.id for job in order(workflow)] == ["preflight", "twine-check", "sign", "publish", "github-release"]
    assert [job.id for job in workflow.jobs if job.environment] == ["publish"]
    for job in workflow.jobs:
        assert lines[(job.where.line or 0) - 1].strip() == f"{job.id}:"
        assert job.runs_on == ("ubuntu-latest",)
        for step in job.steps:
            assert lines[(step.where.line or 0) - 1].lstrip().startswith("- ")
            if step.uses is not None:
                assert step.uses.pinned
                assert step.uses.comment.startswith("v")
                assert step.uses.text in lines[(step.uses.where.line or 0) - 1]
            assert step.input_places.keys() == step.inputs.keys()
            for name, where in step.input_places.items():
                assert lines[(where.line or 0) - 1].lstrip().startswith(f"{name}:")


def test_everything_a_workflow_can_say_is_there() -> None:
    workflow = read_workflow(
        FILE,
        f"""\
name: Full
on:
  push:
    branches: main
    tags: [v*, '!v0']
  workflow_dispatch:
env: {{A: 1}}
concurrency: {{group: g, cancel-in-progress: true}}
jobs:
  build:
    name: Build it
    if: github.ref_type == 'tag'
    runs-on: [ubuntu-24.04]
    timeout-minutes: 5
    continue-on-error: true
    outputs: {{out: "${{{{ steps.x.outputs.y }}}}"}}
    env:
      B: two
    environment: {{name: pypi, url: https://example.invalid}}
    concurrency: {{group: one, cancel-in-progress: false}}
    steps:
      - id: x
        name: Say
        if: always()
        continue-on-error: true
        shell: python
        env: {{C: ~}}
        run: |
          print(1)
      - uses: Owner/Name/sub/dir@{SHA}   # v1.2 and more
        with:
          flag: yes
          path: |
            a
            b
  call:
    needs: [build]
    uses: o/n/.github/workflows/x.yml@v1
    with: {{a: b}}
    secrets: inherit
  local:
    needs: build
    runs-on: {{group: big, labels: [x, y]}}
    environment: "${{{{ github.ref_name }}}}"
    container: alpine
    strategy: {{matrix: {{a: [1]}}}}
    permissions: read-all
    steps:
      - uses: ./tools/X/ # ours
      - uses: docker://alpine:3 # 3.20
""",
    )
    build, call, local = workflow.jobs
    assert workflow.events == ("push", "workflow_dispatch")
    assert workflow.push is not None
    assert workflow.push.branches == ("main",)
    assert workflow.push.tags == ("v*", "!v0")
    assert (workflow.env, workflow.concurrency, workflow.permissions) == ({"A": "1"}, "g", None)
    assert (build.name, build.condition, build.timeout_minutes) == ("Build it", "github.ref_type == 'tag'", "5")
    assert (build.outputs, build.env) == ({"out": "${{ steps.x.outputs.y }}"}, {"B": "two"})
    assert build.environment is not None
    assert (build.environment.name, build.environment.computed) == ("pypi", False)
    assert (workflow.file, build.environment.where, build.concurrency) == (FILE, Location(FILE, 19), "one")
    assert build.continue_on_error == "true"
    say, used = build.steps
    assert (say.id, say.title, say.shell, say.run) == ("x", "Say", "python", "print(1)\n")
    assert (say.env, say.condition, say.continue_on_error) == ({"C": ""}, "always()", "true")
    assert used.uses is not None
    assert (used.uses.repository, used.uses.path, used.uses.ref) == ("Owner/Name", "sub/dir", SHA)
    assert (used.uses.action, used.uses.comment, used.uses.pinned) == ("Owner/Name/sub/dir", "v1.2 and more", True)
    assert used.inputs == {"flag": "yes", "path": "a\nb\n"}
    assert call.uses is not None
    assert (call.uses.path, call.uses.pinned, call.needs, call.steps) == (
        *(".github/workflows/x.yml", False),
        *(("build",), ()),
    )
    assert local.runs_on == ("group:big", "x", "y")
    assert (local.matrix, "container" in local.keys, "services" in local.keys) == (True, True, False)
    assert local.environment is not None
    assert local.environment.computed
    here, image = local.steps
    assert here.uses is not None
    assert (here.uses.local, here.uses.path, here.uses.pinned) == (True, "tools/X", True)
    assert (here.uses.where, here.uses.comment) == (Location(FILE, 49), "ours")
    assert image.uses is not None
    assert (image.uses.docker, image.uses.pinned) == (True, False)
    assert (image.uses.where, image.uses.comment) == (Location(FILE, 50), "3.20")


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        ("ubuntu-latest", ("ubuntu-latest",)),
        ("[self-hosted, linux]", ("self-hosted", "linux")),
        ("{group: big}", ("group:big",)),
        ("{labels: [linux, arm]}", ("linux", "arm")),
    ],
)
def test_a_job_runs_where_its_labels_or_its_group_say(written: str, labels: tuple[str, ...]) -> None:
    assert read_workflow(FILE, SMALL.replace("ubuntu-latest", written)).jobs[0].runs_on == labels


def test_the_step_is_called_as_on_github_when_it_has_no_name() -> None:
    assert small("run: |", "", "  make one", "  make two").jobs[0].steps[0].title == "Run make one"
    assert small("run: ''").jobs[0].steps[0].title == "Run"
    assert small("uses: o/n@v1").jobs[0].steps[0].title == "Run o/n@v1"


def test_an_anchor_is_followed_and_keeps_its_own_place() -> None:
    workflow = read_workflow(FILE, SMALL.replace("make one", "&x make one") + "      - run: *x\n")
    assert [step.run for step in workflow.jobs[0].steps] == ["make one", "make one"]


def test_line_numbers_are_those_of_an_editor() -> None:
    workflow = read_workflow(FILE, SMALL.replace("Small", '"a\u2028b\x85c"').replace("\n", "\r\n"))
    assert workflow.jobs[0].steps[0].where.line == 7


BOMB = "x: &a [0]\n" + "".join(
    f"{key}: &{key} [{', '.join([f'*{before}'] * 9)}]\n" for before, key in pairwise("abcdefghi")
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "None: the workflow is empty", id="empty"),
        pytest.param("# nothing\n", "None: the workflow is empty", id="a-comment"),
        pytest.param("- a\n", "1: a workflow must be a mapping", id="a-list"),
        pytest.param("hello", "1: a workflow must be a mapping", id="a-word"),
        pytest.param("a: [\n", "2: the workflow is not YAML: ", id="an-open-bracket"),
        pytest.param("on: push\n\tjobs:\n", "2: the workflow is not YAML: ", id="a-tab"),
        pytest.param("on: push\n\0", "2: the workflow is not YAML: ", id="a-control-character"),
        pytest.param("a: *b\n", "1: the workflow is not YAML: found undefined alias", id="an-unknown-anchor"),
        pytest.param("a: 1\n---\nb: 2\n", "2: the workflow is not YAML: ", id="two-documents"),
        pytest.param('a: "\\UFFFFFFFF"\n', "None: the workflow is not YAML: ", id="an-escape-that-is-no-character"),
        pytest.param("a: " + "[" * 1000, "None: the workflow is nested too deeply", id="deep"),
        pytest.param(f"a: {'[' * 60}{']' * 60}\n", "1: the workflow is nested too deeply", id="deeper-than-of-use"),
        pytest.param("a: &a [*a]\n", "1: the workflow is nested too deeply", id="an-anchor-in-itself"),
        pytest.param(BOMB, "1: the workflow is nested too deeply, or its anchors make it too big", id="a-bomb"),
        pytest.param("a: !!binary abc\n", "1: a workflow has no use for the YAML tag", id="a-tag"),
        pytest.param("[a]: b\n", "1: a key of the workflow must be one value, not a list", id="a-list-as-key"),
        pytest.param("a:\n  {b: c}: d\n", "2: a key of a must be one value, not a mapping", id="a-mapping-as-key"),
        pytest.param("a: 1\nb: 2\nA: 3\n", "3: the key 'A' is given twice, first in line 1", id="a-doubled-key"),
        pytest.param(SMALL + "jbos: {}\n", "8: castoff knows no key 'jbos' of a workflow", id="an-unknown-key"),
        pytest.param("jobs: {}\n", "1: the workflow does not say what it runs on", id="no-triggers"),
        pytest.param("jobs: {}\non: []\n", "2: the workflow does not say what it runs on", id="empty-triggers"),
        pytest.param("on: {push: main}\njobs: {}\n", "1: on.push must be a mapping", id="a-branch-for-filters"),
        pytest.param("on: push\n", "1: the workflow has no jobs", id="no-jobs"),
        pytest.param("on: push\njobs: {}\n", "2: the workflow has no jobs", id="empty-jobs"),
        pytest.param("on: push\njobs: [a]\n", "2: jobs must be a mapping", id="jobs-in-a-list"),
        pytest.param("on: push\njobs:\n  a:\n", "3: jobs.a must be a mapping", id="an-empty-job"),
        pytest.param("on: push\njobs: {1a: {}}\n", "2: '1a' is no id of a job", id="a-wrong-id"),
        pytest.param("on: push\njobs: {a: {steps: []}}\n", "2: the job a says neither", id="nowhere-to-run"),
        pytest.param("on: push\njobs: {a: {runs-on: x}}\n", "2: the job a has no steps", id="no-steps"),
        pytest.param(
            "on: push\njobs:\n a:\n  runs-on: x\n  steps: []\n", "5: the job a has no steps", id="empty-steps"
        ),
        pytest.param(
            "on: push\njobs:\n a:\n  uses: ./.github/workflows/x.yml\n  steps: []\n",
            "5: the job a has uses and steps; it can have one of them",
            id="steps-beside-a-workflow",
        ),
        pytest.param(SMALL.replace("run: make one", "name: x"), "7: a step needs uses or run", id="a-step-of-nothing"),
        pytest.param(
            SMALL.replace("make one", "[x]"), "7: jobs.one.steps[0].run must be one value, not a list", id="run-a-list"
        ),
        pytest.param(
            SMALL.replace("run: make one", "uses: checkout"), "7: uses is 'checkout'; it must be", id="no-repository"
        ),
        pytest.param(SMALL.replace("run: make one", "uses: o/n"), "7: uses is 'o/n'; it must be", id="no-ref"),
        pytest.param(
            "on: push\njobs:\n  a:\n    uses: o/n@v1\n",
            "4: uses is 'o/n@v1'; a job can use a workflow in .github/workflows/",
            id="a-job-of-an-action",
        ),
        pytest.param(SMALL + "    stesp: []\n", "8: castoff knows no key 'stesp' of a job", id="a-wrong-job-key"),
        pytest.param(SMALL + "        wth: {}\n", "8: castoff knows no key 'wth' of a step", id="a-misspelt-key"),
        pytest.param(SMALL + "        env:\n", "8: jobs.one.steps[0].env must be a mapping", id="an-empty-env"),
        pytest.param(SMALL + "        id: 1x\n", "8: '1x' is no id of a step", id="a-wrong-step-id"),
        pytest.param(
            SMALL + "        id: x\n      - {id: X, run: y}\n",
            "9: two steps of the job one have the id 'X'",
            id="a-doubled-id",
        ),
        pytest.param(SMALL + "    needs: two\n", "8: the job one needs 'two', which is no job", id="an-unknown-need"),
        pytest.param(
            SMALL + "    needs: one\n", "8: jobs need each other in a circle: one needs one", id="needs-itself"
        ),
        pytest.param(SMALL + "    needs:\n", "8: the job one needs '', which is no job", id="needs-nothing"),
        pytest.param(SMALL + "permissions: all\n", "8: permissions must be a mapping", id="permissions-all"),
        pytest.param(
            SMALL + "permissions: {id-tokn: write}\n",
            "8: castoff knows no key 'id-tokn' of permissions",
            id="a-misspelt-scope",
        ),
        pytest.param(
            SMALL + "permissions: {contents: 1}\n", "8: permissions.contents is '1'; it must be", id="no-level"
        ),
        pytest.param(SMALL + "concurrency: {}\n", "8: concurrency needs group", id="concurrency-without-group"),
        pytest.param(
            SMALL.replace("push", "{push: {tag: v*}}"),
            "2: castoff knows no key 'tag' of on.push",
            id="a-misspelt-filter",
        ),
        pytest.param(
            SMALL.replace("push", "{push: {tags: a, tags-ignore: b}}"),
            "2: on.push has both tags and tags-ignore",
            id="both-filters",
        ),
        pytest.param(SMALL.replace("push", "{push: {tags: }}"), "2: on.push.tags needs patterns", id="an-empty-filter"),
        pytest.param(SMALL + "env: {A: 1e999}\n", "8: the number 1e999 is too big", id="a-number-too-big"),
        pytest.param(SMALL + "env: {A: -1e999}\n", "8: the number -1e999 is too big", id="a-number-far-below"),
        pytest.param(
            f"{SMALL}env: {{A: {'9' * 999}}}\n", f"8: the number {'9' * 40} is too big", id="a-long-number-is-cut"
        ),
    ],
)
def test_what_is_no_workflow_is_refused_in_one_line_with_its_place(text: str, told: str) -> None:
    assert refused(text).startswith(told)


def test_a_circle_is_told_in_full() -> None:
    text = SMALL + "    needs: three\n  two: {needs: one, uses: ./.github/workflows/x.yml}\n"
    text += "  three: {needs: [two], uses: ./.github/workflows/x.yml}\n"
    line, _, told = refused(text).partition(": jobs need each other in a circle: ")
    said = told.split(" needs ")
    assert said[0] == said[-1]
    assert line == {"one": "8", "two": "9", "three": "10"}[said[0]]
    assert set(said) == {"one", "two", "three"}
    needs = {"one": "three", "two": "one", "three": "two"}
    assert all(needs[job] == needed for job, needed in pairwise(said))


_WORDS = st.sampled_from(
    [
        *(
            "on",
            "push",
            "jobs",
            "a",
            "b",
            "steps",
            "run",
            "uses",
            "o/n@v1",
            "with",
            "needs",
            "permissions",
            "env",
            "if",
        ),
        *(":", ": ", "\n", "\n  ", "\n    ", "\n      - ", "- ", "[", "]", "{", "}", ",", "&x ", "*x", "!!str ", "!"),
        *(
            "'",
            '"',
            "|",
            ">",
            "#",
            "?",
            "%",
            "---",
            "...",
            "\t",
            "\0",
            "\ufeff",
            "\u2028",
            "\ud800",
            "\\U",
            "<<",
            "=",
            "1",
        ),
    ]
)


@bounded
@given(st.one_of(st.text(), st.lists(_WORDS, max_size=40).map("".join)))
def test_any_text_is_a_workflow_or_is_refused_in_one_line(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        read_workflow(FILE, text)
    except CastoffError as error:
        problems = error.problems
    assert all("\n" not in problem.what and problem.where for problem in problems)


_YAML: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["push", "o/n@v1", "x", "read-all", "v*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["push", "tags", "name", "group", "contents", "run", "uses", "x"]), inner, max_size=4
        )
    ),
    max_leaves=6,
)
_STEPS = st.lists(
    st.dictionaries(st.sampled_from(["name", "run", "uses", "with", "env", "id", "if"]), _YAML, max_size=3)
)
_JOB_KEYS = ["needs", "permissions", "environment", "strategy", "runs-on", "concurrency", "outputs", "container"]


@bounded
@given(
    st.fixed_dictionaries({"on": _YAML, "jobs": st.fixed_dictionaries({}, optional={"a": _YAML})}),
    st.dictionaries(st.sampled_from(_JOB_KEYS), _YAML, max_size=3),
    _STEPS | _YAML,
)
def test_any_shape_of_values_is_read_or_refused(top: dict[str, Any], job: dict[str, Any], steps: object) -> None:
    import json

    top["jobs"]["b"] = {"runs-on": "ubuntu-latest", **job, "steps": steps}
    text = json.dumps(top)  # JSON is YAML
    try:
        workflow = read_workflow(FILE, text)
    except CastoffError:
        return
    assert {job.id for job in order(workflow)} == set(top["jobs"])
    rehearsal_problems(workflow, KNOWN, "v1.0.0")
    rehearsal_notes(workflow)


@bounded
@given(st.lists(st.lists(st.integers(0, 11), max_size=3), min_size=1, max_size=12))
def test_jobs_run_behind_what_they_need_and_otherwise_in_the_order_of_the_file(needs: list[list[int]]) -> None:
    backwards = [f"j{place}" for place in reversed(range(len(needs)))]
    said = {f"j{place}": [f"j{need}" for need in wanted if need < place] for place, wanted in enumerate(needs)}
    jobs = "".join(f"  {job}: {{runs-on: x, needs: {said[job]}, steps: [run: x]}}\n" for job in backwards)
    left = list(read_workflow(FILE, f"on: push\njobs:\n{jobs}").jobs)
    done: set[str] = set()
    for job in order(read_workflow(FILE, f"on: push\njobs:\n{jobs}")):
        ready: list[Job] = [one for one in left if done.issuperset(one.needs)]
        assert job == ready[0]
        left.remove(job)
        done.add(job.id)
    assert not left


@pytest.mark.parametrize(
    ("top", "own", "granted"),
    [
        pytest.param("", "", {"contents": "read", "packages": "read"}, id="not-given"),
        pytest.param("permissions: {}", "", {}, id="nothing"),
        pytest.param("permissions: {contents: write}", "", {"contents": "write"}, id="of-the-workflow"),
        pytest.param(
            "permissions: {contents: write, issues: read}",
            "permissions: {id-token: write, contents: none}",
            {"id-token": "write"},
            id="the-job-replaces-the-workflow",
        ),
        pytest.param("permissions: {contents: read}", "permissions: {}", {}, id="the-job-takes-all"),
    ],
)
def test_a_job_may_do_what_it_says_or_what_the_workflow_says(top: str, own: str, granted: dict[str, str]) -> None:
    workflow = read_workflow(FILE, f"{SMALL}    {own}\n{top}\n")
    assert job_permissions(workflow, workflow.jobs[0]) == granted


def test_only_write_all_grants_an_identity() -> None:
    everything = job_permissions(read := small(job="    permissions: write-all\n"), read.jobs[0])
    assert (everything["id-token"], everything["contents"], everything["models"]) == ("write", "write", "read")
    reading = job_permissions(read := small(job="    permissions: read-all\n"), read.jobs[0])
    assert "id-token" not in reading
    assert set(reading.values()) == {"read"}
