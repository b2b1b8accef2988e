"""Nodes for audio as the tuple ``(samples, sample_rate)`` with samples of shape ``(channels, frames)``.

Streams are served better by the native nodes ``Resample``, ``ChannelMix``, ``Chunker`` and ``VoiceActivity``: these
keep their state from packet to packet and leave no seams.
"""

from __future__ import annotations

from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    import numpy as np

    from .native import NativeCall

_HINTS = ("auto", "rust", "python")


class _AudioNode(Node):
    """A node that lets a native one do the work, packet by packet."""

    _call: NativeCall | None = None

    def _native(self, node_type: str, **params: Any) -> NativeCall:
        if self._call is None:
            from .native import NativeCall

            self._call = NativeCall(node_type, params)
        return self._call

    def cleanup(self) -> Any:
        """Ends the native node."""
        if self._call is not None:
            self._call.close()
            self._call = None
        return super().cleanup()

    def _refusal(self, error: str, data: Any) -> dict[str, Any]:
        return {"error": error, "input": data, "processed_by": f"{type(self).__name__}[{self.name}]"}


class AudioTransform(_AudioNode):
    """Changes sample rate and number of channels of each packet; metadata behind the audio stays."""

    def __init__(self, output_sample_rate: int = 44100, output_channels: int = 2, **kwargs: Any) -> None:
        super().__init__(output_sample_rate=output_sample_rate, output_channels=output_channels, **kwargs)
        self.output_sample_rate = output_sample_rate
        self.output_channels = output_channels

    def process(self, data: Any) -> Any:
        """The audio in the new form; what is no audio is given on with a warning."""
        audio, metadata = self.split_data_metadata(data)
        if not _is_audio(audio):
            self.logger.warning("expected (samples, sample_rate), found %s", type(audio).__name__)
            return data
        mixes_down = self.output_channels == 1 and audio[0].ndim == 2 and audio[0].shape[0] > 1
        params = {"output_sample_rate": self.output_sample_rate, "output_channels": self.output_channels}
        (packet,) = self._native("AudioTransform", **params)(tuple(audio[:2]))
        samples = packet.value[0] if mixes_down else _two_dimensional(packet.value[0])
        return self.merge_data_metadata((samples, self.output_sample_rate), metadata)


class AudioResampler(_AudioNode):
    """Changes the sample rate of each packet."""

    def __init__(self, target_sample_rate: int = 44100, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_sample_rate = target_sample_rate

    def process(self, data: Any) -> Any:
        """The audio at the new rate, or a dict with an ``error``."""
        if not isinstance(data, tuple) or len(data) != 2:
            return self._refusal("Input must be a tuple of (audio_data, sample_rate)", data)
        if not _is_audio(data):
            return self._refusal("Audio data must be a numpy array", data)
        (packet,) = self._native("AudioResampler", target_sample_rate=self.target_sample_rate)(data)
        return packet.value[0], self.target_sample_rate


class AudioResampleNode(_AudioNode):
    """Changes the sample rate of each packet, natively or, with ``runtime_hint="python"``, with NumPy."""

    def __init__(
        self, target_sample_rate: int = 16000, quality: str = "high", runtime_hint: str = "auto", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.target_sample_rate = target_sample_rate
        self.quality = quality
        self.runtime_hint = _checked_hint(runtime_hint)

    def process(self, data: Any) -> Any:
        """The audio at the new rate, or a dict with an ``error``."""
        if not isinstance(data, (tuple, list)) or len(data) < 2:
            return self._refusal("Input must be a tuple of (audio_data, sample_rate)", data)
        if not _is_audio(data):
            return self._refusal("Audio data must be a numpy array", data)
        samples, rate = data[:2]
        if rate == self.target_sample_rate:
            return samples, rate
        if self.runtime_hint == "python":
            return _resampled(_two_dimensional(samples), rate, self.target_sample_rate), self.target_sample_rate
        params = {"target_sample_rate": self.target_sample_rate, "quality": self.quality}
        (packet,) = self._native("AudioResampleNode", **params)((samples, rate))
        return _two_dimensional(packet.value[0]), self.target_sample_rate


class FormatConverterNode(_AudioNode):
    """Changes the type of the samples to ``f32``, ``i16`` or ``i32``, full scale to full scale."""

    def __init__(self, target_format: str = "f32", runtime_hint: str = "auto", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_format = target_format.lower()
        self.runtime_hint = _checked_hint(runtime_hint)
        if self.target_format not in ("f32", "i16", "i32"):
            raise ValueError(f"Unsupported format: {target_format}. Must be 'f32', 'i16', or 'i32'")

    def process(self, data: Any) -> Any:
        """The audio with the new type, or a dict with an ``error``."""
        if not isinstance(data, (tuple, list)) or len(data) < 2:
            return self._refusal("Input must be a tuple of (audio_data, sample_rate)", data)
        if not _is_audio(data):
            return self._refusal("Audio data must be a numpy array", data)
        samples, rate = data[:2]
        if self.runtime_hint == "python":
            return _converted(_two_dimensional(samples), self.target_format), rate
        (packet,) = self._native("FormatConverterNode", target_format=self.target_format)((samples, rate))
        return _two_dimensional(packet.value[0]), rate


class VADNode(_AudioNode):
    """Tells for each packet whether it holds speech: ``(samples, rate, {"is_speech", "speech_frames", "total_frames"})``."""

    def __init__(
        self,
        frame_duration_ms: int = 30,
        energy_threshold: float = 0.02,
        runtime_hint: str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.frame_duration_ms = frame_duration_ms
        self.energy_threshold = energy_threshold
        self.runtime_hint = _checked_hint(runtime_hint)

    def process(self, data: Any) -> Any:
        """The audio with what was found, or a dict with an ``error``."""
        if not isinstance(data, (tuple, list)) or len(data) < 2:
            return self._refusal("Input must be a tuple of (audio_data, sample_rate)", data)
        if not _is_audio(data):
            return self._refusal("Audio data must be a numpy array", data)
        samples, rate = _two_dimensional(data[0]), data[1]
        if self.runtime_hint == "python":
            energies = _frame_energies(samples, rate, self.frame_duration_ms)
            speech = sum(energy > self.energy_threshold for energy in energies)
            found = {"is_speech": speech > 0, "speech_frames": speech, "total_frames": len(energies)}
            return samples, rate, found
        params = {"frame_duration_ms": self.frame_duration_ms, "energy_threshold": self.energy_threshold}
        (packet,) = self._native("VADNode", **params)((samples, rate))
        return samples, rate, packet.metadata


class AudioBuffer(Node):
    """Cuts audio into packets of ``buffer_size_samples`` frames, and gives what is left at the end."""

    is_streaming = True

    def __init__(self, buffer_size_samples: int, **kwargs: Any) -> None:
        if buffer_size_samples < 1:
            raise ValueError(f"buffer_size_samples is {buffer_size_samples}, expected at least 1")
        super().__init__(buffer_size_samples=buffer_size_samples, **kwargs)
        self.buffer_size_samples = buffer_size_samples

    async def process(self, data_stream: Any) -> AsyncIterator[Any]:
        """The packets. A change of rate or channels gives what was collected before it first."""
        import numpy as np

        size, held, rate = self.buffer_size_samples, None, None
        async for data in data_stream:
            if not isinstance(data, (tuple, list)) or len(data) != 2 or not _is_audio(data):
                self.logger.warning("expected (samples, sample_rate), found %s", type(data).__name__)
                continue
            samples = _two_dimensional(data[0])
            if held is not None and (data[1] != rate or samples.shape[0] != held.shape[0]):
                if held.shape[1]:
                    yield held, rate
                held = None
            held = samples if held is None else np.concatenate((held, samples), axis=1)
            rate = data[1]
            while held.shape[1] >= size:
                yield held[:, :size], rate
                held = held[:, size:]
        if held is not None and held.shape[1]:
            yield held, rate


class VoiceActivityDetector(Node):
    """Judges each packet by the energy of its frames, with a threshold that follows the noise.

    Gives ``((samples, rate), {"is_speech", "speech_ratio", "avg_energy", "frame_duration_ms"})``; with ``filter_mode``
    only packets with speech, as they came.
    """

    is_streaming = True

    def __init__(
        self,
        frame_duration_ms: int = 30,
        energy_threshold: float = 0.02,
        speech_threshold: float = 0.3,
        filter_mode: bool = False,
        include_metadata: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.frame_duration_ms = frame_duration_ms
        self.energy_threshold = energy_threshold
        self.speech_threshold = speech_threshold
        self.filter_mode = filter_mode
        self.include_metadata = include_metadata
        self._history: list[float] = []

    async def process(self, data_stream: Any) -> AsyncIterator[Any]:
        """What was found, packet by packet."""
        async for data in data_stream:
            audio, metadata = self.split_data_metadata(data)
            if not isinstance(audio, tuple) or not _is_audio(audio):
                self.logger.warning("expected (samples, sample_rate), found %s", type(audio).__name__)
                continue
            samples, rate = _two_dimensional(audio[0]), audio[1]
            found = self._judge(samples, rate)
            if self.filter_mode:
                if found["is_speech"]:
                    yield self.merge_data_metadata((samples, rate), metadata)
            elif self.include_metadata:
                yield (samples, rate), {**(metadata or {}), **found}
            else:
                yield self.merge_data_metadata((samples, rate), metadata)

    def _judge(self, samples: np.ndarray, rate: int) -> dict[str, Any]:
        threshold = self._threshold()
        energies = _frame_energies(samples, rate, self.frame_duration_ms)
        self._history = (self._history + energies)[-100:]
        count = max(len(energies), 1)
        ratio = sum(energy > threshold for energy in energies) / count
        return {
            "is_speech": ratio >= self.speech_threshold,
            "speech_ratio": ratio,
            "avg_energy": sum(energies) / count,
            "frame_duration_ms": self.frame_duration_ms,
        }

    def _threshold(self) -> float:
        """A blend of the given threshold and 2.5 times the noise, the 30th percentile of recent energies."""
        if not self._history:
            return self.energy_threshold
        noise = sorted(self._history)[int(len(self._history) * 0.3)]
        return 0.7 * noise * 2.5 + 0.3 * self.energy_threshold


class ExtractAudioDataNode(Node):
    """Gives the samples of ``(samples, sample_rate)`` alone, in one dimension."""

    def process(self, data: Any) -> Any:
        """The samples; nothing for what is no audio."""
        if isinstance(data, tuple) and len(data) == 2 and _is_audio(data):
            return data[0].flatten()
        self.logger.warning("expected (samples, sample_rate), found %s", type(data).__name__)
        return None


def _is_audio(data: Any) -> bool:
    import numpy as np

    return isinstance(data, (tuple, list)) and len(data) >= 2 and isinstance(data[0], np.ndarray)


def _two_dimensional(samples: np.ndarray) -> np.ndarray:
    return samples.reshape(1, -1) if samples.ndim == 1 else samples


def _checked_hint(hint: str) -> str:
    if hint not in _HINTS:
        raise ValueError(f"runtime_hint is {hint!r}, expected one of {', '.join(_HINTS)}")
    return hint


def _frame_energies(samples: np.ndarray, rate: int, frame_ms: int) -> list[float]:
    """The RMS amplitude of each whole frame, of the mean of the channels."""
    import numpy as np

    mono = samples.mean(axis=0) if samples.shape[0] > 1 else samples[0]
    length = int(rate * frame_ms / 1000)
    if length == 0:
        return []
    frames = mono[: len(mono) // length * length].reshape(-1, length)
    return [float(energy) for energy in np.sqrt(np.mean(frames * frames, axis=1))]


def _resampled(samples: np.ndarray, rate: int, target: int) -> np.ndarray:
    """Resampling in the frequency domain, packet by packet."""
    import numpy as np

    frames = samples.shape[1]
    wanted = max(1, round(frames * target / rate))
    spectrum = np.fft.rfft(samples, axis=1)
    kept = np.zeros((samples.shape[0], wanted // 2 + 1), spectrum.dtype)
    common = min(kept.shape[1], spectrum.shape[1])
    kept[:, :common] = spectrum[:, :common]
    scaled: np.ndarray = np.fft.irfft(kept, wanted, axis=1) * (wanted / frames)
    return scaled.astype(np.float32)


def _converted(samples: np.ndarray, target: str) -> np.ndarray:
    import numpy as np

    scales = {np.dtype(np.int16): 32768.0, np.dtype(np.int32): 2147483648.0}
    wanted = np.dtype({"f32": np.float32, "i16": np.int16, "i32": np.int32}[target])
    if samples.dtype == wanted:
        return samples
    full = samples.astype(np.float64) / scales.get(samples.dtype, 1.0)
    if target == "f32":
        return full.astype(np.float32)
    limits = np.iinfo(np.int16 if target == "i16" else np.int32)
    return np.clip(np.rint(full * scales[wanted]), limits.min, limits.max).astype(wanted)


__all__ = [
    "AudioBuffer",
    "AudioResampleNode",
    "AudioResampler",
    "AudioTransform",
    "ExtractAudioDataNode",
    "FormatConverterNode",
    "VADNode",
    "VoiceActivityDetector",
]
