"""Adopts real projects from PyPI with `castoff init`, rehearses their releases, and writes docs/adoption.md.

Each is the sdist of a version, made a git repository with a bare remote that git takes for one on GitHub. castoff is
a wheel of this checkout, found by pip and uv in a folder; everything else comes from the index. Takes some minutes;
`--only NAME ...` makes the rows of some anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tomlkit
from pypi_simple import PyPISimple

from castoff.adapters import process

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "adoption.md"
OWNER = "example"
HOUR = 60 * process.MINUTE
LONGEST = 180
"""Characters of an error that are shown."""

PROJECTS = (
    *("colorama==0.4.6", "httpx==0.28.1", "itsdangerous==2.2.0", "packaging==26.4", "tomlkit==0.15.2"),
    *("annotated-doc==0.0.7", "dep-logic==0.7.2", "django-stubs-ext==6.1.2", "six==1.17.0", "requests==2.34.2"),
    *("markupsafe==3.0.4", "humanize==4.17.0"),
)
"""Six backends, `src`, flat and single modules, one with a compiled module, one whose version comes from tags."""

HEADER = (
    *("project", "backend, layout", "`castoff init`", "checks found", "fail in the sdist", "check-workflow"),
    *("doctor, offline", "rehearsal"),
)
INTRODUCTION = """\
# Real projects, adopted

Made by `python docs/make_adoption.py`, not by hand. Each row is a released sdist from PyPI, made a git repository
with a bare remote that looks like one on GitHub; then, with nothing configured:

    castoff init; git commit; castoff init      # the second run must change nothing
    castoff check-workflow
    castoff doctor --offline
    make check                                  # in the environment that make made from the lock
    make rehearse

- **checks found**: what init has found the project to have, and the release runs.
- **fail in the sdist**: those of them that do not pass there. Many sdists lack tests, or what the tests need; and a
  linter that nobody pinned may be newer than the sources. They are taken out of `[tool.castoff.checks]` for the
  rehearsal.
- **doctor**: lines that are right, wrong, and not to be known offline.
- **rehearsal**: whether the tag would have released the next version; what the local index held after it.

What stops is worth as much as what goes through: a version that is made from git tags stands in no file and is
refused; a wheel for `linux_x86_64` is one that PyPI does not take; `twine check --strict` stops a description whose
type is not said.

"""


@dataclass(frozen=True, slots=True)
class Stage:
    """The temporary folder: the wheel of castoff, and a folder for each project."""

    folder: Path

    @property
    def env(self) -> dict[str, str | None]:
        """What is laid over the environment: nothing of the caller's git, and the wheel beside the index."""
        gone = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "CI", "VERSION", "TAG", "FAULT", "DRY_RUN", "FORCE_COLOR")
        links = str(self.folder / "wheels")
        return {
            **dict.fromkeys(gone),
            "GIT_CONFIG_GLOBAL": str(self.folder / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "UV_FIND_LINKS": links,
            "PIP_FIND_LINKS": links,
        }

    def make(self) -> None:
        """Build the wheel, and write the configuration of git."""
        argv = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(self.folder / "wheels")]
        process.run([*argv, str(CHECKOUT)], cwd=self.folder)
        text = "[user]\n\tname = A Maintainer\n\temail = maintainer@example.com\n[init]\n\tdefaultBranch = main\n"
        (self.folder / "gitconfig").write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Adoption:
    """One project."""

    stage: Stage
    wanted: str

    @property
    def name(self) -> str:
        """Its name on PyPI."""
        return self.wanted.partition("==")[0]

    @property
    def home(self) -> Path:
        """The folder of everything that is its own."""
        return self.stage.folder / self.name

    @property
    def root(self) -> Path:
        """Its repository."""
        return self.home / "work"

    def run(self, *argv: str) -> process.Result:
        """Run a program in the repository, and return how it ended."""
        env = {**self.stage.env, "TMPDIR": str(self.home)}
        return process.run(argv, cwd=self.root, env=env, check=False, timeout=HOUR)

    def castoff(self, *args: str) -> dict[str, Any]:
        """Return what `castoff ARGS --json` prints."""
        ran = self.run(sys.executable, "-m", "castoff", *args, "--json")
        return _told(ran)

    def prepare(self) -> None:
        """Fetch the sdist, and make it a repository."""
        self.home.mkdir()
        fetch(self.wanted, self.home)
        (archive,) = self.home.glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(self.home / "unpacked", filter="data")
        (top,) = (self.home / "unpacked").iterdir()
        top.rename(self.root)
        for made in (self.root / "PKG-INFO", *self.root.rglob("*.egg-info")):  # the sdist's own, in no repository
            shutil.rmtree(made) if made.is_dir() else made.unlink(missing_ok=True)
        url, remote = f"https://github.com/{OWNER}/{self.name}.git", self.home / "remote.git"
        for args in (
            ("init", "--quiet", "--bare", str(remote)),
            ("init", "--quiet"),
            ("remote", "add", "origin", url),
            ("config", f"url.{remote}.insteadOf", url),
        ):
            self.git(*args)
        self.commit("the sources")

    def git(self, *args: str) -> None:
        """Run git in the repository; raises CastoffError when it fails."""
        process.run(["git", *args], cwd=self.root, env=self.stage.env)

    def commit(self, message: str) -> None:
        """Commit everything, and push it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        self.git("push", "--quiet", "--set-upstream", "origin", "main")


def fetch(wanted: str, folder: Path) -> None:
    """Download the sdist of NAME==VERSION, its digest verified."""
    name, _, version = wanted.partition("==")
    with PyPISimple() as index:
        files = index.get_project_page(name).packages
        (sdist,) = [file for file in files if file.package_type == "sdist" and file.version == version]
        index.download_package(sdist, folder / sdist.filename)


def row(stage: Stage, wanted: str) -> tuple[str, ...]:
    """Adopt a project, rehearse its release, and return the row of the table."""
    adoption = Adoption(stage, wanted)
    adoption.prepare()
    told = adoption.castoff("init")
    refused = "; ".join(_short(problem["what"]) for problem in told.get("problems", ()))
    if not told["ok"] and any("--wheels" in command for problem in told["problems"] for command in problem["type"]):
        told = adoption.castoff("init", "--wheels")
    sys.stderr.write(f"  {wanted}: init {'done' if told['ok'] else 'refused'}\n")
    if not told["ok"]:
        return (wanted, backend(adoption), f"refused: {refused}", *["-"] * (len(HEADER) - 3))
    said = _init(adoption, told, refused)
    adoption.commit("adopt castoff")
    workflow, doctor = _workflow(adoption.castoff("check-workflow")), _doctor(adoption.castoff("doctor", "--offline"))
    checks = ", ".join(_programs(told["checks"]))
    about = f"{told['backend']}, {told['layout']}"
    if refused:
        return (wanted, about, said, checks, "not run", workflow, doctor, "a matrix: cannot be rehearsed")
    failed = _failing(adoption)
    rehearsed = _rehearsal(adoption.castoff("rehearse"))
    sys.stderr.write(f"  {wanted}: {rehearsed}\n")
    return (wanted, about, said, checks, failed, workflow, doctor, rehearsed)


# --- the cells -----------------------------------------------------------------------------------------------------


def backend(adoption: Adoption) -> str:
    """Return the backend of a project that was refused."""
    pyproject = adoption.root / "pyproject.toml"
    data = tomlkit.parse(pyproject.read_text(encoding="utf-8")).unwrap() if pyproject.is_file() else {}
    return str(data.get("build-system", {}).get("build-backend", "setuptools"))


def _init(adoption: Adoption, told: dict[str, Any], refused: str) -> str:
    """Return what init did, and whether it changes anything when it is run again."""
    files = len(told["actions"])
    again = adoption.castoff("init")
    second = "" if again["ok"] and not again["actions"] else "; WRONG: a second run changes something"
    without = f"without `--wheels` refused: {refused}; with it " if refused else ""
    kept = "".join(f"; keeps {kept['file']}" for kept in told["kept"])
    return f"{without}{files} files{kept}{second}"


def _workflow(told: dict[str, Any]) -> str:
    return "right" if told["ok"] else f"WRONG: {'; '.join(_short(p['what']) for p in told['problems'])}"


def _doctor(told: dict[str, Any]) -> str:
    counted: dict[str, int] = {}
    for line in told.get("checks", ()):
        counted[line["state"]] = counted.get(line["state"], 0) + 1
    return ", ".join(f"{number} {state}" for state, number in counted.items())


def _programs(checks: dict[str, Any]) -> list[str]:
    commands = [one for value in checks.values() for one in (value if isinstance(value[0], list) else [value])]
    return [" ".join(command[:2]) if command[0] == "ruff" else command[0] for command in commands]


def _failing(adoption: Adoption) -> str:
    """Take the checks that fail out of the configuration; return them."""
    made = adoption.run("make", "install")
    if made.code != 0:
        return f"make install fails: {_last_error(made.stderr)}"
    ran = adoption.run(".venv-release/bin/castoff", "check", "--json")
    failing = [problem["what"].partition(" failed")[0] for problem in _told(ran).get("problems", ())]
    if failing:
        pyproject = adoption.root / "pyproject.toml"
        document = tomlkit.parse(pyproject.read_text(encoding="utf-8"))
        tool: Any = document["tool"]
        checks = tool["castoff"].setdefault("checks", {"check": ["python", "-c", "pass"]})
        for name in failing:
            checks.pop(name, None)
        if not checks:
            checks["check"] = ["python", "-c", "pass"]
        pyproject.write_text(tomlkit.dumps(document), encoding="utf-8")
        adoption.commit("leave out the checks that an sdist cannot pass")
    return ", ".join(failing) or "none"


def _rehearsal(told: dict[str, Any]) -> str:
    if told.get("released"):
        kinds = sorted({"wheel" if file["name"].endswith(".whl") else "sdist" for file in told["index"]})
        return f"releases {told['version']}: {' and '.join(kinds)}"
    if told.get("stopped"):
        errors = [step["error"] for job in told["jobs"] for step in job["steps"] if step["error"]]
        return f"stops: {_short(errors[0] if errors else told['stopped'])}"
    return "; ".join(_short(problem["what"]) for problem in told.get("problems", ())) or "WRONG: says nothing"


def _last_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if "error" in line.lower() and not line.startswith("make")]
    return _short(lines[-1] if lines else text)


def _told(ran: process.Result) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        raise SystemExit(f"{process.shown(ran.argv)} printed no JSON:\n{ran.output}") from None
    return told


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3].rstrip()}..."


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table; the first row is its head."""
    safe = [[cell.replace("|", "\\|") for cell in cells] for cells in rows]
    safe.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in safe)


def _page(made: dict[str, str]) -> str:
    """Return the table with these rows, and those of the page for the others."""
    lines = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.is_file() else []
    there = {wanted: line for wanted in PROJECTS for line in lines if line.startswith(f"| {wanted} |")}
    head = table([HEADER]).splitlines()
    return "\n".join([*head, *(line for wanted in PROJECTS if (line := made.get(wanted) or there.get(wanted)))])


def main() -> None:
    """Adopt all projects, and write the page."""
    parser = argparse.ArgumentParser(description="Adopt real projects, and write docs/adoption.md.")
    parser.add_argument("--at-once", type=int, default=2, help="how many projects at a time (2)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="make the rows of these anew, and keep the others")
    given = parser.parse_args()
    only: list[str] | None = given.only
    chosen = [wanted for wanted in PROJECTS if only is None or wanted.partition("==")[0] in only]
    with tempfile.TemporaryDirectory(prefix="castoff-adoption-") as folder:
        stage = Stage(Path(folder).resolve())
        stage.make()
        with ThreadPoolExecutor(given.at_once) as pool:
            rows = list(pool.map(partial(row, stage), chosen))
        made = {cells[0]: line for cells, line in zip(rows, table([HEADER, *rows]).splitlines()[2:], strict=True)}
        PAGE.write_text(f"{INTRODUCTION}{_page(made)}\n", encoding="utf-8")
    wrong = [cells[0] for cells in rows if any("WRONG" in cell for cell in cells)]
    if wrong:
        raise SystemExit(f"not as it must be: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
