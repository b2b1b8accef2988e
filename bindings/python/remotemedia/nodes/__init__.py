"""The nodes that come with the package: Python ones, and a class for every native type.

Nothing is imported before it is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The module of each Python node.
PYTHON_NODES = {
    "Node": "..core.node",
    "AddNode": ".simple_math",
    "AudioBuffer": ".audio",
    "AudioResampleNode": ".audio",
    "AudioResampler": ".audio",
    "AudioTransform": ".audio",
    "BufferNode": ".base",
    "CalculatorNode": ".calculator",
    "DataSink": ".io_nodes",
    "DataSinkNode": ".io_nodes",
    "DataSource": ".io_nodes",
    "DataSourceNode": ".io_nodes",
    "ExtractAudioDataNode": ".audio",
    "FormatConverterNode": ".audio",
    "HFPipelineNode": ".bridge",
    "MultiplyNode": ".simple_math",
    "NativeNode": ".native",
    "PassThroughNode": ".base",
    "PipelineNode": ".bridge",
    "PythonNode": ".python",
    "RemoteExecutionNode": ".remote",
    "RemoteObjectExecutionNode": ".remote",
    "RustNode": ".native",
    "StatefulCounter": ".custom",
    "TextProcessorNode": ".text_processor",
    "TransformersPipelineNode": ".ml.transformers_pipeline",
    "VADNode": ".audio",
    "VideoResizer": ".video",
    "VideoSink": ".video",
    "VideoSource": ".video",
    "VideoTransform": ".video",
    "VoiceActivityDetector": ".audio",
    "WasmNode": ".wasm",
    "WhisperTranscriptionNode": ".ml.whisper_transcription",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in PYTHON_NODES:
        found = getattr(import_module(PYTHON_NODES[name], __name__), name)
    elif name == "__all__":
        found = __dir__()
    elif name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    else:
        from .native import known_specs, native_class

        if name not in known_specs():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = native_class(name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    from .native import known_specs

    return sorted({*PYTHON_NODES, *known_specs()})
