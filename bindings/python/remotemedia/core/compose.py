"""Composition: ``a >> [b, c] >> d`` and ``mixer["left"]``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .node import Node


class Port:
    """One port of a node, as ``node["name"]`` gives it: an end of a connection."""

    __slots__ = ("name", "node")

    def __init__(self, node: Node, name: str | None) -> None:
        self.node = node
        self.name = name

    def __rshift__(self, other: Any) -> Chain:
        return as_part(self).then(as_part(other))

    def __rrshift__(self, other: Any) -> Chain:
        return as_part(other).then(as_part(self))

    def __repr__(self) -> str:
        return f"{self.node!r}[{self.name!r}]"


class Chain:
    """Nodes and how they are connected, not yet part of a pipeline."""

    __slots__ = ("heads", "links", "nodes", "tails")

    def __init__(
        self,
        nodes: list[Node],
        links: list[tuple[Port, Port]],
        heads: list[Port],
        tails: list[Port],
    ) -> None:
        #: The nodes, in the order in which they were written.
        self.nodes = nodes
        #: The connections among them.
        self.links = links
        #: The inputs that are fed from before.
        self.heads = heads
        #: The outputs that feed what follows.
        self.tails = tails

    def then(self, other: Chain) -> Chain:
        """This part, with every output connected to every input of the next."""
        nodes = self.nodes + [node for node in other.nodes if not any(node is known for known in self.nodes)]
        between = [(tail, head) for tail in self.tails for head in other.heads]
        return Chain(nodes, self.links + between + other.links, self.heads, other.tails)

    def __rshift__(self, other: Any) -> Chain:
        return self.then(as_part(other))

    def __rrshift__(self, other: Any) -> Chain:
        return as_part(other).then(self)


def as_part(part: Any) -> Chain:
    """A node, a port, a function, a chain, or a list of these side by side, as a chain."""
    if isinstance(part, Chain):
        return part
    if isinstance(part, (list, tuple)):
        return _side_by_side(as_part(item) for item in part)
    port = part if isinstance(part, Port) else Port(as_node(part), None)
    return Chain([port.node], [], [port], [port])


def as_node(part: Any) -> Node:
    """A node itself; a function or an object with ``process()`` as a node."""
    from .exceptions import PipelineError
    from .node import Node
    from .pipeline import Pipeline

    if isinstance(part, Node):
        return part
    if isinstance(part, type) and issubclass(part, Node):
        raise PipelineError(f"expected a node, found the class {part.__name__}: write {part.__name__}(...)")
    if isinstance(part, Pipeline):
        from ..nodes.bridge import PipelineNode

        return PipelineNode(part)
    if callable(part) or callable(getattr(part, "process", None)):
        from ..nodes.python import PythonNode

        return PythonNode(part)
    raise PipelineError(
        f"expected a node, a function, a pipeline or a chain of these, found {type(part).__name__} {part!r}"
    )


def _side_by_side(parts: Iterable[Chain]) -> Chain:
    whole = Chain([], [], [], [])
    for part in parts:
        whole.nodes += [node for node in part.nodes if not any(node is known for known in whole.nodes)]
        whole.links += part.links
        whole.heads += part.heads
        whole.tails += part.tails
    return whole
