"""How castoff's local verbs grow: `python benchmarks/growth.py [--runs N] [--quick]`.

With files, commits and tags (one of them at a time, the others small), and with the files in `dist/` that check-tag
looks into. Every row is relative to the first of its table, within one run; git's own share is told beside it.
"""

from __future__ import annotations

import argparse
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

from ground import OWN, Ground, about, aligned, install, say
from repositories import FILES, NEW, OLD, PACKAGE, Repository, Size, make_repository
from timing import Case, Taken, Times, cpu, measure, wall

BASE = Size("base", len(FILES), 5, 1)
FACTORS = {
    "files": [Size(f"files{count}", count, 5, 1) for count in (len(FILES), 500, 5_000, 20_000)],
    "commits": [Size(f"commits{count}", len(FILES), count, 1) for count in (5, 500, 5_000, 20_000)],
    "tags": [Size(f"tags{count}", len(FILES), 5_000, count) for count in (1, 100, 1_000, 5_000)],
}
ARTIFACTS = (1, 10, 100, 300)
CHECK, BUMP, RELEASE = "check-tag", "bump", "release --direct"
GIT = "git status, ls-remote, push"


def cases(ground: Ground, repository: Repository) -> list[Case]:
    """Return the three verbs, and what git takes of the last one."""
    castoff, work = ground.program(OWN, OWN), repository.work
    push = ("git", "push", "--quiet", "origin", "main")
    return [
        Case(((CHECK, (castoff, "check-tag", "--tag", f"v{OLD}")),), work, repository.restore),
        Case(((BUMP, (castoff, "bump", "--version", NEW)),), work, repository.restore, repository.says_new),
        Case(
            ((RELEASE, (castoff, "release", "--version", NEW, "--direct")),),
            *(work, repository.restore, repository.released),
        ),
        Case(
            (
                ("git status", ("git", "status", "--porcelain")),
                ("git ls-remote", ("git", "ls-remote", "origin")),
                ("git commit", ("git", "commit", "--quiet", "--all", "--message", "bump")),
                ("git push", push),
            ),
            *(work, repository.write_new),
            total=GIT,
        ),
    ]


def fill_dist(work: Path, count: int) -> None:
    """Put an sdist and `count` wheels into dist/; the wheels differ by their build number."""
    dist = work / "dist"
    dist.mkdir(exist_ok=True)
    about_it = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {OLD}\n"
    with tarfile.open(dist / f"{PACKAGE}-{OLD}.tar.gz", "w:gz") as sdist:
        entry = tarfile.TarInfo(f"{PACKAGE}-{OLD}/PKG-INFO")
        entry.size = len(about_it)
        sdist.addfile(entry, BytesIO(about_it.encode()))
    for number in range(count):
        with zipfile.ZipFile(dist / f"{PACKAGE}-{OLD}-{number}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{PACKAGE}/__init__.py", f'__version__ = "{OLD}"\n')
            wheel.writestr(f"{PACKAGE}-{OLD}.dist-info/METADATA", about_it)


def told(names: Sequence[str], results: Sequence[Times], labels: Sequence[str]) -> str:
    """Return a table: a row for each size, each verb in milliseconds and as a multiple of the first row."""
    heads = [head for label in labels for head in (f"{label}: ms", "x", "x by CPU")]
    rows: list[tuple[str, ...]] = [("", *heads)]
    for name, times in zip(names, results, strict=True):
        cells: list[str] = []
        for label in labels:
            cells.append(f"{1000 * wall(times[label]):.0f}")
            cells += [_times(of, times[label], results[0][label]) for of in (wall, cpu)]
        rows.append((name, *cells))
    return aligned(rows)


def _times(of: Callable[[Sequence[Taken]], float], taken: Sequence[Taken], first: Sequence[Taken]) -> str:
    return f"{of(taken) / of(first):.2f}"


def artifacts(ground: Ground, runs: int, counts: Sequence[int]) -> str:
    """Time check-tag with so many wheels in dist/."""
    repository = make_repository(ground, Size("artifacts", len(FILES), 5, 1))
    argv = (ground.program(OWN, OWN), "check-tag", "--tag", f"v{OLD}")
    todo: list[Case] = []
    for count in counts:
        folder = ground.folder / f"artifacts{count}"
        ground.run(["git", "clone", "--quiet", str(repository.bare), str(folder)], ground.folder)
        fill_dist(folder, count)
        todo.append(Case(((f"{count}", argv),), folder))
    times = measure(ground, todo, runs)
    return told([f"{count} wheels" for count in counts], [{CHECK: times[f"{count}"]} for count in counts], [CHECK])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="Time castoff's local verbs by the size of the repository.")
    parser.add_argument("--runs", type=int, default=10, help="how often each is timed (10)")
    parser.add_argument("--quick", action="store_true", help="2 runs, and no more than the three smallest of each")
    given = parser.parse_args()
    runs: int = 2 if given.quick else max(1, given.runs)
    most = 3 if given.quick else None
    with tempfile.TemporaryDirectory(prefix="castoff-benchmark-") as folder:
        ground = Ground.make(Path(folder))
        say("installing castoff")
        install(ground, ())
        print(", ".join(f"{name} {value}" for name, value in about(ground, ()).items()) + f"; {runs} runs")
        for factor, sizes in FACTORS.items():
            say(f"growing {factor}")
            chosen = sizes[:most]
            results = [measure(ground, cases(ground, make_repository(ground, size)), runs) for size in chosen]
            names = [f"{getattr(size, factor):,} {factor}" for size in chosen]
            print(f"\n{told(names, results, (CHECK, BUMP, RELEASE, GIT))}")
        say("growing artifacts")
        print(f"\n{artifacts(ground, runs, ARTIFACTS[:most])}")


if __name__ == "__main__":
    main()
