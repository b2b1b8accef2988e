"""The command ``remotemedia``, also as ``python -m remotemedia``."""

from __future__ import annotations

import signal
import sys

#: The exit code of a program that Ctrl-C ended.
_INTERRUPTED = 130


def main() -> int:
    """Does what the command line says and gives the exit code."""
    try:
        from ._native import cli_main
        from .core.command import ctrl_c

        # Python would raise only after what the command does, and a transfer may take long.
        with ctrl_c(signal.default_int_handler, signal.SIG_DFL):
            return cli_main(["remotemedia", *sys.argv[1:]])
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
