"""Every place of the version: the one the build backend reads, and every declared copy of it."""

from __future__ import annotations

import tomllib
from typing import NamedTuple, cast

from packaging.version import Version

from castoff.core.errors import CastoffError, Location, Problem, misuse, refuse
from castoff.core.modules import Assigned, Modules, Opaque
from castoff.core.place import LOCK_KEY, Format, Place, lock_tables
from castoff.core.project import Project, import_packages, normalized
from castoff.core.sources import literal, setup_cfg_place, setup_py_origins, source_place, toml_place
from castoff.core.texts import Span
from castoff.core.toml_text import get_table, get_text
from castoff.core.versions import parse

_VERSION_MODULES = ("_version.py", "__about__.py", "version.py", "__version__.py", "_about.py", "about.py")
_OTHER_NAMES = ("VERSION", "version", "__VERSION__")
_TUPLES = (
    "version_info",
    "__version_info__",
    "VERSION_INFO",
    "version_tuple",
    "__version_tuple__",
    "VERSION",
)
_VENDORED = frozenset({"_vendor", "vendor", "_vendored", "vendored", "extern", "_extern", "third_party"})
_SAY_SO = "or name the places of the version in [tool.castoff] places"


class Places(NamedTuple):
    """The version of a project as its files say it."""

    version: Version
    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()
    """What a person should know and nothing is done about: other spellings, a citation of another version."""


def find_places(project: Project, wanted: Version | None = None) -> Places:
    """Return all places of the version, the backend's first.

    A copy that says `wanted`, where the backend's place does not, is no disagreement: a bump to it was killed there,
    for the backend's place is written last. Raises CastoffError with every reason found when there is no static
    version, when it is computed, or when the places do not agree.
    """
    return _agreed(*all_places(project), wanted)


def all_places(project: Project) -> tuple[list[Place], list[str]]:
    """Return every place, each once and the backend's first, whatever it says; and what is worth a note.

    Raises CastoffError when there is no static version, or when it is computed.
    """
    modules, notes = Modules(project.tree), list[str]()
    if project.config.places is not None:
        places = [_configured(project, modules, written) for written in project.config.places]
    else:
        source = source_place(project, modules)
        copies, notes = _copies(project, modules, source)
        places = [source, *copies]
    by_position: dict[object, Place] = {}
    for place in places:
        by_position.setdefault((place.file, place.toml_key or place.known_span), place)
    return list(by_position.values()), notes


def _agreed(unique: list[Place], notes: list[str], wanted: Version | None) -> Places:
    """Return the places with the version that all of them say; raises CastoffError when they do not."""
    read = [(place, parse(place.value)) for place in unique]
    bad = [place for place, version in read if version is None]
    if bad:
        raise CastoffError(
            *(
                Problem(f"{place.key or 'the file'} is {place.value!r}, which is no version", place.location())
                for place in bad
            )
        )
    found = [version for _, version in read if version is not None]
    if set(found) - {found[0], wanted}:
        seen = [Problem(f"{place.key or 'the file'} says {place.value}", place.location()) for place in unique]
        first = Problem(
            "the places of the version disagree; make them say the same by hand, then run this again",
            fix=_relock(unique),
        )
        raise CastoffError(first, *seen)
    same = [place for place, version in read if version == found[0]]
    return Places(found[0], tuple(unique), (*notes, *_spellings(same)))


def _relock(places: list[Place]) -> tuple[str, ...]:
    return ("uv lock",) if any(place.key == LOCK_KEY and place.value != places[0].value for place in places) else ()


def _spellings(places: list[Place]) -> list[str]:
    if len({place.value for place in places}) == 1:
        return []
    return ["the places spell the version differently: " + ", ".join(f"{place.name} {place.value}" for place in places)]


def _copies(project: Project, modules: Modules, source: Place) -> tuple[list[Place], list[str]]:
    """Return the declared copies of the version, and what is worth a note."""
    copies: list[Place] = []
    if get_text(project.data, "tool", "poetry", "version"):
        copies.append(toml_place(project, "tool", "poetry", "version"))
    copies.extend(_setup_places(project, modules, source))
    packages = import_packages(project)
    for file in packages:  # of several, only the version of the first, which is named like the project, must agree
        copies.extend(_package_places(modules, file, source, main=file == packages[0]))
    copies.extend(_lock_place(project))
    citation, notes = _citation_place(project, source.value)
    return [*copies, *citation], notes


def _setup_places(project: Project, modules: Modules, source: Place) -> list[Place]:
    """Return the versions in setup.cfg and setup.py; where setuptools does not build, only those that say the same."""
    found = [place] if (place := setup_cfg_place(project)) else []
    found += [origin.place for origin in setup_py_origins(modules) if isinstance(origin, Assigned)]
    read = project.backend.startswith("setuptools")
    return [place for place in found if read or place.value == source.value]


def _package_places(modules: Modules, file: str, source: Place, *, main: bool) -> list[Place]:
    """Return the copies in an import package: its `__version__`, and the modules kept for it."""
    assigned = [*_own_version(modules, file, source), *_version_modules(modules, file, source)]
    _refuse_tuples(modules, file, source)
    return [place for place in assigned if main or parse(place.value) == parse(source.value)]


def _own_version(modules: Modules, file: str, source: Place) -> list[Place]:
    """Return the literals that the package's `__version__` comes from."""
    origins = modules.origins(file, "__version__")
    for origin in origins:
        if isinstance(origin, Opaque) and not _reads(origin, source):
            raise refuse(
                f"__version__ is computed: {origin.what}; make it a plain string, {_SAY_SO}",
                where=origin.where,
            )
    assigned = [origin for origin in origins if isinstance(origin, Assigned)]
    if any(not origin.fallback for origin in assigned):
        literal(list(origins), f"__version__ of {file}", Location(file))  # refuses several that differ
    same = parse(source.value)
    return [origin.place for origin in assigned if not origin.fallback or parse(origin.place.value) == same]


def _reads(origin: Opaque, source: Place) -> bool:
    """Whether the expression reads the very file that the version is taken from."""
    return source.format is Format.PLAIN and source.file.rpartition("/")[2] in {
        name.rpartition("/")[2] for name in origin.constants if isinstance(name, str)
    }


def _version_modules(modules: Modules, file: str, source: Place) -> list[Place]:
    """Return `__version__` of the modules that are kept for it, and other names there that say the same version."""
    folder, _, name = file.rpartition("/")
    companions = [f"{folder}/{module}" for module in _VERSION_MODULES] if name == "__init__.py" else []
    found: list[Place] = []
    for companion in companions:
        if modules.module(companion) is not None:
            found.extend(_literals(modules, companion, "__version__"))
    for candidate in (file, *companions):
        for other in _OTHER_NAMES:
            found.extend(place for place in _literals(modules, candidate, other) if _same(place, source))
    return found


def _same(place: Place, source: Place) -> bool:
    """Whether a place that is no `__version__` says the version, with as many numbers, and is not vendored."""
    one, other = parse(place.value), parse(source.value)
    alike = one is not None and other is not None and one == other and len(one.release) == len(other.release)
    return alike and _VENDORED.isdisjoint(place.file.split("/"))


def _literals(modules: Modules, file: str, name: str) -> list[Place]:
    origins = modules.origins(file, name)
    return [origin.place for origin in origins if isinstance(origin, Assigned) and not origin.fallback]


def _refuse_tuples(modules: Modules, file: str, source: Place) -> None:
    """Refuse a copy in another form, `version_info = (1, 2, 3)`: left alone it would be wrong after a bump."""
    version = parse(source.value)
    if version is None:
        return
    folder, _, name = file.rpartition("/")
    for candidate in (file, *(f"{folder}/{module}" for module in _VERSION_MODULES if name == "__init__.py")):
        for name_ in _TUPLES:
            for origin in modules.origins(candidate, name_):
                if isinstance(origin, Opaque) and _repeats(origin, version):
                    raise refuse(
                        f"{origin.what} repeats the version in another form; derive it from __version__, {_SAY_SO}",
                        where=origin.where,
                    )


def _repeats(origin: Opaque, version: Version) -> bool:
    """Whether an expression is made of the numbers of the version: `(1, 2, 3)`, `VersionInfo(major=1, ...)`."""
    numbers = [constant for constant in origin.constants if type(constant) is int]
    return len(version.release) > 1 and tuple(numbers[: len(version.release)]) == version.release


def _lock_place(project: Project) -> list[Place]:
    """Return the project's own entry in uv.lock: the package of this name that is the folder itself."""
    text = project.text("uv.lock")
    if text is None or project.name is None:
        return []
    own = normalized(project.name)
    for index, (offset, table) in enumerate(lock_tables(text)):
        if f'"{own}"' in table.partition("\nversion")[0]:
            try:
                package = get_table({"p": tomllib.loads(table)["package"][0]}, "p")
            except (ValueError, RecursionError) as error:
                raise refuse(f"uv.lock is not TOML: {error}", "uv lock", where=text.at(offset)) from None
            source = get_table(package, "source")
            version = get_text(package, "version")
            if version is not None and "." in [source.get(kind) for kind in ("editable", "virtual", "directory")]:
                return [Place(text, Format.TOML, LOCK_KEY, version, toml_key=("package", index, "version"))]
    return []


def _citation_place(project: Project, version: str) -> tuple[list[Place], list[str]]:
    """Return the version of CITATION.cff when it says the same; a note when it says another."""
    text = project.text("CITATION.cff")
    if text is None:
        return [], []
    import yaml

    try:
        root = yaml.compose(text.text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise refuse(
            f"CITATION.cff is not YAML: {' '.join(str(error).split())}", where=Location("CITATION.cff")
        ) from None
    pairs = cast("list[tuple[yaml.Node, yaml.Node]]", root.value) if isinstance(root, yaml.MappingNode) else []
    for key, value in pairs:
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode) and key.value == "version":
            said, line = str(value.value), text.at(key.start_mark.index)
            if parse(said) != parse(version):
                return [], [f"{line} cites version {said}; it is left alone"]
            start = text.text.rfind(said, max(key.end_mark.index, value.start_mark.index), value.end_mark.index)
            if start < 0:  # with escapes, or an alias of a value elsewhere
                raise refuse("CITATION.cff: write version: X plainly", where=line)
            return [Place(text, Format.YAML, "version", said, Span(start, start + len(said)))], []
    return [], []


def _configured(project: Project, modules: Modules, written: str) -> Place:
    """Return the place that the configuration names as `file:key`, or as `file` for one that holds just the version."""
    file, _, key = written.partition(":")
    text = project.text(file)
    if text is None:
        raise misuse(f"[tool.castoff] places: {file} is not there", where=Location("pyproject.toml"))
    if file == "pyproject.toml":
        if get_text(project.data, *key.split(".")) is None:
            _unknown(written)
        return toml_place(project, *key.split("."))
    if file.endswith(".py"):
        if not modules.origins(file, key):
            _unknown(written)
        return literal(modules.origins(file, key), f"{key} of {file}", Location(file))
    if file == "setup.cfg":
        return setup_cfg_place(project) or _unknown(written)
    if file == "uv.lock":
        return next(iter(_lock_place(project)), None) or _unknown(written)
    if key or len(text.text.split()) != 1:
        _unknown(written)
    value = text.text.strip()
    start = text.text.index(value)
    return Place(text, Format.PLAIN, "", value, Span(start, start + len(value)))


def _unknown(written: str) -> Place:
    raise misuse(
        f"[tool.castoff] places: {written!r} is not a place; write pyproject.toml:project.version, "
        "src/x/__init__.py:__version__, setup.cfg, uv.lock, or a file that holds just the version",
        where=Location("pyproject.toml"),
    )
