"""Loggers of the package: silent in programs that set up no logging."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging


def logger(name: str) -> logging.Logger:
    """The logger ``remotemedia.<name>``."""
    import logging

    package = logging.getLogger("remotemedia")
    if not package.handlers:
        package.addHandler(logging.NullHandler())
    return package.getChild(name)
