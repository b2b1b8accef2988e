"""Sessions side by side: from many threads, in one event loop, of one pipeline, of one node."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from lives import GUARD, KINDS, Async, Journal, Plain

from remotemedia import Node, NodeError, Pipeline
from remotemedia.nodes import AddNode, MultiplyNode, PassThrough

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("complaints", "nothing_left")]

THREADS = 12


class Counts(Node):
    """Numbers the items that this session gave it."""

    def initialize(self):
        self.count = 0

    def process(self, item):
        self.count += 1
        return item, self.count


class CountsAsync(Counts):
    """The same on an event loop."""

    async def process(self, item):
        await asyncio.sleep(0)
        return super().process(item)


def together(work, count=THREADS):
    """Runs ``work(number)`` on as many threads, all of which begin at once; gives the results."""
    barrier = threading.Barrier(count)

    def begin(number):
        barrier.wait(GUARD)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


@pytest.mark.parametrize("kind", KINDS)
def test_pipelines_run_on_many_threads_at_once(kind):
    def work(number):
        items = list(range(number, number + 50))
        journal = Journal()
        result = Pipeline([MultiplyNode(factor=1), KINDS[kind](journal), AddNode(addend=0)]).run(items)
        return result == items and journal.count("cleanup") == 1

    assert all(together(work))


@pytest.mark.parametrize("counter", [Counts, CountsAsync])
def test_one_pipeline_runs_on_many_threads_and_each_session_has_its_own_state(counter):
    pipeline = Pipeline([PassThrough(), counter()])
    results = together(lambda number: pipeline.run([number] * 50))
    assert results == [[(number, count) for count in range(1, 51)] for number in range(THREADS)]


def test_one_session_is_used_by_many_threads():
    def work(number):
        for item in range(25):
            session.send((number, item))
        return [session.recv(timeout=GUARD).value for _ in range(25)]

    with Pipeline([Plain()]).session() as session:
        received = [item for items in together(work, 4) for item in items]
    assert sorted(received) == [(number, item) for number in range(4) for item in range(25)]


def test_one_thread_sends_and_another_receives():
    def receive():
        return [packet.value for packet in session]

    with Pipeline([Async(), PassThrough()]).session() as session, ThreadPoolExecutor(1) as pool:
        received = pool.submit(receive)
        for number in range(1000):
            session.send(number)
        session.finish()
        assert received.result(GUARD) == list(range(1000))


def test_failure_of_one_session_leaves_the_others_alone():
    def work(number):
        def check(item):
            if number % 2 and item == 25:
                raise ValueError(number)
            return item

        try:
            return Pipeline([Plain(work=check), Async()]).run(list(range(50)))
        except NodeError as error:
            return error.__cause__.args

    results = together(work)
    assert results == [(number,) if number % 2 else list(range(50)) for number in range(THREADS)]


@pytest.mark.parametrize("kind", KINDS)
def test_sessions_run_side_by_side_in_one_event_loop(kind):
    async def talk(number):
        async with Pipeline([PassThrough(), KINDS[kind]()]).session() as session:
            received = []
            for item in range(50):
                await session.send((number, item))
                received.append((await session.recv(timeout=GUARD)).value)
            return received

    async def main():
        return await asyncio.gather(*(talk(number) for number in range(20)))

    assert asyncio.run(main()) == [[(number, item) for item in range(50)] for number in range(20)]


def test_runs_are_awaited_side_by_side_and_really_overlap():
    """Each node waits until all are there: one after the other would never end."""

    class Meets(Node):
        async def process(self, item):
            nonlocal there
            there += 1
            if there == 10:
                everybody.set()
            await asyncio.wait_for(everybody.wait(), GUARD)
            return item

    async def main():
        nonlocal everybody
        everybody = asyncio.Event()
        return await asyncio.gather(*(Pipeline([Meets()]).run(number) for number in range(10)))

    there, everybody = 0, None
    assert asyncio.run(main()) == list(range(10))


def test_run_in_a_running_loop_is_awaitable_and_leaves_the_loop_free():
    class Releases(Node):
        async def process(self, item):
            await released.wait()
            return item

    async def main():
        nonlocal released
        released = asyncio.Event()
        result = asyncio.ensure_future(Pipeline([Plain(), Releases(), PassThrough()]).run([1, 2, 3]))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not result.done()
        released.set()
        return await result

    released = None
    assert asyncio.run(main()) == [1, 2, 3]


@pytest.mark.parametrize("kind", KINDS)
def test_failure_in_a_running_loop_is_raised_where_it_is_awaited(kind):
    async def main():
        good = Pipeline([KINDS[kind]()]).run([1, 2])
        bad = Pipeline([KINDS[kind](fails_in="process", error=ValueError("two"))]).run([1, 2])
        return await asyncio.gather(good, bad, return_exceptions=True)

    good, bad = asyncio.run(main())
    assert good == [1, 2]
    assert isinstance(bad, NodeError) and bad.item == 2 and str(bad.__cause__) == "two"


@pytest.mark.parametrize("kind", KINDS)
def test_pipeline_runs_again_and_again(kind):
    journal = Journal()
    pipeline = Pipeline([KINDS[kind](journal), PassThrough()])
    for count in range(1, 6):
        assert pipeline.run([1, 2, 3]) == [1, 2, 3]
        assert journal.count("initialize") == journal.count("cleanup") == count


@pytest.mark.parametrize("kind", KINDS)
def test_pipeline_runs_in_one_event_loop_after_another(kind):
    pipeline = Pipeline([KINDS[kind](), PassThrough()])
    for _ in range(3):
        assert asyncio.run(pipeline.run_async([1, 2, 3])) == [1, 2, 3]
        assert pipeline.run([4]) == 4


def test_node_runs_a_pipeline_of_its_own():
    class Nested(Node):
        def process(self, item):
            return Pipeline([MultiplyNode(factor=2), Plain()]).run([item])

    assert Pipeline([Nested(), Plain()]).run([1, 2, 3]) == [2, 4, 6]


def test_asynchronous_node_awaits_a_pipeline_of_its_own():
    class Nested(Node):
        async def process(self, item):
            return await Pipeline([MultiplyNode(factor=2), Async()]).run([item])

    assert Pipeline([Nested(), Plain()]).run([1, 2, 3]) == [2, 4, 6]


@pytest.mark.parametrize("kind", KINDS)
def test_two_pipelines_share_a_node_one_after_the_other(kind):
    shared = KINDS[kind](Journal())
    first, second = Pipeline([shared]), Pipeline([PassThrough(), shared, PassThrough()])
    for _ in range(2):
        assert first.run([1, 2]) == [1, 2]
        assert second.run([3, 4]) == [3, 4]
    assert shared.journal.count("initialize") == shared.journal.count("cleanup") == 4


def test_two_pipelines_share_a_node_at_the_same_time_without_mixing_its_state():
    shared = Counts()
    first, second = Pipeline([shared]), Pipeline([shared])
    with first.session() as one, second.session() as other:
        for number in range(1, 4):
            one.send("one")
            other.send("other")
            assert one.recv(timeout=GUARD).value == ("one", number)
            assert other.recv(timeout=GUARD).value == ("other", number)


def test_node_is_free_again_when_a_pipeline_that_failed_is_over():
    """The object itself runs again, no copy of it: what it learned stays."""

    class Learns(Node):
        seen = ()

        def process(self, item):
            self.seen = (*self.seen, item)
            if item == 2:
                raise ValueError("two")
            return self.seen

    node = Learns()
    with pytest.raises(NodeError):
        Pipeline([node]).run([1, 2, 3])
    assert Pipeline([node]).run([4]) == (1, 2, 4)


def test_many_sessions_are_open_at_once():
    pipeline = Pipeline([MultiplyNode(factor=2), Plain(), AddNode(addend=1)])
    sessions = [pipeline.session() for _ in range(300)]
    for number, session in enumerate(sessions):
        session.send(number)
    for number, session in enumerate(sessions):
        assert session.recv(timeout=GUARD).value == 2 * number + 1
        session.finish()
        assert list(session) == []


def test_threads_come_and_go_around_one_session():
    """A thread's own state in the runtime must not outlive it, nor be missed by the next."""
    with Pipeline([Plain(), PassThrough()]).session() as session:
        for number in range(200):
            received = []

            def exchange(number=number, received=received):
                session.send(number)
                received.append(session.recv(timeout=GUARD).value)

            thread = threading.Thread(target=exchange)
            thread.start()
            thread.join()
            assert received == [number]
