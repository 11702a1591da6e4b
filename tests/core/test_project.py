"""What a project is called, and which import packages it ships, by the files of each build backend."""

from __future__ import annotations

import pytest

from castoff.core.errors import CastoffError, Location, Problem, UsageError
from castoff.core.found_checks import find_checks
from castoff.core.project import import_packages, module_names, normalized, read_project, source_roots
from tests.memory import tree

NAMED = '[project]\nname = "my-thing"\n'


def packages(pyproject: str = NAMED, *others: str, **files: str) -> list[str]:
    """Return what is shipped of a project with this pyproject.toml, and with other files."""
    return import_packages(read_project(tree({"pyproject.toml": pyproject, **dict.fromkeys(others, ""), **files})))


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"pyproject.toml": NAMED}, "my-thing"),
        ({"pyproject.toml": '[tool.poetry]\nname = "a"\n'}, "a"),
        ({"pyproject.toml": '[tool.flit.metadata]\ndist-name = "a"\n'}, "a"),
        ({"setup.cfg": "[metadata]\nname = a\n"}, "a"),
        ({"setup.py": 'setup(name="a")\n'}, "a"),
        ({"setup.py": 'setuptools.setup(version="1", name="a")\n'}, "a"),
        ({"setup.py": 'setup(name="a")\nsetup(name="b")\n'}, None),
        ({"setup.py": 'name = "a"\nsetup(name=name)\n'}, "a"),
        ({"setup.py": "import about\nsetup(name=about.NAME)\n", "about.py": 'NAME = "a"\n'}, "a"),
        ({"setup.py": 'name = "a"\nif x:\n    name = read()\nsetup(name=name)\n'}, None),
        ({"setup.py": "setup(name=read())\n"}, None),
        ({"setup.py": 'other(name="a")\nsetup(version="1")\n'}, None),
        ({"pyproject.toml": ""}, None),
    ],
)
def test_the_name_is_found_where_each_backend_has_it(files: dict[str, str], name: str | None) -> None:
    assert read_project(tree(files)).name == name


def test_a_project_is_read_without_a_pyproject_and_with_one() -> None:
    old = read_project(tree({"setup.py": 'setup(name="a")\n', "a.py": ""}))
    assert (old.pyproject, old.data, old.config.package, import_packages(old)) == (None, {}, None, ["a.py"])
    new = read_project(tree({"pyproject.toml": NAMED}))
    assert new.pyproject is not None
    assert (new.pyproject.file, new.pyproject.text, new.data["project"]) == (
        "pyproject.toml",
        NAMED,
        {"name": "my-thing"},
    )


def test_without_a_file_that_says_what_it_is_there_is_no_project() -> None:
    with pytest.raises(CastoffError) as caught:
        read_project(tree({"README": ""}))
    assert caught.value.exit_code == 1
    assert str(caught.value) == "there is no pyproject.toml here; run castoff in the folder of a Python package"


def test_a_setup_cfg_that_cannot_be_read_is_told_in_one_line() -> None:
    project = read_project(tree({"setup.cfg": "a = b\nc\n"}))
    with pytest.raises(CastoffError) as caught:
        _ = project.name
    (problem,) = caught.value.problems
    assert problem.where == Location("setup.cfg")
    assert problem.what.startswith("setup.cfg cannot be read: File contains no section headers. file: ")
    assert "\n" not in problem.what


@pytest.mark.parametrize(("name", "normal"), [("A.B--c_d", "a-b-c-d"), ("plain", "plain"), ("X__y", "x-y")])
def test_a_name_is_normal_as_indexes_write_it(name: str, normal: str) -> None:
    assert normalized(name) == normal


@pytest.mark.parametrize(
    ("pyproject", "shipped"),
    [
        ('[tool.castoff]\npackage = "code/b"\n', "code/b/__init__.py"),
        ('[tool.castoff]\npackage = "./code/b/"\n', "code/b/__init__.py"),
        ('[tool.hatch.build.targets.wheel]\npackages = ["code/b"]\n', "code/b/__init__.py"),
        ('[tool.hatch.build.targets.wheel]\npackages = ["./code//b/"]\n', "code/b/__init__.py"),
        ('[[tool.poetry.packages]]\ninclude = "b"\nfrom = "code"\n', "code/b/__init__.py"),
        ('[[tool.poetry.packages]]\ninclude = "top"\n', "top.py"),
        ('[tool.flit.module]\nname = "in_src"\n', "src/in_src/__init__.py"),
        ('[tool.flit.metadata]\nmodule = "in_src"\n', "src/in_src/__init__.py"),
        ('[tool.uv.build-backend]\nmodule-name = "in_src.sub"\n', "src/in_src/sub.py"),
        ('[tool.uv.build-backend]\nmodule-name = "b"\nmodule-root = "code"\n', "code/b/__init__.py"),
        ('[tool.setuptools]\npy-modules = ["top"]\n', "top.py"),
        ('[tool.setuptools]\npackages = ["in_src", "in_src.sub"]\n', "src/in_src/__init__.py"),
        ('[tool.setuptools]\npackages = ["b"]\npackage-dir = { "" = "code" }\n', "code/b/__init__.py"),
        ('[tool.setuptools]\npackages = ["in_lib"]\n', "lib/in_lib/__init__.py"),
    ],
)
def test_a_package_that_is_declared_is_the_one_and_the_folder_does_not_matter(pyproject: str, shipped: str) -> None:
    files = ["code/b/__init__.py", "src/in_src/__init__.py", "src/in_src/sub.py", "lib/in_lib/__init__.py", "top.py"]
    assert packages(NAMED + pyproject, "my_thing.py", *files) == [shipped]


def test_several_that_are_declared_are_all_shipped_and_what_is_not_there_is_not() -> None:
    declared = '[tool.hatch.build.targets.wheel]\npackages = ["src/a", "src/b.py", "src/gone"]\n'
    assert packages(NAMED + declared, "src/a/__init__.py", "src/b.py") == ["src/a/__init__.py", "src/b.py"]


def test_a_configured_package_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        packages(f'{NAMED}[tool.castoff]\npackage = "gone"\n', "my_thing.py")
    told = Problem("[tool.castoff] package: there is no gone", Location("pyproject.toml"))
    assert caught.value.problems == (told,)


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        ({"pyproject.toml": NAMED}, ["src", "", "lib"]),
        ({"pyproject.toml": '[tool.setuptools]\npackage-dir = { "" = "a" }\n'}, ["a", "src", "", "lib"]),
        ({"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["a", "b"]\n'}, ["a", "b", "src", "", "lib"]),
        ({"pyproject.toml": '[tool.uv.build-backend]\nmodule-root = "a"\n'}, ["a", "src", "", "lib"]),
        ({"pyproject.toml": '[tool.uv.build-backend]\nmodule-root = "./lib/"\n'}, ["lib", "src", ""]),
        ({"pyproject.toml": '[tool.pdm.build]\npackage-dir = "a"\n'}, ["a", "src", "", "lib"]),
        ({"setup.cfg": "[options]\npackage_dir =\n    = a\n"}, ["a", "src", "", "lib"]),
        ({"setup.cfg": "[options]\npackage_dir = =a\n"}, ["a", "src", "", "lib"]),
        ({"setup.cfg": "[options]\npackage_dir =\n    b = c\n    = a\n    d = e\n"}, ["a", "src", "", "lib"]),
        ({"setup.cfg": "[options]\npackage_dir = b = c, = a\n"}, ["a", "src", "", "lib"]),
        ({"setup.cfg": "[options]\npackage_dir = b = c\n"}, ["src", "", "lib"]),
        ({"setup.cfg": "[options.packages.find]\nwhere = a\n"}, ["a", "src", "", "lib"]),
    ],
)
def test_packages_are_looked_for_first_where_the_backend_does(files: dict[str, str], roots: list[str]) -> None:
    assert source_roots(read_project(tree(files))) == roots


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("my-thing", "my_thing.py"),
        ("my.thing", "my_thing.py"),
        ("MyThing", "my_thing.py"),
        ("python-thing", "thing/__init__.py"),
        ("thing-python", "thing/__init__.py"),
        ("org-thing-more", "org/thing_more/__init__.py"),
        ("org.thing.more", "org/thing_more/__init__.py"),
        ("org-deep-er", "src/org/deep/er/__init__.py"),
        ("my-thing-python", "my_thing.py"),
        ("python-own", "python_own.py"),
        ("pythonown", "python_own.py"),
    ],
)
def test_else_it_is_the_one_that_is_called_like_the_distribution(name: str, shipped: str) -> None:
    files = ["my_thing.py", "thing/__init__.py", "org/thing_more/__init__.py", "a/__init__.py", "no_package/x.py"]
    files += ["src/org/deep/er/__init__.py", "python_own.py"]
    assert packages(f'[project]\nname = "{name}"\n', *files) == [shipped]


def test_else_all_that_stand_there_but_for_tests_docs_and_tools() -> None:
    others = ["tests/__init__.py", "docs/__init__.py", "setup.py", "conftest.py", "noxfile.py", "x-y.py", "data/x.txt"]
    assert packages(NAMED, "b/__init__.py", "a.py", *others) == ["a.py", "b/__init__.py"]
    assert packages(NAMED, "src/c/__init__.py", "a.py") == ["src/c/__init__.py"]
    assert packages(NAMED, *others) == []
    assert packages("", "a.py", "b.py") == ["a.py", "b.py"]


@pytest.mark.parametrize(
    ("name", "file", "module"),
    [
        ("my-thing", "my_thing.py", "my_thing"),
        ("my-thing", "src/my_thing/__init__.py", "my_thing"),
        ("org-thing", "src/org/thing/__init__.py", "org.thing"),
        ("org-thing", "org/thing/__init__.py", "org.thing"),
        ("lib", "lib/__init__.py", "lib"),
    ],
)
def test_a_package_is_imported_by_its_path_below_the_source_folder(name: str, file: str, module: str) -> None:
    project = read_project(tree({"pyproject.toml": f'[project]\nname = "{name}"\n', file: ""}))
    assert module_names(project) == [module]
    assert find_checks(project).commands == {"test": (("python", "-c", f"import {module}"),)}


def test_the_source_folder_comes_before_the_root() -> None:
    assert packages(NAMED, "my_thing/__init__.py", "src/my_thing/__init__.py") == ["src/my_thing/__init__.py"]
