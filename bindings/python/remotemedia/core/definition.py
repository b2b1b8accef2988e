"""Definitions: a pipeline as a dict that names the classes of its nodes, as the earlier package exported it."""

from __future__ import annotations

from .exceptions import PipelineError
from .params import class_named, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .node import Node
    from .pipeline import Pipeline


def write_definition(pipeline: Pipeline) -> dict[str, Any]:
    """The definition of a pipeline."""
    import time

    ids = pipeline._wiring.ids()
    streaming = any(node.is_streaming for node in pipeline.nodes)
    return {
        "name": pipeline.name,
        "nodes": [_node(ids[id(node)], node) for node in pipeline.nodes],
        "connections": [
            {
                "from_node": ids[id(link.source.node)],
                "to_node": ids[id(link.target.node)],
                "output_port": link.source.name or "default",
                "input_port": link.target.name or "default",
            }
            for link in pipeline._wiring.links
        ],
        "metadata": {
            "exported_at": time.time(),
            "node_count": str(pipeline.node_count),
            "remote_node_count": str(pipeline.remote_node_count),
            "has_streaming_nodes": str(streaming),
            "pipeline_type": "linear" if _is_linear(pipeline) else "graph",
        },
        "dependencies": _dependencies(pipeline),
    }


def read_definition(pipeline: Pipeline, definition: dict[str, Any]) -> None:
    """Fills an empty pipeline from a definition. The classes that it names are imported."""
    from .compose import as_part

    nodes: dict[str, Node] = {}
    for entry in definition.get("nodes", []):
        try:
            nodes[entry["node_id"]] = _make(entry)
        except Exception as error:
            raise PipelineError(f"Failed to create node {entry.get('node_id')}: {error}") from error
    connections = definition.get("connections") or []
    if not connections:
        for node in nodes.values():
            pipeline.add(node)
        return
    pipeline._wiring.nodes = list(nodes.values())
    for entry in connections:
        source, target = nodes[entry["from_node"]], nodes[entry["to_node"]]
        output, into = entry.get("output_port", "default"), entry.get("input_port", "default")
        pipeline.connect(
            as_part(source if output == "default" else source[output]),
            as_part(target if into == "default" else target[into]),
        )


def _node(node_id: str, node: Node) -> dict[str, Any]:
    kind = type(node)
    return {
        "node_id": node_id,
        "node_type": kind.__name__,
        "config": encode(node._extract_params(), f"{node_id}.config"),
        "is_remote": node.is_remote,
        "remote_endpoint": node.remote_config.host if node.is_remote and node.remote_config else None,
        "is_streaming": node.is_streaming,
        "is_source": node.is_source,
        "is_sink": node.is_sink,
        "module": kind.__module__,
        "class_name": kind.__name__,
    }


def _make(entry: dict[str, Any]) -> Node:
    module, name = entry.get("module", "remotemedia.nodes"), entry.get("class_name", entry["node_type"])
    node: Node = class_named(f"{module}:{name}")(**decode(entry.get("config", {})))
    stem, _, index = entry["node_id"].rpartition("_")
    if stem and index.isdigit():
        node.name = stem
    return node


def _is_linear(pipeline: Pipeline) -> bool:
    links = pipeline._wiring.links
    pairs = [(link.source.node, link.target.node) for link in links]
    return pairs == list(zip(pipeline.nodes, pipeline.nodes[1:], strict=False))


def _dependencies(pipeline: Pipeline) -> list[str]:
    names = {"remotemedia"}
    for node in pipeline.nodes:
        names.update(getattr(node, "dependencies", ()))
        if node.remote_config is not None:
            names.update(node.remote_config.pip_packages or ())
    return sorted(names)
