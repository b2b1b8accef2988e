"""Sessions: talking to a running graph, from plain code and from an event loop."""

import asyncio
import threading
import weakref

import numpy as np
import pytest
from lives import GUARD

from remotemedia import (
    Audio,
    EndOfStream,
    Node,
    NodeError,
    Packet,
    Pipeline,
    PipelineError,
    SessionCancelled,
)
from remotemedia.nodes import MultiplyNode, RustNode

pytestmark = pytest.mark.usefixtures("complaints", "nothing_left")


def doubling():
    return Pipeline("doubling").add(lambda item: item * 2)


async def slow_double(item):
    await asyncio.sleep(0)
    return item * 2


PIPELINES = {
    "python": doubling,
    "native": lambda: Pipeline("native").add(MultiplyNode(2)),
    "asynchronous": lambda: Pipeline("async").add(slow_double),
}
every_pipeline = pytest.mark.parametrize("make", PIPELINES.values(), ids=PIPELINES)


@every_pipeline
def test_values_go_in_and_come_out_one_by_one(make):
    with make().session() as session:
        for value in range(5):
            session.send(value)
            assert session.recv(timeout=30.0) == value * 2
        session.finish()
        assert list(session) == []


@every_pipeline
def test_what_is_left_comes_after_finish(make):
    with make().session() as session:
        for value in range(5):
            session.send(value)
        session.finish()
        assert [packet.value for packet in session] == [0, 2, 4, 6, 8]


@every_pipeline
def test_recv_after_the_end_says_so_every_time(make):
    with make().session() as session:
        session.finish()
        for _ in range(2):
            with pytest.raises(EndOfStream):
                session.recv()


def test_recv_without_output_times_out_and_the_session_goes_on():
    with doubling().session() as session:
        with pytest.raises(TimeoutError):
            session.recv(timeout=0.01)
        session.send(1)
        assert session.recv(timeout=30.0) == 2


def test_a_full_input_refuses_and_later_takes():
    with Pipeline("full").add(lambda item: item).session() as session:
        sent = 0
        with pytest.raises(TimeoutError):
            while True:
                session.send(sent, timeout=0.05)
                sent += 1
        received = []
        while not session.try_send(sent):
            received.append(session.recv().value)
        session.finish()
        assert received + [packet.value for packet in session] == list(range(sent + 1))


def test_nothing_can_be_sent_after_finish():
    with doubling().session() as session:
        session.finish()
        with pytest.raises(PipelineError, match="the input is finished"):
            session.send(1)


def test_ports_are_named():
    left, right = MultiplyNode(2, name="left"), MultiplyNode(3, name="right")
    pipeline = Pipeline("ports").add([left, right])
    with pipeline.session() as session:
        session.send(1, port="left_0.in")
        session.send(1, port="right_1.in")
        assert session.recv(port="right_1.out") == 3
        packet = session.recv(port="left_0.out")
        assert (packet.value, packet.port) == (2, "left_0.out")
        session.finish(port="left_0.in")
        session.finish(port="right_1.in")
        assert list(session) == []


def test_an_unknown_port_is_an_error_that_names_the_known_ones():
    with doubling().session() as session:
        with pytest.raises(PipelineError, match='no input port "sideways"; input ports: in'):
            session.send(1, port="sideways")
        with pytest.raises(PipelineError, match='no output port "sideways"; output ports: out'):
            session.recv(port="sideways")


def test_cancel_ends_everything():
    with doubling().session() as session:
        session.send(1)
        session.cancel()
        with pytest.raises(SessionCancelled):
            while True:
                session.recv()


def test_leaving_the_block_early_is_no_error():
    with doubling().session() as session:
        session.send(1)


def test_a_session_without_a_block_starts_with_its_first_call():
    started = []

    class Start(Node):
        def initialize(self):
            started.append(self)

        def process(self, item):
            return item

    session = Pipeline("lazy").add(Start()).session()
    assert started == []
    session.send(1)
    assert session.recv() == 1
    assert len(started) == 1


def test_two_sessions_of_one_pipeline_do_not_share_state():
    class Count(Node):
        def __init__(self, start):
            super().__init__(start=start)
            self.count = start

        def process(self, item):
            self.count += 1
            return self.count

    pipeline = Pipeline("state").add(Count(10))
    with pipeline.session() as one, pipeline.session() as other:
        for session in (one, other, one):
            session.send(0)
        assert (one.recv(), other.recv(), one.recv()) == (11, 11, 12)
    assert pipeline.nodes[0].count == 12
    assert pipeline.run(0) == 13


def test_state_by_session_id_is_the_sessions_own():
    class Remember(Node):
        def process(self, item):
            state = self.get_session_state()
            state.set("items", [*state.get("items", []), item])
            return list(state.get("items"))

    pipeline = Pipeline("state").add(Remember())
    assert pipeline.run([1, 2]) == [[1], [1, 2]]
    assert pipeline.run([3]) == [3]


def test_metrics_count_what_happened():
    pipeline = doubling()
    assert pipeline.get_metrics() is None
    with pipeline.session() as session:
        session.send(1)
        assert session.recv() == 2
        (node,) = session.metrics()["nodes"]
        assert (node["id"], node["items_in"], node["items_out"], node["backend"]) == ("function_0", 1, 1, "cpython")
    pipeline.run([1, 2, 3])
    metrics = pipeline.get_metrics()
    assert metrics["pipeline"] == "doubling"
    assert metrics["nodes"][0]["items_in"] == 3
    assert metrics["nodes"][0]["latency"]["count"] >= 3
    assert metrics["elapsed_ns"] > 0


def test_an_interrupt_discards_what_is_under_way():
    heard = []

    class Hear(Node):
        def process(self, item):
            return item

        def interrupt(self):
            heard.append("interrupt")

    with Pipeline("barge in").add(Hear()).session() as session:
        session.send("before")
        assert session.recv() == "before"
        for value in range(10):
            session.send(value)
        session.interrupt()
        session.send("after")
        session.finish()
        assert [packet.value for packet in session] == ["after"]
    assert heard == ["interrupt"]


@pytest.mark.asyncio
@every_pipeline
async def test_a_coroutine_talks_to_a_session(make):
    async with make().session() as session:
        for value in range(5):
            await session.send(value)
            assert await session.recv(timeout=30.0) == value * 2
        assert session.try_send(7)
        session.finish()
        assert [packet.value async for packet in session] == [14]
        with pytest.raises(EndOfStream):
            await session.recv()


@pytest.mark.asyncio
async def test_a_coroutine_can_wait_with_a_timeout():
    async with doubling().session() as session:
        with pytest.raises(TimeoutError):
            await session.recv(timeout=0.01)
        await session.send(1)
        assert await session.recv() == 2


@pytest.mark.asyncio
async def test_a_waiting_coroutine_leaves_the_event_loop_free():
    async with doubling().session() as session:
        receiving = asyncio.ensure_future(session.recv())
        await asyncio.sleep(0.01)
        assert not receiving.done()
        await session.send(4)
        assert await receiving == 8


@pytest.mark.asyncio
async def test_a_coroutine_waits_for_room():
    async with Pipeline("full").add(slow_double).session() as session:

        async def feed():
            for value in range(500):
                await session.send(value)
            session.finish()

        feeding = asyncio.ensure_future(feed())
        assert [packet.value async for packet in session] == [value * 2 for value in range(500)]
        await feeding


@pytest.mark.asyncio
async def test_asynchronous_nodes_run_on_the_callers_loop():
    loops = []

    async def where(item):
        loops.append(asyncio.get_running_loop())
        return item

    assert await Pipeline("where").add(where).run([1, 2]) == [1, 2]
    async with Pipeline("where").add(where).session() as session:
        await session.send(1)
        await session.recv()
    assert set(loops) == {asyncio.get_running_loop()}


def test_asynchronous_nodes_of_a_session_share_one_loop_of_its_own():
    loops = []

    async def where(item):
        loops.append(asyncio.get_running_loop())
        return item

    class Stream(Node):
        async def stream(self, items):
            async for item in items:
                loops.append(asyncio.get_running_loop())
                yield item

    assert Pipeline("where").add(where).add(where).add(Stream()).run([1, 2]) == [1, 2]
    assert len(set(loops)) == 1
    assert loops[0].is_closed()


def test_an_error_that_nobody_received_is_raised_at_the_end_of_the_block(soon):
    with pytest.raises(NodeError, match="ZeroDivisionError"):
        with Pipeline("fails").add(lambda item: 1 / item).session() as session:
            session.send(0)
            assert soon(lambda: session.metrics()["nodes"][0]["errors"] == 1)


def test_an_error_that_was_received_is_not_raised_again():
    with Pipeline("fails").add(lambda item: 1 / item).session() as session:
        session.send(0)
        with pytest.raises(NodeError, match="ZeroDivisionError"):
            session.recv()


@pytest.mark.asyncio
async def test_an_error_reaches_the_waiting_coroutine():
    def fail(item):
        raise ValueError("no")

    async with Pipeline("fails").add(fail).session() as session:
        await session.send(1)
        with pytest.raises(NodeError, match="item 1: ValueError: no"):
            await session.recv()


def test_native_nodes_answer_from_any_thread():
    from concurrent.futures import ThreadPoolExecutor

    with Pipeline("threads").add(RustNode("PassThrough")).session() as session:

        def feed(worker):
            for value in range(200):
                session.send((worker, value))

        def read():
            return [session.recv().value for _ in range(200)]

        with ThreadPoolExecutor(8) as pool:
            feeding = [pool.submit(feed, worker) for worker in range(4)]
            reading = [pool.submit(read) for _ in range(4)]
            received = [value for reader in reading for value in reader.result(60)]
            assert all(feeder.result(60) is None for feeder in feeding)
    assert sorted(received) == sorted((worker, value) for worker in range(4) for value in range(200))


def test_two_threads_that_use_a_session_first_share_one_graph():
    for _ in range(50):
        session, received, both = doubling().session(), [], threading.Barrier(2)

        def read(session=session, received=received, both=both):
            both.wait()
            received.append(session.recv(timeout=GUARD).value)

        reader = threading.Thread(target=read)
        reader.start()
        both.wait()
        session.send(1)
        reader.join()
        assert received == [2]


def test_values_that_a_native_node_swallowed_are_freed_without_a_call_to_recv(soon):
    throttle = {"id": "throttle", "node_type": "Throttle", "params": {"min_interval_ms": 1e9}}
    manifest = {"version": "v1", "metadata": {"name": "sink"}, "nodes": [throttle], "connections": []}
    session = Pipeline.from_manifest(manifest).session()
    arrays = [weakref.finalize(array, bool) for array in map(np.zeros, [8] * 20) if session.send(array) is None]

    def all_but_the_first_are_gone():
        session.metrics()
        return sum(array.alive for array in arrays) <= 1

    assert soon(all_but_the_first_are_gone)


def test_packet_may_begin_at_the_end_of_time():
    pipeline = Pipeline([lambda item: Audio(item, 8000)])
    audio = pipeline.run([Packet(np.zeros(4, np.float32), start=1e300)])
    assert len(audio.samples) == 4


class Source(Node):
    is_source = True

    def process(self):
        yield 1


class Sides(Node):
    inputs = ("left", "right")

    def process(self, item):
        return item


@pytest.mark.parametrize(
    ("node", "found"), [(Source, "begins with a source.*takes no input"), (Sides, "name one of left, right")]
)
def test_value_that_has_no_port_to_go_to_says_why(node, found):
    with pytest.raises(PipelineError, match=found):
        Pipeline([node()]).run(5)
    with pytest.raises(PipelineError, match=found):
        Pipeline([node()]).session().send(5)


def test_waits_that_time_out_say_where_and_after_how_long():
    with Pipeline([MultiplyNode(2)]).session() as session:
        with pytest.raises(TimeoutError, match=r"no output came within 0\.01 s"):
            session.recv(timeout=0.01)
        with pytest.raises(TimeoutError, match=r"no output came on port out within 0\.01 s"):
            session.recv(timeout=0.01, port="out")
        with pytest.raises(TimeoutError, match=r"input port in is full, and no room came within 0\.01 s"):
            for _ in range(10_000):
                session.send(1, timeout=0.01)


def test_port_in_the_place_of_the_timeout_is_explained():
    session = doubling().session()
    with pytest.raises(TypeError, match=r"takes the timeout first.*use port='out'"):
        session.recv("out")
