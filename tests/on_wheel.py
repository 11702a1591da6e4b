"""The whole suite on the built wheel: `pytest --wheel`, or `PYTEST_ADDOPTS=--wheel make test`.

The wheel is built from this checkout and installed into an environment of its own, beside everything that is locked;
the tests are then run by the Python in there, and by no process of it that imports another castoff.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

OPTION, FROM = "--wheel", "--castoff-from"
ROOT = Path(__file__).parent.parent


def run(args: Sequence[str]) -> int:
    """Run pytest with these arguments on the wheel; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="castoff-wheel-") as folder:
        python = _environment(Path(folder))
        words = [word for word in args if word != OPTION]
        env = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        env["PYTEST_ADDOPTS"] = " ".join(word for word in env.get("PYTEST_ADDOPTS", "").split() if word != OPTION)
        argv = [python, "-m", "pytest", f"{FROM}={folder}", *words]
        return subprocess.run(argv, cwd=ROOT, env=env, check=False).returncode


def _environment(folder: Path) -> Path:
    """Build the wheel, and return a Python that has it installed."""
    uv, venv = Path(sys.executable).parent / "uv", folder / "venv"
    python = venv / "bin" / "python"
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    install = [uv, "pip", "install", "--quiet", "--python", python]
    for argv in (
        [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, venv],
        [*install, "--require-hashes", "-r", ROOT / "requirements.txt"],
        [*install, "--no-deps", wheel],
    ):
        subprocess.run(argv, check=True, env={**os.environ, "UV_SYSTEM_CERTS": "1"})
    return python
