"""Makefile, tasks, workflow, page and dependabot's file: what init makes of each, given what stands there already.

A file that is not there is written. One that says what would be written is left alone, with the pins it has. One that
is ours and was changed since, or is somebody else's, stays: ours is added beside it where that can be done.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from castoff.core import make_text
from castoff.core.adoption import Facts, make_values, values
from castoff.core.commands import BESIDE
from castoff.core.edits import Edit, Kept, Outcome
from castoff.core.errors import Location, Problem
from castoff.core.filling import fill, fill_lines
from castoff.core.texts import Text, decode
from castoff.core.tree import Tree

WORKFLOWS = ".github/workflows"
WORKFLOW = f"{WORKFLOWS}/release.yml"
PAGE = "RELEASING.md"
_DEPENDABOT = ".github/dependabot.yml"
JOBS = ("preflight", "twine-check", "sign", "publish", "github-release")
_CHANGED = "changed since, or written by another castoff: it stays as it is"
_NEEDED = ("preflight", "twine-check", "release", "rehearse")
"""The targets that cannot have another name: the workflow runs them, and everything castoff says names them."""
_PIN = re.compile(r"(?P<action>[\w./-]+)@(?P<sha>[0-9a-f]{40})(?P<tag> # v[\w.]+)?")
_PUBLISHES = re.compile(
    r"pypa/gh-action-pypi-publish|\btwine\s+upload\b|\b(?:poetry|uv|hatch|flit|pdm)\s+publish\b|python-semantic-release@"
)
Templates = Mapping[str, str]


def adopted(facts: Facts, templates: Templates, tree: Tree, *, replace_workflow: bool) -> Outcome:
    """Return what init comes to for all files that are filled from templates."""
    return (
        makefile(facts, templates, tree)
        + tasks(templates, tree)
        + workflow(facts, templates, tree, replace=replace_workflow)
        + page(facts, templates, tree)
        + dependabot(facts, templates, tree)
    )


def whole_makefile(facts: Facts, templates: Templates, program: str = "invoke") -> str:
    """Return the Makefile of a project that has none; `program` is what runs the verbs, `invoke` or `castoff`."""
    filled = make_values(facts, program=program, head=True)
    return fill(templates["Makefile.head"], filled) + fill_lines(templates["Makefile.targets"], filled)


def makefile(facts: Facts, templates: Templates, tree: Tree) -> Outcome:
    """Return the edits for make: a Makefile, or castoff.mk and its `include` in the one that is there."""
    tasks_text = _text(tree, "tasks.py")
    ours = tree.read("tasks/__init__.py") is None and (
        tasks_text is None or tasks_text.text == templates["tasks.py.text"]
    )
    programs = ("invoke", "castoff") if ours else ("castoff", "invoke")
    wholes = [whole_makefile(facts, templates, program) for program in programs]
    there = next((name for name in make_text.NAMES if name in tree.names("")), "Makefile")
    text = _text(tree, there)
    if text is None:
        return _write(there, wholes[0], "the targets, and the environment they run in")
    if text.text in wholes:
        return Outcome()
    if text.text.startswith(wholes[0].partition("\n")[0]):
        return Outcome(kept=(Kept(there, _CHANGED),))
    return _beside(facts, templates, tree, text)


def _beside(facts: Facts, templates: Templates, tree: Tree, text: Text) -> Outcome:
    """Return the edits for a Makefile of the project's own: castoff.mk, and the line that includes it."""
    theirs = make_text.targets(text)
    problems = [
        Problem(f"the target {name} is taken, and the release needs it; call yours otherwise", theirs[name])
        for name in _NEEDED
        if name in theirs
    ]
    problems += make_text.foreign_recipes(text)
    filled = make_values(facts, frozenset(theirs), program="castoff", head=False)
    ours = fill(templates["castoff.mk.head"], filled) + fill_lines(templates["Makefile.targets"], filled)
    others = [name.removeprefix("castoff-") for name in filled["phony"].split() if name.startswith("castoff-")]
    notes = tuple(
        f"{theirs[name]}: your target {name} stays; castoff's is called castoff-{name}"
        for name in others
        if name not in _NEEDED
    )
    included = make_text.includes(text, BESIDE)
    line = "\n# the targets of a release\ninclude castoff.mk\n"
    edit = () if included else (_append(text, line, "castoff's targets"),)
    return _ours_or_kept(tree, BESIDE, ours, "the targets, and the environment they run in") + Outcome(
        edit, problems=tuple(problems), notes=notes
    )


def tasks(templates: Templates, tree: Tree) -> Outcome:
    """Return the edits for invoke: a tasks.py, or castoff's collection in the one that is there."""
    file = "tasks/__init__.py" if tree.read("tasks/__init__.py") is not None else "tasks.py"
    ours, text = templates["tasks.py.text"], _text(tree, file)
    if text is None:
        return _write(file, ours, "the verbs, as invoke tasks")
    try:
        module = ast.parse(text.text)
    except (SyntaxError, ValueError) as error:
        return Outcome(problems=(Problem(f"it is not Python: {error}", Location(file)),))
    imported = _imported(module)
    if imported & {"castoff", "castoff.tasks"}:
        return Outcome()
    if "invoke" not in imported:
        return Outcome(kept=(Kept(file, "it has no invoke tasks; make and `castoff` run the verbs without it"),))
    name = next((name for name in ("ns", "namespace") if name in _assigned(module)), None)
    lines = _COLLECTED.format(name=name) if name else _GATHERED
    notes = ("tasks.py is yours: castoff's tasks are in it as `invoke castoff.NAME`",)
    return Outcome((_append(text, lines, "castoff's tasks, as a collection"),), notes=notes)


_COLLECTED = """

from castoff.tasks import namespace as _castoff  # noqa: E402

{name}.add_collection(_castoff, name="castoff")
"""
_GATHERED = """

from castoff.tasks import namespace as _castoff  # noqa: E402
from invoke import Collection as _Collection, Task as _Task  # noqa: E402

namespace = _Collection(*(_task for _task in list(globals().values()) if isinstance(_task, _Task)))
namespace.add_collection(_castoff, name="castoff")
"""


def workflow_text(facts: Facts, templates: Templates) -> str:
    """Return the release workflow."""
    filled = values(facts)
    filled["wheels_job"] = templates["wheels.yml"] if facts.wheels else ""
    return fill_lines(templates["release.yml"], filled)


def workflow(facts: Facts, templates: Templates, tree: Tree, *, replace: bool) -> Outcome:
    """Return the edits for the release workflow, and a note for each other one that publishes too."""
    ours, text = workflow_text(facts, templates), _text(tree, WORKFLOW)
    notes = tuple(_other_publishers(tree))
    if text is None:
        return _write(WORKFLOW, ours, "the jobs of a release") + Outcome(notes=notes)
    if _unpinned(text.text) == _unpinned(ours):
        return Outcome(notes=notes)
    if replace:
        pinned = _with_pins(ours, text.text)
        return Outcome((Edit(WORKFLOW, text.encode(text.text), pinned.encode(), "the jobs of a release"),), notes=notes)
    if all(re.search(rf"^  {job}:", text.text, re.MULTILINE) for job in JOBS):
        return Outcome(
            kept=(Kept(WORKFLOW, f"{_CHANGED}; --replace-workflow writes it anew, with its pins"),), notes=notes
        )
    what = "there is another release workflow, which init does not replace unasked; to replace it with castoff's"
    return Outcome(problems=(Problem(what, Location(WORKFLOW), ("castoff init --replace-workflow",)),), notes=notes)


def page(facts: Facts, templates: Templates, tree: Tree) -> Outcome:
    """Return the edit for RELEASING.md."""
    ours, text = fill_lines(templates["RELEASING.md"], values(facts)), _text(tree, PAGE)
    if text is not None and not text.text.startswith(ours.partition("\n")[0]):
        return Outcome(kept=(Kept(PAGE, "it is yours; move it away to get the page that goes with the workflow"),))
    return _ours_or_kept(tree, PAGE, ours, "how a release is cut, and what to do when it fails")


def dependabot(facts: Facts, templates: Templates, tree: Tree) -> Outcome:
    """Return the edit for dependabot's file: the pins of the actions, in it if it is there."""
    ours = fill(templates["dependabot.yml"], values(facts))
    text = _text(tree, ".github/dependabot.yaml") or _text(tree, _DEPENDABOT)
    if text is None:
        return _write(_DEPENDABOT, ours, "keeps the pins of the actions current")
    from castoff.core.dependabot_text import with_actions

    added = with_actions(text, ours)
    if added is None:
        said = "it has no list of updates that could be added to; add the ecosystem github-actions by hand"
        return Outcome(kept=(Kept(text.file, said),))
    return Outcome() if added == text.text else Outcome((_edit(text, added, "keeps the pins of the actions current"),))


def _write(file: str, new: str, what: str) -> Outcome:
    return Outcome((Edit(file, None, new.encode(), what),))


def _ours_or_kept(tree: Tree, file: str, ours: str, what: str) -> Outcome:
    text = _text(tree, file)
    if text is None:
        return _write(file, ours, what)
    return Outcome() if text.text == ours else Outcome(kept=(Kept(file, _CHANGED),))


def _append(text: Text, lines: str, what: str) -> Edit:
    ended = text.text if text.text.endswith("\n") or not text.text else text.text + "\n"
    return _edit(text, text.with_its_line_ends(ended + lines), what)


def _edit(text: Text, new: str, what: str) -> Edit:
    return Edit(text.file, text.encode(text.text), text.encode(new), what)


def _text(tree: Tree, file: str) -> Text | None:
    data = tree.read(file)
    return None if data is None else decode(file, data)


def _imported(module: ast.Module) -> set[str]:
    """Return the names of the modules that a module imports."""
    nodes = list(ast.walk(module))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return names | {name.partition(".")[0] for name in names if name.startswith("invoke.")}


def _assigned(module: ast.Module) -> set[str]:
    targets = [target for node in module.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in module.body if isinstance(node, ast.AnnAssign)]
    imported = [alias for node in module.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    return {target.id for target in targets if isinstance(target, ast.Name)} | {a.asname or a.name for a in imported}


def _unpinned(text: str) -> str:
    """Return a workflow without what the pins of its actions say: a bumped pin is no change."""
    return _PIN.sub(r"\g<action>@PIN", text.replace("\r\n", "\n"))


def _with_pins(ours: str, theirs: str) -> str:
    """Return our workflow with the pins that theirs has for the same actions."""
    known = {match["action"]: match[0] for match in _PIN.finditer(theirs) if match["tag"]}
    return _PIN.sub(lambda match: known.get(match["action"], match[0]), ours)


def _other_publishers(tree: Tree) -> Iterator[str]:
    for name in tree.names(WORKFLOWS):
        file = f"{WORKFLOWS}/{name}"
        text = _text(tree, file) if name.endswith((".yml", ".yaml")) and file != WORKFLOW else None
        match = _PUBLISHES.search(text.text) if text else None
        if text and match:
            said = " ".join(match[0].split())
            yield f"{text.at(match.start())} publishes too ({said}): take it away before the first tag, or both will"
