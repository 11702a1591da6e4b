"""Makes `docs/faults.md`: `python docs/make_faults.py [--at-once N] [--only NAME ...]`.

Every fault that `castoff rehearse --fault list` names is brought about in a rehearsal of a small sample project with
this repository's own release workflow, and each rehearsal that stops is resumed with the fault gone. The page is what
they said. It holds no times, digests, ports or temporary paths, so a difference in it is a change of castoff. The
castoff that runs is the one of the Python that runs this, with its extra `rehearse`, pytest and pyright beside it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from castoff.adapters import process

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "faults.md"
WORKFLOW = Path(".github") / "workflows" / "release.yml"
BUNDLE = ".sigstore.json"
SBOM = ".cdx.json"
WHOLE = ("wheel, sdist", "release: wheel, sdist, SBOM, 3 bundles")
"""What the index and the forge hold after a release."""
TYPED = ("git ", "make ", "castoff ")
LONGEST = 200
"""Characters of an error that are shown."""

FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sample"
version = "0.1.0"
description = "A package that is there to be released."
readme = "README.md"
requires-python = ">=3.11"

[tool.castoff.checks]
typecheck = ["pyright"]
test = ["pytest", "-q"]

[tool.pyright]
include = ["src"]
typeCheckingMode = "strict"
""",
    "README.md": "# sample\n\nA package that is there to be released.\n",
    "src/sample/__init__.py": '"""A package that is there to be released."""\n\n__version__ = "0.1.0"\n',
    "tests/test_sample.py": "def test_adds() -> None:\n    assert 1 + 1 == 2\n",
    "Makefile": f"preflight twine-check release:\n\t@{Path(sys.executable).parent / 'castoff'} $@\n",
    ".gitignore": "/dist/\n/dist-manifest.json\n__pycache__/\n.pytest_cache/\n",
}

HEADER = (
    "fault",
    "what is wrong",
    "job that stops",
    "what it says",
    "ran after it",
    "on the index",
    "on the forge",
    "what the maintainer does",
    "after the fault is gone",
)

INTRODUCTION = """\
# What goes wrong, and what to do about it

Made by `python docs/make_faults.py`, not by hand. Each row is a rehearsal that was run: a small sample project with
castoff's own [release.yml](../.github/workflows/release.yml) went from the bump to the GitHub release with one fault
brought about (`castoff rehearse --fault NAME --keep`); what stopped was then resumed with the fault gone
(`castoff rehearse --resume FOLDER`), as "Re-run failed jobs" does on GitHub, or, where the fault lay in what was
tagged, with main mended and the tag made anew. `castoff rehearse --fault list` names the faults for your own workflow.

- **what it says**: the first error that the step announced, shortened, without ports and digests.
- **ran after it**: the steps and jobs that ran after the one that failed. It must be nothing.
- **on the index**, **on the forge**: what they held when the workflow had stopped.
- **after the fault is gone**: whether the resumed rehearsal released this version whole (wheel and sdist on the index;
  on the forge a published release with both, the SBOM, and a bundle for each), and which jobs ran for it. The others
  were kept.
"""

REMARKS = """\

## Remarks

- **name-taken** is seen before anything is signed or uploaded: preflight asks the index for the digests of what it
  holds. It cannot be resumed: the index takes no second file under a name that it has had, so the version is spent.
- **immutable-prerelease** stops nothing, and is in the table because it stops other workflows: where releases are
  immutable, a pre-release that is published before its files are attached stays empty for good. Here the release is a
  draft until it has all of them.
- **runner-killed:JOB** ends the runner when the last step of the job has done its work and nobody has noted it: the
  worst moment. The job counts as failed and runs again from its first step. The index takes the same bytes again, and
  the release that is there is found and not made twice. A runner that dies in the middle of a step is not played.
- **artifact-lost** and **artifact-changed** strike where `dist` is fetched first, in the second job. A changed one is
  as it was when it is fetched again; a lost one is not there to be fetched, so all jobs run again, and build the same
  bytes.
- The faults in the sources (**tag-mismatch** to **import-fails**) stop the release before anything is signed, so the
  tag can be deleted and made anew for the same version.
- **forge-422** leaves a version on the index that has no release on the forge until the failed job is run again.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """The temporary folder: the sample project, and a folder for each rehearsal."""

    folder: Path

    @property
    def project(self) -> Path:
        """The sample project, a git repository."""
        return self.folder / "sample"

    @property
    def env(self) -> dict[str, str | None]:
        """What is laid over the environment: nothing in it may tell castoff that it runs in CI, or is configured."""
        gone = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "CI", "VERSION", "TAG", "FAULT", "DRY_RUN", "FORCE_COLOR")
        config = {"GIT_CONFIG_GLOBAL": str(self.folder / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
        return {**dict.fromkeys(gone), **config}

    def make(self) -> None:
        """Write and commit the project."""
        for name, text in FILES.items():
            file = self.project / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        (self.project / WORKFLOW).parent.mkdir(parents=True)
        shutil.copy(CHECKOUT / WORKFLOW, self.project / WORKFLOW)
        text = "[user]\n\tname = A Maintainer\n\temail = maintainer@example.com\n[init]\n\tdefaultBranch = main\n"
        (self.folder / "gitconfig").write_text(text, encoding="utf-8")
        for args in (
            ("init", "--quiet"),
            ("remote", "add", "origin", "https://github.com/example/sample.git"),
            ("add", "--all"),
            ("commit", "--quiet", "--message", "Start"),
        ):
            process.run(["git", *args], cwd=self.project, env=self.env)

    def rehearse(self, *args: str, scratch: Path | None = None) -> dict[str, Any]:
        """Return what `castoff rehearse ARGS --json` prints; its scratch folder is made in `scratch`."""
        env = {**self.env, **({"TMPDIR": str(scratch)} if scratch else {})}
        argv = [sys.executable, "-m", "castoff", "rehearse", *args, "--json"]
        ran = process.run(argv, cwd=self.project, env=env, check=False)
        try:
            told: dict[str, Any] = json.loads(ran.stdout)
        except ValueError:
            raise SystemExit(f"{process.shown(argv)} printed no JSON:\n{ran.output}") from None
        if "faults" not in told and "jobs" not in told:
            raise SystemExit(f"{process.shown(argv)} did not come to the jobs, or does not tell of them:\n{ran.output}")
        return told


def row(sample: Sample, fault: dict[str, str]) -> tuple[str, ...]:
    """Rehearse with a fault, resume without it, and return the row of the table."""
    name = fault["name"]
    scratch = sample.folder / re.sub(r"\W", "-", name)
    scratch.mkdir()
    first = sample.rehearse("--fault", name, "--keep", scratch=scratch)
    if first["stopped"] is None:
        again = "not needed" if first["released"] else f"WRONG: {first['verdict']}"
        does = ("nothing",)
    else:
        again = resumed(sample.rehearse("--resume", first["kept"], scratch=scratch))
        told = first["way_out"]
        texts = (told["what"].removeprefix("in a real release, "), *told["type"])
        does = tuple(command(text) for text in texts if "--resume" not in text)
    shutil.rmtree(scratch, ignore_errors=True)
    sys.stderr.write(f"  {name}\n")
    cells = (fault["what"], stops(first), says(first), ran_after(first), index(first), forge(first))
    return (f"`{name}`", *cells, "; ".join(does), again)


# --- the cells -----------------------------------------------------------------------------------------------------


def failed(told: dict[str, Any]) -> dict[str, Any] | None:
    """Return the job that failed, or None."""
    return next((job for job in told["jobs"] if job["outcome"] == "failure"), None)


def stops(told: dict[str, Any]) -> str:
    """Return the job that stopped, and its step."""
    job = failed(told)
    if job is None:
        return "none"
    step = next((step["name"] for step in job["steps"] if step["outcome"] == "failure"), None)
    return f"{job['id']}: {step}" if step else str(job["id"])


def says(told: dict[str, Any]) -> str:
    """Return the error of the step that failed."""
    steps = (failed(told) or {"steps": []})["steps"]
    error = next((step["error"] for step in steps if step["outcome"] == "failure"), "")
    return plain(error) or "-"


def ran_after(told: dict[str, Any]) -> str:
    """Return the steps and jobs that ran after the one that failed."""
    job = failed(told)
    if job is None:
        return "everything"
    jobs: list[dict[str, Any]] = told["jobs"]
    later = [other["id"] for other in jobs[jobs.index(job) + 1 :] if other["outcome"] not in ("skipped", "kept")]
    outcomes = [step["outcome"] for step in job["steps"]]
    after = outcomes.index("failure") + 1 if "failure" in outcomes else len(outcomes)
    steps = [step["name"] for step in job["steps"][after:] if step["outcome"] != "skipped"]
    return f"WRONG: {', '.join([*steps, *later])}" if steps or later else "nothing"


def index(told: dict[str, Any]) -> str:
    """Return what the index holds."""
    return kinds([file["name"] for file in told["index"]]) or "nothing"


def forge(told: dict[str, Any]) -> str:
    """Return what the forge holds: each release, its marks and its assets."""
    found: list[str] = []
    for release in told["releases"]:
        marks = [mark for mark in ("draft", "prerelease", "immutable") if release[mark]]
        assets = kinds([asset["name"] for asset in release["assets"]]) or "no assets"
        found.append(f"{', '.join(marks) or 'release'}: {assets}")
    return "; ".join(found) or "no release"


def resumed(told: dict[str, Any]) -> str:
    """Return what came of a rehearsal that was resumed."""
    if not told["released"]:
        job = failed(told)
        return f"not released: {job['id']} fails again" if job else f"WRONG: {told['verdict']}"
    ran = [job["id"] for job in told["jobs"] if job["outcome"] == "success"]
    what = "all jobs" if len(ran) == len(told["jobs"]) else ", ".join(ran)
    holds = (index(told), forge(told))
    return f"{'released' if holds == WHOLE else f'WRONG: {holds}'}; ran {what}"


def command(text: str) -> str:
    """Return a text, marked as code when it is something to type."""
    return f"`{text}`" if text.startswith(TYPED) else text


def kinds(names: Sequence[str]) -> str:
    """Return what files there are, in a few words."""
    bundles = sum(name.endswith(BUNDLE) for name in names)
    counted = (
        ("wheel", sum(name.endswith(".whl") for name in names)),
        ("sdist", sum(name.endswith(".tar.gz") for name in names)),
        ("SBOM", sum(name.endswith(SBOM) for name in names)),
        ("bundle", bundles),
    )
    other = sorted(name for name in names if not name.endswith((".whl", ".tar.gz", SBOM, BUNDLE)))
    return ", ".join(
        [*(word if number == 1 else f"{number} {word}s" for word, number in counted if number), *map(plain, other)]
    )


_CHANGING = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"(?:/[^\s/'\"`]+)*/castoff-[a-z]+-[^\s/'\"`]+/", ""),  # a path in a temporary folder, up to what is in it
    (r"((?:127\.0\.0\.1|localhost)):\d+", r"\1"),
    (r"\b[0-9a-f]{12,}\b", "..."),
    (r"\b\d+\.\d+ ?s\b", "..."),
    (r"\s+", " "),
)


def plain(text: str) -> str:
    """Return a text without what changes from run to run, in one line that is not too long."""
    for pattern, instead in _CHANGING:
        text = re.sub(pattern, instead, text)
    text = text.strip()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3].rstrip()}..."


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return an aligned Markdown table; the first row is its head."""
    safe = [[cell.replace("|", "\\|") for cell in cells] for cells in rows]
    widths = [max(len(cells[column]) for cells in safe) for column in range(len(safe[0]))]
    safe.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |" for cells in safe
    )


def main() -> None:
    """Run all rehearsals, and write the page."""
    parser = argparse.ArgumentParser(description="Bring about every fault in a rehearsal, and write docs/faults.md.")
    parser.add_argument("--at-once", type=int, default=2, help="how many rehearsals run side by side (2)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="print the rows of these faults, and write nothing")
    given = parser.parse_args()
    only: list[str] | None = given.only
    with tempfile.TemporaryDirectory(prefix="castoff-faults-") as folder:
        sample = Sample(Path(folder).resolve())
        sample.make()
        faults: list[dict[str, str]] = sample.rehearse("--fault", "list")["faults"]
        chosen = [fault for fault in faults if only is None or fault["name"] in only]
        with ThreadPoolExecutor(given.at_once) as pool:
            rows = list(pool.map(partial(row, sample), chosen))
    page = table([HEADER, *rows])
    if only is None:
        PAGE.write_text(f"{INTRODUCTION}\n{page}\n{REMARKS}", encoding="utf-8")
    else:
        sys.stdout.write(f"{page}\n")
    wrong = [cells[0] for cells in rows if any(cell.startswith("WRONG") for cell in cells)]
    if wrong:
        raise SystemExit(f"not as it must be: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
