"""Preflight's checks beside the same tools one after the other: `python benchmarks/checks.py [--runs N] [--quick]`.

In a fresh clone of castoff's own HEAD, with this Python's tools: `castoff check` (side by side, as preflight runs
them), the same commands one after the other, and the slowest of them alone. pytest runs what --pytest names.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ground import CHECKOUT, aligned, say
from timing import Taken, cpu, wall

SOME = "tests/core/test_places.py tests/core/test_versions.py tests/core/test_workflow.py"
BESIDE, AFTER = "castoff check: all side by side", "the same, one after the other"


def run(argv: Sequence[str], cwd: Path) -> Taken:
    """Run a program to its good end, and return what it took; ends the benchmark when it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON", "GITHUB_"))}
    env = {**kept, "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])}
    program = shutil.which(argv[0], path=env["PATH"]) or argv[0]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run([program, *argv[1:]], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode != 0:
        raise SystemExit(f"failed with exit code {ended.returncode}: {argv}\n{ended.stdout}{ended.stderr}")
    return Taken(took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def clone(folder: Path, pytest: str) -> tuple[Path, list[list[str]]]:
    """Return a clone of HEAD in which pytest runs only what is named, and the commands of its checks."""
    work = folder / "castoff"
    subprocess.run(["git", "clone", "--quiet", "--no-local", str(CHECKOUT), str(work)], check=True)
    (work / ".venv").symlink_to(Path(sys.prefix))
    pyproject = work / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    changed = text.replace('test = ["pytest"]', f"test = {json.dumps(['pytest', *shlex.split(pytest)])}")
    if changed == text:
        raise SystemExit("pyproject.toml has no check called test that is pytest alone")
    pyproject.write_text(changed, encoding="utf-8")
    checks: dict[str, Any] = tomllib.loads(changed)["tool"]["castoff"]["checks"]
    return work, [one for check in checks.values() for one in (check if isinstance(check[0], list) else [check])]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="Time the checks side by side, and one after the other.")
    parser.add_argument("--runs", type=int, default=5, help="how often each side is timed (5)")
    parser.add_argument("--quick", action="store_true", help="one run")
    parser.add_argument("--pytest", default=SOME, metavar="ARGS", help="arguments of pytest; empty: the whole suite")
    given = parser.parse_args()
    runs: int = 1 if given.quick else max(1, given.runs)
    sides: dict[str, list[Taken]] = {BESIDE: [], AFTER: []}
    with tempfile.TemporaryDirectory(prefix="castoff-benchmark-") as name:
        work, commands = clone(Path(name).resolve(), str(given.pytest))
        alone: dict[str, list[Taken]] = {shlex.join(command[:2]): [] for command in commands}
        for turn in range(runs + 1):
            say(f"run {turn} of {runs}" if turn else "a run that does not count")
            beside = run(["castoff", "check"], work)
            took = [(shlex.join(command[:2]), run(command, work)) for command in commands]
            if turn:
                sides[BESIDE].append(beside)
                sides[AFTER].append(Taken(sum(one.wall for _, one in took), sum(one.cpu for _, one in took)))
                for label, one in took:
                    alone[label].append(one)
    slowest = max(alone, key=lambda label: wall(alone[label]))
    rows: list[tuple[str, ...]] = [("", "median s", "CPU s", "x all after another", "x the slowest alone")]
    for label, taken in {**sides, **alone}.items():
        ratios = [f"{wall(taken) / wall(other):.2f}" for other in (sides[AFTER], alone[slowest])]
        rows.append((label, f"{wall(taken):.1f}", f"{cpu(taken):.1f}", *ratios))
    print(f"{runs} runs, {os.cpu_count()} cores\n\n{aligned(rows)}")


if __name__ == "__main__":
    main()
