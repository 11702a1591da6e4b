"""Archives made to hurt, in `dist/`: each is refused in one line, in little memory and time, and nothing is unpacked.

The bound: reading an archive takes no more than 64 MiB on top of what castoff takes anyway, whatever it declares.
"""

from __future__ import annotations

import gzip
import resource
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from castoff.adapters import sdists
from castoff.adapters.archives import WheelTree, contents, metadata
from castoff.core.artifacts import Artifact, artifact
from castoff.core.errors import CastoffError
from castoff.core.workflow_yaml import read_yaml
from tests.repository import Repository

WHEEL, SDIST = "sample-0.1.0-py3-none-any.whl", "sample-0.1.0.tar.gz"
TOP, INFO = "sample-0.1.0", "sample-0.1.0.dist-info"
TEXT = b"Metadata-Version: 2.1\nName: sample\nVersion: 0.1.0\n"
MIB = 1024 * 1024
BOUND = 64 * MIB
SECONDS = 60


def of(name: str) -> Artifact:
    """Return the artifact of a file name."""
    found = artifact(name)
    assert found
    return found


def header(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """Return a member's header; what it declares need not follow."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info.tobuf(tarfile.GNU_FORMAT)


def entry(name: str, data: bytes) -> bytes:
    """Return a whole member."""
    return header(name, len(data)) + data + bytes(-len(data) % 512)


INSIDE = entry(f"{TOP}/PKG-INFO", TEXT)
Parts = Sequence[tuple[bytes, int]]
SDISTS: dict[str, tuple[Parts, str]] = {
    "a name that leads up": ([(entry("../evil", b"x") + INSIDE, 1)], "../evil in it leads out"),
    "a name that leads up later": ([(entry(f"{TOP}/../../evil", b"x") + INSIDE, 1)], "leads out"),
    "an absolute name": ([(entry("/evil", b"x") + INSIDE, 1)], "/evil in it leads out"),
    "a symbolic link up": (
        [(header(f"{TOP}/l", 0, b"2", "../../etc") + INSIDE, 1)],
        "a link that leads out: ../../etc",
    ),
    "a link to a file of the machine": ([(header(f"{TOP}/l", 0, b"1", "/etc/passwd") + INSIDE, 1)], "leads out"),
    "a device": ([(header(f"{TOP}/d", 0, b"3") + INSIDE, 1)], "neither a file nor a folder nor a link"),
    "a pipe": ([(header(f"{TOP}/d", 0, b"6") + INSIDE, 1)], "neither a file nor a folder nor a link"),
    "a name with escapes": ([(entry("../\x1b[31m\nerror: x", b"") + INSIDE, 1)], "'../\\x1b[31m\\nerror: x' in it"),
    "two PKG-INFO": ([(INSIDE + INSIDE, 1)], "PKG-INFO is in it twice"),
    "a huge PAX header": ([(header("x", 600 * MIB, b"x"), 1), (b"9" * MIB, 600)], "a header in it has more than"),
    "a huge long name": ([(header("x", 600 * MIB, b"L"), 1), (b"a" * MIB, 600)], "a header in it has more than"),
    "headers of headers": ([(header("x", 512, b"L") + b"a" * 512, 3000)], "nested too deeply"),
    "10 GB declared": ([(header(f"{TOP}/big", 10 * 1024**3), 1)], "unpacked it has more than"),
    "10 GB of PKG-INFO": ([(header(f"{TOP}/PKG-INFO", 10 * 1024**3), 1)], "PKG-INFO in it is larger than"),
    "a member cut off": ([(header(f"{TOP}/PKG-INFO", 100), 1)], "cannot be read"),
    "a gzip bomb": ([(header(f"{TOP}/big", 512 * MIB), 1), (bytes(MIB), 512)], "there is no metadata in it"),
    "too many members": ([(header(f"{TOP}/x") * 1001, 100)], "it has more than 100000 members"),
}


def sdist(folder: Path, parts: Parts) -> None:
    """Write an sdist of parts, each so many times."""
    with gzip.open(folder / SDIST, "wb", 1) as packed:
        for part, times in parts:
            for _ in range(times):
                packed.write(part)


def wheel(folder: Path, *members: tuple[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a wheel of these members, names as they are."""
    with zipfile.ZipFile(folder / WHEEL, "w", packing) as packed:
        for name, data in members:
            packed.writestr(zipfile.ZipInfo(name), data, packing)
    return folder / WHEEL


def patched(path: Path, old: bytes, new: bytes) -> None:
    """Write other bytes over those of a file."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def declaring(folder: Path, told: int, real: bytes) -> None:
    """Write a wheel whose METADATA declares another size than it has."""
    path = wheel(folder, (f"{INFO}/METADATA", real))
    patched(path, struct.pack("<L", len(real)), struct.pack("<L", told))


def encrypted(folder: Path) -> None:
    """Write a wheel whose METADATA is said to be encrypted."""
    path = wheel(folder, (f"{INFO}/METADATA", TEXT))
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    path.write_bytes(data)


METADATA = (f"{INFO}/METADATA", TEXT)
WHEELS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a name that leads up": (lambda d: wheel(d, METADATA, ("../evil", b"")), "../evil in it leads out"),
    "an absolute name": (lambda d: wheel(d, METADATA, ("/evil", b"")), "/evil in it leads out"),
    "a name with escapes": (
        lambda d: wheel(d, METADATA, ("../\x1b[31m\ny", b"")),
        "'../\\x1b[31m\\ny' in it leads out",
    ),
    "1 GB of METADATA declared": (lambda d: declaring(d, 2**30, TEXT), "larger than"),
    "a bomb that declares little": (lambda d: declaring(d, 7, bytes(512 * MIB)), "Bad CRC-32"),
    "an honest bomb": (lambda d: wheel(d, (METADATA[0], bytes(512 * MIB))), "larger than"),
    "a bomb packed otherwise": (lambda d: wheel(d, METADATA, packing=zipfile.ZIP_LZMA), "packed in a way"),
    "encrypted": (encrypted, "is encrypted"),
    "no zip": (lambda d: (d / WHEEL).write_bytes(b"PK" + bytes(100)), "cannot be read"),
    "a name twice": (
        lambda d: patched(wheel(d, METADATA, (f"{INFO}/METADATB", b"x")), b"METADATB", b"METADATA"),
        f"{INFO}/METADATA in it is there twice",
    ),
}


def bounded(tmp_path: Path, name: str) -> list[str]:
    """Read an archive in a process of its own; return what it refuses. More memory or time than allowed fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    argv = [sys.executable, "-m", "tests.test_hostile_archives", str(tmp_path), name]
    root = Path(__file__).parent.parent
    ran = subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=4 * SECONDS, check=False)
    assert ran.returncode == 0, ran.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < SECONDS
    more, *said = ran.stdout.splitlines()
    assert int(more) < BOUND, f"{int(more) // MIB} MiB"
    return said


def _read() -> None:
    folder, name = Path(sys.argv[1]), sys.argv[2]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        metadata(folder, of(name))
        said = "nothing"
    except CastoffError as error:
        said = str(error)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
    print(said)


@pytest.mark.parametrize("case", SDISTS)
def test_an_sdist_made_to_hurt_is_refused_in_little_memory(tmp_path: Path, case: str) -> None:
    parts, says = SDISTS[case]
    sdist(tmp_path, parts)
    (said,) = bounded(tmp_path, SDIST)
    assert says in said
    assert [path.name for path in tmp_path.iterdir()] == [SDIST]


@pytest.mark.parametrize("case", WHEELS)
def test_a_wheel_made_to_hurt_is_refused_in_little_memory(tmp_path: Path, case: str) -> None:
    make, says = WHEELS[case]
    make(tmp_path)
    (said,) = bounded(tmp_path, WHEEL)
    assert says in said
    assert [path.name for path in tmp_path.iterdir()] == [WHEEL]


@pytest.mark.parametrize("verb", [("twine-check",), ("check-tag", "--tag", "v0.1.0")], ids=" ".join)
@pytest.mark.parametrize("case", ["a name with escapes", "a huge PAX header"])
def test_the_verbs_that_look_into_dist_say_it_in_one_line(repo: Repository, verb: Sequence[str], case: str) -> None:
    dist = repo.root / "dist"
    dist.mkdir()
    sdist(dist, SDISTS[case][0])
    wheel(dist, METADATA)
    ran = repo.castoff(*verb)
    lines = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert (ran.code, len(lines), "\x1b" in ran.all) == (1, 1, False), ran.all
    assert SDISTS[case][1] in lines[0]


def test_a_link_in_dist_is_refused(repo: Repository, tmp_path: Path) -> None:
    (repo.root / "dist").mkdir()
    wheel(tmp_path, METADATA)
    (repo.root / "dist" / WHEEL).symlink_to(tmp_path / WHEEL)
    for verb in (("twine-check",), ("build",)):
        ran = repo.castoff(*verb)
        assert (ran.code, "it is not a file" in ran.err) == (1, True), ran.err


def test_an_honest_sdist_with_links_inside_is_read(tmp_path: Path) -> None:
    inside = header(f"{TOP}/a/l", 0, b"2", "../PKG-INFO") + header(f"{TOP}/h", 0, b"1", f"{TOP}/PKG-INFO")
    sdist(tmp_path, [(INSIDE + inside, 1)])
    assert metadata(tmp_path, of(SDIST)) == TEXT
    assert set(contents(tmp_path / SDIST, of(SDIST)).members) == {f"{TOP}/{name}" for name in ("PKG-INFO", "a/l", "h")}


def test_an_honest_wheel_is_read(tmp_path: Path) -> None:
    assert WheelTree(wheel(tmp_path, METADATA)).read(METADATA[0]) == TEXT


def test_unpacking_ends_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound itself is gigabytes away: here it is made near."""
    monkeypatch.setattr(sdists, "MOST_UNPACKED", 4 * MIB)
    sdist(tmp_path, [(header(f"{TOP}/big", 8 * MIB), 1), (bytes(MIB), 8), (INSIDE, 1)])
    for read in (lambda: metadata(tmp_path, of(SDIST)), lambda: contents(tmp_path / SDIST, of(SDIST))):
        with pytest.raises(CastoffError, match="unpacked it has more than"):
            read()


ALIASES = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
MERGES = "a0: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 30))


@pytest.mark.parametrize("bomb", [ALIASES, MERGES], ids=["aliases", "merges"])
def test_anchors_that_multiply_are_refused_in_a_workflow(bomb: str) -> None:
    with pytest.raises(CastoffError):
        read_yaml("release.yml", "on: push\n" + bomb)


if __name__ == "__main__":
    _read()
