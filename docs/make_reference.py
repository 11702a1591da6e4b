"""Makes `docs/reference.md` and the table in `docs/doctor.md`: `python docs/make_reference.py [--check]`.

Everything in them is read where it is defined: verbs and options from the invoke tasks, targets from the Makefile,
environment variables, exit codes and configuration from the code that heeds them. With `--check` nothing is written,
and the exit code is 1 when a page is not current.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from castoff.adapters import environment
from castoff.core import config, errors
from castoff.core.doctor import CHECKS
from castoff.tasks import program

CHECKOUT = Path(__file__).resolve().parent.parent
REFERENCE = CHECKOUT / "docs" / "reference.md"
DOCTOR = CHECKOUT / "docs" / "doctor.md"
HEAD = "| line | question | how it is asked | what it needs |"

OPENING = """\
# Reference

Made by `python docs/make_reference.py` from the tasks themselves, not by hand; a test keeps it current.

Every verb is a subcommand of `castoff` and an [invoke](https://www.pyinvoke.org) task; those that people type often are
make targets, too.
"""
_TARGET = re.compile(r"^(?P<name>[a-z][a-z-]*):.*?## (?P<about>.*)$", re.MULTILINE)
_NAMED = re.compile(r" \([A-Z_]{4}[^)]*\)|, or None(?=\.$)")
"""What a field's text says beside the variable's own name, which stands in the other column."""
_HANDED_OVER = re.compile(r"^castoff_variables := (?P<names>[A-Z_ ]+)$", re.MULTILINE)


def main() -> int:
    """Write both pages, or say which is not current."""
    parser = argparse.ArgumentParser(description="Make the pages that are made from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a page is not current")
    check: bool = parser.parse_args().check
    made = pages()  # once: invoke hands the help of an option out a single time
    stale = [page for page, text in made.items() if not page.is_file() or page.read_text(encoding="utf-8") != text]
    for page in stale:
        if not check:
            page.write_text(made[page], encoding="utf-8")
        done = "is not current: python docs/make_reference.py" if check else "is written"
        sys.stdout.write(f"{page.relative_to(CHECKOUT)} {done}\n")
    return 1 if check and stale else 0


def pages() -> dict[Path, str]:
    """Return each page with the text that it should have."""
    return {REFERENCE: reference(), DOCTOR: doctor()}


def reference() -> str:
    """Return the reference."""
    parts = [OPENING, _verbs(), _targets(), _variables(), _exit_codes(), _configuration()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def doctor() -> str:
    """Return the doctor's page with its table made anew."""
    before, _, rest = DOCTOR.read_text(encoding="utf-8").partition(HEAD)
    _, _, after = rest.partition("\n\n")
    rows = [[check.name, check.question, check.asks, check.needs] for check in CHECKS]
    return before + _table(HEAD.strip("| ").split(" | "), rows) + "\n" + after


def _verbs() -> str:
    tasks: dict[str, Any] = {task.name: task for task in program.tasks.values()}
    return "\n".join(["## Verbs\n", *(_verb(name, task) for name, task in tasks.items())])


def _verb(name: str, task: Any) -> str:  # noqa: ANN401 - invoke has no types
    rows = [[f"`{_flag(argument)}`", argument.help or ""] for argument in task.get_arguments()]
    options = _table(["option", "what it does"], rows) if rows else ""
    return f"### {name}\n\n{inspect.cleandoc(task.__doc__ or '')}\n\n{options}"


def _flag(argument: Any) -> str:  # noqa: ANN401 - the same
    longest = max(argument.names, key=len).replace("_", "-")
    return f"--{longest}" + ("" if argument.kind is bool else f" {longest.upper().replace('-', '_')}")


def _targets() -> str:
    text = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    handed = _HANDED_OVER.search(text)
    names = ", ".join(f"`{name}`" for name in handed["names"].split()) if handed else ""
    rows = [[f"`make {target['name']}`", target["about"]] for target in _TARGET.finditer(text)]
    note = (
        f"Options are variables ({names}), which reach the task through the environment and never as text of a shell."
    )
    return f"## Make targets\n\n{note}\n\n{_table(['target', 'what it does'], rows)}"


def _variables() -> str:
    tree = ast.parse(inspect.getsource(environment))
    about = dict(_field_docs(tree))
    rows = [[", ".join(f"`{name}`" for name in names), about[field]] for field, names in _heeded(tree)]
    return f"## Environment variables\n\n{_table(['variable', 'what it says'], rows)}"


def _field_docs(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each field of the class Environment with the text below it."""
    for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for node, following in zip(cls.body, cls.body[1:], strict=False):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                said = following.value if isinstance(following, ast.Expr) else None
                text = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
                yield node.target.id, _NAMED.sub("", " ".join(text.split()))


def _heeded(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Yield each field with the variables that it is made of, as the code that reads them names them."""
    (reader,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "read_environment")
    local = {
        target.id: _names(node.value)
        for node in ast.walk(reader)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    (made,) = (node.value for node in reader.body if isinstance(node, ast.Return))
    assert isinstance(made, ast.Call)  # noqa: S101 - the function makes one value
    for keyword in made.keywords:
        used = [node.id for node in ast.walk(keyword.value) if isinstance(node, ast.Name)]
        names = [*_names(keyword.value), *(name for local_name in used for name in local.get(local_name, []))]
        yield str(keyword.arg), list(dict.fromkeys(names))


def _names(node: ast.AST) -> list[str]:
    """Return the names of the variables that an expression asks for."""
    asks = ("variables.get", "_on")
    calls = (call for call in ast.walk(node) if isinstance(call, ast.Call) and ast.unparse(call.func) in asks)
    return [arg.value for call in calls for arg in call.args if isinstance(arg, ast.Constant)]


def _exit_codes() -> str:
    rows = [["0", "Done, or one step further and waiting for a person; nothing that was looked at is wrong."]]
    for kind in (errors.CastoffError, errors.UsageError):
        about = (kind.__doc__ or "").splitlines()[0]
        rows.append([str(kind.exit_code), re.sub(r" \(exit code \d\)", "", about.partition(". ")[0].rstrip(".")) + "."])
    return f"## Exit codes\n\n{_table(['code', 'what it means'], rows)}"


def _configuration() -> str:
    """Return what the configuration's own text says; every key must be in it."""
    text = inspect.cleandoc(config.__doc__ or "")
    block = re.search(r"\n\n((?: {4}.*\n?)+)", text)
    assert block is not None  # noqa: S101 - the module says it in an indented block
    lines = [line.removeprefix("    ") for line in block[1].splitlines()]
    missing = [key for key in config.Config._fields if not any(key in line for line in lines)]
    assert not missing, missing  # noqa: S101 - the same
    code = "\n".join(["[tool.castoff]", *(re.sub(r"\s{2,}", "  # ", line, count=1) for line in lines)])
    return f"## `[tool.castoff]` in pyproject.toml\n\nEvery key is optional.\n\n```toml\n{code}\n```\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
