"""The native part of the package ``remotemedia``. Its parts are reached through that package."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Literal, Self, TypedDict, final, type_check_only

from numpy import ndarray
from numpy.typing import NDArray

__all__ = [
    "Audio",
    "Encoded",
    "Graph",
    "OpenedPackage",
    "Packet",
    "Pending",
    "Session",
    "Video",
    "__version__",
    "check_manifest",
    "cli_main",
    "export_package",
    "node_specs",
    "push_package",
    "settle",
]

__version__: str

class Audio(tuple[NDArray[Any], int]):
    """A block of audio: the tuple ``(samples, sample_rate)``, which also knows when it begins.

    ``samples`` is a NumPy array: one dimension for one channel, ``(channels, frames)`` for more. It is read-only while
    others hold the same bytes. ``start`` is in seconds on the stream's own clock, ``None`` where it is not known.
    """

    start: float | None
    def __new__(cls, samples: NDArray[Any], sample_rate: int, start: float | None = None) -> Self: ...
    @property
    def samples(self) -> NDArray[Any]:
        """The samples, a NumPy array."""

    @property
    def sample_rate(self) -> int:
        """Frames per second."""

    @property
    def channels(self) -> int:
        """The number of channels."""

    @property
    def frames(self) -> int:
        """The number of samples per channel."""

    @property
    def duration(self) -> float:
        """How long the block plays, in seconds."""

    @property
    def end(self) -> float | None:
        """When the block ends, in seconds, or ``None`` where its start is not known."""

    def __getnewargs__(self) -> tuple[NDArray[Any], int, float | None]: ...

@final
class Packet:
    """A value with its time, order and metadata.

    ``p.stream()`` and ``session.recv()`` give packets; a node may return one to say when its result begins, how long it
    lasts, on which port it leaves, or what metadata goes with it. A packet equals another packet, or a bare value, if
    the values are equal.
    """

    def __new__(
        cls,
        value: Any,
        *,
        start: float | None = None,
        duration: float | None = None,
        seq: int | None = None,
        port: str | None = None,
        metadata: dict[str, Any] | None = None,
        stream: int = 0,
        uninterruptible: bool = False,
    ) -> Self: ...
    @property
    def value(self) -> Any:
        """The value itself."""

    @property
    def start(self) -> float | None:
        """When the value begins, in seconds on the stream's own clock, or ``None``."""

    @property
    def end(self) -> float | None:
        """When the value ends, in seconds, or ``None`` where its start or duration is not known."""

    @property
    def duration(self) -> float | None:
        """How long the value lasts, in seconds, or ``None``."""

    @property
    def seq(self) -> int | None:
        """The number of the item in its stream, counted from 1, or ``None`` before it was sent."""

    @property
    def stream(self) -> int:
        """Which of several streams that share an edge the packet belongs to."""

    @property
    def uninterruptible(self) -> bool:
        """Whether the packet survives an interrupt."""

    @property
    def port(self) -> str | None:
        """The port on which the packet left the graph, or shall leave the node; ``None`` for the first one."""

    @property
    def metadata(self) -> dict[str, Any]:
        """Free metadata, a dict."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Video:
    """A picture: planes of 8-bit samples."""

    def __new__(
        cls,
        format: Literal["gray8", "rgb24", "rgba32", "bgra32", "i420", "nv12"],
        width: int,
        height: int,
        pixels: NDArray[Any] | bytes | bytearray | Sequence[int],
    ) -> Self: ...
    @property
    def width(self) -> int:
        """Width in pixels."""

    @property
    def height(self) -> int:
        """Height in pixels."""

    @property
    def format(self) -> str:
        """How the pixels lie in memory: ``gray8``, ``rgb24``, ``rgba32``, ``bgra32``, ``i420`` or ``nv12``."""

    @property
    def planes(self) -> list[ndarray[Any, Any]]:
        """The planes as arrays of rows of bytes, over the picture's own memory."""

@final
class Encoded:
    """A unit of a compressed stream."""

    def __new__(cls, codec: str, data: bytes | bytearray | Sequence[int], key_frame: bool = False) -> Self: ...
    @property
    def codec(self) -> str:
        """The codec's name, such as ``opus`` or ``vp8``."""

    @property
    def key_frame(self) -> bool:
        """Whether decoding can begin here."""

    @property
    def data(self) -> bytes:
        """The bytes."""

@final
class Pending:
    """A future of the runtime."""

    def poll(self, wake: Callable[[], object]) -> bool:
        """Whether it is done. If not, ``wake()`` is called, from any thread, when it is worth asking again."""

    def result(self) -> Any:
        """The result, once."""

    def wait(self) -> Any:
        """Blocks until it is done and gives the result."""

@final
class Graph:
    """A checked pipeline that is ready to be started once."""

    def __new__(
        cls,
        manifest: str,
        members: Sequence[tuple[str, Any, bool, bool, Callable[[], None] | None]],
        event_loop: Any = None,
    ) -> Self: ...
    def start(
        self, is_fed: bool = False, input_capacity: int | None = None, output_capacity: int | None = None
    ) -> Session:
        """Makes the nodes and begins to initialise them: on workers, unless the caller feeds the session to its end."""

    def inspect(self, format: str) -> str:
        """The graph with the place and backend of each node, as ``text``, ``json``, ``dot``, ``mermaid`` or ``svg``."""

    @property
    def warnings(self) -> list[str]:
        """What the manifest holds that this version does not know, one line each."""

    @property
    def inputs(self) -> list[str]:
        """The names of the ports that take values."""

    @property
    def outputs(self) -> list[str]:
        """The names of the ports that give values."""

@final
class OpenedPackage:
    """A package whose files are unpacked: they stay as long as this object."""

    def __new__(cls, path: str | os.PathLike[str], trust_native: bool) -> Self: ...
    @property
    def manifest(self) -> str:
        """Its manifest, in which models are named by where they lie, and packages are the pipelines that they hold."""

    @property
    def modules(self) -> dict[str, str]:
        """The Python modules as JSON, by the package's digest and their path."""

    @property
    def data(self) -> dict[str, bytes]:
        """The large parameters, by the same."""

    @property
    def warning(self) -> str | None:
        """Why it would have been refused, had a policy not let it through."""

    @property
    def pinned(self) -> str | None:
        """The reference with the digest that it led to, if it came from a registry."""

@final
class Session:
    """A running graph."""

    def run(self, items: Iterable[Any] | None) -> list[Any]:
        """Sends every item, then receives to the end; gives the values."""

    def exchange_one(self, value: Any) -> tuple[list[Packet], bool]:
        """Sends a value, waiting for room; gives the packets that came out meanwhile, and whether the value was taken."""

    def send(self, value: Any, port: str | None = None, timeout: float | None = None) -> None:
        """Sends a value, waiting for room for ``timeout`` seconds at most."""

    def try_send(self, value: Any, port: str | None = None) -> bool:
        """Sends a value if there is room now; gives whether there was."""

    def recv(self, port: str | None = None, timeout: float | None = None) -> Packet:
        """Receives the next packet, waiting for ``timeout`` seconds at most."""

    def finish_and_next(self) -> Packet:
        """Ends the input and receives the next packet, from end to end on the calling thread where that can be."""

    def try_recv(self, port: str | None = None) -> Packet | None:
        """Runs what is ready on the calling thread; gives the next packet if there is one then."""

    def send_async(self, value: Any, port: str | None = None) -> Pending | None:
        """Sends a value from an event loop: ``None`` if it was sent, else something to wait for."""

    def recv_async(self, port: str | None = None) -> Packet | Pending:
        """Receives from an event loop: the packet if there is one, else something to wait for."""

    def finish(self, port: str | None = None) -> None:
        """Ends the input, on one port or on all."""

    def stop(self) -> None:
        """Ends the sources and the input."""

    def interrupt(self) -> None:
        """Discards everything that is under way."""

    def cancel(self) -> None:
        """Ends the session at once."""

    def wait_ready(self, timeout: float | None = None) -> bool:
        """Waits until every node is initialised."""

    def wait_over(self, timeout: float | None = None) -> bool:
        """Waits until every node is cleaned up; gives whether that came within ``timeout`` seconds."""

    def raise_error(self) -> None:
        """Raises what ended the session, if an error did that the caller has not heard of, and nobody cancelled it."""

    @property
    def is_over(self) -> bool:
        """Whether every node is cleaned up."""

    @property
    def id(self) -> int:
        """The session's number, unique within the process."""

    def metrics(self) -> dict[str, Any]:
        """What the nodes and queues counted so far."""

    def close_loop(self, timeout: float) -> None:
        """Ends the event loop of the session's own, if it has one, and waits for its thread for ``timeout`` seconds."""

@type_check_only
class PortSpec(TypedDict):
    """A port of a native node type."""

    name: str
    kind: str

@type_check_only
class NodeSpec(TypedDict):
    """What the runtime says about a native node type. ``params`` is a JSON schema."""

    node_type: str
    aliases: list[str]
    summary: str
    lane: str
    inputs: list[PortSpec]
    outputs: list[PortSpec]
    source: bool
    params: dict[str, Any] | bool

def node_specs() -> list[NodeSpec]:
    """Every native node type."""

def export_package(
    manifests: tuple[str, str],
    members: Sequence[tuple[str, Any, bool, bool, Callable[[], None] | None]],
    files: Sequence[tuple[str, str, bytes]],
    program: str | None = None,
    output: str | os.PathLike[str] = ...,
    key: str = ...,
) -> tuple[os.PathLike[str], str, str, list[tuple[str, int]]]:
    """Packs, signs and writes a pipeline: the package's path, name, digest, and the path and size of each file.

    ``manifests`` are its manifest, and the same with the pipelines of packages in their places.
    """

def push_package(path: str | os.PathLike[str], reference: str) -> str:
    """Pushes a package to a registry; gives the reference that leads to it whatever becomes of the tag."""

def check_manifest(manifest: str) -> None:
    """Raises ``PipelineError`` if a manifest's text is not valid; node types are not looked up."""

def cli_main(args: Sequence[str | os.PathLike[str]]) -> int:
    """Does what a command line says, the program's name first, and gives the exit code."""

def settle(pending: Pending) -> Coroutine[Any, Any, Any]:
    """Waits for something of the runtime without blocking the event loop: a coroutine that gives its result."""
