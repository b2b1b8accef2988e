"""Native nodes: the types that the runtime itself brings, as Python classes."""

from __future__ import annotations

from functools import cache

from .._native import node_specs
from ..core.node import Node
from ..core.params import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any, ClassVar

    from .._native import NodeSpec, Packet
    from ..core.session import Session


class _Unsaid:
    """Stands in signatures for a default that the runtime knows and does not tell. Given as an argument it is none."""

    def __repr__(self) -> str:
        return "..."


UNSAID = _Unsaid()


class _OwnSignature:
    """The ``__signature__`` of the classes that are made from the registry; others have that of their constructor."""

    def __get__(self, node: object, kind: type[NativeNode]) -> Signature:
        if kind.spec is None or kind.__init__ is not NativeNode.__init__:
            raise AttributeError("__signature__", name="__signature__", obj=kind)
        from .signature import signature_of

        return signature_of(kind.spec)


class NativeNode(Node):
    """A node that the runtime runs itself, without this interpreter. Its parameters are attributes too."""

    #: What the runtime says about the type.
    spec: ClassVar[NodeSpec | None] = None
    __signature__: ClassVar[Any] = _OwnSignature()

    def __init__(self, *args: Any, name: str | None = None, **params: Any) -> None:
        own = type(self).spec
        if own is None:
            raise TypeError(f"{type(self).__name__} is made by RustNode(node_type, ...)")
        self._set_up(own, name, _bind(type(self).__name__, own, args, params))

    def _set_up(self, spec: NodeSpec, name: str | None, params: dict[str, Any]) -> None:
        super().__init__(name=name, **params)
        self._spec = spec
        self._call: NativeCall | None = None
        self.is_source = spec["source"]
        self.is_sink = not spec["outputs"]
        for key, value in {**_defaults(spec), **params}.items():
            if key.isidentifier() and not hasattr(type(self), key):
                setattr(self, key, value)

    @classmethod
    def of(cls, node_type: str, name: str, params: dict[str, Any], capabilities: dict[str, Any] | None) -> NativeNode:
        """The node that a manifest's entry of a native type describes."""
        node = RustNode(node_type, name=name, **params)
        node.capabilities = capabilities
        return node

    def process(self, data: Any) -> Any:
        """Runs the native node on one item outside of a pipeline: ``None``, the result, or a list of several."""
        if self._call is None:
            self._call = NativeCall(self._spec["node_type"], self._native_params())
        results = [packet.value for packet in self._call(data)]
        return results if len(results) > 1 else (results[0] if results else None)

    def cleanup(self) -> Any:
        """Ends what ``process`` started."""
        if self._call is not None:
            self._call.close()
            self._call = None
        return super().cleanup()

    def _native_type(self) -> str | None:
        return None if self._differs_from(NativeNode) else self._spec["node_type"]

    def _native_params(self) -> dict[str, Any]:
        return {key: plain(value, f"{self.name}.{key}") for key, value in self._extract_params().items()}

    def _manifest_params(self) -> Any:
        return super()._manifest_params() if self._native_type() is None else self._native_params()

    def _extract_params(self) -> dict[str, Any]:
        return {**self.config, **{key: self.__dict__[key] for key in self.config if key in self.__dict__}}

    def get_state(self) -> dict[str, Any]:
        """Nothing: a native node keeps its state to itself."""
        return {}


class RustNode(NativeNode):
    """A native node by the name of its type: ``RustNode("Multiply", factor=2)``."""

    def __init__(self, node_type: str, name: str | None = None, **params: Any) -> None:
        spec = known_specs().get(node_type)
        if spec is None:
            raise ValueError(f"node type {node_type!r} is not known{_closest(node_type, known_specs())}")
        self.capabilities: dict[str, Any] | None = None
        self._set_up(spec, name or node_type, params)

    def get_capabilities(self) -> dict[str, Any] | None:
        """What the manifest said that the node needs."""
        return self.capabilities


class NativeCall:
    """A native node in a session of its own, to be called with one item at a time."""

    def __init__(self, node_type: str, params: dict[str, Any]) -> None:
        self._entry = (node_type, params)
        self._session: Session | None = None

    def __call__(self, data: Any) -> list[Packet]:
        """The packets that come out for an item."""
        native = self._running()
        outputs: list[Packet]
        outputs, _ = native.exchange_one(data)
        while (packet := native.try_recv()) is not None:
            outputs.append(packet)
        return outputs

    def close(self) -> None:
        """Ends the session."""
        session, self._session = self._session, None
        if session is not None:
            session.cancel()

    def _running(self) -> Any:
        if self._session is None or self._session._running().is_over:
            from ..core.pipeline import Pipeline
            from ..core.session import Session

            node_type, params = self._entry
            # All of it happens on the calling thread: when the item is sent, its outputs are there.
            self._session = Session(Pipeline(node_type).add(RustNode(node_type, **params)), is_fed=True)
        return self._session._running()


@cache
def known_specs() -> dict[str, NodeSpec]:
    """Every native node type by its name, and by its other names."""
    specs: dict[str, NodeSpec] = {}
    for spec in node_specs():
        for name in (spec["node_type"], *spec["aliases"]):
            specs[name] = spec
    return specs


@cache
def native_class(name: str) -> type[NativeNode]:
    """The class of a native node type."""
    spec = known_specs()[name]
    return type(name, (NativeNode,), {"spec": spec, "__doc__": _doc(spec), "__module__": "remotemedia.nodes"})


def parameters(spec: NodeSpec) -> dict[str, dict[str, Any]]:
    """The schema of each parameter, in the order in which they are passed."""
    params = spec["params"]
    properties: dict[str, dict[str, Any]] = params.get("properties", {}) if isinstance(params, dict) else {}
    return properties


def _bind(name: str, spec: NodeSpec, args: tuple[Any, ...], params: dict[str, Any]) -> dict[str, Any]:
    known = list(parameters(spec))
    if len(args) > len(known):
        raise TypeError(f"{name}() takes {len(known)} positional arguments but {len(args)} were given")
    given = dict(zip(known, args, strict=False))
    twice = next((key for key in params if key in given), None)
    if twice is not None:
        raise TypeError(f"{name}() got multiple values for argument {twice!r}")
    given.update(params)
    given = {key: value for key, value in given.items() if value is not UNSAID}
    open_ended = not isinstance(spec["params"], dict) or spec["params"].get("additionalProperties", True)
    unknown = [key for key in params if key not in known and not (open_ended and not known)]
    if unknown:
        raise TypeError(f"{name}() got an unexpected keyword argument {unknown[0]!r}{_closest(unknown[0], known)}")
    missing = [key for key in _required(spec) if key not in given]
    if missing:
        raise TypeError(f"{name}() missing required argument: {missing[0]!r}")
    return given


def _required(spec: NodeSpec) -> list[str]:
    params = spec["params"]
    return params.get("required", []) if isinstance(params, dict) else []


def _defaults(spec: NodeSpec) -> dict[str, Any]:
    return {key: schema.get("default") for key, schema in parameters(spec).items()}


def _doc(spec: NodeSpec) -> str:
    lines = [spec["summary"] + ".", ""]
    for key, schema in parameters(spec).items():
        lines.append(f"``{key}``: {' '.join(schema.get('description', '').split())}")
    return "\n".join(lines).rstrip()


def _closest(name: str, known: Any) -> str:
    import difflib

    close = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


__all__ = ["NativeCall", "NativeNode", "RustNode", "known_specs", "native_class", "parameters"]
