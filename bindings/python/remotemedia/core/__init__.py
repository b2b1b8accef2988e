"""Pipelines, nodes and exceptions, under the module paths of the earlier package."""

from .exceptions import NodeError, PipelineError, RemoteExecutionError, RemoteMediaError, WebRTCError
from .node import Node, RemoteExecutorConfig
from .pipeline import Pipeline

__all__ = [
    "Node",
    "NodeError",
    "Pipeline",
    "PipelineError",
    "RemoteExecutionError",
    "RemoteExecutorConfig",
    "RemoteMediaError",
    "WebRTCError",
]
