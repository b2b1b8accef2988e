"""Packages: a pipeline as one signed file, and the pipeline that such a file holds."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TypeVar

from .._native import OpenedPackage, export_package, push_package
from ..core import launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..core.pipeline import Pipeline

P = TypeVar("P", bound="Pipeline")


@dataclass(frozen=True)
class Package:
    """A package that was written. It is a path where one is expected."""

    #: Where it lies.
    path: str
    #: The pipeline's name.
    name: str
    #: Its identity, ``sha256:`` and 64 hexadecimal digits; the same for the same pipeline, sources and models.
    digest: str
    #: The size of each file in it, by path.
    files: dict[str, int]

    def __fspath__(self) -> str:
        return self.path


def export(pipeline: Pipeline, path: str | os.PathLike[str], key: str, description: str | None) -> Package:
    """Packs, signs and writes a pipeline."""
    from .document import Document, program_of

    has_input = not any(node.is_source for node in pipeline._wiring.heads)
    resolved, members = launch.parts(pipeline, has_input)
    program = program_of()
    document = Document(pipeline, program, description)
    manifests = (json.dumps(document.manifest), resolved)
    source = program.path if program else None
    written, name, digest, files = export_package(manifests, members, document.files(), source, os.fspath(path), key)
    return Package(os.fspath(written), name, digest, dict(files))


def push(pipeline: Pipeline, reference: str, key: str, description: str | None) -> str:
    """Packs and signs a pipeline, and pushes it to a registry."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="remotemedia-") as folder:
        return push_package(export(pipeline, folder, key, description).path, reference)


def open_package(kind: type[P], path: str | os.PathLike[str], trust_native: bool) -> P:
    """The pipeline of a package, once it is verified."""
    from ..core.log import logger
    from .reading import read_pipeline

    opened = OpenedPackage(os.fspath(path), trust_native)
    if opened.warning is not None:
        logger("package").warning("%s was let through by the policy: %s", path, opened.warning)
    pipeline = read_pipeline(kind, opened.manifest, opened.modules, opened.data)
    pipeline._files = opened
    return pipeline


__all__ = ["Package", "export", "open_package", "push"]
