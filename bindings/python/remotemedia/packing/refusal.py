"""Refusals: why something cannot travel in a package, where it stands, and what to change."""

from __future__ import annotations

import os

from ..core.exceptions import PackageError


def refusal(path: str, line: int, what: str, remedy: str) -> PackageError:
    """The error for what stands in a line of a file."""
    return PackageError(f"{shown(path)}:{line}: {what}; {remedy}")


def shown(path: str) -> str:
    """The path as a user writes it: relative where it lies below the working directory."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return path if relative.startswith(os.pardir) else relative


__all__ = ["refusal", "shown"]
