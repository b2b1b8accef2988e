"""Nodes: the base class of everything that a pipeline is made of."""

from __future__ import annotations

from functools import wraps

from .compose import Chain, Port, as_part
from .exceptions import SerializationError
from .params import encode, reference_to
from .remote import RemoteExecutorConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Generator
    from datetime import timedelta
    from typing import Any, ClassVar

    from .state import SessionState, StateManager

#: Parameters of the base class, which a manifest holds elsewhere or not at all.
_BASE_PARAMETERS = ("name", "enable_state", "state_ttl", "max_sessions")

#: The methods that a native type takes the place of.
_BEHAVIOUR = frozenset(("initialize", "process", "stream", "flush", "cleanup"))


class _Done:
    """What ``initialize()`` and ``cleanup()`` of the base class return: it may be awaited, and need not be."""

    def __await__(self) -> Generator[None, None, None]:
        return iter(())  # type: ignore[return-value]


_DONE = _Done()


class Node:
    """One step of a pipeline.

    A subclass defines ``process(self, data)``: a plain method, a coroutine, a generator or an asynchronous generator.
    What it returns or yields goes on; ``None`` is dropped. With ``is_streaming = True``, or with ``stream(self, inputs)``
    instead of ``process``, it is called once with an iterator of all inputs. ``initialize``, ``flush`` and ``cleanup``
    may be plain or asynchronous.

    Further keyword arguments become ``self.config`` and the parameters in manifests.
    """

    #: Called once with an iterator of all inputs.
    is_streaming: bool = False
    #: Makes items by itself: ``process()`` is called without an argument.
    is_source: bool = False
    #: Is an end of the pipeline.
    is_sink: bool = False
    #: Runs on another machine.
    is_remote: bool = False
    remote_config: RemoteExecutorConfig | None = None
    #: The parameters that name files, which a package brings along: modules of WebAssembly by their ending, models else.
    file_parameters: ClassVar[tuple[str, ...]] = ()
    #: The native node type that does the same, if there is one.
    native_type: ClassVar[str | None] = None

    _created_with: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
    #: Which session has the object now.
    _lease: int | None = None
    _state_settings: tuple[Any, Any] = (None, None)
    _is_initialized = False
    _current_session_id: str | None = None

    name: str
    #: What the constructor was given beside its own parameters.
    config: dict[str, Any]
    logger: logging.Logger
    #: The state of each session, ``None`` where it is switched off.
    state: StateManager | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in cls.__dict__:
            cls.__init__ = _recording(cls.__init__)  # type: ignore[method-assign]

    def __init__(
        self,
        name: str | None = None,
        enable_state: bool = True,
        state_ttl: timedelta | None = None,
        max_sessions: int | None = None,
        **kwargs: Any,
    ) -> None:
        cls = type(self)
        if cls.process is Node.process and not callable(getattr(cls, "stream", None)):
            raise TypeError(f"{cls.__name__} has neither process() nor stream(), which a node needs")
        if "_created_with" not in self.__dict__:
            self._created_with = ((), {"name": name, "enable_state": enable_state, **kwargs})
        self.name = name or cls.__name__
        self.config = kwargs
        self.enable_state = enable_state
        self._state_settings = (state_ttl, max_sessions)

    def process(self, *args: Any, **kwargs: Any) -> Any:
        """Takes one item and gives the result; a source, or a node with ``is_streaming``, takes what its kind says."""
        raise NotImplementedError(f"{type(self).__name__}.process")

    process.__isabstractmethod__ = True  # type: ignore[attr-defined]

    def initialize(self) -> Any:
        """Prepares the node. Called once before the first item; ``await super().initialize()`` works too."""
        self._is_initialized = True
        return _DONE

    def cleanup(self) -> Any:
        """Releases what the node holds. Always called, also after errors."""
        if "state" in self.__dict__ and self.state is not None:
            self.state.clear_all_sessions()
        self._is_initialized = False
        return _DONE

    @property
    def is_initialized(self) -> bool:
        """Whether the node was initialised and not cleaned up."""
        return self._is_initialized

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            # What most nodes never use is made when it is asked for.
            make = _ON_DEMAND.get(name)
            if make is None:
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
                raise AttributeError(message, name=name, obj=self)
            self.__dict__[name] = made = make(self)
            return made

    def _make_state(self) -> StateManager | None:
        if not self.__dict__.get("enable_state", True):
            return None
        from .state import StateManager

        ttl, max_sessions = self._state_settings
        return StateManager(default_ttl=ttl, max_sessions=max_sessions)

    def set_session_id(self, session_id: str | None) -> None:
        """Says whose state ``get_session_state()`` gives."""
        self._current_session_id = session_id

    def get_session_id(self) -> str | None:
        """Whose state ``get_session_state()`` gives. A running session has an id of its own unless one was set."""
        return self._current_session_id

    def get_session_state(self, session_id: str | None = None) -> SessionState | None:
        """The state of a session, the current one unless named; ``None`` without a session or with state switched off."""
        session_id = session_id or self._current_session_id
        if not session_id or self.state is None:
            return None
        return self.state.get_or_create_session(session_id)

    def extract_session_id(self, data: Any) -> str | None:
        """The ``session_id`` in a dict, or in the metadata dict that ends a tuple."""
        if isinstance(data, tuple) and len(data) >= 2:
            data = data[-1]
        return data.get("session_id") if isinstance(data, dict) else None

    def split_data_metadata(self, data: Any) -> tuple[Any, dict[str, Any] | None]:
        """Takes ``(data, metadata)`` or ``(audio, rate, metadata)`` apart; anything else has no metadata."""
        if not isinstance(data, tuple) or len(data) < 2 or not isinstance(data[-1], dict):
            return data, None
        metadata = data[-1]
        if not any(key in metadata for key in ("session_id", "metadata", "user_name", "timestamp")):
            return data, None
        return (data[0] if len(data) == 2 else data[:-1]), metadata

    def merge_data_metadata(self, data: Any, metadata: dict[str, Any] | None) -> Any:
        """Puts metadata behind data: ``(data, metadata)``, or one more item of a tuple."""
        if metadata is None:
            return data
        return (*data, metadata) if isinstance(data, tuple) else (data, metadata)

    def get_config(self) -> dict[str, Any]:
        """Name, class and parameters."""
        return {"name": self.name, "class": type(self).__name__, "config": self.config}

    def get_capabilities(self) -> dict[str, Any] | None:
        """What the node needs of its host, as a manifest's ``capabilities``; ``None`` for nothing special."""
        return None

    def to_manifest(self, include_capabilities: bool = True) -> dict[str, Any]:
        """The node as an entry of a manifest."""
        entry: dict[str, Any] = {"id": self.name, "node_type": self._node_type()}
        entry["params"] = self._manifest_params()
        if self.is_streaming:
            entry["is_streaming"] = True
        capabilities = self.get_capabilities() if include_capabilities else None
        if capabilities:
            entry["capabilities"] = capabilities
        if self.is_remote and self.remote_config is not None:
            entry["host"] = f"{self.remote_config.host}:{self.remote_config.port}"
        if self._native_type() is None:
            entry["python"] = self._python_entry()
        return entry

    def _node_type(self) -> str:
        return self._native_type() or type(self).__name__

    def _native_params(self) -> dict[str, Any]:
        """The parameters of the native type."""
        return self._extract_params()

    def _native_type(self) -> str | None:
        """The native type that runs in place of this object, unless it was made to do something else."""
        own: Any = next((cls for cls in type(self).__mro__ if "native_type" in cls.__dict__), None)
        if own is None or own.native_type is None:
            return None
        native: str = own.native_type
        return None if self._differs_from(own) else native

    def _differs_from(self, kind: type[Node]) -> bool:
        """Whether a subclass of ``kind``, or the object itself, does anything in a way of its own."""
        changed = any(_of(type(self), name) is not _of(kind, name) for name in _BEHAVIOUR)
        return changed or not _BEHAVIOUR.isdisjoint(self.__dict__)

    def _manifest_params(self) -> Any:
        """The parameters as a manifest holds them."""
        return encode(self._extract_params(), f"{self.name}.params")

    def _extract_params(self) -> dict[str, Any]:
        """The parameters: the constructor's arguments by name, and ``self.config``."""
        return {**self._arguments(), **self.config}

    def _arguments(self) -> dict[str, Any]:
        import inspect

        args, kwargs = self._created_with
        try:
            bound = inspect.signature(type(self)).bind(*args, **kwargs)
        except (TypeError, ValueError):
            return {}
        bound.apply_defaults()
        found: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                found.update(value)
            elif kind is not inspect.Parameter.VAR_POSITIONAL:
                found[name] = value
        return {name: value for name, value in found.items() if name not in _BASE_PARAMETERS}

    def _python_entry(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"class": reference_to(type(self)), "name": self.name}
        state = self.get_state()
        if state:
            entry["state"] = encode(state, f"{self.name}.state")
        return entry

    def get_state(self) -> dict[str, Any]:
        """What a manifest keeps of the node beside its parameters: by default the public attributes that JSON can hold.

        Attributes that repeat a parameter are left out.
        """
        known = {"name", "config", "enable_state", "state", "logger", "is_streaming", "is_source", "is_sink"}
        arguments = self._arguments()
        state = {}
        for name, value in vars(self).items():
            if name.startswith("_") or name in known or value is None:
                continue
            if name in arguments and arguments[name] is value:
                continue
            try:
                encode(value)
            except SerializationError:
                continue
            state[name] = value
        return state

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes back what ``get_state()`` gave."""
        for name, value in state.items():
            setattr(self, name, value)

    def _implementation(self) -> Any:
        """The object that runs."""
        return self

    def _clone(self) -> Node:
        """A fresh node made as this one was, for a session beside another one that has this object."""
        args, kwargs = self._created_with
        clone = type(self)(*args, **kwargs)
        clone.name = self.name
        return clone

    def __getitem__(self, port: str) -> Port:
        return Port(self, port)

    def __rshift__(self, other: Any) -> Chain:
        return as_part(self).then(as_part(other))

    def __rrshift__(self, other: Any) -> Chain:
        return as_part(other).then(as_part(self))

    def __getstate__(self) -> dict[str, Any]:
        left_out = ("state", "logger", "_lease")
        state = {name: value for name, value in self.__dict__.items() if name not in left_out}
        state["_is_initialized"] = False
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


def _logger_of(node: Node) -> logging.Logger:
    from .log import logger

    return logger(f"nodes.{type(node).__name__}")


#: What a node has without its constructor having been called.
_ON_DEMAND: dict[str, Callable[[Node], Any]] = {
    "config": lambda node: {},
    "logger": _logger_of,
    "name": lambda node: type(node).__name__,
    "state": Node._make_state,
}


def _recording(init: Callable[..., None]) -> Callable[..., None]:
    """A constructor that remembers its arguments, so that manifests and further sessions can repeat it."""

    @wraps(init)
    def __init__(self: Node, *args: Any, **kwargs: Any) -> None:
        if "_created_with" not in self.__dict__:
            self._created_with = (args, kwargs)
        init(self, *args, **kwargs)

    return __init__


def _of(cls: type, name: str) -> Any:
    return getattr(cls, name, None)


def __getattr__(name: str) -> Any:
    if name in ("SessionState", "StateManager"):
        from . import state

        return getattr(state, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Node", "RemoteExecutorConfig", "SessionState", "StateManager"]
