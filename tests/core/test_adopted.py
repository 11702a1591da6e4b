"""What init makes of each file of a project, given what stands there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from castoff.core.adopted import adopted, dependabot, makefile, page, tasks, workflow
from castoff.core.adoption import Facts
from castoff.core.edits import Edit, Kept, Outcome
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.forge import Repository
from tests.memory import Memory

FACTS = Facts(
    name="sample-x",
    backend="hatchling.build",
    packages=("src/sample_x/__init__.py",),
    places=("pyproject.toml:project.version", "src/sample_x/__init__.py:__version__", "VERSION"),
    main="main",
    remote="origin",
    repository=Repository("somebody", "sample-x"),
    environment="pypi",
    checks={"lint": (("ruff", "check"),), "test": (("pytest",),)},
    python="3.13",
    minimum="3.11",
    wheels=False,
)
OLD, NEW = f"a/b@{'0' * 40} # v1", f"a/b@{'1' * 40} # v2.3"
JOBS = "".join(f"  {job}:\n" for job in ("preflight", "twine-check", "sign", "publish", "github-release"))
TEMPLATES = {
    "Makefile.head": "# head of %%{venv}\n\n",
    "Makefile.targets": ".PHONY: %%{phony}\n%%{unexport}\n%%{targets}\n",
    "castoff.mk.head": "# beside, in %%{venv}\n",
    "tasks.py.text": "from castoff import tasks\n",
    "release.yml": f"# {{name}}\njobs:\n{JOBS}%%{{wheels_job}}    uses: {OLD}\n".replace("{name}", "%%{name}"),
    "wheels.yml": "  wheels:\n",
    "RELEASING.md": "# Releasing %%{name}\n\n%%{owner_note}\nFrom %%{main}.\n",
    "dependabot.yml": "# See %%{lock}.\nupdates:\n  - package-ecosystem: github-actions\n",
}
WORKFLOW = ".github/workflows/release.yml"
CHANGED = "changed since, or written by another castoff: it stays as it is"
RUNS = "the targets, and the environment they run in"


def below(**files: str) -> Memory:
    """Return a tree; a file is called by its name, or by one of these for short."""
    short = {"release": WORKFLOW, "tasks": "tasks.py", "dependabot": ".github/dependabot.yml", "page": "RELEASING.md"}
    return Memory({short.get(name, name): text.encode() for name, text in files.items()})


def written(outcome: Outcome) -> dict[str, str]:
    """Return what is written into each file."""
    return {edit.file: edit.new.decode() for edit in outcome.edits}


def test_a_project_with_none_of_the_files_gets_each_of_them_and_says_what_it_is_for() -> None:
    outcome = adopted(FACTS, TEMPLATES, below(), replace_workflow=False)
    assert outcome == replace(Outcome(), edits=outcome.edits)
    assert [(edit.file, edit.old, edit.what) for edit in outcome.edits] == [
        ("Makefile", None, RUNS),
        ("tasks.py", None, "the verbs, as invoke tasks"),
        (WORKFLOW, None, "the jobs of a release"),
        ("RELEASING.md", None, "how a release is cut, and what to do when it fails"),
        (".github/dependabot.yml", None, "keeps the pins of the actions current"),
    ]
    texts = written(outcome)
    assert texts["tasks.py"] == "from castoff import tasks\n"
    assert texts[WORKFLOW] == f"# sample-x\njobs:\n{JOBS}    uses: {OLD}\n"
    assert texts["RELEASING.md"] == "# Releasing sample-x\n\nFrom main.\n"
    assert texts[".github/dependabot.yml"] == (
        "# See requirements-release.txt.\nupdates:\n  - package-ecosystem: github-actions\n"
    )
    assert adopted(FACTS, TEMPLATES, below(**texts), replace_workflow=False) == Outcome(), "a second time, nothing"
    other = adopted(FACTS, TEMPLATES, below(**{**texts, WORKFLOW: "x"}), replace_workflow=True)
    assert written(other) == {WORKFLOW: texts[WORKFLOW]}


# --- make


def whole(program: str = "invoke") -> str:
    """Return the Makefile of a project that has none."""
    others = {"invoke": below(), "castoff": below(tasks="x\n")}
    return written(makefile(FACTS, TEMPLATES, others[program]))["Makefile"]


def test_a_makefile_runs_invoke_where_tasks_py_is_ours_and_castoff_where_it_is_not() -> None:
    assert whole().startswith("# head of .venv-release\n\n.PHONY: help install lint test check build")
    assert "@.venv-release/bin/invoke lint" in whole()
    assert "@.venv-release/bin/castoff lint" in whole("castoff")
    assert written(makefile(FACTS, TEMPLATES, below(**TEMPLATES, tasks=TEMPLATES["tasks.py.text"]))) == {
        "Makefile": whole()
    }
    folder = below(**{"tasks/__init__.py": "", "tasks": TEMPLATES["tasks.py.text"]})
    assert written(makefile(FACTS, TEMPLATES, folder)) == {"Makefile": whole("castoff")}


@pytest.mark.parametrize("program", ["invoke", "castoff"])
@pytest.mark.parametrize("tasks", [{}, {"tasks": "x\n"}], ids=["our tasks", "other tasks"])
def test_a_makefile_of_ours_stays_whichever_program_it_runs(tasks: dict[str, str], program: str) -> None:
    assert makefile(FACTS, TEMPLATES, below(Makefile=whole(program), **tasks)) == Outcome()


def test_a_makefile_of_ours_that_was_changed_stays_and_that_is_said() -> None:
    there = below(Makefile=whole().replace(".PHONY", "more:\n.PHONY"))
    assert makefile(FACTS, TEMPLATES, there) == Outcome(kept=(Kept("Makefile", CHANGED),))


@pytest.mark.parametrize("file", ["GNUmakefile", "makefile", "Makefile"])
def test_another_makefile_gets_a_line_that_includes_ours(file: str) -> None:
    before = "all: lint\nlint status:\n\ttrue\n"
    outcome = makefile(FACTS, TEMPLATES, below(**{file: before, "Makefile": before}))
    ours, theirs = outcome.edits
    assert (ours.file, ours.old, ours.what) == ("castoff.mk", None, RUNS)
    assert ours.new.startswith(b"# beside, in .venv-release\n.PHONY: install castoff-lint test check build ")
    assert b"\t@.venv-release/bin/castoff lint\n" in ours.new
    included = f"{before}\n# the targets of a release\ninclude castoff.mk\n"
    assert theirs == Edit(file, before.encode(), included.encode(), "castoff's targets")
    assert outcome.notes == (
        f"{file}:2: your target lint stays; castoff's is called castoff-lint",
        f"{file}:2: your target status stays; castoff's is called castoff-status",
    )
    assert (outcome.problems, outcome.kept) == ((), ())
    again = makefile(FACTS, TEMPLATES, below(**{file: included, "castoff.mk": ours.new.decode()}))
    assert (again.edits, again.notes) == ((), outcome.notes)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("all:", "all:\n\n# the targets of a release\ninclude castoff.mk\n"),
        ("", "\n# the targets of a release\ninclude castoff.mk\n"),
        ("all:\r\n", "all:\r\n\r\n# the targets of a release\r\ninclude castoff.mk\r\n"),
        ("all:\r\n\ttrue", "all:\r\n\ttrue\r\n\r\n# the targets of a release\r\ninclude castoff.mk\r\n"),
    ],
    ids=["no line end", "empty", "Windows", "Windows, no line end"],
)
def test_the_line_is_ended_like_those_that_are_there(before: str, after: str) -> None:
    assert written(makefile(FACTS, TEMPLATES, below(Makefile=before)))["Makefile"] == after


def test_a_castoff_mk_that_was_changed_stays() -> None:
    there = below(**{"Makefile": "include castoff.mk\n", "castoff.mk": "mine:\n"})
    assert makefile(FACTS, TEMPLATES, there) == Outcome(kept=(Kept("castoff.mk", CHANGED),))


def test_targets_that_a_release_needs_and_what_changes_our_recipes_are_problems() -> None:
    outcome = makefile(FACTS, TEMPLATES, below(Makefile="x:\nrelease preflight:\n.ONESHELL:\n"))
    needs = "is taken, and the release needs it; call yours otherwise"
    assert outcome.problems == (
        Problem(f"the target preflight {needs}", Location("Makefile", 2)),
        Problem(f"the target release {needs}", Location("Makefile", 2)),
        Problem(".ONESHELL changes the recipes of castoff.mk too; take it out", Location("Makefile", 3)),
    )
    assert outcome.notes == ()


# --- invoke

GATHERED = """

from castoff.tasks import namespace as _castoff  # noqa: E402
from invoke import Collection as _Collection, Task as _Task  # noqa: E402

namespace = _Collection(*(_task for _task in list(globals().values()) if isinstance(_task, _Task)))
namespace.add_collection(_castoff, name="castoff")
"""
COLLECTED = """

from castoff.tasks import namespace as _castoff  # noqa: E402

{name}.add_collection(_castoff, name="castoff")
"""


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("from invoke import task\n", GATHERED),
        ("import invoke\n", GATHERED),
        ("import os, invoke.vendor.yaml as it", f"\n{GATHERED}"),
        ("from invoke.tasks import task\r\n", GATHERED.replace("\n", "\r\n")),
        ("from invoke import Collection\nns = Collection()\n", COLLECTED.format(name="ns")),
        ("from invoke import Collection\nnamespace: Collection = Collection()\n", COLLECTED.format(name="namespace")),
        ("from invoke import x\nnamespace = x()\nns = 1\n", COLLECTED.format(name="ns")),
        ("import invoke\nfrom .other import namespace\n", COLLECTED.format(name="namespace")),
        ("import invoke\nfrom .other import x as ns, namespace as y\n", COLLECTED.format(name="ns")),
        ("import invoke\na.ns = b[0] = ns_ = 1\ndef f():\n    ns = 1\n", GATHERED),
    ],
    ids=[
        *("a task", "the module", "a part of it, no line end", "Windows", "ns", "annotated", "both", "imported"),
        *("imported as ns", "other names"),
    ],
)
@pytest.mark.parametrize("file", ["tasks.py", "tasks/__init__.py"])
def test_tasks_of_the_project_s_own_get_ours_as_a_collection(file: str, before: str, added: str) -> None:
    outcome = tasks(TEMPLATES, below(**{"tasks.py": "import no\n", file: before}))
    edit = Edit(file, before.encode(), (before + added).encode(), "castoff's tasks, as a collection")
    assert outcome == Outcome((edit,), notes=("tasks.py is yours: castoff's tasks are in it as `invoke castoff.NAME`",))


@pytest.mark.parametrize(
    "text", ["import castoff\n", "from castoff.tasks import namespace\n", "from castoff import tasks\nimport invoke\n"]
)
def test_tasks_that_have_ours_stay(text: str) -> None:
    assert tasks(TEMPLATES, below(tasks=text)) == Outcome()


@pytest.mark.parametrize("text", ["import celery\n", "", "from .invoke import x\n", "import invokes.x\n"])
def test_a_module_that_is_only_called_tasks_stays(text: str) -> None:
    why = "it has no invoke tasks; make and `castoff` run the verbs without it"
    assert tasks(TEMPLATES, below(tasks=text)) == Outcome(kept=(Kept("tasks.py", why),))


@pytest.mark.parametrize(("text", "why"), [("def x(:\n", "invalid syntax"), ("\0", "source code")])
def test_tasks_that_are_no_python_are_a_problem(text: str, why: str) -> None:
    (problem,) = tasks(TEMPLATES, below(tasks=text)).problems
    assert problem.where == Location("tasks.py")
    assert problem.what.startswith(f"it is not Python: {why}")


# --- the workflow

OURS = f"# sample-x\njobs:\n{JOBS}    uses: {OLD}\n"


@pytest.mark.parametrize("there", [OURS, OURS.replace(OLD, NEW), OURS.replace("\n", "\r\n")])
@pytest.mark.parametrize("anew", [False, True])
def test_a_workflow_of_ours_stays_with_the_pins_it_has(there: str, *, anew: bool) -> None:
    assert workflow(FACTS, TEMPLATES, below(release=there), replace=anew) == Outcome()


def test_a_workflow_of_ours_that_was_changed_stays_and_it_is_said_what_writes_it_anew() -> None:
    why = f"{CHANGED}; --replace-workflow writes it anew, with its pins"
    there = below(release=f"{OURS}more\n")
    assert workflow(FACTS, TEMPLATES, there, replace=False) == Outcome(kept=(Kept(WORKFLOW, why),))


@pytest.mark.parametrize(
    ("there", "pin"),
    [(OURS.replace(OLD, NEW) + "more\n", NEW), (f"uses: {NEW}\n", NEW), (f"uses: a/b@{'1' * 40}\n", OLD), ("é", OLD)],
    ids=["ours", "another", "a pin that names no version", "none"],
)
def test_a_workflow_is_written_anew_on_request_with_the_pins_that_were_there(there: str, pin: str) -> None:
    edit = Edit(WORKFLOW, there.encode(), OURS.replace(OLD, pin).encode(), "the jobs of a release")
    assert workflow(FACTS, TEMPLATES, below(release=there), replace=True) == Outcome((edit,))


@pytest.mark.parametrize("there", [OURS.replace("  sign:\n", ""), f"# {OURS}".replace("\n  ", "\n    "), ""])
def test_another_release_workflow_is_a_problem_with_the_command_that_replaces_it(there: str) -> None:
    what = "there is another release workflow, which init does not replace unasked; to replace it with castoff's"
    problem = Problem(what, Location(WORKFLOW), ("castoff init --replace-workflow",))
    assert workflow(FACTS, TEMPLATES, below(release=there), replace=False) == Outcome(problems=(problem,))


def test_wheels_have_a_job_of_their_own() -> None:
    facts = replace(FACTS, wheels=True)
    assert written(workflow(facts, TEMPLATES, below(), replace=False)) == {
        WORKFLOW: f"# sample-x\njobs:\n{JOBS}  wheels:\n    uses: {OLD}\n"
    }


@pytest.mark.parametrize(
    ("release", "anew"),
    [
        ({}, False),
        ({"release": OURS}, False),
        ({"release": f"{OURS}more"}, False),
        ({"release": "x"}, True),
        ({"release": "x"}, False),
    ],
    ids=["no release workflow", "ours", "ours, changed", "to be replaced", "another"],
)
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("uses: pypa/gh-action-pypi-publish@release/v1", "pypa/gh-action-pypi-publish"),
        ("run: twine  upload dist/*", "twine upload"),
        ("run: uv publish", "uv publish"),
        ("uses: python-semantic-release/python-semantic-release@v9", "python-semantic-release@"),
    ],
)
def test_every_other_workflow_that_publishes_is_told(
    release: dict[str, str], line: str, said: str, *, anew: bool
) -> None:
    others = {".github/workflows/b.yaml": f"on: push\n{line}\n", ".github/workflows/a.yml": f"{line}\n"}
    none = {".github/workflows/c.txt": f"{line}\n", ".github/workflows/d.yml": "run: notwine upload\n", "e.yml": line}
    told = f"publishes too ({said}): take it away before the first tag, or both will"
    assert workflow(FACTS, TEMPLATES, below(**others, **none, **release), replace=anew).notes == (
        f".github/workflows/a.yml:1 {told}",
        f".github/workflows/b.yaml:2 {told}",
    )


def test_the_release_workflow_itself_publishes_and_is_not_told() -> None:
    assert workflow(FACTS, TEMPLATES, below(release="run: uv publish\n"), replace=True).notes == ()


# --- page and dependabot


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ("# Releasing sample-x\n\nFrom trunk.\n", CHANGED),
        ("# How we do it\n", "it is yours; move it away to get the page that goes with the workflow"),
    ],
)
def test_another_page_stays(there: str, why: str) -> None:
    assert page(FACTS, TEMPLATES, below(page=there)) == Outcome(kept=(Kept("RELEASING.md", why),))


@pytest.mark.parametrize("file", [".github/dependabot.yml", ".github/dependabot.yaml"])
def test_a_file_of_dependabot_s_gets_the_actions_or_stays(file: str) -> None:
    before = "updates:\n  - package-ecosystem: pip\n"
    after = f"{before}  - package-ecosystem: github-actions\n"
    edit = Edit(file, before.encode(), after.encode(), "keeps the pins of the actions current")
    assert dependabot(FACTS, TEMPLATES, below(**{file: before})) == Outcome((edit,))
    assert dependabot(FACTS, TEMPLATES, below(**{file: after})) == Outcome()
    why = "it has no list of updates that could be added to; add the ecosystem github-actions by hand"
    assert dependabot(FACTS, TEMPLATES, below(**{file: "updates: []\n"})) == Outcome(kept=(Kept(file, why),))


def test_a_file_in_no_known_encoding_is_refused() -> None:
    with pytest.raises(CastoffError, match=r"^RELEASING\.md cannot be decoded"):
        page(FACTS, TEMPLATES, Memory({"RELEASING.md": b"\xff"}))
