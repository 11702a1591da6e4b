"""What castoff starts, it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from castoff.adapters.process import end_marked

SLEEP = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]


def gone(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended, though nobody has asked yet how."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux tells a process's environment")
def test_the_processes_that_are_marked_have_gone_when_it_returns_and_no_others() -> None:
    def start(mark: str) -> subprocess.Popen[bytes]:
        started = subprocess.Popen(SLEEP, env={**os.environ, "MARK": mark}, stdout=subprocess.PIPE)
        assert started.stdout
        assert started.stdout.readline()
        return started

    marked, other = [start("ours") for _ in range(5)], start("ours, nearly")
    try:
        end_marked("MARK=ours")
        assert all(map(gone, marked))
        assert not gone(other)
    finally:
        for process in (*marked, other):
            process.kill()
            process.communicate()
