"""Pipelines of the earlier package: the nodes by module, class and arguments, and what goes in. Imports neither package."""

import numpy as np


class Case:
    """A pipeline and its inputs."""

    def __init__(self, name, nodes, inputs, settled=None):
        self.name = name
        #: Module, class and keyword arguments of each node.
        self.nodes = nodes
        self.inputs = inputs
        #: Why this package's own nodes of these names give something else, if they do.
        self.settled = settled


def one(module, kind, inputs, settled=None, **arguments):
    """A pipeline of one node."""
    told = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return Case(f"{kind}({told}) of {len(inputs)}", [(module, kind, arguments)], inputs, settled)


def tone(frames, rate=16000, level=0.5, channels=None, dtype=np.float32):
    """A block of a sine, of one dimension unless channels are given."""
    wave = level * np.sin(np.arange(frames) * 2 * np.pi * 440 / rate)
    blocks = wave if channels is None else np.stack([wave / (channel + 1) for channel in range(channels)])
    return (blocks * np.iinfo(dtype).max if np.dtype(dtype).kind == "i" else blocks).astype(dtype)


SPOKEN = [(tone(1600, level=0.3), 16000), (tone(1600, level=0.001), 16000), (tone(1600, level=0.8), 16000)]
NO_AUDIO = [5, "text", (1, 2), (tone(8),), ([0.0], 8000), None]
META = {"session_id": "a", "speaker": "ann"}
PICTURE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
ARITHMETIC = [
    {"operation": operation, "args": arguments}
    for operation in ("add", "multiply", "subtract", "divide", "power", "modulo", "root")
    for arguments in ([7, 3], [-7, 3], [1.5, 2], [2, 0], [2, 0.0], [1], [], [1, 2, 3])
]
TEXTS = [
    {"text": text, "operations": operations}
    for text in ("Hello big World", "", "ß straße", "  a b ", "a\tb\nc", "日本 語")
    for operations in (["uppercase", "lowercase", "reverse", "word_count", "char_count"], ["nope"], [])
]
PLACEHOLDER = "the earlier node is a placeholder that gives its input back"
ROUNDS = "the earlier node overflows at full scale and cuts instead of rounding"

NOTHING = "to a native node a given None is an item like any other"

BASE = [
    one("base", "PassThroughNode", [1, 2.5, "a", [1, 2], {"a": (1, 2)}, (1, "b"), b"c", PICTURE, (tone(4), 8000)]),
    one("base", "PassThroughNode", [None, 1, None], NOTHING),
    one("base", "BufferNode", list(range(5)), buffer_size=2),
    one("base", "BufferNode", list(range(4)), buffer_size=2),
    one("base", "BufferNode", [tone(4), tone(2)], buffer_size=2),
    one("base", "BufferNode", [{"a": 1}, (1, 2), "b"]),
]
NUMBERS = [
    one("simple_math", kind, [3, -1.5, 0, [1, 2.5], tone(4), np.arange(3)], **arguments)
    for kind, arguments in (
        ("MultiplyNode", {}),
        ("MultiplyNode", {"factor": 3}),
        ("MultiplyNode", {"factor": -0.5}),
        ("AddNode", {}),
        ("AddNode", {"addend": 2}),
        ("AddNode", {"addend": 0.25}),
    )
]
QUESTIONS = [
    one("calculator", "CalculatorNode", ARITHMETIC),
    one("calculator", "CalculatorNode", [*ARITHMETIC[:2], {}, {"operation": "add"}, 5, "x"], name="sums", unit="m"),
    one("text_processor", "TextProcessorNode", [*TEXTS, {"text": "a"}, {}, 5]),
    one("text_processor", "TextProcessorNode", TEXTS[:3], name="words", language="en"),
]
COUNTING = [
    one("custom", "StatefulCounter", ["a", "b", "c"]),
    one("custom", "StatefulCounter", [1], initial_value=41),
    one("custom", "StatefulCounter", []),
]
AUDIO = [
    one("audio", "AudioTransform", [(tone(8), 16000), (tone(8, channels=2), 16000)], output_sample_rate=16000),
    one("audio", "AudioTransform", [(tone(8, channels=2), 8000, META)], output_sample_rate=8000),
    one("audio", "AudioTransform", [((tone(8), 8000), META), *NO_AUDIO], output_sample_rate=8000, output_channels=3),
    one("audio", "AudioTransform", [(tone(8, channels=4), 8000)], output_sample_rate=8000, output_channels=2),
    one("audio", "AudioTransform", [(tone(8, channels=2, dtype=np.int16), 8000)], output_sample_rate=8000),
    one("audio", "AudioBuffer", [(tone(5), 8000), (tone(6), 8000), (tone(2), 8000)], buffer_size_samples=4),
    one("audio", "AudioBuffer", [(tone(5, channels=2), 8000), (tone(6, channels=2), 8000)], buffer_size_samples=8),
    one("audio", "AudioBuffer", [(tone(5), 8000), (tone(9), 16000), (tone(1), 16000)], buffer_size_samples=4),
    one("audio", "AudioBuffer", [(tone(3, dtype=np.int16), 8000), *NO_AUDIO], buffer_size_samples=2),
    one("audio", "AudioBuffer", [], buffer_size_samples=2),
    one("audio", "AudioResampler", [(tone(8), 44100), (tone(8, channels=2), 44100), *NO_AUDIO]),
    one("audio", "AudioResampler", [(tone(441), 44100)], PLACEHOLDER, target_sample_rate=8000),
    one("audio", "AudioResampleNode", [(tone(8), 16000), (tone(8, channels=2), 16000), *NO_AUDIO]),
    one("audio", "ExtractAudioDataNode", [(tone(8), 16000), (tone(8, channels=2), 16000), *NO_AUDIO]),
    one("audio", "VADNode", [*SPOKEN, (tone(1600, channels=2), 16000), *NO_AUDIO]),
    one("audio", "VADNode", [(tone(4800), 48000)], frame_duration_ms=10, energy_threshold=0.4, runtime_hint="python"),
    *(
        one(
            "audio",
            "FormatConverterNode",
            [(tone(8, level=0.9), 8000), (tone(8, channels=2), 8000)],
            target_format="f32",
        ),
        one("audio", "FormatConverterNode", [(tone(8, dtype=np.int16), 8000), *NO_AUDIO], target_format="f32"),
        one("audio", "FormatConverterNode", [(tone(8, dtype=np.int32), 8000)], target_format="i32"),
        one("audio", "FormatConverterNode", [(tone(8, channels=2, dtype=np.int16), 8000)], target_format="i32"),
        one("audio", "FormatConverterNode", [(tone(8, level=0.9), 8000)], ROUNDS, target_format="i16"),
        one("audio", "FormatConverterNode", [(tone(8, level=0.9), 8000)], target_format="i32"),
    ),
    one("audio", "VoiceActivityDetector", [*SPOKEN, (tone(1600, channels=2), 16000), *NO_AUDIO]),
    one("audio", "VoiceActivityDetector", [(*block, META) for block in SPOKEN], speech_threshold=0.9),
    one("audio", "VoiceActivityDetector", [(block, META) for block in SPOKEN]),
    one("audio", "VoiceActivityDetector", SPOKEN, filter_mode=True),
    one("audio", "VoiceActivityDetector", [(*block, META) for block in SPOKEN], include_metadata=False),
]
VIDEO = [
    one("video", kind, [PICTURE], PLACEHOLDER, **arguments)
    for kind, arguments in (("VideoTransform", {"resolution": (2, 1)}), ("VideoResizer", {"target_resolution": (8, 4)}))
]
ENDS = [
    one("io_nodes", "DataSinkNode", [1, "a", (tone(4), 8000)]),
    one("io_nodes", "DataSinkNode", list(range(5)), buffer_output=True, buffer_size=2, name="kept"),
]
#: Classes that this package has no nodes of the same name and meaning for.
FOREIGN = [
    one("video", "VideoBuffer", [PICTURE, 1]),
    one("transform", "DataTransform", [1, {"a": 1}]),
    one("transform", "FormatConverter", ["a"]),
    one("transform", "TextTransformNode", ["ab", ("cd", 1), 5], transform_func=str.upper),
    one("io_nodes", "JavaScriptBridgeNode", [1, "a", {"b": 2}]),
    one("code_executor", "CodeExecutorNode", [{"code": "result = input_data * 2", "input": 4}, {"code": "1/0"}, 5]),
    one("test_nodes", "MultiplyNode", [2, {"value": 3}, "a"], factor=4),
    one("test_nodes", "ExpanderNode", [2, {"value": 3}, "a"], expansion_factor=2),
    one("test_nodes", "FilterNode", [2, {"value": 3}, -1], min_value=2.5),
    one("test_nodes", "BatcherNode", [1, 2, 3, 4, 5], batch_size=2),
    one("test_nodes", "RangeGeneratorNode", [3, {"start": 1, "end": 6, "step": 2}]),
    one("test_nodes", "TransformAndExpandNode", ["Ab", 12]),
    one("test_nodes", "CounterNode", ["a", "b"], initial_count=5),
    one("test_nodes", "ConditionalExpanderNode", [2, {"value": 3}, "x"]),
    one("test_nodes", "ChainedTransformNode", [2, {"value": 3}], emit_intermediates=False),
    one("test_nodes", "ErrorProneNode", [1, {"value": 2}]),
]
CHAINS = [
    Case(
        "numbers, counted and gathered",
        [
            ("simple_math", "MultiplyNode", {"factor": 3}),
            ("simple_math", "AddNode", {"addend": 1}),
            ("base", "PassThroughNode", {}),
            ("base", "BufferNode", {"buffer_size": 2}),
        ],
        [1, 2, 3],
    ),
    Case(
        "audio, cut and judged",
        [
            ("audio", "AudioTransform", {"output_sample_rate": 16000, "output_channels": 2}),
            ("audio", "AudioBuffer", {"buffer_size_samples": 800}),
            ("audio", "VoiceActivityDetector", {}),
            ("io_nodes", "DataSinkNode", {}),
        ],
        SPOKEN,
    ),
    Case(
        "speech alone, as samples",
        [
            ("base", "PassThroughNode", {}),
            ("audio", "VoiceActivityDetector", {"filter_mode": True}),
            ("audio", "ExtractAudioDataNode", {}),
        ],
        SPOKEN,
    ),
    Case(
        "questions about texts",
        [
            ("text_processor", "TextProcessorNode", {}),
            ("base", "PassThroughNode", {}),
            ("custom", "StatefulCounter", {}),
        ],
        TEXTS,
    ),
]
OWN = [*BASE, *NUMBERS, *QUESTIONS, *COUNTING, *AUDIO, *VIDEO, *ENDS, *CHAINS]
ALL = [*OWN, *FOREIGN]
