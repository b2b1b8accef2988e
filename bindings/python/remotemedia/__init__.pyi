# Written by scripts/make_stubs.py; changes made here are lost.

"""Real-time AI media pipelines: native nodes, Python nodes, one runtime in your process.

``Pipeline`` and ``Node`` are what most programs need; ``remotemedia.nodes`` has a class for every node there is.
"""

from ._native import Audio, Encoded, Packet, Video
from .core.exceptions import (
    ConfigurationError,
    EndOfStream,
    NodeError,
    PackageError,
    PipelineError,
    RemoteExecutionError,
    RemoteMediaError,
    SandboxError,
    SerializationError,
    SessionCancelled,
    WebRTCError,
)
from .core.manifest import Retry
from .core.node import Node
from .core.pipeline import Pipeline
from .core.registry import register_node_class, register_pipeline
from .core.remote import RemoteExecutorConfig
from .core.runtime import get_rust_runtime, is_rust_runtime_available, try_load_rust_runtime
from .core.session import Session
from .core.stream import Stream
from .nodes import (
    AudioSink,
    AudioSource,
    DataSink,
    DataSource,
    HFPipelineNode,
    PythonNode,
    RemoteExecutionNode,
    RemoteObjectExecutionNode,
    RustNode,
    VideoSink,
    VideoSource,
    WasmNode,
)
from .packing.packages import Package

__all__ = [
    "Audio",
    "AudioSink",
    "AudioSource",
    "ConfigurationError",
    "DataSink",
    "DataSource",
    "Encoded",
    "EndOfStream",
    "HFPipelineNode",
    "Node",
    "NodeError",
    "Package",
    "PackageError",
    "Packet",
    "Pipeline",
    "PipelineError",
    "PythonNode",
    "RemoteExecutionError",
    "RemoteExecutionNode",
    "RemoteExecutorConfig",
    "RemoteMediaError",
    "RemoteObjectExecutionNode",
    "Retry",
    "RustNode",
    "SandboxError",
    "SerializationError",
    "Session",
    "SessionCancelled",
    "Stream",
    "Video",
    "VideoSink",
    "VideoSource",
    "WasmNode",
    "WebRTCError",
    "__version__",
    "get_rust_runtime",
    "is_rust_runtime_available",
    "register_node_class",
    "register_pipeline",
    "try_load_rust_runtime",
]
__version__: str
