"""A job in which stand-ins play: its folders, its environment, and what a step left behind."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from castoff.standins.stage import VARIABLE, Stage
from castoff.standins.step import INPUTS
from tests import forked

REPOSITORY = "owner/spam"
NOWHERE = Stage(
    artifacts=Path("/nonexistent/artifacts"),
    remote=Path("/nonexistent/remote.git"),
    index_url="http://127.0.0.1:9",
    upload_url="http://127.0.0.1:9/legacy/",
    forge_url="http://127.0.0.1:9",
    trust_config=Path("/nonexistent/trust.json"),
    repository=REPOSITORY,
)
"""A stage on which nothing answers."""


@dataclass(frozen=True)
class Ended:
    """How a step ended, and what it handed on."""

    code: int
    log: str
    outputs: Mapping[str, str]
    exported: Mapping[str, str]
    path: tuple[str, ...]
    summary: str

    @property
    def error(self) -> str:
        """The text of the one error annotation, its lines put together again."""
        (line,) = [line for line in self.log.splitlines() if line.startswith("::error::")]
        return line.removeprefix("::error::").replace("%0A", "\n").replace("%25", "%")


@dataclass
class Job:
    """A job below `folder`; `env` is laid over what every job has."""

    folder: Path
    stage: Stage = NOWHERE
    env: dict[str, str] = field(default_factory=dict[str, str])
    number: int = 0

    def __post_init__(self) -> None:
        for folder in (self.workspace, self.temp, self.home):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def on(self, **changes: object) -> None:
        """Change the stage."""
        self.stage = replace(self.stage, **changes)  # type: ignore[arg-type]

    def write(self, file: str, text: str = "text\n") -> Path:
        """Write a file into the workspace."""
        path = self.workspace / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def files(self, folder: str = "") -> dict[str, str]:
        """Return the files in the workspace with their texts."""
        base = self.workspace / folder
        return {
            path.relative_to(base).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(base.rglob("*"))
            if path.is_file()
        }

    def variables(self) -> dict[str, str]:
        """Return the environment of a step; nothing of the test's own but PATH."""
        common = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_JOB": "job",
            "GITHUB_REF": "refs/tags/v1.0",
            "GITHUB_REF_NAME": "v1.0",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "77",
            "GITHUB_SHA": "c" * 40,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
        }
        return {**common, **self.env}

    def play(self, name: str, inputs: Mapping[str, object] | None = None, /, **more: object) -> Ended:
        """Play a step with the defaults of its action.yml and these inputs."""
        self.number += 1
        out = self.folder / f"step-{self.number}"
        out.mkdir()
        (out / "stage.json").write_text(self.stage.to_json())
        given = {**defaults(name), **(inputs or {}), **more}
        env = {**self.variables(), VARIABLE: str(out / "stage.json"), INPUTS: json.dumps(given)}
        handed = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        env |= {variable: str(out / variable) for variable in handed}
        done = forked.run("castoff.standins", ["castoff.standins", name], cwd=self.workspace, env=env, timeout=120)
        assert "castoff/standins" not in done.stderr, done.stderr
        texts = {variable: _read(out / variable) for variable in handed}
        return Ended(
            done.returncode,
            done.stdout + done.stderr,
            _values(texts["GITHUB_OUTPUT"]),
            _values(texts["GITHUB_ENV"]),
            tuple(texts["GITHUB_PATH"].splitlines()),
            texts["GITHUB_STEP_SUMMARY"],
        )

    def passes(self, name: str, inputs: Mapping[str, object] | None = None, /, **more: object) -> Ended:
        """Play a step that must succeed."""
        ended = self.play(name, inputs, **more)
        assert ended.code == 0, ended.log
        return ended

    def fails(self, name: str, inputs: Mapping[str, object] | None = None, /, **more: object) -> Ended:
        """Play a step that must fail."""
        ended = self.play(name, inputs, **more)
        assert ended.code != 0, ended.log
        return ended


def defaults(name: str) -> dict[str, object]:
    """Return the defaults of a stand-in, expressions left out."""
    import yaml

    from castoff.standins.catalogue import standins

    for folder in standins().values():
        data = yaml.safe_load((folder / "action.yml").read_text())
        if data["runs"]["steps"][0]["run"].endswith(f" {name}"):
            inputs = {key: value.get("default") for key, value in data["inputs"].items()}
            return {key: "" if "${{" in str(value) else value for key, value in inputs.items()}
    raise AssertionError(name)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _values(text: str) -> dict[str, str]:
    """Return what NAME<<MARK blocks hold."""
    values: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, mark = line.partition("<<")
        block: list[str] = []
        while (inner := next(lines)) != mark:
            block.append(inner)
        values[name] = "\n".join(block)
    return values
