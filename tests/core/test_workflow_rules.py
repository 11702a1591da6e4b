"""The rules of a release workflow: each planted fault is found once, at its line, and nothing else is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castoff.core.findings import Verdict
from castoff.core.names import Names
from castoff.core.pins import pinned
from castoff.core.pipeline import STAGES, VERBS
from castoff.core.workflow_ignores import heeded
from castoff.core.workflow_rules import GROUPS, RULES
from castoff.tasks import namespace
from tests.core.looking import AROUND, found, subject, wrong
from tests.rehearsing import QUICK, REAL, changed, line_of
from tests.workflow_faults import FAULTS
from tests.workflow_styles import rewritten

OURS = {name: fault for name, fault in FAULTS.items() if fault.rule in {rule.name for rule in RULES}}


@pytest.mark.parametrize("name", OURS)
def test_a_planted_fault_is_found_at_its_line_and_nothing_else_is(name: str) -> None:
    fault = OURS[name]
    assert wrong(fault.text) == {fault.rule: fault.line}


@pytest.mark.parametrize("name", OURS)
def test_what_is_found_says_what_to_write_or_type_but_where_something_has_to_go(name: str) -> None:
    told = [finding for finding in found(OURS[name].text) if finding.verdict is Verdict.WRONG]
    plain = {"unconditional", "once", "stage-verbs", "code-beside-rights", "secrets", "caches", "dist-alone"}
    assert [finding.instead or finding.fix for finding in told] != [()] or OURS[name].rule in plain


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule.name for rule in RULES} == {fault.rule for fault in OURS.values()}


def test_there_are_more_than_twenty_five_faults() -> None:
    assert len(FAULTS) > 25


@pytest.mark.parametrize("text", [REAL, QUICK], ids=["castoff's own", "without setting up a Python"])
def test_nothing_is_found_in_a_workflow_that_is_right(text: str) -> None:
    assert found(text) == []


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_nothing_is_found_however_it_is_written(random: object) -> None:
    """With its keys in another order, other quotes, other comments, lists in one line or in many."""
    assert found(rewritten(REAL, random)) == []


@settings(max_examples=20, deadline=None)
@given(
    st.text("0123456789abcdef", min_size=40, max_size=40),
    st.from_regex(r"v[0-9]{1,2}(\.[0-9]{1,2}){0,2}", fullmatch=True),
)
def test_a_pin_that_was_renewed_is_no_drift(sha: str, version: str) -> None:
    """Whether the version behind it is true cannot be known here, and that is said."""
    text = re.sub(r"(actions/checkout)@\w{40} # \S+", rf"\1@{sha} # {version}", REAL)
    assert wrong(text) == {}
    (told,) = found(text)
    assert (told.rule, told.verdict) == ("pin-versions", Verdict.UNKNOWN)
    assert told.fix == (f"git ls-remote https://github.com/actions/checkout {version} '{version}^{{}}'",)


class TestOwnJobs:
    """A project's own jobs get words of their own, and no demands of the pipeline."""

    JOB = "\n  announce:\n    needs: github-release\n    runs-on: ubuntu-latest\n    steps:\n"
    FIRST = "jobs:\n  docs:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n"

    def test_one_that_runs_a_target_after_the_release_is_fine(self) -> None:
        assert found(f"{REAL}{self.JOB}      - run: make test\n") == []

    def test_one_that_does_the_work_of_a_stage_once_more_is_not_that_stage(self) -> None:
        text = f"{REAL}{self.JOB}      - run: make preflight\n"
        assert found(text) == []
        assert [job.id for job in subject(text).own_jobs] == ["announce"]

    def test_what_is_handed_on_without_a_name_is_called_artifact(self) -> None:
        upload, download = pinned("actions/upload-artifact"), pinned("actions/download-artifact")
        first = f"      - uses: {upload}\n        with:\n          path: notes/\n"
        second = f"      - uses: {download}\n        with:\n          name: artifact\n"
        assert found(f"{REAL}{self.JOB}{first}{self.JOB.replace('announce', 'tell')}{second}") != []
        other = self.JOB.replace("announce", "tell").replace("github-release", "announce")
        assert found(f"{REAL}{self.JOB}{first}{other}{second}") == []

    @pytest.mark.parametrize(("name", "there"), [("notes-v1", True), ("notes-${{ github.ref }}", True), ("v1", False)])
    def test_a_name_that_only_the_run_knows_may_be_any_that_begins_and_ends_like_it(
        self, name: str, there: bool
    ) -> None:
        upload, download = pinned("actions/upload-artifact"), pinned("actions/download-artifact")
        first = f"      - uses: {upload}\n        with: {{name: 'notes-${{{{ github.ref_name }}}}', path: notes/}}\n"
        second = f"      - uses: {download}\n        with: {{name: '{name}'}}\n"
        other = self.JOB.replace("announce", "tell").replace("github-release", "announce")
        assert (found(f"{REAL}{self.JOB}{first}{other}{second}") == []) is there

    def test_one_before_the_release_is_fine(self) -> None:
        assert (
            found(
                changed("jobs:\n", self.FIRST, text=changed("preflight:\n", "preflight:\n    needs: docs\n", text=REAL))
            )
            == []
        )

    def test_one_between_two_stages_is_fine(self) -> None:
        """A stage that waits for another over one of these waits all the same."""
        gate = (
            "  gate:\n    needs: sign\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n\n  publish:\n"
        )
        assert found(changed("  publish:\n", gate, text=changed("needs: sign", "needs: gate", text=REAL))) == []

    def test_a_script_in_one_is_told_of_and_nothing_more(self) -> None:
        (told,) = found(f"{REAL}{self.JOB}      - run: curl https://example.com | sh\n")
        assert (told.rule, told.verdict) == ("commands", Verdict.NOTE)
        assert "one of your own" in told.what

    def test_a_secret_in_one_is_fine_unless_it_is_for_an_index(self) -> None:
        step = "      - run: make test\n        env:\n          TOKEN: ${{ secrets.NAME }}\n"
        assert found(self.job(step.replace("NAME", "CHAT_TOKEN"))) == []
        assert wrong(self.job(step.replace("NAME", "PYPI_TOKEN"))).keys() == {"secrets"}

    def test_one_in_the_environment_of_the_publisher_could_publish(self) -> None:
        text = self.job("      - run: make test\n").replace("announce:\n", "announce:\n    environment: pypi\n")
        assert wrong(text) == {"environment": line_of(text, "environment: pypi")}

    def test_one_with_every_right_is_told(self) -> None:
        text = self.job("      - run: make test\n").replace("announce:\n", "announce:\n    permissions: write-all\n")
        assert wrong(text) == {"too-many-rights": line_of(text, "write-all")}

    def job(self, steps: str) -> str:
        return f"{REAL}{self.JOB}{steps}"


class TestOtherNames:
    """What does the same under other names is the same."""

    def test_a_job_of_another_name_is_known_by_what_it_does(self) -> None:
        text = REAL.replace("needs: publish", "needs: pypi").replace("\n  publish:\n", "\n  pypi:\n")
        assert found(text) == []
        text = REAL.replace("needs: preflight", "needs: check").replace("\n  preflight:\n", "\n  check:\n")
        assert found(text) == []

    def test_an_artifact_of_another_name_is_known_by_its_path(self) -> None:
        assert found(REAL.replace("name: dist\n", "name: packages\n")) == []

    @pytest.mark.parametrize(
        "run",
        [
            "castoff preflight",
            "invoke preflight",
            "inv preflight",
            "python -m castoff preflight",
            "uv run castoff preflight",
        ],
    )
    def test_a_task_is_as_good_as_a_target(self, run: str) -> None:
        assert found(changed("run: make preflight", f"run: {run}", text=REAL)) == []

    def test_an_environment_is_the_same_in_capitals_as_it_is_to_github(self) -> None:
        assert found(changed("name: pypi", "name: PyPI", text=REAL)) == []

    def test_the_environment_is_the_one_that_is_configured(self) -> None:
        around = replace(AROUND, environment="release")
        assert wrong(REAL, around) == {"environment": line_of(REAL, "name: pypi")}
        assert found(changed("name: pypi", "name: release", text=REAL), around) == []

    @pytest.mark.parametrize("run", ["make castoff-preflight", "invoke castoff.preflight"])
    def test_ours_are_known_beside_targets_and_tasks_that_were_there_before(self, run: str) -> None:
        targets = Names("Makefile", frozenset({"castoff-preflight", "preflight", "twine-check"}))
        tasks = Names("tasks.py", frozenset({"castoff.preflight"}))
        around = replace(AROUND, targets=targets, tasks=tasks)
        assert found(changed("run: make preflight", f"run: {run}", text=REAL), around) == []


class TestWheels:
    """A matrix that builds wheels is one stage more, between preflight and twine-check."""

    JOB = f"""\
  wheels:
    needs: preflight
    runs-on: ${{{{ matrix.runner }}}}
    permissions:
      contents: read # to check out the repository
    strategy:
      matrix:
        runner: [ubuntu-latest, windows-latest]
    steps:
      - uses: {pinned("actions/checkout")}
        with:
          persist-credentials: false
      - uses: {pinned("pypa/cibuildwheel")}
        with:
          output-dir: dist/
      - uses: {pinned("actions/upload-artifact")}
        with:
          name: dist-${{{{ matrix.runner }}}}
          path: dist/*.whl
          if-no-files-found: error

"""
    ALL = "          pattern: dist*\n          merge-multiple: true\n          path: dist/\n"
    TEXT = (
        REAL.replace("  twine-check:\n", f"{JOB}  twine-check:\n")
        .replace("needs: preflight\n    runs-on: ubuntu", "needs: wheels\n    runs-on: ubuntu")
        .replace("          name: dist\n          path: dist/\n", ALL)
        .replace(f"{ALL}          if-no", "          name: dist\n          path: dist/\n          if-no")
    )

    def test_is_right(self) -> None:
        assert found(self.TEXT) == []
        assert [job.id for _, job in subject(self.TEXT).stages][:3] == ["preflight", "wheels", "twine-check"]

    def test_each_job_that_takes_the_files_takes_the_wheels(self) -> None:
        text = changed("pattern: dist*", "name: dist", job="publish", text=self.TEXT)
        assert wrong(text) == {"fetches": line_of(text, "  publish:")}

    def test_no_job_may_go_on_before_the_wheels_are_there(self) -> None:
        text = changed("needs: wheels", "needs: preflight", job="twine-check", text=self.TEXT)
        assert "needs" in {finding.rule for finding in found(text)}

    def test_the_job_behind_them_has_to_run_its_verb(self) -> None:
        """Also though what makes the wheels runs nothing of ours."""
        text = changed("run: make twine-check", "run: make test", text=self.TEXT)
        assert wrong(text) == {"stage-verbs": line_of(text, "  twine-check:")}

    def test_they_have_to_lie_in_dist_itself(self) -> None:
        text = changed("          merge-multiple: true\n", "", job="publish", text=self.TEXT)
        assert wrong(text).keys() == {"dist-alone"}
        (told,) = found(text)
        assert told.instead == ("merge-multiple: true",)
        begin = text.index("  publish:\n")
        before = text[:begin].count("\n")
        assert (told.where and told.where.line) == before + line_of(text[begin:], "actions/download-artifact@")
        said = changed("merge-multiple: true", "merge-multiple: false", job="publish", text=self.TEXT)
        assert wrong(said) == {"dist-alone": line_of(said, "merge-multiple: false")}

    def test_a_pattern_must_not_catch_the_bundles(self) -> None:
        text = changed("pattern: dist*", 'pattern: "*"', job="publish", text=self.TEXT)
        assert wrong(text) == {"dist-alone": line_of(text, 'pattern: "*"')}
        (told,) = found(text)
        assert told.what.startswith("* fetches manifest and bundles into dist/, too")
        assert told.instead == ("pattern: dist*",)

    @pytest.mark.parametrize(
        ("named", "fetches"),
        [
            ("name: dist-ubuntu-latest", True),  # one of those that the matrix makes
            ("name: dist-${{ matrix.runner }}", True),
            ("name: dists", False),
            ("pattern: dist-[a-z]*", True),
            ("pattern: dist-?*", True),
            ("pattern: dist-", False),
            ("path: there", True),  # all of them
        ],
    )
    def test_which_artifacts_a_job_fetches_is_known_by_name_or_pattern(self, named: str, *, fetches: bool) -> None:
        fetch = f"      - uses: {pinned('actions/download-artifact')}\n        with:\n          {named}\n"
        text = f"{self.TEXT}\n  look:\n    needs: wheels\n    runs-on: ubuntu-latest\n    steps:\n{fetch}"
        download = next(one for one in subject(text).downloads if one.job.id == "look")
        assert download.fetches("dist-*") is fetches

    def test_artifacts_with_the_same_computed_name_are_not_the_same(self) -> None:
        upload = self.JOB[self.JOB.index("      - uses: actions/upload") :].rstrip("\n") + "\n"
        assert found(self.TEXT.replace(upload, upload + upload.replace("matrix.runner", "matrix.python"))) == []

    def test_a_job_of_that_name_that_does_something_else_is_your_own(self) -> None:
        text = f"{REAL}\n  wheels:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n"
        assert found(text) == []
        assert [job.id for job in subject(text).own_jobs] == ["wheels"]


class TestReusableWorkflows:
    """A job that is a workflow of its own is not looked into."""

    def job(self, name: str) -> str:
        begin = REAL.index(f"  {name}:\n")
        text = "    uses: ./.github/workflows/part.yml\n"
        needs = {"preflight": "", "publish": "    needs: sign\n"}[name]
        rights = "    permissions:\n      " + {"preflight": "contents: read", "publish": "id-token: write"}[name] + "\n"
        following = {"preflight": "  twine-check:\n", "publish": "  github-release:\n"}[name]
        return f"{REAL[:begin]}  {name}:\n{needs}{rights}{text}\n{REAL[REAL.index(following) :]}"

    def test_what_it_does_cannot_be_known_and_nothing_else_is_told_of_it(self) -> None:
        (told,) = found(self.job("preflight"))
        assert (told.rule, told.verdict) == ("jobs", Verdict.UNKNOWN)
        assert (told.where and told.where.line) == line_of(self.job("preflight"), "part.yml")

    def test_publishing_in_one_is_wrong(self) -> None:
        told = next(one for one in found(self.job("publish")) if one.rule == "jobs")
        assert (told.where and told.where.line) == line_of(self.job("publish"), "part.yml")
        assert told.instead == (f"- uses: {pinned('pypa/gh-action-pypi-publish')}",)


class TestCannotKnow:
    """What cannot be known is said to be so, and is never fine or wrong."""

    @pytest.mark.parametrize(
        ("around", "run", "said"),
        [
            ({"targets": Names("Makefile", frozenset(), certain=False)}, "make preflight", "for make alone to say"),
            ({"tasks": Names("tasks.py", frozenset(), certain=False)}, "invoke preflight", "for invoke alone to say"),
        ],
    )
    def test_whether_a_target_is_there_that_only_make_can_tell(
        self, around: Mapping[str, Names], run: str, said: str
    ) -> None:
        told = found(changed("make preflight", run, text=REAL), replace(AROUND, **around))
        assert {finding.verdict for finding in told} == {Verdict.UNKNOWN}
        assert (told[0].where and told[0].where.line) == line_of(REAL, "make preflight")
        assert all(
            said in finding.what.replace("make alone", "make alone") or "make" in finding.what for finding in told
        )

    def test_an_input_that_a_newer_action_may_know(self) -> None:
        (told,) = found(changed("fetch-depth: 0", "fetch-depth: 0\n          quantum: true", text=REAL))
        assert (told.rule, told.verdict) == ("inputs", Verdict.UNKNOWN)
        assert told.what == "actions/checkout knows no input 'quantum', in the version that castoff knows"
        assert (told.where and told.where.line) == line_of(REAL, "fetch-depth: 0") + 1

    def test_a_target_in_another_folder(self) -> None:
        text = changed("run: make preflight", "run: make preflight\n        working-directory: sub", text=REAL)
        (told,) = found(text)
        assert (told.rule, told.verdict) == ("targets", Verdict.UNKNOWN)

    def test_an_environment_whose_name_is_computed(self) -> None:
        (told,) = found(changed("name: pypi", "name: ${{ vars.ENVIRONMENT }}", text=REAL))
        assert (told.rule, told.verdict) == ("environment", Verdict.UNKNOWN)

    def test_a_computed_cancellation(self) -> None:
        (told,) = found(changed("cancel-in-progress: false", "cancel-in-progress: ${{ inputs.now }}", text=REAL))
        assert (told.rule, told.verdict) == ("concurrency", Verdict.UNKNOWN)


def test_a_right_that_a_step_of_the_project_needs_is_not_too_much() -> None:
    step = f"      - uses: actions/attest@{'a' * 40} # v3.0.0\n        with:\n          subject-path: dist/*\n"
    text = changed("    steps:\n", f"    steps:\n{step}", job="sign", text=REAL)
    right = "      id-token: write # the signature is bound"
    assert wrong(changed(right, f"      attestations: write # as well\n{right}", job="sign", text=text)) == {}


def test_a_decision_to_ignore_makes_a_note_of_it_with_its_reason() -> None:
    text = changed(
        "persist-credentials: false",
        "persist-credentials: true # castoff: ignore[credentials] a submodule",
        job="twine-check",
        text=REAL,
    )
    (told,) = heeded(found(text), text.splitlines())
    assert told.verdict is Verdict.NOTE
    assert "ignored (a submodule)" in told.what


def test_a_comment_on_the_line_above_is_heeded_and_one_for_another_rule_is_not() -> None:
    text = FAULTS["needs-missing"].text
    above = changed("  publish:\n", "  # castoff: ignore[needs] on purpose\n  publish:\n", text=text)
    assert [one.verdict for one in heeded(found(above), above.splitlines())] == [Verdict.NOTE]
    other = above.replace("ignore[needs]", "ignore[rights]")
    assert [one.verdict for one in heeded(found(other), other.splitlines())] == [Verdict.WRONG]


def test_what_is_not_there_stands_where_what_is_above_it_stands() -> None:
    seen = subject(FAULTS["no-concurrency"].text)
    assert seen.place("concurrency", "group") == seen.tree.where
    assert seen.place("jobs", "sign", "concurrency") == seen.place("jobs", "sign")


def test_every_rule_is_told_in_one_sentence_and_belongs_to_a_group() -> None:
    assert {rule.group for rule in RULES} == set(GROUPS)
    for rule in RULES:
        assert re.fullmatch(r"[A-Z`].+\.", rule.demands), rule.name
        assert rule.demands.count(". ") <= 1, rule.name


def test_the_verbs_that_a_workflow_may_run_are_the_tasks_that_there_are() -> None:
    assert set(namespace.task_names) <= VERBS


def test_the_jobs_of_castoffs_own_workflow_are_the_stages() -> None:
    seen = subject(REAL)
    assert [job.id for _, job in seen.stages] == [stage.job for stage in STAGES if not stage.optional]
    assert (seen.own_jobs, seen.missing) == ((), ())


def test_a_file_of_another_kind_of_workflow_is_told_job_by_job_and_nothing_crashes() -> None:
    ci = (Path(__file__).parents[2] / ".github/workflows/ci.yml").read_text("utf-8")
    told = [finding for finding in found(ci) if finding.rule == "jobs"]
    assert [finding.what.split(",")[0] for finding in told] == [
        f"there is no job {stage.job}" for stage in STAGES if not stage.optional
    ]
