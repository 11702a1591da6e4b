"""Plays actions/setup-python (read at v7.0.0): a Python for this job alone, from those that the machine has."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from castoff.adapters import process
from castoff.core.toml_text import get, get_text
from castoff.standins.step import Step, fail, notice, say, warning

_PROGRAM = re.compile(r"python3(?:\.\d+)?t?")
_MINOR = r"3\.\d+"
_ASK = """
import json, platform, sys, sysconfig
try:
    import ensurepip
    folder = sysconfig.get_config_var("WHEEL_PKG_DIR") or ensurepip.__path__[0] + "/_bundled"
except ImportError:
    folder = ""
print(json.dumps([sys.executable, platform.python_implementation(), platform.python_version(), folder]))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python on this machine."""

    program: str
    kind: str
    """`CPython` or another implementation."""
    version: Version
    wheels: str
    """The folder with the wheel of pip that comes with it; empty when it has none."""


def play(step: Step) -> None:
    """Give the job a Python of each version that the inputs name; the last one is `python`."""
    wanted = _wanted(step)
    if not wanted:
        warning("The `python-version` input is not set.  The version of Python currently in `PATH` will be used.")
    for name in ("cache", "check-latest", "architecture"):
        if step.text(name).lower() not in ("", "false"):
            say(f"The input {name} has no effect in a rehearsal.")
    for version in wanted:
        _set_up(step, version)


def _wanted(step: Step) -> list[str]:
    versions, file = step.lines("python-version"), step.text("python-version-file")
    if versions and file:
        warning("Both python-version and python-version-file inputs are specified, only python-version will be used.")
    if versions:
        return versions
    if file and not (step.workspace / file).is_file():
        fail(f"The specified python version file at: {file} doesn't exist.")
    if not file:
        warning(
            "Neither 'python-version' nor 'python-version-file' inputs were supplied. "
            "Attempting to find '.python-version' file."
        )
        if not (step.workspace / ".python-version").is_file():
            warning(".python-version doesn't exist.")
            return []
    return _versions_in(step.workspace / (file or ".python-version"))


def _versions_in(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".toml":
        lines = (line.strip() for line in text.splitlines())
        return [line for line in lines if line and not line.startswith("#")]
    import tomllib

    try:
        found = get_text(get(tomllib.loads(text), "project"), "requires-python")
    except tomllib.TOMLDecodeError as wrong:
        fail(f"{file.name} is not TOML: {wrong}")
    return [found] if found else []


def _set_up(step: Step, wanted: str) -> None:
    chosen = _on_path(wanted, step.env.get("PATH", ""))
    if chosen is None:
        chosen = _ask(sys.executable) or fail("the running Python does not tell its version")
        notice(
            f"Python {wanted} is not on this machine: the rehearsal goes on with Python {chosen.version}",
            title="Another Python",
        )
    folder = _environment(step, chosen)
    version = f"{chosen.version}"
    if step.text("update-environment").lower() != "false":
        for name in ("pythonLocation", "Python_ROOT_DIR", "Python3_ROOT_DIR"):
            step.export(name, str(folder))
        step.add_path(folder / "bin")
    if pip := step.text("pip-version"):
        if not re.fullmatch(r"\d+(\.\d+)?(\.\d+)?", pip):
            fail(f'Invalid pip-version "{pip}". Please specify a version in the format major[.minor][.patch].')
        process.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--upgrade", f"pip=={pip}"], cwd=folder)
    step.output("python-version", version)
    step.output("python-path", str(folder / "bin" / "python"))
    step.output("cache-hit", "")
    say(f"Successfully set up {chosen.kind} ({version})")


def _on_path(wanted: str, path: str) -> Interpreter | None:
    """Return the Python on PATH that was asked for: of one version the first, of a range the newest."""
    candidates = (found for program in _programs(wanted, path) if (found := _ask(program)))
    fitting = (found for found in candidates if found.kind == "CPython" and fits(found.version, wanted))
    if re.fullmatch(_MINOR, wanted):
        return next(fitting, None)
    return max(fitting, key=lambda found: found.version, default=None)


def _programs(wanted: str, path: str) -> Iterator[str]:
    """Yield the programs worth asking, each file once."""
    exact = re.match(_MINOR, wanted)
    seen: set[str] = set()
    for folder in path.split(os.pathsep):
        for name in sorted(_names(folder), reverse=True):
            program = os.path.join(folder, name)  # noqa: PTH118 - as PATH has it
            plain = name in ("python3", f"python{exact[0] if exact else ''}")
            if (plain or (not exact and _PROGRAM.fullmatch(name))) and os.path.realpath(program) not in seen:
                seen.add(os.path.realpath(program))
                yield program


def _names(folder: str) -> list[str]:
    try:
        return [entry.name for entry in Path(folder).iterdir() if _PROGRAM.fullmatch(entry.name)]
    except OSError:
        return []


def _ask(program: str) -> Interpreter | None:
    """Return what a Python says of itself, or None when it does not run."""
    result = process.run([program, "-I", "-c", _ASK], cwd=Path("/"), check=False, timeout=process.MINUTE)
    try:
        path, kind, version, wheels = cast("list[str]", json.loads(result.stdout))
        return Interpreter(path, kind, Version(version), wheels)
    except (ValueError, InvalidVersion):
        return None


def fits(version: Version, wanted: str) -> bool:
    """Return whether a version is what `python-version` asks for (the ranges of npm's semver that are in use)."""
    plain = wanted.strip().removesuffix("-dev").replace(".x", "").replace(".*", "")
    if re.fullmatch(r"\d+(\.\d+)*", plain):
        return version.release[: plain.count(".") + 1] == tuple(map(int, plain.split(".")))
    if plain in ("x", "*"):
        return True
    try:
        return any(_specifiers(option).contains(version) for option in plain.split("||"))
    except InvalidSpecifier:
        return False


def _specifiers(text: str) -> SpecifierSet:
    """Return a range such as `>=3.11 <3.14`, `~3.12`, `^3.11` or `3.11 - 3.13` in Python's own notation."""
    text = re.sub(r"(\S+)\s+-\s+(\S+)", r">=\1 <=\2.999", text.strip())
    text = re.sub(r"(?<![~=!<>])~\s*(\d+\.\d+)(\.\d+)?", r"==\1.*", text)
    text = re.sub(r"\^\s*(\d+)(\S*)", r">=\1\2 ==\1.*", text)
    parts = re.findall(r"(?:[<>=!~]+)\s*[^\s,]+", text)
    if not parts:
        raise InvalidSpecifier(text)
    return SpecifierSet(",".join(part.replace(" ", "") for part in parts))


def _environment(step: Step, chosen: Interpreter) -> Path:
    """Make an environment of this job's own, with pip in it, so that no job has what another has installed."""
    temp = Path(step.variable("RUNNER_TEMP"))
    temp.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"python-{chosen.version}-", dir=temp))
    wheels = sorted(Path(chosen.wheels).glob("pip-*.whl")) if chosen.wheels else []
    quick = ["--without-pip"] if wheels else []
    process.run([chosen.program, "-I", "-m", "venv", *quick, str(folder)], cwd=temp)
    if wheels:
        _unpack_pip(folder, wheels[-1])
    return folder


def _unpack_pip(folder: Path, wheel: Path) -> None:
    """Do what ensurepip does, in a tenth of its time: pip is pure Python, and its wheel is unpacked as it is."""
    (packages,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    python = folder / "bin" / "python"
    for name in _pip_names(python):
        front = folder / "bin" / name
        front.write_text(f"#!{python}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n")
        front.chmod(0o755)


def _pip_names(python: Path) -> Sequence[str]:
    names = {path.name for path in python.parent.glob("python3.*")}
    return ["pip", "pip3", *(name.replace("python", "pip") for name in sorted(names))]
