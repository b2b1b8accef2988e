"""Real-time AI media pipelines: native nodes, Python nodes, one runtime in your process.

``Pipeline`` and ``Node`` are what most programs need; ``remotemedia.nodes`` has a class for every node there is.
"""

from __future__ import annotations

from ._native import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The module of each public name; imported when the name is asked for.
_EXPORTS = {
    "Audio": "._native",
    "AudioSink": ".nodes",
    "AudioSource": ".nodes",
    "ConfigurationError": ".core.exceptions",
    "DataSink": ".nodes",
    "DataSource": ".nodes",
    "Encoded": "._native",
    "EndOfStream": ".core.exceptions",
    "HFPipelineNode": ".nodes",
    "Node": ".core.node",
    "NodeError": ".core.exceptions",
    "Packet": "._native",
    "Package": ".packing.packages",
    "PackageError": ".core.exceptions",
    "Pipeline": ".core.pipeline",
    "PipelineError": ".core.exceptions",
    "PythonNode": ".nodes",
    "RemoteExecutionError": ".core.exceptions",
    "RemoteExecutionNode": ".nodes",
    "RemoteExecutorConfig": ".core.remote",
    "RemoteMediaError": ".core.exceptions",
    "RemoteObjectExecutionNode": ".nodes",
    "Retry": ".core.manifest",
    "RustNode": ".nodes",
    "SandboxError": ".core.exceptions",
    "SerializationError": ".core.exceptions",
    "Session": ".core.session",
    "SessionCancelled": ".core.exceptions",
    "Stream": ".core.stream",
    "Video": "._native",
    "VideoSink": ".nodes",
    "VideoSource": ".nodes",
    "WasmNode": ".nodes",
    "WebRTCError": ".core.exceptions",
    "get_rust_runtime": ".core.runtime",
    "is_rust_runtime_available": ".core.runtime",
    "register_node_class": ".core.registry",
    "register_pipeline": ".core.registry",
    "try_load_rust_runtime": ".core.runtime",
}

__all__ = ["__version__", *_EXPORTS]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(_EXPORTS[name], __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})
