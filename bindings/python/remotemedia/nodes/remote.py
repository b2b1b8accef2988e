"""Nodes that run on another machine, or an object that runs here in place of a node."""

from __future__ import annotations

from ..core.exceptions import RemoteExecutionError
from ..core.node import Node
from ..core.remote import RemoteExecutorConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class RemoteExecutionNode(Node):
    """A node that another executor knows by the name of its class."""

    is_remote = True
    is_streaming = True

    def __init__(
        self,
        node_to_execute: str,
        remote_config: RemoteExecutorConfig,
        node_config: dict[str, Any] | None = None,
        serialization_format: str = "json",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(remote_config, RemoteExecutorConfig):
            raise ValueError("remote_config must be a valid RemoteExecutorConfig instance.")
        self.node_to_execute = node_to_execute
        self.remote_config = remote_config
        self.node_config = node_config or {}
        self.serialization_format = serialization_format

    def process(self, data: Any) -> Any:
        """Refuses: this build has no transport."""
        raise _no_transport(self)

    def _node_type(self) -> str:
        return self.node_to_execute

    def _extract_params(self) -> dict[str, Any]:
        return self.node_config

    def __repr__(self) -> str:
        return f"RemoteExecutionNode(name={self.name!r}, target={self.node_to_execute!r})"


class RemoteObjectExecutionNode(Node):
    """An object with ``initialize``, ``process`` and ``cleanup``: runs on ``remote_config``, or here without one."""

    def __init__(
        self,
        obj_to_execute: Any,
        remote_config: RemoteExecutorConfig | None = None,
        node_config: dict[str, Any] | None = None,
        *,
        remote_ref: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not all(callable(getattr(obj_to_execute, name, None)) for name in ("initialize", "process", "cleanup")):
            raise ValueError("The object to execute must have initialize, process, and cleanup methods.")
        if remote_config is not None and not isinstance(remote_config, RemoteExecutorConfig):
            raise ValueError("remote_config must be a valid RemoteExecutorConfig instance.")
        self.obj_to_execute = obj_to_execute
        self.remote_config = remote_config
        self.remote_ref = remote_ref
        self.node_config = node_config or {}
        self.is_streaming = bool(getattr(obj_to_execute, "is_streaming", False))
        self.is_remote = remote_config is not None or remote_ref is not None

    def process(self, data: Any) -> Any:
        """What the object gives; refuses if it is to run elsewhere."""
        if self.is_remote:
            raise _no_transport(self)
        return self.obj_to_execute.process(data)

    def _implementation(self) -> Any:
        return self.obj_to_execute

    def __repr__(self) -> str:
        target = getattr(self.obj_to_execute, "name", type(self.obj_to_execute).__name__)
        return f"RemoteObjectExecutionNode(name={self.name!r}, target={target!r})"


def _no_transport(node: Node) -> RemoteExecutionError:
    config = node.remote_config
    where = f"{config.host}:{config.port}" if config else "another host"
    return RemoteExecutionError(f"{node.name} is to run on {where}; this build has no transport to other hosts")


__all__ = ["RemoteExecutionNode", "RemoteObjectExecutionNode"]
