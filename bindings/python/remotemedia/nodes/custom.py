"""A node that counts."""

from __future__ import annotations

from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any


class StatefulCounter(Node):
    """Gives ``(n,)`` for each item, counting on from ``initial_value``, whatever the item is."""

    is_streaming = True

    def __init__(self, initial_value: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value = initial_value

    async def process(self, data_stream: Any) -> AsyncIterator[tuple[int]]:
        """The numbers."""
        async for _ in data_stream:
            yield (self.value,)
            self.value += 1


__all__ = ["StatefulCounter"]
