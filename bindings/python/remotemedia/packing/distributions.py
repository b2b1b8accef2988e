"""Distributions: what modules were installed by, and whether what a package needs is installed here."""

from __future__ import annotations

import importlib.metadata
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


#: Which distributions brought each module, once that was asked for: it takes a while to find out.
_roots: Mapping[str, list[str]] | None = None


def providing(module: str) -> dict[str, str]:
    """The distributions that brought an installed module, with their versions."""
    found = _by_root().get(module.partition(".")[0], [])
    if len(set(found)) > 1:
        found = [name for name in found if _holds(name, module)] or found
    return {_normal(name): importlib.metadata.version(name) for name in found}


def missing(requires: Mapping[str, str]) -> list[tuple[str, str, str | None]]:
    """What is not here as it should be: each distribution, the version that is needed, and the one that is installed."""
    found = ((name, version, _installed(name)) for name, version in sorted(requires.items()))
    return [(name, needed, here) for name, needed, here in found if here is None or not _fits(here, needed)]


def complaint(requires: Mapping[str, str]) -> str | None:
    """What to tell a user about all that is missing, with the command that installs it; ``None`` if nothing is."""
    faults = missing(requires)
    if not faults:
        return None
    told = [f"{name} {needed} ({f'{here} is installed' if here else 'not installed'})" for name, needed, here in faults]
    wanted = " ".join(f"'{name}>={needed},<{_next(needed)}'" for name, needed, _ in faults)
    return f"the Python nodes need {', '.join(told)}; pip install {wanted}"


def _by_root() -> Mapping[str, list[str]]:
    global _roots
    if _roots is None:
        _roots = importlib.metadata.packages_distributions()
    return _roots


def _holds(distribution: str, module: str) -> bool:
    path = module.replace(".", "/")
    files = importlib.metadata.files(distribution) or []
    return any(str(file) == f"{path}.py" or str(file).startswith(f"{path}/") for file in files)


def _installed(name: str) -> str | None:
    if name == "remotemedia":
        return str(sys.modules["remotemedia"].__version__)
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _fits(here: str, needed: str) -> bool:
    """Whether a version can stand in for another: the same or later within what promises to be compatible."""
    found, wanted = _release(here), _release(needed)
    length = max(len(found), len(wanted))
    found, wanted = [(*version, *[0] * (length - len(version))) for version in (found, wanted)]
    return found >= wanted and _promise(found) == _promise(wanted)


def _promise(release: tuple[int, ...]) -> tuple[int, ...]:
    """The part of a version that only changes with what is no longer compatible: the first number that is not 0."""
    return release[:1] if release[0] else release[:2]


def _next(version: str) -> str:
    """The first version that may no longer be compatible."""
    promise = _promise((*_release(version), 0))
    return ".".join(str(number) for number in (*promise[:-1], promise[-1] + 1))


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version, without what marks previews and builds."""
    match = re.match(r"v?(?:\d+!)?(\d+(?:\.\d+)*)", version)
    return tuple(int(number) for number in match[1].split(".")) if match else (0,)


def _normal(name: str) -> str:
    """The name as indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


__all__ = ["complaint", "missing", "providing"]
