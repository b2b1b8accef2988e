"""Nodes that calculate with one number."""

from __future__ import annotations

from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MultiplyNode(Node):
    """Multiplies numbers, lists of numbers and arrays by ``factor``."""

    native_type = "MultiplyNode"

    def __init__(self, factor: float = 2.0, **kwargs: Any) -> None:
        super().__init__(factor=factor, **kwargs)
        self.factor = factor

    def process(self, data: Any) -> Any:
        """The product."""
        return [item * self.factor for item in data] if isinstance(data, list) else data * self.factor

    def _native_type(self) -> str | None:
        return super()._native_type() if _is_number(self.factor) else None

    def _native_params(self) -> dict[str, Any]:
        return {"factor": self.factor}


class AddNode(Node):
    """Adds ``addend`` to numbers, to each number of lists, and to arrays."""

    native_type = "AddNode"

    def __init__(self, addend: float = 0.0, **kwargs: Any) -> None:
        super().__init__(addend=addend, **kwargs)
        self.addend = addend

    def process(self, data: Any) -> Any:
        """The sum."""
        return [item + self.addend for item in data] if isinstance(data, list) else data + self.addend

    def _native_type(self) -> str | None:
        return super()._native_type() if _is_number(self.addend) else None

    def _native_params(self) -> dict[str, Any]:
        return {"addend": self.addend}


def _is_number(value: Any) -> bool:
    """Whether the native nodes can calculate with it."""
    if type(value) is int:
        return -(2**63) <= value < 2**63
    return type(value) is float and value - value == 0.0


__all__ = ["AddNode", "MultiplyNode"]
