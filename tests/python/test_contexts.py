"""Context variables: nodes see the caller's, keep their own from item to item, and change nobody else's."""

import asyncio
import contextvars

import pytest

from remotemedia import Node, Pipeline

VARIABLE = contextvars.ContextVar("variable", default="unset")
pytestmark = pytest.mark.timeout(120)


class Notes(Node):
    """Gives what it saw in ``initialize`` and in ``process``, and leaves a mark of its own."""

    seen_first = None

    def initialize(self):
        self.seen_first = VARIABLE.get()

    def note(self):
        seen = VARIABLE.get()
        VARIABLE.set(f"mark of {self.name}")
        return self.seen_first, seen


class Plain(Notes):
    def process(self, item):
        return item, *self.note()


class Async(Notes):
    async def process(self, item):
        await asyncio.sleep(0)
        return item, *self.note()


class Generator(Notes):
    def process(self, item):
        yield item, *self.note()


class AsyncGenerator(Notes):
    async def process(self, item):
        await asyncio.sleep(0)
        yield item, *self.note()


class Streaming(Notes):
    is_streaming = True

    async def process(self, items):
        async for item in items:
            yield item, *self.note()


class Stream(Notes):
    def stream(self, items):
        for item in items:
            yield item, *self.note()


KINDS = [Plain, Async, Generator, AsyncGenerator]
STREAMS = [Streaming, Stream]


@pytest.fixture(autouse=True)
def caller():
    token = VARIABLE.set("caller")
    yield
    assert VARIABLE.get() == "caller"
    VARIABLE.reset(token)


@pytest.mark.parametrize("kind", KINDS + STREAMS)
def test_node_sees_the_callers_variables(kind):
    (first,) = [packet.value for packet in Pipeline([kind()], "seen").stream(["a"])]
    assert first == ("a", "caller", "caller")


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_node_sets_stays_with_it(kind):
    results = Pipeline([kind(name="first"), kind(name="second")], "kept").run(["a", "b"])
    assert results[0] == (("a", "caller", "caller"), "caller", "caller")
    assert results[1] == (("b", "caller", "mark of first"), "caller", "mark of second")


@pytest.mark.parametrize("kind", KINDS + STREAMS)
def test_node_sees_the_variables_of_the_coroutine_that_runs_it(kind):
    async def one(name):
        VARIABLE.set(name)
        result = await Pipeline([kind()], name).run_async("item")
        return result, VARIABLE.get()

    async def several():
        return await asyncio.gather(one("left"), one("right"))

    assert asyncio.run(several()) == [(("item", name, name), name) for name in ("left", "right")]


@pytest.mark.parametrize("kind", KINDS)
def test_next_run_starts_from_the_caller_again(kind):
    pipeline = Pipeline([kind()], "again")
    assert [pipeline.run("a"), pipeline.run("b")] == [("a", "caller", "caller"), ("b", "caller", "caller")]
    VARIABLE.set("later")
    assert pipeline.run("c") == ("c", "later", "later")
    VARIABLE.set("caller")


def test_flush_and_cleanup_see_what_the_node_set():
    seen = []

    class Ends(Notes):
        def process(self, item):
            VARIABLE.set(item)

        def flush(self):
            seen.append(VARIABLE.get())

        def cleanup(self):
            seen.append(VARIABLE.get())

    Pipeline([Ends()], "ends").run(["a", "b"])
    assert seen == ["b", "b"]
