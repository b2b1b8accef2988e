"""The sink of the earlier package, under its module path."""

from __future__ import annotations

from .native import native_class

MediaWriterNode = native_class("MediaWriterNode")

__all__ = ["MediaWriterNode"]
