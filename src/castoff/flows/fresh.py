"""A fresh environment, with nothing in it but what is installed for a try."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from castoff.adapters import process, smoke


@dataclass(frozen=True, slots=True)
class FreshEnvironment:
    """A virtual environment in `folder`, made by uv where it is there, else by venv."""

    folder: Path
    variables: Mapping[str, str]
    """The whole environment of every program that is run for it."""
    offline: bool = False
    """Whether what is required comes from the running environment, and not from an index."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "environment" / "bin" / "python"

    def make(self) -> None:
        """Make it; raises CastoffError when that fails."""
        root = str(self.python.parent.parent)
        if process.find("uv"):
            self._run(["uv", "venv", "--quiet", "--no-project", "--python", sys.executable, root])
        else:
            self._run([sys.executable, "-m", "venv", root])
        if self.offline:
            version = f"python{sys.version_info.major}.{sys.version_info.minor}"
            packages = self.python.parent.parent / "lib" / version / "site-packages"
            (packages / "offline.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    def install(self, *what: str) -> None:
        """Install requirements or files (and options of pip's); raises CastoffError when that fails."""
        alone = ("--no-deps",) if self.offline and "--no-deps" not in what else ()
        if process.find("uv"):
            self._run(["uv", "pip", "install", "--quiet", "--python", str(self.python), *alone, *what])
        else:
            pip = [str(self.python), "-m", "pip", "install", "--quiet", "--no-input"]
            self._run([*pip, "--disable-pip-version-check", *alone, *what])

    def try_out(self, name: str, version: str, modules: Sequence[str]) -> None:
        """Import the modules and compare the installed version; raises ProgramFailedError when either is wrong."""
        self._run([str(self.python), "-I", smoke.__file__, name, version, *modules])

    def _run(self, argv: Sequence[str]) -> None:
        process.run_sealed(argv, cwd=self.folder, env=self.variables)
