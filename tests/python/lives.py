"""Nodes of every kind that keep a journal of their life, and fail where they are told to."""

import threading

from remotemedia import Node

#: How long a test waits for something that must happen, in seconds. A guard: nothing takes that long.
GUARD = 30.0


class Journal:
    """What happened, in order, noted from any thread."""

    def __init__(self):
        self._events = []
        self._changed = threading.Condition()

    def note(self, event):
        """Adds an event."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def count(self, event):
        """How often an event happened."""
        with self._changed:
            return self._events.count(event)

    @property
    def events(self):
        """All events so far."""
        with self._changed:
            return list(self._events)

    def wait_for(self, event, times=1):
        """Waits until an event happened that often; gives whether it did before the guard."""
        with self._changed:
            return self._changed.wait_for(lambda: self._events.count(event) >= times, GUARD)


class Forgetful(Journal):
    """A journal that keeps nothing."""

    def note(self, event):
        """Forgets the event."""


class Life(Node):
    """A node that notes its life. It raises ``error`` in the phase ``fails_in``; in ``process``, on the item ``2``."""

    def __init__(self, journal=None, fails_in=None, error=None, work=None, name=None):
        super().__init__(name=name)
        self.journal = journal if journal is not None else Journal()
        self.fails_in = fails_in
        self.error = error
        self.work = work or (lambda item: item)

    def live(self, phase):
        """Notes a phase, and fails in it if told to."""
        self.journal.note(phase)
        if self.fails_in == phase:
            raise self.error

    def handle(self, item):
        """Works on an item, and fails on the item ``2`` if told to."""
        self.journal.note(("process", item))
        if self.fails_in == "process" and item == 2:
            raise self.error
        return self.work(item)

    def initialize(self):
        self.live("initialize")

    def flush(self):
        self.live("flush")

    def cleanup(self):
        self.live("cleanup")


class Plain(Life):
    """A plain method."""

    def process(self, item):
        return self.handle(item)


class Generator(Life):
    """A generator."""

    def process(self, item):
        yield self.handle(item)


class GivesCoroutine(Life):
    """A plain method that gives a coroutine without awaiting it."""

    def process(self, item):
        return self._later(item)

    async def _later(self, item):
        return self.handle(item)


class GivesGenerator(Life):
    """A plain method that gives a generator."""

    def process(self, item):
        return (self.handle(value) for value in [item])


class _AsyncLife(Life):
    """A node whose whole life is asynchronous."""

    async def initialize(self):
        self.live("initialize")

    async def flush(self):
        self.live("flush")

    async def cleanup(self):
        self.live("cleanup")


class Async(_AsyncLife):
    """A coroutine."""

    async def process(self, item):
        return self.handle(item)


class AsyncGenerator(_AsyncLife):
    """An asynchronous generator."""

    async def process(self, item):
        yield self.handle(item)


class AsyncInPlainLife(Life):
    """A coroutine in a node whose other methods are plain."""

    async def process(self, item):
        return self.handle(item)


class PlainInAsyncLife(_AsyncLife):
    """A plain method in a node whose other methods are asynchronous."""

    def process(self, item):
        return self.handle(item)


class Streaming(_AsyncLife):
    """Called once with an asynchronous iterator of all inputs."""

    is_streaming = True

    async def process(self, items):
        async for item in items:
            yield self.handle(item)


class StreamingPlain(Life):
    """Called once with an iterator of all inputs."""

    is_streaming = True

    def process(self, items):
        for item in items:
            yield self.handle(item)


class StreamMethod(Life):
    """``stream`` instead of ``process``."""

    def stream(self, items):
        for item in items:
            yield self.handle(item)


KINDS = {
    kind.__name__: kind
    for kind in (
        Plain,
        Generator,
        GivesCoroutine,
        GivesGenerator,
        Async,
        AsyncGenerator,
        AsyncInPlainLife,
        PlainInAsyncLife,
        Streaming,
        StreamingPlain,
        StreamMethod,
    )
}
#: Kinds that are called once for all inputs; the runtime never calls their ``flush``.
STREAMING = {"Streaming", "StreamingPlain", "StreamMethod"}


class PlainSource(Life):
    """Makes the items that ``items()`` gives, by a generator."""

    is_source = True

    def __init__(self, items, journal=None, **settings):
        super().__init__(journal, **settings)
        self.items = items

    def process(self, data=None):
        try:
            for item in self.items():
                yield self.handle(item)
        finally:
            self.journal.note("closed")


class AsyncSource(_AsyncLife):
    """Makes the items that ``items()`` gives, by an asynchronous generator."""

    is_source = True

    def __init__(self, items, journal=None, **settings):
        super().__init__(journal, **settings)
        self.items = items

    async def process(self, data=None):
        try:
            for item in self.items():
                yield self.handle(item)
        finally:
            self.journal.note("closed")


SOURCES = {kind.__name__: kind for kind in (PlainSource, AsyncSource)}
