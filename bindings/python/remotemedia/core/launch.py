"""From a pipeline to a running session: the graph for the runtime, and the Python objects that are its nodes."""

from __future__ import annotations

import json
import sys

from .._native import Graph
from .exceptions import PipelineError, RemoteExecutionError
from .manifest import policies, stand_ins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .node import Node
    from .pipeline import Pipeline

_sessions = 0


def running_loop() -> Any:
    """The event loop that runs on this thread, or ``None``. Never imports asyncio."""
    asyncio = sys.modules.get("asyncio")
    return None if asyncio is None else asyncio._get_running_loop()


def graph(pipeline: Pipeline, *, has_input: bool, event_loop: Any = None, lease: bool = True) -> Graph:
    """The checked graph. With ``lease``, its node objects are taken until the graph's session ends."""
    manifest, members = parts(pipeline, has_input, lease)
    return Graph(manifest, members, event_loop)


def parts(pipeline: Pipeline, has_input: bool, lease: bool = False) -> tuple[str, list[Any]]:
    """The manifest for the runtime, and the objects that are its Python nodes."""
    if not pipeline.nodes:
        raise PipelineError(f"pipeline {pipeline.name!r} has no nodes")
    members: list[Any] = []
    return json.dumps(_manifest(pipeline, has_input, "", members, lease)), members


def check(manifest: dict[str, Any]) -> None:
    """Raises ``PipelineError`` if a manifest is not valid, whatever its node types are."""
    from .._native import check_manifest

    check_manifest(json.dumps(manifest))


def _manifest(pipeline: Pipeline, has_input: bool, prefix: str, members: list[Any], lease: bool) -> dict[str, Any]:
    """The manifest with Python nodes left empty; these go to ``members``."""
    wiring = pipeline._wiring
    ids = wiring.ids()
    links = wiring.links
    heads = {id(node) for node in wiring.heads}
    extra = stand_ins(wiring)
    wiring.name_more(extra, ids)
    native_next = {id(link.source.node) for link in links if not _is_python(link.target.node)}
    entries = []
    for node in wiring.nodes + extra:
        node_id = ids[id(node)]
        source = node.is_source or (id(node) in heads and not has_input and not prefix)
        entry = _entry(node, node_id, source, id(node) in native_next, prefix, members, lease)
        entries.append({**entry, **policies(wiring.options(node), ids)})
    return {
        "version": "v1",
        "metadata": {"name": pipeline.name},
        "nodes": entries,
        "connections": [link.entry(ids) for link in links],
    }


def _entry(
    node: Node, node_id: str, source: bool, to_native: bool, prefix: str, members: list[Any], lease: bool
) -> dict[str, Any]:
    if node.is_remote:
        config = node.remote_config
        where = f"{config.host}:{config.port}" if config else "another host"
        raise RemoteExecutionError(f"{node_id} is to run on {where}; this build has no transport to other hosts")
    inner = getattr(node, "_pipeline", None)
    if inner is not None:
        manifest = _manifest(inner, True, f"{prefix}{node_id}/", members, lease)
        return {"id": node_id, "node_type": "Pipeline", "params": {"manifest": manifest}}
    native = node._native_type()
    if native is not None:
        needs = node.get_capabilities()
        return {"id": node_id, "node_type": native, "params": node._native_params(), "capabilities": needs}
    running, release = _lease(node) if lease else (node, None)
    members.append((prefix + node_id, running._implementation(), source, to_native, release))
    return {"id": node_id, "node_type": type(node).__name__}


def _is_python(node: Node) -> bool:
    return node._native_type() is None and getattr(node, "_pipeline", None) is None


def _lease(node: Node) -> tuple[Node, Callable[[], None] | None]:
    """The object itself, or a fresh one if another session has it."""
    global _sessions
    if node._lease is not None:
        return node._clone(), None
    _sessions += 1
    lease = node._lease = _sessions
    has_own = node.get_session_id() is not None
    if not has_own:
        node.set_session_id(f"session-{lease}")

    def release() -> None:
        if node._lease == lease:
            node._lease = None
            if not has_own:
                node.set_session_id(None)

    return node, release
