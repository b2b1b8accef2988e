"""Signatures of native node classes, from the schemas of their parameters."""

from __future__ import annotations

from inspect import Parameter, Signature
from itertools import pairwise
from typing import Any, Literal

from .native import UNSAID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._native import NodeSpec

_PLAIN = {"boolean": bool, "integer": int, "number": float, "string": str, "null": None}


def signature_of(spec: NodeSpec) -> Signature:
    """What the class of a native node type is called with: its parameters in their order, then the node's name."""
    schema = spec["params"] if isinstance(spec["params"], dict) else {}
    definitions = schema.get("$defs", {})
    required = schema.get("required", [])
    taken = [
        Parameter(
            name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty if name in required else default_of(part, definitions),
            annotation=annotation_of(part, definitions),
        )
        for name, part in schema.get("properties", {}).items()
    ]
    # Python has no parameter without a default behind one with a default; the schema's order may.
    if any(
        before.default is not Parameter.empty and after.default is Parameter.empty for before, after in pairwise(taken)
    ):
        taken = [part.replace(kind=Parameter.KEYWORD_ONLY) for part in taken]
    named = Parameter("name", Parameter.KEYWORD_ONLY, default=None, annotation=str | None)
    return Signature([*taken, named, *_open_end(schema)])


def default_of(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """What a parameter is where it is not given."""
    if isinstance(schema, dict) and "default" in schema:
        return schema["default"]
    return None if _may_be_null(schema, definitions) else UNSAID


def annotation_of(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """The type of the values that a schema allows."""
    if not isinstance(schema, dict):
        return Any
    if "$ref" in schema:
        return annotation_of(_resolved(schema, definitions), definitions)
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        return _one_of(choices, definitions)
    if "const" in schema:
        return Literal[schema["const"]]
    if "enum" in schema:
        return Literal[tuple(schema["enum"])]
    kinds = schema.get("type")
    if kinds is None:
        return Any
    names = kinds if isinstance(kinds, list) else [kinds]
    return _union([_named(name, schema, definitions) for name in names])


def _named(name: str, schema: dict[str, Any], definitions: Mapping[str, Any]) -> Any:
    if name == "array":
        return list[annotation_of(schema.get("items"), definitions)]  # type: ignore[misc]
    return dict[str, Any] if name == "object" else _PLAIN[name]


def _one_of(choices: list[Any], definitions: Mapping[str, Any]) -> Any:
    if all("const" in choice for choice in choices):
        return Literal[tuple(choice["const"] for choice in choices)]
    return _union([annotation_of(choice, definitions) for choice in choices])


def _union(kinds: list[Any]) -> Any:
    united = kinds[0]
    for kind in kinds[1:]:
        united = united | kind if united is not None else kind | united
    return united


def _may_be_null(schema: Any, definitions: Mapping[str, Any]) -> bool:
    if not isinstance(schema, dict):
        return False
    if "$ref" in schema:
        return _may_be_null(_resolved(schema, definitions), definitions)
    kinds = schema.get("type")
    if kinds == "null" or (isinstance(kinds, list) and "null" in kinds):
        return True
    return any(_may_be_null(choice, definitions) for choice in schema.get("anyOf", ()))


def _resolved(schema: dict[str, Any], definitions: Mapping[str, Any]) -> Any:
    return definitions[schema["$ref"].rpartition("/")[2]]


def _open_end(schema: dict[str, Any]) -> list[Parameter]:
    """Types without parameters of their own may take any, as the earlier package's did."""
    is_open = not schema.get("properties") and schema.get("additionalProperties", True)
    return [Parameter("params", Parameter.VAR_KEYWORD, annotation=Any)] if is_open else []


__all__ = ["annotation_of", "default_of", "signature_of"]
