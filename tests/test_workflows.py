"""The workflows: pinned, with no more rights than they need, and nothing in them that a laptop could not run.

The files are read as text and as a tree in which every scalar is a string, so that `on` stays `on`.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest
import yaml

from tests import on_wheel

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github" / "workflows"
FILES = ("ci.yml", "release.yml")
JOBS = ("preflight", "twine-check", "sign", "publish", "github-release")

UPLOAD = "actions/upload-artifact"
DOWNLOAD = "actions/download-artifact"
SIGN = "sigstore/gh-action-sigstore-python"
PUBLISH = "pypa/gh-action-pypi-publish"
RELEASE = "softprops/action-gh-release"


class Step(NamedTuple):
    """One step: the action it uses (without its version) or the command it runs, and what it is given."""

    action: str
    run: str
    inputs: dict[str, str]


def tree(node: yaml.Node | None) -> Tree:
    if isinstance(node, yaml.MappingNode):
        return {text(tree(key)): tree(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [tree(item) for item in node.value]
    assert isinstance(node, yaml.ScalarNode)
    return node.value


def text(value: Tree) -> str:
    assert isinstance(value, str)
    return value


def mapping(value: Tree) -> dict[str, Tree]:
    assert isinstance(value, dict)
    return value


def sequence(value: Tree) -> list[Tree]:
    assert isinstance(value, list)
    return value


def texts(value: Tree) -> dict[str, str]:
    return {key: text(item) for key, item in mapping(value).items()}


def source(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def workflow(name: str) -> dict[str, Tree]:
    return mapping(tree(yaml.compose(source(name), Loader=yaml.SafeLoader)))


def jobs(name: str) -> dict[str, dict[str, Tree]]:
    return {job: mapping(value) for job, value in mapping(workflow(name)["jobs"]).items()}


def steps(job: dict[str, Tree]) -> Iterator[Step]:
    for value in sequence(job["steps"]):
        step = mapping(value)
        action = text(step.get("uses", "")).partition("@")[0]
        yield Step(action, text(step.get("run", "")), texts(step.get("with", {})))


def using(name: str, action: str) -> list[Step]:
    return [step for job in jobs(name).values() for step in steps(job) if step.action == action]


def release_job(name: str) -> list[Step]:
    return list(steps(jobs("release.yml")[name]))


def targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


every_workflow = pytest.mark.parametrize("name", FILES)


@every_workflow
def test_every_action_is_pinned_by_its_full_sha_with_its_version_behind_it(name: str) -> None:
    used = [line for line in source(name).splitlines() if re.match(r"\s*(- )?uses:", line)]
    assert used
    for line in used:
        assert re.search(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_an_action_has_the_same_pin_wherever_it_is_used() -> None:
    pins = set(re.findall(r"uses: (\S+@\S+ # \S+)", "".join(source(name) for name in FILES)))
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@every_workflow
def test_every_command_is_one_make_target_that_exists(name: str) -> None:
    for job in jobs(name).values():
        for step in steps(job):
            if step.run:
                program, *words = step.run.split(" ")
                assert (program, len(words)) == ("make", 1)
                assert words[0] in targets()


@every_workflow
def test_no_command_has_an_expression_in_it(name: str) -> None:
    assert not [line for line in source(name).splitlines() if re.match(r"\s*(- )?run:.*\$\{\{", line)]


@every_workflow
def test_nothing_is_allowed_unless_a_job_says_so(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    assert all(mapping(job["permissions"]) for job in jobs(name).values())


@every_workflow
def test_every_permission_has_its_reason_beside_it(name: str) -> None:
    given = [line for line in source(name).splitlines() if re.search(r"^\s+[a-z-]+: (read|write)\b", line)]
    assert len(given) == len(jobs(name))
    for line in given:
        assert re.search(r": (read|write) # \w", line), line


@every_workflow
def test_every_job_ends_in_time(name: str) -> None:
    assert all(int(text(job["timeout-minutes"])) <= 20 for job in jobs(name).values())


@every_workflow
def test_no_checkout_leaves_its_token_behind(name: str) -> None:
    checkouts = using(name, "actions/checkout")
    assert checkouts
    assert all(step.inputs["persist-credentials"] == "false" for step in checkouts)


@every_workflow
def test_nothing_comes_from_a_cache(name: str) -> None:
    assert not using(name, "actions/cache")
    assert all("cache" not in step.inputs for step in using(name, "actions/setup-python"))


@every_workflow
def test_no_secret_is_read(name: str) -> None:
    assert "secrets." not in source(name)


def test_a_release_starts_by_the_push_of_a_version_tag_and_by_nothing_else() -> None:
    assert workflow("release.yml")["name"] == "Release"
    assert workflow("release.yml")["on"] == {"push": {"tags": ["v*.*.*", "v*.*.*-rc*"]}}


def test_a_release_is_never_broken_off() -> None:
    concurrency = texts(workflow("release.yml")["concurrency"])
    assert concurrency["cancel-in-progress"] == "false"
    assert "github.ref" in concurrency["group"]


def test_the_five_jobs_of_a_release_follow_one_another() -> None:
    found = jobs("release.yml")
    assert tuple(found) == JOBS
    assert [job.get("needs") for job in found.values()] == [None, *JOBS[:-1]]
    assert not [job for job in found.values() if "if" in job]


def test_each_job_of_a_release_has_exactly_the_rights_it_needs() -> None:
    assert {name: texts(job["permissions"]) for name, job in jobs("release.yml").items()} == {
        "preflight": {"contents": "read"},
        "twine-check": {"contents": "read"},
        "sign": {"id-token": "write"},
        "publish": {"id-token": "write"},
        "github-release": {"contents": "write"},
    }


def test_our_code_runs_only_where_there_is_nothing_to_take() -> None:
    with_code = [name for name in JOBS if any(step.run for step in release_job(name))]
    assert with_code == ["preflight", "twine-check"]


def test_preflight_sees_the_whole_history() -> None:
    (checkout,) = (step for step in release_job("preflight") if step.action == "actions/checkout")
    assert checkout.inputs["fetch-depth"] == "0"


def test_a_job_takes_only_what_a_job_before_it_handed_on() -> None:
    handed_on: set[str] = set()
    for name in JOBS:
        found = release_job(name)
        assert {step.inputs["name"] for step in found if step.action == DOWNLOAD} <= handed_on
        new = [step.inputs["name"] for step in found if step.action == UPLOAD]
        assert handed_on.isdisjoint(new)
        handed_on.update(new)
    assert handed_on == {"dist", "manifest", "bundles"}


def test_handing_on_nothing_is_an_error() -> None:
    assert all(step.inputs["if-no-files-found"] == "error" for step in using("release.yml", UPLOAD))


def test_dist_travels_alone_and_arrives_where_it_was() -> None:
    uploads = {step.inputs["name"]: step.inputs["path"] for step in using("release.yml", UPLOAD)}
    assert {name: path.split() for name, path in uploads.items()} == {
        "dist": ["dist/"],
        "manifest": ["dist-manifest.json", "dist-sbom/*.cdx.json"],
        "bundles": ["dist/*.sigstore.json", "dist-sbom/*.sigstore.json"],
    }
    downloads = {(step.inputs["name"], step.inputs.get("path")) for step in using("release.yml", DOWNLOAD)}
    assert downloads == {("dist", "dist/"), ("manifest", None), ("bundles", "bundles/")}


def test_what_was_signed_is_verified_at_once_against_this_workflow_and_this_tag() -> None:
    (sign,) = using("release.yml", SIGN)
    assert sign.inputs == {
        "inputs": "./dist/*.whl ./dist/*.tar.gz ./dist-sbom/*.cdx.json",
        "verify": "true",
        "verify-cert-identity": "https://github.com/${{ github.repository }}"
        "/.github/workflows/release.yml@${{ github.ref }}",
        "verify-oidc-issuer": "https://token.actions.githubusercontent.com",
        "release-signing-artifacts": "false",
    }


def test_publishing_is_a_download_and_an_upload_in_the_environment_that_pypi_trusts() -> None:
    download, publish = release_job("publish")
    assert (download.action, publish.action) == (DOWNLOAD, PUBLISH)
    assert download.inputs == {"name": "dist", "path": "dist/"}
    assert publish.inputs.get("skip-existing") is None
    assert jobs("release.yml")["publish"]["environment"] == {"name": "pypi"}


def test_the_github_release_is_a_draft_with_every_file_before_it_is_published() -> None:
    draft, publish = (step for step in release_job("github-release") if step.action == RELEASE)
    assert (draft.inputs["draft"], publish.inputs["draft"]) == ("true", "false")
    files = ["dist/*.whl", "dist/*.tar.gz", "dist-sbom/*.cdx.json"]
    files += ["bundles/dist/*.sigstore.json", "bundles/dist-sbom/*.sigstore.json"]
    assert draft.inputs["files"].split() == files
    assert draft.inputs["generate_release_notes"] == "true"
    assert publish.inputs["files"] == draft.inputs["files"]
    assert {step.inputs["fail_on_unmatched_files"] for step in (draft, publish)} == {"true"}


def test_running_the_last_job_again_replaces_no_file_and_repeats_no_notes() -> None:
    draft, publish = (step for step in release_job("github-release") if step.action == RELEASE)
    assert {step.inputs["overwrite_files"] for step in (draft, publish)} == {"false"}
    assert draft.inputs["body"].strip()
    assert publish.inputs.keys().isdisjoint({"body", "generate_release_notes"})


def test_a_release_candidate_is_a_pre_release_and_never_the_latest() -> None:
    draft, publish = (step for step in release_job("github-release") if step.action == RELEASE)
    assert draft.inputs["prerelease"] == "${{ contains(github.ref_name, '-rc') }}"
    assert "prerelease" not in publish.inputs
    assert publish.inputs["make_latest"] == "${{ contains(github.ref_name, '-rc') && 'false' || 'legacy' }}"


def test_ci_tests_every_python_that_the_package_promises() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    matrix = mapping(mapping(jobs("ci.yml")["test"]["strategy"])["matrix"])
    assert matrix["python"] == promised


def test_ci_runs_the_four_checks_and_a_rehearsal_on_main_and_on_pull_requests() -> None:
    commands = [step.run for job in jobs("ci.yml").values() for step in steps(job) if step.run]
    assert commands == ["make test", "make test", "make lint", "make format-check", "make typecheck", "make rehearse"]
    assert workflow("ci.yml")["on"] == {"push": {"branches": ["main"]}, "pull_request": ""}


def test_ci_runs_the_tests_on_the_built_wheel_as_well() -> None:
    """The option is pytest's, so that a person and CI type the same target."""
    told = [texts(job["env"]) for job in jobs("ci.yml").values() if "env" in job]
    assert told == [{"PYTEST_ADDOPTS": on_wheel.OPTION}]


def test_ci_asks_for_nothing_but_to_read() -> None:
    assert all(texts(job["permissions"]) == {"contents": "read"} for job in jobs("ci.yml").values())


def test_the_pins_are_renewed_every_week_but_never_on_the_day_of_a_release() -> None:
    dependabot = mapping(
        tree(yaml.compose((ROOT / ".github/dependabot.yml").read_text("utf-8"), Loader=yaml.SafeLoader))
    )
    (update,) = (mapping(value) for value in sequence(dependabot["updates"]))
    assert update["package-ecosystem"] == "github-actions"
    assert texts(update["schedule"]) == {"interval": "weekly"}
    assert int(text(mapping(update["cooldown"])["default-days"])) >= 7
