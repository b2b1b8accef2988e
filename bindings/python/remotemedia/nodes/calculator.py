"""A node that works out what each item asks for."""

from __future__ import annotations

import operator

from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "multiply": operator.mul,
    "subtract": operator.sub,
    "divide": operator.truediv,
    "power": operator.pow,
    "modulo": operator.mod,
}
_ZEROS = {"divide": "Division by zero", "modulo": "Modulo by zero"}


class CalculatorNode(Node):
    """Works out ``{"operation": "add", "args": [1, 2]}`` and gives it back with ``result``, or with ``error``.

    With ``operation`` and ``operand`` given here, that is applied to each number instead.
    """

    native_type = "CalculatorNode"

    def __init__(self, operation: str | None = None, operand: float | None = None, **kwargs: Any) -> None:
        fixed: dict[str, Any] = {} if operation is None else {"operation": operation, "operand": operand}
        super().__init__(**fixed, **kwargs)
        if operation is not None:
            self._check(operation, operand)
        self.operation = operation
        self.operand = operand

    def process(self, data: Any) -> Any:
        """The answer to a dict, or the number with the fixed operation applied."""
        if self.operation is not None and not isinstance(data, dict):
            if isinstance(data, list):
                return [_OPERATIONS[self.operation](item, self.operand) for item in data]
            return _OPERATIONS[self.operation](data, self.operand)
        if not isinstance(data, dict):
            return self._refusal("Input must be a dictionary", data)
        if "operation" not in data or "args" not in data:
            return self._refusal("Input must contain 'operation' and 'args' keys", data)
        return self._answer(data["operation"], data["args"])

    def get_supported_operations(self) -> list[str]:
        """The operations."""
        return list(_OPERATIONS)

    def _answer(self, operation: str, args: list[Any]) -> dict[str, Any]:
        done = {"operation": operation, "args": args, "processed_by": f"CalculatorNode[{self.name}]"}
        try:
            result = _work_out(operation, args)
        except Exception as error:
            return {"error": str(error), **done}
        return {**done, "result": result, "node_config": self.config}

    def _refusal(self, error: str, data: Any) -> dict[str, Any]:
        return {"error": error, "input": data, "processed_by": f"CalculatorNode[{self.name}]"}

    @staticmethod
    def _check(operation: str, operand: float | None) -> None:
        if operation not in _OPERATIONS:
            raise ValueError(f"Unknown operation: {operation}; known: {', '.join(_OPERATIONS)}")
        if operand is None:
            raise ValueError(f"operation {operation!r} needs an operand")
        if operand == 0 and operation in _ZEROS:
            raise ValueError(_ZEROS[operation])


def _work_out(operation: str, args: list[Any]) -> Any:
    if len(args) < 2:
        raise ValueError(f"Operation '{operation}' requires at least 2 arguments")
    if operation not in _OPERATIONS:
        raise ValueError(f"Unknown operation: {operation}")
    first, second = args[0], args[1]
    if second == 0 and operation in _ZEROS:
        raise ValueError(_ZEROS[operation])
    return _OPERATIONS[operation](first, second)


__all__ = ["CalculatorNode"]
