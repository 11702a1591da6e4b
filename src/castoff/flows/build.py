"""`build`: sdist and wheel into an empty `dist/`, the same bytes for the same commit, and a manifest of digests."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from castoff.adapters import process
from castoff.adapters.archives import digest
from castoff.adapters.files import Contents, alone, clear_folder, replace_folders
from castoff.core.artifacts import DIST, MANIFEST, Digest, Manifest, artifact
from castoff.core.errors import CastoffError, Location, Problem
from castoff.core.sbom import FOLDER
from castoff.flows import sbom
from castoff.flows.checkout import Checkout, required_name
from castoff.flows.dist import digests, files_in, inspect_files

_HALF_AN_HOUR = 30 * process.MINUTE


def build(checkout: Checkout) -> None:
    """Build, and say what was built."""
    manifest = make(checkout)
    told = asdict(manifest)
    checkout.console.result("build", {key: told[key] for key in ("name", "version", "commit", "files", "sbom")})


def make(checkout: Checkout) -> Manifest:
    """Build, look at what was built, and only then replace what stands in `dist/`, and the SBOM beside it.

    Raises CastoffError when the build fails or makes something else than one sdist and wheels of this version;
    `dist/`, the SBOM and the manifest are then as they were.
    """
    with alone(checkout.root):
        return _make(checkout)


def _make(checkout: Checkout) -> Manifest:
    console, root = checkout.console, checkout.root
    checkout.git.require_head()
    made_here = (MANIFEST, f"{DIST}/", f"{FOLDER}/")  # by an earlier build, where git is not told to ignore it
    changed = any(not path.startswith(made_here) for path in checkout.git.standing().dirty)
    places = checkout.places()
    project = checkout.project()
    dist = root / DIST
    strange = [f"{DIST}/{name}" for name in files_in(dist) if artifact(name) is None]
    strange += [f"{FOLDER}/{name}" for name in sbom.strange(root)]
    if strange:
        what = "no build left it; move it away"
        raise CastoffError(*(Problem(what, Location(path), (f"rm {shlex.quote(path)}",)) for path in strange))
    clear_folder(dist)
    clear_folder(root / FOLDER)
    epoch = checkout.git.commit_time()
    console.say(f"building {project.name} {places.version}")
    with tempfile.TemporaryDirectory(prefix="castoff-build-") as folder:
        made = Path(folder) / DIST
        made.mkdir()
        wheels = "wheel" in project.config.build
        with sbom.aside(checkout):
            run_build(root, made, epoch, offline=checkout.environment.offline, wheels=wheels)
        files = files_in(made)
        problems = inspect_files(made, files, project, places.version, checkout.command("build"), wheels=wheels)
        if problems:
            raise CastoffError(*problems)
        manifest = Manifest(
            required_name(project),
            str(places.version),
            checkout.git.require_head(),
            epoch,
            digests(made, files),
        )
        beside = Path(folder) / FOLDER
        names = sbom.write(checkout, manifest, made, beside)
        manifest = replace(manifest, sbom=digest(beside / names[-1]))
        contents = [Contents(dist, made, files), Contents(root / FOLDER, beside, names)]
        with process.undisturbed():
            replace_folders(contents, root / MANIFEST, manifest.to_json().encode())
    _report(checkout, manifest, changed=changed)
    return manifest


def run_build(  # noqa: PLR0913 - each is a fact of its own
    root: Path,
    out: Path,
    epoch: int,
    *,
    offline: bool,
    wheels: bool = True,
    env: Mapping[str, str | None] | None = None,
) -> None:
    """Run the build front-end: the sdist from the folder, the wheel (where wheels are built here) from the sdist.

    The build requirements go into an environment of their own; offline they are those that are installed here.
    `env` is laid over the caller's environment.
    """
    isolated = ["--installer", "uv"] if process.find("uv") else []
    how = ["--no-isolation"] if offline else isolated
    kinds = [] if wheels else ["--sdist"]
    argv = [sys.executable, "-m", "build", *how, *kinds, "--outdir", str(out), str(root)]
    process.run(argv, cwd=root, env={**(env or {}), "SOURCE_DATE_EPOCH": str(epoch)}, timeout=_HALF_AN_HOUR)


def _report(checkout: Checkout, manifest: Manifest, *, changed: bool) -> None:
    console = checkout.console
    made = [(DIST, file) for file in manifest.files] + ([(FOLDER, manifest.sbom)] if manifest.sbom else [])
    console.rows([[f"{folder}/{file.file}", _size(file), f"sha256:{file.sha256}"] for folder, file in made])
    if changed:
        console.say("  note: the folder has uncommitted changes, and so has what was built", "dim")
    console.say(f"{len(manifest.files)} files built, with the SBOM of what built them; manifest in {MANIFEST}", "good")
    rows = "\n".join(f"| `{file.file}` | {_size(file)} | `{file.sha256}` |" for _, file in made)
    console.summary(f"### {manifest.name} {manifest.version}\n\n| file | size | SHA-256 |\n|---|---|---|\n{rows}\n")


def _size(file: Digest) -> str:
    return f"{file.size / 1024:.1f} KiB"
