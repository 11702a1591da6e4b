"""The checks that a project has already: read from its configuration, its dependencies and its hooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from castoff.core.adoption import ENVIRONMENTS
from castoff.core.config import DEFAULT_CHECKS, Command
from castoff.core.dev_requirements import Source, all_sources
from castoff.core.project import Project, import_packages, module_names, read_cfg
from castoff.core.toml_text import get_table, get_tables, get_text


@dataclass(frozen=True, slots=True)
class FoundChecks:
    """The checks, the distributions that their commands come from, and what a person should know of them."""

    commands: dict[str, tuple[Command, ...]]
    tools: dict[str, str]
    """The tools by name, and the requirement for each: `ruff`, or `ruff==0.6.9` where a hook pins it."""
    notes: tuple[str, ...] = ()

    @property
    def default(self) -> bool:
        """Whether these are the checks that castoff runs without being told."""
        return self.commands == DEFAULT_CHECKS


@dataclass(frozen=True, slots=True)
class Signs:
    """All that tells which tools a project uses."""

    project: Project
    hooks: dict[str, str]
    """The hooks of pre-commit by their ids, and the version that each is pinned to."""
    sources: tuple[Source, ...]
    runners: tuple[str, ...]
    """The texts of tox.ini, the noxfile and the Makefile: what they run."""

    def uses(self, tool: str, *files: str) -> bool:
        """Whether `tool` has a table in pyproject.toml, one of `files`, a hook, or is among the dependencies."""
        tables = get_table(self.project.data, "tool")
        configured = tool in tables or any(self.project.tree.read(file) is not None for file in files)
        return configured or bool(self.hooks_of(tool)) or any(tool in source.names for source in self.sources)

    def hooks_of(self, tool: str) -> list[str]:
        """Return the versions of pre-commit's hooks that run `tool`; empty text for one that is pinned to none."""
        return [version for hook, version in self.hooks.items() if _HOOKS.get(hook, hook) == tool]

    def runs(self, *words: str) -> bool:
        """Whether tox, nox or make runs these words."""
        said = re.compile(r"[\s\"',]+".join(map(re.escape, words)))
        return any(said.search(text) for text in self.runners)

    def pinned(self, tool: str) -> str:
        """Return the requirement for a tool: as a hook pins it, else its name."""
        return next((f"{tool}=={version}" for version in self.hooks_of(tool) if version), tool)


_HOOKS = {"ruff-check": "ruff", "ruff-format": "ruff", "black-jupyter": "black"}
"""The tools that hooks run which are not called like them."""


def find_checks(project: Project) -> FoundChecks:
    """Return the checks of a project: those it is configured with, else those of the tools it uses."""
    sources = tuple(all_sources(project))
    signs = Signs(project, _hooks(project), sources, _runners(project))
    if "checks" in get_table(project.data, "tool", "castoff"):
        return FoundChecks(dict(project.config.checks), _known_tools(signs, project.config.checks))
    found: dict[str, tuple[Command, ...]] = {}
    tools: dict[str, str] = {}
    for check, ask in _ASKED.items():
        command = ask(signs)
        if command:
            found[check] = (command,)
            tools |= _known_tools(signs, {check: (command,)})
    notes = list(_notes(signs, found))
    if not found:
        found, notes = _import_only(project), [*notes, _NO_CHECKS]
    return FoundChecks(found, tools, tuple(notes))


def _lint(signs: Signs) -> Command | None:
    if signs.uses("ruff", "ruff.toml", ".ruff.toml"):
        return ("ruff", "check")
    used = signs.uses("flake8", ".flake8") or _has_section(signs.project, "flake8")
    return ("flake8", "--extend-exclude", ",".join([ENVIRONMENTS[1], *_left_out(signs.project)])) if used else None


def _left_out(project: Project) -> list[str]:
    """Return what a project tells flake8 to leave out beside its defaults: the option takes the place of that.

    flake8 passes over hidden folders only where it is told, and would check the environment of the release, for ever.
    Of the files it takes the first that has something for it (its documentation, "Configuring Flake8").
    """
    for file in ("setup.cfg", "tox.ini", ".flake8"):
        text = project.text(file)
        if text is not None and (cfg := read_cfg(text)).has_section("flake8"):
            said = cfg.get("flake8", "extend-exclude", fallback="") or cfg.get("flake8", "extend_exclude", fallback="")
            return re.findall(r"[^\s,]+", said)
    return []


def _format(signs: Signs) -> Command | None:
    configured = "format" in get_table(signs.project.data, "tool", "ruff")
    if configured or "ruff-format" in signs.hooks or signs.runs("ruff", "format"):
        return ("ruff", "format", "--check")
    return ("black", "--check", *_kept_from_black(signs.project), ".") if signs.uses("black") else None


def _kept_from_black(project: Project) -> tuple[str, ...]:
    """Return what keeps black out of the environment of the release, where a project has an `exclude` of its own.

    Without one it heeds .gitignore (its documentation, "File collection and discovery"). The option takes the place of
    the project's `extend-exclude`, which goes with it.
    """
    told = {key.replace("_", "-"): value for key, value in get_table(project.data, "tool", "black").items()}
    if "exclude" not in told:
        return ()
    ours = rf"/\{ENVIRONMENTS[1]}/"  # a pattern, whose dot is a dot
    theirs = get_text(told, "extend-exclude")
    return ("--extend-exclude", f"{ours}|{theirs}" if theirs else ours)


def _typecheck(signs: Signs) -> Command | None:
    for checker, files in {"basedpyright": (), "pyright": ("pyrightconfig.json",)}.items():
        if signs.uses(checker, *files):
            return (checker, "--pythonpath", PYTHON)
    if not signs.uses("mypy", "mypy.ini", ".mypy.ini") and not _has_section(signs.project, "mypy"):
        return None
    table = get_table(signs.project.data, "tool", "mypy")
    named = {"files", "packages", "modules"} & set(table) or _in_mypy_ini(signs.project)
    if named:
        return ("mypy",)
    modules = dict.fromkeys(module_names(signs.project))
    if any("." in module for module in modules):  # by its folder, mypy takes a namespace package for two modules
        return ("mypy", *(word for module in modules for word in ("-p", module)))
    return ("mypy", *dict.fromkeys(file.removesuffix("/__init__.py") for file in import_packages(signs.project)))


def _test(signs: Signs) -> Command | None:
    project = signs.project
    if signs.uses("pytest", "pytest.ini", ".pytest.ini", "conftest.py", "tests/conftest.py") or signs.runs("pytest"):
        return ("pytest",)
    if _has_section(project, "tool:pytest"):
        return ("pytest",)
    if signs.uses("tox", "tox.ini"):
        return ("tox", "run", "-e", "py")
    if signs.uses("nox", "noxfile.py"):
        return ("nox",)
    return _test_of_folders(project)


def _test_of_folders(project: Project) -> Command | None:
    """Return how the tests are run of a project that only has them: in a folder at the top, or in its package."""
    folder = next((name for name in _FOLDERS if project.tree.names(name)), None)
    packages = (file.removesuffix("/__init__.py") for file in import_packages(project) if "/" in file)
    inside = (f"{package}/{name}" for package in packages for name in _FOLDERS)
    if any(_imports_pytest(project, place) for place in ([folder] if folder else inside)):
        return ("pytest",)
    if folder is None:
        return None
    top = ("-t", ".") if "__init__.py" in project.tree.names(folder) else ()  # else it cannot be imported from there
    return ("python", "-m", "unittest", "discover", "-s", folder, *top)


_FOLDERS = ("tests", "test")


def _imports_pytest(project: Project, folder: str) -> bool:
    """Whether one of the modules in a folder imports pytest: some projects name it nowhere else."""
    files = (f"{folder}/{name}" for name in project.tree.names(folder) if name.endswith(".py"))
    return any(_PYTEST.search(project.tree.read(file) or b"") for file in files)


_PYTEST = re.compile(rb"^[ \t]*(?:import|from)[ \t]+pytest\b", re.MULTILINE)


PYTHON = f"{ENVIRONMENTS[1]}/bin/python"
"""The Python whose packages pyright is to see: it looks at the one on PATH, which is another."""
_ASKED: dict[str, Callable[[Signs], Command | None]] = {
    "lint": _lint,
    "format-check": _format,
    "typecheck": _typecheck,
    "test": _test,
}
_NO_CHECKS = "no check was found (ruff, flake8, black, mypy, pyright, pytest, tox, nox): the only one is an import"


def _known_tools(signs: Signs, checks: Mapping[str, tuple[Command, ...]]) -> dict[str, str]:
    """Return the requirement for each program among the commands that is a tool of its own."""
    names = [command[0] for commands in checks.values() for command in commands if command[0] in _DISTRIBUTIONS]
    return {name: signs.pinned(name) if name != "pyright" else "pyright[nodejs]" for name in names}


_DISTRIBUTIONS = frozenset(
    {"ruff", "flake8", "black", "basedpyright", "pyright", "mypy", "pytest", "tox", "nox", "zizmor", "check-jsonschema"}
)
"""The programs whose distribution is called like them."""


def _import_only(project: Project) -> dict[str, tuple[Command, ...]]:
    module = next(iter(module_names(project)), "sys")
    return {"test": (("python", "-c", f"import {module}"),)}


def _notes(signs: Signs, found: dict[str, tuple[Command, ...]]) -> Iterator[str]:
    if signs.hooks:
        yield "pre-commit downloads its hooks anew wherever it runs: the release runs the tools themselves, locked"
    test = found.get("test", ((),))[0][:1]
    if test in (("tox",), ("nox",)):
        yield f"{test[0]} makes environments of its own, with what it downloads: that is not in the lock"


def _hooks(project: Project) -> dict[str, str]:
    """Return the hooks of pre-commit, and the versions their repositories are pinned to."""
    text = project.text(".pre-commit-config.yaml")
    if text is None:
        return {}
    import yaml

    if "<<" in text.text:  # merge keys that multiply would keep PyYAML busy for ever; no file of pre-commit needs one
        return {}
    try:
        data: object = yaml.safe_load(text.text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for repository in get_tables(data, "repos"):
        revision = (get_text(repository, "rev") or "").removeprefix("v")
        exact = revision if re.fullmatch(r"\d+(\.\d+)+", revision, re.ASCII) else ""
        for hook in get_tables(repository, "hooks"):
            if name := get_text(hook, "id"):
                found[name] = exact
    return found


def _runners(project: Project) -> tuple[str, ...]:
    files = ("tox.ini", "noxfile.py", "Makefile", "tox.toml")
    texts = [project.text(file) for file in files]
    return tuple(text.text for text in texts if text)


def _has_section(project: Project, section: str) -> bool:
    text = project.text("setup.cfg")
    return text is not None and read_cfg(text).has_section(section)


def _in_mypy_ini(project: Project) -> bool:
    for file in ("mypy.ini", ".mypy.ini", "setup.cfg"):
        text = project.text(file)
        if text is not None and (cfg := read_cfg(text)).has_section("mypy"):
            return any(cfg.has_option("mypy", option) for option in ("files", "packages", "modules"))
    return False
