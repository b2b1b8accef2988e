"""Packets: values with their time, order and metadata, out of streams and out of nodes."""

import numpy as np
import pytest

from remotemedia import Node, NodeError, Packet, Pipeline, PipelineError
from remotemedia.nodes import Batch, RustNode


def test_a_packet_equals_its_bare_value_and_packets_of_the_same_value():
    assert Packet(5) == 5
    assert Packet(5) == Packet(5, start=1.0)
    assert Packet("a") != "b"
    assert {Packet("a")} == {"a"}
    assert 5 in [Packet(4), Packet(5)]


def test_a_packet_with_an_array_compares_as_the_array_does():
    assert (Packet(np.array([1, 2])) == np.array([1, 3])).tolist() == [True, False]


def test_a_packet_tells_what_is_known_of_it():
    packet = Packet("hello", start=1.5, duration=0.5, seq=3, port="left", metadata={"a": 1}, stream=2)
    assert (packet.value, packet.start, packet.end, packet.duration) == ("hello", 1.5, 2.0, 0.5)
    assert (packet.seq, packet.port, packet.metadata, packet.stream) == (3, "left", {"a": 1}, 2)
    assert repr(packet) == "Packet('hello', start=1.500, duration=0.500, port=\"left\")"


def test_what_is_not_known_is_none():
    packet = Packet(1)
    assert (packet.start, packet.end, packet.duration, packet.seq, packet.port) == (None,) * 5
    assert packet.metadata == {}


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_times_that_cannot_be_are_refused(seconds):
    with pytest.raises(ValueError, match="expected seconds from 0 on"):
        Packet(1, start=seconds)


def test_packets_cannot_be_changed():
    with pytest.raises(AttributeError):
        Packet(1).value = 2


ROUTES = [lambda: lambda item: item, lambda: RustNode("PassThrough")]


@pytest.mark.parametrize("route", ROUTES, ids=["python", "native"])
def test_the_envelope_goes_with_the_value(route):
    sent = Packet("x", start=2.0, duration=0.25, seq=9, metadata={"who": "ann", "list": [1]}, stream=1)
    (packet,) = Pipeline("packets").add(route()).stream([sent])
    assert (packet.value, packet.start, packet.duration, packet.seq) == ("x", 2.0, 0.25, 9)
    assert (packet.metadata, packet.stream, packet.port) == ({"who": "ann", "list": [1]}, 1, "out")


def test_a_node_says_when_its_result_begins():
    class Split(Node):
        def process(self, item):
            yield Packet(item[0], start=1.0, duration=0.5, metadata={"part": 1})
            yield Packet(item[1], start=1.5, duration=0.5, metadata={"part": 2})

    packets = list(Pipeline("packets").add(Split()).stream(["ab"]))
    assert [(p.value, p.start, p.end, p.metadata) for p in packets] == [
        ("a", 1.0, 1.5, {"part": 1}),
        ("b", 1.5, 2.0, {"part": 2}),
    ]


def test_a_packet_without_a_start_takes_that_of_its_input():
    (packet,) = Pipeline("packets").add(lambda item: Packet(item * 2)).stream([Packet(2, start=4.0, duration=1.0)])
    assert (packet.value, packet.start, packet.duration) == (4, 4.0, 1.0)


def test_metadata_that_was_changed_in_place_is_sent():
    packet = Packet("x")
    packet.metadata["late"] = True
    (result,) = Pipeline("packets").add(lambda item: item).stream([packet])
    assert result.metadata == {"late": True}


def test_metadata_without_a_json_form_is_refused():
    with pytest.raises(NodeError, match="no neutral form"):
        Pipeline("packets").add(lambda item: Packet(item, metadata={"bad": object()})).run(1)


def test_a_node_gives_on_named_ports():
    class Sort(Node):
        outputs = ("even", "odd")

        def process(self, item):
            return Packet(item, port="odd" if item % 2 else "even")

    sort, even, odd = Sort(), PassTo("even"), PassTo("odd")
    pipeline = Pipeline("ports").connect(sort["even"], even).connect(sort["odd"], odd)
    assert sorted(pipeline.run([1, 2, 3, 4])) == [("even", 2), ("even", 4), ("odd", 1), ("odd", 3)]


def test_an_unknown_port_is_an_error_that_names_the_known_ones():
    with pytest.raises(NodeError, match='no output port "sideways"; output ports: out'):
        Pipeline("ports").add(lambda item: Packet(item, port="sideways")).run(1)


def test_a_node_learns_on_which_port_its_input_came():
    class Mix(Node):
        inputs = ("left", "right")

        def process(self, item, port):
            return port, item

    pipeline = Pipeline("ports").add(Mix())
    with pipeline.session() as session:
        session.send(1, port="left")
        session.send(2, port="right")
        session.finish()
        assert sorted(packet.value for packet in session) == [("left", 1), ("right", 2)]


class PassTo(Node):
    """Marks each item with where it went."""

    def __init__(self, place):
        super().__init__(name=place)
        self.place = place

    def process(self, item):
        return self.place, item


def test_ports_that_a_class_does_not_name_are_refused():
    class Split(Node):
        inputs = ("all",)
        outputs = ("even", "odd")

        def process(self, item):
            return item

    def follow(item):
        return item

    out, into = Pipeline("out"), Pipeline("in")
    split = Split()
    out.connect(split["evn"], follow)
    with pytest.raises(PipelineError, match=r"evn.*even, odd"):
        out.run(1)
    into.connect(follow, Split()["al"])
    with pytest.raises(PipelineError, match=r"al.*all"):
        into.run(1)


def test_batch_gives_the_values_that_went_in_whatever_they_are():
    first, second = object(), {1, 2}
    for items in ([b"a", b"b"], [first, second], [(1, 2), None], [1, "two"]):
        assert Pipeline([Batch(2)]).run(items) == items
        assert Pipeline([Batch(2), lambda batch: batch[0]]).run(items) == items[0]
    (number, nothing) = Pipeline([Batch(2)]).run([1.0, float("nan")])
    assert number == 1.0
    assert nothing != nothing
