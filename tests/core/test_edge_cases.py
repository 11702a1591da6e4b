"""Tests that show bugs; to be moved into the suite once these are fixed."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from castoff.adapters.archives import WheelTree
from castoff.adapters.console import Console
from castoff.adapters.environment import read_environment
from castoff.adapters.files import TEMPORARY, Folder, Replacement, replace_all
from castoff.core import versions
from castoff.core.artifacts import read_manifest
from castoff.core.errors import CastoffError, Location, Problem, UsageError
from castoff.core.forge import Repository, repository
from castoff.core.places import find_places
from castoff.core.project import read_project
from tests.core.test_bumping import FUZZED
from tests.core.test_places import DYNAMIC, HATCH, HERE, INIT, STATIC
from tests.memory import (
    Files,
    Memory,
    bumped,
    changes,
    expected,
    find,
    found_places,
    marked_places,
    plain,
    tree,
    written,
)
from tests.strategies import bounded, mutated

BASE: Files = {"pyproject.toml": HATCH + STATIC}
LOCK = '[[package]]\nname = "{}"\nversion = "«1.2.3»"\nsource = {{ editable = "." }}\n'

FOUND: dict[str, Files] = {
    "A-lock-of-a-project-called-version": {
        "pyproject.toml": STATIC.replace("demo", "my-version"),
        "uv.lock": LOCK.format("my-version"),
    },
    "G-hatch-path-with-a-v-before-the-number": {
        "pyproject.toml": HATCH + DYNAMIC + f'[tool.hatch.version]\npath = "{INIT}"\n',
        INIT: '__version__ = "«v1.2.3»"\n',
    },
    "H-in-a-match": {**BASE, INIT: "match 1:\n    case 1:\n        __version__ = '«1.2.3»'\n"},
    "H-in-a-try-star": {**BASE, INIT: "try:\n    __version__ = '«1.2.3»'\nexcept* ValueError:\n    pass\n"},
    "I-star-import-without-all-brings-no-underscore-names": {
        **BASE,
        INIT: "from ._vendor import *\n",
        "src/demo/_vendor.py": "__version__ = '1.2.3'\n",
    },
    "U-another-spelling-of-another-name": {
        "pyproject.toml": STATIC.replace("1.2.3", "1.2.3rc1"),
        INIT: 'VERSION = "«1.2.3-rc1»"\n',
    },
    "V-a-name-imported-from-a-vendored-package": {
        **BASE,
        INIT: "from demo._vendor.o import version\n" + HERE,
        "src/demo/_vendor/o.py": "version = '1.2.3'\n",
    },
    "E-citation-folded": {**BASE, "CITATION.cff": "version: some\n  text\n"},
}


@pytest.mark.parametrize("files", FOUND.values(), ids=FOUND.keys())
def test_every_place_is_found_and_bumped_and_nothing_else(files: Files) -> None:
    before = tree(files)
    assert found_places(find(before)) == marked_places(files)
    assert bumped(before, "2.0.0rc1").files == expected(files, "2.0.0rc1")


NEXT: dict[str, Files] = {
    "F-citation-of-the-next-version": {**BASE, "CITATION.cff": "version: 2.0.0\n"},
    "F-another-name-with-the-next-version": {**BASE, INIT: HERE + 'VERSION = "2.0.0"\n'},
}


@pytest.mark.parametrize("files", NEXT.values(), ids=NEXT.keys())
def test_what_says_the_new_version_already_is_no_hindrance(files: Files) -> None:
    assert bumped(tree(files), "2.0.0").files == expected(files, "2.0.0")


REFUSED: dict[str, Files] = {
    "D-deep-lock": {**BASE, "uv.lock": '[[package]]\nname = "demo"\nversion = "1.2.3"\nx = ' + "[" * 3000 + "\n"},
    "E-citation-escaped": {**BASE, "CITATION.cff": 'version: "1\\x2e2.3"\n'},
    "E-deep-citation": {**BASE, "CITATION.cff": "x: " + "[" * 3000 + "\n"},
    "E-citation-that-stands-for-another-key": {**BASE, "CITATION.cff": "cff-version: &v 1.2.3\nversion: *v\n"},
    "H-assigned-by-the-way": {**BASE, INIT: "print(__version__ := '1.2.3')\n"},
    "H-assigned-by-a-loop": {**BASE, INIT: "for __version__ in ['1.2.3']:\n    pass\n"},
    "H-assigned-in-a-function": {**BASE, INIT: "def f():\n    global __version__\n    __version__ = '1.2.3'\nf()\n"},
    "H-two-calls-of-setup": {
        "setup.py": "if x:\n    setup(name='demo', version='1.2.3')\nelse:\n    setup(version='1.2.3')\n"
    },
    "H-assigned-deep-in-a-tuple": {**BASE, INIT: "a, (b, __version__) = 1, (2, '1.2.3')\n"},
    "H-assigned-by-with": {**BASE, INIT: "with f('1.2.3') as __version__:\n    pass\n"},
    "J-resources-are-no-metadata": {
        **BASE,
        INIT: "from importlib import resources\n__version__ = resources.read_text('demo', 'V')\n",
        "src/demo/V": "1.2.3",
    },
    "J-resources-by-module": {
        **BASE,
        INIT: "import importlib.resources\n__version__ = importlib.resources.files('demo').joinpath('V').read_text()\n",
        "src/demo/V": "1.2.3",
    },
    "K-deep-python": {**BASE, INIT: "x = " + "-" * 7000 + "1\n"},
    "K-coding-undefined": {**BASE, INIT: "# coding: undefined\n"},
    "K-coding-idna": {**BASE, INIT: "# coding: idna\n" + "x" * 100 + "..\n"},
    "L-package-that-is-not-there": {
        "pyproject.toml": HATCH + STATIC + '[tool.castoff]\npackage = "src/typo"\n',
        INIT: HERE,
    },
    "L-configuration-that-is-no-table": {"pyproject.toml": "tool.castoff = 3\n" + STATIC},
}


@pytest.mark.parametrize("files", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_bumped_for_sure_is_refused(files: Files) -> None:
    with pytest.raises(CastoffError) as caught:
        changes(tree(files), "2.0.0")
    assert "please report" not in str(caught.value)


LISTED = '[[package]]\nname = "demo"\nversion = "1.2.3"\nsource = { editable = ["."] }\n'


@pytest.mark.parametrize("text", ["", "version = 1\n", LISTED], ids=["empty", "no-packages", "a-list-as-source"])
def test_a_lock_without_our_package_holds_no_place(text: str) -> None:  # B, C
    assert len(find(tree({**BASE, "uv.lock": text})).places) == 1


@pytest.mark.parametrize("place", ["pyproject.toml", "pyproject.toml:project.nope", f"{INIT}:nope"])
def test_a_configured_place_that_is_none_is_a_wrong_configuration(place: str) -> None:  # BB
    files = {"pyproject.toml": STATIC + f'[tool.castoff]\nplaces = ["{place}"]\n', INIT: ""}
    with pytest.raises(UsageError, match="places"):
        find(tree(files))


@pytest.mark.parametrize("file", [INIT, "CITATION.cff", "uv.lock"])
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


@pytest.mark.filterwarnings("error")
def test_a_module_with_odd_escapes_is_read_without_a_warning() -> None:  # K
    project = tree({**BASE, INIT: "import re\nre.compile('\\d')\n" + HERE})
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert len(find(project).places) == 2
    assert seen == []


@pytest.mark.parametrize("text", ["1.2.3.dev1", "1.2.3+local", "1.2.3rc1.dev2"])
def test_what_cannot_be_released_has_no_tag(text: str) -> None:  # M
    with pytest.raises(UsageError):
        versions.tag_name(Version(text))
    assert versions.misspelt(f"v{text}") is None


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("notgithub.com:owner/name", None),
        ("evil-github.com:owner/name.git", None),
        ("https://GitHub.com/owner/name", Repository("owner", "name")),
    ],
)
def test_a_host_is_github_or_it_is_not(url: str, found: Repository | None) -> None:  # S
    assert repository(url) == found


def test_a_manifest_with_something_that_is_no_file_is_refused() -> None:  # T
    good = '{"file": "a.whl", "sha256": "' + "0" * 64 + '", "size": 1}'
    with pytest.raises(CastoffError, match="not a manifest"):
        read_manifest(
            '{"name": "a", "version": "1", "commit": "c", "source_date_epoch": 1, "files": [' + good + ', "x"]}'
        )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project on disk."""
    folder = tmp_path / "project"
    (folder / "src/demo").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(plain(HATCH + STATIC))
    (folder / INIT).write_text("")
    return folder


@pytest.mark.parametrize("name", ["uv.lock", "CITATION.cff", "setup.py", "src/demo/_version.py"])
def test_a_link_that_leads_out_is_refused_for_a_place_may_be_behind_it(root: Path, name: str) -> None:  # N
    (root.parent / "outside").write_text("title: x\n")
    (root / name).symlink_to(root.parent / "outside")
    with pytest.raises(CastoffError, match="outside of the project"):
        find_places(read_project(Folder(root)))


@pytest.mark.parametrize("name", ["uv.lock", "CITATION.cff", "setup.py", "src/demo/_version.py"])
def test_a_link_to_itself_is_refused(root: Path, name: str) -> None:  # O
    (root / name).symlink_to(root / name)
    folder = Folder(root)
    with pytest.raises(CastoffError):
        find_places(read_project(folder))


@pytest.mark.parametrize("hard", [False, True], ids=["symbolic", "hard"])
def test_a_link_under_the_temporary_name_is_not_written_through(root: Path, hard: bool) -> None:  # P
    victim = root.parent / "victim"
    victim.write_text("precious")
    left = root / f".pyproject.toml{TEMPORARY}"
    left.hardlink_to(victim) if hard else left.symlink_to(victim)
    old = (root / "pyproject.toml").read_bytes()
    replace_all(root, [Replacement("pyproject.toml", old, b"new")])
    assert victim.read_text() == "precious"
    assert (root / "pyproject.toml").read_bytes() == b"new"
    assert not (root / "pyproject.toml").is_symlink()


def test_control_characters_in_an_annotation_are_shown_and_not_obeyed() -> None:  # Q
    out, err = io.StringIO(), io.StringIO()
    console = Console(read_environment({"GITHUB_ACTIONS": "true"}), out=out, err=err)
    hostile = "a\x1b[31m\x07\u202e" + b"\xff".decode(errors="surrogateescape")
    console.failure("bump", CastoffError(Problem(hostile, Location(hostile, 1), (hostile,))))
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out.getvalue() + err.getvalue()) == []
    (out.getvalue() + err.getvalue()).encode()


def test_a_damaged_wheel_is_refused(tmp_path: Path) -> None:  # W
    path = tmp_path / "demo-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as wheel:
        wheel.writestr("demo-1.2.3.dist-info/METADATA", "Name: demo\n")
    path.write_bytes(path.read_bytes().replace(b"Name: demo", b"Name: dumm", 1))
    with pytest.raises(CastoffError):
        WheelTree(path).read("demo-1.2.3.dist-info/METADATA")
