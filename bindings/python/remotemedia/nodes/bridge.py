"""Bridges: a whole pipeline as a node of another one."""

from __future__ import annotations

from ..core.exceptions import ConfigurationError
from ..core.node import Node
from ..core.registry import pipeline_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..core.pipeline import Pipeline
    from ..core.remote import RemoteExecutorConfig


class PipelineNode(Node):
    """A pipeline as one node of another. Its nodes run as part of the outer graph, for free."""

    def __init__(self, pipeline: Pipeline, name: str | None = None) -> None:
        super().__init__(name=name or pipeline.name)
        self._pipeline: Pipeline | None = pipeline

    def process(self, data: Any) -> Any:
        """Runs the pipeline on one item."""
        assert self._pipeline is not None
        return self._pipeline.run([data])

    def to_manifest(self, include_capabilities: bool = True) -> dict[str, Any]:
        """The node with the whole pipeline in it."""
        from ..core import manifest

        assert self._pipeline is not None
        inner = manifest.write(self._pipeline, include_capabilities, None)
        return {"id": self.name, "node_type": "Pipeline", "params": {"manifest": inner}}


class HFPipelineNode(PipelineNode):
    """Bridges to another pipeline by name.

    ``remote_ref`` names a package (``.rmpkg`` or ``oci://…``), which is verified here and runs as part of the outer graph, once
    ``trust_native`` allows what its nodes do, if it is somebody else's. Without it a pipeline registered with
    ``register_pipeline`` is used; with ``transformers`` installed, the Hugging Face task of that name otherwise. ``host``
    and ``remote_config`` name another machine, which excludes ``remote_ref``.
    """

    def __init__(
        self,
        pipeline: str,
        host: str | None = None,
        remote_config: RemoteExecutorConfig | None = None,
        remote_ref: str | None = None,
        name: str | None = None,
        trust_native: bool = False,
        **options: Any,
    ) -> None:
        if remote_ref is not None and (host is not None or remote_config is not None):
            raise ConfigurationError(
                "remote_ref is a package that runs here, host and remote_config name another machine:"
                " leave out remote_ref to run there, or host and remote_config to run the package"
            )
        Node.__init__(self, name=name or pipeline, **options)
        self.pipeline = pipeline
        self.host = host
        self.remote_config = remote_config
        self.remote_ref = remote_ref
        self.is_remote = host is not None or remote_config is not None
        self._pipeline = None if self.is_remote else self._find(options, trust_native)

    def _find(self, options: dict[str, Any], trust_native: bool) -> Pipeline | None:
        from ..core.pipeline import Pipeline

        if self.remote_ref is not None:
            return Pipeline.from_package(self.remote_ref, trust_native=trust_native)
        found = pipeline_named(self.pipeline)
        if found is not None:
            return found
        from importlib.util import find_spec

        if find_spec("transformers") is None:
            raise ConfigurationError(
                f"no pipeline is registered as {self.pipeline!r}, and transformers is not installed:"
                " call remotemedia.register_pipeline, or pip install transformers torch"
            )
        from .ml.transformers_pipeline import TransformersPipelineNode

        return Pipeline(self.pipeline).add(TransformersPipelineNode(self.pipeline, **options))

    def to_manifest(self, include_capabilities: bool = True) -> dict[str, Any]:
        """The node with the name of its package, or with the whole pipeline in it."""
        if self.remote_ref is None:
            return super().to_manifest(include_capabilities)
        return {"id": self.name, "node_type": "Pipeline", "params": {"package": self.remote_ref}}


__all__ = ["HFPipelineNode", "PipelineNode"]
