"""`init`: what it finds, what it writes, and what it leaves alone."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from castoff import __version__
from castoff.core.workflow_checks import rehearsal_problems
from castoff.core.workflow_reading import read_workflow
from castoff.flows.init import templates
from castoff.standins.catalogue import inputs_of, standins
from tests.adopting import BACKENDS, FILES, GITHUB, LAYOUTS, adopted, contents, init, links, plain, planned, project
from tests.rehearsing import WORKFLOW, castoff, castoff_anew, rehearse
from tests.repository import CASTOFF, Repository

CHECKS = {"lint": ["ruff", "check"], "test": ["pytest"]}


@pytest.fixture
def sample(tmp_path: Path) -> Repository:
    """Return a hatchling project in the src layout."""
    return project(tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_everything_is_found_with_no_question_asked(tmp_path: Path, backend: str, layout: str) -> None:
    repo = project(tmp_path, backend, layout)
    told = planned(repo)
    package = f"{'src/' if layout == 'src' else ''}sample_x/__init__.py"
    key = "tool.poetry.version" if backend == "poetry" else "project.version"
    assert (told["name"], told["backend"], told["layout"]) == ("sample-x", BACKENDS[backend][0], layout)
    assert (told["packages"], told["places"]) == ([package], [f"pyproject.toml:{key}", f"{package}:__version__"])
    assert (told["main"], told["repository"], told["checks"]) == ("main", GITHUB, CHECKS)
    assert sorted(action["write"] for action in told["actions"]) == sorted(FILES)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_written_fits_together_and_a_second_run_changes_nothing(
    tmp_path: Path, backend: str, layout: str
) -> None:
    repo = project(tmp_path, backend, layout)
    before = repo.read("pyproject.toml")
    adopted(repo)
    after = repo.read("pyproject.toml")
    assert after.startswith(before), "everything else byte for byte"
    assert tomllib.loads(after)["tool"]["castoff"] == {"checks": CHECKS}
    workflow = read_workflow(WORKFLOW, repo.read(WORKFLOW))
    known = {name: inputs_of(folder) for name, folder in standins().items()}
    assert rehearsal_problems(workflow, known, "v0.1.1") == []
    wanted = repo.read("requirements-release.in").splitlines()
    backend_requirement = BACKENDS[backend][1]
    assert {f"castoff[check,rehearse,status,verify]>={__version__}", "uv", backend_requirement} <= set(wanted)
    assert ("pytest<9,>=8.0" in wanted) == (backend == "poetry"), "uv reads groups by name; poetry's are copied"
    helped = subprocess.run(["make"], cwd=repo.root, capture_output=True, text=True, check=True).stdout
    assert "make rehearse" in helped
    assert "make typecheck" not in helped, "there is no such check"


def test_the_plan_is_what_is_done(sample: Repository) -> None:
    told = {action["write"]: action for action in planned(sample)["actions"]}
    before = contents(sample)
    adopted(sample)
    written = {file: data for file, data in contents(sample).items() if before.get(file) != data}
    assert set(written) == set(told)
    for file, action in told.items():
        lines = written[file].decode().splitlines()
        assert action["lines"] == len(lines)
        assert [lines[added["line"] - 1] for added in action["added"]] == [added["text"] for added in action["added"]]


def test_the_folder_is_clean_once_it_is_committed(sample: Repository) -> None:
    """What a release makes is ignored: a dirty folder would stop the release that made it so."""
    adopted(sample)
    sample.commit("adopt castoff")
    for file in (
        ".venv-release/bin/python",
        "dist/x.whl",
        "dist-manifest.json",
        "dist-sbom/x",
        "src/sample_x/__pycache__/x.pyc",
    ):
        sample.write(file, "")
    assert sample.git("status", "--porcelain") == ""


def test_bumped_pins_are_kept(sample: Repository) -> None:
    adopted(sample)
    pin, _, _ = sample.read(WORKFLOW).partition("actions/checkout@")[2].partition("\n")
    bumped = sample.read(WORKFLOW).replace(pin, f"{'c' * 40} # v9.0.0")
    sample.write(WORKFLOW, bumped)
    assert "keep" not in adopted(sample).out
    assert sample.read(WORKFLOW) == bumped


def test_a_workflow_of_ours_that_was_changed_stays_and_is_written_anew_on_request_with_its_pins(
    sample: Repository,
) -> None:
    adopted(sample)
    ours = sample.read(WORKFLOW)
    pin, _, _ = ours.partition("actions/checkout@")[2].partition("\n")
    bumped = ours.replace(pin, f"{'c' * 40} # v9.0.0")
    sample.write(WORKFLOW, bumped.replace("timeout-minutes: 20", "timeout-minutes: 25"))
    assert "keep  .github/workflows/release.yml" in adopted(sample).out
    assert "timeout-minutes: 25" in sample.read(WORKFLOW)
    assert init(sample, "--no-lock", "--replace-workflow").code == 0
    assert sample.read(WORKFLOW) == bumped


def test_another_release_workflow_is_never_overwritten_unasked(sample: Repository) -> None:
    """It is refused with what to type, and nothing at all is written."""
    sample.write(WORKFLOW, "name: Mine\non: push\njobs:\n  upload:\n    runs-on: ubuntu-latest\n    steps: []\n")
    before = contents(sample)
    ran = init(sample, "--no-lock")
    assert ran.code == 1
    assert "another release workflow" in ran.err
    assert "type: castoff init --replace-workflow" in ran.err
    assert contents(sample) == before
    assert init(sample, "--no-lock", "--replace-workflow").code == 0
    assert "  twine-check:" in sample.read(WORKFLOW)


@pytest.mark.parametrize(
    "said", ["uses: pypa/gh-action-pypi-publish@release/v1", "run: twine  upload dist/*", "run: poetry publish"]
)
def test_a_second_workflow_that_publishes_is_told(sample: Repository, said: str) -> None:
    text = f"on: release\njobs:\n  it:\n    runs-on: ubuntu-latest\n    steps:\n      - {said}\n"
    sample.write(".github/workflows/publish.yml", text)
    (note,) = [note for note in planned(sample)["notes"] if "publishes too" in note]
    assert note.startswith(".github/workflows/publish.yml:6 ")


def test_all_problems_are_told_together_before_anything_is_written(sample: Repository) -> None:
    sample.write(WORKFLOW, "on: push\njobs: {}\n")
    sample.write("tasks.py", "def broken(:\n")
    sample.write("Makefile", "all:\n\techo\n\nrelease: all\n\ttwine upload\n")
    before = contents(sample)
    ran = init(sample, "--no-lock")
    assert ran.code == 1
    assert ran.err.count("error:") == 3
    assert "Makefile:4: the target release is taken" in ran.err
    assert "tasks.py: it is not Python" in ran.err
    assert contents(sample) == before


# --- beside what is there -------------------------------------------------------------------------------------------

MAKEFILE = """\
VERSION := $(shell cat version.txt)
PYTHON = $(BIN)/python

.PHONY: all test
all: test ; @echo all of $(VERSION)

test build:
\t@echo mine $@

url = https://example.com/a:b
"""


def test_a_makefile_keeps_its_content_and_includes_ours(sample: Repository) -> None:
    sample.write("Makefile", MAKEFILE)
    sample.write("version.txt", "7\n")
    ran = adopted(sample)
    assert sample.read("Makefile") == f"{MAKEFILE}\n# the targets of a release\ninclude castoff.mk\n"
    assert "Makefile:7: your target test stays; castoff's is called castoff-test" in ran.out
    assert "Makefile:7: your target build stays; castoff's is called castoff-build" in ran.out
    assert make(sample, "all") == ["mine test", "all of 7"], "its own default, and its own variables"
    assert make(sample) == ["mine test", "all of 7"]


def test_files_with_the_line_ends_of_windows_keep_them_in_every_line(sample: Repository) -> None:
    files = ("Makefile", ".gitignore", "pyproject.toml")
    sample.write("Makefile", "all:\n\t@echo mine\n")
    sample.write(".gitignore", "*.log\n")
    for file in files:
        sample.write(file, sample.read(file).replace("\n", "\r\n"))
    sample.commit("as on Windows")
    adopted(sample)
    for file in files:
        assert sample.read(file).count("\n") == sample.read(file).count("\r\n"), file
    changed = sample.git("diff", "--numstat", *files)
    assert all(line.split()[1] == "0" for line in changed.splitlines()), "nothing that was there has changed"


def test_the_included_targets_run_castoff_and_get_what_is_typed_and_not_what_the_makefile_says(
    sample: Repository,
) -> None:
    sample.write("Makefile", MAKEFILE)
    sample.write("version.txt", "7\n")
    adopted(sample)
    program = sample.root / ".venv-release" / "bin" / "castoff"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$1 ${VERSION-unset}"\n')
    program.chmod(0o755)
    for stamp in (".locked", ".ready"):
        (sample.root / ".venv-release" / stamp).touch()
    (sample.root / "requirements-release.txt").touch()
    for stamp in (".locked", ".ready"):
        (sample.root / ".venv-release" / stamp).touch()
    assert make(sample, "release", "VERSION=0.4.0; $(shell touch canary)") == ["release 0.4.0; $(shell touch canary)"]
    assert make(sample, "castoff-build") == ["build unset"]
    assert not (sample.root / "canary").exists()


def make(repo: Repository, *words: str) -> list[str]:
    """Return the lines that make prints."""
    ran = subprocess.run(["make", *words], cwd=repo.root, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "warning" not in ran.stderr
    return ran.stdout.splitlines()


@pytest.mark.parametrize("line", [".ONESHELL:", ".RECIPEPREFIX = >"])
def test_a_makefile_that_changes_what_recipes_are_is_refused(sample: Repository, line: str) -> None:
    sample.write("Makefile", f"all:\n\n{line}\n")
    ran = init(sample, "--no-lock")
    assert ran.code == 1
    assert "Makefile:3: " in ran.err


OWN_TASK = """\
from invoke import Collection, task


@task
def build(c):
    print('mine')
"""
TASKS = {"implicit": OWN_TASK, "explicit": f"{OWN_TASK}\n\nns = Collection(build)\n"}


@pytest.mark.parametrize("kind", TASKS)
def test_a_tasks_py_keeps_its_tasks_and_gets_ours_as_a_collection(sample: Repository, kind: str) -> None:
    sample.write("tasks.py", TASKS[kind])
    adopted(sample)
    assert sample.read("tasks.py").startswith(TASKS[kind])
    invoke = CASTOFF.parent / "invoke"
    listed = subprocess.run([str(invoke), "--list"], cwd=sample.root, capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    assert {"build", "castoff.build", "castoff.twine-check"} <= set(names)
    assert ".venv-release/bin/castoff lint" in sample.read("Makefile"), "make does not depend on their tasks"


def test_a_tasks_py_that_has_nothing_to_do_with_invoke_is_left_alone(sample: Repository) -> None:
    sample.write("tasks.py", "import celery\n")
    assert "keep  tasks.py" in adopted(sample).out
    assert sample.read("tasks.py") == "import celery\n"


DEPENDABOT = """\
version: 2
updates:
  # of the sources
  - package-ecosystem: "pip"  # kept
    directory: "/"
    schedule: {interval: daily}

registries: {}
"""


def test_dependabot_gets_the_pins_of_the_actions_beside_what_it_has(sample: Repository) -> None:
    sample.write(".github/dependabot.yml", DEPENDABOT)
    adopted(sample)
    new = sample.read(".github/dependabot.yml")
    assert "  - package-ecosystem: github-actions\n    directory: /\n" in new
    kept = iter(new.splitlines())
    assert all(line in kept for line in DEPENDABOT.splitlines()), "every line is there still, in its order"


def test_dependabot_that_knows_the_actions_is_left_alone(sample: Repository) -> None:
    text = (
        "version: 2\nupdates:\n- package-ecosystem: github-actions\n  directory: /\n  schedule:\n    interval: daily\n"
    )
    sample.write(".github/dependabot.yml", text)
    adopted(sample)
    assert sample.read(".github/dependabot.yml") == text


def test_a_page_of_the_projects_own_stays(sample: Repository) -> None:
    sample.write("RELEASING.md", "# How we do it\n")
    assert "keep  RELEASING.md: it is yours" in adopted(sample).out
    assert sample.read("RELEASING.md") == "# How we do it\n"


def test_windows_line_ends_stay(sample: Repository) -> None:
    text = sample.read("pyproject.toml").replace("\n", "\r\n")
    sample.write("pyproject.toml", text)
    adopted(sample)
    new = sample.read("pyproject.toml")
    assert new.startswith(text)
    assert "\n" not in new.replace("\r\n", "")


def test_checks_that_are_configured_stay_as_they_are(sample: Repository) -> None:
    text = sample.read("pyproject.toml") + '\n[tool.castoff.checks]\ntest = [["pytest", "-x"], ["mypy", "src"]]\n'
    sample.write("pyproject.toml", text)
    adopted(sample)
    assert sample.read("pyproject.toml") == text


def test_a_project_with_nothing_but_a_setup_py_is_adopted(tmp_path: Path) -> None:
    """The configuration gets a pyproject.toml, and setuptools stands in the lock: it is not there unasked."""
    setup = "from setuptools import setup\n\nsetup(name='old', version='1.0', py_modules=['old'])\n"
    repo = plain(tmp_path, {"setup.py": setup, "old.py": "", "setup.cfg": "[tool:pytest]\n"})
    adopted(repo)
    assert tomllib.loads(repo.read("pyproject.toml")) == {"tool": {"castoff": {"checks": {"test": ["pytest"]}}}}
    assert {"setuptools", "wheel"} <= set(repo.read("requirements-release.in").splitlines())
    assert "# Releasing old\n" in repo.read("RELEASING.md")


# --- what cannot be adopted as it is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["https://github.com/$(touch x)/y", "https://github.com/a/b c", "git@github.com:a/b;x.git"],
)
def test_a_remote_that_is_no_plain_github_address_is_never_written_anywhere(tmp_path: Path, url: str) -> None:
    repo = project(tmp_path)
    repo.git("remote", "set-url", "origin", url)
    repo.git("config", f"url.{repo.remote}.insteadOf", url)
    assert init(repo, "--no-lock").code == 0
    said = b"".join(contents(repo).values())
    assert url.encode() not in said
    assert b"touch x" not in said
    assert "OWNER" in repo.read("RELEASING.md")


def test_an_environment_that_would_break_out_is_refused(sample: Repository) -> None:
    text = sample.read("pyproject.toml")
    sample.write("pyproject.toml", f'{text}\n[tool.castoff]\nenvironment = "pypi # ${{{{ secrets.X }}}}"\n')
    ran = init(sample, "--no-lock")
    assert ran.code == 1
    assert "cannot write safely" in ran.err


def test_a_project_below_the_top_of_its_repository_is_refused(tmp_path: Path) -> None:
    files = {"part/pyproject.toml": '[project]\nname = "part"\nversion = "1"\n', "part/part.py": ""}
    repo = plain(tmp_path, files)
    ran = init(Repository(repo.root / "part", repo.remote), "--no-lock")
    assert ran.code == 1
    assert "below the top of its repository" in ran.err


def test_a_fork_is_asked_about_until_the_remote_is_named(sample: Repository) -> None:
    assert not [note for note in planned(sample)["notes"] if "fork" in note]
    sample.git("remote", "add", "upstream", "https://me:secret@example.com/them/sample.git")
    (note,) = [note for note in planned(sample)["notes"] if "fork" in note]
    assert note.endswith('write remote = "upstream" in [tool.castoff]')
    assert "secret" not in note
    sample.write("pyproject.toml", sample.read("pyproject.toml") + '\n[tool.castoff]\nremote = "origin"\n')
    assert not [note for note in planned(sample)["notes"] if "fork" in note]


def test_a_version_from_git_tags_is_refused_with_the_other_problems(tmp_path: Path) -> None:
    text = (
        '[build-system]\nrequires = ["setuptools", "setuptools-scm", "Cython"]\n'
        'build-backend = "setuptools.build_meta"\n'
        '[project]\nname = "sample"\ndynamic = ["version"]\nrequires-python = "<3.9"\n'
    )
    ran = init(plain(tmp_path, {"pyproject.toml": text, "sample.py": ""}), "--no-lock")
    assert ran.code == 1
    assert "setuptools-scm makes it from the git tags" in ran.err
    assert 'write it as [project] version = "X" in pyproject.toml, take "version" out of dynamic' in ran.err
    assert "[tool.castoff] places" not in ran.err, "places that the backend does not read would not help"
    assert "castoff runs on Python 3.11 and newer" in ran.err
    assert "modules that are compiled" in ran.err


SETUP = (
    "from setuptools import Extension, setup\n\nsetup(\n    ext_modules=[Extension('sample_x.fast', ['fast.c'])],\n)\n"
)


def test_compiled_modules_are_told_and_a_matrix_is_offered(tmp_path: Path) -> None:
    repo = project(tmp_path, "setuptools")
    repo.write("setup.py", SETUP)
    ran = init(repo, "--no-lock")
    assert ran.code == 1
    assert "setup.py:4: it has modules that are compiled (ext_modules)" in ran.err
    assert "linux_x86_64, which PyPI" in ran.err
    assert "type: castoff init --wheels" in ran.err


def test_a_matrix_builds_the_wheels_and_they_go_through_the_same_jobs(tmp_path: Path) -> None:
    repo = project(tmp_path, "setuptools")
    repo.write("setup.py", SETUP)
    ran = adopted(repo, "--wheels")
    assert "`make rehearse` cannot play this workflow" in ran.out
    assert tomllib.loads(repo.read("pyproject.toml"))["tool"]["castoff"]["build"] == ["sdist"]
    workflow = read_workflow(WORKFLOW, repo.read(WORKFLOW))
    order = ["preflight", "wheels", "twine-check", "sign", "publish", "github-release"]
    assert [job.id for job in workflow.jobs] == order
    assert [list(job.needs) for job in workflow.jobs] == [[], *([before] for before in order[:-1])]
    steps = [step for job in workflow.jobs for step in job.steps]
    uses = [step.uses for step in steps if step.uses]
    assert all(use.pinned for use in uses)
    assert "pypa/cibuildwheel" in {use.action for use in uses}
    fetched = [
        step.inputs for job in workflow.jobs for step in job.steps if step.uses and "download" in step.uses.action
    ]
    assert [inputs.get("pattern") for inputs in fetched if inputs.get("path") == "dist/"] == ["dist*"] * 4
    assert len(workflow.jobs[4].steps) == 2, "publishing stays two steps"
    assert adopted(repo).code == 0, "the matrix is remembered"


# --- the checks -----------------------------------------------------------------------------------------------------

BARE = '[project]\nname = "sample"\nversion = "1.0"\n'


PYRIGHT = ["basedpyright", "--pythonpath", ".venv-release/bin/python"]
UNITTEST = ["python", "-m", "unittest", "discover", "-s", "tests"]
EXTRA = "[project.optional-dependencies]\ntest = ['pytest', 'black']\n"
HOOK = """\
repos:
- repo: https://github.com/astral-sh/ruff-pre-commit
  rev: v0.6.9
  hooks:
  - id: ruff
  - id: ruff-format
"""
FOUND: dict[str, tuple[dict[str, str], dict[str, list[str]]]] = {
    "nothing": ({}, {"test": ["python", "-c", "import sample"]}),
    "unittest": ({"tests/test_x.py": ""}, {"test": UNITTEST}),
    "pytest in tox": ({"tox.ini": "[testenv]\ndeps = pytest\ncommands = pytest\n"}, {"test": ["pytest"]}),
    "tox": ({"tox.ini": "[testenv]\ncommands = ./run\n"}, {"test": ["tox", "run", "-e", "py"]}),
    "nox": ({"noxfile.py": "import nox\n"}, {"test": ["nox"]}),
    "setup.cfg": (
        {"setup.cfg": "[flake8]\n[mypy]\nfiles = sample.py\n[tool:pytest]\n"},
        {"lint": ["flake8", "--extend-exclude", ".venv-release"], "typecheck": ["mypy"], "test": ["pytest"]},
    ),
    "mypy-in-a-namespace": (
        {
            "pyproject.toml": BARE.replace('name = "sample"', 'name = "big-sample"') + "[tool.mypy]\nstrict = true\n",
            "src/big/sample/__init__.py": "",
        },
        {"typecheck": ["mypy", "-p", "big.sample"]},
    ),
    "mypy": ({"pyproject.toml": f"{BARE}[tool.mypy]\nstrict = true\n"}, {"typecheck": ["mypy", "sample.py"]}),
    "basedpyright": ({"pyproject.toml": f"{BARE}[tool.basedpyright]\n"}, {"typecheck": PYRIGHT}),
    "an extra": ({"pyproject.toml": f"{BARE}{EXTRA}"}, {"format-check": ["black", "--check", "."], "test": ["pytest"]}),
    "pre-commit": (
        {".pre-commit-config.yaml": HOOK},
        {"lint": ["ruff", "check"], "format-check": ["ruff", "format", "--check"]},
    ),
}


@pytest.mark.parametrize(("files", "checks"), FOUND.values(), ids=FOUND)
def test_the_checks_are_those_that_the_project_has(
    tmp_path: Path, files: dict[str, str], checks: dict[str, list[str]]
) -> None:
    assert planned(plain(tmp_path, {"pyproject.toml": BARE, "sample.py": "", **files}))["checks"] == checks


def test_a_hook_that_is_pinned_pins_the_tool_in_the_lock(tmp_path: Path) -> None:
    repo = plain(tmp_path, {"pyproject.toml": BARE, "sample.py": "", ".pre-commit-config.yaml": HOOK})
    adopted(repo)
    assert "ruff==0.6.9" in repo.read("requirements-release.in").splitlines()


@pytest.mark.parametrize(
    ("file", "text", "tool"),
    [
        ("pyproject.toml", f'{BARE}[tool.bumpversion]\ncurrent_version = "1.0"\n', "bump-my-version"),
        ("tbump.toml", '[version]\ncurrent = "1.0"\n', "tbump"),
        ("pyproject.toml", f"{BARE}[tool.semantic_release]\n", "python-semantic-release"),
    ],
)
def test_another_tool_that_bumps_is_told(tmp_path: Path, file: str, text: str, tool: str) -> None:
    repo = plain(tmp_path, {"pyproject.toml": BARE, "sample.py": "", file: text})
    assert [note for note in planned(repo)["notes"] if f"is for {tool}:" in note]


# --- the lock -------------------------------------------------------------------------------------------------------


def test_without_the_network_it_is_said_plainly_and_nothing_is_written(sample: Repository) -> None:
    before = contents(sample)
    ran = castoff(sample, "init", UV_OFFLINE="1", UV_NO_CACHE="1")
    assert ran.code == 1
    assert "requirements-release.txt cannot be made; uv says" in ran.err
    assert "type: castoff init --no-lock" in ran.err
    assert "uv pip compile --universal" in ran.err
    assert contents(sample) == before


def test_a_lock_that_lacks_something_is_told_with_the_command_and_stays(sample: Repository) -> None:
    adopted(sample)
    sample.write("requirements-release.txt", f"uv==0.8.0 \\\n    --hash=sha256:{'a' * 64}\n")
    ran = init(sample)
    assert ran.code == 0
    assert "keep  requirements-release.txt: it lacks castoff, editables, hatchling; uv pip compile" in ran.out


@pytest.mark.e2e
def test_an_adopted_project_rehearses_its_release(tmp_path: Path, shared: Path) -> None:
    """From `castoff init` to a release, by `make` in the jobs, with castoff from a lock of digests."""
    env = links(shared)
    repo = project(tmp_path, "uv", "flat")
    ran = castoff_anew(repo, "init", **env)
    assert ran.code == 0, ran.err
    lock = repo.read("requirements-release.txt")
    assert f"castoff=={__version__} \\\n    --hash=sha256:" in lock
    assert "://" not in lock
    repo.commit("adopt castoff")
    repo.git("push", "--quiet", "origin", "main")
    played = rehearse(repo, tmp_path / "temp", new=True, **env)
    assert (played.code, played.data["released"]) == (0, True), played.ran.err
    assert set(played.index) == {"sample_x-0.1.1-py3-none-any.whl", "sample_x-0.1.1.tar.gz"}


def test_every_template_is_used_and_has_no_placeholder_left(sample: Repository) -> None:
    adopted(sample)
    assert not [file for file, data in contents(sample).items() if b"%%" in data]
    assert {"Makefile.head", "Makefile.targets", "castoff.mk.head", "release.yml", "wheels.yml", "RELEASING.md"} <= set(
        templates()
    )
