"""Makes `docs/workflow-faults.md`: `python docs/make_workflow_faults.py [--at-once N] [--only NAME ...]`.

Every fault that the tests plant in castoff's own release workflow (`tests/workflow_faults.py`) is shown to
`castoff check-workflow`, to zizmor, to GitHub's schema and to act's own validation, each by itself, and is then
rehearsed in a small sample project. So that it can be seen what the rehearsal finds by itself, preflight does not
look at the workflow there. The page is what they said. `--rules` writes the table of rules into `docs/workflow.md`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "docs")]

from make_faults import Sample, failed, plain, table  # noqa: E402 - from the checkout, wherever this is started

from castoff.adapters import process  # noqa: E402
from castoff.core.workflow_rules import GROUPS, RULES  # noqa: E402
from tests.rehearsing import QUICK, quick  # noqa: E402
from tests.workflow_faults import FAULTS, Fault  # noqa: E402

PAGE = CHECKOUT / "docs" / "workflow-faults.md"
RULES_PAGE = CHECKOUT / "docs" / "workflow.md"
WORKFLOW = Path(".github") / "workflows" / "release.yml"
BEGIN, END = "<!-- rules -->\n", "<!-- /rules -->\n"
NOTHING = "-"
CASTOFF = Path(sys.executable).parent / "castoff"
MAKEFILE = f"preflight:\n\t@{CASTOFF} check-tag\n\t@{CASTOFF} build\ntwine-check:\n\t@{CASTOFF} $@\n"
HEADER = ("fault", "what is wrong", "check-workflow", "zizmor", "GitHub's schema", "act", "the rehearsal alone")

INTRODUCTION = """\
# What is wrong in a workflow, and what finds it

Made by `python docs/make_workflow_faults.py`, not by hand. Each row is castoff's own
[release.yml](../.github/workflows/release.yml) with one fault planted in it, shown to each of these by itself:

- **check-workflow**: the rule and the line. All rules but `zizmor/...` and `schema` are castoff's own; preflight has
  them, too: on a tag, such a workflow stops before anything is built.
- **zizmor**: `zizmor --offline --persona auditor`, its audits. **GitHub's schema**: `check-jsonschema`.
- **act**: `act --validate --strict`, the local runner's own look at the file.
- **the rehearsal alone**: a whole release with that workflow on one machine, in a project whose preflight does not look
  at the workflow: where it stops, or whether this version would have been released all the same. Where the fault does
  not lie in them, the steps that set up a Python are left out, and the one that runs castoff does as well.
"""


def row(sample: Sample, name: str) -> tuple[str, ...]:
    """Return the row of a fault: what each of them says."""
    fault = FAULTS[name]
    project = sample.folder / name / "sample"
    shutil.copytree(sample.project, project)
    (project / WORKFLOW).write_text(fault.text, encoding="utf-8")
    env = sample.env
    process.run(["git", "commit", "--quiet", "--all", "--message", "Plant it"], cwd=project, env=env)
    cells = (
        check_workflow(project, env, fault),
        zizmor(project, env),
        schema(project, env),
        act(project, env),
        rehearsal(project, env, fault),
    )
    shutil.rmtree(sample.folder / name, ignore_errors=True)
    sys.stderr.write(f"  {name}\n")
    return (f"`{name}`", fault.what, *cells)


def check_workflow(project: Path, env: dict[str, str | None], fault: Fault) -> str:
    """Return the rule and the line that `castoff check-workflow` tells; it must be the one that is expected."""
    told = said(process.run([str(CASTOFF), "check-workflow", "--json"], cwd=project, env=env, check=False).stdout)
    found = [(one["rule"], one["line"]) for one in told["findings"] if one["verdict"] == "wrong"]
    right = found == [(fault.rule, fault.line)]
    return ("" if right else "WRONG: ") + listed(f"`{rule}` in line {line}" for rule, line in found)


def zizmor(project: Path, env: dict[str, str | None]) -> str:
    """Return the audits that find something in the workflow."""
    argv = ["zizmor", "--offline", "--persona", "auditor", "--quiet", "--format", "json-v1", str(WORKFLOW)]
    ran = process.run(argv, cwd=project, env=env, check=False)
    if not ran.stdout.strip():
        return "cannot read it"
    return listed(dict.fromkeys(str(one["ident"]) for one in json.loads(ran.stdout) if not one["ignored"]))


def schema(project: Path, env: dict[str, str | None]) -> str:
    """Return the places at which the workflow is none by GitHub's schema."""
    argv = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", "-o", "json", str(WORKFLOW)]
    told = said(process.run(argv, cwd=project, env=env, check=False).stdout)
    if told.get("parse_errors"):
        return "cannot read it"
    errors = (one.get("best_deep_match") or one for one in told["errors"])
    return listed(str(one["path"]).removeprefix("$.") for one in errors)


def act(project: Path, env: dict[str, str | None]) -> str:
    """Return whether act takes the file for a workflow."""
    argv = ["act", "--validate", "--strict", "--workflows", str(WORKFLOW)]
    ran = process.run(argv, cwd=project, env={**env, "ACT_DISABLE_VERSION_CHECK": "1"}, check=False)
    return NOTHING if ran.code == 0 else "refuses it"


def rehearsal(project: Path, env: dict[str, str | None], fault: Fault) -> str:
    """Return where the rehearsal stops, or that it does not."""
    text = quick(fault.text)
    (project / WORKFLOW).write_text(fault.text if text == QUICK else text, encoding="utf-8")
    process.run(["git", "commit", "--quiet", "--all", "--allow-empty", "--message", "Quick"], cwd=project, env=env)
    argv = [sys.executable, "-m", "castoff", "rehearse", "--offline", "--json"]
    told = said(process.run(argv, cwd=project, env={**env, "TMPDIR": str(project.parent)}, check=False).stdout)
    if "jobs" not in told:
        return f"refuses it: {plain(told['problems'][0]['what'])}"
    job = failed(told)
    if job:
        late = ", PyPI having the files" if told["index"] else ""
        return f"stops in {job['id']}{late}"
    wrong = [finding["what"] for finding in told["findings"] if not finding["right"]]
    return f"afterwards: {'; '.join(wrong)}" if wrong else NOTHING


def said(output: str) -> dict[str, Any]:
    """Return the JSON that a program has printed."""
    told: dict[str, Any] = json.loads(output)
    return told


def listed(found: Iterable[str]) -> str:
    """Return what was found, in one cell."""
    return ", ".join(found) or NOTHING


def remarks(rows: list[tuple[str, ...]]) -> str:
    """Return the counts: how many faults each of them finds."""
    counts = [sum(row[column] != NOTHING for row in rows) for column in range(2, len(HEADER))]
    told = "\n".join(f"- {name}: {count}" for name, count in zip(HEADER[2:], counts, strict=True))
    return (
        f"\n## Of {len(rows)} faults are found by\n\n{told}\n\n"
        "The rehearsal shows what breaks; it does not show what only an attacker would use. The rules show both, and\n"
        "know nothing of what a run does. What is `-` in all columns but the first would end in a green release.\n"
    )


def rules_table() -> str:
    """Return the table of castoff's rules."""
    rows = [(f"`{rule.name}`", GROUPS[rule.group], rule.demands) for rule in RULES]
    return table([("rule", "about", "what it demands"), *rows])


def with_rules(text: str) -> str:
    """Return the page of the rules with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{rules_table()}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Show every fault to everybody, and write the page."""
    parser = argparse.ArgumentParser(description="Show every planted fault to every check, and write the page.")
    parser.add_argument("--at-once", type=int, default=2, help="how many rehearsals run side by side (2)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="print the rows of these faults, and write nothing")
    parser.add_argument("--rules", action="store_true", help="write the table of rules, and rehearse nothing")
    given = parser.parse_args()
    if given.rules:
        RULES_PAGE.write_text(with_rules(RULES_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return
    only: list[str] = given.only or list(FAULTS)
    with tempfile.TemporaryDirectory(prefix="castoff-faults-") as folder:
        sample = Sample(Path(folder).resolve())
        sample.make()
        (sample.project / "Makefile").write_text(MAKEFILE, encoding="utf-8")
        process.run(["git", "commit", "--quiet", "--all", "--message", "Blind"], cwd=sample.project, env=sample.env)
        with ThreadPoolExecutor(given.at_once) as pool:
            rows = list(pool.map(partial(row, sample), only))
    page = table([HEADER, *rows])
    if given.only:
        sys.stdout.write(f"{page}\n")
    else:
        PAGE.write_text(f"{INTRODUCTION}\n{page}\n{remarks(rows)}", encoding="utf-8")
    wrong = [cells[0] for cells in rows if any(cell.startswith("WRONG") for cell in cells)]
    if wrong:
        raise SystemExit(f"not as it must be: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
