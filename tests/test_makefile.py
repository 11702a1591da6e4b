"""The Makefile, and the script CI starts: the front doors. They pass words on, and run nothing of their own.

The tests copy the Makefile into an empty folder, with a stand-in for `.venv/bin/invoke` that writes down how
it was called. The name of that folder has in it what a path may have: spaces, a quote, a dollar, letters that
are not ASCII.
"""

import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VARIABLES = ("VERSION", "TAG", "DIRECT", "DRY_RUN", "PUSH", "YES", "WATCH", "WAIT", "FAULT", "OFFLINE")
SHELLS = [shell for shell in ("/bin/bash", "/bin/dash", "/bin/sh") if Path(shell).exists()]

# Each would leave a file `canary` behind, or lose a byte, if it were ever read as anything but a value.
HOSTILE = (
    "0.4.0; touch canary",
    "0.4.0 && touch canary",
    "$(shell touch canary)",
    "${shell touch canary}",
    "$$(touch canary)",
    "$(touch canary)",
    "`touch canary`",
    "$(eval $(shell touch canary))",
    "$(error stopped)",
    "$(VERSION)",
    "'; touch canary; '",
    '"; touch canary; "',
    "0.4.0\ntouch canary",
    "0.4.0\\\ntouch canary",
    "--upload-pack=touch canary",
    "-n",
    "%",
    "$$",
    "$",
    "#0.4.0",
    "a\\b",
    "a=b:=c",
    "0.4.0 ",
    "0.4.0é☃",
)

# Writes its arguments and the variables that are set into files, byte for byte.
RECORDER = """\
#!/bin/sh
printf '%s\\n' "$*" >>calls
for name in VERSION TAG DIRECT DRY_RUN PUSH YES WATCH WAIT FAULT OFFLINE MAKEFLAGS MAKEOVERRIDES HOME; do
  eval "[ -z \\"\\${$name+x}\\" ] || printf '%s' \\"\\$$name\\" >seen-$name"
done
[ ! -e "answer-$1" ] || cat "answer-$1"
[ ! -e "fail-$1" ]
"""

# A Python that only writes down what it is asked for. `venv` makes a folder with the two programs in it.
PYTHON = """\
#!/bin/sh
case "$*" in
  -c*) exit "${PYTHON_TOO_OLD:-0}" ;;
  "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp recorder .venv/bin/invoke ;;
esac
printf '%s\\n' "$*" >>installed
case "$*" in
  *--require-hashes*uv.txt) [ ! -e uv ] || cp uv .venv/bin/uv ;;
  *--require-hashes*) [ ! -e broken ] ;;
esac
"""
# A uv that does the same, and fails where it is told to.
UV = """\
#!/bin/sh
printf '%s\\n' "$*" >>installed-by-uv
[ ! -e broken-uv ]
"""


@dataclass(frozen=True)
class Checkout:
    """A folder with the Makefile in it, and what a call of make there did."""

    path: Path

    def make(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run make with these words, and nothing in the environment but PATH, HOME and these variables."""
        return self.run("make", *words, environment=environment)

    def run(self, *words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.path,
            env={"PATH": os.environ["PATH"], "HOME": str(self.path)} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )

    def lines(self, name: str) -> list[str]:
        file = self.path / name
        return file.read_text("utf-8").splitlines() if file.exists() else []

    def seen(self, variable: str) -> bytes | None:
        """Return what the task found in its environment; None if the variable was not there at all."""
        file = self.path / f"seen-{variable}"
        return file.read_bytes() if file.exists() else None

    def write(self, name: str, text: str, *, program: bool = False) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        if program:
            file.chmod(0o755)

    def age(self, name: str, seconds: int) -> None:
        """Make a file that many seconds older (or younger) than now, for a make that compares times."""
        file = self.path / name
        moment = file.stat().st_mtime - seconds
        os.utime(file, (moment, moment))


def targets() -> list[str]:
    """Read the targets that the Makefile declares."""
    declared = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert declared is not None
    return declared[1].split()


TASKS = [target for target in targets() if target not in ("help", "install")]


@pytest.fixture
def bare(tmp_path: Path) -> Checkout:
    """Make a checkout in which nothing was installed yet."""
    folder = tmp_path / "eine Mappe, it's $HOME für ☃"
    folder.mkdir()
    checkout = Checkout(folder)
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
        checkout.age(name, 100)
    checkout.write("recorder", RECORDER, program=True)
    checkout.write("python", PYTHON, program=True)
    return checkout


@pytest.fixture
def ready(bare: Checkout) -> Checkout:
    """Make a checkout with everything installed."""
    bare.write(".venv/bin/invoke", RECORDER, program=True)
    for stamp, age in ((".venv/.locked", 50), (".venv/.ready", 0)):
        bare.write(stamp, "")
        bare.age(stamp, age)
    return bare


@pytest.mark.parametrize("shell", SHELLS)
def test_make_help_lists_every_target_in_one_aligned_line_each(bare: Checkout, shell: str) -> None:
    result = bare.make(f"SHELL={shell}", "help")
    assert result.returncode == 0
    lines = [re.fullmatch(r"( +make ([a-z-]+) +)(\S.*)", line) for line in result.stdout.splitlines()]
    assert [line[2] for line in lines if line] == targets()
    assert None not in lines
    assert len({len(line[1]) for line in lines if line}) == 1


def test_make_alone_is_make_help(bare: Checkout) -> None:
    assert bare.make().stdout == bare.make("help").stdout


def test_help_installs_nothing(bare: Checkout) -> None:
    bare.make("help")
    assert not (bare.path / ".venv").exists()


@pytest.mark.parametrize("target", TASKS)
def test_a_target_runs_just_the_task_of_its_name_and_says_nothing_itself(ready: Checkout, target: str) -> None:
    result = ready.make(target)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert ready.lines("calls") == [target]


def test_a_folder_with_the_name_of_a_target_does_not_stop_it(ready: Checkout) -> None:
    (ready.path / "build").mkdir()
    ready.make("build")
    assert ready.lines("calls") == ["build"]


def test_a_task_that_fails_makes_make_fail(ready: Checkout) -> None:
    ready.write("fail-lint", "")
    assert ready.make("lint").returncode != 0


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("variable", ["VERSION", "TAG"])
def test_a_value_on_the_command_line_reaches_the_task_byte_for_byte_and_runs_nothing(
    ready: Checkout, variable: str, value: str, shell: str
) -> None:
    result = ready.make(f"SHELL={shell}", "release", f"{variable}={value}")
    assert result.returncode == 0, result.stderr
    assert ready.seen(variable) == value.encode()
    assert not (ready.path / "canary").exists()


@pytest.mark.parametrize("flags", [(), ("-e",)])
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", [*HOSTILE, " 0.4.0", "\t0.4.0"])
def test_a_value_in_the_environment_reaches_the_task_byte_for_byte_and_runs_nothing(
    ready: Checkout, value: str, shell: str, flags: tuple[str, ...]
) -> None:
    result = ready.make(*flags, f"SHELL={shell}", "bump", VERSION=value)
    assert result.returncode == 0, result.stderr
    assert ready.seen("VERSION") == value.encode()
    assert not (ready.path / "canary").exists()


@pytest.mark.parametrize("value", HOSTILE)
def test_a_dry_make_runs_neither_the_task_nor_the_value(ready: Checkout, value: str) -> None:
    result = ready.make("-n", "release", f"VERSION={value}")
    assert result.stdout == ".venv/bin/invoke release\n"
    assert ready.lines("calls") == []
    assert not (ready.path / "canary").exists()


@pytest.mark.parametrize("name", ["VENV", "RUN"])
def test_the_words_of_the_recipes_cannot_be_replaced(ready: Checkout, name: str) -> None:
    ready.make("lint", f"{name}=true; touch canary; true")
    assert ready.lines("calls") == ["lint"]
    assert not (ready.path / "canary").exists()


@pytest.mark.parametrize("python", [value for value in HOSTILE if "canary" in value])
def test_the_name_of_a_python_is_only_ever_a_name(bare: Checkout, python: str) -> None:
    assert bare.make("lint", f"PYTHON={python}").returncode != 0
    assert not (bare.path / "canary").exists()


def test_every_variable_of_the_contract_is_handed_over(ready: Checkout) -> None:
    ready.make("release", *(f"{name}={name.lower()}" for name in VARIABLES))
    assert [ready.seen(name) for name in VARIABLES] == [name.lower().encode() for name in VARIABLES]


@pytest.mark.parametrize("target", ["bump", "tag", "release", "undo"])
@pytest.mark.parametrize("name", ["DRYRUN", "dry_run", "version"])
def test_a_misspelt_variable_is_refused_by_what_acts(ready: Checkout, target: str, name: str) -> None:
    """`DRYRUN=1` would be a release, if it were passed over in silence."""
    ran = ready.make(target, "VERSION=$(shell touch canary)", f"{name}=1")
    assert ran.returncode == 2
    assert f"there is no variable {name} here" in ran.stderr
    assert ready.lines("calls") == []
    assert not (ready.path / "canary").exists()


def test_what_only_looks_takes_variables_of_others_too(ready: Checkout) -> None:
    assert ready.make("test", "PYTEST_ADDOPTS=-x").returncode == 0
    assert ready.make("release", "VERSION=1", "SHELL=/bin/sh").returncode == 0
    assert ready.lines("calls") == ["test", "release"]


def test_a_variable_that_was_not_given_is_not_in_the_environment_of_the_task(ready: Checkout) -> None:
    ready.make("release", "VERSION=")
    assert [ready.seen(name) for name in VARIABLES] == [b"", *[None] * (len(VARIABLES) - 1)]


def test_a_make_that_a_task_starts_inherits_neither_flags_nor_variables(ready: Checkout) -> None:
    ready.make("-s", "release", "VERSION=1")
    assert (ready.seen("MAKEFLAGS"), ready.seen("MAKEOVERRIDES")) == (None, None)


def test_a_home_is_handed_on_as_it_is_but_for_one_that_is_no_folder(ready: Checkout) -> None:
    """Where invoke cannot look into the home it ends in a traceback; a task does without one."""
    (ready.path / "a home, with $(spaces)").mkdir()
    for name, handed_on in {"a home, with $(spaces)": True, "not there": True, "pyproject.toml": False}.items():
        home = str(ready.path / name)
        (ready.path / "seen-HOME").unlink(missing_ok=True)
        assert ready.make("lint", HOME=home).returncode == 0
        assert ready.seen("HOME") == (home.encode() if handed_on else None)


def test_the_first_call_installs_the_lock_by_its_hashes_and_then_castoff_itself(bare: Checkout) -> None:
    result = bare.make("lint", "PYTHON=./python")
    assert result.returncode == 0, result.stderr
    venv, uv, lock, castoff = bare.lines("installed")
    assert venv == "-m venv .venv"
    assert uv.endswith("--require-hashes -r .venv/uv.txt"), "of the lock uv first; there is none here, and pip goes on"
    assert lock.endswith("--require-hashes -r requirements.txt")
    assert castoff.endswith("--no-deps --no-build-isolation --editable .")
    assert bare.lines("calls") == ["lint"]


def test_uv_installs_all_but_itself_where_it_can_be_had(bare: Checkout) -> None:
    bare.write("uv", UV, program=True)
    assert bare.make("lint", "PYTHON=./python").returncode == 0
    assert [line.split()[-1] for line in bare.lines("installed")] == [".venv", ".venv/uv.txt"]
    lock, castoff = bare.lines("installed-by-uv")
    assert lock.endswith("--require-hashes -r requirements.txt")
    assert castoff.endswith("--no-deps --no-build-isolation --editable .")
    assert "--compile-bytecode" not in lock + castoff, "Python compiles what is used, when it is used"


def test_where_uv_fails_pip_installs(bare: Checkout) -> None:
    bare.write("uv", UV, program=True)
    bare.write("broken-uv", "")
    assert bare.make("lint", "PYTHON=./python").returncode == 0
    assert [line.split()[-1] for line in bare.lines("installed")][2:] == ["requirements.txt", "."]


def test_what_python_must_not_write_is_compiled_when_it_is_installed(bare: Checkout) -> None:
    bare.write("uv", UV, program=True)
    assert bare.make("lint", "PYTHON=./python", PYTHONDONTWRITEBYTECODE="1").returncode == 0
    assert "--compile-bytecode" in bare.lines("installed-by-uv")[0]


def test_the_second_call_installs_nothing(bare: Checkout) -> None:
    bare.make("install", "PYTHON=./python")
    (bare.path / "installed").unlink()
    bare.make("install", "PYTHON=./python")
    assert bare.lines("installed") == []


def test_a_change_of_pyproject_installs_only_castoff_again(bare: Checkout) -> None:
    bare.make("install", "PYTHON=./python")
    (bare.path / "installed").unlink()
    bare.age("pyproject.toml", -200)
    bare.make("install", "PYTHON=./python")
    assert [line.split()[-2:] for line in bare.lines("installed")] == [["--editable", "."]]


def test_a_change_of_the_lock_makes_the_environment_anew(bare: Checkout) -> None:
    bare.make("install", "PYTHON=./python")
    (bare.path / "installed").unlink()
    bare.write(".venv/left-over", "")
    bare.age("requirements.txt", -200)
    bare.make("install", "PYTHON=./python")
    assert len(bare.lines("installed")) == 4
    assert not (bare.path / ".venv/left-over").exists()


def test_a_lock_that_cannot_be_installed_is_told_with_where_to_change_it(bare: Checkout) -> None:
    bare.write("broken", "")
    told = bare.make("lint", "PYTHON=./python").stderr
    assert "requirements.txt cannot be installed: the lines above name what stopped it" in told
    (bare.path / "broken").unlink()
    assert "cannot be installed" not in bare.make("lint", "PYTHON=./python").stderr


def test_an_installation_that_broke_off_is_done_again_from_the_start(bare: Checkout) -> None:
    bare.write("broken", "")
    assert bare.make("lint", "PYTHON=./python").returncode != 0
    assert bare.lines("calls") == []
    (bare.path / "broken").unlink()
    (bare.path / "installed").unlink()
    assert bare.make("lint", "PYTHON=./python").returncode == 0
    assert len(bare.lines("installed")) == 4


@pytest.mark.parametrize("python", ["./python", "./no such python"])
def test_a_python_that_is_too_old_or_missing_is_told_in_one_line_with_what_to_type(bare: Checkout, python: str) -> None:
    result = bare.make("lint", PYTHON=python, PYTHON_TOO_OLD="1")
    assert result.returncode != 0
    told = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert told == [f"castoff needs Python 3.11 or newer, and {python} is not. Type: make install PYTHON=python3.12"]
    assert not (bare.path / ".venv").exists()


def locked() -> dict[str, str]:
    """Read the lock: the name of each package, and its lines."""
    text = "\n".join(line for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if "#" not in line)
    blocks = re.split(r"\n(?=\S)", text.strip())
    return {re.split(r"[=\[ ]", block, maxsplit=1)[0]: block for block in blocks}


def test_everything_in_the_lock_is_pinned_with_hashes_and_nothing_names_an_index() -> None:
    for name, block in locked().items():
        assert re.match(r"[a-z0-9-]+==[0-9][\w.]*( ;.*)? \\\n", block), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), name
    text = (ROOT / "requirements.txt").read_text("utf-8")
    assert not re.search(r"://|^-|--(extra-)?index-url|--find-links|file:", text, re.MULTILINE)


def test_the_lock_holds_every_dependency_that_pyproject_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted: list[str] = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower().replace("_", "-") for line in wanted}
    assert names <= set(locked())


@pytest.fixture
def ci(ready: Checkout) -> Checkout:
    """Make a checkout whose tests pass, with the script that CI starts."""
    ready.write(".ci/run", (ROOT / ".ci/run").read_text("utf-8"))
    ready.write(
        "answer-test",
        "...\n1 passed in 9.99s\n\x1b[32m123 passed\x1b[0m, \x1b[33m1 skipped\x1b[0m in 4.56s\nbye\n",
    )
    return ready


def test_the_ci_script_runs_all_four_checks_and_closes_with_the_line_of_the_test_runner(ci: Checkout) -> None:
    result = ci.run("bash", ".ci/run", environment={"CI": "true"})
    assert result.returncode == 0, result.stderr
    assert ci.lines("calls") == ["test", "lint", "format-check", "typecheck"]
    assert result.stdout.splitlines()[-1] == "123 passed, 1 skipped in 4.56s"


@pytest.mark.parametrize("check", ["test", "lint", "format-check", "typecheck"])
def test_the_ci_script_fails_if_one_check_fails_and_runs_the_others_all_the_same(ci: Checkout, check: str) -> None:
    ci.write(f"fail-{check}", "")
    result = ci.run("bash", ".ci/run", environment={"CI": "true"})
    assert result.returncode != 0
    assert ci.lines("calls") == ["test", "lint", "format-check", "typecheck"]


def test_the_ci_script_says_so_when_the_tests_never_closed(ci: Checkout) -> None:
    ci.write("answer-test", "")
    ci.write("fail-test", "")
    result = ci.run("bash", ".ci/run", environment={"CI": "true"})
    assert result.stdout.splitlines()[-1] == "The tests did not run to their end."
