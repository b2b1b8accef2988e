"""Nodes in the WebAssembly sandbox."""

from __future__ import annotations

from ..core.exceptions import SandboxError
from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class WasmNode(Node):
    """A ``.wasm`` module as a node. Describes itself in manifests; this build has no sandbox to run it in."""

    file_parameters = ("module",)

    def __init__(self, module: str, name: str | None = None, **params: Any) -> None:
        super().__init__(name=name, module=module, **params)
        self.module = module

    def initialize(self) -> Any:
        """Refuses: this build has no sandbox."""
        raise SandboxError(f"{self.module} needs the WebAssembly sandbox, which this build lacks")

    def process(self, data: Any) -> Any:
        """Refuses: this build has no sandbox."""
        raise SandboxError(f"{self.module} needs the WebAssembly sandbox, which this build lacks")


__all__ = ["WasmNode"]
