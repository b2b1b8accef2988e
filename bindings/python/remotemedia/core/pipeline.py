"""Pipelines: what a user writes, and the ways to run it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

from . import launch, manifest
from .compose import as_part
from .exceptions import PipelineError
from .node import Node
from .wiring import Options, Wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterator
    from typing import Any, Self

    from .._native import OpenedPackage
    from ..packing.packages import Package
    from .session import Session
    from .stream import Stream


class Pipeline:
    """Nodes and how they are connected.

    ``p.add(a); p.add(b)`` makes a chain, ``p.connect(a, b)`` and ``a >> [b, c] >> d`` make branches. ``p.run(x)`` runs
    it on one value or a list of values, ``p.stream(values)`` gives outputs as they come, ``p.session()`` talks to the
    running graph.

    What comes first is the list of nodes or the name: ``Pipeline([a, b], "words")``, ``Pipeline("words", nodes=[a, b])``.
    """

    def __init__(
        self,
        first: list[Node] | str | None = None,
        /,
        name: str | None = None,
        enable_metrics: bool = True,
        *,
        nodes: list[Node] | None = None,
    ) -> None:
        nodes, name = _nodes_and_name(first, nodes, name)
        self.name = name or f"Pipeline_{id(self)}"
        self.enable_metrics = enable_metrics
        self._wiring = Wiring()
        self._metrics: dict[str, Any] | None = None
        #: The files of the package that it came from, which stay as long as it does.
        self._files: OpenedPackage | None = None
        self._prepared: Session | None = None
        for node in nodes or []:
            self.add(node)

    # Building

    @property
    def nodes(self) -> list[Node]:
        """The nodes, in the order in which they were added."""
        return self._wiring.nodes

    def add(self, part: Any, *, on_error: Any = None, timeout: float | None = None) -> Self:
        """Adds a node, a function, or a chain such as ``a >> [b, c]``, behind what was added last.

        ``on_error`` says what happens when the node fails on an item: ``"fail"``, ``"skip"``, ``Retry(attempts,
        backoff)``, or another node that stands in from then on. ``timeout`` is the longest that
        working on one item, or making one, may take, in seconds; ``initialize()`` takes as long as it needs.
        """
        self._must_not_run("add nodes to")
        self._wiring.add(as_part(part), Options(on_error, timeout))
        return self

    def add_node(self, node: Node) -> Self:
        """The same as ``add``."""
        return self.add(node)

    def connect(self, source: Any, target: Any, *, capacity: int | None = None, policy: str | None = None) -> Self:
        """Connects a node, or one of its ports as in ``node["left"]``, to another; adds those that are new.

        ``capacity`` and ``policy`` (``block``, ``drop_oldest``, ``drop_newest``, ``latest``) put a queue in between.
        """
        self._must_not_run("connect nodes of")
        self._wiring.connect(as_part(source), as_part(target), capacity, policy)
        return self

    def remove_node(self, node_name: str) -> bool:
        """Takes out the first node of this name; gives whether there was one."""
        self._must_not_run("remove nodes from")
        node = self.get_node(node_name)
        if node is None:
            return False
        self._wiring.remove(node)
        return True

    def get_node(self, node_name: str) -> Node | None:
        """The first node of this name."""
        return next((node for node in self.nodes if node.name == node_name), None)

    @classmethod
    def from_manifest(cls, source: str | dict[str, Any] | os.PathLike[str]) -> Self:
        """The pipeline that a manifest describes: JSON text, a dict, or a file's path, whatever wrote it.

        Large parameters that ``save()`` has put beside the file are read from there.

        Nodes of Python classes are found by the class that the manifest names, which is imported: load manifests only
        from where you would load code.
        """
        content = manifest.load(source)
        launch.check(content)
        pipeline = cls(content["metadata"]["name"])
        manifest.read(pipeline, content)
        return pipeline

    @classmethod
    def from_package(cls, path: str | os.PathLike[str], *, trust_native: bool = False) -> Self:
        """The pipeline of a package, once it is verified; nothing of it is executed before.

        ``path`` is a file (``.rmpkg``), or a reference to a package in a registry (``oci://…``), which is fetched unless
        the cache knows it.

        A package that was not signed with one of your own keys is refused if its nodes reach beyond the pipeline, such as
        those in Python, unless ``trust_native`` lets them do all that you may.

        Raises ``PackageError`` if it is refused, or lacks distributions that its Python nodes need.
        """
        from ..packing.packages import open_package

        return open_package(cls, path, trust_native)

    @classmethod
    async def from_definition(cls, definition: dict[str, Any]) -> Self:
        """The pipeline that ``export_definition()`` described."""
        from .definition import read_definition

        pipeline = cls(definition.get("name") or "ImportedPipeline")
        read_definition(pipeline, definition)
        return pipeline

    # Running

    def run(self, input_data: Any = None, use_rust: bool = True) -> Any:
        """Runs the pipeline to its end and gives the results.

        A list is a stream of items, anything else is one item; without input the first node is a source. Gives a list
        if there are several results, the result if there is one, ``None`` if there is none. Inside a running event loop
        it gives an awaitable instead. ``use_rust`` is there for pipelines of the earlier package and changes nothing.

        Raises ``NodeError`` if a node fails.
        """
        if launch.running_loop() is not None:
            return self.run_async(input_data)
        from .session import run_to_end

        return _unwrap(run_to_end(self, _items(input_data)))

    def run_async(self, input_data: Any = None) -> Coroutine[Any, Any, Any]:
        """As ``run``, for ``await``. Asynchronous nodes run on the caller's event loop."""
        from .session import run_to_end_async

        async def run() -> Any:
            return _unwrap(await run_to_end_async(self, _items(input_data)))

        return run()

    def stream(self, inputs: Any = None) -> Stream:
        """The outputs as packets, lazily, for ``for`` or ``async for``; inputs are taken as there is room.

        ``inputs`` is any iterable of values, or an asynchronous one for ``async for``; without it the first node is a
        source.
        """
        from .stream import Stream

        return Stream(self, inputs)

    def session(self, *, input_capacity: int | None = None, output_capacity: int | None = None) -> Session:
        """A running graph: ``with p.session() as s: s.send(x); y = s.recv()``, and the same with ``async with``.

        The graph starts with the block, or with the first call where there is no block. The capacities say how many
        packets may wait on each input and on each output of the session, 64 where they are left out.
        """
        from .session import Session

        return Session(self, input_capacity=input_capacity, output_capacity=output_capacity)

    async def initialize(self) -> None:
        """Initialises every node, for ``process``. Raises ``PipelineError`` if one fails."""
        if self._prepared is not None:
            return
        from .session import prepare

        if not self.nodes:
            raise PipelineError("Cannot initialize empty pipeline")
        self._prepared = await prepare(self)

    async def process(self, stream: AsyncIterable[Any] | None = None) -> AsyncIterator[Any]:
        """The outputs for a stream of inputs, as values. After ``initialize()``; ``cleanup()`` ends it."""
        from .session import process

        if self._prepared is None:
            raise PipelineError("Pipeline must be initialized before processing")
        async for value in process(self, stream):
            yield value

    async def cleanup(self) -> None:
        """Cleans up every node that ``initialize()`` prepared."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            await prepared._leave_async()

    @asynccontextmanager
    async def managed_execution(self) -> AsyncIterator[Self]:
        """Initialises for the length of a block, and cleans up after it."""
        await self.initialize()
        try:
            yield self
        finally:
            await self.cleanup()

    # Describing

    def serialize(self, include_capabilities: bool = True, description: str | None = None) -> str:
        """The pipeline as a manifest, JSON text."""
        return json.dumps(manifest.write(self, include_capabilities, description), indent=2)

    def save(self, path: str | os.PathLike[str], description: str | None = None) -> None:
        """Writes the pipeline to a file as a manifest, for ``from_manifest(path)``.

        Arrays and bytes of more than 48 KiB go to the folder ``blobs`` beside it, each under the SHA-256 of its bytes.
        """
        manifest.save(self, path, description)

    def export(
        self, path: str | os.PathLike[str] = ".", *, key: str = "default", description: str | None = None
    ) -> Package:
        """Packs the pipeline into one signed file: its Python nodes as source, its models, arrays and bytes.

        ``path`` is the folder for the file, or the file if it ends in ``.rmpkg``. ``key`` names the key to sign with; the
        one called ``default`` is made on first use.

        Raises ``PackageError`` if a node cannot travel, with the file and the line where that is written.
        """
        from ..packing.packages import export

        return export(self, path, key, description)

    def push(self, reference: str, *, key: str = "default", description: str | None = None) -> str:
        """Packs the pipeline as ``export`` does, and pushes it to a registry: ``oci://registry.example/team/voice:1.2``.

        Without a tag that is ``latest``. Gives the reference with the package's digest, which leads to it whatever
        becomes of the tag. Credentials are those of the command ``remotemedia push``.

        Raises ``PackageError`` if a node cannot travel, or the registry does not take the package.
        """
        from ..packing.packages import push

        return push(self, reference, key, description)

    def inspect(self, format: str = "text") -> str:
        """The graph with the place and backend of each node and why: ``text``, ``json``, ``dot``, ``mermaid``, ``svg``."""
        has_input = not any(node.is_source for node in self._wiring.heads)
        return launch.graph(self, has_input=has_input, lease=False).inspect(format)

    def get_metrics(self) -> dict[str, Any] | None:
        """What the nodes and queues of the last run counted; ``None`` before the first."""
        return self._metrics

    def get_config(self) -> dict[str, Any]:
        """Name, nodes and state."""
        return {
            "name": self.name,
            "node_count": self.node_count,
            "remote_node_count": self.remote_node_count,
            "nodes": [node.get_config() for node in self.nodes],
            "is_initialized": self.is_initialized,
        }

    def export_definition(self) -> dict[str, Any]:
        """The pipeline as a dict that names the classes of its nodes."""
        from .definition import write_definition

        return write_definition(self)

    @property
    def is_initialized(self) -> bool:
        """Whether ``initialize()`` was called, and ``cleanup()`` not yet."""
        return self._prepared is not None

    @property
    def node_count(self) -> int:
        """The number of nodes."""
        return len(self.nodes)

    @property
    def remote_node_count(self) -> int:
        """The number of nodes that run on other machines."""
        return sum(1 for node in self.nodes if node.is_remote)

    def _must_not_run(self, what: str) -> None:
        if self._prepared is not None:
            raise PipelineError(f"Cannot {what} an initialized pipeline")

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        status = "initialized" if self.is_initialized else "not initialized"
        return f"Pipeline(name={self.name!r}, nodes={len(self)}, {status})"


def _nodes_and_name(
    first: list[Node] | str | None, nodes: list[Node] | None, name: str | None
) -> tuple[list[Node] | None, str | None]:
    """Both, where the first argument is either."""
    if isinstance(first, str):
        if name is not None:
            raise TypeError(f"Pipeline() got two names, {first!r} and {name!r}")
        return nodes, first
    if first is not None and nodes is not None:
        raise TypeError("Pipeline() got nodes twice, as its first argument and as 'nodes'")
    return (nodes if first is None else first), name


def _items(input_data: Any) -> list[Any] | None:
    if input_data is None:
        return None
    return input_data if isinstance(input_data, list) else [input_data]


def _unwrap(results: list[Any]) -> Any:
    if len(results) > 1:
        return results
    return results[0] if results else None


__all__ = ["Pipeline"]
