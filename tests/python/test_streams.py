"""Streams: outputs as they come while inputs are taken, sources, and the earlier package's ``process``."""

import asyncio

import pytest

from remotemedia import Node, NodeError, Packet, Pipeline, PipelineError
from remotemedia.nodes import DataSinkNode, DataSourceNode, MultiplyNode, RustNode

pytestmark = pytest.mark.usefixtures("complaints", "nothing_left")


def test_a_stream_gives_packets():
    packets = list(Pipeline("stream").add(MultiplyNode(2)).stream([1, 2]))
    assert packets == [2, 4]
    assert all(isinstance(packet, Packet) for packet in packets)


@pytest.mark.parametrize("node", [lambda item: item, RustNode("PassThrough")], ids=["python", "native"])
def test_an_output_comes_before_the_next_input_is_taken(node):
    taken = []

    def inputs():
        for value in range(5):
            taken.append(value)
            yield value

    for packet in (
        Pipeline("lazy").add(node if not isinstance(node, Node) else RustNode("PassThrough")).stream(inputs())
    ):
        assert packet.value == taken[-1]


def test_a_long_stream_needs_no_room_for_it():
    count = sum(1 for _ in Pipeline("long").add(lambda item: item).stream(range(10_000)))
    assert count == 10_000


def test_many_results_for_each_input_come_in_order():
    def many(item):
        for index in range(200):
            yield item, index

    results = [packet.value for packet in Pipeline("many").add(many).stream(range(3))]
    assert results == [(item, index) for item in range(3) for index in range(200)]


def test_a_node_that_keeps_all_inputs_gets_them_all():
    class Collect(Node):
        def initialize(self):
            self.items = []

        def process(self, item):
            self.items.append(item)

        def flush(self):
            return self.items

    assert Pipeline("collect").add(Collect()).run(list(range(1000))) == list(range(1000))
    (packet,) = Pipeline("collect").add(Collect()).stream(range(1000))
    assert packet.value == list(range(1000))


@pytest.mark.parametrize("kind", ["plain", "generator", "coroutine", "asynchronous generator"])
def test_flush_gives_what_is_left(kind):
    class Left(Node):
        def process(self, item):
            return item

    def plain(self):
        return "left"

    def generator(self):
        yield "left"
        yield None
        yield "over"

    async def coroutine(self):
        return "left"

    async def asynchronous_generator(self):
        yield "left"
        yield "over"

    Left.flush = locals()[kind.replace(" ", "_")]
    expected = ["left", "over"] if "generator" in kind else ["left"]
    assert Pipeline("flush").add(Left()).run([1]) == [1, *expected]


def test_the_first_node_is_a_source_when_there_is_no_input():
    class Numbers(Node):
        def process(self, data=None):
            yield from range(3)

    class AsyncNumbers(Node):
        async def process(self, data=None):
            for value in range(3):
                yield value

    class GivesIterator(Node):
        def process(self, data=None):
            return iter(range(3))

    class GivesAsyncGenerator(Node):
        def process(self, data=None):
            return self.numbers()

        async def numbers(self):
            for value in range(3):
                yield value

    for source in (Numbers, AsyncNumbers, GivesIterator, GivesAsyncGenerator):
        assert Pipeline("source").add(source()).add(MultiplyNode(2)).run() == [0, 2, 4], source
        assert list(Pipeline("source").add(source()).stream()) == [0, 1, 2], source


def test_a_first_node_that_is_no_source_says_so():
    def give(item=None):
        return 5

    with pytest.raises(NodeError, match=r"expected an iterator from process\(\), found int"):
        Pipeline("no source").add(give).run()


def test_a_source_takes_no_input():
    class Numbers(Node):
        is_source = True

        def process(self):
            yield 1

    with pytest.raises(PipelineError, match="takes no input"):
        Pipeline("source").add(Numbers()).run([1])


def test_an_endless_source_ends_when_the_reader_leaves():
    closed = []

    class Endless(Node):
        is_source = True

        def process(self):
            try:
                value = 0
                while True:
                    yield value
                    value += 1
            finally:
                closed.append(True)

    for packet in Pipeline("endless").add(Endless()).stream():
        if packet.value == 1000:
            break
    with Pipeline("endless").add(Endless()).session() as session:
        assert session.recv() == 0
    assert closed[-1:] == [True]


def test_stop_ends_a_source_and_its_outputs_go_on_to_their_end():
    class Endless(Node):
        is_source = True

        async def process(self):
            while True:
                yield 1
                await asyncio.sleep(0)

    with Pipeline("stop").add(Endless()).session() as session:
        assert session.recv() == 1
        session.stop()
        assert {packet.value for packet in session} <= {1}


def test_texts_and_tuples_are_one_input():
    assert list(Pipeline("one").add(lambda item: item).stream("text")) == ["text"]
    assert list(Pipeline("one").add(lambda item: len(item)).stream((1, 2, 3))) == [3]


def test_an_iterable_that_raises_ends_the_stream_with_its_error():
    def inputs():
        yield 1
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(Pipeline("raises").add(lambda item: item).stream(inputs()))


def test_asynchronous_inputs_need_an_asynchronous_loop():
    async def inputs():
        yield 1

    with pytest.raises(TypeError, match="use `async for`"):
        list(Pipeline("async").add(lambda item: item).stream(inputs()))


@pytest.mark.asyncio
async def test_async_for_takes_inputs_of_both_kinds():
    async def inputs():
        for value in range(3):
            yield value

    pipeline = Pipeline("async").add(lambda item: item + 1)
    assert [packet.value async for packet in pipeline.stream(inputs())] == [1, 2, 3]
    assert [packet.value async for packet in pipeline.stream(range(200))] == list(range(1, 201))


@pytest.mark.asyncio
async def test_an_asynchronous_iterable_that_raises_ends_the_stream_with_its_error():
    async def inputs():
        yield 1
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        async for _ in Pipeline("raises").add(lambda item: item).stream(inputs()):
            pass


@pytest.mark.asyncio
async def test_run_is_awaitable_in_an_event_loop():
    pipeline = Pipeline("await").add(lambda item: item + 1)
    assert await pipeline.run([1, 2]) == [2, 3]
    assert await pipeline.run(1) == 2
    assert await pipeline.run_async([]) is None
    assert pipeline.get_metrics()["nodes"][0]["items_in"] == 0


def test_run_async_is_a_coroutine_everywhere():
    assert asyncio.run(Pipeline("run").add(MultiplyNode(2)).run_async([1, 2])) == [2, 4]


@pytest.mark.asyncio
async def test_run_blocks_in_a_thread_beside_the_event_loop():
    assert await asyncio.to_thread(Pipeline("thread").add(MultiplyNode(2)).run, [1, 2]) == [2, 4]


@pytest.mark.asyncio
async def test_the_earlier_way_initialises_processes_and_cleans_up():
    life = []

    class Live(Node):
        async def initialize(self):
            await super().initialize()
            life.append("initialize")

        async def process(self, item):
            return item * 2

        async def cleanup(self):
            life.append("cleanup")
            await super().cleanup()

    async def inputs():
        for value in range(3):
            yield value

    pipeline = Pipeline([Live()], name="earlier")
    with pytest.raises(PipelineError, match="must be initialized"):
        async for _ in pipeline.process(inputs()):
            pass
    await pipeline.initialize()
    assert pipeline.is_initialized and life == ["initialize"]
    with pytest.raises(PipelineError, match="initialized pipeline"):
        pipeline.add_node(MultiplyNode())
    assert [value async for value in pipeline.process(inputs())] == [0, 2, 4]
    assert [value async for value in pipeline.process(inputs())] == [0, 2, 4]
    await pipeline.cleanup()
    assert not pipeline.is_initialized
    assert life == ["initialize", "cleanup"] * 2
    async with pipeline.managed_execution() as managed:
        assert [value async for value in managed.process(inputs())] == [0, 2, 4]


@pytest.mark.asyncio
async def test_a_failing_initialisation_is_a_pipeline_error():
    class Broken(Node):
        def initialize(self):
            raise OSError("no model")

        def process(self, item):
            return item

    pipeline = Pipeline([Broken()])
    with pytest.raises(PipelineError, match=r"initialization failed.*OSError: no model"):
        await pipeline.initialize()
    assert not pipeline.is_initialized


@pytest.mark.asyncio
async def test_data_is_pushed_into_a_source_and_handed_to_a_sink():
    source, handed = DataSourceNode(buffer_size=10), []
    sink = DataSinkNode(callback=handed.append, buffer_output=True)
    pipeline = Pipeline([source, MultiplyNode(2), sink])
    running = asyncio.ensure_future(pipeline.run())
    for value in range(5):
        assert await source.push_data(value)
        await asyncio.sleep(0.001)
    await source.close()
    assert not await source.push_data(9)
    assert await running == [0, 2, 4, 6, 8]
    assert handed == sink.get_buffered_output() == [0, 2, 4, 6, 8]
    assert sink.get_config()["total_processed"] == 5


def test_a_source_that_nobody_feeds_ends_by_itself():
    assert Pipeline([DataSourceNode(timeout_seconds=0.01)]).run() is None


def test_a_full_source_refuses():
    source = DataSourceNode(buffer_size=2)
    assert [source.push(value) for value in range(3)] == [True, True, False]
