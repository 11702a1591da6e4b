"""Where castoff's time goes: what each verb imports beyond the floor, and which git processes it starts."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ground import OWN, Ground, aligned, output
from repositories import NEW, OLD, Repository


def profile(ground: Ground, repositories: Sequence[Repository]) -> None:
    """Print what castoff imports and which git processes it starts, for each verb."""
    python, script = ground.program(OWN, "python"), ground.program(OWN, OWN)
    verbs = {
        "check-tag": ("check-tag", "--tag", f"v{OLD}"),
        "bump": ("bump", "--version", NEW),
        "release": ("release", "--version", NEW, "--direct"),
    }
    floor = _imports(ground, [python, "-X", "importtime", ground.program(OWN, "invoke"), "--list"], None)
    for verb, args in verbs.items():
        imported = _imports(ground, [python, "-X", "importtime", script, *args], repositories[0])
        print(f"\n{verb}: modules that it imports and the floor does not, by package (their own time, best of 5)\n")
        print(aligned([("", "modules", "ms"), *_by_package({k: v for k, v in imported.items() if k not in floor})]))
    for repository in repositories:
        for verb, args in verbs.items():
            rows = _git_processes(ground, repository, [script, *args])
            spent = sum(seconds for _, seconds in rows)
            print(f"\n{verb}, {repository.size.name}: {len(rows)} git processes, {1000 * spent:.0f} ms inside them\n")
            print(aligned([("", "ms"), *((shown, f"{1000 * seconds:.1f}") for shown, seconds in rows)]))


def _imports(ground: Ground, argv: list[str], repository: Repository | None) -> dict[str, float]:
    """Return the milliseconds that each module took to import, without what it imported in turn; the best of 5 runs."""
    best: dict[str, float] = {}
    for _ in range(5):
        if repository:
            repository.restore()
        cwd = repository.work if repository else ground.folder / "empty"
        ended = subprocess.run(argv, cwd=cwd, env=ground.env, capture_output=True, text=True, check=False)
        output(ended)
        for line in ended.stderr.splitlines():
            own, _, rest = line.removeprefix("import time:").partition("|")
            module = rest.rpartition("|")[2].strip()
            if own.strip().isdigit():
                best[module] = min(best.get(module, 1e9), int(own) / 1000)
    return best


def _by_package(modules: dict[str, float]) -> list[tuple[str, str, str]]:
    together: dict[str, list[float]] = defaultdict(list)
    for module, taken in modules.items():
        together[module.partition(".")[0]].append(taken)
    ordered = sorted(together.items(), key=lambda item: -sum(item[1]))
    rows = [(name, str(len(taken)), f"{sum(taken):.1f}") for name, taken in ordered[:15]]
    return [*rows, ("all", str(len(modules)), f"{sum(modules.values()):.1f}")]


def _git_processes(ground: Ground, repository: Repository, argv: Sequence[str]) -> list[tuple[str, float]]:
    """Return the git processes that a command starts itself, in order, and how long each lasted by its own clock."""
    log = ground.folder / "trace.json"
    log.unlink(missing_ok=True)
    repository.restore()
    ground.run(argv, repository.work, {"GIT_TRACE2_EVENT": str(log)})
    started: dict[str, str] = {}
    lasted: dict[str, float] = {}
    for line in log.read_text().splitlines() if log.is_file() else []:
        event: dict[str, Any] = json.loads(line)
        session = str(event["sid"])
        if "/" in session:  # started by another git
            continue
        if event["event"] == "start":
            started[session] = " ".join(["git", *event["argv"][1:]])
        elif event["event"] == "atexit":
            lasted[session] = float(event["t_abs"])
    repository.restore()
    return [(shown if len(shown) < 100 else f"{shown[:97]}...", lasted.get(key, 0.0)) for key, shown in started.items()]
