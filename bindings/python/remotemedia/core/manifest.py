"""Manifests: a pipeline as JSON and back."""

from __future__ import annotations

import json
import os
from datetime import UTC

from .exceptions import GRAPH, MANIFEST, ConfigurationError, PipelineError
from .params import class_named, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .node import Node
    from .pipeline import Pipeline
    from .wiring import Options, Wiring

#: The fields of a manifest and of its metadata that have a meaning.
_KNOWN_FIELDS = {"version", "metadata", "nodes", "connections", "runtime_target"}
_KNOWN_METADATA = {"name", "description", "created_at"}
#: The fields of a node's entry that this module reads.
_KNOWN = {"id", "node_type", "params", "on_error", "timeout_ms", "python", "capabilities", "is_streaming"}


def write(pipeline: Pipeline, include_capabilities: bool, description: str | None) -> dict[str, Any]:
    """The manifest that other programs read: whole nodes, with their parameters."""
    from datetime import datetime

    wiring = pipeline._wiring
    ids = wiring.ids()
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    metadata: dict[str, Any] = {"name": pipeline.name, "created_at": now.replace("+00:00", "Z")}
    if description:
        metadata["description"] = description
    nodes = [
        {**node.to_manifest(include_capabilities), "id": ids[id(node)], **policies(wiring.options(node), ids)}
        for node in _with_stand_ins(wiring, ids)
    ]
    connections = [link.entry(ids) for link in wiring.links]
    return {"version": "v1", "metadata": metadata, "nodes": nodes, "connections": connections}


def policies(options: Options, ids: dict[int, str]) -> dict[str, Any]:
    """What a node's entry says about failures."""
    entry = dict(options.extra)
    if options.on_error is not None:
        entry["on_error"] = _on_error(options.on_error, ids)
    if options.timeout is not None:
        entry["timeout_ms"] = round(options.timeout * 1000)
    return entry


def _on_error(on_error: Any, ids: dict[int, str]) -> Any:
    from .node import Node

    if isinstance(on_error, Node):
        return {"fallback": ids[id(on_error)]}
    if isinstance(on_error, Retry):
        return {"retry": {"attempts": on_error.attempts, "backoff_ms": round(on_error.backoff * 1000)}}
    return on_error


def stand_ins(wiring: Wiring) -> list[Node]:
    """The nodes that are only there to stand in for others."""
    from .node import Node

    found = [wiring.options(node).on_error for node in wiring.nodes]
    return [node for node in found if isinstance(node, Node) and not wiring.has(node)]


def all_nodes(pipeline: Pipeline) -> list[Node]:
    """The nodes in the order of the manifest's entries: those of the graph, then those that stand in for others."""
    return pipeline._wiring.nodes + stand_ins(pipeline._wiring)


def _with_stand_ins(wiring: Wiring, ids: dict[int, str]) -> list[Node]:
    extra = stand_ins(wiring)
    wiring.name_more(extra, ids)
    return wiring.nodes + extra


class Retry:
    """A failure policy: try the item again, up to ``attempts`` times, waiting ``backoff`` seconds, doubled each time."""

    def __init__(self, attempts: int, backoff: float = 0.0) -> None:
        if attempts < 0 or backoff < 0:
            raise ConfigurationError(f"Retry({attempts}, {backoff}): expected numbers from 0 on")
        self.attempts = attempts
        self.backoff = backoff

    def __repr__(self) -> str:
        return f"Retry(attempts={self.attempts}, backoff={self.backoff})"


def save(pipeline: Pipeline, path: str | os.PathLike[str], description: str | None) -> None:
    """Writes a manifest to a file, and its large parameters beside it."""
    from . import blobs

    folder = os.path.dirname(os.fspath(path)) or os.curdir
    content = write(pipeline, True, description)
    move_packages(content, lambda package: os.path.relpath(package, folder))
    content = blobs.store(content, blobs.keeper(blobs.folder_beside(path)))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")


def load(manifest: str | dict[str, Any] | os.PathLike[str]) -> dict[str, Any]:
    """A manifest from JSON text, a dict, or a file's path, with the large parameters that lie beside the file."""
    from . import blobs

    folder = None
    if isinstance(manifest, dict):
        content = manifest
    elif isinstance(manifest, str) and manifest.lstrip()[:1] in ("", "{", "["):
        content = _parse(manifest)
    else:
        content, folder = _parse(_read(manifest)), blobs.folder_beside(manifest)
        move_packages(content, lambda package: os.path.join(os.path.dirname(os.fspath(manifest)), package))
    restored: dict[str, Any] = blobs.restore(content, folder)
    return restored


def move_packages(content: Any, move: Callable[[str], str]) -> None:
    """Lets relative paths of packages begin at another folder: in a file they begin at its own."""
    nodes = content.get("nodes") if isinstance(content, dict) else None
    for entry in nodes if isinstance(nodes, list) else ():
        params = entry.get("params") if isinstance(entry, dict) else None
        if not isinstance(params, dict) or entry.get("node_type") != "Pipeline":
            continue
        package = params.get("package")
        if isinstance(package, str) and "://" not in package and not os.path.isabs(package):
            params["package"] = move(package)
        move_packages(params.get("manifest"), move)


def _parse(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise PipelineError(f"the manifest is not JSON: {error}", status=MANIFEST) from error
    if not isinstance(content, dict):
        raise PipelineError(f"the manifest is a JSON {type(content).__name__}, expected an object", status=MANIFEST)
    return content


def _read(path: Any) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise PipelineError(f"the manifest cannot be read: {error}") from error


def read(pipeline: Pipeline, manifest: dict[str, Any], make: Callable[[dict[str, Any]], Node] | None = None) -> None:
    """Fills an empty pipeline from a manifest that the runtime has found valid. ``make`` makes a node of an entry."""
    from .compose import Chain, Port

    report_unknown(manifest)
    nodes: dict[str, Node] = {}
    for index, entry in enumerate(manifest["nodes"]):
        nodes[entry["id"]] = _node_at(index, entry, make or node_of)
    wiring = pipeline._wiring
    fallbacks = {_fallback(entry) for entry in manifest["nodes"]}
    wiring.nodes = [node for node_id, node in nodes.items() if node_id not in fallbacks]
    for entry in manifest["nodes"]:
        _read_policies(wiring.options(nodes[entry["id"]]), entry, nodes)

    def part(end: str, port: str | None) -> Chain:
        node_id, _, name = end.partition(".")
        if node_id not in nodes:
            message = f'a connection names node "{node_id}", which does not exist; nodes: {", ".join(nodes)}'
            raise PipelineError(message, status=GRAPH)
        at = Port(nodes[node_id], port or name or None)
        return Chain([at.node], [], [at], [at])

    for entry in manifest["connections"]:
        source = part(entry["from"], entry.get("from_port"))
        target = part(entry["to"], entry.get("to_port"))
        wiring.connect(source, target, entry.get("capacity"), entry.get("policy"))


def _node_at(index: int, entry: dict[str, Any], make: Callable[[dict[str, Any]], Node]) -> Node:
    try:
        return make(entry)
    except ValueError as error:
        raise PipelineError(f"nodes[{index}].node_type: {error}", status=GRAPH) from error


def report_unknown(manifest: dict[str, Any]) -> None:
    """Logs what a manifest holds that means nothing to this version, each field once."""
    found = [(name, name) for name in manifest.keys() - _KNOWN_FIELDS]
    found += [(f"metadata.{name}", f"metadata.{name}") for name in manifest["metadata"].keys() - _KNOWN_METADATA]
    for index, entry in enumerate(manifest["nodes"]):
        found += [(f"nodes.{name}", f"nodes[{index}].{name}") for name in entry.keys() - _KNOWN]
    first: dict[str, str] = {}
    for field, place in found:
        first.setdefault(field, place)
    if not first:
        return
    from .log import logger

    for place in sorted(first.values()):
        logger("manifest").warning("%s is not known to this version, kept but not used", place)


def _fallback(entry: dict[str, Any]) -> str | None:
    on_error = entry.get("on_error")
    return on_error.get("fallback") if isinstance(on_error, dict) else None


def _read_policies(options: Options, entry: dict[str, Any], nodes: dict[str, Node]) -> None:
    options.id = entry["id"]
    fallback = _fallback(entry)
    options.on_error = nodes[fallback] if fallback else entry.get("on_error")
    if entry.get("timeout_ms") is not None:
        options.timeout = entry["timeout_ms"] / 1000
    options.extra = {name: value for name, value in entry.items() if name not in _KNOWN}


def node_of(entry: dict[str, Any]) -> Node:
    """The node that a manifest's entry describes: a Python class that it names, a native type otherwise."""
    python = entry.get("python")
    kind: Any = class_named(python["class"]) if python else python_class(entry["node_type"])
    return native_or_inner(entry, node_of, decode) if kind is None else python_node(kind, entry)


def python_node(kind: type, entry: dict[str, Any]) -> Node:
    """The node of a Python class that a manifest's entry describes."""
    node = _construct(kind, _name_of(entry), decode(entry.get("params") or {}))
    python = entry.get("python") or {}
    if "state" in python:
        node.set_state(decode(python["state"]))
    return node


def native_or_inner(
    entry: dict[str, Any], make: Callable[[dict[str, Any]], Node], read_params: Callable[[Any], Any]
) -> Node:
    """The node of a native type that a manifest's entry describes, or the pipeline in its place."""
    params = entry.get("params") or {}
    is_pipeline = entry["node_type"] == "Pipeline"
    if is_pipeline and "package" in params:
        from ..nodes.bridge import HFPipelineNode

        return HFPipelineNode(_name_of(entry), remote_ref=params["package"])
    inner = params.get("manifest") if is_pipeline else None
    if inner is not None:
        from ..nodes.bridge import PipelineNode
        from .pipeline import Pipeline

        pipeline = Pipeline(inner["metadata"]["name"])
        read(pipeline, inner, make)
        return PipelineNode(pipeline, _name_of(entry))
    from ..nodes.native import NativeNode

    return NativeNode.of(entry["node_type"], _name_of(entry), read_params(params), entry.get("capabilities"))


def python_class(node_type: str) -> type | None:
    """The Python class that has no native twin and is known by this name."""
    from .. import nodes
    from .registry import registered

    found: type | None = registered(node_type)
    if found is None and node_type in nodes.PYTHON_NODES:
        found = getattr(nodes, node_type)
    return found


def _construct(kind: Any, name: str, params: dict[str, Any]) -> Node:
    try:
        node: Node = kind(**params)
    except TypeError as error:
        raise PipelineError(f"{kind.__name__} cannot be made from its parameters: {error}") from error
    if hasattr(node, "name"):
        node.name = name
    return node


def _name_of(entry: dict[str, Any]) -> str:
    python = entry.get("python") or {}
    node_id: str = entry["id"]
    stem, _, index = node_id.rpartition("_")
    return python.get("name") or (stem if stem and index.isdigit() else node_id)
