"""Speech recognition by Whisper as a node."""

from __future__ import annotations

from ...core.node import Node
from .transformers_pipeline import best_device, dtype_named, require_transformers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

#: The rate that Whisper models expect, in Hz.
_RATE = 16000


class WhisperTranscriptionNode(Node):
    """Gives the text of each ``chunk_length_s`` seconds of speech, and of what is left at the end.

    Takes ``(samples, sample_rate)`` of any rate and number of channels.
    """

    is_streaming = True

    def __init__(
        self,
        model_id: str = "openai/whisper-large-v3-turbo",
        device: str | None = None,
        torch_dtype: str = "float16",
        chunk_length_s: float = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model_id = model_id
        self.device = device
        self.torch_dtype = torch_dtype
        self.chunk_length_s = chunk_length_s
        self.pipe: Any = None

    async def initialize(self) -> None:
        """Loads the model."""
        import asyncio

        await super().initialize()
        self.pipe = await asyncio.to_thread(self._load)

    async def process(self, data_stream: Any) -> AsyncIterator[str]:
        """The texts."""
        import numpy as np

        held, enough = np.zeros(0, np.float32), int(self.chunk_length_s * _RATE)
        async for samples, rate in data_stream:
            held = np.concatenate((held, _for_whisper(samples, rate)))
            while len(held) >= enough:
                yield await self._text(held[:enough])
                held = held[enough:]
        if len(held):
            yield await self._text(held)

    async def cleanup(self) -> None:
        """Lets go of the model."""
        self.pipe = None
        await super().cleanup()

    def get_capabilities(self) -> dict[str, Any]:
        """A GPU helps."""
        return {"memory_gb": 8.0, "gpu": {"type": "cuda", "min_memory_gb": 6.0, "required": False}}

    async def _text(self, samples: Any) -> str:
        import asyncio

        result = await asyncio.to_thread(self.pipe, {"raw": samples, "sampling_rate": _RATE})
        return str(result["text"]).strip()

    def _load(self) -> Any:
        torch, transformers = require_transformers(type(self).__name__)
        device = self.device or best_device(torch)
        name = self.torch_dtype if device != "cpu" else "float32"
        return transformers.pipeline(
            "automatic-speech-recognition",
            model=self.model_id,
            device=device,
            torch_dtype=dtype_named(torch, name),
        )


def _for_whisper(samples: Any, rate: int) -> Any:
    """One channel at the rate that the models expect."""
    import numpy as np

    from ..audio import _resampled

    mono = np.atleast_2d(samples).mean(axis=0, dtype=np.float32)
    return mono if rate == _RATE else _resampled(mono[None, :], rate, _RATE)[0]


__all__ = ["WhisperTranscriptionNode"]
