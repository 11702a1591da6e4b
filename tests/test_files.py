"""Files are replaced all together or not at all: whatever fails, and wherever a process is killed."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from castoff.adapters.files import (
    TEMPORARY,
    Contents,
    Folder,
    Replacement,
    clear_folder,
    replace_all,
    replace_folders,
    write_problems,
)
from castoff.core.errors import CastoffError

NAMES = ("a.toml", "b/c.py", "d.txt")
OLD = {name: f"old {name}\r\n".encode() for name in NAMES}
NEW = {name: f"new {name}, which is longer\n".encode() for name in NAMES}
CHANGES = [Replacement(name, OLD[name], NEW[name]) for name in NAMES]

as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write into a read-only folder")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with the old files, in a folder whose name has what a path may have."""
    folder = tmp_path / "it's a $(project); é"
    for name, data in OLD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder, temporary ones too, with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_files_are_replaced_and_nothing_is_left_over(root: Path) -> None:
    replace_all(root, CHANGES)
    assert contents(root) == NEW


def test_no_change_at_all_is_fine(root: Path) -> None:
    replace_all(root, [])
    assert contents(root) == OLD


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o640, 0o664, 0o200])
def test_the_mode_of_a_file_is_kept(root: Path, mode: int) -> None:
    (root / "a.toml").chmod(mode)
    before = os.umask(0o077)
    try:
        replace_all(root, CHANGES)
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "a.toml").stat().st_mode) == mode


@pytest.mark.parametrize("link", ["d.txt", "b/deep/x.txt"])
def test_a_symbolic_link_stays_one_and_its_target_is_written(root: Path, link: str) -> None:
    (root / "link.txt").unlink(missing_ok=True)
    target = root / link
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(b"old")
    (root / "link.txt").symlink_to(link)
    replace_all(root, [Replacement("link.txt", b"old", b"new")])
    assert (root / "link.txt").is_symlink()
    assert target.read_bytes() == b"new"
    assert not target.is_symlink()


def test_a_folder_that_is_a_link_within_the_project_is_followed(root: Path) -> None:
    (root / "way").symlink_to("b", target_is_directory=True)
    replace_all(root, [Replacement("way/c.py", OLD["b/c.py"], b"new")])
    assert (root / "b" / "c.py").read_bytes() == b"new"


@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_a_link_that_leads_out_of_the_project_is_refused(root: Path, absolute: bool) -> None:
    outside = root.parent / "outside.txt"
    outside.write_bytes(b"old")
    (root / "link.txt").symlink_to(outside if absolute else Path("..") / "outside.txt")
    with pytest.raises(CastoffError, match="leads out of the project") as caught:
        replace_all(root, [*CHANGES, Replacement("link.txt", b"old", b"new")])
    assert str(caught.value.problems[0].where) == "link.txt"
    assert outside.read_bytes() == b"old"
    (root / "link.txt").unlink()
    assert contents(root) == OLD


def test_a_path_that_leads_out_of_the_project_is_refused(root: Path) -> None:
    (root.parent / "outside.txt").write_bytes(b"old")
    with pytest.raises(CastoffError, match="leads out"):
        replace_all(root, [Replacement("../outside.txt", b"old", b"new")])


def test_everything_that_stands_in_the_way_is_told_together_and_nothing_is_touched(root: Path) -> None:
    (root / "a.toml").chmod(0o444)
    (root / "d.txt").unlink()
    (root / "d.txt").mkdir()
    missing = [Replacement(name, b"", b"new") for name in ("gone.txt", "no/such/folder.txt")]
    with pytest.raises(CastoffError) as caught:
        replace_all(root, [*CHANGES, *missing])
    assert [(str(problem.where), problem.what) for problem in caught.value.problems] == [
        ("a.toml", "the file is read-only"),
        ("d.txt", "the file is missing"),
        ("gone.txt", "the file is missing"),
        ("no/such/folder.txt", "the file is missing"),
    ]
    assert caught.value.problems[0].fix == ("chmod u+w a.toml",)
    assert contents(root) == {name: OLD[name] for name in ("a.toml", "b/c.py")}


@as_root
def test_a_read_only_folder_is_told(root: Path) -> None:
    (root / "b").chmod(0o555)
    try:
        (problem,) = write_problems(root, NAMES)
        assert (problem.what, problem.fix) == ("its folder is read-only", ("chmod u+w b",))
    finally:
        (root / "b").chmod(0o755)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_changed_meanwhile_is_refused_and_nothing_is_touched(root: Path, name: str) -> None:
    (root / name).write_bytes(b"somebody else's")
    with pytest.raises(CastoffError, match="changed meanwhile") as caught:
        replace_all(root, CHANGES)
    assert str(caught.value.problems[0].where) == name
    assert contents(root) == {**OLD, name: b"somebody else's"}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_crash_left_over_is_written_anew_and_goes_away(root: Path, name: str) -> None:
    left = (root / name).with_name(f".{Path(name).name}{TEMPORARY}")
    left.write_bytes(b"left over from long ago, and longer than what is written now " * 9)
    replace_all(root, CHANGES)
    assert contents(root) == NEW


@pytest.mark.parametrize("name", NAMES)
def test_when_a_file_cannot_be_staged_nothing_is_touched(root: Path, name: str) -> None:
    """A folder stands where the temporary file has to be."""
    blocked = (root / name).with_name(f".{Path(name).name}{TEMPORARY}")
    blocked.mkdir()
    with pytest.raises(CastoffError, match="are as they were"):
        replace_all(root, CHANGES)
    assert contents(root) == OLD


CHILD = """\
import os, pathlib, resource, signal, sys
from castoff.adapters import files
from castoff.core.errors import CastoffError

names, old, new = {names!r}, {old!r}, {new!r}
real, count = pathlib.Path.replace, 0

def replace(self, target):
    global count
    count += 1
    {what}
    return real(self, target)

pathlib.Path.replace = replace
{before}
try:
    files.replace_all(pathlib.Path.cwd(), [files.Replacement(name, old[name], new[name]) for name in names])
except CastoffError as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    sys.exit(130)
"""


def child(root: Path, what: str, before: str = "") -> subprocess.CompletedProcess[bytes]:
    """Replace the files in a process of its own, in which `what` happens at each rename."""
    source = CHILD.format(names=NAMES, old=OLD, new=NEW, what=what, before=before)
    return subprocess.run([sys.executable, "-c", source], cwd=root, capture_output=True, check=False, timeout=60)


def whole(root: Path) -> list[bool]:
    """Return for each file whether it is the new one; fails when one is neither the old nor the new one."""
    for name in NAMES:
        assert (root / name).read_bytes() in (OLD[name], NEW[name]), name
    return [(root / name).read_bytes() == NEW[name] for name in NAMES]


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_rename_each_file_is_whole_and_a_second_run_ends_it(root: Path, at: int, when: str) -> None:
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    act = kill if when == "before" else f"real(self, target); {kill}"
    assert child(root, f"if count == {at}: {act}").returncode == -9
    renamed = at - 1 if when == "before" else at
    assert whole(root) == [number < renamed for number in range(3)]
    now = {name: (root / name).read_bytes() for name in NAMES}
    replace_all(root, [Replacement(name, now[name], NEW[name]) for name in NAMES])
    assert contents(root) == NEW


@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_without_a_word_at_any_rename_each_file_is_whole(root: Path, at: int) -> None:
    assert child(root, f"if count == {at}: os._exit(7)").returncode == 7
    assert whole(root) == [number < at - 1 for number in range(3)]


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("when", ["before", "after"])
def test_interrupted_at_any_rename_all_files_are_put_back(root: Path, at: int, when: str) -> None:
    interrupt = "os.kill(os.getpid(), signal.SIGINT)"
    act = interrupt if when == "before" else f"real(self, target); {interrupt}"
    assert child(root, f"if count == {at}: {act}").returncode == 130
    assert contents(root) == OLD


@pytest.mark.parametrize("at", [1, 2, 3])
def test_when_a_rename_fails_all_files_are_put_back(root: Path, at: int) -> None:
    """Somebody takes the temporary file away just before it is renamed."""
    ended = child(root, f"count == {at} and self.unlink()")
    assert ended.returncode == 1
    assert b"are as they were" in ended.stderr
    assert contents(root) == OLD


def test_when_the_disk_is_full_nothing_is_touched(root: Path) -> None:
    """No file may become longer than half of the second new one, as if no room were left."""
    ended = child(
        root,
        "pass",
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "new['b/c.py'] = b'x' * 9000\nresource.setrlimit(resource.RLIMIT_FSIZE, (4500, 4500))",
    )
    assert ended.returncode == 1, ended.stderr
    assert b"are as they were" in ended.stderr
    assert contents(root) == OLD


def test_the_folder_is_a_tree_of_its_files(root: Path) -> None:
    folder = Folder(root)
    assert folder.read("b/c.py") == OLD["b/c.py"]
    assert folder.names("") == ("a.toml", "b/", "d.txt")
    assert folder.names("b") == ("c.py",)
    assert folder.names("no/such") == folder.names("a.toml") == ()


@pytest.mark.parametrize("path", ["gone", "b", "", "a.toml/x", "../gone"])
def test_what_is_no_file_is_not_read(root: Path, path: str) -> None:
    assert Folder(root).read(path) is None


@pytest.mark.parametrize("path", ["../outside.txt", "link.txt", "b/../../outside.txt"])
def test_a_file_outside_of_the_folder_is_refused(root: Path, path: str) -> None:
    (root.parent / "outside.txt").write_bytes(b"secret")
    (root / "link.txt").symlink_to("../outside.txt")
    with pytest.raises(CastoffError, match="outside of the project"):
        Folder(root).read(path)


def test_a_path_that_no_file_can_have_is_refused(root: Path) -> None:
    with pytest.raises(CastoffError, match="cannot be read"):
        Folder(root).read("a\0b")


def test_two_names_of_one_file_come_to_the_same(root: Path) -> None:
    (root / "link.txt").symlink_to("b/c.py")
    (root / "way").symlink_to("b", target_is_directory=True)
    folder = Folder(root)
    assert {folder.real(path) for path in ("b/c.py", "./b//c.py", "link.txt", "way/c.py")} == {"b/c.py"}
    assert folder.read("link.txt") == folder.read("way/c.py") == OLD["b/c.py"]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a folder with what a build has made: one file is left out when it is put in place."""
    folder = tmp_path / "made"
    folder.mkdir()
    for name in ("a.whl", "b.tar.gz", "other"):
        (folder / name).write_bytes(f"new {name}".encode())
    return folder


PUT = {
    "dist/a.whl": b"new a.whl",
    "dist/b.tar.gz": b"new b.tar.gz",
    "sbom/a.cdx.json": b"new sbom",
    "seal.json": b"sealed",
}


def put(root: Path, made: Path) -> None:
    """Put two of the files into dist/, and one into sbom/, sealed."""
    (made / "sbom").mkdir(exist_ok=True)
    (made / "sbom/a.cdx.json").write_bytes(b"new sbom")
    dist = Contents(root / "dist", made, ["a.whl", "b.tar.gz"])
    replace_folders([dist, Contents(root / "sbom", made / "sbom", ["a.cdx.json"])], root / "seal.json", b"sealed")


@pytest.mark.parametrize("before", [{}, {"dist/old.whl": b"old", "seal.json": b"old"}, {"dist/old.whl": b"old"}])
def test_a_folder_is_replaced_together_with_its_seal(tmp_path: Path, made: Path, before: dict[str, bytes]) -> None:
    root = tmp_path / "root"
    (root / "dist").mkdir(parents=True)
    for name, data in before.items():
        (root / name).write_bytes(data)
    put(root, made)
    assert contents(root) == PUT


@pytest.mark.parametrize("there", [True, False], ids=["over one that is there", "where none is"])
def test_a_folder_that_cannot_be_replaced_stays_with_its_seal(tmp_path: Path, made: Path, there: bool) -> None:
    root = tmp_path / "root"
    root.mkdir()
    if there:
        (root / "dist").mkdir()
        (root / "dist/old.whl").write_bytes(b"old")
        (root / "seal.json").write_bytes(b"old")
    before = contents(root)
    (made / "b.tar.gz").unlink()
    with pytest.raises(CastoffError, match="is as it was"):
        put(root, made)
    assert contents(root) == before
    assert not list(root.glob(".*"))


@pytest.mark.parametrize("there", [True, False], ids=["over one that is there", "where none is"])
def test_a_second_folder_that_cannot_be_put_in_place_takes_the_first_back(
    tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """The disk fails, say, between the one rename and the other."""
    root = tmp_path / "root"
    root.mkdir()
    for name in ("dist/old.whl", "sbom/old.cdx.json", "seal.json") if there else ():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"old")
    before = contents(root)
    rename = Path.replace

    def failing(path: Path, target: Path) -> Path:
        if path.name.startswith(".sbom.new"):
            raise OSError(errno.EIO, "input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(CastoffError, match="dist/ and sbom/ could not be written, and is as it was"):
        put(root, made)
    assert contents(root) == before
    assert not list(root.glob(".*"))


def test_a_seal_that_cannot_be_put_down_brings_the_old_folder_back(tmp_path: Path, made: Path) -> None:
    root = tmp_path / "root"
    (root / "dist").mkdir(parents=True)
    (root / "dist/old.whl").write_bytes(b"old")
    (root / "seal.json").mkdir()
    with pytest.raises(CastoffError, match="is as it was"):
        put(root, made)
    assert contents(root) == {"dist/old.whl": b"old"}


def test_what_a_killed_replacement_left_is_taken_away(tmp_path: Path) -> None:
    for kind in ("new", "old"):
        (tmp_path / f".dist.{kind}{TEMPORARY}").mkdir()
        (tmp_path / f".dist.{kind}{TEMPORARY}" / "half").write_bytes(b"")
    clear_folder(tmp_path / "dist")
    assert not list(tmp_path.iterdir())
