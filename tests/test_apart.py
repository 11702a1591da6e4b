"""Signatures verified by another process: what becomes of it when that process, or this one, does not go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from castoff.adapters.apart import SignaturesApart
from castoff.adapters.signatures import Signatures, Signer
from castoff.core.errors import UsageError
from castoff.core.proof import Verdict, unknown
from tests.released import Signers
from tests.test_adverse import until

SIGNER = Signer("https://github.com/o/r/.github/workflows/release.yml@refs/tags/v1.0.0", "o/r", "release.yml", ())
STARTS = """
import sys, time
from pathlib import Path
from castoff.adapters.apart import SignaturesApart
made = SignaturesApart(Path(sys.argv[1]))
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def trust_config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    signers = Signers(tmp_path_factory.mktemp("sigstore"))
    yield signers.trust_config
    signers.close()


@pytest.fixture
def apart(trust_config: Path) -> Iterator[SignaturesApart]:
    with closing(SignaturesApart(trust_config)) as made:
        yield made


def others(of: int) -> list[int]:
    """Return the processes that this one has started to verify, and that still run."""
    running: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            verifies = b"castoff.adapters.apart" in (entry / "cmdline").read_bytes().split(b"\0")
            running += [int(entry.name)] if verifies and int(parent) == of and state != "Z" else []
    return running


def the_other(signal_number: signal.Signals) -> None:
    """Send a signal to the only one, as soon as it shows: for a moment, a new program has no arguments yet."""
    until(lambda: bool(others(os.getpid())))
    (child,) = others(os.getpid())
    os.kill(child, signal_number)


def test_it_answers_as_the_library_does(apart: SignaturesApart, trust_config: Path) -> None:
    here = Signatures.load(trust_config)
    assert isinstance(here, Signatures)
    assert apart.bundle(SIGNER, "a" * 64, b"{}") == here.bundle(SIGNER, "a" * 64, b"{}")
    assert apart.provenance(SIGNER, "a.whl", "a" * 64, b"{}") == here.provenance(SIGNER, "a.whl", "a" * 64, b"{}")


def test_a_verification_without_an_end_is_ended_and_unknown(trust_config: Path) -> None:
    late = unknown("the verification did not end within 2 s")
    with closing(SignaturesApart(trust_config, longest=2)) as apart:
        assert apart.bundle(SIGNER, "a" * 64, b"{}").verdict is Verdict.CONTRADICTORY
        the_other(signal.SIGSTOP)
        assert apart.bundle(SIGNER, "a" * 64, b"{}") == late
        until(lambda: not others(os.getpid()))
        assert apart.bundle(SIGNER, "a" * 64, b"{}") == late, "nobody is asked any more"


@pytest.mark.parametrize("started", [True, False])
def test_a_verification_that_kills_its_process_is_unknown(apart: SignaturesApart, *, started: bool) -> None:
    if started:
        apart.bundle(SIGNER, "a" * 64, b"{}")
    the_other(signal.SIGKILL)
    assert apart.bundle(SIGNER, "a" * 64, b"{}") == unknown("the verification broke off")
    assert apart.provenance(SIGNER, "a.whl", "a" * 64, b"{}") == (unknown("the verification broke off"), "")


def test_a_trust_configuration_that_is_none_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with closing(SignaturesApart(tmp_path / "config.json")) as made, pytest.raises(UsageError, match="cannot be read"):
        made.bundle(SIGNER, "a" * 64, b"{}")


@pytest.mark.parametrize("started", [True, False])
def test_ctrl_c_does_not_reach_it(apart: SignaturesApart, capfd: pytest.CaptureFixture[str], *, started: bool) -> None:
    """The terminal sends it to both processes: the one that was called says so, and ends the other."""
    if started:
        apart.bundle(SIGNER, "a" * 64, b"{}")
    the_other(signal.SIGINT)
    assert apart.bundle(SIGNER, "a" * 64, b"{}").verdict is Verdict.CONTRADICTORY
    assert capfd.readouterr().err == ""


def test_it_ends_when_the_one_that_started_it_is_killed(tmp_path: Path, trust_config: Path) -> None:
    (tmp_path / "starts.py").write_text(STARTS)
    argv = [sys.executable, tmp_path / "starts.py", trust_config]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        assert one.stdout
        assert one.stderr
        assert one.stdout.readline() == "started\n"
        until(lambda: bool(others(one.pid)))
        (other,) = others(one.pid)
        one.kill()
        until(lambda: not Path(f"/proc/{other}/exe").exists())
        assert one.stderr.read() == ""


def test_nothing_is_imported_from_the_folder_in_which_it_is_started(
    tmp_path: Path, trust_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is the user's project, or what somebody has put there."""
    (tmp_path / "sigstore.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    with closing(SignaturesApart(trust_config)) as apart:
        assert apart.bundle(SIGNER, "a" * 64, b"{}").verdict is Verdict.CONTRADICTORY
