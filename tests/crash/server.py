"""Runs castoff over and over in processes forked from one that has imported everything: a run costs what it does.

Each line of standard input asks for a run (JSON: argv, cwd, env, names, modules, at, signal, group, out, err); each
line of standard output answers with the run's exit code, below zero for the signal that ended it. A run is answered
only when whatever it has started has ended as well.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from castoff.program import program
from tests.crash.points import Points, signal_named
from tests.forked import exit_code, leave

_PR_SET_CHILD_SUBREAPER = 36


def _serve() -> None:
    ctypes.CDLL(None).prctl(
        _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0
    )  # what a killed run leaves behind comes to this process
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(asked)
        code = _ended(child)
        _learn(Path(asked["modules"]))
        print(code, flush=True)


def _ended(child: int) -> int:
    """Wait for the run and all that it has left behind; return the run's exit code."""
    code = 0
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            return code
        if ended == child:
            code = os.waitstatus_to_exitcode(status)


def _learn(modules: Path) -> None:
    """Import what a run that came to its end had imported: the next ones have it from the start."""
    if not modules.exists():
        return
    for name in modules.read_text().split():
        if name not in sys.modules and not name.startswith("_"):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # forks that touch less memory copy less of it


def _run(asked: dict[str, Any]) -> NoReturn:
    os.setsid()
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    tempfile.tempdir = None
    for stream, file in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT, 0o644), stream)
    points = Points(Path(asked["names"]), asked["at"], signal_named(asked["signal"]), group=asked["group"])
    points.watch()
    code = 0
    try:
        program.run(["castoff", *asked["argv"]])
    except SystemExit as end:
        code = exit_code(end.code)
    finally:
        points.stop()
    if not asked["at"]:
        Path(asked["modules"]).write_text("\n".join(sys.modules))
    leave(code)


if __name__ == "__main__":
    _serve()
