"""Reading: from the verified documents of a package to nodes that run here, and to a pipeline of them."""

from __future__ import annotations

import json
import re
import sys
from typing import TypeVar

from ..core import manifest
from ..core.exceptions import PackageError
from ..core.node import Node
from ..core.params import class_named
from .distributions import complaint
from .document import REFERENCES
from .loader import Modules, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..core.pipeline import Pipeline

P = TypeVar("P", bound="Pipeline")


def read_pipeline(kind: type[P], content: str, modules: Mapping[str, str], data: Mapping[str, bytes]) -> P:
    """The pipeline of packages that may run. ``modules`` are their Python modules as JSON, ``data`` their large
    parameters, both by the package's digest and the path."""
    parsed = json.loads(content)
    packaged = PackagedNodes(modules, data)
    pipeline = kind(parsed["metadata"]["name"])
    manifest.read(pipeline, parsed, packaged.node)
    return pipeline


def _names(path: str) -> tuple[str, str]:
    """What a module of a package is called: in ``sys.modules``, and in tracebacks."""
    digest, _, name = path.partition("/modules/")
    stem = name.removesuffix(".pynode")
    # No two files of a package may give one name, and a dot would make it that of a module below another.
    plain = re.sub(r"[^A-Za-z0-9_-]", lambda found: f"%{ord(found[0]):x};", stem)
    return f"{digest[:16]}_{plain}", f"{stem}-{digest[:12]}.rmpkg"


class PackagedNodes:
    """Makes the nodes of packages."""

    def __init__(self, modules: Mapping[str, str], data: Mapping[str, bytes]) -> None:
        """Checks that what the packages need is here, and executes none of their code. ``modules`` are their Python
        modules as JSON, ``data`` their large parameters, both by the package's digest and the path."""
        documents = {path: json.loads(text) for path, text in modules.items()}
        for document in documents.values():
            _check(document)
        self._modules = {path: opened(*_names(path), document["sources"]) for path, document in documents.items()}
        self._data = data

    def node(self, entry: dict[str, Any]) -> Node:
        """The node that an entry of the manifest describes."""
        python = entry.get("python")
        if python is None:
            return manifest.native_or_inner(entry, self.node, _as_it_stands)
        path = python["module"]["$file"]
        if path not in self._modules:
            raise PackageError(f"node {entry['id']!r}: no package that was opened has the module {path}")
        modules = self._modules[path]
        kind = class_named(modules.private(python["class"]))
        if not issubclass(kind, Node):
            raise PackageError(f"node {entry['id']!r}: the class {python['class']} is no node")
        own = {key: value for key, value in python.items() if key != "module"}
        restored = self._restored({**entry, "python": own}, modules)
        return manifest.python_node(kind, restored)

    def _restored(self, value: Any, modules: Modules) -> Any:
        """The entry with the names and bytes of this process in the place of the package's."""
        if isinstance(value, list):
            return [self._restored(item, modules) for item in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"$file"}:
            if value["$file"] not in self._data:
                raise PackageError(f"a parameter is the file {value['$file']}, which holds no data")
            return self._data[value["$file"]]
        if "$pickle" in value:
            raise PackageError("a parameter is a pickle, which runs code when it is read; packages carry none")
        found = {key: self._restored(item, modules) for key, item in value.items()}
        key = next((key for key in REFERENCES if key in found), None)
        if key == "$enum":
            found[key] = [modules.private(found[key][0]), *found[key][1:]]
        elif key is not None:
            found[key] = modules.private(found[key])
        return found


def _as_it_stands(params: Any) -> Any:
    """The parameters of a native node, which are plain values: a class that they name is not imported, since whoever
    signed the package may not be one whose Python code runs here."""
    return params


def _check(document: dict[str, Any]) -> None:
    """Refuses a module that this Python, or what is installed here, cannot run."""
    match = re.fullmatch(r">=3\.(\d+),<4", document["python"])
    if match is None or sys.version_info < (3, int(match[1])):
        here = ".".join(map(str, sys.version_info[:3]))
        raise PackageError(f"the Python nodes need Python {document['python']}, this is {here}; use a later Python")
    fault = complaint(document["requires"])
    if fault is not None:
        raise PackageError(fault)


__all__ = ["PackagedNodes", "read_pipeline"]
