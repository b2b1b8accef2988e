"""Functions and plain objects as nodes."""

from __future__ import annotations

import copy

from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PythonNode(Node):
    """A node that runs in this interpreter.

    ``PythonNode(function)`` and ``PythonNode(object_with_process)`` make a node of what is there; a class with
    ``process`` is called with the further keyword arguments first. As a base class it is the same as ``Node``.
    """

    def __init__(self, target: Any = None, name: str | None = None, **params: Any) -> None:
        if target is None:
            super().__init__(name=name, **params)
            self._target: Any = None
            return
        makes = isinstance(target, type) and hasattr(target, "process")
        self._target = target(**params) if makes else target
        super().__init__(name=name or _name_of(self._target))
        for flag in ("is_streaming", "is_source", "is_sink"):
            setattr(self, flag, bool(getattr(self._target, flag, False)))

    def process(self, data: Any) -> Any:
        """Calls the function, or the object's ``process``."""
        return getattr(self._target, "process", self._target)(data)

    def _implementation(self) -> Any:
        return self if self._target is None else self._target

    def _clone(self) -> Node:
        clone = super()._clone()
        if isinstance(clone, PythonNode) and callable(getattr(self._target, "process", None)):
            clone._target = copy.copy(self._target)
        return clone


def _name_of(target: Any) -> str:
    name = getattr(target, "__name__", None) or type(target).__name__
    return "function" if name == "<lambda>" else name
