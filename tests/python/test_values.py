"""Values cross unchanged: from Python to Python by reference, through native nodes and back as they were."""

import dataclasses
import math

import numpy as np
import pytest

from remotemedia import Node, NodeError, Pipeline
from remotemedia.nodes import Multiply, RustNode


@dataclasses.dataclass
class Point:
    x: float
    tags: list[str]


class Label(str):
    """Text with a type of its own."""


def same(value):
    return value


VALUES = {
    "int": 7,
    "negative int": -(2**63),
    "big int": 2**100,
    "float": 1.5,
    "infinity": math.inf,
    "str": "grüße 🎧",
    "lone surrogate": "\ud800",
    "bytes": b"\x00\xff",
    "true": True,
    "false": False,
    "list": [1, "a", None, [2.5]],
    "dict": {"z": 1, "a": {"nested": [True]}},
    "dict with other keys": {1: "one", (2, 3): "pair"},
    "tuple": (1, "a"),
    "empty tuple": (),
    "tuple in list": [(1, 2)],
    "set": {1, 2},
    "complex": 1 + 2j,
    "dataclass": Point(1.5, ["a"]),
    "subclass": Label("mine"),
    "scalar": np.float32(0.5),
    "function": same,
    "infinity in list": [math.inf],
}

ROUTES = {
    "python": [same, same],
    "native": [RustNode("PassThrough"), RustNode("PassThrough")],
    "python, native, python": [same, RustNode("PassThrough"), same],
    "native, python": [RustNode("PassThrough"), same],
}


def through(route, value):
    pipeline = Pipeline("values")
    for node in ROUTES[route]:
        pipeline.add(node if callable(node) else RustNode("PassThrough"))
    return pipeline.run(value if not isinstance(value, list) else [value])


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", VALUES)
def test_a_value_arrives_as_it_was_sent(route, name):
    value = VALUES[name]
    result = through(route, value)
    assert type(result) is type(value)
    assert result == value


@pytest.mark.parametrize("route", ROUTES)
def test_not_a_number_stays_one(route):
    assert math.isnan(through(route, math.nan))


@pytest.mark.parametrize("route", ROUTES)
def test_the_order_of_a_dict_stays(route):
    assert list(through(route, {"z": 1, "a": 2, "m": 3})) == ["z", "a", "m"]


def test_python_nodes_hand_on_the_very_object():
    value = object()
    assert through("python", value) is value


def test_an_object_goes_through_native_nodes_that_do_not_look_at_it():
    value = object()
    assert through("native", value) is value


def test_truth_values_are_not_numbers():
    assert through("native", True) is True


def test_none_is_nothing():
    assert Pipeline("none").add(lambda item: None).run([1, 2]) is None


def test_none_inside_a_list_of_inputs_reaches_the_node():
    assert Pipeline("none").add(lambda item: "nothing" if item is None else item).run([None, 1]) == ["nothing", 1]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("text", "found text"),
        (b"bytes", "found bytes"),
        ({"a": 1}, "found json object"),
        (object(), "python object has no neutral form"),
        (2**70, "python int of 71 bits, expected one that fits into 64 bits"),
        ((1, object()), "python object has no neutral form"),
        ({1: 2}, "dict key 1 is not text"),
    ],
)
def test_what_a_native_node_cannot_read_is_an_error_that_says_what_came(value, found):
    with pytest.raises(NodeError) as raised:
        Pipeline("values").add(Multiply(2)).run([value])
    assert found in str(raised.value)
    assert raised.value.node == "Multiply_0"
    assert raised.value.item == 1


def test_a_value_that_only_looks_like_a_number_is_read_as_one():
    assert Pipeline("values").add(Multiply(2.0)).run([np.float64(1.5), np.int16(3)]) == [3.0, 6.0]


def test_a_native_result_is_an_ordinary_python_value():
    result = Pipeline("values").add(Multiply(2)).run([3, 1.5, [1, 2]])
    assert result == [6, 3.0, [2, 4]]
    assert [type(item) for item in result] == [int, float, list]


def test_lists_nested_beyond_reason_are_refused_by_native_nodes_only():
    deep = []
    for _ in range(2000):
        deep = [deep]
    assert through("python", deep) is deep
    with pytest.raises(NodeError, match="nests deeper than 128 levels"):
        Pipeline("values").add(Multiply(2)).run([deep])


def test_a_generator_object_from_a_plain_method_gives_its_items():
    class Spread(Node):
        def process(self, item):
            return (value for value in range(item))

    assert Pipeline("values").add(Spread()).run([2, 3]) == [0, 1, 0, 1, 2]
