"""GitHub and PyPI, played for one project: services that stay, and a runner that runs the workflow of a pushed tag.

A rehearsal plays one release and is gone. Here the services go on between the runs, so that a person can be played who
looks at what has happened, types what is printed, and opens the pages that are named.
"""

from __future__ import annotations

import io
import os
import re
import secrets
import shlex
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import requests

from castoff.adapters.console import Console
from castoff.adapters.environment import read_environment
from castoff.core.faults import Fault
from castoff.core.rehearsal import JobRun, Outcome
from castoff.core.versions import version_of_tag
from castoff.core.workflow_reading import read_workflow
from castoff.flows.platform import Platform, platform
from castoff.flows.run_record import run_record
from castoff.flows.running import Setting, run_workflow
from castoff.flows.scratch import Scratch, State
from castoff.services.forge_runs import RunRecord
from castoff.services.index_tokens import Publisher
from castoff.services.oidc import Run
from tests.rehearsing import QUICK, WORKFLOW, sample
from tests.repository import Ran, Repository

OWNER, NAME = "acme", "sample"
PAGE = f"https://github.com/{OWNER}/{NAME}"
TARGETS = "release tag undo status bump"
_COMPARE = re.compile(rf"{re.escape(PAGE)}/compare/main\.\.\.(?P<branch>\S+)\?expand=1")
_MOST = 12
"""How often a person asks where the release stands before giving up."""


@dataclass
class Known:
    """A run that the push of a tag has started."""

    tag: str
    number: int
    attempt: int = 0
    done: tuple[str, ...] = ()
    """The jobs that have succeeded."""
    record: RunRecord | None = None
    """What the page of the run shows."""


@dataclass
class Hub:
    """A project on GitHub, and somebody who releases it."""

    repo: Repository
    scratch: Scratch
    services: Platform
    token: str
    fault: str | None = None
    """What goes wrong in the next runs of the workflow, by the name of a rehearsal's fault."""
    log: str = ""
    """What the newest run has printed of its failures, as its page shows it."""
    jobs: tuple[JobRun, ...] = ()
    """How the jobs of the newest run ended."""
    deaf: bool = False
    """Whether the pushes of tags start nothing, as those by a workflow's own token do."""
    typed: list[str] = field(default_factory=list[str])
    """Every line that was typed as it was printed."""
    known: dict[str, Known] = field(default_factory=dict[str, "Known"])
    """The runs, by the object of the tag whose push has started each."""

    @property
    def variables(self) -> dict[str, str]:
        """What the person's environment says."""
        return {
            "CASTOFF_INDEX_URL": self.services.index.simple_url,
            "GITHUB_API_URL": self.services.forge.url,
            "GITHUB_TOKEN": self.token,
        }

    def castoff(self, *args: str) -> Ran:
        """Run castoff, and then whatever GitHub does of itself."""
        ran = self.repo.castoff(*args, **self.variables)
        self.react()
        return ran

    def type(self, line: str) -> Ran:
        """Do what a printed line says: a command is run as it stands there, a page is opened."""
        self.typed.append(line)
        merge = _COMPARE.search(line)
        if merge:
            self.repo.merge(merge["branch"])
            return Ran(0, "", "")
        argv = shlex.split(line, comments=True)
        if argv[0] == "gh":
            return self._gh(argv[1:])
        if argv[0] in ("watch", "open"):
            return Ran(0, "", "")
        assert argv[0] in ("git", "make", "castoff"), line
        return self.castoff(*argv[1:]) if argv[0] == "castoff" else self._started(argv)

    def follow(self, version: str) -> None:
        """Type what `status` says comes next, again and again, until it says that the version is released."""
        for _ in range(_MOST):
            ran = self.castoff("status", "--version", version)
            said = printed(ran)
            if not said:
                assert ran.code == 0, ran.all
                assert "is released" in ran.out, ran.all
                self.assert_released(version)
                return
            self.do(said[0])
        raise AssertionError(f"it never came to a release; typed: {self.typed}")

    def do(self, line: str) -> None:
        """Type a line; and where it is refused, what the refusal says."""
        ran = self.type(line)
        for _ in range(_MOST):
            if ran.code == 0:
                return
            lines = printed(ran)
            assert lines, ran.all
            for one in lines:
                ran = self.type(one)
        raise AssertionError(f"{line} never went through: {ran.all}")

    def _started(self, argv: list[str]) -> Ran:
        ran = subprocess.run(
            argv,
            cwd=self.repo.root,
            env={**os.environ, **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.react()
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def react(self) -> None:
        """Run the workflow for each tag that was pushed since: GitHub does so for a new object under a name."""
        for ref, tagged in self.repo.on_remote().items():
            tag = ref.removeprefix("refs/tags/")
            if tag != ref and tag.startswith("v") and not tag.endswith("^{}") and tagged not in self.known:
                self.known[tagged] = Known(tag, 1_000_001 + len(self.known))
                if not self.deaf:
                    self.run(self.known[tagged])

    def run(self, known: Known) -> None:
        """Run those jobs of a run that have not succeeded yet."""
        known.attempt += 1
        run = self._run(known)
        state = State(NAME, str(version_of_tag(known.tag)), known.tag, "", None, known.attempt, known.done)
        text = self.scratch.git("show", f"{run.sha}:{WORKFLOW}", folder=self.repo.remote)
        workflow = read_workflow(WORKFLOW, f"{text}\n")
        fault = Fault(self.fault, "", "") if self.fault else None
        out, began = io.StringIO(), datetime.now(UTC)
        console = Console(read_environment({}), out=out, err=out)
        services = replace(self.services, run=run)
        jobs, _ = run_workflow(console, Setting(self.scratch, services, workflow, state, fault, offline=False))
        self.log, self.jobs = out.getvalue(), jobs
        known.done = tuple(job.id for job in jobs if job.outcome in (Outcome.SUCCESS, Outcome.KEPT))
        known.record = run_record(run, jobs, began, datetime.now(UTC))
        self.services.forge.runs.put(known.record)

    @property
    def stopped(self) -> str | None:
        """The job in which the newest run stopped."""
        return next((job.id for job in self.jobs if job.outcome is Outcome.FAILURE), None)

    def _run(self, known: Known) -> Run:
        ref = f"refs/tags/{known.tag}"
        sha = self.scratch.git("rev-parse", f"{ref}^{{commit}}", folder=self.repo.remote)
        return replace(self.services.run, ref=ref, sha=sha, run_id=known.number, attempt=known.attempt)

    def _gh(self, args: list[str]) -> Ran:
        """Do what GitHub's own command line would do."""
        assert args[args.index("--repo") + 1] == f"{OWNER}/{NAME}"
        headers = {"Authorization": f"Bearer {self.token}"}
        if args[:2] == ["run", "rerun"]:
            (known,) = [known for known in self.known.values() if known.number == int(args[2])]
            known.done = known.done if "--failed" in args else ()
            self.run(known)
        else:
            assert args[:2] == ["release", "delete"], args
            for release in self.services.forge.facts(args[2]):
                url = f"{self.services.forge.url}/repos/{OWNER}/{NAME}/releases/{self._number(release.tag)}"
                assert requests.delete(url, headers=headers, timeout=5).status_code == 204
        return Ran(0, "", "")

    def _number(self, tag: str) -> int:
        return next(release.id for release in self.services.forge.releases if release.tag == tag)

    def colleague(self, change: Callable[[Repository], None]) -> None:
        """Land a change on main, as a merged pull request does."""
        other = self.repo.another_clone(f"colleague-{secrets.token_hex(4)}")
        change(other)
        other.commit("a fix")
        other.git("push", "--quiet", "origin", "main")

    def assert_released(self, version: str) -> None:
        """Assert that the index and the release hold the same files, whole, with their bundles."""
        index = {file.name: file.sha256 for file in self.services.index.files if file.version == version}
        (release,) = self.services.forge.facts(f"v{version}")
        assets = {asset.name: asset.sha256 for asset in release.assets}
        assert sorted(index) == [f"sample-{version}-py3-none-any.whl", f"sample-{version}.tar.gz"]
        assert {name: assets.pop(name) for name in index} == index
        assert assets.pop(f"sample-{version}.cdx.json")
        signed = (*index, f"sample-{version}.cdx.json")
        assert sorted(assets) == sorted(f"{name}.sigstore.json" for name in signed)
        assert not release.draft
        tagged = self.scratch.git("show", f"v{version}:src/sample/__init__.py", folder=self.repo.remote)
        assert f'__version__ = "{version}"' in tagged


def printed(ran: Ran) -> list[str]:
    """Return the lines that are printed to be typed next: behind `type:` of a failure, or behind `next:`."""
    lines: list[str] = []
    for line in (ran.err if ran.code else ran.out).splitlines():
        if line.startswith(("  type: ", "  next: ")):
            lines.append(line[len("  type: ") :])
        elif lines and line.startswith("        "):
            lines.append(line.strip())
    return list(dict.fromkeys(lines))


def create(root: Path, *, workflow: str = QUICK, check: str = "print('checked')") -> None:
    """Put a project on GitHub; its person has cloned it."""
    root.mkdir()
    Scratch(root)._furnish()  # pyright: ignore[reportPrivateUsage] - a scratch folder at a place of ours
    repo = sample(root, workflow=workflow, check=check)
    repo.write("Makefile", repo.read("Makefile").replace("preflight twine-check:", f"preflight twine-check {TARGETS}:"))
    repo.commit("targets")
    repo.git("push", "--quiet", "origin", "main")


@contextmanager
def hub(root: Path) -> Generator[Hub]:
    """Start the services of a project that was created; the folder may be a copy."""
    repo = Repository(root / "work", root / "remote.git")
    for line in repo.git("config", "--name-only", "--get-regexp", r"^url\.", check=False).splitlines():
        repo.git("config", "--unset-all", line)
    repo.git("remote", "set-url", "origin", f"{PAGE}.git")
    repo.git("config", f"url.{repo.remote}.insteadOf", f"{PAGE}.git")
    token = secrets.token_hex(20)
    run = Run(OWNER, NAME, 1, 2, "release.yml", "Release", "", "", 0, 1, 1, OWNER, 1)
    publisher = Publisher("sample", OWNER, NAME, "release.yml", "pypi")
    with platform(root, run, publisher, None) as services:
        services.forge.grant(token, {"contents": "write", "actions": "write"})
        yield Hub(repo, Scratch(root), services, token)
