"""Documents: the manifest, the Python module and the data of a pipeline as a package holds them."""

from __future__ import annotations

import json
import os
import sys

from ..core import blobs, manifest
from ..core.exceptions import ConfigurationError, SerializationError
from ..core.node import _BEHAVIOUR
from ..core.params import class_named
from ..core.wiring import safe
from .refusal import refusal
from .sources import PROGRAMS, Collection, Program, named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..core.node import Node
    from ..core.pipeline import Pipeline

#: The keys of parameters that name a class, a function, or a member of an enumeration.
REFERENCES = ("$dataclass", "$enum", "$function", "$class")


class Document:
    """What a package holds of a pipeline with Python nodes."""

    def __init__(self, pipeline: Pipeline, program: Program | None, description: str | None = None) -> None:
        self._program = program
        self._collection = Collection(program)
        self._classes: dict[str, str] = {}
        self._path = f"modules/{safe(pipeline.name)}.pynode"
        #: The bytes of large parameters, by path.
        self.data: dict[str, bytes] = {}
        _check_nodes(pipeline, self._collection)
        #: The manifest.
        self.manifest: dict[str, Any] = manifest.write(pipeline, True, description)
        self._pack(pipeline, self.manifest)
        self._collection.finish()

    def files(self) -> list[tuple[str, str, bytes]]:
        """The files beside the manifest: kind, path and bytes of each."""
        found = [("data", path, data) for path, data in sorted(self.data.items())]
        if self._classes:
            found.append(("python", self._path, json.dumps(self._module()).encode()))
        return found

    def _module(self) -> dict[str, Any]:
        nodes = [{"class": reference, "node_type": name} for reference, name in sorted(self._classes.items())]
        sources = self._collection.sources
        return {
            "format": 1,
            "nodes": nodes,
            "python": f">=3.{sys.version_info.minor},<4",
            "requires": self._collection.requires,
            "sources": {name: {"package": source.is_package, "text": source.text} for name, source in sources.items()},
        }

    def _pack(self, pipeline: Pipeline, content: dict[str, Any]) -> None:
        for node, entry in zip(manifest.all_nodes(pipeline), content["nodes"], strict=True):
            inner = getattr(node, "_pipeline", None)
            if inner is not None and "manifest" in entry["params"]:
                self._pack(inner, entry["params"]["manifest"])
            elif inner is not None and inner._files is not None and inner._files.pinned is not None:
                # A tag may move, and the signature is to cover what this node is.
                entry["params"]["package"] = inner._files.pinned
            elif "python" in entry:
                self._pack_node(node, entry)

    def _pack_node(self, node: Node, entry: dict[str, Any]) -> None:
        kind = type(node)
        reference = self._collection.add(kind, "the node class")
        self._classes[reference] = kind.__name__
        entry["node_type"] = kind.__name__
        python = entry["python"]
        python.update({"class": reference, "module": {"$file": self._path}})
        for holder, key in ((entry, "params"), (python, "state")):
            if key in holder:
                holder[key] = blobs.store(self._refer(holder[key], node), self._keep)
        for name in kind.file_parameters:
            # Paths are texts to packages, and to those who read the parameter.
            value = entry["params"].get(name)
            if isinstance(value, dict) and "$path" in value:
                entry["params"][name] = value["$path"]

    def _keep(self, data: bytes) -> dict[str, str]:
        path = f"data/{blobs.digest(data)}"
        self.data[path] = data
        return {"$file": path}

    def _refer(self, value: Any, node: Node) -> Any:
        """The parameter with the references of the package in the place of those of this process."""
        if isinstance(value, list):
            return [self._refer(item, node) for item in value]
        if not isinstance(value, dict):
            return value
        found = {key: self._refer(item, node) for key, item in value.items()}
        key = next((key for key in REFERENCES if key in found), None)
        if key is not None:
            old = found[key][0] if key == "$enum" else found[key]
            new = self._collection.add(self._named(old), f"{node.name} has a parameter that")
            found[key] = [new, found[key][1]] if key == "$enum" else new
        return found

    def _named(self, reference: str) -> Any:
        module, _, path = reference.partition(":")
        if module not in PROGRAMS:
            return class_named(reference, type_only=False)
        return named(self._program.names if self._program else vars(sys.modules[module]), path)


def _check_nodes(pipeline: Pipeline, collection: Collection) -> None:
    """Refuses nodes that cannot travel, naming the place where their class or their parameter is written."""
    for node in manifest.all_nodes(pipeline):
        inner = getattr(node, "_pipeline", None)
        if inner is not None:
            # What is a package already is packed.
            if getattr(node, "remote_ref", None) is None:
                _check_nodes(inner, collection)
        elif node._native_type() is None:
            _check_node(node, collection)


def _check_node(node: Node, collection: Collection) -> None:
    kind = type(node)
    collection.add(kind, "the node class")
    path, line = collection.place_of(kind)
    replaced = sorted(_BEHAVIOUR.intersection(node.__dict__))
    if replaced:
        what = f"the node {node.name} of class {kind.__name__} was given a {replaced[0]}() of its own after it was made"
        raise refusal(path, line, what, "define the method in a class")
    _check_functions(node._extract_params(), f"{node.name} of class {kind.__name__}: parameter", collection)
    try:
        node._manifest_params()
        node._python_entry()
    except (SerializationError, ConfigurationError) as error:
        what, _, remedy = str(error).partition(", which")
        raise refusal(
            path, line, f"class {kind.__name__}: {what}", f"which{remedy}" if remedy else "change it"
        ) from error


def _check_functions(value: Any, what: str, collection: Collection) -> None:
    from types import FunctionType

    if isinstance(value, FunctionType):
        collection.add(value, what)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_functions(item, f"{what} {key}", collection)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_functions(item, what, collection)


def program_of() -> Program | None:
    """The file that runs as the program, if there is one."""
    main = sys.modules.get("__remotemedia__") or sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    return Program(path, vars(main)) if path and os.path.isfile(path) else None


__all__ = ["REFERENCES", "Document", "program_of"]
