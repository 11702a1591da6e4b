"""`init`: Makefile, tasks, workflow, page and lock for a project that has none of ours; all of them, or nothing.

A plan first: everything is read, every file's new content computed, and every problem found and told, before the
first byte is written. What is there already stays, and ours goes beside it; so a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TypeVar

from castoff.adapters.files import Replacement, create_problems, replace_all, write_problems
from castoff.core.adopted import adopted
from castoff.core.adoption import Facts
from castoff.core.castoff_table import checks_value, with_table
from castoff.core.dev_requirements import all_sources, build_requirements, chosen
from castoff.core.edits import Edit, Kept, Outcome, as_data, described
from castoff.core.errors import CastoffError, Problem
from castoff.core.locking import Needs, Wanted, command, lock_problems, required_names, shown, wanted
from castoff.core.project import Project
from castoff.core.texts import Text
from castoff.flows.checkout import Checkout
from castoff.flows.locking import make_lock
from castoff.flows.surveying import Survey, survey

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Options:
    """How init is asked for."""

    castoff: str
    """The version of the castoff that runs: the lock is to have it, or a newer one."""
    dry_run: bool = False
    replace_workflow: bool = False
    wheels: bool = False
    """Whether wheels are to be built by a matrix of platforms."""
    lock: bool = True
    """Whether the lock is to be made, which needs the network."""


def init(checkout: Checkout, options: Options) -> None:
    """Adopt the project, or print what would be written. Raises CastoffError with all reasons, nothing touched."""
    found = survey(checkout, wheels=options.wheels)
    outcome = _outcome(checkout, found, options)
    outcome += Outcome(problems=tuple(_unwritable(checkout.root, outcome.edits)))
    if outcome.problems:
        raise CastoffError(*outcome.problems)
    _show(checkout, found, outcome, dry_run=options.dry_run)
    if not options.dry_run:
        replace_all(checkout.root, [Replacement(edit.file, edit.old, edit.new) for edit in outcome.edits])
    _close(checkout, found, outcome, options)


def _outcome(checkout: Checkout, found: Survey, options: Options) -> Outcome:
    """Return what init comes to for every file, and all problems."""
    facts = found.facts
    outcome = Outcome(notes=found.notes)
    outcome += _told(lambda: adopted(facts, templates(), checkout.folder, replace_workflow=options.replace_workflow))
    outcome += _told(lambda: _pyproject(found))
    outcome += _told(lambda: _ignored(checkout, facts))
    if not facts.own:
        outcome += _told(lambda: _lock(checkout, found, options))
    return outcome


def templates() -> dict[str, str]:
    """Return the templates by name: they are files of the package."""
    folder = resources.files("castoff") / "templates"
    return {entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.is_file()}


def _told(make: Callable[[], Outcome]) -> Outcome:
    """Return what `make` returns, or its problems: one file that cannot be made does not hide the others."""
    try:
        return make()
    except CastoffError as error:
        return Outcome(problems=error.problems)


def _pyproject(found: Survey) -> Outcome:
    """Return the edit of `[tool.castoff]`, for what differs from the defaults."""
    table: dict[str, object] = {}
    if found.main_differs:
        table["main"] = found.facts.main
    if found.facts.wheels:
        table["build"] = ["sdist"]
    if not found.checks.default and "checks" not in found.configured:
        table["checks"] = checks_value(found.checks.commands)
    old = found.project.pyproject
    text = old or Text("pyproject.toml", "", "utf-8", bom=False)
    new = with_table(text, table)
    if new == text.text:
        return Outcome()
    what = "what differs from castoff's defaults"
    return Outcome((Edit(text.file, old and old.encode(old.text), text.encode(new), what),))


def _ignored(checkout: Checkout, facts: Facts) -> Outcome:
    """Return the edit of .gitignore: what a release makes here, and git does not know yet that it is to be ignored."""
    made = {f"{facts.venv}/x": f"/{facts.venv}", "dist/x": "/dist/", "dist-manifest.json": "/dist-manifest.json"}
    made |= {"dist-sbom/x": "/dist-sbom/"}
    made |= {"x/__pycache__/x.pyc": "__pycache__/", ".x.castoff-tmp": "*.castoff-tmp"}
    if "setuptools" in facts.backend:
        made |= {"build/x": "/build/", "x.egg-info/x": "*.egg-info/"}
    lines = [line for path, line in made.items() if checkout.git.run("check-ignore", "-q", path, check=False).code != 0]
    if not lines:
        return Outcome()
    old = checkout.project().text(".gitignore")
    text = old or Text(".gitignore", "", "utf-8", bom=False)
    ended = text.text if text.text.endswith("\n") or not text.text else f"{text.text}\n"
    added = "\n".join([*(["", "# what a release makes"] if ended else ["# what a release makes"]), *lines, ""])
    new = text.encode(text.with_its_line_ends(ended + added))
    return Outcome((Edit(text.file, old and old.encode(old.text), new, "what a release makes in the folder"),))


def _lock(checkout: Checkout, found: Survey, options: Options) -> Outcome:
    """Return the edits for the lock and for what it is made from; a lock that is there stays."""
    facts, tree = found.facts, checkout.folder
    needs = _wanted(found, options.castoff)
    there, lock = tree.read(facts.wanted), tree.read(facts.lock)
    text = needs.text if there is None else there.decode("utf-8", "replace")
    outcome = Outcome()
    if there is None:
        outcome += Outcome((Edit(facts.wanted, None, text.encode(), "what the lock is made from"),))
    elif missing := sorted(needs.names - set(required_names(text)) - _in_sources(needs, found)):
        outcome += Outcome(kept=(Kept(facts.wanted, f"yours now; init would have {', '.join(missing)} in it too"),))
    again = shown(command(facts, needs))
    if lock is not None:
        wrong = lock_problems(facts.lock, lock.decode("utf-8", "replace"), frozenset(required_names(text)))
        return outcome + Outcome(kept=tuple(Kept(facts.lock, f"{one.what}; {again}") for one in wrong))
    if not options.lock:
        return outcome + Outcome(notes=(f"{facts.lock} is not made (--no-lock), and nothing installs without it",))
    made = make_lock(checkout, facts, needs, text)
    return outcome + Outcome((Edit(facts.lock, None, made.encode(), "what `make` installs, locked by digests"),))


def _in_sources(needs: Wanted, found: Survey) -> set[str]:
    """Return the names that the groups and extras bring already."""
    named = {*needs.groups, *needs.extras}
    return {name for source in all_sources(found.project) if source.name in named for name in source.names}


def _wanted(found: Survey, castoff: str) -> Wanted:
    sources, tools = chosen(list(all_sources(found.project)), found.checks.tools)
    build, file = build_requirements(found.project), _metadata_file(found.project)
    return wanted(found.facts, castoff, Needs(tuple(sources), tuple(tools), build, file))


def _metadata_file(project: Project) -> str:
    """Return the file that uv reads the dependencies from."""
    return next(f for f in ("pyproject.toml", "setup.cfg", "setup.py") if project.tree.read(f) is not None)


def _unwritable(root: Path, edits: tuple[Edit, ...]) -> list[Problem]:
    changed = [edit.file for edit in edits if edit.old is not None]
    return [*write_problems(root, changed), *create_problems(root, [e.file for e in edits if e.old is None])]


def _show(checkout: Checkout, found: Survey, outcome: Outcome, *, dry_run: bool) -> None:
    """Say what was found, and what is done about it."""
    say, facts = checkout.console, found.facts
    doing = "would adopt" if dry_run else "adopting"
    say.say(f"{doing} {facts.name}" if outcome.edits else f"{facts.name} is adopted already", "strong")
    say.rows(_found(found))
    for edit in outcome.edits:
        for style, line in described(edit):
            say.say(f"  {line}", style or None)
    for kept in outcome.kept:
        say.say(f"  keep  {kept.file}: {kept.why}")
    for note in outcome.notes:
        say.say(f"  note: {note}", "dim")


def _found(found: Survey) -> list[list[str]]:
    """Return what was found, as rows."""
    facts = found.facts
    checks = "; ".join(f"{name}: {', '.join(map(shown, commands))}" for name, commands in facts.checks.items())
    return [
        ["backend", facts.backend],
        ["package", f"{', '.join(facts.packages) or 'none found'} ({facts.layout})"],
        ["version", ", ".join(facts.places)],
        ["main branch", facts.main],
        ["repository", facts.repository.page if facts.repository else "not known"],
        ["checks", checks],
        ["Python", f"{facts.python} in the jobs, {facts.minimum} or newer on a laptop"],
    ]


def _close(checkout: Checkout, found: Survey, outcome: Outcome, options: Options) -> None:
    """Say what comes next."""
    say, facts = checkout.console, found.facts
    following = _next(checkout, outcome, found, options)
    if outcome.edits and not options.dry_run:
        say.say(f"{len(outcome.edits)} file(s) written", "good")
    say.next(*following)
    say.result(
        "init",
        {
            "name": facts.name,
            "backend": facts.backend,
            "layout": facts.layout,
            "packages": list(facts.packages),
            "places": list(facts.places),
            "main": facts.main,
            "repository": facts.repository and facts.repository.page,
            "checks": checks_value(facts.checks),
            "python": facts.python,
            "dry_run": options.dry_run,
            "actions": [as_data(edit) for edit in outcome.edits],
            "kept": [{"file": kept.file, "why": kept.why} for kept in outcome.kept],
            "notes": list(outcome.notes),
            "next": list(following),
        },
    )


def _next(checkout: Checkout, outcome: Outcome, found: Survey, options: Options) -> tuple[str, ...]:
    facts = found.facts
    if options.dry_run:
        return ("castoff init",) if outcome.edits else ()
    unlocked = not options.lock and found.project.tree.read(facts.lock) is None
    first = (shown(command(facts, _wanted(found, options.castoff))),) if unlocked and not facts.own else ()
    files = " ".join([*(edit.file for edit in outcome.edits), *([facts.lock] if first else [])])
    rest = (f"git add {files}", "git commit") if files else ()
    look = () if facts.own or not files else (checkout.command("check"),)  # whether the checks that were found pass
    return (*first, *rest, *look, *(() if facts.wheels else ("make rehearse",)))
