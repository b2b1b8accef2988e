"""Parameters as JSON and back: numbers, text, lists and maps as they are, everything else under a key that says what it is.

Nothing here is pickled, and nothing that is read back runs code, but the constructors of dataclasses.
"""

from __future__ import annotations

import base64
import math
import sys

from .exceptions import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LARGEST = 2**63


def encode(value: Any, where: str = "params") -> Any:
    """The JSON form of a parameter; ``where`` names it in errors."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_LARGEST <= value < _LARGEST else {"$int": str(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is list:
        return [encode(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if kind is dict:
        return _encode_dict(value, where)
    if kind is tuple:
        return {"$tuple": [encode(item, f"{where}[{index}]") for index, item in enumerate(value)]}
    if kind in (set, frozenset):
        return {"$set": [encode(item, where) for item in sorted(value, key=repr)]}
    if kind in (bytes, bytearray):
        return {"$bytes": base64.b64encode(value).decode()}
    return _encode_object(value, where)


def decode(value: Any) -> Any:
    """The parameter behind its JSON form."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$dataclass" in value and "fields" in value:
        return _decode_dataclass(value)
    if len(value) == 1:
        ((key, content),) = value.items()
        if key in _DECODERS:
            return _DECODERS[key](content)
    return {key: decode(item) for key, item in value.items()}


def class_named(reference: str) -> Any:
    """The class that ``module:Class`` means."""
    import importlib

    module, _, path = reference.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"{reference} cannot be imported: {error}") from error
    if not isinstance(found, type):
        raise ConfigurationError(f"{reference} is no class")
    return found


def reference_to(kind: type) -> str:
    """How ``class_named`` finds a class again."""
    return f"{kind.__module__}:{kind.__qualname__}"


def _encode_dict(value: dict[Any, Any], where: str) -> Any:
    plain = all(type(key) is str for key in value) and not any(key.startswith("$") for key in value)
    if plain:
        return {key: encode(item, f"{where}.{key}") for key, item in value.items()}
    return {"$dict": [[encode(key, where), encode(item, f"{where}[{key!r}]")] for key, item in value.items()]}


def _encode_object(value: Any, where: str) -> Any:
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None and not isinstance(value, type):
        content = {name: encode(getattr(value, name), f"{where}.{name}") for name in fields}
        return {"$dataclass": reference_to(type(value)), "fields": content}
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _encode_array(value, where)
    if numpy is not None and isinstance(value, numpy.generic):
        return encode(value.item(), where)
    if isinstance(value, (bool, int, float, str)):
        return encode(next(kind for kind in (bool, int, float, str) if isinstance(value, kind))(value), where)
    path = sys.modules.get("pathlib")
    if path is not None and isinstance(value, path.PurePath):
        return {"$path": str(value)}
    raise ConfigurationError(
        f"{where} is a {type(value).__name__}, which a manifest cannot hold;"
        " it holds numbers, text, bytes, lists, maps, dataclasses and arrays of numbers"
    )


def _encode_array(array: Any, where: str) -> Any:
    if array.dtype.kind not in "biufc":
        raise ConfigurationError(f"{where} is an array of {array.dtype}, a manifest holds arrays of numbers")
    little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    data = base64.b64encode(little.tobytes()).decode()
    return {"$ndarray": {"dtype": little.dtype.str, "shape": list(array.shape), "data": data}}


def _decode_array(content: dict[str, Any]) -> Any:
    import numpy

    dtype = numpy.dtype(content["dtype"])
    if dtype.kind not in "biufc":
        raise ConfigurationError(f"array of {dtype}, expected numbers")
    flat = numpy.frombuffer(base64.b64decode(content["data"]), dtype)
    return flat.reshape(content["shape"]).astype(dtype.newbyteorder("="))


def _decode_dataclass(value: dict[str, Any]) -> Any:
    kind = class_named(value["$dataclass"])
    fields = getattr(kind, "__dataclass_fields__", None)
    if fields is None:
        raise ConfigurationError(f"{value['$dataclass']} is no dataclass")
    content = {name: decode(item) for name, item in value["fields"].items()}
    made = kind(**{name: item for name, item in content.items() if name in fields and fields[name].init})
    for name, item in content.items():
        if name in fields and not fields[name].init:
            object.__setattr__(made, name, item)
    return made


def _decode_path(content: str) -> Any:
    import pathlib

    return pathlib.Path(content)


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$int": int,
    "$float": float,
    "$bytes": base64.b64decode,
    "$tuple": lambda content: tuple(decode(item) for item in content),
    "$set": lambda content: {decode(item) for item in content},
    "$dict": lambda content: {decode(key): decode(item) for key, item in content},
    "$ndarray": _decode_array,
    "$path": _decode_path,
}
