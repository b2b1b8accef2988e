"""Wiring: the nodes of a pipeline, how they were added, and the connections that follow from it."""

from __future__ import annotations

import re

from .compose import Chain, Port
from .exceptions import PipelineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .node import Node


class Link:
    """A connection between two nodes, with the settings of its queue."""

    __slots__ = ("capacity", "policy", "source", "target")

    def __init__(self, source: Port, target: Port, capacity: int | None = None, policy: str | None = None) -> None:
        self.source = source
        self.target = target
        self.capacity = capacity
        self.policy = policy

    def entry(self, ids: dict[int, str]) -> dict[str, Any]:
        """The connection as an entry of a manifest."""
        entry: dict[str, Any] = {"from": _end(self.source, ids), "to": _end(self.target, ids)}
        if self.capacity is not None:
            entry["capacity"] = self.capacity
        if self.policy is not None:
            entry["policy"] = self.policy
        return entry


class Options:
    """What was said about a node when it was added."""

    __slots__ = ("extra", "id", "on_error", "timeout")

    def __init__(self, on_error: Any = None, timeout: float | None = None) -> None:
        if timeout is not None and not _is_time_limit(timeout):
            raise ValueError(f"timeout is {timeout!r}, expected seconds, at least 0.001, or None")
        #: The id that a manifest gave the node.
        self.id: str | None = None
        self.on_error = on_error
        self.timeout = timeout
        #: Fields of a manifest's entry that this version only carries.
        self.extra: dict[str, Any] = {}


class Wiring:
    """Nodes and connections.

    A node that is added follows the one added before it, unless it is a source or a connection to it is made explicitly.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.explicit: list[Link] = []
        self._implicit: list[Link] = []
        self._tails: list[Port] = []
        self._options: dict[int, Options] = {}

    def add(self, part: Chain, options: Options) -> None:
        """Adds nodes behind those that were added last."""
        for node in part.nodes:
            if self.has(node):
                raise PipelineError(f"node {node.name!r} is part of the pipeline already")
        self.nodes += part.nodes
        for node in part.nodes:
            self._options[id(node)] = options
        self._implicit += [Link(tail, head) for tail in self._tails for head in part.heads if _takes_input(head.node)]
        self.explicit += [Link(source, target) for source, target in part.links]
        self._tails = list(part.tails)

    def connect(self, source: Chain, target: Chain, capacity: int | None, policy: str | None) -> None:
        """Connects two parts, adding the nodes that are new."""
        whole = source.then(target)
        self.nodes += [node for node in whole.nodes if not self.has(node)]
        inner = [Link(*link) for part in (source, target) for link in part.links]
        between = [Link(tail, head, capacity, policy) for tail in source.tails for head in target.heads]
        self.explicit += inner + between

    def remove(self, node: Node) -> None:
        """Takes a node out. Its neighbours in the order of adding are joined."""
        into = [link.source for link in self._implicit if link.target.node is node]
        out_of = [link.target for link in self._implicit if link.source.node is node]
        self.nodes = [known for known in self.nodes if known is not node]
        self.explicit = [link for link in self.explicit if not _touches(link, node)]
        self._implicit = [link for link in self._implicit if not _touches(link, node)]
        self._implicit += [Link(source, target) for source in into for target in out_of]
        if any(tail.node is node for tail in self._tails):
            self._tails = [tail for tail in self._tails if tail.node is not node] + into
        self._options.pop(id(node), None)

    def has(self, node: Node) -> bool:
        """Whether the node is part of it."""
        return any(known is node for known in self.nodes)

    def options(self, node: Node) -> Options:
        """What was said about the node when it was added."""
        return self._options.setdefault(id(node), Options())

    @property
    def links(self) -> list[Link]:
        """All connections: those that were made, and those that follow from the order of adding."""
        fed = {id(link.target.node) for link in self.explicit}
        return [link for link in self._implicit if id(link.target.node) not in fed] + self.explicit

    @property
    def heads(self) -> list[Node]:
        """The nodes that nothing feeds."""
        fed = {id(link.target.node) for link in self.links}
        return [node for node in self.nodes if id(node) not in fed]

    def ids(self) -> dict[int, str]:
        """For each node, by ``id()``: its id in manifests.

        That is the one that its manifest gave it, or ``<name>_<index>`` made safe.
        """
        return self.name_more(self.nodes, {})

    def name_more(self, nodes: list[Node], ids: dict[int, str]) -> dict[int, str]:
        """Gives ids to further nodes."""
        given = {id(node): self.options(node).id for node in nodes}
        taken = {*ids.values(), *(known for known in given.values() if known)}
        for index, node in enumerate(nodes, start=len(ids)):
            ids[id(node)] = given[id(node)] or _free(safe(node.name), index, taken)
        return ids


def safe(name: str) -> str:
    """The name with everything replaced that a manifest's id cannot hold."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:200] or "node"


def _free(stem: str, index: int, taken: set[str]) -> str:
    """The first of ``<stem>_<index>``, ``<stem>_<index + 1>``, … that no other node has."""
    while f"{stem}_{index}" in taken:
        index += 1
    taken.add(f"{stem}_{index}")
    return f"{stem}_{index}"


def _is_time_limit(timeout: Any) -> bool:
    """Whether it is a number of seconds that a manifest can hold in milliseconds."""
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    return is_number and 0.001 <= timeout < 1e12


def _end(port: Port, ids: dict[int, str]) -> str:
    node = ids[id(port.node)]
    return node if port.name is None else f"{node}.{port.name}"


def _touches(link: Link, node: Node) -> bool:
    return link.source.node is node or link.target.node is node


def _takes_input(node: Node) -> bool:
    return not node.is_source
