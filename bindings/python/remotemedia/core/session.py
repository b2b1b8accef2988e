"""Sessions: a running graph to talk to, from plain code and from an event loop."""

from __future__ import annotations

# Not from `threading`, which programs without threads need not import.
from _thread import RLock

from .._native import Pending
from . import launch
from .exceptions import EndOfStream, PipelineError, SessionCancelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
    from typing import Any, Self

    from .._native import Packet
    from .._native import Session as NativeSession
    from .pipeline import Pipeline

#: How long a failed run waits for its nodes to be cleaned up before it raises all the same, in seconds.
_GRACE = 2.0
#: The same for a run that Ctrl-C ends.
_GRACE_AFTER_CTRL_C = 0.1
#: How long leaving a block waits for nodes that are busy, in seconds.
_PATIENCE = 5.0


class Session:
    """A running graph.

    In plain code its methods block. After ``async with``, use the ``AsyncSession`` that the block gives.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        has_input: bool = True,
        is_fed: bool = False,
        input_capacity: int | None = None,
        output_capacity: int | None = None,
    ) -> None:
        for name, capacity in (("input_capacity", input_capacity), ("output_capacity", output_capacity)):
            if capacity is not None and capacity < 1:
                raise ValueError(f"{name} is {capacity}, expected at least 1")
        self._capacities = (input_capacity, output_capacity)
        self._pipeline = pipeline
        self._is_fed = is_fed
        self._has_input = has_input and not any(node.is_source for node in pipeline._wiring.heads)
        self._native: NativeSession | None = None
        self._used = False
        self._starting = RLock()

    def send(self, value: Any, port: str | None = None, timeout: float | None = None) -> None:
        """Sends a value, waiting while the input is full.

        An array goes by reference: do not write into it afterwards; send a copy if you fill it anew.

        Raises ``TimeoutError`` after ``timeout`` seconds, ``NodeError`` if a node has failed.
        """
        self._running().send(value, port, timeout)

    def try_send(self, value: Any, port: str | None = None) -> bool:
        """Sends a value if there is room now; gives whether there was."""
        return self._running().try_send(value, port)

    def recv(self, timeout: float | None = None, port: str | None = None) -> Packet:
        """The next output.

        Raises ``EndOfStream`` after the last one, ``TimeoutError`` after ``timeout`` seconds, and ``NodeError`` if a
        node has failed, when everything before the failure was received.
        """
        _check_timeout(timeout)
        return self._running().recv(port, timeout)

    def finish(self, port: str | None = None) -> None:
        """Ends the input, on one port or on all; outputs go on to their end."""
        self._running().finish(port)

    def stop(self) -> None:
        """Ends the sources and the input; what is under way goes its way."""
        self._running().stop()

    def interrupt(self) -> None:
        """Discards everything that is under way, without tearing anything down."""
        self._running().interrupt()

    def cancel(self) -> None:
        """Ends the session at once; nothing more comes out."""
        self._running().cancel()

    def metrics(self) -> dict[str, Any]:
        """What the nodes and queues counted so far."""
        return self._running().metrics()

    def __iter__(self) -> Iterator[Packet]:
        receive = self._running().recv
        while True:
            try:
                packet = receive()
            except EndOfStream:
                return
            yield packet

    def __enter__(self) -> Self:
        self._running()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        native = self._running()
        if not native.is_over:
            native.cancel()
            if kind is None or issubclass(kind, Exception):
                native.wait_over(_PATIENCE)
        self._settle()
        if kind is None:
            native.raise_error()

    async def __aenter__(self) -> AsyncSession:
        self._start(launch.running_loop())
        return AsyncSession(self)

    async def __aexit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        await self._leave_async()
        if kind is None:
            self._running().raise_error()

    async def _leave_async(self, patience: float = _PATIENCE) -> None:
        """Ends the session and waits for its nodes, while the event loop goes on."""
        native = self._running()
        if not native.is_over:
            native.cancel()
            import asyncio

            await asyncio.to_thread(native.wait_over, patience)
        self._settle()

    def _fail(self, error: BaseException) -> None:
        """Ends the session for ``error``, which is raised next: gives its nodes the time to be cleaned up before."""
        native = self._running()
        native.cancel()
        native.wait_over(_GRACE_AFTER_CTRL_C if isinstance(error, KeyboardInterrupt) else _GRACE)

    def _settle(self) -> None:
        """Keeps the counts and ends the event loop of the session's own, unless nodes still need it."""
        native = self._running()
        self._pipeline._metrics = native.metrics()
        if native.is_over:
            native.close_loop(_PATIENCE)

    def _running(self) -> NativeSession:
        return self._native if self._native is not None else self._start(None)

    def _start(self, event_loop: Any) -> NativeSession:
        with self._starting:
            if self._native is None:
                graph = launch.graph(self._pipeline, has_input=self._has_input, event_loop=event_loop)
                self._native = graph.start(self._is_fed, *self._capacities)
            return self._native


class AsyncSession:
    """A running graph, as a coroutine talks to it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._native = session._running()

    async def send(self, value: Any, port: str | None = None, timeout: float | None = None) -> None:
        """As ``Session.send``."""
        pending = self._native.send_async(value, port)
        if pending is not None:
            await _limited(pending, timeout)

    def try_send(self, value: Any, port: str | None = None) -> bool:
        """As ``Session.try_send``."""
        return self._native.try_send(value, port)

    async def recv(self, timeout: float | None = None, port: str | None = None) -> Packet:
        """As ``Session.recv``."""
        _check_timeout(timeout)
        received = self._native.recv_async(port)
        return await _limited(received, timeout) if isinstance(received, Pending) else received

    def finish(self, port: str | None = None) -> None:
        """As ``Session.finish``."""
        self._native.finish(port)

    def stop(self) -> None:
        """As ``Session.stop``."""
        self._native.stop()

    def interrupt(self) -> None:
        """As ``Session.interrupt``."""
        self._native.interrupt()

    def cancel(self) -> None:
        """As ``Session.cancel``."""
        self._native.cancel()

    def metrics(self) -> dict[str, Any]:
        """As ``Session.metrics``."""
        return self._native.metrics()

    async def __aiter__(self) -> AsyncIterator[Packet]:
        while True:
            try:
                packet = await self.recv()
            except EndOfStream:
                return
            yield packet


def _check_timeout(timeout: Any) -> None:
    if isinstance(timeout, str):
        raise TypeError(f"recv() takes the timeout first: expected seconds, found {timeout!r}; use port={timeout!r}")


async def _limited(pending: Pending, timeout: float | None) -> Any:
    from .._native import settle

    if timeout is None:
        return await settle(pending)
    import asyncio

    return await asyncio.wait_for(settle(pending), timeout)


def run_to_end(pipeline: Pipeline, items: list[Any] | None) -> list[Any]:
    """All outputs for a list of inputs, as values. Blocks."""
    session = Session(pipeline, has_input=items is not None, is_fed=True)
    native = session._running()
    try:
        return native.run(items)
    except BaseException as error:
        session._fail(error)
        raise
    finally:
        session._settle()


async def run_to_end_async(pipeline: Pipeline, items: list[Any] | None) -> list[Any]:
    """All outputs for a list of inputs, as values."""
    session = Session(pipeline, has_input=items is not None)
    session._start(launch.running_loop())
    try:
        return [packet.value async for packet in exchange(AsyncSession(session), items)]
    finally:
        await session._leave_async(_GRACE)


async def exchange(running: AsyncSession, inputs: Any) -> AsyncGenerator[Packet]:
    """The outputs of a session that takes its inputs meanwhile.

    Where the iterable of inputs raises, the outputs of what it gave before come first.
    """
    import asyncio

    feeder = asyncio.ensure_future(_feed(running, inputs))
    try:
        async for packet in running:
            yield packet
        await feeder
    except SessionCancelled:
        if feeder.done() and not feeder.cancelled() and feeder.exception() is not None:
            await feeder
        raise
    finally:
        feeder.cancel()
        await asyncio.gather(feeder, return_exceptions=True)


async def _feed(running: AsyncSession, inputs: Any) -> None:
    """Sends every input, and ends the input also where the iterable raises. Of a failed node, ``recv()`` tells."""
    try:
        if hasattr(inputs, "__aiter__"):
            async for item in inputs:
                await running.send(item)
        else:
            for item in inputs or ():
                await running.send(item)
    except Exception:
        running.finish()
        raise
    except BaseException:
        running.cancel()
        raise
    running.finish()


async def prepare(pipeline: Pipeline) -> Session:
    """A session whose nodes are initialised."""
    import asyncio

    session = Session(pipeline)
    native = session._start(launch.running_loop())
    try:
        await asyncio.to_thread(native.wait_ready)
    except BaseException as error:
        await session._leave_async(_GRACE)
        if isinstance(error, Exception):
            raise PipelineError(f"Pipeline initialization failed: {error}") from error
        raise
    return session


async def process(pipeline: Pipeline, inputs: AsyncIterable[Any] | None) -> AsyncIterator[Any]:
    """The outputs of an initialised pipeline, as values. The first stream goes through the prepared session."""
    session = pipeline._prepared
    if session is None or session._used or session._has_input != (inputs is not None):
        if session is not None:
            await session._leave_async()
        session = pipeline._prepared = Session(pipeline, has_input=inputs is not None)
        session._start(launch.running_loop())
    session._used = True
    outputs = exchange(AsyncSession(session), inputs)
    try:
        async for packet in outputs:
            yield packet.value
    finally:
        await outputs.aclose()
        await session._leave_async(_GRACE)
