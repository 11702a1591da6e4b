"""The place that the build backend itself reads the version from.

A static `[project].version` (PEP 621) comes first; when it is dynamic, each backend has a table of its own that
says where to look. A version that stands in no file (made from tags, or computed) is refused, with what was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from castoff.core.errors import CastoffError, Location, refuse
from castoff.core.modules import Assigned, FromMetadata, Modules, Opaque, Origin
from castoff.core.place import Format, Place
from castoff.core.project import SETUPTOOLS, Project, import_packages, read_cfg, source_roots
from castoff.core.python_text import Module
from castoff.core.texts import Span, Text
from castoff.core.toml_text import get, get_table, get_text, get_texts
from castoff.core.tree import join

_HATCH_PATTERN = r"(?i)^(__version__|VERSION)(?: ?\: ?str)? *= *(['\"])v?(?P<version>.+?)\2"
_PDM_PATTERN = r"^(?:__version__|VERSION)\s*=\s*[\"'](?P<version>.+?)[\"']\s*(?:#.*)?$"
_FROM_TAGS = (
    *("setuptools-scm", "hatch-vcs", "versioneer", "versioningit", "setuptools-git-versioning", "dunamai"),
    *(
        "poetry-dynamic-versioning",
        "uv-dynamic-versioning",
        "vcs-versioning",
        "hatch-regex-commit",
        "pbr",
        "miniver",
    ),
    *("setuptools-git-ver", "incremental", "versioneer-518", "setupmeta", "flit-scm", "hatch-nodejs-version"),
)
_NOT_FROM_TAGS = (
    'castoff bumps what stands in a file: write it as [project] version = "X" in pyproject.toml, take "version" out of '
    "dynamic, and take out what made it from the tags"
)
_STATIC = 'write it as [project] version = "X" in pyproject.toml, or name the places in [tool.castoff] places'


def source_place(project: Project, modules: Modules) -> Place:
    """Return the place the build backend reads; raises CastoffError when the version stands in no file."""
    declared = get_table(project.data, "project")
    dynamic = "version" in get_texts(declared, "dynamic")
    if "version" in declared:
        if dynamic:
            raise refuse(
                'pyproject.toml has both [project].version and dynamic = ["version"]; keep one',
                where=_PYPROJECT,
            )
        return toml_place(project, "project", "version")
    poetry = get_text(project.data, "tool", "poetry", "version")
    if poetry is not None and "poetry" in project.backend:
        return _poetry(project)
    if declared and not dynamic:
        raise refuse('[project] has neither a version nor dynamic = ["version"]; ' + _STATIC, where=_PYPROJECT)
    return _reader(project)(project, modules)


def toml_place(project: Project, *key: str) -> Place:
    """Return the place in pyproject.toml at `key`; raises CastoffError when there is no string there."""
    text, value = project.pyproject, get_text(project.data, *key)
    if text is None or value is None:
        raise refuse(f"{'.'.join(key)} is not a string", where=_PYPROJECT)
    return Place(text, Format.TOML, ".".join(key), value, toml_key=key)


def setup_cfg_place(project: Project) -> Place | None:
    """Return setup.cfg's own literal version, or None when it has none or says `attr:` or `file:`."""
    text = project.text("setup.cfg")
    value = None if text is None else read_cfg(text).get("metadata", "version", fallback=None)
    if text is None or not value or value.startswith(("attr:", "file:")):
        return None
    section = re.search(r"^\[metadata\][^\n]*$", text.text, re.MULTILINE)
    option = re.compile(r"^version[ \t]*[=:][ \t]*(?P<version>[^\r\n]*?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
    match = option.search(text.text, section.end() if section else 0)
    if match is None or match["version"] != value:
        raise refuse("setup.cfg: write version = X of [metadata] on a line of its own", where=Location("setup.cfg"))
    return Place(text, Format.CFG, "metadata.version", value, Span(*match.span("version")))


def setup_py_origins(modules: Modules) -> list[Origin]:
    """Return where the `version` that setup.py gives to `setup()` comes from; empty when it gives none."""
    module = modules.module("setup.py")
    given = module.keywords_of_calls("setup", "version") if module else []
    return [
        origin
        for value in given
        if module
        for origin in modules.expression("setup.py", module.binding(value), "version")
    ]


def literal(origins: list[Origin], of: str, where: Location) -> Place:
    """Return the one literal among `origins`; raises CastoffError when there is none, or more than one."""
    for origin in origins:
        if isinstance(origin, Opaque):
            raise refuse(f"the version is computed: {origin.what}; {_STATIC}", where=origin.where)
    places = [origin.place for origin in origins if isinstance(origin, Assigned) and not origin.fallback]
    if len({(place.file, place.span()) for place in places}) > 1:
        seen = ", ".join(f"{place.value} at {place.location()}" for place in places)
        raise refuse(f"{of} is assigned several times: {seen}; keep one", where=places[-1].location())
    if places:
        return places[0]
    asked = any(isinstance(origin, FromMetadata) for origin in origins)
    told = "asks the installed metadata, which is made from it" if asked else "is not there"
    raise refuse(f"{of} {told}; {_STATIC}", where=where)


_PYPROJECT = Location("pyproject.toml")


def _reader(project: Project) -> Callable[[Project, Modules], Place]:
    backend = project.backend
    for name, reader in _READERS.items():
        if backend == name or backend.startswith((f"{name}.", f"{name}:")):
            return reader
    if get_texts(project.data, "build-system", "backend-path") and "setuptools" in _requirements(project):
        return _setuptools  # an in-tree backend around setuptools
    tool = _tag_tool(project)
    if tool:
        raise _from_tags(tool)
    raise refuse(f"castoff does not know where {backend} reads a dynamic version; {_STATIC}", where=_PYPROJECT)


def _hatch(project: Project, modules: Modules) -> Place:
    table = get_table(project.data, "tool", "hatch", "version") or _hatch_toml(project)
    source = get_text(table, "source") or "regex"
    path = get_text(table, "path")
    if source == "code" and path:
        name = get_text(table, "expression") or "__version__"
        return literal(modules.origins(join(path), name), f"{name} of {path}", Location(path))
    if source == "vcs":
        raise _from_tags("hatch-vcs")
    if source != "regex" or not path:
        raise _unread("hatch", source, usual="regex")
    pattern = get(table, "pattern")
    return _by_pattern(project, modules, path, pattern if isinstance(pattern, str) and pattern else _HATCH_PATTERN)


def _hatch_toml(project: Project) -> dict[str, object]:
    from castoff.core.toml_text import load

    text = project.text("hatch.toml")
    return {} if text is None else get_table(load(text), "version")


def _pdm(project: Project, modules: Modules) -> Place:
    table = get_table(project.data, "tool", "pdm", "version")
    source, path = get_text(table, "source") or "file", get_text(table, "path")
    if source != "file" or not path:
        raise _unread("pdm", source, usual="file")
    return _by_pattern(project, modules, path, get_text(table, "pattern") or _PDM_PATTERN)


def _unread(tool: str, source: str, *, usual: str) -> CastoffError:
    said = "names no path" if source == usual else f"source is {source}"
    return _no_static(f"[tool.{tool}.version] {said}")


def _by_pattern(project: Project, modules: Modules, path: str, pattern: str) -> Place:
    """Return the place that a backend finds by searching `path` for `pattern`.

    In a Python module it must be what a name is assigned: a pattern also finds a line of a docstring, and then
    the backend and the module disagree about what the version is.
    """
    file = join(path)
    text = project.text(file)
    if text is None:
        raise refuse(f"{file} is not there; the backend reads the version from it", where=_PYPROJECT)
    try:
        match = re.search(pattern, text.text, re.MULTILINE)
        span = Span(*match.span("version" if "version" in match.re.groupindex else 1)) if match else None
    except (re.error, IndexError) as error:
        raise refuse(f"the version pattern {pattern!r} is not usable: {error}", where=_PYPROJECT) from None
    if span is None:
        raise refuse(f"{file} has no version where the backend looks (pattern {pattern})", where=Location(file))
    if file.endswith(".py"):
        span = _assigned(modules.module(file), span, text)
    key, kind = ("__version__", Format.PYTHON) if file.endswith(".py") else ("", Format.PLAIN)
    return Place(text, kind, key, text.text[span.start : span.end], span)


def _assigned(module: Module | None, span: Span, text: Text) -> Span:
    """Return the span of the literal that is `span`, or that with a `v` before it, which the pattern leaves out."""
    for known in [found.span for found in module.literals()] if module else []:
        if known.start <= span.start and known.end == span.end:
            return known if text.text[known.start : span.start] == "v" else span
    raise refuse(
        "the build backend takes this line for the version, but it assigns nothing",
        where=text.at(span.start),
    )


def _setuptools(project: Project, modules: Modules) -> Place:
    dynamic = get_table(project.data, "tool", "setuptools", "dynamic", "version")
    declared = project.setup_cfg_value("metadata", "version") or ""
    attr = get_text(dynamic, "attr") or (
        declared.removeprefix("attr:").strip() if declared.startswith("attr:") else None
    )
    if attr:
        return _attribute(project, modules, attr)
    file = get(dynamic, "file") or (declared.removeprefix("file:").strip() if declared.startswith("file:") else None)
    if file:
        return _whole_file(project, file)
    place = setup_cfg_place(project)
    if place is not None:
        return place
    tool = _tag_tool(project)
    if tool:
        raise _from_tags(tool)
    origins = setup_py_origins(modules)
    where = Location("setup.py") if project.tree.read("setup.py") else _PYPROJECT
    if not origins:
        return _nowhere(where)
    return _read_by_setup_py(project, modules, origins) or literal(origins, "the version that setup.py gives", where)


def _read_by_setup_py(project: Project, modules: Modules, origins: list[Origin]) -> Place | None:
    """Return the one `__version__` of the package that stands in a file which setup.py names, or None.

    Many a setup.py opens `package/__init__.py`, or another module that it names by its path, and takes the version
    out by a pattern or by exec; running it is the only way to be sure, so this counts only where nothing else can be
    meant. What was built is compared with the places after every build all the same.
    """
    setup = modules.module("setup.py")
    if setup is None or any(not isinstance(origin, Opaque) for origin in origins):
        return None
    strings = setup.strings()
    named = {part for string in strings for part in (string, string.rpartition("/")[2])}
    opened = [path for path in map(join, strings) if path.endswith(".py") and path != "setup.py"]
    found: dict[tuple[str, Span], Place] = {}
    for file in dict.fromkeys((*import_packages(project), *opened)):
        for origin in modules.origins(file, "__version__"):
            if isinstance(origin, Assigned) and origin.place.file.rpartition("/")[2] in named:
                found[origin.place.file, origin.place.span()] = origin.place
    return next(iter(found.values())) if len(found) == 1 else None


def _attribute(project: Project, modules: Modules, attr: str) -> Place:
    """Return the literal that setuptools' `attr: package.module.NAME` comes to."""
    *path, name = attr.split(".")
    packages = [file.rpartition("/")[0] for file in import_packages(project)]
    for root in [*source_roots(project), *(package.rpartition("/")[0] for package in packages)]:
        base = join(root, *path)
        for file in (join(base, "__init__.py"), f"{base}.py"):
            if base and project.tree.read(file) is not None:
                return literal(modules.origins(file, name), f"{name} of {file}", Location(file))
    raise refuse(f"attr = {attr!r}: no such module in the project", where=_PYPROJECT)


def _whole_file(project: Project, file: object) -> Place:
    """Return the place of a version that is all a text file holds."""
    names = [file] if isinstance(file, str) else get_texts(file)
    text = project.text(join(names[0])) if len(names) == 1 else None
    if text is None or len(text.text.split()) != 1:
        raise refuse(
            f"the version is read from {' and '.join(names) or file}: let it be one file with nothing but the version",
            where=_PYPROJECT,
        )
    value = text.text.strip()
    start = len(text.text) - len(text.text.lstrip())
    return Place(text, Format.PLAIN, "", value, Span(start, start + len(value)))


def _flit(project: Project, modules: Modules) -> Place:
    files = import_packages(project)
    if not files:
        raise refuse(f"there is no module called {project.name}, from which flit reads the version", where=_PYPROJECT)
    return literal(modules.origins(files[0], "__version__"), f"__version__ of {files[0]}", Location(files[0]))


def _poetry(project: Project, _modules: Modules | None = None) -> Place:
    if get(project.data, "tool", "poetry-dynamic-versioning", "enable"):
        raise _from_tags("poetry-dynamic-versioning")
    return toml_place(project, "tool", "poetry", "version")


def _no_static(found: str) -> CastoffError:
    return refuse(f"the version stands in no file: {found}; {_STATIC}", where=_PYPROJECT)


def _from_tags(tool: str) -> CastoffError:
    return refuse(
        f"the version stands in no file: {tool} makes it from the git tags; {_NOT_FROM_TAGS}", where=_PYPROJECT
    )


def _nowhere(where: Location) -> Place:
    raise refuse(f"no file says what the version is; {_STATIC}", where=where)


def _requirements(project: Project) -> list[str]:
    """Return the names of the build requirements; one that is no requirement is the build's business, not ours."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    names: list[str] = []
    for written in get_texts(project.data, "build-system", "requires"):
        try:
            names.append(canonicalize_name(Requirement(written).name))
        except InvalidRequirement:
            continue
    return names


def _tag_tool(project: Project) -> str | None:
    """Return the tool among the build requirements that makes the version from git tags, or None."""
    tools = [name for name in _requirements(project) if name in _FROM_TAGS]
    return tools[0] if tools else "versioneer" if project.tree.read("versioneer.py") else None


_READERS: dict[str, Callable[[Project, Modules], Place]] = {
    "hatchling": _hatch,
    SETUPTOOLS: _setuptools,
    "setuptools": _setuptools,
    "flit_core": _flit,
    "flit": _flit,
    "pdm.backend": _pdm,
    "pdm.pep517": _pdm,
    "poetry": _poetry,
    "poetry.core": _poetry,
}
"""What reads a dynamic version, by the build backend's module."""
