"""Branches do not see each other's writes, whatever they write into."""

import dataclasses

import numpy as np
import pytest

from remotemedia import Audio, Node, NodeError, Pipeline
from remotemedia.nodes import Multiply


@dataclasses.dataclass
class Box:
    items: list
    samples: np.ndarray


class Spoil(Node):
    """Changes what it is given, where it can."""

    def __init__(self, change, **kwargs):
        super().__init__(**kwargs)
        self.change = change

    def process(self, item):
        self.change(item)


class Look(Node):
    """Keeps a copy of what it sees."""

    def initialize(self):
        self.seen = []

    def process(self, item):
        self.seen.append(repr(item))


def seen_beside(change, make):
    """What two neighbours of a node see that changes its input: one before, one behind it in line."""
    before, behind = Look(name="before"), Look(name="behind")
    pipeline = Pipeline("branches").add(lambda item: make())
    pipeline.add([before, Spoil(change), behind])
    pipeline.run(0)
    return before.seen, behind.seen


@pytest.mark.parametrize(
    ("change", "make"),
    [
        (lambda item: item.append(4), lambda: [1, 2]),
        (lambda item: item[0].append(4), lambda: [[1], 2]),
        (lambda item: item.clear(), lambda: {"a": {"b": 1}}),
        (lambda item: item["a"].update(b=2), lambda: {"a": {"b": 1}}),
        (lambda item: item.add(3), lambda: {1, 2}),
        (lambda item: item.extend(b"c"), lambda: bytearray(b"ab")),
        (lambda item: item[0].append(1), lambda: ([], "text")),
        (lambda item: item.items.append(1), lambda: Box([], np.zeros(2))),
    ],
    ids=["list", "inner list", "dict", "inner dict", "set", "bytearray", "list in tuple", "list in dataclass"],
)
def test_a_change_does_not_show_in_other_branches(change, make):
    before, behind = seen_beside(change, make)
    assert before == behind == [repr(make())]


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros(3),
        lambda: (np.zeros(3), 16000),
        lambda: Audio(np.zeros(3), 16000),
        lambda: {"samples": np.zeros(3)},
        lambda: [np.zeros(3)],
        lambda: Box([], np.zeros(3)),
    ],
    ids=["array", "audio tuple", "Audio", "array in dict", "array in list", "array in dataclass"],
)
def test_writing_into_an_array_that_branches_share_is_refused(make):
    def write(item):
        array = item
        if isinstance(item, (tuple, list)):
            array = item[0]
        elif isinstance(item, dict):
            array = item["samples"]
        elif isinstance(item, Box):
            array = item.samples
        array[0] = 1

    pipeline = Pipeline("branches").add(lambda item: make()).add([Spoil(write), Look()])
    with pytest.raises(NodeError, match="read-only"):
        pipeline.run(0)


def test_a_native_branch_that_works_in_place_leaves_the_others_alone():
    look = Look()
    pipeline = Pipeline("branches").add(Multiply(1)).add([Multiply(10), look])
    pipeline.run(np.ones(2, np.float32))
    assert look.seen == [repr(np.ones(2, np.float32))]


def test_the_last_branch_may_write():
    class Write(Node):
        def process(self, item):
            item += 1
            return item

    pipeline = Pipeline("branches").add(lambda item: np.zeros(2)).add(Write())
    np.testing.assert_array_equal(pipeline.run(0), [1, 1])


def test_audio_keeps_its_type_and_start_when_it_is_shared():
    starts = []

    class Hear(Node):
        def process(self, audio):
            starts.append((type(audio), audio.start, audio.samples.flags.writeable))

    source = Pipeline("branches").add(lambda item: Audio(np.zeros(4, np.float32), 8000, start=1.5))
    source.add([Hear(name="a"), Hear(name="b")]).run(0)
    assert starts[0] == (Audio, 1.5, False)
    assert starts[1][:2] == (Audio, 1.5)


def branches_that_see(seen):
    pipeline = Pipeline("branches").add(lambda item: item)
    return pipeline.add([lambda item: seen.append(item), lambda item: seen.append(item)])


def test_value_that_holds_itself_goes_into_every_branch():
    value = {}
    value["self"] = [value]
    seen = []
    branches_that_see(seen).run([value])
    assert len(seen) == 2
    assert all(item["self"][0] is item for item in seen)


def test_value_that_is_twice_in_another_is_so_in_every_branch():
    inner = [1]
    seen = []
    branches_that_see(seen).run([[inner, inner]])
    assert seen == [[[1], [1]]] * 2
    assert all(item[0] is item[1] for item in seen)


def test_value_that_nests_too_deeply_is_an_error_of_the_node():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NodeError, match="nests deeper than 128 levels"):
        branches_that_see([]).run([value])
