"""`python -m castoff.standins NAME`: play one step of a job."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

from castoff.core.errors import CastoffError
from castoff.standins.step import Step, StepError, error, read_step

NAMES = (
    "checkout",
    "setup_python",
    "upload_artifact",
    "download_artifact",
    "sigstore_python",
    "pypi_publish",
    "gh_release",
)


def main(argv: Sequence[str]) -> int:
    """Play the action that `argv` names; return the exit code of the step."""
    if len(argv) != 1 or argv[0] not in NAMES:
        sys.stderr.write(f"usage: python -m castoff.standins {{{','.join(NAMES)}}}\n")
        return 2
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")  # all services are on this machine
    try:
        play = cast("Callable[[Step], None]", import_module(f"castoff.standins.{argv[0]}").play)
        play(read_step(os.environ))
    except StepError as failure:
        if str(failure):
            error(str(failure))
        return failure.code
    except (CastoffError, OSError) as failure:
        error(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
