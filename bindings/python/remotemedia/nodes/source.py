"""The source of the earlier package, under its module path."""

from __future__ import annotations

from .native import native_class

MediaReaderNode = native_class("MediaReaderNode")

__all__ = ["MediaReaderNode"]
