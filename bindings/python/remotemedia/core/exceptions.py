"""What can go wrong, as exceptions. All derive from ``RemoteMediaError``."""

from __future__ import annotations


class RemoteMediaError(Exception):
    """Anything that this package reports as an error."""

    #: The number of the error's kind, the same in every language (``RM_STATUS_…`` in ``remotemedia.h``), or ``None``
    #: where the runtime had no part in it.
    status: int | None = None
    #: The name of the port that it is about: the input of the node that the item came on, or the port of the session
    #: that was asked for; ``None`` where there is none.
    port: str | None = None


#: The numbers of two kinds of error that are found before the runtime sees a pipeline.
MANIFEST, GRAPH = -100, -200


class PipelineError(RemoteMediaError):
    """A pipeline is not valid, or is used in a way that cannot work."""

    def __init__(self, *args: object, status: int | None = None) -> None:
        super().__init__(*args)
        if status is not None:
            self.status = status


class NodeError(RemoteMediaError):
    """A node failed. The node's own exception, with its traceback, is the ``__cause__``."""

    def __init__(
        self,
        message: str = "",
        *,
        pipeline: str | None = None,
        node: str | None = None,
        item: int | None = None,
    ) -> None:
        super().__init__(message)
        #: The name of the pipeline in which it happened.
        self.pipeline = pipeline
        #: The id of the node that failed.
        self.node = node
        #: The number of the node's input item, counted from 1, or ``None`` outside of items.
        self.item = item


class SessionCancelled(PipelineError):
    """The session was cancelled; nothing more comes out of it."""


class EndOfStream(RemoteMediaError):
    """``recv()`` was called after the last output."""


class RemoteExecutionError(RemoteMediaError):
    """Something that was to run elsewhere failed, or cannot run there."""

    def __init__(self, message: str, remote_traceback: str | None = None) -> None:
        super().__init__(message)
        #: The traceback on the other side, as text.
        self.remote_traceback = remote_traceback


class WebRTCError(RemoteMediaError):
    """A WebRTC connection failed."""


class SerializationError(RemoteMediaError):
    """A value has no form in which it could be stored or sent."""


class ConfigurationError(RemoteMediaError):
    """A setting has a value that cannot work."""


class PackageError(RemoteMediaError):
    """A package cannot be built, read, verified or fetched."""


class SandboxError(RemoteMediaError):
    """Sandboxed code broke one of its limits, or cannot run."""


__all__ = [
    "ConfigurationError",
    "EndOfStream",
    "NodeError",
    "PackageError",
    "PipelineError",
    "RemoteExecutionError",
    "RemoteMediaError",
    "SandboxError",
    "SerializationError",
    "SessionCancelled",
    "WebRTCError",
]
