"""Repositories of any size to measure in, each with a bare repository beside it as its remote."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ground import Ground, output

OLD, NEW = "0.50.0", "0.51.0"
PACKAGE = "benched"
PLACES = ("pyproject.toml", f"src/{PACKAGE}/__init__.py")

FILES = {
    "pyproject.toml": f"""[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{PACKAGE}"
version = "{OLD}"
description = "A package that is there to be released."
requires-python = ">=3.11"
dependencies = ["packaging>=24.2"]

[tool.ruff]
line-length = 120
""",
    f"src/{PACKAGE}/__init__.py": f'"""A package that is there to be released."""\n\n__version__ = "{OLD}"\n',
    f"src/{PACKAGE}/core.py": '"""Adds."""\n\n\ndef add(a: int, b: int) -> int:\n    return a + b\n',
    "tests/test_core.py": f"from {PACKAGE}.core import add\n\n\ndef test_add():\n    assert add(1, 1) == 2\n",
    "tasks.py": "from castoff.tasks import namespace as namespace\n",
    "README.md": f"# {PACKAGE}\n\nA package that is there to be released.\n",
    "LICENSE": "MIT\n",
    ".gitignore": "__pycache__/\n/dist/\n",
    "tbump.toml": f"""[version]
current = "{OLD}"
regex = '(?P<major>\\d+)\\.(?P<minor>\\d+)\\.(?P<patch>\\d+)'

[git]
message_template = "chore(release): bump to {{new_version}}"
tag_template = "v{{new_version}}"

[[file]]
src = "pyproject.toml"
search = 'version = "{{current_version}}"'

[[file]]
src = "src/{PACKAGE}/__init__.py"
search = '__version__ = "{{current_version}}"'
""",
    ".bumpversion.toml": f"""[tool.bumpversion]
current_version = "{OLD}"
commit = true
tag = true
message = "chore(release): bump to {{new_version}}"
tag_name = "v{{new_version}}"
tag_message = "{PACKAGE} {{new_version}}"

[[tool.bumpversion.files]]
filename = "pyproject.toml"
search = 'version = "{{current_version}}"'
replace = 'version = "{{new_version}}"'

[[tool.bumpversion.files]]
filename = "src/{PACKAGE}/__init__.py"
search = '__version__ = "{{current_version}}"'
replace = '__version__ = "{{new_version}}"'
""",
    ".cz.toml": f"""[tool.commitizen]
version = "{OLD}"
version_provider = "commitizen"
version_files = ["pyproject.toml:^version", "src/{PACKAGE}/__init__.py:__version__"]
tag_format = "v$version"
annotated_tag = true
bump_message = "chore(release): bump to $new_version"
""",
    "releaserc.toml": f"""[semantic_release]
version_toml = ["pyproject.toml:project.version"]
version_variables = ["src/{PACKAGE}/__init__.py:__version__"]
tag_format = "v{{version}}"
commit_message = "chore(release): bump to {{version}}"
allow_zero_version = true

[semantic_release.branches.main]
match = "main"

[semantic_release.remote]
type = "github"
url = "https://github.com/octo/{PACKAGE}"
""",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How much a repository holds."""

    name: str
    files: int
    commits: int
    tags: int


SMALL = Size("small", len(FILES), 5, 1)
LARGE = Size("large", 5_000, 20_000, 5_000)
LARGE_QUICK = Size("large (quick: a tenth)", 500, 2_000, 500)


@dataclass(frozen=True, slots=True)
class Repository:
    """A clone with its bare remote, and the commit that both stand on between the runs."""

    size: Size
    work: Path
    bare: Path
    base: str
    ground: Ground

    def git(self, folder: Path, *args: str, told: str | None = None) -> str:
        """Run git in one of the two folders; `told` is its standard input."""
        argv = ["git", *args]
        return output(
            subprocess.run(
                argv, cwd=folder, env=self.ground.env, input=told, capture_output=True, text=True, check=False
            )
        )

    def restore(self) -> None:
        """Put files, branches and tags back, here and on the remote, to where they stood at the start."""
        self.git(self.work, "reset", "--quiet", "--hard", self.base)
        refs = f"update refs/heads/main {self.base}\n"
        gone = f"delete refs/tags/v{NEW}\n"
        self.git(self.bare, "update-ref", "--stdin", told=refs + gone)
        self.git(self.work, "update-ref", "--stdin", told=refs.replace("heads", "remotes/origin") + gone)

    def write_new(self) -> None:
        """Write the new version into its places, for the plain git commands to commit."""
        self.restore()
        for place in PLACES:
            path = self.work / place
            path.write_text(path.read_text().replace(f'version = "{OLD}"', f'version = "{NEW}"').replace(OLD, NEW))

    def write_dynamic(self) -> None:
        """Take the version out of pyproject.toml, for a tool that writes no other place than the one hatch reads."""
        self.restore()
        pyproject = self.work / PLACES[0]
        text = pyproject.read_text().replace(f'version = "{OLD}"', 'dynamic = ["version"]')
        pyproject.write_text(f'{text}\n[tool.hatch.version]\npath = "{PLACES[1]}"\n')

    def says_new(self, places: Sequence[str] = PLACES) -> bool:
        """Whether these places say the new version."""
        return all(f'"{NEW}"' in (self.work / place).read_text() for place in places)

    def released(self) -> bool:
        """Whether the remote has the tag, on its main branch, with a commit that holds the new version."""
        tag, main = self.git(self.bare, "rev-parse", f"refs/tags/v{NEW}^{{commit}}", "refs/heads/main").split()
        return tag == main != self.base and NEW in self.git(self.bare, "show", f"{main}:{PLACES[0]}")


def make_repository(ground: Ground, size: Size) -> Repository:
    """Return a repository of this size: one fast-import stream into the bare one, then a clone of it."""
    name = size.name.split()[0].replace(",", "")
    bare, work = ground.folder / f"{name}.git", ground.folder / name
    ground.run(["git", "init", "--quiet", "--bare", str(bare)], ground.folder)
    stream = "".join(_stream(size)).encode()
    ended = subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=bare, env=ground.env, input=stream, capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise SystemExit(ended.stderr.decode())
    ground.run(["git", "pack-refs", "--all"], bare)
    ground.run(["git", "clone", "--quiet", str(bare), str(work)], ground.folder)
    base = ground.run(["git", "rev-parse", "HEAD"], work).strip()
    return Repository(size, work, bare, base, ground)


def _stream(size: Size) -> Iterator[str]:
    """Yield a fast-import stream: all files in the first commit, one changed in each other; tags spread evenly."""
    more = [f"src/{PACKAGE}/part{number // 100:02}/module{number:05}.py" for number in range(size.files - len(FILES))]
    for commit in range(size.commits):
        yield f"commit refs/heads/main\nmark :{commit + 1}\n{_signed('committer', commit)}{_data(f'Commit {commit}')}"
        if commit == 0:
            for path, text in FILES.items():
                yield f"M 100644 inline {path}\n{_data(text)}"
            for path in more:
                yield f"M 100644 inline {path}\n{_data(_module(path, 0))}"
        else:
            path = more[commit * 37 % len(more)] if more else f"src/{PACKAGE}/core.py"
            text = _module(path, commit) if more else f"{FILES[path]}\n\nCHANGED = {commit}\n"
            yield f"M 100644 inline {path}\n{_data(text)}"
    last = int(OLD.split(".")[1]) * 100
    for back in range(size.tags):
        number, commit = last - back, size.commits - back * size.commits // size.tags
        name = f"v0.{number // 100}.{number % 100}"
        yield f"tag {name}\nfrom :{commit}\n{_signed('tagger', commit)}{_data(name)}"


def _signed(role: str, commit: int) -> str:
    return f"{role} A Benchmark <benchmark@example.com> {1_600_000_000 + 3600 * commit} +0000\n"


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def _module(path: str, commit: int) -> str:
    lines = "\n".join(f"LINE_{number} = {number * 7919 + len(path)}" for number in range(20))
    return f'"""Part of a large package: {path}."""\n\nCHANGED = {commit}\n{lines}\n'
