"""Where and how a node runs on another machine."""

from __future__ import annotations

from .exceptions import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .node import Node

PROTOCOLS = ("grpc", "http", "webrtc")


class RemoteExecutorConfig:
    """A remote executor. Called with a node, it gives the node that runs there.

    ``config("ClassName", node_config={...})`` names a node that the other side knows; ``config(node)`` sends one.
    ``transport`` is another name for ``protocol``; ``timeout`` is in seconds.
    """

    def __init__(
        self,
        host: str,
        port: int,
        protocol: str = "grpc",
        auth_token: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 3,
        ssl_enabled: bool = True,
        pip_packages: list[str] | None = None,
        *,
        transport: str | None = None,
        remote_ref: str | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.protocol = transport or protocol
        self.auth_token = auth_token
        self.timeout = timeout
        self.max_retries = max_retries
        self.ssl_enabled = ssl_enabled
        self.pip_packages = pip_packages
        self.remote_ref = remote_ref
        self._check()

    @property
    def transport(self) -> str:
        """The same as ``protocol``."""
        return self.protocol

    def _check(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ConfigurationError(f"Unsupported protocol: {self.protocol}; supported: {', '.join(PROTOCOLS)}")
        if not 0 < self.port <= 65535:
            raise ConfigurationError(f"Invalid port: {self.port}, expected 1 to 65535")
        if self.timeout <= 0:
            raise ConfigurationError(f"Invalid timeout: {self.timeout}, expected seconds above zero")

    def __call__(self, target: str | Node, **kwargs: Any) -> Node:
        """The node that stands for ``target`` on the remote executor."""
        from ..nodes.remote import RemoteExecutionNode, RemoteObjectExecutionNode
        from .node import Node

        if isinstance(target, str):
            return RemoteExecutionNode(node_to_execute=target, remote_config=self, **kwargs)
        if isinstance(target, Node):
            return RemoteObjectExecutionNode(obj_to_execute=target, remote_config=self, **kwargs)
        raise TypeError(f"expected the name of a node class or a node, found {type(target).__name__}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteExecutorConfig) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.host, self.port, self.protocol))

    def __repr__(self) -> str:
        return f"RemoteExecutorConfig(host={self.host!r}, port={self.port}, protocol={self.protocol!r})"
