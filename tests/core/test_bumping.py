"""New contents, computed and proved: the version alone differs, byte for byte, and back again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from castoff.core.bumping import LineChange, bump, bump_problems
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.place import Format, Place
from castoff.core.places import Places, find_places
from castoff.core.project import read_project
from castoff.core.texts import Span, decode
from castoff.core.tree import Overlay
from tests.memory import MARKED, Memory, bumped, changes, expected, find, plain, written
from tests.strategies import bounded, init_modules, mutated, pyprojects, releasable_versions

PYPROJECT = '[build-system]\nrequires = ["hatchling"]\n\n[project]\nname = "demo"\nversion = "«1.2.3»"\n'
INIT = "src/demo/__init__.py"
SETUP_CFG = "[metadata]\nname = demo\nversion = «1.2.3»\n"
LOCK = 'version = 1\n\n[[package]]\nname = "demo"\nversion = "«1.2.3»"\nsource = { editable = "." }\n'
CITATION = "cff-version: 1.2.0\nversion: «1.2.3»\ntitle: x\n"

BYTES: dict[str, tuple[str, bytes]] = {
    "toml-crlf": ("pyproject.toml", PYPROJECT.replace("\n", "\r\n").encode()),
    "toml-mixed-line-ends": ("pyproject.toml", PYPROJECT.replace("]\n", "]\r\n").encode()),
    "toml-byte-order-mark": ("pyproject.toml", ("\ufeff" + PYPROJECT).encode()),
    "toml-no-final-newline": ("pyproject.toml", PYPROJECT.rstrip().encode()),
    "toml-many-final-newlines": ("pyproject.toml", (PYPROJECT + "\n\n\r\n").encode()),
    "toml-spaces-at-line-ends": ("pyproject.toml", PYPROJECT.replace("\n", " \t\n").encode()),
    "toml-tabs": ("pyproject.toml", PYPROJECT.replace(" = ", "\t=\t").encode()),
    "toml-no-spaces": ("pyproject.toml", PYPROJECT.replace(" = ", "=").encode()),
    "toml-indented": ("pyproject.toml", PYPROJECT.replace("version", "    version").encode()),
    "toml-comments": ("pyproject.toml", PYPROJECT.replace('»"', "»\"# '1.2.3' \"").encode()),
    "toml-odd-characters": ("pyproject.toml", (PYPROJECT + 'x = "\u2028\u2029\x85☃é\U0001f600"\n').encode()),
    "toml-inline-tables": ("pyproject.toml", b'project = { name = "demo" ,version="\xc2\xab1.2.3\xc2\xbb",  x={a=1} }'),
    "toml-dotted-keys": (
        "pyproject.toml",
        'project . name = "demo"\r\nproject."version"  =  \'«1.2.3»\'\r\nproject.urls.a = "1.2.3"\n'.encode(),
    ),
    "python-crlf": (INIT, b"'''x\r\n'''\r\n__version__ = '\xc2\xab1.2.3\xc2\xbb'\r\n"),
    "python-cr": (INIT, b"x = 1\r__version__ = '\xc2\xab1.2.3\xc2\xbb'\ry = 2\r"),
    "python-mixed-line-ends": (INIT, b"x = 1\r\ny = 1\n\r__version__ = '\xc2\xab1.2.3\xc2\xbb'\r\nz = 1\n"),
    "python-byte-order-mark": (INIT, "\ufeff__version__ = '«1.2.3»'\n".encode()),
    "python-no-final-newline": (INIT, "__version__ = '«1.2.3»'".encode()),
    "python-latin-1": (INIT, "# coding: latin-1\nx = 'é'; __version__ = '«1.2.3»'  # é\n".encode("latin-1")),
    "python-latin-1-on-line-2": (
        INIT,
        "#!x\n# vim: set fileencoding=iso-8859-15 :\n__version__='«1.2.3»' # é".encode("latin-1"),
    ),
    "python-utf-8-cookie": (INIT, "# -*- coding: utf-8 -*-\n__version__ = '«1.2.3»' # ☃\n".encode()),
    "python-form-feed": (INIT, "x = 1\n\x0c\n\x0c__version__ = '«1.2.3»'\n\x0c".encode()),
    "python-odd-line-separators": (INIT, "x = '\u2028\x85\x0b\x0c\x1c'\n__version__ = '«1.2.3»'\n".encode()),
    "python-tabs-and-spaces": (INIT, "if True :\n\t__version__\t=\t'«1.2.3»'\t \t# x\t\n".encode()),
    "python-continued": (INIT, "__version__ \\\r\n = \\\r\n '«1.2.3»'\r\n".encode()),
    "python-wide-characters-before": (INIT, "é = '\U0001f600☃é'; __version__ = '«1.2.3»'; a = '1.2.3'\n".encode()),
    "cfg-crlf": ("setup.cfg", SETUP_CFG.replace("\n", "\r\n").encode()),
    "cfg-byte-order-mark": ("setup.cfg", ("\ufeff" + SETUP_CFG).encode()),
    "cfg-spaces": ("setup.cfg", SETUP_CFG.replace(" = ", "  :\t").replace("»", "» \t").encode()),
    "cfg-comments": ("setup.cfg", ("# 1.2.3\n" + SETUP_CFG + "; 1.2.3\n").encode()),
    "cfg-no-final-newline": ("setup.cfg", SETUP_CFG.rstrip().encode()),
    "lock-crlf": ("uv.lock", LOCK.replace("\n", "\r\n").encode()),
    "lock-no-final-newline": ("uv.lock", LOCK.rstrip().encode()),
    "citation-crlf": ("CITATION.cff", CITATION.replace("\n", "\r\n").encode()),
    "citation-byte-order-mark": ("CITATION.cff", ("\ufeff" + CITATION).encode()),
    "citation-spaces-and-comment": (
        "CITATION.cff",
        CITATION.replace(": «", ":   «").replace("»", "»   # 1.2.3").encode(),
    ),
    "citation-odd-characters": ("CITATION.cff", ("title: '☃\U0001f600 é'\n" + CITATION.partition("\n")[2]).encode()),
}


def _project(file: str, data: bytes) -> tuple[Memory, bytes, bytes]:
    """Return a project with such a file in it, and the file with 1.2.3 and with 2.0.0rc1 between its marks."""
    latin = "«".encode() not in data
    opening, closing = (b"\xab", b"\xbb") if latin else ("«".encode(), "»".encode())
    before = data.replace(opening, b"").replace(closing, b"")
    head, _, rest = data.partition(opening)
    after = head + b"2.0.0rc1" + rest.partition(closing)[2]
    return Memory({"pyproject.toml": plain(PYPROJECT).encode(), file: before}), before, after


@pytest.mark.parametrize(("file", "data"), BYTES.values(), ids=BYTES.keys())
def test_every_byte_but_the_version_stays(file: str, data: bytes) -> None:
    project, before, after = _project(file, data)
    assert b"1.2.3" in before
    there = bumped(project, "2.0.0rc1")
    assert there.files[file] == after
    assert bumped(there, "1.2.3").files == project.files


@pytest.mark.parametrize(
    ("now", "new", "said"),
    [
        ("1.2.3", "1.2.4", None),
        ("1.2.3", "1.2.3", "already"),
        ("1.2.3", "1.2.3.0", "already"),
        ("1.2.3rc1", "1.2.3", None),
        ("1.2.3", "1.2.3rc1", "lower"),
        ("1.10.0", "1.9.0", "lower"),
        ("1.9.0", "1.10.0", None),
        ("0.1.0", "1!0.0.1", None),
    ],
)
def test_only_a_higher_version_can_be_bumped_to(now: str, new: str, said: str | None) -> None:
    problems = bump_problems(Version(now), Version(new))
    assert len(problems) == (said is not None)
    assert said is None or said in problems[0].what


def test_each_file_is_changed_once_however_many_places_it_holds() -> None:
    files = {"pyproject.toml": PYPROJECT + '[tool.poetry]\nversion = "«1.2.3»"\n', INIT: "__version__ = '«1.2.3»'\n"}
    project = Memory({path: plain(text).encode() for path, text in files.items()})
    made = changes(project, "2.0.0")
    assert [change.file for change in made] == ["pyproject.toml", INIT]
    assert [len(change.lines) for change in made] == [2, 1]
    assert written(project, made).files == expected(files, "2.0.0")
    assert [change.old for change in made] == [project.files[change.file] for change in made]


def test_two_places_on_one_line_are_both_changed() -> None:
    files = {
        "pyproject.toml": 'project={name="demo",version="«1.2.3»"}\n',
        INIT: "__version__ = '«1.2.3»'; VERSION = '«1.2.3»'\n",
    }
    project = Memory({path: plain(text).encode() for path, text in files.items()})
    assert bumped(project, "10.20.30").files == expected(files, "10.20.30")


def test_a_spelling_that_is_not_the_normal_form_becomes_it() -> None:
    project = Memory({"pyproject.toml": plain(PYPROJECT).replace("1.2.3", "v1.2.3-RC.1").encode()})
    assert b'version = "1.2.3"' in bumped(project, "1.2.3").files["pyproject.toml"]


def test_a_file_that_changed_since_it_was_read_is_refused() -> None:
    project = Memory({"pyproject.toml": plain(PYPROJECT).encode()})
    places = find(project)
    project.files["pyproject.toml"] += b"# new\n"
    with pytest.raises(CastoffError) as caught:
        bump(project, places, Version("2.0.0"))
    assert caught.value.problems == (Problem("the file changed while it was read", Location("pyproject.toml")),)


def _refused(*places: Place) -> Problem:
    """Return why a bump of a project with these, and no other, places is refused: some of them are made up."""
    project = Memory({"pyproject.toml": plain(PYPROJECT).encode(), "NOTES": b"1.2.3"})
    with pytest.raises(CastoffError) as caught:
        bump(project, Places(Version("1.2.3"), places), Version("2.0.0"))
    (problem,) = caught.value.problems
    return problem


TEXT = decode("pyproject.toml", plain(PYPROJECT).encode())
REAL = Place(TEXT, Format.TOML, "project.version", "1.2.3", toml_key=("project", "version"))


def test_a_place_that_is_not_found_anew_is_refused() -> None:
    """As NOTES is no place, nothing would ever read the version from it again."""
    notes = Place(decode("NOTES", b"1.2.3"), Format.PLAIN, "", "1.2.3", Span(0, 5))
    said = "after the change the places would not all say 2.0.0; please report this"
    assert _refused(REAL, notes) == Problem(said, Location("pyproject.toml"))
    assert _refused(notes) == Problem(said, Location("NOTES"))


@pytest.mark.parametrize(
    ("covers", "value"),
    [
        ('demo"\nversion = "1.2.3', "1.2.3"),  # two values become one
        ("name", "1.2.3"),  # a key, which becomes three
        ("demo", "2.0.0"),  # what need not be changed
    ],
)
def test_a_change_that_touches_more_than_the_version_is_refused(covers: str, value: str) -> None:
    start = TEXT.text.index(covers)
    made_up = Place(TEXT, Format.TOML, "x", value, Span(start, start + len(covers)))
    said = "the change would touch more than the version; please report this"
    places = (made_up,) if "version" in covers else (REAL, made_up)
    assert _refused(*places) == Problem(said, Location("pyproject.toml"))


def test_a_change_after_which_the_file_is_broken_is_refused_by_its_name() -> None:
    start = TEXT.text.index('"1.2.3"')
    broken = Place(TEXT, Format.TOML, "x", "1.2.3", Span(start, start + 4))
    problem = _refused(broken)
    assert problem.what.startswith("pyproject.toml is not TOML")
    assert problem.where == Location("pyproject.toml", 6)


def test_a_file_with_a_place_that_says_the_new_version_already_is_finished() -> None:
    text = "__version__ = '2.0.0'; VERSION = '1.2.3'\n"
    half = Memory({"pyproject.toml": plain(PYPROJECT).encode(), INIT: text.encode()})
    made = bump(half, find_places(read_project(half), Version("2.0.0")), Version("2.0.0"))
    assert [(change.file, len(change.lines)) for change in made] == [("pyproject.toml", 1), (INIT, 1)]


@pytest.mark.parametrize("end", ["", " \t", "  # X"])
def test_a_line_is_shown_as_it_was_and_will_be_without_its_end(end: str) -> None:
    text = f"x = 1\r\n__version__ = '1.2.3'{end}\r\ny = 2\r\n"
    project = Memory({"pyproject.toml": plain(PYPROJECT).encode(), INIT: text.encode()})
    assert changes(project, "2.0.0")[1].lines == (
        LineChange(Location(INIT, 2), f"__version__ = '1.2.3'{end}", f"__version__ = '2.0.0'{end}"),
    )


def test_an_overlay_shows_changed_files_under_all_their_names() -> None:
    below = Memory({"a": b"1", "b/c": b"2"}, {"link": "a"})
    above = Overlay(below, {"a": b"3"})
    assert [above.read(path) for path in ("a", "link", "b/c", "d")] == [b"3", b"3", b"2", None]
    assert above.names("") == below.names("") == ("a", "b/", "link")
    assert above.real("link") == "a"
    assert below.read("a") == b"1"


_VERSIONS = releasable_versions().filter(lambda version: str(version) not in ("1.2.3", "1.2.0"))


@bounded
@given(pyprojects("1.2.3"), _VERSIONS)
def test_a_bump_of_any_pyproject_changes_the_version_alone_and_back_again(marked: str, version: Version) -> None:
    files = {"pyproject.toml": marked}
    project = Memory({"pyproject.toml": plain(marked).encode()})
    there = bumped(project, str(version))
    assert there.files == expected(files, str(version))
    assert bumped(there, "1.2.3").files == project.files


@bounded
@given(init_modules("1.2.3"), _VERSIONS)
def test_a_bump_of_any_module_changes_the_version_alone_and_back_again(marked: str, version: Version) -> None:
    files = {"pyproject.toml": PYPROJECT, INIT: marked}
    project = Memory({path: plain(text).encode() for path, text in files.items()})
    there = bumped(project, str(version))
    assert there.files == expected(files, str(version))
    assert bumped(there, "1.2.3").files == project.files


@bounded
@given(pyprojects("1.2.3"), init_modules("1.2.3"), _VERSIONS)
def test_a_bump_of_any_project_with_copies_changes_all_of_them(toml: str, python: str, version: Version) -> None:
    files = {"pyproject.toml": toml, INIT: python, "uv.lock": LOCK, "CITATION.cff": CITATION, "setup.cfg": SETUP_CFG}
    project = Memory({path: plain(text).encode() for path, text in files.items()})
    assert sum(len(MARKED.findall(text)) for text in files.values()) == 5
    there = bumped(project, str(version))
    assert there.files == expected(files, str(version))
    assert bumped(there, "1.2.3").files == project.files


FUZZED = {
    "pyproject.toml": PYPROJECT + '[tool.castoff]\nmain = "main"\n[tool.hatch.version]\npath = "x"\n',
    INIT: "from ._version import v as __version__\nVERSION = 'x' # y\n",
    "setup.cfg": SETUP_CFG + "description = a\n  b\n",
    "CITATION.cff": "cff-version: 1.2.0\nversion: '«1.2.3»'\ntitle: x\n",
    "uv.lock": LOCK,
}


@pytest.mark.parametrize("file", ["pyproject.toml", INIT, "setup.cfg"])
def test_any_bytes_in_a_file_are_read_or_refused(file: str) -> None:
    whole = {path: plain(text).encode() for path, text in FUZZED.items() if path != INIT}

    @bounded
    @given(st.one_of(mutated(plain(FUZZED[file])), st.binary(max_size=40)))
    def attempt(data: bytes) -> None:
        project = Memory({**whole, file: data})
        try:
            made = changes(project, "2.0.0")
        except CastoffError:
            return
        assert find(written(project, made)).version == Version("2.0.0")

    attempt()


BUMPED_HALF: dict[str, tuple[str, str]] = {
    "a module": (INIT, "__version__ = '{}'\n"),
    "a lock": ("uv.lock", LOCK.replace("«1.2.3»", "{}", 1).replace("{ editable", "{{ editable").replace('" }', '" }}')),
    "setup.cfg": ("setup.cfg", SETUP_CFG.replace("«1.2.3»", "{}")),
}


@pytest.mark.parametrize(("file", "text"), BUMPED_HALF.values(), ids=BUMPED_HALF.keys())
def test_a_bump_that_was_killed_half_way_is_finished_by_the_same_one(file: str, text: str) -> None:
    """The copies are written first: those that say the new version already need no change."""
    backend = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    project = {"pyproject.toml": backend + plain(PYPROJECT).partition("\n\n")[2], "src/demo/__init__.py": ""}
    half = Memory({name: said.encode() for name, said in {**project, file: text.format("2.0.0")}.items()})
    wanted = Version("2.0.0")
    made = bump(half, find_places(read_project(half), wanted), wanted)
    assert [(change.file, len(change.lines)) for change in made] == [("pyproject.toml", 1)]
    assert find(written(half, made)).version == wanted


def test_a_copy_that_says_neither_the_version_nor_the_new_one_is_still_refused() -> None:
    files = {"pyproject.toml": plain(PYPROJECT), INIT: "__version__ = '1.9.0'\n"}
    project = read_project(Memory({name: text.encode() for name, text in files.items()}))
    with pytest.raises(CastoffError, match="disagree"):
        find_places(project, Version("2.0.0"))
    with pytest.raises(CastoffError, match="disagree"):
        find_places(project)
