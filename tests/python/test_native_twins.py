"""Nodes of the Python package that a native type stands for: it runs in their place and gives what they would give."""

import dataclasses

import numpy as np
import pytest

from remotemedia import Audio, Pipeline
from remotemedia.nodes import (
    AddNode,
    AudioTransform,
    BufferNode,
    CalculatorNode,
    MultiplyNode,
    PassThroughNode,
    Resample,
    TextProcessorNode,
)


@dataclasses.dataclass
class Note:
    """A value that only Python knows."""

    text: str = "a"


class Opaque:
    """Equal to itself alone."""


SOUND = np.arange(4, dtype=np.float32)
VALUES = [
    0,
    -1,
    2**70,
    1.5,
    -0.0,
    float("inf"),
    True,
    "text",
    "",
    b"bytes",
    bytearray(b"bytes"),
    [1, "a", None, [2.5]],
    [],
    (),
    (1, (2, "b")),
    {"a": {"b": [1]}},
    {1: 2},
    {},
    {1, 2},
    range(3),
    1 + 2j,
    Note(),
    Opaque(),
    np.float32(1.5),
    np.datetime64("2020-01-01"),
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.arange(6)[::2],
    np.zeros((0, 3), np.float16),
    np.array(["a"]),
    np.array([1, None], dtype=object),
    (SOUND, 8000),
    (SOUND.reshape(1, 4), 8000),
    (SOUND.reshape(2, 2), 8000),
    (np.asfortranarray(SOUND.reshape(2, 2)), 8000),
    (SOUND, 8000, {"session_id": "a", "speaker": "ann"}),
    (SOUND, 8000, {"opaque": Note()}),
    ((SOUND, 8000), {"session_id": "a"}),
    Audio(SOUND, 8000, start=2.0),
]


def same(left, right):
    """Whether two values are equal in value, type, shape and layout."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        alike = (left.dtype, left.shape, left.strides) == (right.dtype, right.shape, right.strides)
        return alike and np.array_equal(left, right)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return left == right and repr(left) == repr(right)


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("around", [False, True], ids=["alone", "between functions"])
def test_pass_through_gives_what_came(value, around):
    pipeline = Pipeline("passes")
    for part in [lambda item: item, PassThroughNode(), lambda item: item] if around else [PassThroughNode()]:
        pipeline.add(part)
    assert same(pipeline.run([value]), value)


NATIVE = {
    "MultiplyNode": lambda: MultiplyNode(factor=2),
    "AddNode": lambda: AddNode(addend=1),
    "CalculatorNode": CalculatorNode,
    "TextProcessorNode": TextProcessorNode,
    "PassThroughNode": lambda: PassThroughNode(anything=1),
    "Resample": lambda: Resample(8000),
}


@pytest.mark.parametrize("make", NATIVE.values(), ids=NATIVE)
def test_inspect_shows_it_as_native(make):
    (_, row) = Pipeline([make()]).inspect().splitlines()
    assert "native" in row.split()


@pytest.mark.parametrize("make", NATIVE.values(), ids=NATIVE)
@pytest.mark.parametrize("method", ["initialize", "process", "flush", "cleanup"])
def test_a_node_that_was_changed_runs_in_python(make, method):
    called = []

    def own(self, *data):
        called.append(method)
        return getattr(super(changed, self), method, lambda *data: None)(*data)

    changed = type("Changed", (type(make()),), {method: own})
    node = make()
    node.__class__ = changed
    assert "cpython" in Pipeline([node]).inspect()
    if method != "process":
        Pipeline([node]).run([])
        assert called == [method]


def test_a_method_of_the_object_itself_counts_too():
    node = MultiplyNode(factor=2)
    node.process = lambda item: item + 100
    assert Pipeline([node]).run(1) == 101


@pytest.mark.parametrize("value", [3, 1.5, [1, 2.5], np.arange(3.0), np.arange(3)], ids=repr)
@pytest.mark.parametrize("node", [MultiplyNode(3), MultiplyNode(0.5), AddNode(2), AddNode(-0.25)], ids=repr)
def test_numbers_come_out_as_python_calculates_them(node, value):
    assert same(Pipeline([node]).run([value]), node.process(value))


TEXTS = [
    "Hello World",
    "",
    "ß straße",
    "ǆ İ",
    "they're x1y",
    "  a b ",
    "ΑΣ",
    "a\tb\nc",
    "日本 語",
    "🎉 a",
    "\u2003x",
    5,
    None,
]
OPERATIONS = TextProcessorNode().get_supported_operations()


@pytest.mark.parametrize("text", TEXTS, ids=repr)
@pytest.mark.parametrize("operations", [OPERATIONS, [], ["nope", "uppercase"], None], ids=repr)
def test_texts_come_out_as_python_writes_them(text, operations):
    item = {"text": text, "operations": operations}
    node = TextProcessorNode(name="words", language="en")
    assert Pipeline([node]).run([item]) == node.process(item)


ARGUMENTS = [[1, 2], [7, -3], [-7, 3], [1.5, 2], [2, 0], [2, 0.0], [2, -1], [0, -1], [1], [], [1, 2, 3], [True, 2]]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=repr)
@pytest.mark.parametrize("operation", [*CalculatorNode().get_supported_operations(), "root"])
def test_calculations_come_out_as_python_does_them(operation, arguments):
    item = {"operation": operation, "args": arguments}
    node = CalculatorNode(name="sums", unit="m")
    assert same(Pipeline([node]).run([item]), node.process(item))


@pytest.mark.parametrize("count", range(6))
def test_buffer_gives_lists_and_at_the_end_what_is_left(count):
    """It runs in Python: what it collects stays what it was, arrays and objects included."""
    items = [Opaque() for _ in range(count)]
    outputs = [packet.value for packet in Pipeline([BufferNode(2)]).stream(items)]
    assert outputs == [items[index : index + 2] for index in range(0, count - 1, 2)] + [items[count // 2 * 2 :]]


def test_native_node_that_is_called_by_hand_gives_its_output_at_once():
    """Also the first time, when it has just been made."""
    for _ in range(200):
        node = AudioTransform(output_sample_rate=8000, output_channels=1)
        samples, rate = node.process((SOUND, 8000))
        assert (samples.shape, rate) == ((1, 4), 8000)
        node.cleanup()
