"""A Hugging Face ``transformers`` pipeline as a node."""

from __future__ import annotations

from ...core.exceptions import NodeError
from ...core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class TransformersPipelineNode(Node):
    """Runs ``transformers.pipeline(task, model=…)`` on each item, on a thread beside the event loop.

    The best device that there is unless one is named. The model is loaded when the node is initialised, which downloads
    it if ``transformers`` has not.
    """

    def __init__(
        self,
        task: str,
        model: str | None = None,
        device: Any = None,
        model_kwargs: dict[str, Any] | None = None,
        torch_dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not task:
            raise ValueError("The 'task' argument is required.")
        self.task = task
        self.model = model
        self.device = device
        self.model_kwargs = model_kwargs or {}
        self.torch_dtype = torch_dtype
        self.pipe: Any = None

    async def initialize(self) -> None:
        """Loads the model."""
        import asyncio

        await super().initialize()
        self.pipe = await asyncio.to_thread(self._load)

    async def process(self, data: Any) -> Any:
        """What the model gives."""
        import asyncio

        if self.pipe is None:
            raise NodeError("Pipeline not initialized. Call initialize() first.")
        return await asyncio.to_thread(self.pipe, data)

    async def cleanup(self) -> None:
        """Lets go of the model."""
        self.pipe = None
        await super().cleanup()

    def get_capabilities(self) -> dict[str, Any]:
        """Memory by the kind of task; a GPU if one is named, or would help."""
        large = self.task in ("automatic-speech-recognition", "text-to-speech", "image-to-text")
        capabilities: dict[str, Any] = {"memory_gb": 8.0 if large else 4.0}
        named = isinstance(self.device, int) or "cuda" in str(self.device)
        if self.device is None or named:
            capabilities["gpu"] = {"type": "cuda", "min_memory_gb": 6.0 if large else 3.0, "required": named}
        return capabilities

    def _load(self) -> Any:
        torch, transformers = require_transformers(type(self).__name__)
        options = {"torch_dtype": dtype_named(torch, self.torch_dtype)} if self.torch_dtype else {}
        device = self.device if self.device is not None else best_device(torch)
        return transformers.pipeline(self.task, model=self.model, device=device, **options, **self.model_kwargs)


def require_transformers(who: str) -> tuple[Any, Any]:
    """The modules ``torch`` and ``transformers``."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise NodeError(f"{who} needs transformers and torch: pip install transformers torch") from error
    return torch, transformers


def best_device(torch: Any) -> str:
    """The name of the fastest device that ``torch`` sees."""
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def dtype_named(torch: Any, name: str) -> Any:
    """The ``torch`` type of that name."""
    dtype = getattr(torch, name, None)
    if dtype is None:
        raise NodeError(f"Invalid torch_dtype {name!r}")
    return dtype


__all__ = ["TransformersPipelineNode"]
