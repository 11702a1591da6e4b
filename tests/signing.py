"""Keys for tests in which git signs; on a machine without the programs that make them these tests are skipped."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


needs_ssh, needs_gpg = _needs("ssh-keygen"), _needs("gpg")


def ssh_key(folder: Path) -> Path:
    """Make a key without a passphrase; return its secret half's path: the public one lies beside it."""
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    return key
