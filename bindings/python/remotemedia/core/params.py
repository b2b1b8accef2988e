"""Parameters as JSON and back: numbers, text, lists and maps as they are, everything else under a key that says what it is.

Nothing here is pickled, and nothing that is read back runs code, but the constructors of dataclasses. Classes and
functions are imported by name.
"""

from __future__ import annotations

import base64
import math
import sys

from .exceptions import ConfigurationError, SerializationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LARGEST = 2**63


def encode(value: Any, where: str = "params") -> Any:
    """The JSON form of a parameter; ``where`` names it in errors."""
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _whole(value, where)
    if kind is int:
        return value if -_LARGEST <= value < _LARGEST else {"$int": str(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is complex:
        return {"$complex": [encode(value.real), encode(value.imag)]}
    if kind is list:
        return [encode(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if kind is dict:
        return _encode_dict(value, where)
    if kind is tuple:
        return {"$tuple": [encode(item, f"{where}[{index}]") for index, item in enumerate(value)]}
    if kind in (set, frozenset):
        return {f"${kind.__name__}": [encode(item, where) for item in sorted(value, key=repr)]}
    if kind in (bytes, bytearray):
        return {f"${kind.__name__}": base64.b64encode(value).decode()}
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


def plain(value: Any, where: str) -> Any:
    """A parameter as native nodes read it: tuples and arrays are lists, paths are texts; ``where`` names it in errors."""
    kind = type(value)
    if value is None or kind in (bool, int):
        return value
    if kind is str:
        return _whole(value, where)
    if kind is float and not math.isfinite(value):
        raise SerializationError(f"{where} is {value}, expected a finite number")
    if kind is float:
        return value
    if kind in (list, tuple, set, frozenset):
        return [plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if kind is dict:
        return {str(key): plain(item, f"{where}.{key}") for key, item in value.items()}
    for simple in (bool, int, float, str):
        if isinstance(value, simple):
            return plain(simple(value), where)
    if hasattr(value, "__fspath__"):
        return plain(value.__fspath__(), where)
    if _is_of_numpy(value) and value.dtype.kind in "biuf":
        return plain(value.tolist(), where)
    raise SerializationError(f"{where} is a {kind.__name__}, expected a number, text, a list or a map of these")


def class_named(reference: str, type_only: bool = True) -> Any:
    """The class that ``module:Class`` means; without ``type_only`` also a function, or anything else of that name."""
    import importlib

    module, _, path = reference.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"{reference} cannot be imported: {error}") from error
    if type_only and not isinstance(found, type):
        raise ConfigurationError(f"{reference} is no class")
    return found


def reference_to(kind: Any) -> str:
    """How ``class_named`` finds a class or a function again."""
    return f"{kind.__module__}:{kind.__qualname__}"


def _encode_dict(value: dict[Any, Any], where: str) -> Any:
    plain = all(type(key) is str for key in value) and not any(key.startswith("$") for key in value)
    if plain:
        return {key: encode(item, f"{where}.{key}") for key, item in value.items()}
    return {"$dict": [[encode(key, where), encode(item, f"{where}[{key!r}]")] for key, item in value.items()]}


def _whole(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"{where} is a text with half a character at {error.start}, which is no text elsewhere; pass bytes"
        raise SerializationError(message) from None
    return text


def _is_of_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic))


def _encode_object(value: Any, where: str) -> Any:
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None and not isinstance(value, type):
        content = {name: encode(getattr(value, name), f"{where}.{name}") for name in fields}
        return {"$dataclass": reference_to(type(value)), "fields": content}
    if _is_of_numpy(value):
        return _encode_array(value, where)
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum) and value.name in type(value).__members__:
        return {"$enum": [reference_to(type(value)), value.name]}
    if isinstance(value, (bool, int, float, str)):
        return encode(next(kind for kind in (bool, int, float, str) if isinstance(value, kind))(value), where)
    if isinstance(value, type):
        return {"$class": _findable(value, "class", where)}
    if type(value).__name__ in ("function", "builtin_function_or_method") and getattr(value, "__module__", None):
        return {"$function": _findable(value, "function", where)}
    path = sys.modules.get("pathlib")
    if path is not None and isinstance(value, path.PurePath):
        return {"$path": str(value)}
    name = type(value).__name__
    raise SerializationError(
        f"{where} is a {name}, which a manifest cannot hold: pass numbers, text, bytes, lists, maps, dataclasses or"
        f" arrays of numbers, and make the {name} of them in initialize()"
    )


def _findable(value: Any, kind: str, where: str) -> str:
    """The reference to a function or a class, where it leads to the same one again."""
    name = value.__qualname__
    if "<" in name or _lookup(value.__module__, name, value) is not value:
        raise SerializationError(
            f"{where} is a {kind}, {name}, which a manifest cannot name: pass one that the top level of a module defines"
        )
    return reference_to(value)


def _lookup(module: str, path: str, default: Any) -> Any:
    """What a module has under a name; ``default`` where the module is not there any more."""
    found: Any = sys.modules.get(module)
    if found is None:
        return default
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def _encode_array(array: Any, where: str) -> Any:
    if not _is_portable(array.dtype):
        raise SerializationError(
            f"{where} is an array of {array.dtype}, a manifest holds arrays of numbers of up to 64 bits:"
            " pass a list, or convert it with astype()"
        )
    little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    data = base64.b64encode(little.tobytes()).decode()
    kind = "$scalar" if isinstance(array, sys.modules["numpy"].generic) else "$ndarray"
    return {kind: {"dtype": little.dtype.str, "shape": list(array.shape), "data": data}}


def _is_portable(dtype: Any) -> bool:
    """Whether every machine has numbers of this type: not so those longer than 64 bits, or pairs of them."""
    return dtype.kind in "biufc" and dtype.itemsize <= (16 if dtype.kind == "c" else 8)


def _decode_array(content: dict[str, Any]) -> Any:
    import numpy

    dtype = numpy.dtype(content["dtype"])
    if not _is_portable(dtype):
        raise ConfigurationError(f"array of {dtype}, expected numbers of up to 64 bits")
    flat = numpy.frombuffer(_binary(content["data"]), dtype)
    return flat.reshape(content["shape"]).astype(dtype.newbyteorder("="))


def _binary(content: Any) -> bytes:
    """Bytes from their base64 text, or as they are where they came by themselves."""
    return content if isinstance(content, bytes) else base64.b64decode(content)


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


def _decode_enum(content: list[str]) -> Any:
    import enum

    reference, name = content
    kind = class_named(reference)
    if not issubclass(kind, enum.Enum) or name not in kind.__members__:
        raise ConfigurationError(f"{reference} is no enumeration with a {name!r}")
    return kind[name]


def _decode_path(content: str) -> Any:
    import pathlib

    return pathlib.Path(content)


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$int": int,
    "$float": float,
    "$complex": lambda content: complex(*map(decode, content)),
    "$bytes": _binary,
    "$bytearray": lambda content: bytearray(_binary(content)),
    "$tuple": lambda content: tuple(decode(item) for item in content),
    "$set": lambda content: {decode(item) for item in content},
    "$frozenset": lambda content: frozenset(decode(item) for item in content),
    "$dict": lambda content: {decode(key): decode(item) for key, item in content},
    "$ndarray": _decode_array,
    "$scalar": lambda content: _decode_array(content)[()],
    "$enum": _decode_enum,
    "$path": _decode_path,
    "$class": class_named,
    "$function": lambda content: class_named(content, type_only=False),
}
