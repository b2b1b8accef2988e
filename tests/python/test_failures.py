"""A node that fails in any phase, of any kind, makes an error that names it, loses nothing before it, and cleans up."""

import asyncio
import pickle
import traceback

import pytest
from lives import KINDS, STREAMING, Journal, Life, Plain

from remotemedia import Node, NodeError, Pipeline, RemoteMediaError
from remotemedia.nodes import PassThrough

pytestmark = [pytest.mark.timeout(60), pytest.mark.usefixtures("complaints", "nothing_left")]

PHASES = ("initialize", "process", "flush", "cleanup")


class Refusal(Exception):
    """An exception that cannot be made again from its text."""

    def __init__(self, item, *, reason):
        super().__init__(f"{item}: {reason}")


def failing(kind, phase, error=None, neighbours=True):
    """A pipeline of a failing node, between others that keep journals; gives it and the three journals."""
    journals = before, own, after = Journal(), Journal(), Journal()
    broken = KINDS[kind](own, fails_in=phase, error=error or Refusal(2, reason="no"), name="Broken")
    nodes = [Plain(before, name="Before"), broken, Plain(after, name="After")]
    return Pipeline(nodes if neighbours else [broken], "failing"), journals


def run(pipeline):
    return pipeline.run([1, 2, 3])


def run_awaited(pipeline):
    async def main():
        return await pipeline.run([1, 2, 3])

    return asyncio.run(main())


def stream(pipeline):
    return [packet.value for packet in pipeline.stream([1, 2, 3])]


def stream_async(pipeline):
    async def main():
        return [packet.value async for packet in pipeline.stream([1, 2, 3])]

    return asyncio.run(main())


def session(pipeline):
    with pipeline.session() as s:
        for item in (1, 2, 3):
            try:
                s.send(item)
            except NodeError:
                break
        s.finish()
        return [packet.value for packet in s]


def session_async(pipeline):
    async def main():
        async with pipeline.session() as s:
            for item in (1, 2, 3):
                try:
                    await s.send(item)
                except NodeError:
                    break
            s.finish()
            return [packet.value async for packet in s]

    return asyncio.run(main())


def process(pipeline):
    async def inputs():
        for item in (1, 2, 3):
            yield item

    async def main():
        async with pipeline.managed_execution():
            return [value async for value in pipeline.process(inputs())]

    return asyncio.run(main())


def assert_cleaned_up_once(journals):
    """Every node whose ``initialize`` was called was cleaned up, once; the failing one was initialised."""
    initialized = [journal.count("initialize") for journal in journals]
    assert initialized[1] == 1 and max(initialized) == 1
    assert [journal.count("cleanup") for journal in journals] == initialized


CALLERS = (run, run_awaited, stream, stream_async, session, session_async, process)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.__name__)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", KINDS)
def test_failure_reaches_the_caller_with_its_node_and_cause(kind, phase, caller):
    error = Refusal(2, reason="no")
    pipeline, journals = failing(kind, phase, error)
    with pytest.raises(RemoteMediaError) as raised:
        caller(pipeline)
    failure = raised.value
    if caller is process and phase == "initialize":
        failure = failure.__cause__
    assert isinstance(failure, NodeError)
    assert (failure.pipeline, failure.node) == ("failing", "Broken_1")
    assert failure.item == (2 if phase == "process" else None)
    assert failure.__cause__ is error
    assert_cleaned_up_once(journals)


@pytest.mark.parametrize("kind", KINDS)
def test_traceback_of_the_cause_leads_to_the_line_in_the_node(kind):
    pipeline, _ = failing(kind, "process")
    with pytest.raises(NodeError) as raised:
        pipeline.run([1, 2, 3])
    frames = [frame.name for frame in traceback.extract_tb(raised.value.__cause__.__traceback__)]
    assert frames[-1] == "handle"
    assert str(raised.value) == "failing/Broken_1: item 2: Refusal: 2: no"


@pytest.mark.parametrize("caller", [stream, session], ids=lambda caller: caller.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_before_the_failure_come_first(kind, caller):
    pipeline, journals = failing(kind, "process")
    received = []
    with pytest.raises(NodeError), pipeline.session() as s:
        s.send(1)
        s.send(2)
        for packet in s:
            received.append(packet.value)
    assert received == [1]
    assert ("process", 3) not in journals[1].events


@pytest.mark.parametrize("kind", KINDS)
def test_stream_gives_what_came_before_the_failure(kind):
    pipeline, _ = failing(kind, "process")
    received = []
    with pytest.raises(NodeError):
        for packet in pipeline.stream([1, 2, 3]):
            received.append(packet.value)
    assert received == [1]


@pytest.mark.parametrize("kind", KINDS)
def test_asynchronous_stream_gives_what_came_before_the_failure(kind):
    pipeline, _ = failing(kind, "process")
    received = []

    async def main():
        async for packet in pipeline.stream([1, 2, 3]):
            received.append(packet.value)

    with pytest.raises(NodeError):
        asyncio.run(main())
    assert received == [1]


class Breaks(Life):
    """A generator that gives two items, and then fails."""

    def process(self, item):
        yield item
        yield item
        raise self.error


class BreaksAsync(Life):
    """The same, asynchronous."""

    async def process(self, item):
        yield item
        yield item
        raise self.error


class BreaksStreaming(Life):
    """The same, called once for all inputs."""

    is_streaming = True

    async def process(self, items):
        async for item in items:
            yield item
            yield item
            raise self.error


@pytest.mark.parametrize("kind", [Breaks, BreaksAsync, BreaksStreaming])
def test_what_a_generator_gave_before_it_failed_comes_first(kind):
    received = []
    with pytest.raises(NodeError) as raised:
        for packet in Pipeline([kind(error=ValueError("third")), Plain()]).stream([1, 2]):
            received.append(packet.value)
    assert received == [1, 1]
    assert raised.value.item == 1


@pytest.mark.parametrize("phase", ["flush", "cleanup"])
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_come_before_a_failure_at_the_end(kind, phase):
    pipeline, _ = failing(kind, phase)
    received = []
    with pytest.raises(NodeError):
        for packet in pipeline.stream([1, 2, 3]):
            received.append(packet.value)
    assert received == [1, 2, 3]


@pytest.mark.parametrize("kind", KINDS)
def test_failed_pipeline_runs_again(kind):
    pipeline, journals = failing(kind, "process")
    with pytest.raises(NodeError):
        pipeline.run([1, 2, 3])
    assert pipeline.run([1, 3]) == [1, 3]
    assert [journal.count("cleanup") for journal in journals] == [2, 2, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_flush_comes_once_after_the_last_item_and_its_result_is_emitted(kind):
    class Flushing(KINDS[kind]):
        def flush(self):
            self.journal.note("flush")
            return "rest"

    journal = Journal()
    assert Pipeline([Flushing(journal)]).run([1, 2, 3]) == [1, 2, 3, "rest"]
    assert journal.events[-2:] == ["flush", "cleanup"]
    assert journal.count("flush") == 1


class Bare(BaseException):
    """No exception that `except Exception` would catch."""


@pytest.mark.parametrize("error", [Bare("out"), SystemExit(3), GeneratorExit(), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", KINDS)
def test_exception_that_asks_to_stop_comes_out_as_it_is(kind, phase, error):
    pipeline, journals = failing(kind, phase, error)
    with pytest.raises(type(error)) as raised:
        pipeline.run([1, 2, 3])
    assert raised.value is error
    assert_cleaned_up_once(journals)


@pytest.mark.parametrize(
    "error", [StopIteration("early"), StopAsyncIteration("early"), asyncio.CancelledError()], ids=repr
)
@pytest.mark.parametrize("kind", KINDS)
def test_exception_that_means_an_end_elsewhere_is_a_failure_in_a_node(kind, error):
    pipeline, journals = failing(kind, "process", error)
    with pytest.raises(NodeError) as raised:
        pipeline.run([1, 2, 3])
    assert (raised.value.node, raised.value.item) == ("Broken_1", 2)
    cause = raised.value.__cause__
    assert error in (cause, cause.__cause__)
    assert [journal.count("cleanup") for journal in journals] == [1, 1, 1]


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "error",
    [
        Unprintable(),
        Exception("first line\nsecond line"),
        Exception("a\0b \udc80 lone"),
        ExceptionGroup("several", [ValueError(1), TypeError(2)]),
        RecursionError("deep"),
        MemoryError(),
        TimeoutError("of the node"),
        NodeError("of the node"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("kind", ["Plain", "Async", "Streaming"])
def test_odd_exception_is_the_cause_and_makes_one_line(kind, error):
    pipeline, _ = failing(kind, "process", error)
    with pytest.raises(NodeError) as raised:
        pipeline.run([1, 2, 3])
    assert raised.value.__cause__ is error
    assert str(raised.value).startswith(f"failing/Broken_1: item 2: {type(error).__name__}")
    assert "\n" not in str(raised.value)


def test_endless_recursion_in_a_node_is_a_failure():
    class Deep(Node):
        def process(self, item):
            return self.process(item)

    with pytest.raises(NodeError) as raised:
        Pipeline([Deep()]).run([1])
    assert isinstance(raised.value.__cause__, RecursionError)


def test_error_keeps_its_place_when_it_is_copied_to_another_process():
    pipeline, _ = failing("Plain", "process")
    with pytest.raises(NodeError) as raised:
        pipeline.run([1, 2, 3])
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (str(copy), copy.pipeline, copy.node, copy.item) == (str(raised.value), "failing", "Broken_1", 2)


def test_failure_after_a_failure_does_not_hide_the_first():
    class Twice(Life):
        def process(self, item):
            return self.handle(item)

        def cleanup(self):
            self.journal.note("cleanup")
            raise OSError("second")

    journal, first = Journal(), ValueError("first")
    with pytest.raises(NodeError) as raised:
        Pipeline([Twice(journal, "process", first)]).run([1, 2, 3])
    assert raised.value.__cause__ is first
    assert journal.count("cleanup") == 1


def test_every_node_is_cleaned_up_when_all_cleanups_fail():
    journals = [Journal() for _ in KINDS]
    nodes = [
        kind(journal, "cleanup", ValueError(name))
        for (name, kind), journal in zip(KINDS.items(), journals, strict=True)
    ]
    with pytest.raises(NodeError):
        Pipeline(nodes).run([1])
    assert [journal.count("cleanup") for journal in journals] == [1] * len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_item_number_counts_the_items_of_the_failing_node(kind):
    class Triple(Node):
        def process(self, item):
            yield from (item, item, item)

    def fifth(item):
        numbers.append(item)
        if len(numbers) == 5:
            raise ValueError("fifth")
        return item

    numbers = []
    with pytest.raises(NodeError) as raised:
        Pipeline([Triple(), KINDS[kind](work=fifth)]).run([10, 20, 30])
    assert raised.value.item == 5


@pytest.mark.parametrize("kind", sorted(set(KINDS) - STREAMING))
def test_failing_item_can_be_skipped(kind):
    pipeline, journals = failing(kind, "process")
    skipping = Pipeline("skipping")
    for node in pipeline.nodes:
        skipping.add(node, on_error="skip")
    assert skipping.run([1, 2, 3]) == [1, 3]
    (counts,) = [node for node in skipping.get_metrics()["nodes"] if node["id"] == "Broken_1"]
    assert (counts["errors"], counts["skipped"]) == (1, 1)
    assert [journal.count("cleanup") for journal in journals] == [1, 1, 1]


def test_failing_input_iterable_reaches_the_caller_as_it_is():
    def inputs():
        yield 1
        raise error

    error, journal = OSError("unplugged"), Journal()
    received = []
    with pytest.raises(OSError) as raised:
        for packet in Pipeline([Plain(journal)]).stream(inputs()):
            received.append(packet.value)
    assert raised.value is error
    assert received == [1]
    assert journal.wait_for("cleanup")
    assert journal.count("cleanup") == 1


def test_failing_asynchronous_input_reaches_the_caller_as_it_is():
    async def inputs():
        yield 1
        raise error

    async def main():
        async for packet in Pipeline([PassThrough(), Plain(journal)]).stream(inputs()):
            received.append(packet.value)

    error, journal, received = OSError("unplugged"), Journal(), []
    with pytest.raises(OSError) as raised:
        asyncio.run(main())
    assert raised.value is error
    assert received == [1]
    assert journal.wait_for("cleanup")
    assert journal.count("cleanup") == 1
