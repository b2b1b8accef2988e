"""Streams: outputs as they come, while inputs are taken."""

from __future__ import annotations

from . import launch
from .exceptions import EndOfStream
from .session import AsyncSession, Session, exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from typing import Any

    from .._native import Packet
    from .pipeline import Pipeline


class Stream:
    """The outputs of a pipeline as packets, for ``for`` or ``async for``, once.

    Leaving the loop early cancels the session. Where the iterable of inputs raises, the outputs of what it gave before
    come first.
    """

    def __init__(self, pipeline: Pipeline, inputs: Any) -> None:
        self._pipeline = pipeline
        self._inputs = _as_stream(inputs)

    def __iter__(self) -> Iterator[Packet]:
        if hasattr(self._inputs, "__aiter__"):
            raise TypeError("the inputs are asynchronous: use `async for`")
        session = Session(self._pipeline, has_input=self._inputs is not None, is_fed=True)
        native = session._running()
        raised: list[Exception] = []
        try:
            for value in _until_error(self._inputs or (), raised):
                outputs, taken = native.exchange_one(value)
                yield from outputs
                if not taken:
                    break
                while (output := native.try_recv()) is not None:
                    yield output
            while True:
                try:
                    output = native.finish_and_next()
                except EndOfStream:
                    break
                yield output
            if raised:
                raise raised[0]
        except GeneratorExit:
            native.cancel()
            raise
        except BaseException as error:
            session._fail(error)
            raise
        finally:
            session._settle()

    async def __aiter__(self) -> AsyncIterator[Packet]:
        session = Session(self._pipeline, has_input=self._inputs is not None)
        session._start(launch.running_loop())
        outputs = exchange(AsyncSession(session), self._inputs)
        try:
            async for packet in outputs:
                yield packet
        finally:
            await outputs.aclose()
            await session._leave_async()


def _until_error(inputs: Iterable[Any], raised: list[Exception]) -> Iterator[Any]:
    """The inputs up to where the iterable raises; what it raised goes to ``raised``."""
    try:
        yield from inputs
    except Exception as error:
        raised.append(error)


def _as_stream(inputs: Any) -> Any:
    """What to iterate over: texts, bytes, dicts, tuples and arrays are one item each, as for ``run``."""
    if inputs is None or hasattr(inputs, "__aiter__"):
        return inputs
    one = isinstance(inputs, (str, bytes, bytearray, dict, tuple)) or hasattr(inputs, "__array__")
    return [inputs] if one or not hasattr(inputs, "__iter__") else inputs
