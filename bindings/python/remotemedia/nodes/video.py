"""Nodes for pictures as arrays of ``(height, width)`` or ``(height, width, channels)``."""

from __future__ import annotations

from ..core.exceptions import ConfigurationError
from ..core.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import numpy as np


class VideoResizer(Node):
    """Scales pictures to ``target_resolution``, ``(width, height)``, blending neighbouring pixels."""

    def __init__(self, target_resolution: tuple[int, int] = (1920, 1080), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_resolution = target_resolution

    def process(self, data: Any) -> np.ndarray:
        """The picture in the new size."""
        return scaled(data, *self.target_resolution)


class VideoTransform(Node):
    """Scales pictures to ``resolution``, ``(width, height)``, blending neighbouring pixels."""

    def __init__(self, resolution: tuple[int, int] = (1920, 1080), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.resolution = resolution

    def process(self, data: Any) -> np.ndarray:
        """The picture in the new size."""
        return scaled(data, *self.resolution)


class _Unavailable(Node):
    """A node that describes itself in manifests, but that this build cannot run."""

    def __init__(self, path: str | None = None, **kwargs: Any) -> None:
        super().__init__(path=path, **kwargs)
        self.path = path

    def initialize(self) -> Any:
        """Refuses: this build has no video devices and files."""
        raise ConfigurationError(f"{type(self).__name__} needs native video nodes, which this build lacks")

    def process(self, data: Any = None) -> Any:
        """Refuses, as ``initialize`` does."""
        self.initialize()


class VideoSource(_Unavailable):
    """Pictures from a file or a device. This build cannot run it."""

    is_source = True


class VideoSink(_Unavailable):
    """Pictures to a file or a screen. This build cannot run it."""

    is_sink = True


def scaled(picture: Any, width: int, height: int) -> np.ndarray:
    """The picture in another size, bilinear, in its own element type."""
    import numpy as np

    source = np.asarray(picture)
    if source.ndim not in (2, 3) or not source.size:
        raise TypeError(f"picture of shape {source.shape}, expected (height, width) or (height, width, channels)")
    if source.shape[:2] == (height, width):
        return source
    rows, down, row_part = _positions(source.shape[0], height)
    columns, right, column_part = _positions(source.shape[1], width)
    tail = (1,) * (source.ndim - 2)
    row_part = row_part.reshape(-1, 1, *tail)
    column_part = column_part.reshape(1, -1, *tail)
    upper = source[rows][:, columns] * (1 - column_part) + source[rows][:, right] * column_part
    lower = source[down][:, columns] * (1 - column_part) + source[down][:, right] * column_part
    blended: np.ndarray = upper * (1 - row_part) + lower * row_part
    rounded: np.ndarray = np.rint(blended) if source.dtype.kind in "iu" else blended
    return rounded.astype(source.dtype)


def _positions(before: int, after: int) -> tuple[Any, Any, Any]:
    """For each new pixel: the old one before it, the one behind that, and how far it lies between them."""
    import numpy as np

    centres = np.clip((np.arange(after) + 0.5) * before / after - 0.5, 0, before - 1)
    first = centres.astype(int)
    return first, np.minimum(first + 1, before - 1), centres - first


__all__ = ["VideoResizer", "VideoSink", "VideoSource", "VideoTransform"]
