# Written by scripts/make_stubs.py; changes made here are lost.

"""The nodes that come with the package: Python ones, and a class for every native type.

Nothing is imported before it is asked for.
"""

from typing import Any, Literal

from ..core.node import Node
from .audio import (
    AudioBuffer,
    AudioResampleNode,
    AudioResampler,
    AudioTransform,
    ExtractAudioDataNode,
    FormatConverterNode,
    VADNode,
    VoiceActivityDetector,
)
from .base import BufferNode, PassThroughNode
from .bridge import HFPipelineNode, PipelineNode
from .calculator import CalculatorNode
from .custom import StatefulCounter
from .io_nodes import DataSink, DataSinkNode, DataSource, DataSourceNode
from .ml.transformers_pipeline import TransformersPipelineNode
from .ml.whisper_transcription import WhisperTranscriptionNode
from .native import NativeNode, RustNode
from .python import PythonNode
from .remote import RemoteExecutionNode, RemoteObjectExecutionNode
from .simple_math import AddNode, MultiplyNode
from .text_processor import TextProcessorNode
from .video import VideoResizer, VideoSink, VideoSource, VideoTransform
from .wasm import WasmNode

__all__ = [
    "Add",
    "AddNode",
    "Align",
    "AudioBuffer",
    "AudioResampleNode",
    "AudioResampler",
    "AudioSink",
    "AudioSource",
    "AudioTransform",
    "Batch",
    "Buffer",
    "BufferNode",
    "Calculator",
    "CalculatorNode",
    "ChannelMix",
    "Chunker",
    "Counter",
    "DataSink",
    "DataSinkNode",
    "DataSource",
    "DataSourceNode",
    "EnergyVoiceActivity",
    "ExtractAudioDataNode",
    "Filter",
    "FormatConvert",
    "FormatConverterNode",
    "Gain",
    "HFPipelineNode",
    "LevelMeter",
    "MediaReaderNode",
    "MediaWriterNode",
    "Merge",
    "Multiply",
    "MultiplyNode",
    "NativeNode",
    "Node",
    "Onnx",
    "PassThrough",
    "PassThroughNode",
    "PipelineNode",
    "PythonNode",
    "RemoteExecutionNode",
    "RemoteObjectExecutionNode",
    "Resample",
    "RustNode",
    "StatefulCounter",
    "Tee",
    "Text",
    "TextProcessor",
    "TextProcessorNode",
    "Throttle",
    "TransformersPipelineNode",
    "Unbatch",
    "VADNode",
    "VideoResizer",
    "VideoSink",
    "VideoSource",
    "VideoTransform",
    "VoiceActivity",
    "VoiceActivityDetector",
    "WasmNode",
    "WavSink",
    "WhisperTranscriptionNode",
]
PYTHON_NODES: dict[str, str]

class Add(NativeNode):
    """Adds a number to numbers, to each number of lists, to tensors and audio.

    ``addend``: What is added to each number.
    """

    addend: float
    def __init__(self, addend: float = 0.0, *, name: str | None = None) -> None: ...

class Align(NativeNode):
    """Joins streams by time: one packet of each input port makes a set.

    ``by``: By what packets belong together.
    ``tolerance_ms``: How far the times of packets that belong together may lie apart, in milliseconds.
    ``max_wait``: How many packets of each port may wait for the others.
    ``unmatched``: What happens to a packet that belongs to no other.
    """

    by: Literal["time", "number"]
    tolerance_ms: float
    max_wait: int
    unmatched: Literal["drop", "pass", "error"]
    def __init__(
        self,
        by: Literal["time", "number"] = ...,
        tolerance_ms: float = 5.0,
        max_wait: int = 256,
        unmatched: Literal["drop", "pass", "error"] = ...,
        *,
        name: str | None = None,
    ) -> None: ...

class AudioSink(NativeNode):
    """Plays audio on a sound device, or writes it to a file.

    ``path``: The WAV file to write.
    ``device``: The sound device to play on, by its ALSA name; or `file:PATH` for a WAV file; or `test:discard`, which takes everything and plays nothing.
    ``format``: The format of the samples in a file.
    """

    path: str | None
    device: str | None
    format: Literal["u8", "s16", "s24", "s32", "f32", "f64"]
    def __init__(
        self,
        path: str | None = None,
        device: str | None = None,
        format: Literal["u8", "s16", "s24", "s32", "f32", "f64"] = "s16",
        *,
        name: str | None = None,
    ) -> None: ...

class AudioSource(NativeNode):
    """Reads audio from a file or a device.

    ``path``: The file to read: WAV, FLAC, MP3 or OGG Vorbis.
    ``device``: The sound device to record from, by its ALSA name, such as `default`; or `file:PATH`; or a test signal: `test:sine?freq=440&level=0.5`, `test:silence`, `test:noise?seed=1`, all of which take `seconds`, `rate` and `channels` too.
    ``chunk_ms``: How much each packet holds, in milliseconds. The last one may hold less.
    ``frames``: How much each packet holds, in frames, in place of `chunk_ms`.
    ``seconds``: After how many seconds to end; at the end of the file, or never for a device, where it is not given.
    ``rate``: Frames per second of a device, 48000 where it is not given. Files have a rate of their own.
    ``channels``: The number of channels of a device, 1 where it is not given. Files have a number of their own.
    ``format``: The format of the samples.
    """

    path: str | None
    device: str | None
    chunk_ms: float
    frames: int | None
    seconds: float | None
    rate: int | None
    channels: int | None
    format: Literal["f32", "native"]
    def __init__(
        self,
        path: str | None = None,
        device: str | None = None,
        chunk_ms: float = 20.0,
        frames: int | None = None,
        seconds: float | None = None,
        rate: int | None = None,
        channels: int | None = None,
        format: Literal["f32", "native"] = "f32",
        *,
        name: str | None = None,
    ) -> None: ...

class Batch(NativeNode):
    """Gathers packets into batches.

    ``size``: How many packets make a batch.
    ``max_wait_ms``: A batch that is not full is given before a packet that comes later than this after its first, in milliseconds.
    """

    size: int
    max_wait_ms: int | None
    def __init__(self, size: int, max_wait_ms: int | None = None, *, name: str | None = None) -> None: ...

class Buffer(NativeNode):
    """Gathers packets into lists, the last of which may be empty.

    ``buffer_size``: How many packets make a list.
    """

    buffer_size: int
    def __init__(self, buffer_size: int = 10, *, name: str | None = None) -> None: ...

class Calculator(NativeNode):
    """Works out what each packet asks for, or applies one operation to each number.

    ``operation``: What to do with each number, and with each number of lists, tensors and audio; needs `operand`.
    ``operand``: The second number of `operation`.
    """

    operation: Literal["add", "multiply", "subtract", "divide", "power", "modulo"] | None
    operand: float | None
    def __init__(
        self,
        operation: Literal["add", "multiply", "subtract", "divide", "power", "modulo"] | None = None,
        operand: float | None = None,
        *,
        name: str | None = None,
    ) -> None: ...

class ChannelMix(NativeNode):
    """Changes the number of audio channels.

    ``channels``: How many channels come out, 1 to 256; one per row of `matrix` where that is given.
    ``matrix``: The gains, a row per output channel with one gain per input channel. Without it: one channel goes to all; all go to one as their mean; 5.1 and 7.1 go to stereo by the ITU weights; surplus inputs fold onto the outputs in turn, and surplus outputs are silent.
    """

    channels: int | None
    matrix: list[list[float]] | None
    def __init__(
        self, channels: int | None = None, matrix: list[list[float]] | None = None, *, name: str | None = None
    ) -> None: ...

class Chunker(NativeNode):
    """Cuts audio into packets of equal length.

    ``duration_ms``: The length of each packet in milliseconds.
    ``samples``: The length of each packet in frames, that is samples per channel.
    ``last``: What becomes of what is left at the end of the stream or before a gap.
    """

    duration_ms: float | None
    samples: int | None
    last: Literal["keep", "pad", "drop"]
    def __init__(
        self,
        duration_ms: float | None = None,
        samples: int | None = None,
        last: Literal["keep", "pad", "drop"] = "keep",
        *,
        name: str | None = None,
    ) -> None: ...

class Counter(NativeNode):
    """Gives for each packet how many came before it.

    ``initial_value``: What the first packet gives.
    """

    initial_value: int
    def __init__(self, initial_value: int = 0, *, name: str | None = None) -> None: ...

class EnergyVoiceActivity(NativeNode):
    """Tells speech from silence by its energy.

    ``frame_duration_ms``: The length of the frames whose energies are compared, in milliseconds.
    ``energy_threshold``: The RMS amplitude, 0 to 1, above which a frame is taken for speech while nothing is known of the noise.
    ``speech_threshold``: The part of a packet's frames, 0 to 1, that must be speech for the packet to be speech.
    ``filter_mode``: Whether packets without speech are dropped.
    ``include_metadata``: Whether packets are given the attributes when they are not filtered.
    """

    frame_duration_ms: int
    energy_threshold: float
    speech_threshold: float
    filter_mode: bool
    include_metadata: bool
    def __init__(
        self,
        frame_duration_ms: int = 30,
        energy_threshold: float = 0.02,
        speech_threshold: float = 0.3,
        filter_mode: bool = False,
        include_metadata: bool = True,
        *,
        name: str | None = None,
    ) -> None: ...

class Filter(NativeNode):
    """Passes packets whose value, field or attribute fulfils conditions.

    ``field``: Where in the value to look: a JSON pointer such as `/words/0/score`; the whole value if not given.
    ``attribute``: The attribute of the packet to look at instead of its payload; `field` then points into it.
    ``above``: The value is a number greater than this.
    ``at_least``: The value is a number, at least this.
    ``below``: The value is a number less than this.
    ``at_most``: The value is a number, at most this.
    ``equals``: The value equals this one; numbers are compared by their size.
    ``one_of``: The value equals one of these.
    ``contains``: The value is a text with this text in it, or a list with this text among its items.
    ``exists``: The value is there, or is not there.
    """

    field: str
    attribute: str | None
    above: float | None
    at_least: float | None
    below: float | None
    at_most: float | None
    equals: Any
    one_of: list[Any] | None
    contains: str | None
    exists: bool | None
    def __init__(
        self,
        field: str = "",
        attribute: str | None = None,
        above: float | None = None,
        at_least: float | None = None,
        below: float | None = None,
        at_most: float | None = None,
        equals: Any = None,
        one_of: list[Any] | None = None,
        contains: str | None = None,
        exists: bool | None = None,
        *,
        name: str | None = None,
    ) -> None: ...

class FormatConvert(NativeNode):
    """Changes the sample format and memory layout of audio.

    ``format``: The format of the samples that come out.
    ``layout``: How the channels lie in memory; as they came where it is not given.
    """

    format: Literal["u8", "s16", "s32", "f32", "f64"]
    layout: Literal["interleaved", "planar"] | None
    def __init__(
        self,
        format: Literal["u8", "s16", "s32", "f32", "f64"],
        layout: Literal["interleaved", "planar"] | None = None,
        *,
        name: str | None = None,
    ) -> None: ...

class Gain(NativeNode):
    """Makes audio louder or quieter.

    ``db``: The gain in decibels: 6 doubles the amplitude, -6 halves it.
    ``factor``: The gain as a factor of the amplitude.
    """

    db: float | None
    factor: float | None
    def __init__(self, db: float | None = None, factor: float | None = None, *, name: str | None = None) -> None: ...

class LevelMeter(NativeNode):
    """Measures the RMS and peak level of audio."""
    def __init__(self, *, name: str | None = None) -> None: ...

class MediaReaderNode(NativeNode):
    """Reads audio from a file.

    ``path``: The audio file to read: WAV, FLAC, MP3 or OGG Vorbis.
    """

    path: str
    def __init__(self, path: str, *, name: str | None = None) -> None: ...

class MediaWriterNode(NativeNode):
    """Writes audio to a WAV file.

    ``output_path``: The WAV file to write; one that is there already is replaced.
    """

    output_path: str
    def __init__(self, output_path: str, *, name: str | None = None) -> None: ...

class Merge(NativeNode):
    """Gives the packets of every input port as they come, whatever the ports are called.

    ``label``: The attribute that gets the name of the port on which a packet came; none if not given.
    """

    label: str | None
    def __init__(self, label: str | None = None, *, name: str | None = None) -> None: ...

class Multiply(NativeNode):
    """Multiplies numbers, lists of numbers, tensors and audio by a factor.

    ``factor``: What each number is multiplied by.
    """

    factor: float
    def __init__(self, factor: float = 2.0, *, name: str | None = None) -> None: ...

class Onnx(NativeNode):
    """Runs an ONNX model on tensors.

    ``model``: The file with the model, in the working directory or in its folder `models`.
    ``input``: The model's input that the port `in` feeds; needed only where several have neither a port nor a constant.
    ``outputs``: The model's outputs that the port `out` gives, in this order; all that have no port of their own, if not given.
    ``constants``: Inputs that never change: numbers or lists of numbers by the input's name.
    """

    model: str
    input: str | None
    outputs: list[str] | None
    constants: dict[str, Any]
    def __init__(
        self,
        model: str,
        input: str | None = None,
        outputs: list[str] | None = None,
        constants: dict[str, Any] = ...,
        *,
        name: str | None = None,
    ) -> None: ...

class PassThrough(NativeNode):
    """Gives each packet as it came."""
    def __init__(self, *, name: str | None = None) -> None: ...

class Resample(NativeNode):
    """Changes the sample rate of audio, and the number of channels with it.

    ``rate``: Frames per second that come out.
    ``channels``: How many channels come out; as many as came in where it is not given. Mixed as by ChannelMix.
    ``quality``: How sharp the filter is.
    """

    rate: int
    channels: int | None
    quality: Literal["low", "medium", "high"]
    def __init__(
        self,
        rate: int,
        channels: int | None = None,
        quality: Literal["low", "medium", "high"] = "high",
        *,
        name: str | None = None,
    ) -> None: ...

class Tee(NativeNode):
    """Gives each packet on every output port, whatever the ports are called."""
    def __init__(self, *, name: str | None = None) -> None: ...

class Text(NativeNode):
    """Changes the case of text, takes words and spaces from it, counts.

    ``operations``: What to do with each text, one after the other; a count can only be the last.
    ``prefix``: What is put before each text in the end.
    ``suffix``: What is put behind each text in the end.
    """

    operations: list[
        Literal[
            "uppercase",
            "lowercase",
            "title_case",
            "reverse",
            "strip",
            "remove_spaces",
            "first_word",
            "last_word",
            "word_count",
            "char_count",
        ]
    ]
    prefix: str
    suffix: str
    def __init__(
        self,
        operations: list[
            Literal[
                "uppercase",
                "lowercase",
                "title_case",
                "reverse",
                "strip",
                "remove_spaces",
                "first_word",
                "last_word",
                "word_count",
                "char_count",
            ]
        ] = ...,
        prefix: str = "",
        suffix: str = "",
        *,
        name: str | None = None,
    ) -> None: ...

class TextProcessor(NativeNode):
    """Does to a text what each packet asks for: case, words, counts."""
    def __init__(self, *, name: str | None = None, **params: Any) -> None: ...

class Throttle(NativeNode):
    """Lets no more packets through than a rate or an interval allows.

    ``rate_hz``: The most packets per second, on the whole: one that comes late does not delay those after it.
    ``min_interval_ms``: The least time from one packet to the next, in milliseconds.
    ``keep``: Which packet of a period is kept.
    """

    rate_hz: float | None
    min_interval_ms: float | None
    keep: Literal["first", "latest"]
    def __init__(
        self,
        rate_hz: float | None = None,
        min_interval_ms: float | None = None,
        keep: Literal["first", "latest"] = ...,
        *,
        name: str | None = None,
    ) -> None: ...

class Unbatch(NativeNode):
    """Takes batches, lists and tensors apart."""
    def __init__(self, *, name: str | None = None) -> None: ...

class VoiceActivity(NativeNode):
    """Finds speech by a neural network (Silero): one packet per utterance, or a probability per packet.

    ``model``: The file with the Silero network, in the working directory or in its folder `models`.
    ``threshold``: The probability of speech from which on a frame counts as speech, 0 to 1.
    ``min_speech_ms``: Shorter utterances are dropped, in milliseconds.
    ``min_silence_ms``: Shorter pauses do not end an utterance, in milliseconds.
    ``padding_ms``: How much of the audio before and after the speech belongs to the utterance, in milliseconds; at most `min_silence_ms`.
    ``max_utterance_ms``: Longer utterances are cut where speech is least likely, in milliseconds, at least 1000.
    ``output``: What comes out: each utterance as one packet, or the audio as it came with the probability of speech.
    """

    model: str
    threshold: float
    min_speech_ms: int
    min_silence_ms: int
    padding_ms: int
    max_utterance_ms: int
    output: Literal["utterances", "frames"]
    def __init__(
        self,
        model: str = "silero_vad_openvino_16k.onnx",
        threshold: float = 0.5,
        min_speech_ms: int = 250,
        min_silence_ms: int = 300,
        padding_ms: int = 30,
        max_utterance_ms: int = 30000,
        output: Literal["utterances", "frames"] = ...,
        *,
        name: str | None = None,
    ) -> None: ...

class WavSink(NativeNode):
    """Writes audio to a WAV file.

    ``path``: The file to write; one that is there already is replaced.
    ``format``: The format of the samples in the file.
    """

    path: str
    format: Literal["u8", "s16", "s24", "s32", "f32", "f64"]
    def __init__(
        self, path: str, format: Literal["u8", "s16", "s24", "s32", "f32", "f64"] = "s16", *, name: str | None = None
    ) -> None: ...
