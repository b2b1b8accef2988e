"""Nodes that pass on and collect items."""

from __future__ import annotations

from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PassThroughNode(Node):
    """Gives every item on as it came."""

    native_type = "PassThroughNode"

    def process(self, data: Any) -> Any:
        """The item."""
        return data

    def _native_params(self) -> dict[str, Any]:
        return {}


class BufferNode(Node):
    """Collects items and gives lists of ``buffer_size`` items, at the end of the stream what is left."""

    def __init__(self, buffer_size: int = 10, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.buffer_size = buffer_size
        self.buffer: list[Any] = []

    def process(self, data: Any) -> list[Any] | None:
        """The full list, or ``None`` while it is not full."""
        self.buffer.append(data)
        return self.flush() if len(self.buffer) >= self.buffer_size else None

    def flush(self) -> list[Any]:
        """What was collected so far."""
        collected, self.buffer = self.buffer, []
        return collected


__all__ = ["BufferNode", "PassThroughNode"]
