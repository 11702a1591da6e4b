"""Killed or interrupted at any point, castoff leaves what was or what will be, and the same command ends right."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.crash.world import DATE, Ended, Server, Visible, World, served
from tests.outside import PAGE, services, variables
from tests.repository import Repository

BRANCH = "chore/release-0.2.0"
QUICK = """\
import gzip, io, pathlib, tarfile, zipfile
NAME, TEXT = "sample-0.1.0", "Metadata-Version: 2.1\\nName: sample\\nVersion: 0.1.0\\n"
def build_sdist(folder, settings=None):
    with gzip.GzipFile(pathlib.Path(folder, NAME + ".tar.gz"), "wb", mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w") as sdist:
            for file in ("pyproject.toml", "quick.py", "README.md", "src/sample/__init__.py"):
                data = pathlib.Path(file).read_bytes()
                member = tarfile.TarInfo(f"{NAME}/{file}")
                member.size = len(data)
                sdist.addfile(member, io.BytesIO(data))
            member = tarfile.TarInfo(f"{NAME}/PKG-INFO")
            member.size = len(TEXT)
            sdist.addfile(member, io.BytesIO(TEXT.encode()))
    return NAME + ".tar.gz"
def build_wheel(folder, settings=None, metadata=None):
    with zipfile.ZipFile(pathlib.Path(folder, NAME + "-py3-none-any.whl"), "w") as wheel:
        module = pathlib.Path("src/sample/__init__.py").read_text()
        for name, text in (("sample/__init__.py", module), (NAME + ".dist-info/METADATA", TEXT)):
            wheel.writestr(zipfile.ZipInfo(name), text)
    return NAME + "-py3-none-any.whl"
"""
"""A build backend that is done at once: what is looked at is what castoff does with what was built."""


def _merged(repo: Repository, server: Server) -> None:
    assert server.run(World(repo.root.parent), ["release", "--version", "0.2.0"]).code == 0
    repo.merge(BRANCH)
    repo.git("pull", "--quiet")


def _built(repo: Repository, server: Server) -> None:
    repo.write("quick.py", QUICK)
    text = repo.read("pyproject.toml").replace('requires = ["hatchling"]', 'requires = []\nbackend-path = ["."]')
    repo.write("pyproject.toml", text.replace('"hatchling.build"', '"quick"'))
    repo.commit("build quickly")
    ran = server.run(World(repo.root.parent), ["build"], env={"OFFLINE": "1"})
    assert ran.code == 0, ran.err
    repo.write("README.md", "# another text\n")
    repo.commit("change what is built")


def _tagged(repo: Repository, server: Server) -> None:
    _merged(repo, server)
    world = World(repo.root.parent)
    assert server.run(world, ["release", "--version", "0.2.0"]).code == 0
    assert repo.git("tag", "--list") == "v0.2.0"
    repo.git("remote", "set-url", "origin", f"{PAGE}.git")
    repo.git("config", "url.../remote.git.insteadOf", f"{PAGE}.git")


def _nothing(_repo: Repository, _server: Server) -> None:
    """Leave the project as it is."""


@dataclass(frozen=True)
class Scenario:
    """A command, and what comes before it."""

    argv: tuple[str, ...]
    before: Callable[[Repository, Server], None] = _nothing
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    signals: tuple[str, ...] = ("kill", "interrupt", "ctrl-c")


RELEASE = ("release", "--version", "0.2.0")
SCENARIOS = {
    "bump": Scenario(("bump", "--version", "0.2.0")),
    "release, the branch": Scenario(RELEASE),
    "release, the tag": Scenario(RELEASE, _merged),
    "release --direct": Scenario((*RELEASE, "--direct")),
    "tag": Scenario(("tag", "--version", "0.1.0")),
    "tag --push": Scenario(("tag", "--version", "0.1.0", "--push")),
    "undo": Scenario(("undo", "--version", "0.2.0", "--yes"), _tagged, signals=("kill", "ctrl-c")),
    "build": Scenario(("build",), _built, {"OFFLINE": "1"}, ("kill", "ctrl-c")),
}
SIGNALS = {"kill": ("SIGKILL", False), "interrupt": ("SIGINT", False), "ctrl-c": ("SIGINT", True)}
"""Ctrl-C reaches the programs that castoff runs, too."""

PLACES = ("file pyproject.toml", "file src/sample/__init__.py")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Return what leads to an index and a forge that know of no release."""
    with services(tmp_path_factory.mktemp("outside")) as (index, forge):
        yield variables(index, forge)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a project whose remote is known by a relative path, so that both can be copied."""
    monkeypatch.setenv("GIT_AUTHOR_DATE", DATE)
    monkeypatch.setenv("GIT_COMMITTER_DATE", DATE)
    repo = Repository.create(tmp_path / "world")
    repo.git("remote", "set-url", "origin", "../remote.git")
    return World(tmp_path / "world")


@dataclass
class Ending:
    """Ends a command at each of its points in turn, and looks at what is left."""

    server: Server
    world: World
    argv: tuple[str, ...]
    signal: str
    group: bool
    variables: Mapping[str, str]

    def everywhere(self, scratch: Path) -> list[str]:
        """Return the points at which it was ended."""
        whole = self.world.copy(scratch / "whole")
        ran = self.server.run(whole, self.argv, env=self.variables)
        assert ran.code == 0, ran.err
        before, after, bumped = self.world.visible(), whole.visible(), self._bumped(scratch)
        untouched = self.world.exact()
        seen, left = set[str](), self.world.copy(scratch / "left")
        for at, point in self._points(ran):
            ended = self.server.run(left, self.argv, at, self.signal, group=self.group, env=self.variables)
            try:
                assert ended.points[at - 1].split()[0] == point.split()[0], "every run goes the same way"
                assert self.signal == "SIGINT" or ended.code == -signal.SIGKILL
                if left.exact() == untouched:  # as before, to the last byte; and from there we came
                    assert ended.code in (1, -signal.SIGKILL)
                    continue
                self._look(left, ended, before, after, bumped, seen)
            except (AssertionError, KeyError, subprocess.CalledProcessError) as error:
                error.add_note(f"{self.signal} at point {at} of {len(ran.points)}: {point}\n{ended.err}")
                raise
            shutil.rmtree(left.folder)
            left = self.world.copy(scratch / "left")
        return list(ran.points)

    def _points(self, ran: Ended) -> list[tuple[int, str]]:
        """Return the points to end it at: for a signal that reaches its programs too, those where one runs."""
        numbered = list(enumerate(ran.points, 1))
        return [(at, point) for at, point in numbered if point.startswith("started")] if self.group else numbered

    def _bumped(self, scratch: Path) -> Visible:
        """Return the project with the new version in its files."""
        other = self.world.copy(scratch / "bumped")
        self.server.run(other, ["bump", "--version", "0.2.0"])
        return other.visible()

    def _look(
        self, left: World, ended: Ended, before: Visible, after: Visible, bumped: Visible, seen: set[str]
    ) -> None:
        """Check one that was ended: how it ended, what is left, and that the same command ends right."""
        now = left.visible()
        if self.signal == "SIGINT" and _remote(now) == _remote(before):
            ends = [(1, before), (0, after)]
            if self.argv == ("build",):  # it looks once more when all is there: that is not taken back for a look
                ends.append((1, after))
            assert (ended.code, now) in ends, "what was made is taken back"
        for name in PLACES:
            assert now[name] in (before[name], bumped[name]), "a file is the old one or the new one"
        state = left.exact()
        if state not in seen:  # from the same bytes the same command goes the same way
            seen.add(state)
            left.check_sound()
            again = self.server.run(left, self.argv, env=self.variables)
            lock = re.search(r"type: rm (\.git/\S+\.lock)$", again.err, re.MULTILINE)
            if lock:  # git was ended between making its lock and noting that it has one: what to type is said
                (left.repo.root / lock[1]).unlink()
                again = self.server.run(left, self.argv, env=self.variables)
            assert again.code == 0 or (left.visible() == after and "already; nothing to change" in again.err), again.err
            assert left.visible() == after


def _remote(seen: Visible) -> list[tuple[str, str]]:
    return [item for item in seen.items() if item[0].startswith("remote")]


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name in SCENARIOS for number in SCENARIOS[name].signals]
)
def test_ended_at_any_point_at_all_what_is_left_is_sound_and_the_same_command_ends_right(
    server: Server, nobody: Mapping[str, str], world: World, tmp_path: Path, name: str, number: str
) -> None:
    scenario = SCENARIOS[name]
    scenario.before(world.repo, server)
    told = {**scenario.variables, **(nobody if name == "undo" else {})}
    points = Ending(server, world, scenario.argv, *SIGNALS[number], told).everywhere(tmp_path)
    assert len(points) >= 10, "a command that changes things goes by this many points at least"
