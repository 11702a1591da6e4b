"""Changes files that somebody else may have written, and reads them (CONTRIBUTING: Fuzzing).

atheris changes the seeds, which are honest files, and goes on from whatever has reached lines that nothing before had.
Anything may come of a text but an exception that is not castoff's own, or ten seconds without an end.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
LIMITS = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=8192", "-len_control=0")
"""Seconds for one text, memory in MB, and bytes of a text; all lengths from the beginning."""

HATCHLING = b'[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
PROJECT = {
    "pyproject.toml": HATCHLING + b'[project]\nname = "sample"\nversion = "0.1.0"\n',
    "src/sample/__init__.py": b'__version__ = "0.1.0"\n',
    "CITATION.cff": b"cff-version: 1.2.0\ntitle: sample\nversion: 0.1.0\n",
    "uv.lock": b'version = 1\n\n[[package]]\nname = "sample"\nversion = "0.1.0"\nsource = { editable = "." }\n',
    "tox.ini": b"[testenv]\ndeps = pytest\ncommands = pytest {posargs}\n",
    "requirements-dev.txt": b"pytest>=8\nruff==0.14 ; python_version > '3.9'\n",
    ".pre-commit-config.yaml": b"repos:\n- repo: https://github.com/psf/black\n  rev: 1\n  hooks:\n  - id: black\n",
}
SETUPTOOLS = {
    "pyproject.toml": b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    "setup.cfg": b"[metadata]\nname = sample\nversion = attr: sample.__version__\n[options]\npackages = find:\n",
    "setup.py": b'from setuptools import setup\n\nV = "0.1.0"\nsetup(name="sample", version=V, packages=["sample"])\n',
    "sample/__init__.py": b"from .about import VERSION as __version__\n",
    "sample/about.py": b'VERSION: str = "0.1.0"\n',
}
FORM = b"""edge
--edge\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r
--edge\r\nContent-Disposition: form-data; name="content"; filename="a.whl"\r\n\r\nbytes\r\n--edge--\r
"""


Readers = Sequence[Callable[[bytes], object]]


class Target(NamedTuple):
    """What reads a text, each for itself, and honest texts to begin with."""

    readers: Readers
    seeds: Sequence[bytes]


def targets(folder: Path) -> dict[str, Target]:
    """Return what there is to be read, by its name; `folder` is there to be written to."""
    return {
        **{f"hatchling/{file}": _in_project(PROJECT, file) for file in PROJECT},
        **{f"setuptools/{file}": _in_project(SETUPTOOLS, file) for file in SETUPTOOLS},
        "release.yml": _workflow(),
        "Makefile": _makefile(),
        "dependabot.yml": _dependabot(),
        "data": _data(),
        "form": _form(folder),
        "patterns": _patterns(),
        "version": _version(),
    }


def _in_project(files: Mapping[str, bytes], file: str) -> Target:
    from castoff.core.found_checks import find_checks
    from castoff.core.other_tools import other_tools
    from castoff.core.project import Project, read_project
    from castoff.core.pythons import choose
    from tests.memory import Memory, bumped, find

    def project(data: bytes) -> Project:
        return read_project(Memory({**files, file: data}))

    def bump(data: bytes) -> None:
        tree = Memory({**files, file: data})
        before, after = find(tree), find(bumped(tree, "7.8.9"))
        assert [place.value for place in after.places] == ["7.8.9"] * len(before.places)

    readers: Readers = (
        bump,
        lambda data: find_checks(project(data)),
        lambda data: list(other_tools(project(data))),
        lambda data: choose(project(data)),
    )
    return Target(readers, [files[file]])


def _workflow() -> Target:
    from castoff.core.publishing import publishing
    from castoff.core.texts import decode
    from castoff.core.uploads import publishing_jobs
    from castoff.core.workflow_rules import look
    from tests.core.looking import subject
    from tests.memory import Memory
    from tests.workflow_faults import FAULTS

    def tree(data: bytes) -> Memory:
        return Memory({**PROJECT, ".github/workflows/release.yml": data})

    readers: Readers = (
        lambda data: look(subject(decode("release.yml", data).text)),
        lambda data: publishing(tree(data)),
        lambda data: publishing_jobs(tree(data)),
    )
    return Target(readers, [fault.text.encode() for fault in FAULTS.values()])


def _makefile() -> Target:
    from castoff.core import make_text, names
    from castoff.core.texts import decode
    from tests.memory import Memory

    readers: Readers = (
        lambda data: names.targets(Memory({"Makefile": data, "castoff.mk": data})),
        lambda data: names.tasks(Memory({"tasks.py": data}), frozenset({"build"})),
        lambda data: make_text.targets(decode("Makefile", data)),
        lambda data: make_text.foreign_recipes(decode("Makefile", data)),
    )
    tasks = b"from invoke import task\n\n\n@task(name='b')\ndef build(c):\n    c.run('x')\n"
    return Target(readers, [b"-include castoff.mk\n\nall: lint ## both\n\t@echo $@\n", _bytes("Makefile"), tasks])


def _dependabot() -> Target:
    from castoff.core.dependabot_text import with_actions
    from castoff.core.texts import decode

    ours = _bytes("src/castoff/templates/dependabot.yml")

    def read(data: bytes) -> None:
        with_actions(decode("dependabot.yml", data), ours.decode())

    return Target([read], [ours, ours[: len(ours) // 2]])


def _data() -> Target:
    from packaging.version import Version

    from castoff.core import artifacts, locking, sbom, statement

    readers: Readers = (
        lambda data: artifacts.read_manifest(_text(data)),
        lambda data: sbom.compared(_text(data), "sample", Version("0.1.0"), {"a.whl": None}),
        lambda data: sbom.pins(_text(data)),
        lambda data: statement.statement_problem(data, "a.whl", "a" * 64, ["it"]),
        lambda data: locking.lock_problems("lock", _text(data), frozenset(locking.required_names(_text(data)))),
    )
    file = b'{"file": "a.whl", "size": 1, "sha256": "%s"}' % (b"a" * 64)
    subject = b'{"_type": "it", "subject": [{"name": "a.whl", "digest": {"sha256": "%s"}}]}' % (b"a" * 64)
    components = b'{"bomFormat": "CycloneDX", "metadata": {"component": {"name": "sample", "components": []}}}'
    return Target(readers, [b'{"files": [%s]}' % file, subject, components, _bytes("requirements.txt")[:4000]])


def _form(folder: Path) -> Target:
    from castoff.services.multipart import read_form

    def read(data: bytes) -> None:
        boundary, _, body = data.partition(b"\n")
        kind = f"multipart/form-data; boundary={boundary.decode('latin-1')}"
        read_form(BytesIO(body), kind, folder / "file", file_field="content")

    return Target([read], [FORM])


def _patterns() -> Target:
    from castoff.core import globs, ref_patterns

    def halves(data: bytes) -> tuple[str, str]:
        pattern, _, name = _text(data[:200]).partition("\n")
        return pattern, name

    readers: Readers = (
        lambda data: ref_patterns.matches(*halves(data)),
        lambda data: globs.name_matches(*halves(data)),
        lambda data: [globs.path_matches(one, halves(data)[1]) for one in globs.split_patterns(halves(data)[0])],
        lambda data: globs.expand_braces(halves(data)[0]),
    )
    return Target(readers, [b"dist/{a,b}*.whl\ndist/a-1.whl", b"v[0-9]?*-r[!a-c]\nv1.0-rc", b"**/*\na/b/c"])


def _version() -> Target:
    from castoff.core.artifacts import artifact
    from castoff.core.versions import misspelt, parse_new, tag_name, version_of_tag

    def tag(data: bytes) -> None:
        version = parse_new(_text(data))
        assert version_of_tag(tag_name(version)) == version

    readers: Readers = (tag, lambda data: misspelt(_text(data)), lambda data: artifact(_text(data)))
    return Target(readers, [b"1.2.3", b"v1.2.3-rc1", b"1!2.post1+local", b"a-1.0-py3-none-any.whl", b"a-1.tar.gz"])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _bytes(file: str) -> bytes:
    return (ROOT / file).read_bytes()


def main(names: Sequence[str], options: Sequence[str]) -> None:
    """Change and read the texts of one target, until libFuzzer's options say that it is enough."""
    atheris = importlib.import_module("atheris")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with atheris.instrument_imports(include=["castoff.core", "castoff.services"]):
            known = targets(folder)
            from castoff.core.errors import CastoffError
            from castoff.services.multipart import FormError
        if len(names) != 1 or names[0] not in known:
            raise SystemExit(f"name one of: {', '.join(known)}")
        target, seeds = known[names[0]], folder / "seeds"
        seeds.mkdir()
        for number, seed in enumerate(target.seeds):
            (seeds / str(number)).write_bytes(seed)

        def read(data: bytes) -> None:
            for reader in target.readers:
                with suppress(CastoffError, FormError):
                    reader(data)

        atheris.Setup([sys.argv[0], *LIMITS, *options, str(seeds)], read)
        atheris.Fuzz()


if __name__ == "__main__":
    given = sys.argv[1:]
    main([one for one in given if not one.startswith("-")], [one for one in given if one.startswith("-")])
