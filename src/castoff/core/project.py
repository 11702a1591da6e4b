"""What a project is, by its own files: name, build backend, import packages, configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from castoff.core.config import Config, read_config
from castoff.core.errors import Location, misuse, refuse
from castoff.core.texts import Text, decode
from castoff.core.toml_text import get_table, get_tables, get_text, get_texts, load
from castoff.core.tree import Tree, join

if TYPE_CHECKING:
    import configparser

SETUPTOOLS = "setuptools.build_meta"
_NO_PACKAGES = frozenset(
    {
        "test",
        "tests",
        "testing",
        "doc",
        "docs",
        "example",
        "examples",
        "benchmark",
        "benchmarks",
        "tools",
        "tasks",
    }
    | {
        "scripts",
        "script",
        "ci",
        "build",
        "dist",
        "setup",
        "noxfile",
        "conftest",
        "utils",
        "bin",
        "asv_bench",
    }
)


class Project(NamedTuple):
    """The files of a project, and what they say it is."""

    tree: Tree
    pyproject: Text | None
    data: dict[str, object]
    config: Config

    @property
    def backend(self) -> str:
        """The build backend (PEP 517); setuptools when none is named."""
        return get_text(self.data, "build-system", "build-backend") or SETUPTOOLS

    @property
    def name(self) -> str | None:
        """The distribution's name as written, or None when no file says it."""
        written = get_text(self.data, "project", "name") or get_text(self.data, "tool", "poetry", "name")
        return (
            written
            or get_text(self.data, "tool", "flit", "metadata", "dist-name")
            or self.setup_cfg_value("metadata", "name")
            or _name_in_setup_py(self)
        )

    def text(self, file: str) -> Text | None:
        """Return the decoded file, or None when there is no such file."""
        data = self.tree.read(file)
        return None if data is None else decode(self.tree.real(file), data)

    def setup_cfg_value(self, section: str, option: str) -> str | None:
        """Return what setup.cfg says for `option`, or None."""
        text = self.text("setup.cfg")
        return None if text is None else read_cfg(text).get(section, option, fallback=None)


def _name_in_setup_py(project: Project) -> str | None:
    """Return the name that setup.py gives to `setup()`, where it comes from one literal."""
    from castoff.core.modules import Assigned, Modules

    modules = Modules(project.tree)
    module = modules.module("setup.py")
    given = [module.binding(node) for node in module.keywords_of_calls("setup", "name")] if module else []
    origins = [origin for value in given for origin in modules.expression("setup.py", value, "name")]
    names = [origin.place.value for origin in origins if isinstance(origin, Assigned)]
    return names[0] if len(names) == len(origins) == 1 else None


def read_project(tree: Tree) -> Project:
    """Return the project whose files are in `tree`.

    Raises CastoffError when there is neither a pyproject.toml nor a setup.cfg or setup.py, or when one that is
    there cannot be parsed; UsageError when `[tool.castoff]` is wrong.
    """
    data = tree.read("pyproject.toml")
    if data is None:
        if tree.read("setup.cfg") is None and tree.read("setup.py") is None:
            raise refuse("there is no pyproject.toml here; run castoff in the folder of a Python package")
        return Project(tree, None, {}, Config())
    pyproject = decode(tree.real("pyproject.toml"), data)
    loaded = load(pyproject)
    return Project(tree, pyproject, loaded, read_config(loaded))


def read_cfg(text: Text) -> configparser.RawConfigParser:
    """Return an .ini-style file as setuptools reads it; raises CastoffError when it is none."""
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text.text)
    except configparser.Error as error:
        raise refuse(f"{text.file} cannot be read: {' '.join(str(error).split())}", where=Location(text.file)) from None
    return parser


def normalized(name: str) -> str:
    """Return a distribution's name as indexes and lock files write it (the normalisation of PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def import_packages(project: Project) -> list[str]:
    """Return the files of the import packages that the project ships: `src/ajolopy/__init__.py`, `six.py`.

    They are those that the configuration or the build backend is told of; else the one that is called like the
    distribution; else all that stand at the top of the source folder.
    """
    declared = [file for path in _declared(project) if (file := _module_file(project.tree, path))]
    if declared:
        return declared
    for root in source_roots(project):
        found = list(_top_level(project.tree, root))
        named = [file for name, file in found if _same_name(name, project.name or "")]
        if named:
            return named
        spaced = _in_namespace(project, root)
        if spaced:
            return [spaced]
    for root in source_roots(project):
        files = [file for name, file in _top_level(project.tree, root) if name not in _NO_PACKAGES]
        if files:
            return files
    return []


def source_roots(project: Project) -> list[str]:
    """Return the folders in which import packages may stand, the likeliest first."""
    tool = get_table(project.data, "tool")
    told = [
        get_text(tool, "setuptools", "package-dir", ""),
        *get_texts(tool, "setuptools", "packages", "find", "where"),
        get_text(tool, "uv", "build-backend", "module-root"),
        get_text(tool, "pdm", "build", "package-dir"),
        _package_dir(project.setup_cfg_value("options", "package_dir") or ""),
        project.setup_cfg_value("options.packages.find", "where"),
    ]
    return list(dict.fromkeys([*(join(root) for root in told if root), "src", "", "lib"]))


def module_names(project: Project) -> list[str]:
    """Return what the import packages that the project ships are imported as: `ajolopy`, `google.cloud.thing`."""
    starts = [f"{root}/" for root in source_roots(project) if root]
    files = import_packages(project)
    return [module_name(next((inside for start in starts if (inside := _below(start, file))), file)) for file in files]


def module_name(file: str) -> str:
    """Return what the module in a file is imported as, where the file's path begins with the top package."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _below(start: str, file: str) -> str:
    """Return the path below a source folder; empty for one elsewhere, and where that folder is the package itself."""
    inside = file.removeprefix(start)
    return "" if inside in (file, "__init__.py") else inside


def _package_dir(said: str) -> str:
    """Return the folder of all packages in setuptools' `package_dir`: the one that is given to no package by name."""
    pairs = [item.partition("=") for item in (said.splitlines() if "\n" in said else said.split(","))]
    return next((folder.strip() for package, equals, folder in pairs if equals and not package.strip()), "")


def _declared(project: Project) -> Iterator[str]:
    """Yield the paths of the packages that the configuration or the backend's own table names."""
    package = project.config.package
    if package:
        if _module_file(project.tree, join(package)) is None:
            raise misuse(f"[tool.castoff] package: there is no {package}", where=Location("pyproject.toml"))
        yield join(package)
        return
    tool = get_table(project.data, "tool")
    yield from (join(path) for path in get_texts(tool, "hatch", "build", "targets", "wheel", "packages"))
    for item in get_tables(tool, "poetry", "packages"):
        yield join(get_text(item, "from") or "", get_text(item, "include") or "")
    roots = source_roots(project)
    modules = [get_text(tool, "flit", "module", "name"), get_text(tool, "flit", "metadata", "module")]
    modules += [
        get_text(tool, "uv", "build-backend", "module-name"),
        *get_texts(tool, "setuptools", "py-modules"),
    ]
    modules += [name for name in get_texts(tool, "setuptools", "packages") if "." not in name]
    for module in modules:
        yield from (join(root, *module.split(".")) for root in roots if module)


def _module_file(tree: Tree, path: str) -> str | None:
    """Return the file that importing the module at `path` runs first, or None when there is none."""
    candidates = [path] if path.endswith(".py") else [join(path, "__init__.py"), f"{path}.py"]
    return next((file for file in candidates if tree.read(file) is not None), None)


def _top_level(tree: Tree, root: str) -> Iterator[tuple[str, str]]:
    """Yield the import packages and modules right below `root`: name and file."""
    for name in tree.names(root):
        bare = name.removesuffix("/").removesuffix(".py")
        if (name.endswith(("/", ".py"))) and bare.isidentifier():
            file = _module_file(tree, join(root, bare))
            if file:
                yield bare, file


def _same_name(module: str, name: str) -> bool:
    """Whether a module is called like the distribution; `python-x` and `x-python` may be called `x`."""
    squeezed = re.sub(r"[-_.]", "", normalized(name))
    bare = re.sub(r"^python-|-python$", "", normalized(name))
    return re.sub(r"[-_.]", "", module.lower()) in {squeezed, re.sub(r"[-_.]", "", bare)} and bool(name)


def _in_namespace(project: Project, root: str) -> str | None:
    """Return the file of a package in a namespace (`google-cloud-x` in `google/cloud/x`), or None."""
    parts = re.split(r"[-.]", project.name or "")
    for cut in range(len(parts) - 1, 0, -1):
        path = join(root, *parts[:cut], "_".join(parts[cut:]))
        if project.tree.read(join(path, "__init__.py")) is not None:
            return join(path, "__init__.py")
    return None
