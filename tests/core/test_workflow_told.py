"""What a finding tells to write is what mends it, and how near to wrong a workflow may come and be right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from castoff.core.findings import Finding, Verdict
from castoff.core.names import Names
from castoff.core.pins import pinned
from castoff.core.workflow_subject import Around
from tests.core.looking import AROUND, found, wrong
from tests.core.test_workflow_rules import TestWheels
from tests.rehearsing import REAL, changed, line_of
from tests.workflow_faults import FAULTS

_TAGS = 'tags: ["v*.*.*", "v*.*.*-rc*"]'
_PUSH = ("on:", "  push:", f"    {_TAGS}")
_IDENTITY = "https://github.com/${{ github.repository }}/.github/workflows/release.yml@${{ github.ref }}"
_TWO_STEPS = ("# two steps: the download of dist, and", f"- uses: {pinned('pypa/gh-action-pypi-publish')}")
_MANIFEST = (f"- uses: {pinned('actions/download-artifact')}", "  with:", "    name: manifest")
WRITE = {
    "tags-without-rc": (_TAGS,),
    "tags-only-rc": (_TAGS,),
    "branch-trigger": _PUSH,
    "no-filter": _PUSH,
    "by-button": _PUSH,
    "for-pull-requests": _PUSH,
    "job-missing": ("sign:",),
    "needs-missing": ("needs: sign",),
    "needs-skips": ("needs: [twine-check, sign]",),
    "pipeline": ("run: make preflight",),
    "script": ("run: make preflight",),
    "target-gone": ("run: make preflight",),
    "task-gone": ("run: castoff preflight",),
    "another-target": ("- run: make twine-check",),
    "upload-by-hand": (f"- uses: {pinned('pypa/gh-action-pypi-publish')}",),
    "misspelt-input": ("fetch-depth: 0",),
    "manifest-not-handed-on": (
        f"- uses: {pinned('actions/upload-artifact')}",
        "  with:",
        "    name: manifest",
        "    path: |",
        "      dist-manifest.json",
        "      dist-sbom/*.cdx.json",
        "    if-no-files-found: error",
    ),
    "dist-with-more": ("path: dist/",),
    "dist-replaced": ("overwrite: false",),
    "nothing-found": ("if-no-files-found: error",),
    "wrong-name": ("name: manifest",),
    "wrong-folder": ("path: dist/",),
    "manifest-not-fetched": _MANIFEST,
    "sbom-bundle-not-handed-on": ("path: |", "  dist/*.sigstore.json", "  dist-sbom/*.sigstore.json"),
    "sbom-not-fetched": _MANIFEST,
    "everything-fetched": ("name: dist",),
    "unpinned": (f"uses: {pinned('actions/checkout')}",),
    "short-sha": (f"uses: {pinned('actions/checkout')}",),
    "no-version": (f"uses: {pinned('pypa/gh-action-pypi-publish')}",),
    "false-version": (f"uses: {pinned('pypa/gh-action-pypi-publish')}",),
    "write-all": ("permissions: {}",),
    "no-permissions": ("permissions: {}",),
    "no-id-token-to-sign": ("permissions:", "  id-token: write"),
    "no-id-token-to-publish": ("permissions:", "  id-token: write"),
    "no-contents-write": ("permissions:", "  contents: write"),
    "job-write-all": ("permissions:", "  contents: read"),
    "too-wide": ("permissions:", "  id-token: write"),
    "expression": ("run: make preflight",),
    "credentials": ("persist-credentials: false",),
    "shallow": ("fetch-depth: 0",),
    "cancelled": ("cancel-in-progress: false",),
    "no-concurrency": ("concurrency:", "  group: release-${{ github.ref }}", "  cancel-in-progress: false"),
    "publish-runs-code": _TWO_STEPS,
    "publish-checks-out": _TWO_STEPS,
    "environment-renamed": ("name: pypi",),
    "environment-missing": ("environment:", "  name: pypi"),
    "no-attestations": ("attestations: true",),
    "skip-existing": ("skip-existing: false",),
    "not-verified": ("verify: true",),
    "another-identity": (f"verify-cert-identity: {_IDENTITY}",),
    "sdist-not-signed": ("inputs: ./dist/*.whl ./dist/*.tar.gz ./dist-sbom/*.cdx.json",),
    "bundles-at-once": ("release-signing-artifacts: false",),
    "no-draft": ("draft: true",),
    "draft-stays": (f"- uses: {pinned('softprops/action-gh-release')}", "  with:", "    draft: false"),
    "candidate-as-final": ("prerelease: ${{ contains(github.ref_name, '-rc') }}",),
    "sbom-not-signed": ("inputs: ./dist/*.whl ./dist/*.tar.gz ./dist-sbom/*.cdx.json",),
    "sbom-not-attached": ("dist-sbom/*.cdx.json",),
    "bundles-not-attached": ("bundles/dist/*.sigstore.json",),
    "missing-files-pass": ("fail_on_unmatched_files: true",),
    "assets-replaced": ("overwrite_files: false",),
}
"""By the fault: what is to be written."""

OLD = (
    REAL.replace("            dist-sbom/*.cdx.json\n", "")
    .replace("            dist-sbom/*.sigstore.json\n", "")
    .replace("            bundles/dist-sbom/*.sigstore.json\n", "")
    .replace("bundles/dist/", "bundles/")
    .replace(" ./dist-sbom/*.cdx.json", "")
)
"""A workflow from before there was an SBOM."""


def told(text: str, around: Around = AROUND) -> list[tuple[str, int | None, Finding]]:
    """Return what is wrong: rule, line and finding, as often as it is told."""
    seen = [one for one in found(text, around) if one.verdict is Verdict.WRONG]
    return [(one.rule, one.where and one.where.line, one) for one in seen]


def places(text: str, around: Around = AROUND) -> list[tuple[str, int | None]]:
    return [(rule, line) for rule, line, _ in told(text, around)]


@pytest.mark.parametrize("name", WRITE)
def test_what_is_told_to_be_written_is_what_a_right_workflow_says(name: str) -> None:
    (finding,) = (one for _, _, one in told(FAULTS[name].text))
    assert " " in finding.what
    assert finding.instead == WRITE[name]
    assert finding.fix == (("castoff init --dry-run",) if name == "job-missing" else ())


class TestSigning:
    """What is signed, and against whom it is verified."""

    def test_a_workflow_from_before_the_sbom_is_right_and_is_told_how_to_get_it(self) -> None:
        (note,) = found(OLD)
        assert (note.rule, note.verdict) == ("sbom", Verdict.NOTE)
        assert note.where is not None
        assert note.where.line == line_of(OLD, "path: |")
        assert note.instead == ("path: |", "  dist-manifest.json", "  dist-sbom/*.cdx.json")

    def test_a_workflow_from_before_the_sbom_signs_and_attaches_without_the_manifest(self) -> None:
        text = OLD
        for _ in ("sign", "github-release"):
            fetch = text.index("      - name: Fetch the SBOM\n")
            text = text[:fetch] + text[text.index("      - ", fetch + 9) :]
        assert {one.verdict for one in found(text)} == {Verdict.NOTE}

    def test_an_upload_from_another_place_is_told_its_path_with_the_sbom_where_there_is_one(self) -> None:
        """What is to be written keeps a workflow from before the SBOM as it is."""
        ((rule, _, one),) = told(changed("dist-manifest.json", "manifest.json", text=REAL))
        assert (rule, one.instead) == ("hands-on", ("path: |", "  dist-manifest.json", "  dist-sbom/*.cdx.json"))
        wrong_place = changed("dist-manifest.json", "manifest.json", text=OLD)
        assert [one.instead for _, _, one in told(wrong_place)] == [("path: dist-manifest.json",)]

    def test_what_is_not_handed_on_at_all_is_offered_with_the_sbom(self) -> None:
        """But in a workflow from before it, whose bundles have none."""
        sbom = "      dist-sbom/*.cdx.json"
        text = OLD.replace("name: manifest\n", "name: lost\n").replace("dist-manifest.json", "lost.json")
        assert [sbom in one.instead for rule, _, one in told(text) if rule == "hands-on"] == [False]
        text = text.replace("name: bundles\n", "name: lost-too\n").replace("dist/*.sigstore.json", "lost")
        assert [sbom in one.instead for rule, _, one in told(text) if rule == "hands-on"] == [True, False]

    def test_without_the_input_each_kind_of_file_is_missing_at_the_action(self) -> None:
        text = changed("          inputs: ./dist/*.whl ./dist/*.tar.gz ./dist-sbom/*.cdx.json\n", "", text=REAL)
        at = line_of(text, "gh-action-sigstore-python@")
        assert places(text) == [("verified", at)] * 3
        kinds = ["dist/*.whl", "dist/*.tar.gz", "dist-sbom/*.cdx.json"]
        assert [one.what for _, _, one in told(text)] == [f"{kind} is not signed" for kind in kinds]

    @pytest.mark.parametrize("inputs", ["dist/* ./dist-sbom/*", "./dist/** dist-sbom/*.json", "'**/*'"])
    def test_wider_patterns_sign_them_as_well(self, inputs: str) -> None:
        assert found(changed("./dist/*.whl ./dist/*.tar.gz ./dist-sbom/*.cdx.json", inputs, text=REAL)) == []

    @pytest.mark.parametrize("inputs", ["'*'", "dist", "'*/*/*'"])
    def test_a_pattern_for_another_folder_signs_nothing(self, inputs: str) -> None:
        text = changed("./dist/*.whl ./dist/*.tar.gz ./dist-sbom/*.cdx.json", inputs, text=REAL)
        assert places(text) == [("verified", line_of(text, "inputs:"))] * 3

    def test_without_an_issuer_or_an_identity_nobody_is_named_and_each_is_told(self) -> None:
        text = changed("          verify-oidc-issuer: https://token.actions.githubusercontent.com\n", "", text=REAL)
        text = changed(f"          verify-cert-identity: {_IDENTITY}\n", "", text=text)
        at = line_of(text, "gh-action-sigstore-python@")
        assert places(text) == [("verified", at)] * 2
        written = [one.instead for _, _, one in told(text)]
        issuer = "verify-oidc-issuer: https://token.actions.githubusercontent.com"
        assert written == [(f"verify-cert-identity: {_IDENTITY}",), (issuer,)]

    @pytest.mark.parametrize("identity", [_IDENTITY.replace(" ", ""), "https://github.com/${{ github.workflow_ref }}"])
    def test_the_identity_may_be_written_in_other_ways(self, identity: str) -> None:
        assert found(changed(_IDENTITY, identity, text=REAL)) == []

    def test_an_issuer_is_no_identity(self) -> None:
        issuer = "https://token.actions.githubusercontent.com"
        text = changed(issuer, "https://github.com/${{ github.workflow_ref }}", text=REAL)
        assert places(text) == [("verified", line_of(text, "verify-oidc-issuer"))]

    def test_the_staging_instance_is_trusted_by_nobody(self) -> None:
        text = changed("verify: true", "verify: true\n          staging: true", text=REAL)
        assert places(text) == [("bundles", line_of(text, "staging:"))]
        assert found(text.replace("staging: true", "staging: false")) == []


class TestPublishing:
    """The step that publishes, and what it is given."""

    def given(self, line: str) -> str:
        uses = f"- uses: {pinned('pypa/gh-action-pypi-publish')}"
        return changed(uses, f"{uses}\n        with:\n          {line}", job="publish", text=REAL)

    @pytest.mark.parametrize("line", ["skip-existing: false", "skip_existing: false", "attestations: true"])
    def test_what_is_the_default_anyway_may_be_said(self, line: str) -> None:
        assert wrong(self.given(line)) == {}

    @pytest.mark.parametrize(
        ("line", "rule"),
        [
            ("skip_existing: true", "skip-existing"),
            ("user: __token__", "trusted-publishing"),
            ("password: typed-in", "trusted-publishing"),
        ],
    )
    def test_what_lets_a_release_pass_for_another_is_told_at_its_line(self, line: str, rule: str) -> None:
        text = self.given(line)
        assert places(text) == [(rule, line_of(text, line))]

    def test_an_older_spelling_is_told_to_be_off_in_the_same_spelling(self) -> None:
        ((_, _, finding),) = told(self.given("skip_existing: true"))
        assert finding.instead == ("skip_existing: false",)

    @pytest.mark.parametrize("key", ["repository-url", "repository_url"])
    def test_another_index_is_a_note_and_no_fault(self, key: str) -> None:
        text = self.given(f"{key}: https://example.com/legacy/")
        (note,) = (one for one in found(text) if one.rule == "trusted-publishing")
        assert (note.verdict, note.where and note.where.line) == (Verdict.NOTE, line_of(text, key))

    @pytest.mark.parametrize("path", ["elsewhere/", ".dist", "/dist", "../dist"])
    def test_a_download_into_another_folder_is_one_step_too_many(self, path: str) -> None:
        text = changed("path: dist/", f"path: {path}", job="publish", text=REAL)
        assert ("publish-steps", line_of(text, f"path: {path}") - 4) in places(text)

    @pytest.mark.parametrize("path", ["dist", "./dist", "dist/.", " dist// "])
    def test_a_download_into_dist_may_say_it_in_other_ways(self, path: str) -> None:
        assert found(changed("path: dist/", f'path: "{path}"', job="publish", text=REAL)) == []

    def test_what_is_to_be_fetched_is_what_is_to_be_handed_on_and_not_what_another_job_calls_it(self) -> None:
        kept = "          name: {0}\n          path: {0}/\n          if-no"
        text = changed(kept.format("dist"), kept.format("lost"), text=REAL)
        more = f"      - uses: {pinned('actions/upload-artifact')}\n        with:\n          name: checked\n"
        verb = "      - run: make twine-check\n"
        text = changed(verb, f"{verb}{more}          path: dist/\n          if-no-files-found: error\n", text=text)
        text = changed("          name: dist\n", "", job="publish", text=text)
        by_rule = {rule: one.instead for rule, _, one in told(text)}
        assert "    name: dist" in by_rule["hands-on"]
        assert by_rule["dist-alone"] == ("name: dist",)

    def test_a_job_that_publishes_beside_it_is_told(self) -> None:
        more = f"      - uses: {pinned('pypa/gh-action-pypi-publish')} # too\n"
        text = changed("    steps:\n", f"    steps:\n{more}", job="github-release", text=REAL)
        assert ("by-hand", line_of(text, "# too")) in places(text)


class TestRelease:
    """The draft, and what is attached to it."""

    def test_a_release_without_its_action_is_told_once(self) -> None:
        text = REAL.replace("softprops/action-gh-release", "somebody/release")
        assert [rule for rule in dict(places(text)) if rule in {"jobs", "draft-first", "every-file"}] == ["jobs"]
        (finding,) = (one for rule, _, one in told(text) if rule == "jobs")
        assert (finding.where and finding.where.line) == line_of(text, "  github-release:")
        assert finding.instead == (f"- uses: {pinned('softprops/action-gh-release')}",)
        begin, end = text.index("  preflight:\n"), text.index("  twine-check:\n")
        text = f"{text[:begin]}  preflight:\n    uses: ./.github/workflows/part.yml\n\n{text[end:]}"
        assert "jobs" in dict(places(text))

    @pytest.mark.parametrize(
        ("given", "attached"),
        [
            ("bundles/dist/*.whl.sigstore.json\n            bundles/dist/*.tar.gz.sigstore.json", True),
            ("bundles/**", True),
            ("bundles/*/*", True),
            ("bundles/dist/*.tar.gz.sigstore.json", False),
            ("bundles/dist/*.whl.sigstore.json", False),
            ("bundles/*", False),
            ("BUNDLES/dist/*", False),
        ],
    )
    def test_the_bundle_of_every_file_is_attached(self, given: str, attached: bool) -> None:
        text = REAL.replace("bundles/dist/*.sigstore.json", given)
        ours = ("bundles/dist/*.sigstore.json",)
        assert [one.instead for _, _, one in told(text)] == ([] if attached else [ours, ours])

    @pytest.mark.parametrize(
        ("given", "attached"), [("*.cdx.json.sigstore.json", True), ("*.whl.sigstore.json", False)]
    )
    def test_the_bundle_of_the_sbom_is_attached(self, given: str, attached: bool) -> None:
        text = REAL.replace("bundles/dist-sbom/*.sigstore.json", f"bundles/dist-sbom/{given}")
        assert len(told(text)) == (0 if attached else 2)

    def test_a_draft_that_no_step_publishes_is_told_at_the_one_that_makes_it(self) -> None:
        text = REAL[: REAL.index("      # The same files once more")]
        assert places(text) == [("draft-first", line_of(text, "action-gh-release@"))]

    def test_what_is_said_against_it_is_told_at_its_own_line(self) -> None:
        kept = "          overwrite_files: false # what"
        text = changed(kept, "          overwrite_files: true # what", text=REAL)
        assert places(text) == [("never-replaced", line_of(text, "overwrite_files: true"))]
        text = changed("draft: true", "draft: ${{ github.event.created }}", text=REAL)
        assert places(text) == [("draft-first", line_of(text, "github.event.created"))]

    def test_without_a_list_of_files_each_kind_is_missing(self) -> None:
        files = REAL[REAL.rindex("          files: |\n") : REAL.rindex("          fail_on_unmatched_files")]
        begin = REAL.rindex(files)
        text = REAL[:begin] + REAL[begin + len(files) :]
        at = line_of(text[begin - 400 :], "action-gh-release@") + text[: begin - 400].count("\n")
        assert places(text) == [("every-file", at)] * 5
        assert [one.instead[0] for _, _, one in told(text)] == files.split()[2:]

    @pytest.mark.parametrize(
        ("files", "lost"),
        [
            ("dist/the_sample-*.whl\ndist/the_sample-*.tar.gz", []),
            ("dist/the_sample-*.*.*-py3-none-any.whl\ndist/the_sample-[0-9]*.tar.gz", []),
            ("dist/the_sample-*.{whl,tar.gz}", []),
            ("dist/*.whl, ./dist/*.tar.gz", []),
            ("dist/**.whl\n**/*.tar.gz", []),
            ("dist/The.Sample-*.whl\ndist/The.Sample-*.tar.gz", []),  # as setuptools called them until 75.8
            ("dist/*.whl\ndist/the.sample-*.tar.gz", ["dist/*.tar.gz"]),  # no backend calls it so
            ("dist/the_sample-*", []),
            ("dist/another-*.whl\ndist/*.tar.gz", ["dist/*.whl"]),
            ("dist/the_sample-?.?.?-*.whl\ndist/*.tar.gz", ["dist/*.whl"]),  # 0.10.0 is none of them
            ("dist/*-cp312-*.whl\ndist/*.tar.gz", ["dist/*.whl"]),
            ("dist/*.whl dist/*.tar.gz", ["dist/*.whl", "dist/*.tar.gz"]),  # one pattern, which nothing matches
            ("dist/[z-a]*", ["dist/*.whl", "dist/*.tar.gz"]),
        ],
    )
    def test_a_file_is_attached_where_a_pattern_matches_what_it_is_called(self, files: str, lost: list[str]) -> None:
        """The files of `The.Sample`: the action takes a pattern a line, or between commas."""
        text = REAL
        for line in ("dist/*.whl\n", "dist/*.tar.gz\n"):
            text = text.replace(f"            {line}", "            FILES\n" if "whl" in line else "")
        text = text.replace("            FILES", "\n".join(f"            {line}" for line in files.splitlines()))
        seen = told(text, replace(AROUND, project="The.Sample"))
        assert [one.instead[0] for _, _, one in seen] == [*lost, *lost]

    def test_wheels_for_platforms_are_attached_by_a_pattern_that_has_them_all(self) -> None:
        assert found(TestWheels.TEXT.replace("  dist/*.whl\n", "  dist/castoff-*-cp3*.whl\n")) == []
        text = TestWheels.TEXT.replace("            dist/*.whl\n", "            dist/*-manylinux*.whl\n")
        assert [one.instead for _, _, one in told(text)] == [("dist/*.whl",)] * 2

    def test_bundles_may_be_named_after_the_project(self) -> None:
        """Where they are handed on, and where they are attached."""
        text = REAL.replace("/*.sigstore.json", "/castoff-*.sigstore.json")
        text = text.replace("dist-sbom/*.cdx.json", "dist-sbom/castoff-*.cdx.json")
        assert found(text) == []
        assert found(text.replace("name: bundles\n", "name: signatures\n")) == []
        assert wrong(REAL.replace("  dist/*.sigstore.json", "  dist/castoff-*")).keys() == {"hands-on"}

    def test_what_is_published_may_be_handed_on_by_names_with_the_project_s(self) -> None:
        named = "path: |\n            dist/castoff-*.whl\n            dist/castoff-*.tar.gz\n          if-no"
        text = REAL.replace("path: dist/\n          if-no", named)
        assert text != REAL
        assert found(text) == []
        assert found(text.replace("name: dist\n", "name: packages\n")) == []
        wheels = text.replace("            dist/castoff-*.tar.gz\n", "").replace("name: dist\n", "name: wheels\n")
        assert "the job preflight does not hand on the files to be published" in told(wheels)[0][2].what
        other = text.replace("dist/castoff-*.whl", "dist/other-*.whl")
        assert places(other) == [("hands-on", line_of(other, "path: |"))]

    def test_files_are_looked_for_in_the_folder_in_which_the_action_looks(self) -> None:
        begin, end = REAL.index("          draft: false\n"), REAL.rindex("          make_latest")
        step = REAL[begin:end].replace("            dist/*.", "            *.")
        step = step.replace("            dist-sbom/", "            ../dist-sbom/").replace("  bundles", "  ../bundles")
        text = f"{REAL[:begin]}{step}          working_directory: dist\n{REAL[end:]}"
        assert found(text) == []
        assert {rule for rule, _ in places(REAL[:begin] + step + REAL[end:])} == {"every-file"}

    def test_whether_an_expression_names_a_file_cannot_be_known(self) -> None:
        text = REAL.replace("            dist/*.whl\n", "            dist/castoff-${{ env.VERSION }}-*.whl\n")
        seen = found(text)
        assert [(one.verdict, one.instead) for one in seen] == [(Verdict.UNKNOWN, ("dist/*.whl",))] * 2
        assert seen[0].what == "whether dist/*.whl is attached to the release is for an expression to say"
        text = REAL.replace("./dist/*.whl ./dist/*.tar.gz", "${{ env.FILES }}")
        assert [(one.rule, one.verdict) for one in found(text)] == [("verified", Verdict.UNKNOWN)] * 2
        assert wrong(REAL.replace("  dist/*.whl\n", "  ${{ env.DIR }}/x.whl\n", 1)).keys() == {"every-file"}

    def test_a_quotation_without_its_end_signs_nothing(self) -> None:
        text = REAL.replace("inputs: ./dist/*.whl", "inputs: ./dist/*.whl './dist")
        assert places(text) == [("verified", line_of(text, "inputs:"))] * 3

    def test_one_pattern_for_a_folder_attaches_all_that_lies_in_it(self) -> None:
        wide = REAL.replace("            dist/*.whl\n            dist/*.tar.gz\n", "            ./dist/*\n")
        assert wide != REAL
        assert found(wide) == []


class TestPermissions:
    """Exactly what each job needs."""

    def test_what_is_given_by_default_is_named(self) -> None:
        text = changed("permissions: {}", "permissions:\n  contents: read\n  actions: read", text=REAL)
        ((_, line, finding),) = told(text)
        assert (line, finding.what) == (
            line_of(text, "permissions:"),
            "every job that says nothing may do contents: read, actions: read",
        )

    def test_everything_denied_by_name_is_nothing_too(self) -> None:
        assert found(changed("permissions: {}", "permissions:\n  contents: none", text=REAL)) == []

    def test_a_job_that_says_nothing_lacks_what_it_needs_and_the_job_is_told(self) -> None:
        reason = " # the signature is bound to the identity of this workflow\n"
        text = changed(f"    permissions:\n      id-token: write{reason}", "", job="sign", text=REAL)
        assert places(text) == [("rights", line_of(text, "  sign:"))]

    def test_more_of_the_same_is_too_much_at_its_own_line_and_nothing_lacks(self) -> None:
        text = changed("contents: read", "contents: write", job="preflight", text=REAL)
        assert places(text) == [("too-many-rights", line_of(text, "contents: write"))]

    def test_a_permission_that_is_denied_by_name_is_not_too_much(self) -> None:
        text = changed("contents: read", "packages: none\n      contents: read", job="preflight", text=REAL)
        assert found(text) == []

    def test_a_discussion_about_the_release_needs_its_permission(self) -> None:
        right = "      contents: write # to make the release"
        more = changed(right, f"      discussions: write # to open one\n{right}", text=REAL)
        assert places(more) == [("too-many-rights", line_of(more, "discussions: write"))]
        assert (
            found(changed("draft: true\n", "draft: true\n          discussion_category_name: News\n", text=more)) == []
        )

    def test_attestations_of_githubs_own_need_their_permission_and_no_other(self) -> None:
        right = "      id-token: write # the signature is bound"
        more = changed(right, f"      attestations: write # more\n{right}", text=REAL)
        assert places(more) == [("too-many-rights", line_of(more, "# more"))]
        step = f"      - uses: actions/attest@{'a' * 40} # v3\n        with:\n          subject-path: dist/*\n"
        more = changed("    steps:\n", f"    steps:\n{step}", job="sign", text=more)
        assert wrong(more) == {}
        assert wrong(more.replace("attestations: write # more", "packages: write # more")).keys() == {"too-many-rights"}

    @pytest.mark.parametrize(
        "step", ["uses: ./.github/actions/notes", "run: make test", f"uses: {pinned('actions/checkout')}"]
    )
    @pytest.mark.parametrize("job", ["sign", "github-release"])
    def test_code_of_the_repository_beside_a_permission_to_write_is_told(self, job: str, step: str) -> None:
        text = changed("    steps:\n", f"    steps:\n      - {step} # ours\n", job=job, text=REAL)
        assert ("code-beside-rights", line_of(text, "# ours")) in places(text)

    def test_a_job_of_the_projects_own_is_told_to_begin_with_nothing(self) -> None:
        own = (
            "\n  announce:\n    permissions: read-all\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n"
        )
        ((rule, line, finding),) = told(REAL + own)
        assert (rule, line) == ("too-many-rights", line_of(REAL + own, "read-all"))
        assert finding.instead == ("permissions: {}",)

    def without_checkout(self, step: str) -> str:
        """Return the workflow with a preflight that may do nothing, checks nothing out, and has this step."""
        begin, end = REAL.index("      - uses: actions/checkout@"), REAL.index("      - name: Hand on dist/")
        text = f"{REAL[:begin]}      - {step}\n{REAL[end:]}"
        right = "permissions:\n      contents: read # to check out the repository"
        return changed(right, "permissions: {}", job="preflight", text=text)

    def test_to_read_contents_is_needed_where_the_repository_is_checked_out_or_may_be(self) -> None:
        right = "permissions:\n      contents: read # to check out the repository"
        text = changed(right, "permissions: {}", job="preflight", text=REAL)
        assert "rights" in dict(places(text))
        assert "rights" in dict(places(self.without_checkout("uses: ./.github/actions/all")))
        assert "rights" not in dict(places(self.without_checkout("run: make preflight")))

    def test_what_comes_after_an_upload_by_hand_is_one_step_too_many(self) -> None:
        uses = f"- uses: {pinned('pypa/gh-action-pypi-publish')}"
        text = changed(uses, "- run: twine upload dist/*\n      - run: make test # more", text=REAL)
        assert ("publish-steps", line_of(text, "# more")) in places(text)
        assert len([rule for rule, _ in places(text) if rule == "publish-steps"]) == 1

    def test_a_download_without_a_folder_is_one_step_too_many(self) -> None:
        text = changed("          path: dist/\n", "", job="publish", text=REAL)
        assert "publish-steps" in dict(places(text))


class TestEnvironment:
    """Who runs in the environment that PyPI's publisher names."""

    def test_another_environment_is_told_at_its_name_however_it_is_written(self) -> None:
        begin = REAL.index("environment:\n      name: pypi")
        block = REAL[begin : REAL.index("\n    permissions", begin)]
        text = changed(block, "environment: release", text=REAL)
        ((rule, line, finding),) = told(text)
        assert (rule, line) == ("environment", line_of(text, "environment: release"))
        said = "the environment is release; PyPI's publisher names pypi ([tool.castoff] environment)"
        assert finding.what == said
        assert found(changed(block, "environment: pypi", text=REAL)) == []

    @pytest.mark.parametrize("job", ["publish", "sign"])
    def test_one_whose_name_is_computed_cannot_be_known_and_is_told_at_its_place(self, job: str) -> None:
        computed = "environment: ${{ vars.E }}"
        text = changed("    runs-on:", f"    {computed}\n    runs-on:", job=job, text=REAL) if job == "sign" else REAL
        if job == "publish":
            begin = REAL.index("environment:\n      name: pypi")
            text = changed(REAL[begin : REAL.index("\n    permissions", begin)], computed, text=REAL)
        (finding,) = found(text)
        assert finding.verdict is Verdict.UNKNOWN
        assert (finding.where and finding.where.line) == line_of(text, computed)
        assert finding.instead == ("environment:", "  name: pypi")

    def test_a_job_before_it_must_not_be_in_it_and_may_be_in_another(self) -> None:
        text = changed("needs: preflight\n", "needs: preflight\n    environment: PyPI\n", text=REAL)
        assert places(text) == [("environment", line_of(text, "environment: PyPI"))]
        assert found(text.replace("environment: PyPI", "environment: tests")) == []


class TestTriggers:
    """What starts a release."""

    @pytest.mark.parametrize("branch", ["main", "feature", "feature/x", "v0.4.0", "v0.4.0-rc1", "release/0.4.0"])
    def test_a_push_to_a_branch_of_any_name_is_told_at_the_branches(self, branch: str) -> None:
        text = changed(f"    {_TAGS}", f'    {_TAGS}\n    branches: ["{branch}"]', text=REAL)
        assert places(text) == [("tags-only", line_of(text, "branches:"))]

    def test_the_main_branch_is_the_one_that_is_configured(self) -> None:
        text = changed(f"    {_TAGS}", f"    {_TAGS}\n    branches: [trunk]", text=REAL)
        assert found(text) == []
        assert places(text, replace(AROUND, main="trunk")) == [("tags-only", line_of(text, "branches:"))]

    @pytest.mark.parametrize(
        ("tags", "missed"),
        [
            ('["v[0-9].[0-9].[0-9]", "v*.*.*-rc*"]', "a version, v12.34.56"),
            ('["v0.4.0-rc1", "v*.*.*", "!v*-*"]', "a release candidate, v0.4.0-rc1"),
        ],
    )
    def test_a_tag_that_is_missed_is_named(self, tags: str, missed: str) -> None:
        ((rule, _, finding),) = told(changed(_TAGS, f"tags: {tags}", text=REAL))
        assert (rule, finding.what) == ("version-tags", f"the tag of {missed} for one, does not start it")

    def test_main_is_no_branch_to_release_from_under_another_name_either(self) -> None:
        text = changed(f"    {_TAGS}", f"    {_TAGS}\n    branches: [main]", text=REAL)
        assert places(text, replace(AROUND, main="trunk")) == [("tags-only", line_of(text, "branches:"))]

    @pytest.mark.parametrize(("key", "rule"), [("tags", "version-tags"), ("branches", "tags-only")])
    def test_a_pattern_that_github_would_refuse_is_told_where_it_stands(self, key: str, rule: str) -> None:
        tags = "" if key == "tags" else f"\n    {_TAGS}"
        text = changed(f"    {_TAGS}", f'    {key}: ["v[0-9"]{tags}', text=REAL)
        ((told_by, line, finding),) = told(text)
        assert (told_by, line) == (rule, line_of(text, "v[0-9"))
        assert finding.what.startswith("on.push: the pattern 'v[0-9' has '[0-9'; it must be ")
        assert finding.instead == ((_TAGS,) if key == "tags" else _PUSH)


class TestCommands:
    """What a step runs."""

    def test_what_runs_in_spite_of_failures_is_a_job_or_a_step_of_one(self) -> None:
        step = "run: make preflight\n        if: always()\n        continue-on-error: ${{ true }}"
        assert [one.what for _, _, one in told(changed("run: make preflight", step, text=REAL))] == [
            "a step of the job preflight has a condition; every part of a release runs, and in order",
            "a step of the job preflight goes on after an error",
        ]
        job = "    timeout-minutes: 20\n    if: always()\n    continue-on-error: true\n"
        text = changed("    timeout-minutes: 20\n", job, text=REAL)
        assert [(one.what, line) for _, line, one in told(text)] == [
            ("the job preflight has a condition; every part of a release runs, and in order", line_of(text, "if: alw")),
            ("the job preflight goes on after an error", line_of(text, "continue-on-error")),
        ]
        said = "run: make preflight\n        continue-on-error: false"
        assert found(changed("run: make preflight", said, text=REAL)) == []

    def test_a_long_script_is_told_by_its_beginning_and_how_much_there_is(self) -> None:
        start = f"echo {'x' * 60}"
        script = f"run: |\n          {start}\n          make preflight"
        ((_, _, finding),) = told(changed("run: make preflight", script, text=REAL))
        assert finding.what.endswith(f"`{start[:57]}...` and 1 more line")
        ((_, _, finding),) = told(changed("run: make preflight", f"{script}\n          true", text=REAL))
        assert finding.what.endswith("...` and 2 more lines")

    def test_a_command_of_sixty_characters_is_told_whole(self) -> None:
        command = f"echo {'x' * 55}"
        ((_, _, finding),) = told(changed("run: make preflight", f"run: {command}", text=REAL))
        assert finding.what.endswith(f"`{command}`")

    def test_a_script_of_the_projects_own_is_a_note_at_its_line(self) -> None:
        own = "\n  announce:\n    runs-on: ubuntu-latest\n    steps:\n      - run: curl x | sh\n"
        (note,) = found(REAL + own)
        assert (note.verdict, note.where and note.where.line) == (Verdict.NOTE, line_of(REAL + own, "curl"))
        assert note.instead == ("run: make TARGET",)

    def test_a_target_in_another_folder_cannot_be_known_and_the_folder_is_told(self) -> None:
        run = "run: make preflight\n        working-directory: sub"
        text = changed("run: make preflight", run, text=REAL)
        (finding,) = found(text)
        assert (finding.verdict, finding.where and finding.where.line) == (Verdict.UNKNOWN, line_of(text, "sub"))

    def test_each_stage_is_looked_at_also_behind_one_that_runs_nothing_of_ours(self) -> None:
        begin, end = REAL.index("  sign:\n"), REAL.index("  publish:\n")
        sign, rest = REAL[begin:end], REAL[:begin] + REAL[end:]
        text = rest.replace("  twine-check:\n", f"{sign}  twine-check:\n")
        text = changed("run: make twine-check", "run: make preflight", text=text)
        assert "stage-verbs" in dict(places(text))

    @pytest.mark.parametrize(("shell", "fine"), [("bash", True), ("sh", True), ("python", False)])
    def test_another_shell_runs_something_else(self, shell: str, fine: bool) -> None:
        text = changed("run: make preflight\n", f"run: make preflight\n        shell: {shell}\n", text=REAL)
        assert places(text) == ([] if fine else [("commands", line_of(text, f"shell: {shell}"))])

    @pytest.mark.parametrize(
        ("file", "run", "said"),
        [
            ("targets", "make preflight", "there is no Makefile, and so no target 'preflight'"),
            ("tasks", "invoke preflight", "there is no tasks.py, and so no task 'preflight'"),
        ],
    )
    def test_a_project_without_the_file_is_told_what_writes_it(self, file: str, run: str, said: str) -> None:
        around = replace(AROUND, **{file: Names(None)})
        text = changed("run: make preflight", f"run: {run}", text=REAL)
        seen = [one for rule, _, one in told(text, around) if rule == "targets"]
        assert (seen[0].what, seen[0].fix) == (said, ("castoff init --dry-run",))

    def test_a_folder_of_its_own_does_not_matter_to_castoff(self) -> None:
        text = changed("run: make preflight", "run: castoff preflight\n        working-directory: sub", text=REAL)
        assert found(text) == []

    def test_what_is_fetched_after_the_work_is_told(self) -> None:
        text = changed("      - run: make twine-check\n", "", text=REAL)
        text = changed(
            "      - name: Fetch dist/\n",
            "      - run: make twine-check\n      - name: Fetch dist/\n",
            job="twine-check",
            text=text,
        )
        at = line_of(text, "      - run: make twine-check") + 2
        assert places(text) == [("stage-verbs", at)]

    def test_jobs_in_the_wrong_order_are_told_which_comes_first(self) -> None:
        text = changed("    needs: twine-check\n", "    needs: [twine-check, publish]\n", job="sign", text=REAL)
        text = changed("    needs: sign\n", "    needs: twine-check\n", job="publish", text=text)
        ((rule, line, finding),) = told(text)
        assert (rule, line) == ("needs", line_of(text, "    needs: twine-check"))
        assert finding.what == "the job publish runs before sign, and has to come after it"


class TestUnknownCommands:
    """A target or a task that is not there."""

    @pytest.mark.parametrize(
        ("run", "what", "instead"),
        [
            ("make preflihgt", "Makefile has no target 'preflihgt'; 'preflight' is one", ("run: make preflight",)),
            ("make zzz", "Makefile has no target 'zzz'", ()),
            ("castoff preflihgt", "castoff has no task 'preflihgt'; 'preflight' is one", ("run: castoff preflight",)),
        ],
    )
    def test_it_is_told_with_the_one_that_was_meant(self, run: str, what: str, instead: tuple[str, ...]) -> None:
        text = changed("run: make preflight", f"run: {run}", text=REAL)
        ((_, line, one),) = told(text)
        assert (one.what, one.instead, line) == (what, instead, line_of(text, run))

    def test_castoff_knows_its_own_tasks_whatever_tasks_py_has(self) -> None:
        text = changed("run: make preflight", "run: castoff preflight", text=REAL)
        assert found(text, replace(AROUND, tasks=Names("tasks.py", frozenset()))) == []

    def test_without_the_file_the_command_is_told_where_it_stands(self) -> None:
        seen = places(REAL, replace(AROUND, targets=Names(None, frozenset())))
        assert ("targets", line_of(REAL, "run: make preflight")) in seen

    def test_a_command_of_spaces_is_none(self) -> None:
        seen = told(changed("run: make preflight", 'run: "  "', text=REAL))
        assert [one.what.rpartition(": ")[2] for rule, _, one in seen if rule == "commands"] == ["``"]


class TestMisspelt:
    """An input with a wrong letter is one fault, and not two."""

    def test_what_was_meant_is_not_told_to_be_missing_and_all_else_is(self) -> None:
        text = changed("          persist-credentials: false\n", "", job="preflight", text=REAL)
        text = changed("fetch-depth: 0", "fetch-deph: 1", text=text)
        assert {rule for rule, _ in places(text)} == {"inputs", "credentials"}

    def test_it_is_told_also_where_the_step_is_one_line(self) -> None:
        begin = REAL.index("      - uses: actions/checkout@", REAL.index("  preflight:"))
        end = REAL.index("      - ", begin + 9)
        step = f"{{uses: {pinned('actions/checkout').split()[0]}, with: {{persist-credentials: false, fetch-deph: 0}}}}"
        text = f"{REAL[:begin]}      - {step} # {pinned('actions/checkout').split()[-1]}\n{REAL[end:]}"
        assert ("inputs", line_of(text, "fetch-deph")) in places(text)

    def test_what_was_meant_is_known_by_its_name_whatever_its_value(self) -> None:
        text = changed(
            "verify-oidc-issuer: https://token.actions.githubusercontent.com", "verify-oidc-isuer: x", text=REAL
        )
        assert [rule for rule, _ in places(text)] == ["inputs"]
