"""Blobs: large parameters that lie beside a manifest's file, one file each, named by the SHA-256 of its bytes.

In the manifest ``{"$blob": "sha256:…"}`` stands where the base64 text of an array or of bytes would.
"""

from __future__ import annotations

import base64
import os

from .exceptions import PipelineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: Base64 texts longer than this become blobs.
_LONGEST_INLINE = 64 * 1024
#: The keys of ``params`` whose content is, or holds as ``data``, base64 text.
_BINARY = ("$bytes", "$bytearray", "$ndarray")


def folder_beside(path: str | os.PathLike[str]) -> str:
    """The folder for the blobs of the manifest in the file ``path``."""
    return os.path.join(os.path.dirname(os.fspath(path)), "blobs")


def keeper(folder: str) -> Callable[[bytes], dict[str, str]]:
    """Keeps bytes in files of ``folder``, for ``store``."""

    def keep(data: bytes) -> dict[str, str]:
        path = _path(folder, digest(data))
        if not os.path.exists(path):
            _write(path, data)
        return {"$blob": f"sha256:{digest(data)}"}

    return keep


def store(content: Any, keep: Callable[[bytes], dict[str, str]]) -> Any:
    """The manifest with its large binary parameters given to ``keep`` and replaced by the reference that it gives."""
    if isinstance(content, list):
        return [store(item, keep) for item in content]
    if not isinstance(content, dict):
        return content
    if len(content) == 1:
        ((key, value),) = content.items()
        if key in _BINARY:
            return {key: _store_binary(value, keep)}
    return {key: store(value, keep) for key, value in content.items()}


def restore(content: Any, folder: str | None) -> Any:
    """The manifest with the blobs of ``folder`` in the place of their references.

    Raises ``PipelineError`` where a blob is missing, is another one than its name says, or ``folder`` is not known.
    """
    if isinstance(content, list):
        return [restore(item, folder) for item in content]
    if not isinstance(content, dict):
        return content
    if content.keys() == {"$blob"}:
        return base64.b64encode(_read(content["$blob"], folder)).decode()
    return {key: restore(value, folder) for key, value in content.items()}


def _store_binary(value: Any, keep: Callable[[bytes], dict[str, str]]) -> Any:
    if isinstance(value, dict):
        return {**value, "data": _store_binary(value["data"], keep)} if "data" in value else value
    if not isinstance(value, str) or len(value) <= _LONGEST_INLINE:
        return value
    return keep(base64.b64decode(value))


def _write(path: str, data: bytes) -> None:
    """Writes a file that is whole or not there, whatever happens meanwhile."""
    from tempfile import NamedTemporaryFile

    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        try:
            file.write(data)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _read(reference: Any, folder: str | None) -> bytes:
    named = str(reference).removeprefix("sha256:")
    if len(named) != 64 or not set(named) <= set("0123456789abcdef"):
        raise PipelineError(f"blob {reference!r}: expected sha256: and 64 hexadecimal digits")
    if folder is None:
        raise PipelineError(f"blob sha256:{named} lies beside the manifest's file: load the manifest by its path")
    path = _path(folder, named)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise PipelineError(f"blob sha256:{named} cannot be read: {error}") from error
    found = digest(data)
    if found != named:
        raise PipelineError(f"blob {path} was changed: its SHA-256 is {found}")
    return data


def _path(folder: str, name: str) -> str:
    return os.path.join(folder, "sha256", name)


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    from hashlib import sha256

    return sha256(data).hexdigest()
