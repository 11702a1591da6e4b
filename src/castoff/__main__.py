"""`python -m castoff`."""

from castoff.cli import main

main()
