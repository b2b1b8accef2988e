"""Ends of a pipeline that other parts of the program feed and read."""

from __future__ import annotations

from collections import deque

from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Any


class DataSourceNode(Node):
    """Gives what other parts of the program push, from any thread.

    It ends when it is closed, or when nothing was pushed for ``timeout_seconds``.
    """

    is_streaming = True
    is_source = True

    def __init__(self, buffer_size: int = 100, timeout_seconds: float = 30.0, name: str | None = None) -> None:
        super().__init__(name=name or "DataSourceNode")
        self.buffer_size = buffer_size
        self.timeout_seconds = timeout_seconds
        self._items: deque[Any] = deque()
        self._closed = False
        self._wake: Callable[[], object] = _nobody

    def push(self, data: Any) -> bool:
        """Puts an item in line; gives whether there was room and the source is open."""
        if self._closed or len(self._items) >= self.buffer_size:
            return False
        self._items.append(data)
        self._wake()
        return True

    async def push_data(self, data: Any) -> bool:
        """As ``push``, for ``await``."""
        return self.push(data)

    async def close(self) -> None:
        """Ends the source; what was pushed before still goes its way."""
        self._closed = True
        self._wake()

    async def process(self, input_data: Any = None) -> AsyncIterator[Any]:
        """The items, as they are pushed."""
        import asyncio

        loop, pushed = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(pushed.set)
        try:
            while True:
                pushed.clear()
                while self._items:
                    yield self._items.popleft()
                if self._closed:
                    return
                await asyncio.wait_for(pushed.wait(), self.timeout_seconds)
        except TimeoutError:
            self.logger.info("nothing was pushed for %s seconds", self.timeout_seconds)
        finally:
            self._wake = _nobody

    def get_config(self) -> dict[str, Any]:
        """Name, class and parameters."""
        config = super().get_config()
        config.update(
            buffer_size=self.buffer_size, timeout_seconds=self.timeout_seconds, is_source=True, is_streaming=True
        )
        return config


class DataSinkNode(Node):
    """Hands every item to ``callback``, keeps the last ``buffer_size`` if ``buffer_output``, and passes it on."""

    is_sink = True

    def __init__(
        self,
        callback: Callable[[Any], Any] | None = None,
        buffer_output: bool = False,
        buffer_size: int = 100,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name or "DataSinkNode")
        self.callback = callback
        self.buffer_output = buffer_output
        self.buffer_size = buffer_size
        self.output_buffer: deque[Any] | None = deque(maxlen=buffer_size) if buffer_output else None
        self._output_queue: Any = None
        self._total_processed = 0

    def set_callback(self, callback: Callable[[Any], Any] | None) -> None:
        """What every further item is handed to."""
        self.callback = callback

    def set_output_queue(self, queue: Any) -> None:
        """An ``asyncio.Queue`` that every further item is put into."""
        self._output_queue = queue

    async def process(self, data: Any) -> Any:
        """The item."""
        self._total_processed += 1
        if self.output_buffer is not None:
            self.output_buffer.append(data)
        if self._output_queue is not None:
            await self._output_queue.put(data)
        if self.callback is not None:
            result = self.callback(data)
            if hasattr(result, "__await__"):
                await result
        return data

    def get_buffered_output(self) -> list[Any]:
        """The items that were kept, oldest first."""
        return list(self.output_buffer or ())

    def clear_buffer(self) -> None:
        """Forgets the items that were kept."""
        if self.output_buffer is not None:
            self.output_buffer.clear()

    def get_config(self) -> dict[str, Any]:
        """Name, class and parameters."""
        config = super().get_config()
        config.update(
            buffer_output=self.buffer_output,
            buffer_size=self.buffer_size,
            is_sink=True,
            total_processed=self._total_processed,
        )
        return config


def _nobody() -> None:
    """Nobody waits for items yet."""


DataSource = DataSourceNode
DataSink = DataSinkNode

__all__ = ["DataSink", "DataSinkNode", "DataSource", "DataSourceNode"]
