"""Faults planted in castoff's own release workflow: what is wrong, and which rule says so at which line."""

from __future__ import annotations

from dataclasses import dataclass

from castoff.core.pins import pinned
from tests.rehearsing import REAL, changed, line_of

_CHECKOUT, _DOWNLOAD = pinned("actions/checkout"), pinned("actions/download-artifact")
_UPLOAD, _PUBLISH = pinned("actions/upload-artifact"), pinned("pypa/gh-action-pypi-publish")
_TAGS = 'tags: ["v*.*.*", "v*.*.*-rc*"]'
_REASONS = {
    "twine-check": " # to check out the repository",
    "sign": " # the signature is bound to the identity of this workflow",
    "publish": " # PyPI takes the identity of this workflow in place of a password",
    "environment": " # PyPI's trusted publisher names it too, and its reviewers have the last word",
    "github-release": " # to make the release and attach its files",
}


@dataclass(frozen=True)
class Fault:
    """A fault: an edit of the workflow."""

    what: str
    """What is wrong, in a few words."""
    rule: str
    at: str
    """What stands in the line that is to be told, in the workflow as it is then; of several lines the first."""
    edits: tuple[tuple[str, str, str | None], ...]
    """What is replaced by what, and in which job (None: in all of the file)."""
    after: str = ""
    """What stands in a line before: the line that is to be told is the first one after it."""

    @property
    def text(self) -> str:
        """The workflow with the fault."""
        text = REAL
        for old, new, job in self.edits:
            text = changed(old, new, job=job, text=text)
        return text

    @property
    def line(self) -> int:
        """The line that is to be told."""
        before = line_of(self.text, self.after) if self.after else 0
        return before + line_of("\n".join(self.text.splitlines()[before:]), self.at)


def _one(what: str, rule: str, at: str, old: str, new: str, job: str | None = None, *, after: str = "") -> Fault:
    return Fault(what, rule, at, ((old, new, job),), after or (f"  {job}:" if job else ""))


_RUN = "      - run: make preflight\n"
_HAND_ON = f"""\
      - uses: {_UPLOAD}
        with:
          name: {{name}}
          path: dist/
          if-no-files-found: error
"""
_BUNDLES_TOO = f"""\
      - uses: {_DOWNLOAD}
        with:
          name: bundles
          path: dist/ # too
"""
_CACHE = """\
      - uses: actions/cache@0123456789012345678901234567890123456789 # v4.2.0
        with:
          key: all
          path: .venv
"""
_FETCH_MANIFEST = f"        uses: {_DOWNLOAD}\n        with:\n          name: manifest\n"
_BUNDLE_PATTERNS = "            bundles/dist/*.sigstore.json\n            bundles/dist-sbom/*.sigstore.json\n"
_UNMATCHED = "          fail_on_unmatched_files: true\n"
_KEPT = "overwrite_files: false # what is attached stays: the default would replace the files of a finished release"
_NO_CREDENTIALS = "        with:\n          persist-credentials: false\n"
_FETCH = """\
      - name: Fetch dist/
        uses: {action}
        with:
          name: dist
          path: dist/
"""

FAULTS: dict[str, Fault] = {
    # --- triggers
    "tags-without-rc": _one(
        "a trigger that misses -rc", "version-tags", "tags:", _TAGS, 'tags: ["v[0-9]+.[0-9]+.[0-9]+"]'
    ),
    "tags-only-rc": _one("a trigger for candidates only", "version-tags", "tags:", _TAGS, 'tags: ["v*.*.*-rc*"]'),
    "branch-trigger": _one(
        "a push to main releases", "tags-only", "branches:", f"    {_TAGS}", f"    {_TAGS}\n    branches: [main]"
    ),
    "no-filter": _one("every push releases", "tags-only", "  push:", f"  push:\n    {_TAGS}", "  push:"),
    "by-button": _one(
        "it can be started by hand, on any commit",
        "tags-only",
        "workflow_dispatch",
        "on:\n",
        "on:\n  workflow_dispatch:\n",
    ),
    "for-pull-requests": _one(
        "pull requests start it, with rights",
        "tags-only",
        "pull_request_target",
        "on:\n",
        "on:\n  pull_request_target:\n",
    ),
    # --- commands, jobs and their order
    "job-missing": Fault(
        "nothing is signed",
        "jobs",
        "jobs:",
        (
            (REAL[REAL.index("  sign:\n") : REAL.index("  publish:\n")], "", None),
            ("needs: sign", "needs: twine-check", None),
        ),
    ),
    "needs-missing": _one(
        "publish waits for nothing",
        "needs",
        "  publish:",
        "    needs: sign\n",
        "",
        "publish",
        after="- name: Hand on the bundles",
    ),
    "needs-skips": _one(
        "publish does not wait for sign", "needs", "needs:", "needs: sign", "needs: twine-check", "publish"
    ),
    "always": _one(
        "publish runs in spite of failures",
        "unconditional",
        "if:",
        "needs: sign",
        "needs: sign\n    if: always()",
        "publish",
    ),
    "goes-on": _one(
        "twine-check goes on after an error",
        "unconditional",
        "continue-on-error",
        "      - run: make twine-check",
        "      - run: make twine-check\n        continue-on-error: true",
        "twine-check",
    ),
    "pipeline": _one(
        "a shell pipeline", "commands", "run:", "run: make preflight", "run: make preflight | tee log", "preflight"
    ),
    "script": _one(
        "a script of its own",
        "commands",
        "run:",
        "run: make preflight",
        "run: |\n          python -m pip install build\n          make preflight",
        "preflight",
    ),
    "target-gone": _one(
        "a target that no longer exists", "targets", "run:", "run: make preflight", "run: make pre-flight", "preflight"
    ),
    "task-gone": _one(
        "a task that there is none of", "targets", "run:", "run: make preflight", "run: castoff preflite", "preflight"
    ),
    "another-target": _one(
        "twine-check runs something else",
        "stage-verbs",
        "  twine-check:",
        "make twine-check",
        "make preflight",
        "twine-check",
        after="- name: Hand on the manifest",
    ),
    "handed-on-too-early": Fault(
        "dist is handed on before it is built",
        "stage-verbs",
        "uses: actions/upload",
        (
            (_RUN, "", "preflight"),
            (
                "            dist-sbom/*.cdx.json\n          if-no-files-found: error\n",
                "            dist-sbom/*.cdx.json\n          if-no-files-found: error\n" + _RUN,
                "preflight",
            ),
        ),
    ),
    "upload-by-hand": _one(
        "twine upload by hand",
        "by-hand",
        "run:",
        f"- uses: {_PUBLISH}",
        "- run: twine upload dist/*",
        "publish",
    ),
    "misspelt-input": _one("a misspelt input", "inputs", "fetch-dept:", "fetch-depth", "fetch-dept", "preflight"),
    # --- what the jobs hand on
    "manifest-not-handed-on": _one(
        "the manifest is not handed on",
        "hands-on",
        "  preflight:",
        f"""\
      - name: Hand on the manifest of digests, and the SBOM
        uses: {_UPLOAD}
        with:
          name: manifest
          path: |
            dist-manifest.json
            dist-sbom/*.cdx.json
          if-no-files-found: error
""",
        "",
        "preflight",
        after="jobs:",
    ),
    "dist-with-more": _one(
        "dist is the whole work folder", "hands-on", "path: .", "path: dist/", "path: .", "preflight"
    ),
    "dist-again": _one(
        "another job hands on dist, too",
        "once",
        "name: dist",
        "      - run: make twine-check\n",
        "      - run: make twine-check\n" + _HAND_ON.format(name="dist"),
        "twine-check",
        after="- run: make twine-check",
    ),
    "dist-replaced": Fault(
        "another job replaces dist",
        "once",
        "overwrite: true",
        (
            (
                "      - run: make twine-check\n",
                "      - run: make twine-check\n" + _HAND_ON.format(name="dist-2\n          overwrite: true"),
                "twine-check",
            ),
        ),
    ),
    "nothing-found": _one(
        "handing on nothing is a warning",
        "empty-artifacts",
        "uses: actions/upload",
        "            dist-sbom/*.sigstore.json\n          if-no-files-found: error\n",
        "            dist-sbom/*.sigstore.json\n",
        "sign",
    ),
    "wrong-name": _one(
        "a wrong artifact name",
        "artifact-names",
        "name: manifests",
        "name: manifest\n",
        "name: manifests\n",
        "twine-check",
    ),
    "wrong-folder": _one(
        "dist is fetched into another folder", "fetches", "path: files/", "path: dist/", "path: files/", "twine-check"
    ),
    "manifest-not-fetched": _one(
        "the manifest is not fetched",
        "fetches",
        "  twine-check:",
        f"      - name: Fetch the manifest of digests, and the SBOM\n{_FETCH_MANIFEST}",
        "",
        "twine-check",
        after="- name: Hand on the manifest",
    ),
    "sbom-bundle-not-handed-on": _one(
        "the SBOM's bundle is not handed on",
        "sbom",
        "path: |",
        "            dist-sbom/*.sigstore.json\n",
        "",
        "sign",
    ),
    "sbom-not-fetched": _one(
        "the SBOM is not fetched by who attaches it",
        "fetches",
        "  github-release:",
        f"      - name: Fetch the SBOM\n{_FETCH_MANIFEST}",
        "",
        "github-release",
        after="    name: Publish to PyPI",
    ),
    "bundles-in-dist": Fault(
        "bundles beside the files that are published",
        "dist-alone",
        "path: dist/ # too",
        (
            (
                _FETCH.format(action=_DOWNLOAD),
                _FETCH.format(action=_DOWNLOAD) + _BUNDLES_TOO,
                "publish",
            ),
        ),
    ),
    "everything-fetched": _one(
        "every artifact is fetched", "dist-alone", "uses: actions/download", "          name: dist\n", "", "publish"
    ),
    # --- hardening
    "unpinned": _one(
        "an unpinned action", "pins", "actions/checkout@v7", _CHECKOUT, "actions/checkout@v7", "preflight"
    ),
    "short-sha": _one(
        "a pin by half a SHA",
        "pins",
        "actions/checkout@3d3c42e",
        _CHECKOUT,
        "actions/checkout@3d3c42e # v7.0.1",
        "preflight",
    ),
    "no-version": _one(
        "a pin without its version", "pin-versions", "gh-action-pypi-publish@", " # v1.14.2", "", "publish"
    ),
    "false-version": _one(
        "a pin with another version behind it", "pin-versions", "# v1.13.0", "# v1.14.2", "# v1.13.0", "publish"
    ),
    "write-all": _one(
        "write-all at the top", "no-default-rights", "permissions:", "permissions: {}", "permissions: write-all"
    ),
    "no-permissions": _one("no permissions at the top", "no-default-rights", "jobs:", "permissions: {}\n", ""),
    "no-id-token-to-sign": _one(
        "sign lacks id-token: write",
        "rights",
        "permissions:",
        "permissions:\n      id-token: write" + _REASONS["sign"],
        "permissions: {}",
        "sign",
    ),
    "no-id-token-to-publish": _one(
        "publish lacks id-token: write",
        "rights",
        "permissions:",
        "permissions:\n      id-token: write" + _REASONS["publish"],
        "permissions: {}",
        "publish",
    ),
    "no-contents-write": _one(
        "the release cannot be written",
        "rights",
        "permissions:",
        "permissions:\n      contents: write" + _REASONS["github-release"],
        "permissions: {}",
        "github-release",
    ),
    "job-write-all": _one(
        "a job with write-all",
        "too-many-rights",
        "permissions:",
        "permissions:\n      contents: read" + _REASONS["twine-check"],
        "permissions: write-all",
        "twine-check",
    ),
    "too-wide": _one(
        "a job with one right too many",
        "too-many-rights",
        "contents: write",
        "      id-token: write" + _REASONS["sign"],
        "      id-token: write" + _REASONS["sign"] + "\n      contents: write # to attach bundles",
        "sign",
    ),
    "code-beside-id-token": _one(
        "sign runs code of the repository",
        "code-beside-rights",
        "- run:",
        "    steps:\n",
        "    steps:\n      - run: make twine-check\n",
        "sign",
    ),
    "pip-cache": _one(
        "a cache",
        "caches",
        "cache: pip",
        '          python-version: "3.13"\n',
        '          python-version: "3.13"\n          cache: pip\n',
        "preflight",
    ),
    "cache-action": _one(
        "a cache by its action",
        "caches",
        "actions/cache@",
        _RUN,
        _CACHE + _RUN,
        "preflight",
    ),
    "expression": _one(
        "an expression in a command",
        "expressions",
        "run:",
        "run: make preflight",
        "run: make preflight ${{ github.ref_name }}",
        "preflight",
    ),
    "credentials": _one(
        "a checkout that leaves its token behind",
        "credentials",
        "actions/checkout@",
        f"{_CHECKOUT}\n        with:\n          persist-credentials: false\n",
        f"{_CHECKOUT}\n",
        "twine-check",
    ),
    "shallow": _one(
        "a checkout of one commit",
        "history",
        "actions/checkout@",
        "          fetch-depth: 0 # whether the tag lies on main is seen in the history\n",
        "",
        "preflight",
    ),
    "password": _one(
        "a password",
        "secrets",
        "password:",
        f"- uses: {_PUBLISH}",
        f"- uses: {_PUBLISH}\n        with:\n          password: ${{{{ secrets.PYPI_TOKEN }}}}",
        "publish",
    ),
    "secret-in-env": _one(
        "a secret for all jobs",
        "secrets",
        "TWINE_PASSWORD",
        "\njobs:",
        "\nenv:\n  TWINE_PASSWORD: ${{ secrets.PYPI_TOKEN }}\n\njobs:",
    ),
    "cancelled": _one(
        "a newer run breaks off an older one",
        "concurrency",
        "cancel-in-progress: true",
        "cancel-in-progress: false",
        "cancel-in-progress: true",
    ),
    "no-concurrency": _one(
        "two runs at a time",
        "concurrency",
        "jobs:",
        "concurrency:\n  group: release-${{ github.ref }}\n  cancel-in-progress: false\n",
        "",
    ),
    # --- signing, PyPI, the release
    "publish-runs-code": _one(
        "publish runs code",
        "publish-steps",
        "- run:",
        "    steps:\n",
        "    steps:\n      - run: make twine-check\n",
        "publish",
    ),
    "publish-checks-out": _one(
        "publish checks the repository out",
        "publish-steps",
        "- uses: actions/checkout",
        "    steps:\n",
        f"    steps:\n      - uses: {_CHECKOUT}\n{_NO_CREDENTIALS}",
        "publish",
    ),
    "environment-renamed": _one(
        "the environment is renamed", "environment", "name: release", "name: pypi", "name: release", "publish"
    ),
    "environment-missing": _one(
        "publish runs in no environment",
        "environment",
        "  publish:",
        "    environment:\n      name: pypi" + _REASONS["environment"] + "\n",
        "",
        "publish",
        after="- name: Hand on the bundles",
    ),
    "no-attestations": _one(
        "attestations are off",
        "trusted-publishing",
        "attestations:",
        f"- uses: {_PUBLISH}",
        f"- uses: {_PUBLISH}\n        with:\n          attestations: false",
        "publish",
    ),
    "skip-existing": _one(
        "a forgotten bump ends green",
        "skip-existing",
        "skip-existing: true",
        f"- uses: {_PUBLISH}",
        f"- uses: {_PUBLISH}\n        with:\n          skip-existing: true",
        "publish",
    ),
    "not-verified": _one(
        "signatures are not verified", "verified", "verify: false", "verify: true", "verify: false", "sign"
    ),
    "another-identity": _one(
        "signatures are verified against another workflow",
        "verified",
        "verify-cert-identity:",
        "workflows/release.yml@",
        "workflows/publish.yml@",
        "sign",
    ),
    "sdist-not-signed": _one(
        "the sdist is not signed", "verified", "inputs:", "./dist/*.whl ./dist/*.tar.gz", "./dist/*.whl", "sign"
    ),
    "bundles-at-once": _one(
        "bundles are attached before anything is published",
        "bundles",
        "gh-action-sigstore-python@",
        "          release-signing-artifacts: false # the last job attaches them, to the draft\n",
        "",
        "sign",
    ),
    "no-draft": _one("no draft", "draft-first", "action-gh-release@", "          draft: true\n", "", "github-release"),
    "draft-stays": _one(
        "the draft is never published",
        "draft-first",
        "action-gh-release@",
        "draft: false",
        "draft: true",
        "github-release",
        after="- name: Publish the draft",
    ),
    "candidate-as-final": _one(
        "a candidate is released as a final",
        "draft-first",
        "action-gh-release@",
        "          prerelease: ${{ contains(github.ref_name, '-rc') }}\n",
        "",
        "github-release",
    ),
    "sbom-not-signed": _one("the SBOM is not signed", "verified", "inputs:", " ./dist-sbom/*.cdx.json", "", "sign"),
    "sbom-not-attached": Fault(
        "the SBOM is not attached",
        "every-file",
        "files: |",
        (
            (
                f"            dist-sbom/*.cdx.json\n{_BUNDLE_PATTERNS}{_UNMATCHED}          {_KEPT}",
                f"{_BUNDLE_PATTERNS}{_UNMATCHED}          {_KEPT}",
                "github-release",
            ),
        ),
        "  github-release:",
    ),
    "bundles-not-attached": Fault(
        "bundles are not attached",
        "every-file",
        "files: |",
        (
            (
                f"{_BUNDLE_PATTERNS}{_UNMATCHED}          {_KEPT}",
                f"            bundles/dist-sbom/*.sigstore.json\n{_UNMATCHED}          {_KEPT}",
                "github-release",
            ),
        ),
        "  github-release:",
    ),
    "missing-files-pass": Fault(
        "files that are not there are passed over",
        "every-file",
        "action-gh-release@",
        (
            (
                "          fail_on_unmatched_files: true\n          overwrite_files: false # what",
                "          overwrite_files: false # what",
                "github-release",
            ),
        ),
        "  github-release:",
    ),
    "assets-replaced": Fault(
        "a re-run replaces the files of a finished release",
        "never-replaced",
        "action-gh-release@",
        (
            (
                f"          {_KEPT}\n",
                "",
                "github-release",
            ),
        ),
        "  github-release:",
    ),
    # --- what zizmor, GitHub's schema and castoff's reader of workflows find
    "self-hosted": _one(
        "a runner of one's own",
        "zizmor/self-hosted-runner",
        "runs-on:",
        "runs-on: ubuntu-latest",
        "runs-on: self-hosted",
        "publish",
    ),
    "no-number": _one(
        "a time limit that is no number",
        "schema",
        "timeout-minutes:",
        "timeout-minutes: 15",
        "timeout-minutes: soon",
        "publish",
    ),
    "unknown-key": _one("a misspelt key", "syntax", "need:", "needs: sign", "need: sign", "publish"),
    "no-yaml": _one("no YAML", "syntax", "name: Release", "name: Release\n", "name: Release: it\n"),
}
