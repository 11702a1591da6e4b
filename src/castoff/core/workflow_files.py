"""The files of a release by example, and whether the patterns of a workflow have them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from packaging.utils import canonicalize_name

from castoff.core.globs import path_matches
from castoff.core.pipeline import DIST, Artifact

_VERSIONS = ("1.2.3", "10.20.30rc1")
_PURE = ("py3-none-any",)
_PLATFORMS = ("cp312-cp312-manylinux_2_28_x86_64", "cp313-cp313-win_amd64")
_BUNDLE = ".sigstore.json"


class Files(NamedTuple):
    """What the files of a project are called: "Binary distribution format" for wheels, PEP 625 for sdists."""

    project: str
    """The distribution's name as written."""
    platforms: bool
    """Whether there are wheels for platforms."""

    def like(self, kind: str) -> list[str]:
        """Return examples of the files that a pattern of ours, `FOLDER/*.ENDING`, is there for."""
        folder, _, ending = kind.rpartition("/")
        made = self._sboms if "sbom" in folder else [*self._wheels, *self._sdists]
        bundles = [f"{file}{_BUNDLE}" for file in made]
        return [f"{folder}/{file}" for file in (*made, *bundles) if fnmatchcase(file, ending)]

    def all_match(self, kind: str, patterns: Collection[str]) -> bool:
        """Return whether the patterns have every file that one of ours is there for."""
        return all(any(self._has(pattern, file) for pattern in patterns) for file in self.like(kind))

    def fits(self, kind: str, path: str) -> bool:
        """Return whether an upload's path has files of a kind, or of dist/, and no others of their folder."""
        folder = kind.rpartition("/")[0]
        made = [file for file in self.like(f"{folder}/*") if not file.endswith(_BUNDLE)]
        wanted = made if kind == DIST.path else self.like(kind)
        others = {*made} - {*wanted}
        return path.startswith(f"{folder}/") and self._has_any(path, wanted) and not self._has_any(path, others)

    def are_all_of(self, artifact: Artifact, paths: Collection[str]) -> bool:
        """Return whether what is uploaded from `paths` is all that an artifact has, and nothing else."""
        if {*paths} == {artifact.path.rstrip("/")}:
            return True
        kinds = (f"{DIST.path}*.whl", f"{DIST.path}*.tar.gz") if artifact is DIST else (artifact.path,)
        fitting = all(self.fits(artifact.path, path) for path in paths)
        return bool(paths) and fitting and all(self.all_match(kind, paths) for kind in kinds)

    def of_sbom(self, artifact: Artifact, paths: Collection[str]) -> frozenset[str]:
        """Return those of an upload's paths that have what goes along of the SBOM."""
        kind = artifact.sbom
        return frozenset(path for path in paths if kind and self.fits(kind, path) and self.all_match(kind, [path]))

    def _has_any(self, pattern: str, files: Iterable[str]) -> bool:
        return any(self._has(pattern, file) for file in files)

    def _has(self, pattern: str, file: str) -> bool:
        """Return whether a pattern has a file, under one of the names that backends may give it."""
        names = (self._name, *self._older)
        return any(path_matches(pattern, file.replace(f"/{self._name}-", f"/{name}-", 1)) for name in names)

    @property
    def _older(self) -> tuple[str, str]:
        """The name as setuptools wrote it until 75.8: in its own case, with its dots and, in sdists, its hyphens."""
        return re.sub(r"[^\w.]+", "_", self.project), self.project

    @property
    def _name(self) -> str:
        return canonicalize_name(self.project).replace("-", "_")

    @property
    def _wheels(self) -> list[str]:
        tags = _PLATFORMS if self.platforms else _PURE
        return [f"{self._name}-{version}-{tag}.whl" for version in _VERSIONS for tag in tags]

    @property
    def _sdists(self) -> list[str]:
        return [f"{self._name}-{version}.tar.gz" for version in _VERSIONS]

    @property
    def _sboms(self) -> list[str]:
        return [f"{self._name}-{version}.cdx.json" for version in _VERSIONS]
