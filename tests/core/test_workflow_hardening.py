"""Pins, caches, expressions, secrets, and what the jobs hand on: the cases beside the planted faults."""

from __future__ import annotations

import pytest

from castoff.core.findings import Finding, Verdict
from castoff.core.pins import pinned
from tests.core.looking import found
from tests.rehearsing import REAL, changed, line_of

SHA = "a" * 40
OWN = "\n  announce:\n    needs: github-release\n    runs-on: ubuntu-latest\n    steps:\n"
GATE = "  gate:\n    needs: sign\n    runs-on: ubuntu-latest\n    steps:\n"


def beside(step: str) -> str:
    """Return the workflow with a step in a job of the project's own, after the release."""
    return f"{REAL}{OWN}      - {step}\n"


def before(step: str) -> str:
    """Return the workflow with a step in a job of the project's own, which publishing waits for."""
    text = changed("needs: sign", "needs: gate", job="publish", text=REAL)
    return changed("  publish:\n", f"{GATE}      - {step}\n\n  publish:\n", text=text)


def of(rule: str, text: str) -> list[Finding]:
    return [finding for finding in found(text) if finding.rule == rule]


def lines(rule: str, text: str) -> list[int | None]:
    return [finding.where and finding.where.line for finding in of(rule, text)]


class TestPins:
    """Code of somebody else's is named by what it is."""

    def test_an_image_is_pinned_by_its_digest(self) -> None:
        text = beside("uses: docker://alpine:3")
        (told,) = of("pins", text)
        assert (told.where and told.where.line) == line_of(text, "docker://")
        assert told.instead == ("docker://alpine:3@sha256:DIGEST",)
        assert of("pins", text.replace("alpine:3", f"alpine@sha256:{SHA}")) == []

    def test_what_castoff_does_not_know_is_looked_up(self) -> None:
        (told,) = of("pins", beside("uses: somebody/thing/sub@v1"))
        assert told.instead == ("uses: somebody/thing/sub@FULL-SHA # v1",)
        assert told.fix == ("git ls-remote https://github.com/somebody/thing v1 'v1^{}'",)

    def test_an_action_is_the_same_in_capitals(self) -> None:
        (told,) = of("pins", beside("uses: Actions/Checkout@v1"))
        assert told.instead == (f"uses: {pinned('actions/checkout')}",)

    def test_an_action_of_the_repository_needs_no_pin(self) -> None:
        assert of("pins", beside("uses: ./.github/actions/notes")) == []
        assert of("pin-versions", beside("uses: ./.github/actions/notes")) == []

    def test_one_that_is_not_pinned_hides_no_other(self) -> None:
        text = changed(pinned("actions/checkout"), "actions/checkout@v1", job="preflight", text=REAL)
        uses = pinned("pypa/gh-action-pypi-publish")
        text = changed(uses, uses.partition(" ")[0], text=text)
        assert lines("pins", text) == [line_of(text, "actions/checkout@v1")]
        assert lines("pin-versions", text) == [line_of(text, "gh-action-pypi-publish@")]

    def test_a_reusable_workflow_is_pinned_too(self) -> None:
        text = f"{REAL}\n  announce:\n    needs: github-release\n    uses: somebody/thing/.github/workflows/a.yml@v1\n"
        assert lines("pins", text) == [line_of(text, "somebody/thing")]

    def test_an_unknown_pin_without_a_version_is_looked_up_among_the_tags(self) -> None:
        (told,) = of("pin-versions", beside(f"uses: somebody/thing@{SHA}"))
        assert told.verdict is Verdict.WRONG
        assert told.instead == (f"uses: somebody/thing@{SHA} # vX.Y.Z",)
        assert told.fix == ("git ls-remote --tags https://github.com/somebody/thing",)

    def test_what_cannot_be_known_of_a_pin_is_said_once(self) -> None:
        text = beside(f"uses: somebody/thing@{SHA} # v1\n      - uses: somebody/thing@{SHA} # v1")
        (told,) = of("pin-versions", text)
        assert (told.where and told.where.line, told.verdict) == (line_of(text, "somebody/thing"), Verdict.UNKNOWN)
        assert told.what == f"whether somebody/thing@{SHA[:12]} is v1 needs the network to know"
        assert told.fix == ("git ls-remote https://github.com/somebody/thing v1 'v1^{}'",)
        assert len(of("pin-versions", text.replace(f"{SHA} # v1\n", f"{'b' * 40} # v1\n", 1))) == 2

    def test_another_sha_with_the_version_that_castoff_knows_is_wrong(self) -> None:
        """Whoever moves the SHA and leaves the comment runs other code than what the line says."""
        action, _, rest = pinned("pypa/gh-action-pypi-publish").partition("@")
        version = rest.split()[-1]
        (told,) = of("pin-versions", changed(f"{action}@{rest}", f"{action}@{SHA} # {version}", text=REAL))
        assert told.what == f"the comment says {version}, and this SHA is not {version} of {action}"
        assert told.instead == (f"uses: {pinned(action)}",)

    def test_a_known_sha_with_a_later_version_behind_it_is_wrong(self) -> None:
        action, _, rest = pinned("pypa/gh-action-pypi-publish").partition("@")
        text = changed(f"{action}@{rest}", f"{action}@{rest.split()[0]} # v99.0", text=REAL)
        (told,) = of("pin-versions", text)
        assert (told.verdict, told.instead) == (Verdict.WRONG, (f"uses: {pinned(action)}",))


class TestCaches:
    """Nothing that another run has left comes to PyPI."""

    @pytest.mark.parametrize(
        "step",
        [
            f"uses: actions/cache/restore@{SHA} # v4",
            f"uses: Actions/Cache@{SHA} # v4",
            f"uses: astral-sh/setup-uv@{SHA} # v7",
        ],
    )
    def test_one_on_the_way_is_told_and_one_after_it_is_not(self, step: str) -> None:
        text = before(step)
        assert lines("caches", text) == [line_of(text, step)]
        assert of("caches", beside(step)) == []

    @pytest.mark.parametrize(("said", "told"), [("true", True), ("auto", True), ("false", False), ('""', False)])
    def test_uv_is_told_not_to_at_the_input(self, said: str, told: bool) -> None:
        text = before(f"uses: astral-sh/setup-uv@{SHA} # v7\n        with:\n          enable-cache: {said}")
        assert lines("caches", text) == ([line_of(text, "enable-cache")] if told else [])
        assert [one.instead for one in of("caches", text)] == ([("enable-cache: false",)] if told else [])

    def test_uv_is_told_what_to_write_where_it_would_cache_by_itself(self) -> None:
        (told,) = of("caches", before(f"uses: Astral-sh/Setup-uv@{SHA} # v7"))
        assert told.instead == ("enable-cache: false",)

    def test_no_cache_is_none(self) -> None:
        text = before(f"uses: actions/setup-node@{SHA} # v4\n        with:\n          cache: false")
        assert of("caches", text) == []
        (told,) = of("caches", text.replace("cache: false", "cache: npm"))
        assert told.instead == ()


class TestExpressions:
    """What stands in a command is never made from a tag's or a branch's name."""

    def test_the_matrix_is_the_projects_own_word_in_its_own_jobs_only(self) -> None:
        harmless = "run: make ${{ matrix.target }}"
        assert of("expressions", beside(harmless)) == []
        assert len(of("expressions", changed("run: make preflight", harmless, text=REAL))) == 1
        assert len(of("expressions", beside("run: make ${{ github.ref_name }}"))) == 1

    def test_of_a_script_nobody_says_how_it_is_written_without(self) -> None:
        text = changed("run: make preflight", "run: |\n          make ${{ inputs.a }}\n          make b", text=REAL)
        (told,) = of("expressions", text)
        assert (told.where and told.where.line, told.instead) == (line_of(text, "run: |"), ())


class TestCheckouts:
    """The repository as it is in the tag, with its history, and nothing left behind."""

    def test_a_token_that_is_kept_is_told_at_its_line(self) -> None:
        text = changed("persist-credentials: false", "persist-credentials: true", job="preflight", text=REAL)
        assert lines("credentials", text) == [line_of(text, "persist-credentials: true")]

    def test_a_depth_that_is_given_is_told_at_its_line(self) -> None:
        text = changed("fetch-depth: 0", "fetch-depth: 50", text=REAL)
        assert lines("history", text) == [line_of(text, "fetch-depth: 50")]

    @pytest.mark.parametrize("line", ["ref: main", "repository: somebody/fork"])
    def test_something_else_than_the_tag_is_told_at_its_line(self, line: str) -> None:
        text = changed("fetch-depth: 0", f"{line}\n          fetch-depth: 0", text=REAL)
        assert lines("history", text) == [line_of(text, line)]

    def test_a_job_without_a_checkout_is_told_what_it_looks_like(self) -> None:
        begin, end = REAL.index("      - uses: actions/checkout@"), REAL.index("      - uses: actions/setup-python@")
        text = REAL[:begin] + REAL[end:]
        (told,) = of("history", text)
        assert (told.where and told.where.line) == line_of(text, "  preflight:")
        uses = f"- uses: {pinned('actions/checkout')}"
        assert told.instead == (uses, "  with:", "    fetch-depth: 0", "    persist-credentials: false")


class TestSecrets:
    """None is read on the way to PyPI."""

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("run: make preflight", "run: make ${{ secrets.A }} # here"),
            ("          GITHUB_TOKEN: ${{ github.token }}", "          A: ${{ secrets.A }} # here"),
            ('python-version: "3.13"\n      - run: make pre', "token: ${{ secrets.A }} # here\n      - run: make pre"),
            ("    timeout-minutes: 20\n", "    env:\n      A: ${{ secrets.A }} # here\n"),
            ("\njobs:\n", "\nenv:\n  A: ${{ secrets.A }} # here\n\njobs:\n"),
        ],
    )
    def test_one_is_found_wherever_it_is_read(self, old: str, new: str) -> None:
        text = changed(old, new, text=REAL)
        at = line_of(text, "# here")
        assert lines("secrets", text) in ([at], [at - 1])  # of a step's env the whole env is told
        whose = "the workflow" if old == "\njobs:\n" else "the job preflight"
        assert of("secrets", text)[0].what == f"{whose} reads the secret A; a release needs none"

    def test_one_of_a_computed_name_may_be_any(self) -> None:
        (told,) = of("secrets", changed("run: make preflight", "run: make ${{ secrets [inputs.name] }}", text=REAL))
        assert "of a computed name" in told.what

    def test_the_workflows_own_token_is_no_secret_that_could_be_stolen(self) -> None:
        assert of("secrets", changed("${{ github.token }}", "${{ secrets.github_token }}", text=REAL)) == []

    def test_all_of_them_handed_to_a_stage_that_is_elsewhere_are_told(self) -> None:
        begin, end = REAL.index("  sign:\n"), REAL.index("  publish:\n")
        job = "  sign:\n    needs: twine-check\n    uses: ./.github/workflows/sign.yml\n    secrets: inherit\n\n"
        text = REAL[:begin] + job + REAL[end:]
        assert lines("secrets", text) == [line_of(text, "secrets: inherit")]


class TestConcurrency:
    """One run for a tag, and none is broken off."""

    def test_one_line_for_all_tags_is_a_note(self) -> None:
        text = changed("group: release-${{ github.ref }}", "group: release", text=REAL)
        (note,) = of("concurrency", text)
        assert (note.verdict, note.where and note.where.line) == (Verdict.NOTE, line_of(text, "concurrency:"))
        assert note.instead == ("group: release-${{ github.ref }}",)

    def test_whether_one_is_broken_off_that_a_run_computes_is_unknown_at_its_line(self) -> None:
        text = changed("cancel-in-progress: false", "cancel-in-progress: ${{ inputs.now }}", text=REAL)
        (told,) = of("concurrency", text)
        assert (told.verdict, told.where and told.where.line) == (Verdict.UNKNOWN, line_of(text, "inputs.now"))
        assert told.instead == ("cancel-in-progress: false",)

    def test_a_stage_that_is_broken_off_is_told_at_its_line(self) -> None:
        more = "concurrency:\n      group: one\n      cancel-in-progress: true # here\n"
        text = changed("    needs: sign\n", f"    needs: sign\n    {more}", job="publish", text=REAL)
        assert lines("concurrency", text) == [line_of(text, "# here")]
        assert of("concurrency", text.replace("cancel-in-progress: true", "cancel-in-progress: false")) == []


class TestHandover:
    """What one job hands on to another."""

    @pytest.mark.parametrize(
        "path", ["./dist", "dist/*", "dist/**/*", "|\n            dist/*.whl\n            dist/*.tar.gz"]
    )
    def test_dist_may_be_named_in_other_ways(self, path: str) -> None:
        assert found(changed("path: dist/\n", f"path: {path}\n", job="preflight", text=REAL)) == []

    def test_an_upload_of_nothing_is_told_under_the_name_that_it_should_have(self) -> None:
        text = changed("path: dist/\n", 'path: ""\n', job="preflight", text=REAL)
        assert lines("hands-on", text) == [line_of(text, 'path: ""')]

    def test_an_upload_of_a_project_after_the_release_may_be_empty(self) -> None:
        upload = (
            f"uses: {pinned('actions/upload-artifact')}\n        with:\n          name: logs\n          path: logs/"
        )
        assert found(beside(upload)) == []
        text = before(upload)
        assert lines("empty-artifacts", text) == [line_of(text, "name: logs") - 2]
        said = text.replace("name: logs", "name: logs\n          if-no-files-found: ignore")
        assert lines("empty-artifacts", said) == [line_of(said, "if-no-files-found: ignore")]

    @pytest.mark.parametrize("key", ["run-id", "artifact-ids"])
    def test_what_another_run_handed_on_is_not_what_was_built(self, key: str) -> None:
        text = changed("path: dist/\n", f'path: dist/\n          {key}: "17"\n', job="publish", text=REAL)
        assert lines("artifact-names", text) == [line_of(text, key)]

    def test_what_is_handed_on_later_is_waited_for(self) -> None:
        fetch = f"uses: {pinned('actions/download-artifact')}\n        with:\n          name: bundles"
        text = f"{REAL}\n  look:\n    needs: preflight\n    runs-on: ubuntu-latest\n    steps:\n      - {fetch}\n"
        (told,) = of("artifact-names", text)
        assert told.what == "the artifact bundles is handed on by the job sign, which look does not wait for"
        assert told.instead == ("needs: sign",)

    def test_what_the_same_job_hands_on_cannot_be_waited_for(self) -> None:
        fetch = f"      - uses: {pinned('actions/download-artifact')}\n        with:\n          name: bundles\n"
        text = changed("    steps:\n", f"    steps:\n{fetch}", job="sign", text=REAL)
        (told,) = of("artifact-names", text)
        assert (told.instead, told.where and told.where.line) == ((), line_of(text, "name: bundles"))

    @pytest.mark.parametrize(("named", "told"), [("pattern: bun*", "bun*"), ("path: there", "any")])
    def test_what_is_fetched_by_no_name_is_told_by_its_pattern(self, named: str, told: str) -> None:
        fetch = f"uses: {pinned('actions/download-artifact')}\n        with:\n          {named}"
        text = f"{REAL}\n  look:\n    runs-on: ubuntu-latest\n    steps:\n      - {fetch}\n"
        assert [one.what.partition(" is handed on")[0] for one in of("artifact-names", text)] == [
            f"the artifact {told}"
        ]

    def test_a_name_like_no_other_is_told_with_those_that_there_are(self) -> None:
        text = changed("name: bundles", "name: xyz", job="github-release", text=REAL)
        (told,) = of("artifact-names", text)
        known = "there is dist, manifest, bundles"
        assert told.what == f"no job before github-release hands on an artifact 'xyz'; {known}"
        assert told.instead == ()

    def test_where_nothing_is_handed_on_before_none_is_listed(self) -> None:
        fetch = f"uses: {pinned('actions/download-artifact')}\n        with:\n          name: zzz"
        text = f"{REAL}\n  look:\n    runs-on: ubuntu-latest\n    steps:\n      - {fetch}\n"
        assert [one.what for one in of("artifact-names", text)] == ["no job before look hands on an artifact 'zzz'"]

    def test_the_manifest_in_another_folder_is_looked_for_in_the_work_folder(self) -> None:
        text = changed("name: manifest\n", "name: manifest\n          path: there/\n", job="twine-check", text=REAL)
        (told,) = of("fetches", text)
        assert told.what == "the artifact manifest is looked for in the work folder"
        assert told.instead == ("path: .",)
        assert found(text.replace("path: there/", "path: .")) == []

    def test_the_bundles_in_dist_are_told_where_they_are_looked_for(self) -> None:
        text = changed("path: bundles/", "path: dist/ # beside", text=REAL)
        (told,) = of("dist-alone", text)
        assert (told.where and told.where.line) == line_of(text, "# beside")
        assert told.instead == ("path: bundles/",)

    def test_the_manifest_in_dist_is_told_once(self) -> None:
        text = changed(
            "name: manifest\n", "name: manifest\n          path: dist/ # beside\n", job="twine-check", text=REAL
        )
        (told,) = found(text)
        assert (told.rule, told.where and told.where.line) == ("dist-alone", line_of(text, "path: dist/ # beside"))

    def test_each_download_is_looked_at_also_behind_one_that_is_wrong(self) -> None:
        """One of what is not handed on at all, one from another run, and one by a wrong name."""
        text = changed("name: manifest\n", "name: lost\n", job="preflight", text=REAL).replace(
            "-manifest.json", ".json"
        )
        text = changed("path: dist/\n", 'path: dist/\n          run-id: "17"\n', job="sign", text=text)
        text = changed("name: bundles", "name: xyz", job="github-release", text=text)
        assert lines("artifact-names", text) == [line_of(text, "run-id"), line_of(text, "name: xyz")]

    def test_what_is_not_fetched_is_told_beside_what_is_fetched_by_a_wrong_name(self) -> None:
        fetch = REAL[REAL.index("      - name: Fetch the manifest") : REAL.index("      - run: make twine-check")]
        text = changed("name: dist\n", "name: xyz\n", job="twine-check", text=REAL.replace(fetch, "", 1))
        assert lines("artifact-names", text) == [line_of(text, "name: xyz")]
        (told,) = of("fetches", text)
        assert told.what == "the job twine-check does not fetch the digests of the build, the artifact manifest"

    def test_what_is_not_fetched_is_to_be_fetched_into_its_folder(self) -> None:
        begin = REAL.index("      - name: Fetch the bundles")
        text = REAL[:begin] + REAL[REAL.index("      - name:", begin + 9) :]
        (told,) = of("fetches", text)
        download = pinned("actions/download-artifact")
        assert told.instead == (f"- uses: {download}", "  with:", "    name: bundles", "    path: bundles/")

    def test_a_name_is_not_made_a_pattern_by_a_pattern_beside_it(self) -> None:
        """The action goes by the name."""
        text = changed("name: dist\n", "name: dist\n          pattern: x*\n", job="publish", text=REAL)
        assert found(text) == []

    def test_every_artifact_at_once_is_a_folder_each(self) -> None:
        text = changed("          name: dist\n", "", job="publish", text=REAL)
        (told,) = of("dist-alone", text)
        assert told.instead == ("name: dist",)
