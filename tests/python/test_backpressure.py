"""Whoever is slow is waited for, or loses exactly what the policy says; nothing piles up."""

import asyncio
import gc
import threading
import weakref

import pytest
from lives import GUARD, KINDS, SOURCES, Async, AsyncSource, Forgetful, Journal, Plain, PlainSource

from remotemedia import AudioSource, Node, Pipeline
from remotemedia.nodes import Gain, PassThrough

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("complaints", "nothing_left")]

#: What the queue between a pipeline and its caller holds, and a few items that are under way around it.
OUTPUT_QUEUE = 64
UNDER_WAY = 32


class Produced:
    """Counts the items that an endless input gave."""

    def __init__(self, kind=int):
        self.count = 0
        self.kind = kind

    def __call__(self):
        while True:
            self.count += 1
            yield self.kind(self.count)

    async def later(self):
        for item in self():
            yield item


class Held(Plain):
    """Holds its first item until it is told to go on."""

    def __init__(self, journal, entered, go_on):
        super().__init__(journal)
        self.entered, self.go_on = entered, go_on

    def process(self, item):
        self.entered.set()
        assert self.go_on.wait(GUARD)
        return super().process(item)


class HeldAsync(Held):
    """The same on the event loop."""

    async def process(self, item):
        self.entered.set()
        assert await asyncio.to_thread(self.go_on.wait, GUARD)
        return self.handle(item)


@pytest.mark.parametrize("kind", SOURCES)
def test_endless_source_waits_for_a_caller_that_does_not_read(kind, soon):
    produced = Produced()
    with Pipeline([SOURCES[kind](produced), Plain()]).session() as session:
        assert session.recv(timeout=GUARD).value == 1
        assert soon(lambda: produced.count >= OUTPUT_QUEUE)
        for number in range(2, 1000):
            assert session.recv(timeout=GUARD).value == number
            assert produced.count - number <= 2 * OUTPUT_QUEUE + UNDER_WAY


def test_endless_native_source_waits_for_a_caller_that_does_not_read(soon):
    with Pipeline([AudioSource(device="test:noise"), Gain(factor=0.5)]).session() as session:

        def emitted():
            return session.metrics()["nodes"][1]["items_out"]

        session.recv(timeout=GUARD)
        assert soon(lambda: emitted() >= OUTPUT_QUEUE)
        for number in range(2, 500):
            session.recv(timeout=GUARD)
            assert emitted() - number <= OUTPUT_QUEUE + UNDER_WAY


@pytest.mark.parametrize("kind", KINDS)
def test_stream_takes_inputs_only_as_outputs_are_read(kind):
    produced = Produced()
    for number, packet in enumerate(Pipeline([KINDS[kind]()]).stream(produced()), start=1):
        assert packet.value == number
        assert produced.count - number <= 2 * OUTPUT_QUEUE + UNDER_WAY
        if number == 1000:
            break


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("inputs", ["plain", "asynchronous"])
def test_asynchronous_stream_takes_inputs_only_as_outputs_are_read(kind, inputs):
    produced = Produced()

    async def main():
        stream = Pipeline([KINDS[kind]()]).stream(produced() if inputs == "plain" else produced.later())
        number = 0
        async for packet in stream:
            number += 1
            assert packet.value == number
            assert produced.count - number <= 2 * OUTPUT_QUEUE + UNDER_WAY
            if number == 1000:
                break

    asyncio.run(main())


@pytest.mark.parametrize("held", [Held, HeldAsync], ids=["plain reader", "asynchronous reader"])
def test_full_input_refuses_waits_and_times_out_without_losing_an_item(held):
    entered, go_on = threading.Event(), threading.Event()
    with Pipeline([held(Journal(), entered, go_on)]).session() as session:
        session.send(0)
        assert entered.wait(GUARD)
        taken = 1
        with pytest.raises(TimeoutError):
            while True:
                session.send(taken, timeout=0.05)
                taken += 1
        assert taken >= OUTPUT_QUEUE
        assert not session.try_send("refused")
        go_on.set()
        received = [session.recv(timeout=GUARD).value for _ in range(taken)]
        session.send("after", timeout=GUARD)
        session.finish()
        assert received == list(range(taken))
        assert [packet.value for packet in session] == ["after"]


@pytest.mark.parametrize("kind", KINDS)
def test_caller_that_took_one_output_can_send_one_input(kind):
    """A window as large as all the room there is, moved one item at a time by one thread that waits without a limit."""
    with Pipeline([KINDS[kind]()]).session() as session:
        session.send(0)
        session.recv(timeout=GUARD)
        sent = 1
        while session.try_send(sent):
            sent += 1
        for number in range(1, 300):
            assert session.recv(timeout=GUARD).value == number
            session.send(sent)
            sent += 1


def test_waiting_send_goes_on_as_soon_as_there_is_room():
    sent = []

    def send():
        for number in range(1000):
            session.send(number)
            sent.append(number)
        session.finish()

    with Pipeline([Plain()]).session() as session:
        thread = threading.Thread(target=send)
        thread.start()
        assert [packet.value for packet in session] == list(range(1000))
        thread.join()
    assert len(sent) == 1000


def test_event_loop_goes_on_while_a_send_waits():
    async def main():
        async with Pipeline([Async()]).session() as session:
            taken = 0
            while session.try_send(taken):
                taken += 1
            sends = [asyncio.create_task(session.send(number)) for number in range(taken, taken + 50)]
            for _ in range(100):
                await asyncio.sleep(0)
            assert not all(send.done() for send in sends)
            received = [(await session.recv(timeout=GUARD)).value for _ in range(taken + 50)]
            await asyncio.gather(*sends)
            assert sorted(received) == list(range(taken + 50))

    asyncio.run(main())


def numbers_for(count, entered, go_on=None):
    """One number, then, once it is held, the others, and then the word to go on."""

    def numbers():
        yield 0
        assert entered.wait(GUARD)
        yield from range(1, count)
        if go_on is not None:
            go_on.set()

    return numbers


def edge_to_held(metrics):
    return next(edge for edge in metrics["edges"] if edge["to"].startswith("Held"))


POLICIES = {
    "drop_oldest": (10, [0, *range(990, 1000)]),
    "drop_newest": (10, list(range(11))),
    "latest": (None, [0, 999]),
}


@pytest.mark.parametrize(("kind", "held"), [(PlainSource, Held), (PlainSource, HeldAsync), (AsyncSource, Held)])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("between", [True, False], ids=["behind a native node", "behind the source"])
def test_policy_drops_exactly_what_it_says(policy, kind, held, between, soon):
    def arrived():
        edge = edge_to_held(session.metrics())
        return edge["depth"] + edge["dropped"]

    capacity, expected = POLICIES[policy]
    entered, go_on = threading.Event(), threading.Event()
    source = kind(numbers_for(1000, entered))
    reader = held(Journal(), entered, go_on)
    pipeline = Pipeline("policy")
    pipeline.add(source >> PassThrough() if between else source)
    pipeline.connect(pipeline.nodes[-1], reader, capacity=capacity, policy=policy)
    with pipeline.session() as session:
        assert soon(lambda: arrived() == 999)
        go_on.set()
        assert [packet.value for packet in session] == expected
        edge = edge_to_held(session.metrics())
    assert edge["policy"] == policy
    assert edge["dropped"] == 1000 - len(expected)
    assert [event[1] for event in reader.journal.events if event[0] == "process"] == expected


@pytest.mark.parametrize("capacity", [1, 10])
def test_blocking_queue_holds_its_capacity_and_loses_nothing(capacity):
    lead = []

    def numbers():
        for number in range(1000):
            lead.append(number - reader.taken)
            yield number

    class Reader(Node):
        taken = 0

        def process(self, item):
            self.taken += 1
            return item

    reader = Reader()
    pipeline = Pipeline("blocking")
    pipeline.add(PlainSource(numbers))
    pipeline.connect(pipeline.nodes[0], reader, capacity=capacity, policy="block")
    assert pipeline.run() == list(range(1000))
    assert max(lead) <= capacity + 2
    (edge,) = [edge for edge in pipeline.get_metrics()["edges"] if edge["to"].startswith("Reader")]
    assert (edge["capacity"], edge["dropped"], edge["depth"]) == (capacity, 0, 0)


def test_slow_branch_loses_items_and_the_other_branch_none():
    entered, go_on = threading.Event(), threading.Event()
    source = PlainSource(numbers_for(1000, entered, go_on))
    slow, fast = Held(Journal(), entered, go_on), Plain(Journal())
    pipeline = Pipeline("branches")
    pipeline.add(source)
    pipeline.connect(source, slow, capacity=10, policy="drop_oldest")
    pipeline.connect(source, fast)
    results = pipeline.run()
    seen = {node: [event[1] for event in node.journal.events if event[0] == "process"] for node in (slow, fast)}
    assert seen[fast] == list(range(1000))
    assert seen[slow] == [0, *range(990, 1000)]
    assert sorted(results) == sorted(seen[fast] + seen[slow])


class Makes(Node):
    """A source that remembers nothing."""

    is_source = True

    def __init__(self, items):
        super().__init__()
        self.items = items

    def process(self, data=None):
        yield from self.items()


class Forgets(Node):
    """Passes on and remembers nothing."""

    def process(self, item):
        return item


class Weighty:
    """An item whose life can be watched."""

    def __init__(self, number):
        self.number = number
        self.weight = bytes(10_000)


class Alive:
    """Makes items and counts those that live; notes the most that ever did."""

    def __init__(self):
        self.living = weakref.WeakSet()
        self.most = 0

    def __call__(self, number):
        item = Weighty(number)
        self.living.add(item)
        if number % 100 == 0:
            self.most = max(self.most, len(self.living))
        return item


def through_session(pipeline, items):
    with pipeline.session() as session:
        for item in items:
            session.send(item)
            yield session.recv(timeout=GUARD).value
            del item


def through_stream(pipeline, items):
    for packet in pipeline.stream(items):
        yield packet.value


@pytest.mark.parametrize("way", [through_session, through_stream], ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", ["Plain", "Generator", "Async", "Streaming"])
def test_items_die_as_soon_as_nobody_has_them(kind, way, soon):
    alive = Alive()
    count = 0
    for item in way(Pipeline([KINDS[kind](Forgetful())]), map(alive, range(5000))):
        assert item.number == count
        count += 1
    del item
    assert count == 5000
    assert alive.most <= 3 * OUTPUT_QUEUE + UNDER_WAY
    assert soon(lambda: len(alive.living) == 0), len(alive.living)


def test_items_in_the_queues_of_a_cancelled_session_die(soon):
    alive = Alive()
    session = Pipeline([Forgets(), Forgets()]).session()
    session.send(alive(1))
    session.recv(timeout=GUARD)
    while session.try_send(alive(2)):
        pass
    session.cancel()
    assert soon(lambda: len(alive.living) == 0), len(alive.living)


def test_items_that_a_policy_dropped_die(soon):
    alive = Alive()
    entered, go_on = threading.Event(), threading.Event()

    class Reader(Node):
        def process(self, item):
            entered.set()
            assert go_on.wait(GUARD)

    source = Makes(lambda: map(alive, numbers_for(1000, entered, go_on)()))
    pipeline = Pipeline("dropping").add(source)
    pipeline.connect(source, Reader(), policy="latest")
    assert pipeline.run() is None
    assert alive.most <= 2 * OUTPUT_QUEUE
    assert soon(lambda: len(alive.living) == 0), len(alive.living)


def resident_bytes():
    """The memory of this process that is in use."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


class Heavy(Node):
    """Makes a new 10 kB object of every item."""

    def process(self, item):
        return bytes(10_000)


class HeavyAsync(Node):
    """The same on the event loop."""

    async def process(self, item):
        return bytes(10_000)


def pump_session(pipeline, count):
    with pipeline.session() as session:
        for number in range(count):
            session.send(number)
            session.recv()


def pump_stream(pipeline, count):
    for _ in pipeline.stream(range(count)):
        pass


@pytest.mark.parametrize("pump", [pump_session, pump_stream], ids=lambda pump: pump.__name__)
@pytest.mark.parametrize("nodes", [[Heavy, PassThrough, Forgets], [HeavyAsync, Forgets]], ids=["plain", "async"])
def test_memory_is_flat_over_many_items(nodes, pump):
    count = 200_000 if nodes[0] is Heavy else 20_000
    pump(Pipeline([node() for node in nodes]), 2_000)
    before = resident_bytes()
    pump(Pipeline([node() for node in nodes]), count)
    assert resident_bytes() - before < 16_000_000


def test_memory_is_flat_over_many_pipelines():
    def run_many(count):
        for number in range(count):
            assert Pipeline([Forgets(), PassThrough(), Forgets()]).run([number, number]) == [number, number]

    run_many(300)
    before = resident_bytes()
    run_many(3_000)
    assert resident_bytes() - before < 8_000_000


def test_memory_is_flat_while_a_stalled_reader_loses_items():
    """The producer goes on at full speed; the reader holds one item all the while."""
    entered, go_on = threading.Event(), threading.Event()
    grown = []

    def items():
        yield bytes(10_000)
        assert entered.wait(GUARD)
        before = resident_bytes()
        for _ in range(100_000):
            yield bytes(10_000)
        grown.append(resident_bytes() - before)
        go_on.set()

    class Reader(Node):
        def process(self, item):
            entered.set()
            assert go_on.wait(10 * GUARD)
            return len(item)

    source = Makes(items)
    pipeline = Pipeline("stalled").add(source)
    pipeline.connect(source, Reader(), capacity=100, policy="drop_oldest")
    assert pipeline.run() == [10_000] * 101
    assert grown[0] < 16_000_000
    (edge,) = [edge for edge in pipeline.get_metrics()["edges"] if edge["to"].startswith("Reader")]
    assert edge["dropped"] == 100_000 - 100
