"""Run by the Python of a fresh environment: import what was installed there, and compare its version.

Stands alone: it is run as a file, where castoff is not installed. Arguments: the distribution's name, the version,
and the modules to import. Prints one line for what is wrong and exits with 1, or exits with 0.
"""

import importlib
import sys
from importlib.metadata import version


def main(name: str, wanted: str, *modules: str) -> str:
    """Return what is wrong, or an empty string. Versions are compared as written in METADATA."""
    installed = version(name)
    if installed != wanted:
        return f"the installed distribution says version {installed}, not {wanted}"
    for module in modules:
        try:
            importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001 - a module may raise anything, SystemExit too
            return f"import {module} failed: {type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    wrong = main(*sys.argv[1:])
    print(wrong)  # noqa: T201
    sys.exit(1 if wrong else 0)
