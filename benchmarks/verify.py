"""How long `castoff verify` takes for a big release beside what it cannot do without, and how much memory it needs.

    python benchmarks/verify.py [--wheels 60] [--megabytes 5] [--runs 3] [--quick]

A release is made on local services: wheels of so many megabytes, signed and attested by the real clients, on a local
index and a local GitHub. Then three programs take turns, each in a process of its own:

    castoff verify --skip-rebuild --skip-install
    a plain download, by requests, of everything that verify downloads (from the index and from the release)
    sigstore's own library, verifying each file on the disk against its bundle and its attestation

That is what verify cannot do without. It runs once before it is measured, as every program does that is installed.

Run it with a Python that has castoff with its extras `verify` and `rehearse`, and pytest's requirements beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.released import BUNDLE, RUN, TAG, TOKEN, Signers, World, home, provenance_of  # noqa: E402 - found through the line above
from tests.repository import CASTOFF, Repository  # noqa: E402

AIM = 1.3
METADATA = "Metadata-Version: 2.1\nName: sample\nVersion: 0.1.0\n"

DOWNLOAD = """
import sys, requests
from pathlib import Path
index, api, token, folder = sys.argv[1:5]
session, into = requests.Session(), Path(folder)
page = session.get(f"{index}sample/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json()
header = {"Authorization": f"Bearer {token}"}
assets = [a for r in session.get(f"{api}/repos/octo/sample/releases", headers=header).json() for a in r["assets"]]
asked = [(file[what], {}) for file in page["files"] for what in ("url", "provenance")]
asked += [(asset["url"], {**header, "Accept": "application/octet-stream"}) for asset in assets]
for number, (url, headers) in enumerate(asked):
    with session.get(url, headers=headers, stream=True) as answer, (into / str(number)).open("wb") as file:
        answer.raise_for_status()
        for block in answer.iter_content(1 << 16):
            file.write(block)
"""
VERIFY = """
import sys
from pathlib import Path
from sigstore._utils import sha256_digest
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.verify import Verifier, policy
from pypi_attestations import Provenance
config, identity, folder = sys.argv[1:4]
verifier = Verifier(trusted_root=ClientTrustConfig.from_json(Path(config).read_text()).trusted_root)
who = policy.Identity(identity=identity, issuer="https://token.actions.githubusercontent.com")
for bundle in sorted(Path(folder).glob("*.sigstore.json")):
    named = bundle.with_name(bundle.name.removesuffix(".sigstore.json"))
    with named.open("rb", buffering=0) as file:
        verifier.verify_artifact(sha256_digest(file), Bundle.from_json(bundle.read_bytes()), who)
    provenance = named.with_name(named.name + ".provenance").read_bytes()
    (attested,) = Provenance.model_validate_json(provenance).attestation_bundles
    for attestation in attested.attestations:
        verifier.verify_dsse(attestation.to_bundle(), who)
"""

RUNNER = """
import os, sys, time
argv, began = sys.argv[1:], time.perf_counter()
child = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, used = os.wait4(child, 0)
print(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(status != 0)
"""
"""Starts a program and says what it took. It is small: Linux counts the memory of who starts a program as its own."""


class Used(NamedTuple):
    """What a program took: seconds by the clock and of the processor; its biggest process's memory, in megabytes."""

    seconds: float
    processor: float
    memory: float


def make_files(folder: Path, wheels: int, megabytes: int) -> list[Path]:
    """Write the wheels, each for a platform of its own that this is not, and a small sdist."""
    folder.mkdir()
    files: list[Path] = []
    for number in range(wheels):
        path = folder / f"sample-0.1.0-cp311-cp311-macosx_{number + 11}_0_arm64.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr("sample/data.bin", os.urandom(megabytes * 1_000_000))
            wheel.writestr("sample-0.1.0.dist-info/METADATA", METADATA)
        files.append(path)
    sdist = folder / "sample-0.1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        member = tarfile.TarInfo("sample-0.1.0/PKG-INFO")
        member.size = len(METADATA)
        archive.addfile(member, BytesIO(METADATA.encode()))
    return [*files, sdist]


def make_world(folder: Path, wheels: int, megabytes: int) -> tuple[World, Path]:
    """Return the release, and a folder with its files and their bundles."""
    os.environ |= home(folder, folder / "caches")
    repo = Repository.create(folder)
    repo.git("tag", "--annotate", "--message", "sample 0.1.0", TAG)
    repo.git("push", "--quiet", "origin", TAG)
    files = make_files(folder / "dist", wheels, megabytes)
    signers = Signers(folder / "sigstore")
    try:
        run = replace(RUN, sha=repo.git("rev-parse", "HEAD"))
        world = World.make(folder / "world", repo, files, signers, run)
    finally:
        signers.close()
    for name, made in world.signed.items():
        (folder / "dist" / f"{name}{BUNDLE}").write_bytes(made.bundle)
        (folder / "dist" / f"{name}.provenance").write_text(json.dumps(provenance_of(made.attestation)))
    return world, folder / "dist"


def timed(argv: list[str], cwd: Path, env: dict[str, str]) -> Used:
    """Run a program; return what it took."""
    said = cwd.parent / "said"
    with said.open("wb") as file:
        runner = [sys.executable, "-IS", "-c", RUNNER, *argv]
        ran = subprocess.run(runner, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=file, check=False)
    if ran.returncode:
        raise SystemExit(f"it failed: {argv[:4]}\n{said.read_text()}")
    return Used(*map(float, ran.stdout.split()))


def measure(wheels: int, megabytes: int, runs: int) -> None:
    """Let the three take turns, and print the table."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        world, dist = make_world(folder, wheels, megabytes)
        index, forge = stack.enter_context(world.serving())
        env = {**os.environ, **world.variables, "NO_PROXY": "127.0.0.1"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        python = sys.executable
        programs = {
            "castoff verify": [str(CASTOFF), "verify", "--version", "0.1.0", "--skip-rebuild", "--skip-install"],
            "plain download": [python, "-c", DOWNLOAD, index.simple_url, forge.url, TOKEN, str(folder / "into")],
            "sigstore's library": [python, "-c", VERIFY, str(world.trust_config), RUN.identity, str(dist)],
        }
        figures: dict[str, list[Used]] = {what: [] for what in programs}
        (folder / "into").mkdir()
        timed(programs["castoff verify"], world.repo.root, env)
        for _ in range(runs):
            for what, argv in programs.items():
                figures[what].append(timed(argv, world.repo.root, env))
    show(figures, f"{wheels} wheels of {megabytes} MB, {runs} run(s)")


def show(figures: dict[str, list[Used]], title: str) -> None:
    """Print the figures as a Markdown table, and the ratio that is aimed at."""
    median = {what: statistics.median(used.seconds for used in told) for what, told in figures.items()}
    print(f"\n{title}\n\n| | seconds, each run | median | processor, median | most memory, MB |\n|---|---|---|---|---|")
    for what, told in figures.items():
        each = ", ".join(f"{used.seconds:.2f}" for used in told)
        processor = statistics.median(used.processor for used in told)
        print(f"| {what} | {each} | {median[what]:.2f} | {processor:.2f} | {max(used.memory for used in told):.0f} |")
    slower = max(median["plain download"], median["sigstore's library"])
    print(f"\ncastoff verify / the slower of the other two: {median['castoff verify'] / slower:.2f} (aim: {AIM})")


def main() -> None:
    """Read the call."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--wheels", type=int, default=60)
    parser.add_argument("--megabytes", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="6 wheels of 1 MB, once: does it work?")
    told = parser.parse_args()
    if told.quick:
        measure(6, 1, 1)
    else:
        measure(told.wheels, told.megabytes, told.runs)


if __name__ == "__main__":
    main()
