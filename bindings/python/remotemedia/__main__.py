"""The command ``remotemedia``, also as ``python -m remotemedia``."""

from __future__ import annotations

import sys

from ._native import cli_main


def main() -> int:
    """Does what the command line says and gives the exit code."""
    return cli_main(["remotemedia", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
