"""Every test runs away from the developer's own configuration: home, git, environment."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import castoff
from tests import on_wheel
from tests.repository import Repository

_NOT_OURS = ("CASTOFF_", "GITHUB_", "GH_", "ACTIONS_", "GIT_", "RUNNER_", "PIP_CONSTRAINT", "INVOKE_", "MAKE", "MFLAGS")
_OURS_ONLY = (
    "VERSION",
    "TAG",
    "DIRECT",
    "DRY_RUN",
    "PUSH",
    "YES",
    "WATCH",
    "WAIT",
    "FAULT",
    "OFFLINE",
    "CI",
    "NO_COLOR",
    "FORCE_COLOR",
)

# how long an example takes says how busy the machine is, and nothing of castoff
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

_numbers = itertools.count()

# what is made once for a module is made before `isolated` is asked for
for _name in [name for name in os.environ if name.startswith(_NOT_OURS) or name in _OURS_ONLY]:
    del os.environ[_name]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell: programs would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(on_wheel.OPTION, action="store_true", help="run the tests on the built wheel, not on src/")
    parser.addoption(on_wheel.FROM, metavar="FOLDER", help="run no test on a castoff that lies elsewhere")


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    return on_wheel.run(config.invocation_params.args) if config.getoption(on_wheel.OPTION) else None


def pytest_configure(config: pytest.Config) -> None:
    folder: str | None = config.getoption(on_wheel.FROM)
    if folder and not Path(castoff.__file__).is_relative_to(folder):
        raise pytest.UsageError(f"castoff is imported from {castoff.__file__}, not from {folder}")


def pytest_xdist_auto_num_workers() -> int:
    """Return three processes for two cores: a test often waits for programs, or for time to pass."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each process, which gets an equal share of the tests, begin with slow ones: none ends alone with them."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("e2e")]
    quick = [item for item in items if not item.get_closest_marker("e2e")]
    share, ordered = len(items) // processes, list[pytest.Item]()
    for number in range(processes):
        ordered += (begun := slow[number::processes])
        ordered += (rest := quick[: max(0, share - len(begun))])
        del quick[: len(rest)]
    items[:] = ordered + quick


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home of its own, a git identity, and an environment that says nothing of where it runs."""
    home = (
        tmp_path_factory.getbasetemp() / "homes" / f"{os.getpid()}-{next(_numbers)}"
    )  # `mktemp` looks at all that were before
    home.mkdir(parents=True)
    for name in list(os.environ):
        if name.startswith(_NOT_OURS) or name in _OURS_ONLY:
            monkeypatch.delenv(name)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = A Maintainer\n\temail = maintainer@example.com\n"
        "[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n[gc]\n\tauto = 0\n"
    )
    for name in ("CASTOFF_INDEX_URL", "GITHUB_API_URL"):  # nobody: no test asks the real ones
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.setenv("HOME", str(home))
    # castoff is started a thousand times: it is not to be compiled each time
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    caches = tmp_path_factory.getbasetemp().parent / "caches"  # a new home must not mean a new download each time
    monkeypatch.setenv("UV_CACHE_DIR", str(caches / "uv"))
    monkeypatch.setenv("PIP_CACHE_DIR", str(caches / "pip"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    return home


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder that all test processes of this run have in common (`tests.rehearsing.once`)."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """Return a project at 0.1.0, committed and pushed to a bare remote."""
    return Repository.create(tmp_path)
