"""A node that does to a text what each item asks for."""

from __future__ import annotations

from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_OPERATIONS: dict[str, Callable[[str], Any]] = {
    "uppercase": lambda text: text.upper(),
    "lowercase": lambda text: text.lower(),
    "reverse": lambda text: text[::-1],
    "word_count": lambda text: len(text.split()),
    "char_count": len,
    "title_case": lambda text: text.title(),
    "remove_spaces": lambda text: text.replace(" ", ""),
    "first_word": lambda text: next(iter(text.split()), ""),
    "last_word": lambda text: next(reversed(text.split()), ""),
}


class TextProcessorNode(Node):
    """Takes ``{"text": "Hello", "operations": ["uppercase", "word_count"]}`` and gives the ``results`` by operation."""

    native_type = "TextProcessorNode"

    def process(self, data: Any) -> dict[str, Any]:
        """The results, or an ``error``."""
        if not isinstance(data, dict):
            return self._refusal("Input must be a dictionary", data)
        if "text" not in data:
            return self._refusal("Input must contain 'text' key", data)
        text, operations = data["text"], data.get("operations", ["uppercase"])
        by = f"TextProcessorNode[{self.name}]"
        try:
            results = dict(_result(name, text) for name in operations)
        except Exception as error:
            return {"error": str(error), "text": text, "operations": operations, "processed_by": by}
        return {
            "original_text": text,
            "operations": operations,
            "results": results,
            "processed_by": by,
            "node_config": self.config,
        }

    def get_supported_operations(self) -> list[str]:
        """The operations."""
        return list(_OPERATIONS)

    def _refusal(self, error: str, data: Any) -> dict[str, Any]:
        return {"error": error, "input": data, "processed_by": f"TextProcessorNode[{self.name}]"}


def _result(name: str, text: str) -> tuple[str, Any]:
    if name in _OPERATIONS:
        return name, _OPERATIONS[name](text)
    return f"unknown_operation_{name}", f"Unknown operation: {name}"


__all__ = ["TextProcessorNode"]
