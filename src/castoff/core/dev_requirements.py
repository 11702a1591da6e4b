"""What a project's checks need: dependency groups, extras, and the tables of poetry, pdm, hatch, tox and files.

Each is a `Source`. uv reads groups and extras by their names; of the others the requirements are copied, as far as
they are requirements (PEP 508): an editable install, a path or a reference to another file is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from castoff.core.project import Project, normalized, read_cfg
from castoff.core.texts import Text
from castoff.core.toml_text import get, get_list, get_table, get_text, get_texts
from castoff.core.tree import join

_NAMED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_FILES = re.compile(r"(?:.*[-_.])?(?:test|tests|testing|dev|develop|lint|typing)(?:[-_.].*)?\.(?:txt|in)")


@dataclass(frozen=True, slots=True)
class Source:
    """Requirements that stand together: `kind` is `group`, `extra` or `lines`."""

    kind: str
    name: str
    requirements: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of the distributions, normalised."""
        return frozenset(normalized(Requirement(line).name) for line in self.requirements)

    @property
    def for_tests(self) -> bool:
        """Whether it is called after tests."""
        return normalized(self.name).startswith("test") or normalized(self.name).endswith(("-test", "-tests"))


def all_sources(project: Project) -> Iterator[Source]:
    """Yield every source of development requirements, those that uv reads by name first."""
    tool = get_table(project.data, "tool")
    yield from _groups(project)
    yield from _extras(project)
    yield from _poetry(get_table(tool, "poetry"))
    for name, lines in get_table(tool, "pdm", "dev-dependencies").items():
        yield Source("lines", name, plain(get_texts(lines)))
    yield Source("lines", "dev-dependencies", plain(get_texts(tool, "uv", "dev-dependencies")))
    for name, table in get_table(tool, "hatch", "envs").items():
        yield Source("lines", name, plain([*get_texts(table, "dependencies"), *get_texts(table, "extra-dependencies")]))
    for file in _requirement_files(project):
        yield Source("lines", file, plain(_lines_of(project.text(file))))
    yield from _tox(project)


def chosen(sources: list[Source], tools: dict[str, str]) -> tuple[list[Source], list[str]]:
    """Return the sources that the checks need, and requirements for the tools that none of them has.

    Needed is a source that is called after tests, or has one of the tools. Where groups or extras have all the tools,
    the same written out elsewhere (in tox.ini, in a file) is left out.
    """
    sources = [_without_docs(source) for source in sources]
    wanted = {normalized(name) for name in tools}
    needed = [source for source in sources if source.names & wanted or (source.for_tests and source.requirements)]
    by_name = [source for source in needed if source.kind != "lines"]
    has = frozenset[str]().union(*(source.names for source in by_name))
    if by_name:
        needed = [*by_name, *(s for s in needed if s.kind == "lines" and s.names & (wanted - has))]
    covered = frozenset[str]().union(*(source.names for source in needed))
    return needed, [line for name, line in tools.items() if normalized(name) not in covered]


_DOCS = re.compile(
    r"sphinx(?:contrib)?(?:-.*)?|.*-sphinx(?:-.*)?|furo|myst-.*|mkdocs(?:-.*)?|mkdocstrings.*|pdoc3?|zensical"
)


def _without_docs(source: Source) -> Source:
    """Return a source without what makes documentation, which a release needs not and which is often held back."""
    left = tuple(line for line in source.requirements if not _DOCS.fullmatch(normalized(Requirement(line).name)))
    return source if left == source.requirements else Source("lines", source.name, left)


def build_requirements(project: Project) -> tuple[str, ...]:
    """Return what an editable installation without isolation needs: the build requirements, and what backends add."""
    if get(project.data, "build-system") is None:
        return ("setuptools", "wheel")
    written = plain(get_texts(project.data, "build-system", "requires"))
    more = next((lines for start, lines in _MORE.items() if project.backend.startswith(start)), ())
    known = {normalized(Requirement(line).name) for line in written}
    return (*written, *(line for line in more if line not in known))


_MORE = {"hatchling": ("editables",), "mesonpy": ("ninja",), "scikit_build_core": ("cmake", "ninja")}
"""What a backend asks for on top, once it is started (PEP 660, `get_requires_for_build_editable`)."""


def plain(lines: list[str]) -> tuple[str, ...]:
    """Return the lines that are requirements, without comments; one that points to a file or an address is none."""
    found: list[str] = []
    for line in lines:
        try:
            requirement = Requirement(uncommented(line))
        except InvalidRequirement:
            continue
        if requirement.url is None:
            found.append(str(requirement))
    return tuple(found)


def uncommented(line: str) -> str:
    """Return a line of a requirements file without its comment."""
    return re.sub(r"(^|\s)#.*", "", line).strip()


def _groups(project: Project) -> Iterator[Source]:
    table = get_table(project.data, "dependency-groups")
    for name in table:
        if _NAMED.fullmatch(name):
            yield Source("group", name, plain(_group_lines(table, name, frozenset())))


def _group_lines(table: dict[str, object], name: str, seen: frozenset[str]) -> list[str]:
    """Return the requirements of a group, those of the groups it includes among them (PEP 735)."""
    key = next((key for key in table if normalized(key) == normalized(name)), None)
    if key is None or key in seen:
        return []
    lines: list[str] = []
    for item in get_list(table, key):
        included = get_text(item, "include-group")
        if isinstance(item, str):
            lines.append(item)
        elif included:
            lines += _group_lines(table, included, seen | {key})
    return lines


def _extras(project: Project) -> Iterator[Source]:
    flit = get_table(project.data, "tool", "flit", "metadata", "requires-extra")
    for name, lines in {**get_table(project.data, "project", "optional-dependencies"), **flit}.items():
        if _NAMED.fullmatch(name):
            yield Source("extra", name, plain(get_texts(lines)))
    text = project.text("setup.cfg")
    cfg = read_cfg(text) if text else None
    if cfg is not None and cfg.has_section("options.extras_require"):
        for name, lines in cfg.items("options.extras_require"):
            if _NAMED.fullmatch(name):  # in one line they are set apart by semicolons, as setuptools reads it
                yield Source("extra", name, plain(lines.splitlines() if "\n" in lines else lines.split(";")))


def _poetry(poetry: dict[str, object]) -> Iterator[Source]:
    groups = {name: get_table(group, "dependencies") for name, group in get_table(poetry, "group").items()}
    for name, table in [*groups.items(), ("dev", get_table(poetry, "dev-dependencies"))]:
        yield Source("lines", name, plain(list(_poetry_lines(table))))


def _poetry_lines(table: dict[str, object]) -> Iterator[str]:
    for name, spec in table.items():
        for one in get_list(spec) or [spec]:
            line = poetry_requirement(name, one)
            if line and name != "python":
                yield line


def poetry_requirement(name: str, spec: object) -> str | None:
    """Return poetry's way to write a dependency as a requirement (PEP 508); None when it is a path or an address."""
    version = spec if isinstance(spec, str) else get_text(spec, "version")
    if version is None:
        return None
    extras = ",".join(get_texts(spec, "extras"))
    markers = [get_text(spec, "markers"), *([f"({m})"] if (m := _python_marker(get_text(spec, "python"))) else [])]
    marker = " and ".join(text for text in markers if text)
    return f"{name}{f'[{extras}]' if extras else ''}{poetry_range(version)}{f' ; {marker}' if marker else ''}"


def poetry_range(version: str) -> str:
    """Return a range as poetry writes it (`^1.2`, `~1.2`, `1.2.*`, `>=1,<2`, `*`) as a specifier; of `||` the last."""
    parts = [part.strip() for part in re.split(r"[,\s]+(?=[<>=!~^])|,", version.rpartition("||")[2]) if part.strip()]
    return ",".join(filter(None, map(_poetry_part, parts)))


def _poetry_part(part: str) -> str:
    if part == "*":
        return ""
    match = re.fullmatch(r"(\^|~(?!=))\s*(\d+(?:\.\d+)*)(.*)", part)
    if match is None:
        return part if part[0] in "<>=!~" else f"=={part}"
    numbers = [int(number) for number in match[2].split(".")]
    significant = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    at = significant if match[1] == "^" else min(1, len(numbers) - 1)
    upper = [*numbers[:at], numbers[at] + 1]
    return f">={match[2]}{match[3]},<{'.'.join(map(str, upper))}"


def _python_marker(python: str | None) -> str:
    parts = poetry_range(python).split(",") if python else []
    matches = (re.fullmatch(r"([<>=!~]+)\s*([\d.*]+)", part) for part in parts if part)
    return " and ".join(f"python_version {match[1]} '{match[2]}'" for match in matches if match)


def _requirement_files(project: Project) -> Iterator[str]:
    """Yield the files that are called after development; of a `.in` and what was compiled from it, what was written."""
    for folder in ("", "requirements"):
        names = project.tree.names(folder)
        compiled = {name.removesuffix(".in") + ".txt" for name in names if name.endswith(".in")}
        for name in names:
            wanted = _FILES.fullmatch(name) and (folder or "requirements" in name) and name not in compiled
            if wanted and not name.startswith("requirements-release"):
                yield join(folder, name)


def _lines_of(text: Text | None) -> list[str]:
    return re.sub(r"\\\r?\n", " ", text.text).splitlines() if text else []


def _tox(project: Project) -> Iterator[Source]:
    text = project.text("tox.ini")
    if text is None:
        return
    cfg = read_cfg(text)
    for section in cfg.sections():
        if section.startswith("testenv") and cfg.has_option(section, "deps"):
            yield Source("lines", section.replace("testenv", "test"), plain(cfg.get(section, "deps").splitlines()))
