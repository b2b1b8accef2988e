"""A caller that walks away at any moment leaves nothing behind: every node is cleaned up once, every thread ends."""

import asyncio
import contextlib
import gc
import itertools
import threading
import weakref

import pytest
from lives import GUARD, KINDS, SOURCES, Journal, Plain

from remotemedia import AudioSource, EndOfStream, NodeError, Pipeline, SessionCancelled
from remotemedia.nodes import Gain, PassThrough

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("complaints", "nothing_left")]


class Left(Exception):
    """What the caller raises in the middle."""


def three(kind):
    """A pipeline of a node between two others; gives it and their journals."""
    journals = [Journal() for _ in range(3)]
    nodes = [Plain(journals[0], name="Before"), KINDS[kind](journals[1]), Plain(journals[2], name="After")]
    return Pipeline(nodes, "left"), journals


def assert_cleaned_up_once(journals, initialized=1):
    """Every node was initialised, and is or will be cleaned up as often."""
    for journal in journals:
        assert journal.wait_for("cleanup", initialized), journal.events
        assert journal.count("initialize") == journal.count("cleanup") == initialized


def leave_loop(pipeline):
    for packet in pipeline.stream([1, 2, 3]):
        assert packet.value == 1
        break


def leave_loop_of_one(pipeline):
    for packet in pipeline.stream([1]):
        assert packet.value == 1
        break


def leave_loop_over_endless_inputs(pipeline):
    for packet in pipeline.stream(itertools.count(1)):
        if packet.value == 100:
            break


def drop_iterator(pipeline):
    outputs = iter(pipeline.stream([1, 2, 3]))
    assert next(outputs).value == 1
    del outputs


def close_iterator(pipeline):
    outputs = iter(pipeline.stream([1, 2, 3]))
    assert next(outputs).value == 1
    outputs.close()


def drop_session(pipeline):
    session = pipeline.session()
    session.send(1)
    assert session.recv(timeout=GUARD).value == 1
    del session


def drop_session_with_full_queues(pipeline):
    session = pipeline.session()
    session.send(1)
    session.recv(timeout=GUARD)
    while session.try_send(1):
        pass
    del session


def cancel_session(pipeline):
    session = pipeline.session()
    session.send(1)
    session.recv(timeout=GUARD)
    session.cancel()
    with pytest.raises(SessionCancelled):
        session.recv(timeout=GUARD)


def raise_in_block(pipeline):
    error = Left()
    with pytest.raises(Left) as raised, pipeline.session() as session:
        session.send(1)
        session.recv(timeout=GUARD)
        raise error
    assert raised.value is error


def leave_block(pipeline):
    with pipeline.session() as session:
        session.send(1)
        session.recv(timeout=GUARD)


def raise_in_loop_body(pipeline):
    with pytest.raises(Left):
        for _ in pipeline.stream([1, 2, 3]):
            raise Left


def time_out_in_block(pipeline):
    with pipeline.session() as session:
        session.send(1)
        session.recv(timeout=GUARD)
        with pytest.raises(TimeoutError):
            session.recv(timeout=0.01)


def leave_async_loop(pipeline):
    async def main():
        async for packet in pipeline.stream([1, 2, 3]):
            assert packet.value == 1
            break

    asyncio.run(main())


def leave_async_loop_of_one(pipeline):
    async def main():
        async for packet in pipeline.stream([1]):
            assert packet.value == 1
            break

    asyncio.run(main())


def close_async_iterator(pipeline):
    async def main():
        outputs = aiter(pipeline.stream([1, 2, 3]))
        assert (await anext(outputs)).value == 1
        await outputs.aclose()

    asyncio.run(main())


def leave_async_block(pipeline):
    async def main():
        async with pipeline.session() as session:
            await session.send(1)
            await session.recv(timeout=GUARD)

    asyncio.run(main())


def raise_in_async_block(pipeline):
    async def main():
        async with pipeline.session() as session:
            await session.send(1)
            await session.recv(timeout=GUARD)
            raise Left

    with pytest.raises(Left):
        asyncio.run(main())


def time_out_in_async_block(pipeline):
    async def main():
        async with pipeline.session() as session:
            await session.send(1)
            await session.recv(timeout=GUARD)
            with pytest.raises(TimeoutError):
                await session.recv(timeout=0.01)
            await session.send(1)
            assert (await session.recv(timeout=GUARD)).value == 1

    asyncio.run(main())


def time_out_around_async_block(pipeline):
    async def main():
        async with asyncio.timeout(None) as limit, pipeline.session() as session:
            await session.send(1)
            await session.recv()
            limit.reschedule(asyncio.get_running_loop().time())
            await session.recv()

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def cancel_awaited_run(pipeline):
    async def main():
        reached = asyncio.Event()
        loop = asyncio.get_running_loop()

        def endless():
            for number in itertools.count(1):
                if number == 100:
                    loop.call_soon_threadsafe(reached.set)
                yield number

        async def consume():
            async for _ in pipeline.stream(endless()):
                pass

        task = asyncio.create_task(consume())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def leave_managed_execution(pipeline):
    async def main():
        async with pipeline.managed_execution():
            pass

    asyncio.run(main())


def leave_process_early(pipeline):
    async def inputs():
        for number in (1, 2, 3):
            yield number

    async def main():
        async with pipeline.managed_execution():
            async for value in pipeline.process(inputs()):
                assert value == 1
                break

    asyncio.run(main())


WAYS = (
    leave_loop,
    leave_loop_over_endless_inputs,
    drop_iterator,
    close_iterator,
    drop_session,
    drop_session_with_full_queues,
    cancel_session,
    raise_in_block,
    leave_block,
    raise_in_loop_body,
    time_out_in_block,
    leave_async_loop,
    close_async_iterator,
    leave_async_block,
    raise_in_async_block,
    time_out_in_async_block,
    time_out_around_async_block,
    cancel_awaited_run,
    leave_managed_execution,
    leave_process_early,
)


@pytest.mark.parametrize("leave", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_every_node_is_cleaned_up_once(kind, leave):
    pipeline, journals = three(kind)
    leave(pipeline)
    assert_cleaned_up_once(journals)


@pytest.mark.parametrize("kind", KINDS)
def test_pipeline_that_was_left_runs_again_with_the_same_nodes(kind, soon):
    pipeline, journals = three(kind)
    leave_loop(pipeline)
    assert_cleaned_up_once(journals)
    assert pipeline.run([4, 5]) == [4, 5]
    assert_cleaned_up_once(journals, 2)


@pytest.mark.parametrize("kind", ["Async", "AsyncGenerator", "Streaming"])
@pytest.mark.parametrize("way", ["block", "drop", "timeout"])
def test_node_that_waits_for_ever_is_cancelled_and_cleaned_up(kind, way):
    class Waits(KINDS[kind]):
        async def wait(self):
            try:
                self.journal.note("waits")
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.journal.note("cancelled")
                raise

    class WaitsAsync(Waits):
        async def process(self, data):
            if kind == "Streaming":
                async for _ in data:
                    break
            await self.wait()
            if kind != "Async":
                yield data

    class WaitsPlain(Waits):
        async def process(self, data):
            await self.wait()

    journal = Journal()
    pipeline = Pipeline([(WaitsPlain if kind == "Async" else WaitsAsync)(journal)])
    session = pipeline.session()
    session.send(1)
    assert journal.wait_for("waits")
    if way == "block":
        with session:
            pass
    elif way == "timeout":
        with pytest.raises(TimeoutError):
            session.recv(timeout=0.01)
        session.cancel()
    del session
    assert journal.wait_for("cleanup")
    assert journal.events == ["initialize", "waits", "cancelled", "cleanup"]


def test_plain_node_that_works_is_let_finish_its_item_before_its_cleanup():
    entered, go_on = threading.Event(), threading.Event()

    def work(item):
        entered.set()
        assert go_on.wait(GUARD)
        journal.note("done")

    journal = Journal()
    session = Pipeline([Plain(journal, work=work)]).session()
    session.send(1)
    assert entered.wait(GUARD)
    session.cancel()
    assert journal.count("cleanup") == 0
    go_on.set()
    assert journal.wait_for("cleanup")
    assert journal.events == ["initialize", ("process", 1), "done", "cleanup"]


class Repeats(Plain):
    """Gives an item for ever, from a generator that notes its end."""

    def process(self, item):
        try:
            while True:
                yield item
        finally:
            self.journal.note("closed")


class RepeatsAsync(Plain):
    """The same from an asynchronous generator."""

    async def process(self, item):
        try:
            while True:
                yield item
        finally:
            self.journal.note("closed")


@pytest.mark.parametrize("leave", [leave_loop_of_one, leave_block, leave_async_loop_of_one, leave_async_block])
@pytest.mark.parametrize("kind", [Repeats, RepeatsAsync])
def test_generator_that_was_left_is_closed_before_its_cleanup(kind, leave):
    journal = Journal()
    leave(Pipeline([kind(journal), PassThrough()]))
    assert journal.wait_for("cleanup")
    assert journal.events == ["initialize", "closed", "cleanup"]


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("way", ["loop", "session", "async loop", "async session"])
def test_endless_source_ends_and_its_generator_is_closed(kind, way):
    def left():
        pipeline = Pipeline([SOURCES[kind](itertools.count, journal), PassThrough()])
        if way == "loop":
            next(iter(pipeline.stream()))
        elif way == "session":
            with pipeline.session() as session:
                assert session.recv(timeout=GUARD).value == 0
        elif way == "async loop":
            asyncio.run(first_of(pipeline))
        else:
            asyncio.run(first_in_session(pipeline))

    async def first_of(pipeline):
        async for packet in pipeline.stream():
            return packet

    async def first_in_session(pipeline):
        async with pipeline.session() as session:
            return await session.recv(timeout=GUARD)

    journal = Journal()
    left()
    assert journal.wait_for("cleanup")
    assert journal.count("initialize") == journal.count("closed") == journal.count("cleanup") == 1
    assert journal.events[-2:] == ["closed", "cleanup"]


def test_native_endless_source_ends():
    journal = Journal()
    pipeline = Pipeline([AudioSource(device="test:noise"), Gain(factor=0.5), Plain(journal)])
    for packet in pipeline.stream():
        assert packet.value.frames > 0
        break
    assert_cleaned_up_once([journal])


@pytest.mark.parametrize("kind", KINDS)
def test_session_left_open_when_its_event_loop_closes_ends(kind, soon):
    """What is asynchronous in a node cannot run any more; nothing hangs, and plain neighbours are cleaned up."""

    async def main():
        session = await pipeline.session().__aenter__()
        await session.send(1)
        assert (await session.recv(timeout=GUARD)).value == 1
        return session

    pipeline, journals = three(kind)
    session = asyncio.run(main())
    del session
    gc.collect()
    assert journals[0].wait_for("cleanup") and journals[2].wait_for("cleanup")
    assert soon(lambda: pipeline.run([5]) == 5)
    assert all(journal.count("cleanup") <= journal.count("initialize") for journal in journals)


def test_event_loop_that_ends_in_the_middle_of_a_call_ends_the_session():
    class Waits(KINDS["Async"]):
        async def process(self, item):
            self.journal.note("waits")
            await asyncio.Event().wait()

    async def main():
        session = await pipeline.session().__aenter__()
        await session.send(1)
        assert await asyncio.to_thread(journal.wait_for, "waits")
        return session

    journal = Journal()
    pipeline = Pipeline([Waits(journal)])
    session = asyncio.run(main())
    del session


@pytest.mark.parametrize("kind", KINDS)
def test_plain_session_works_inside_a_running_event_loop(kind):
    async def main():
        pipeline, journals = three(kind)
        with pipeline.session() as session:
            session.send(1)
            assert session.recv(timeout=GUARD).value == 1
        assert [packet.value for packet in pipeline.stream([1, 2])] == [1, 2]
        return journals

    assert_cleaned_up_once(asyncio.run(main()), 2)


@pytest.mark.parametrize("kind", ["Plain", "Async", "Streaming"])
def test_node_may_cancel_the_session_that_it_runs_in(kind):
    def work(item):
        if item == 2:
            session.cancel()
        return item

    journal = Journal()
    session = Pipeline([KINDS[kind](journal, work=work), PassThrough()]).session()
    session.send(1)
    assert session.recv(timeout=GUARD).value == 1
    session.send(2)
    with pytest.raises(SessionCancelled):
        session.recv(timeout=GUARD)
    assert_cleaned_up_once([journal])


def test_nodes_die_with_their_pipeline(soon):
    def run(way):
        pipeline, journals = three("Async")
        way(pipeline)
        assert_cleaned_up_once(journals)
        return [weakref.ref(node) for node in pipeline.nodes]

    for way in (leave_loop, leave_block, leave_async_loop, lambda pipeline: pipeline.run([1, 2])):
        nodes = run(way)
        assert soon(lambda nodes=nodes: [node() for node in nodes] == [None] * 3)


class Fails(Plain):
    def process(self, item):
        raise Left


class FailsAtFirst(Plain):
    def initialize(self):
        raise Left


class FailsLater(Plain):
    async def process(self, item):
        raise Left


def fail_in_stream(pipeline):
    with pytest.raises(NodeError):
        list(pipeline.stream([1]))


def fail_in_run(pipeline):
    with pytest.raises(NodeError):
        pipeline.run([1])


def fail_in_session(pipeline):
    session = pipeline.session()
    with pytest.raises(NodeError):
        session.send(1)
        session.recv(timeout=GUARD)


def fail_in_block(pipeline):
    with pytest.raises(NodeError), pipeline.session() as session:
        session.send(1)
        session.recv(timeout=GUARD)


def fail_unheard(pipeline):
    session = pipeline.session()
    with contextlib.suppress(NodeError):
        session.send(1)


@pytest.mark.parametrize("node", [Fails, FailsAtFirst, FailsLater])
@pytest.mark.parametrize("way", [fail_in_stream, fail_in_run, fail_in_session, fail_in_block, fail_unheard])
def test_nodes_that_failed_die_with_their_pipeline(node, way, soon):
    def run():
        pipeline = Pipeline([node(Journal())])
        way(pipeline)
        return [weakref.ref(pipeline), weakref.ref(pipeline.nodes[0])]

    def are_gone():
        # What other threads have let go of is given up at the next call.
        Pipeline([PassThrough()]).run([1])
        return not any(reference() for reference in references)

    references = [reference for _ in range(10) for reference in run()]
    assert soon(are_gone)


def test_iterator_that_was_never_started_starts_nothing():
    journal = Journal()
    stream = Pipeline([Plain(journal)]).stream([1])
    outputs = iter(stream)
    del stream, outputs
    gc.collect()
    assert journal.events == []


def test_block_begins_to_initialise_its_nodes_without_being_asked():
    journal = Journal()
    with Pipeline([Plain(journal)]).session():
        assert journal.wait_for("initialize")


def test_session_that_was_never_used_starts_nothing():
    journal = Journal()
    session = Pipeline([Plain(journal)]).session()
    del session
    gc.collect()
    assert journal.events == []


def test_coroutine_of_run_that_is_dropped_starts_nothing():
    async def main():
        Pipeline([Plain(journal)]).run([1]).close()

    journal = Journal()
    asyncio.run(main())
    assert journal.events == []


@pytest.mark.parametrize("kind", ["Plain", "Generator", "Async", "Streaming", "StreamingPlain"])
def test_hundred_left_sessions_leave_no_threads(kind, system_threads, soon):
    def leave_many(count):
        journals = [Journal() for _ in range(count)]
        for journal in journals:
            leave_loop(Pipeline([KINDS[kind](journal)]))
        for journal in journals:
            assert_cleaned_up_once([journal])

    leave_many(20)
    before = system_threads()
    leave_many(100)
    assert soon(lambda: system_threads() <= before + 2), (before, system_threads())


def test_recv_after_the_end_says_so_each_time():
    with Pipeline([PassThrough()]).session() as session:
        session.send(1)
        session.finish()
        assert session.recv(timeout=GUARD).value == 1
        for _ in range(3):
            with pytest.raises(EndOfStream):
                session.recv(timeout=GUARD)


def test_session_is_entered_left_and_left_again():
    journal = Journal()
    session = Pipeline([Plain(journal)]).session()
    with session:
        session.send(1)
        session.recv(timeout=GUARD)
    assert journal.events == ["initialize", ("process", 1), "cleanup"]
    session.cancel()
    with pytest.raises(SessionCancelled):
        session.send(2)
    assert_cleaned_up_once([journal])


def test_generator_that_a_plain_function_returns_is_closed_when_its_session_ends():
    closed = threading.Event()

    def numbers():
        try:
            yield from itertools.count()
        finally:
            closed.set()

    with Pipeline([lambda item: numbers()]).session() as session:
        session.send(1)
        assert session.recv(timeout=GUARD).value == 0
    assert closed.wait(GUARD)
