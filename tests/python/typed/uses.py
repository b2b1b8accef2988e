"""Uses the whole public API as a program with strict types would. Checked by mypy, and run."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import remotemedia
from remotemedia import (
    Audio,
    AudioSink,
    AudioSource,
    ConfigurationError,
    DataSink,
    DataSource,
    Encoded,
    EndOfStream,
    HFPipelineNode,
    Node,
    NodeError,
    Package,
    PackageError,
    Packet,
    Pipeline,
    PipelineError,
    PythonNode,
    RemoteExecutionError,
    RemoteExecutionNode,
    RemoteExecutorConfig,
    RemoteMediaError,
    RemoteObjectExecutionNode,
    Retry,
    RustNode,
    SandboxError,
    SerializationError,
    Session,
    SessionCancelled,
    Stream,
    Video,
    VideoSink,
    VideoSource,
    WasmNode,
    WebRTCError,
    get_rust_runtime,
    is_rust_runtime_available,
    register_node_class,
    register_pipeline,
    try_load_rust_runtime,
)
from remotemedia.core.session import AsyncSession
from remotemedia.nodes import AddNode, Filter, MultiplyNode, Onnx, PassThrough, Resample, VoiceActivity


@dataclass
class Note:
    """What a node gives."""

    start: float
    text: str


class Plain(Node):
    """A plain method, with parameters and a life of its own."""

    def __init__(self, prefix: str, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.prefix = prefix
        self.count = 0

    def initialize(self) -> None:
        self.logger.debug("begins")

    def process(self, text: str) -> str | None:
        self.count += 1
        return self.prefix + text if text else None

    def flush(self) -> str:
        return f"{self.count} in all"

    def get_capabilities(self) -> dict[str, Any]:
        return {"memory_gb": 0.1}


class Coroutine(Node):
    """A coroutine, with a coroutine's life."""

    async def initialize(self) -> None:
        await super().initialize()

    async def process(self, text: str) -> Note:
        state = self.get_session_state()
        if state is not None:
            state.set("seen", state.get("seen", 0) + 1)
        return Note(0.0, text)

    async def cleanup(self) -> None:
        await super().cleanup()


class Words(Node):
    """A generator."""

    def process(self, text: str) -> Iterator[str]:
        yield from text.split()


class Slow(Node):
    """An asynchronous generator."""

    async def process(self, text: str) -> AsyncIterator[str]:
        yield text


class Running(Node):
    """Called once with all inputs."""

    is_streaming = True

    async def process(self, numbers: AsyncIterator[int]) -> AsyncIterator[int]:
        total = 0
        async for number in numbers:
            total += number
            yield total


class Count(Node):
    """A source."""

    is_source = True

    def process(self) -> Iterator[int]:
        yield from range(3)


class Route(Node):
    """Sees the port that an item came in on."""

    def process(self, item: int, port: str = "in") -> Packet:
        return Packet(item, port="even" if item % 2 == 0 else "odd", metadata={"from": port})


@register_node_class
class Quieter(Node):
    """Takes and gives audio."""

    def process(self, audio: Audio) -> tuple[NDArray[Any], int]:
        samples, rate = audio
        assert audio.frames == samples.shape[-1] and audio.channels == 1 and audio.duration > 0
        return samples * 0.5, rate


def building() -> Pipeline:
    """Every way to add and to connect."""
    split, join = Route(), PassThrough(name="join")
    pipeline = Pipeline("typed").add(Count()).add(lambda item: item, on_error="skip", timeout=1.5)
    pipeline.add_node(split).connect(split["even"], join, capacity=4, policy="drop_oldest").connect(split["odd"], join)
    branches = Pipeline(name="branches", nodes=[Plain("a")])
    branches.add(Words() >> [Plain("b"), Plain("c")] >> PythonNode(str.upper), on_error=Retry(2, backoff=0.1))
    found: Node | None = branches.get_node("Words")
    removed: bool = branches.remove_node("missing")
    assert found is not None and not removed and len(branches) == branches.node_count == len(list(branches))
    return pipeline


def running(pipeline: Pipeline) -> None:
    """Every way to run in plain code."""
    assert sorted(pipeline.run()) == [0, 1, 2]
    stream: Stream = Pipeline([MultiplyNode(factor=2), AddNode(1)]).stream([1, 2])
    values: list[int] = [packet.value for packet in stream]
    assert values == [3, 5]
    session: Session = Pipeline("open").add(Running()).session()
    with session as opened:
        opened.send(1)
        taken: bool = opened.try_send(2)
        first: Packet = opened.recv(timeout=5.0)
        start: float | None = first.start
        opened.finish()
        rest: list[Any] = [packet.value for packet in opened]
        counts: dict[str, Any] = opened.metrics()
        assert taken and first.value == 1 and rest == [3] and counts["nodes"] and start is None
        try:
            opened.recv()
        except EndOfStream as error:
            assert isinstance(error, RemoteMediaError)


async def running_async(pipeline: Pipeline) -> None:
    """Every way to run in a coroutine."""
    assert sorted(await pipeline.run_async()) == [0, 1, 2]
    assert await Pipeline([Coroutine()]).run_async("a") == Note(0.0, "a")
    async with Pipeline([Slow()]).session() as session:
        talking: AsyncSession = session
        await talking.send("a", timeout=5.0)
        packet: Packet = await talking.recv(timeout=5.0)
        talking.finish()
        assert packet == "a" and [packet async for packet in talking] == []
    assert [packet.value async for packet in Pipeline([Words()]).stream("a b")] == ["a", "b"]
    async with Pipeline([Words()]).managed_execution() as managed:
        assert [value async for value in managed.process(_texts())] == ["x", "y"]


async def _texts() -> AsyncIterator[str]:
    yield "x y"


def describing() -> None:
    """What a pipeline says of itself."""
    pipeline = Pipeline([MultiplyNode(2), Words()], "described")
    assert pipeline.run([]) is None
    manifest: str = pipeline.serialize(description="typed")
    text: str = pipeline.inspect()
    drawn: str = pipeline.inspect(format="svg")
    config: dict[str, Any] = pipeline.get_config()
    definition: dict[str, Any] = pipeline.export_definition()
    metrics: dict[str, Any] | None = pipeline.get_metrics()
    assert manifest and text and drawn and config and definition and metrics
    again: Pipeline = Pipeline.from_manifest(Pipeline([AddNode(1)], "again").serialize())
    register_pipeline("again", again)
    assert Pipeline([HFPipelineNode("again")]).run(1) == 2


def packing() -> None:
    """A pipeline as one signed file, and back."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REMOTEMEDIA_HOME"] = os.path.join(folder, "home")
        package: Package = Pipeline([Words(), Quieter()], "packed").export(folder, key="default", description="typed")
        path: str = os.fspath(package)
        assert package.digest.removeprefix("sha256:") in path and package.files
        opened: Pipeline = Pipeline.from_package(package, trust_native=False)
        assert opened.name == package.name


def native() -> None:
    """Native nodes, by their own classes and by name."""
    resample = Resample(16000, channels=1, quality="low", name="down")
    rate: int = resample.rate
    channels: int | None = resample.channels
    samples = np.zeros(4410, np.float32)
    value: tuple[NDArray[np.float32], int] = (samples, 44100)
    outputs = Pipeline([resample, Quieter()]).run([value])
    assert outputs is not None and (rate, channels) == (16000, 1)
    vad = VoiceActivity(model="m.onnx", threshold=0.4, output="frames")
    model: str = vad.model
    assert model == "m.onnx" and Filter("a.b", above=1.5).above == 1.5 and Onnx("m", outputs=["a"]).outputs == ["a"]
    assert Pipeline([RustNode("Multiply", factor=3)]).run([1, 2]) == [3, 6]
    assert [AudioSource("a.wav", chunk_ms=10).path, AudioSink(path="b.wav").path] == ["a.wav", "b.wav"]


def elsewhere() -> list[Node]:
    """Nodes that this build describes and cannot run."""
    config = RemoteExecutorConfig("gpu", 9000, transport="webrtc", timeout=5.0, auth_token="t")
    named: Node = config("Transcribe", node_config={"language": "en"})
    sent: Node = RemoteObjectExecutionNode(Words(), remote_config=config)
    told: Node = RemoteExecutionNode("Transcribe", config)
    return [named, sent, told, WasmNode("a.wasm"), VideoSource("a.mp4"), VideoSink("b.mp4")]


def values() -> None:
    """Packets and media made by hand."""
    packet = Packet(1, start=0.5, duration=0.5, seq=3, port="left", metadata={"a": 1}, stream=2, uninterruptible=True)
    end: float | None = packet.end
    seq: int | None = packet.seq
    port: str | None = packet.port
    metadata: dict[str, Any] = packet.metadata
    assert (end, seq, port, metadata, packet.stream, packet.uninterruptible) == (1.0, 3, "left", {"a": 1}, 2, True)
    audio = Audio(np.zeros(160, np.float32), 16000, start=1.0)
    begins: float | None = audio.start
    assert begins == 1.0 and audio.end is not None and audio.sample_rate == audio[1] and audio.samples is audio[0]
    picture = Video("gray8", 2, 2, bytes(4))
    rows: NDArray[Any] = picture.planes[0]
    assert (picture.width, picture.height, picture.format, rows.shape) == (2, 2, "gray8", (2, 2))
    unit = Encoded("opus", b"ab", key_frame=True)
    data: bytes = unit.data
    assert (unit.codec, unit.key_frame, data) == ("opus", True, b"ab")


def ends() -> None:
    """Ends that the program feeds and reads."""
    source, sink = DataSource(timeout_seconds=5.0), DataSink(callback=print, buffer_output=True)
    assert source.push(1) and not sink.get_buffered_output()


def failures() -> None:
    """Every exception, and what a node's knows."""
    kinds: list[type[RemoteMediaError]] = [ConfigurationError, PackageError, PipelineError, RemoteExecutionError]
    kinds += [SandboxError, SerializationError, SessionCancelled, WebRTCError]
    try:
        Pipeline([Plain("a")], "failing").run([1])
    except NodeError as error:
        item: int | None = error.item
        node: str | None = error.node
        cause: BaseException | None = error.__cause__
        assert (item, node, type(cause)) == (1, "Plain_0", TypeError) and kinds


def runtime() -> str:
    """Questions of the earlier package."""
    module: ModuleType = get_rust_runtime()
    there, same, reason = try_load_rust_runtime()
    assert is_rust_runtime_available() and there and same is module and reason is None
    return remotemedia.__version__


def main() -> None:
    """Runs everything."""
    pipeline = building()
    running(pipeline)
    asyncio.run(running_async(pipeline))
    describing()
    packing()
    native()
    values()
    ends()
    failures()
    assert len(elsewhere()) == 6 and runtime()


if __name__ == "__main__":
    main()
