"""The tag, built again in a clean clone, and what that says of the published files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from castoff.adapters import process
from castoff.adapters.archives import contents
from castoff.adapters.git import Git, remote_name
from castoff.adapters.git_answers import Tag
from castoff.core.artifacts import artifact
from castoff.core.errors import CastoffError, refuse
from castoff.core.proof import REBUILT, Found, Verdict, contradictory, missing, unknown
from castoff.core.published import Unknown
from castoff.core.rebuilt import Archive, compared
from castoff.flows.build import run_build
from castoff.flows.dist import files_in
from castoff.flows.fetching import Fetched
from castoff.flows.outside import Outside


def rebuild(outside: Outside, tag: Tag | Unknown | None, fetched: Sequence[Fetched], folder: Path) -> None:
    """Build the tag again in `folder`, and note what that says of each file."""
    for one in fetched:
        one.found[REBUILT] = _without(tag)
    files = [one.path for one in fetched if one.path]
    if not files or not isinstance(tag, Tag):
        return
    checkout = outside.checkout
    checkout.console.say(f"building {outside.tag} again in a clean clone", "dim")
    remote = remote_name(checkout.git.remotes(), checkout.project().config.remote)
    told = Rebuild(checkout.git, remote, tag.name, tag.commit, folder, checkout.environment.offline).compare(files)
    for one in fetched:
        one.found[REBUILT] = told.get(one.pair.name, one.found[REBUILT])


def _without(tag: Tag | Unknown | None) -> Found:
    """Return what is to be said where there is nothing to build, or nothing to compare it with."""
    if isinstance(tag, Unknown):
        return unknown(tag.reason)
    return missing("there is no tag to build") if tag is None else unknown("the file itself could not be had")


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Where the tag is cloned from, and where to."""

    git: Git
    """The caller's repository."""
    remote: str
    tag: str
    commit: str
    """What the tag must come to."""
    folder: Path
    offline: bool

    def compare(self, files: Sequence[Path]) -> dict[str, Found]:
        """Return what a rebuild says of each published file, by name; unknown when it cannot be built."""
        published: dict[str, Archive] = {}
        found: dict[str, Found] = {}
        for file in files:
            try:
                published[file.name] = _contents(file)
            except CastoffError as error:
                found[file.name] = contradictory(str(error))
        try:
            return found | self._compared(published)
        except CastoffError as error:
            return found | dict.fromkeys(published, unknown(f"it cannot be built again: {_first(error)}"))

    def _compared(self, published: Mapping[str, Archive]) -> dict[str, Found]:
        """Build once where that is enough; else by the backend's published version, and once more to compare with."""
        source = self._clone()
        built = self._build(source, "first", None)
        found = _all_compared(published, built, {})
        if all(one.verdict is not Verdict.CONTRADICTORY for one in found.values()):
            return found
        backend = next((archive.generator for archive in published.values() if archive.generator), None)
        built = self._build(source, "second", backend)
        return _all_compared(published, built, self._build(source, "third", backend))

    def _clone(self) -> Path:
        """Clone the tag; objects that the caller has already are not fetched again."""
        url = self.git.out("remote", "get-url", self.remote)
        clone = self.folder / "clone"
        how = ("--quiet", "--no-local", "--reference-if-able", str(self._repository()), "--branch", self.tag)
        self.git.run(
            "-c", "advice.detachedHead=false", "clone", *how, "--", url, str(clone), timeout=10 * process.MINUTE
        )
        head = Git(clone).require_head()
        if head != self.commit:
            raise refuse(f"{self.tag} came to {self.commit[:10]}, and now comes to {head[:10]}")
        return clone / self.git.out("rev-parse", "--show-prefix")

    def _repository(self) -> Path:
        return (self.git.root / self.git.out("rev-parse", "--git-common-dir")).resolve()

    def _build(self, source: Path, name: str, backend: str | None) -> dict[str, Archive]:
        """Build in the clone, with this version of the backend where one is asked for; secrets stay outside."""
        out = self.folder / name
        out.mkdir()
        limits = self.folder / "constraints.txt"
        limits.write_text(f"{backend or ''}\n", encoding="utf-8")
        env: dict[str, str | None] = {**process.secrets(), "PYTHONPATH": None}
        if backend:
            env |= {"PIP_CONSTRAINT": str(limits), "UV_CONSTRAINT": str(limits)}
        run_build(source, out, Git(source).commit_time(), offline=self.offline, env=env)
        return {file: _contents(out / file) for file in files_in(out) if artifact(file)}


def _contents(path: Path) -> Archive:
    known = artifact(path.name)
    if known is None:
        raise refuse(f"{path.name} is neither a wheel nor an sdist")
    return contents(path, known)


def _all_compared(
    published: Mapping[str, Archive], built: Mapping[str, Archive], again: Mapping[str, Archive]
) -> dict[str, Found]:
    return {
        name: compared(known, archive, built.get(name), again.get(name))
        for name, archive in published.items()
        if (known := artifact(name))
    }


def _first(error: CastoffError) -> str:
    """Return an error's own words, without the output that is shown below them."""
    lines = [line.strip() for line in error.problems[0].what.splitlines() if line.strip()]
    return lines[0] if len(lines) < 2 else f"{lines[0]} {lines[-1]}"  # noqa: PLR2004 - what failed, and its last words
