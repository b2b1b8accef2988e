"""Names for Python node classes and for pipelines, so that manifests can refer to them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .pipeline import Pipeline

#: How the names of the modules of packages begin, in ``sys.modules``.
PREFIX = "_rmpkg_"

_classes: dict[str, type] = {}
_pipelines: dict[str, Pipeline] = {}


def register_node_class(kind: type, node_type: str | None = None) -> type:
    """Makes a Python node class known to manifests, by its own name unless told. Usable as a decorator.

    Classes of packages are known to their packages alone.
    """
    if not kind.__module__.startswith(PREFIX):
        _classes[node_type or kind.__name__] = kind
    return kind


def registered(node_type: str) -> Any:
    """The Python class that was registered under a name."""
    return _classes.get(node_type)


def register_pipeline(name: str, pipeline: Pipeline) -> None:
    """Makes a pipeline known by a name, for ``HFPipelineNode(name)``."""
    _pipelines[name] = pipeline


def pipeline_named(name: str) -> Pipeline | None:
    """The pipeline that was registered under a name."""
    return _pipelines.get(name)
