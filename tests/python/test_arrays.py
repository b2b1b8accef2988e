"""NumPy arrays cross without a copy, in both directions; what is written into one shows nowhere else."""

import sys

import numpy as np
import pytest

from remotemedia import Node, NodeError, Pipeline
from remotemedia.nodes import Multiply, RustNode

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def address(array):
    return array.__array_interface__["data"][0]


class Remember(Node):
    """Keeps what it was given."""

    def initialize(self):
        self.seen = []

    def process(self, array):
        self.seen.append(array)
        return array


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_comes_back_from_native_nodes_as_the_very_object(dtype):
    array = np.zeros((2, 3), dtype)
    pipeline = Pipeline("arrays").add(RustNode("PassThrough")).add(RustNode("PassThrough"))
    assert pipeline.run(array) is array


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24.0).reshape(4, 6)[::2, ::3],
        np.arange(6.0)[::-1],
        np.arange(6.0).reshape(2, 3).T,
        np.broadcast_to(np.float32(2), (3, 4)),
        np.zeros((0, 3)),
        np.array(5.0),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
    ids=["steps", "reversed", "transposed", "broadcast", "empty", "no dimension", "column order"],
)
def test_views_of_every_shape_cross_as_they_are(array):
    result = Pipeline("arrays").add(RustNode("PassThrough")).run(array)
    assert result is array
    doubled = Pipeline("arrays").add(Multiply(2)).run(array)
    np.testing.assert_array_equal(doubled, array * 2)


def test_one_megabyte_has_one_address_from_end_to_end():
    array = np.zeros(1 << 18, np.float32)
    first, last = Remember(), Remember()
    pipeline = Pipeline("arrays").add(first)
    for _ in range(8):
        pipeline.add(RustNode("PassThrough"))
    result = pipeline.add(last).run(array)
    assert {address(array)} == {address(found) for found in (first.seen[0], last.seen[0], result)}


def test_a_native_result_is_the_memory_that_the_native_node_made():
    keep = Remember()
    result = Pipeline("arrays").add(Multiply(2)).add(keep).run(np.ones(4, np.float32))
    assert address(keep.seen[0]) == address(result)
    np.testing.assert_array_equal(result, np.full(4, 2, np.float32))


def test_the_senders_array_is_never_changed():
    array = np.ones(8, np.float32)
    Pipeline("arrays").add(Multiply(5)).run(array)
    np.testing.assert_array_equal(array, np.ones(8))


def test_an_array_that_the_sender_keeps_is_read_only_to_a_python_node():
    array = np.ones(4)

    class Write(Node):
        def process(self, item):
            item *= 2
            return item

    with pytest.raises(NodeError, match="read-only") as raised:
        Pipeline("arrays").add(Write()).run(array)
    assert isinstance(raised.value.__cause__, ValueError)
    assert array.flags.writeable
    np.testing.assert_array_equal(array, np.ones(4))


def test_an_array_that_nobody_else_holds_is_writable():
    class Make(Node):
        def process(self, count):
            return np.ones(count)

    class Write(Node):
        def process(self, item):
            self.was_writable = item.flags.writeable
            item *= 2
            return item

    write = Write()
    result = Pipeline("arrays").add(Make()).add(write).run(3)
    assert write.was_writable
    np.testing.assert_array_equal(result, [2, 2, 2])


def test_an_array_that_its_maker_keeps_is_read_only_behind_it():
    class Make(Node):
        def process(self, count):
            self.kept = np.ones(count)
            return self.kept

    make, keep = Make(), Remember()
    Pipeline("arrays").add(make).add(keep).run(3)
    assert not keep.seen[0].flags.writeable
    assert address(keep.seen[0]) == address(make.kept)


def test_a_node_that_returns_its_input_hands_on_the_original():
    array = np.ones(4)
    assert Pipeline("arrays").add(lambda item: item).run(array) is array


def test_memory_that_a_native_node_made_is_writable_in_python():
    class Write(Node):
        def process(self, item):
            item += 1
            return item

    result = Pipeline("arrays").add(Multiply(2)).add(Write()).run(np.ones(4, np.float32))
    np.testing.assert_array_equal(result, [3, 3, 3, 3])


def test_a_slice_of_native_memory_goes_back_without_a_copy():
    class Tail(Node):
        def process(self, item):
            self.sent = address(item) + item.itemsize
            return item[1:]

    tail = Tail()
    result = Pipeline("arrays").add(Multiply(2)).add(tail).add(RustNode("PassThrough")).run(np.ones(4, np.float32))
    assert address(result) == tail.sent
    np.testing.assert_array_equal(result, [2, 2, 2])


def test_arrays_of_foreign_byte_order_are_converted():
    array = np.arange(4, dtype=">i4")
    np.testing.assert_array_equal(Pipeline("arrays").add(Multiply(3)).run(array), [0, 3, 6, 9])
    assert Pipeline("arrays").add(lambda item: item).run(array) is array


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([object()]), np.zeros(2, "M8[s]"), np.zeros(2, "i4,f4")])
def test_arrays_of_other_things_than_numbers_cross_between_python_nodes_only(array):
    assert Pipeline("arrays").add(lambda item: item).run(array) is array
    with pytest.raises(NodeError, match="expected numbers"):
        Pipeline("arrays").add(Multiply(2)).run(array)


def test_subclasses_of_array_stay_what_they_are():
    masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    assert Pipeline("arrays").add(RustNode("PassThrough")).run(masked) is masked


def test_the_memory_lives_as_long_as_a_view_of_it():
    result = Pipeline("arrays").add(Multiply(2)).run(np.arange(1000, dtype=np.float64))
    view = result[500:510]
    del result
    np.testing.assert_array_equal(view, np.arange(500, 510) * 2.0)


def test_an_array_is_freed_with_its_last_user():
    array = np.zeros(1000)
    before = sys.getrefcount(array)
    pipeline = Pipeline("arrays").add(lambda item: item).add(RustNode("PassThrough")).add(lambda item: item)
    for _ in range(10):
        pipeline.run([array, array])
    assert sys.getrefcount(array) == before


class Tensor:
    """What torch, cupy and jax look like to NumPy: an object that speaks DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_a_dlpack_tensor_reaches_native_nodes_without_a_copy():
    array = np.arange(4, dtype=np.float32)
    result = Pipeline("arrays").add(Multiply(2)).run(Tensor(array))
    np.testing.assert_array_equal(result, [0, 2, 4, 6])
    np.testing.assert_array_equal(array, [0, 1, 2, 3])


def test_a_dlpack_tensor_stays_what_it_is_between_python_nodes():
    tensor = Tensor(np.zeros(2))
    assert Pipeline("arrays").add(lambda item: item).run(tensor) is tensor


def test_a_native_result_is_readable_through_dlpack():
    result = Pipeline("arrays").add(Multiply(2)).run(np.arange(3, dtype=np.float32))
    again = np.from_dlpack(result)
    assert address(again) == address(result)


def test_other_memory_reaches_native_nodes_as_bytes():
    keep = Remember()
    Pipeline("arrays").add(RustNode("PassThrough")).add(keep).run([bytearray(b"ab"), memoryview(b"cd")])
    assert [bytes(item) for item in keep.seen] == [b"ab", b"cd"]
