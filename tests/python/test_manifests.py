"""Pipelines as manifests and definitions: what goes out comes back the same, and what cannot is refused with advice."""

import asyncio
import base64
import dataclasses
import enum
import json
import math
import random
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import jsonschema
import numpy as np
import pytest

from remotemedia import Node, Pipeline, PipelineError, Retry, SerializationError
from remotemedia.core.params import decode, encode
from remotemedia.nodes import (
    AudioSource,
    BufferNode,
    ChannelMix,
    DataSinkNode,
    Gain,
    MultiplyNode,
    Resample,
    RustNode,
    StatefulCounter,
    Text,
)

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "schemas" / "manifest.v1.json").read_text(encoding="utf-8"))


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1
    BLUE = "blue"


class Level(enum.IntFlag):
    """Numbers with names."""

    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Point:
    """A dataclass with everything that one can have."""

    x: float
    label: str = "here"
    tags: list = dataclasses.field(default_factory=list)
    inner: object = None
    sum: float = dataclasses.field(init=False, default=0.0)


@dataclasses.dataclass(frozen=True)
class Frozen:
    """One that never changes."""

    data: bytes


class Holder(Node):
    """A user's node with one parameter, and what it counted."""

    def __init__(self, value=None, **kwargs):
        super().__init__(**kwargs)
        self.value = value
        self.count = 0
        self.last = None

    def process(self, item):
        self.count += 1
        self.last = item
        return self.value


def alike(left, right):
    """Whether two values are the same in type, value, dtype and shape."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (np.ndarray, np.generic)):
        same_type = left.dtype.newbyteorder("=") == right.dtype and left.shape == right.shape
        return same_type and left.astype(right.dtype).tobytes() == right.tobytes()
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(alike(left[key], right[key]) for key in left)
    if dataclasses.is_dataclass(left):
        return all(alike(getattr(left, field.name), getattr(right, field.name)) for field in dataclasses.fields(left))
    if isinstance(left, float):
        return left.hex() == right.hex()
    return left == right


def written(pipeline):
    """The manifest, which has to fit the schema and be strict JSON."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    manifest = json.loads(pipeline.serialize(), parse_constant=refuse)
    jsonschema.validate(manifest, SCHEMA, format_checker=jsonschema.FormatChecker())
    return manifest


def returned(value):
    """What becomes of a parameter that is written into a manifest and read back."""
    manifest = json.dumps(written(Pipeline([Holder(value)], "round trip")))
    return Pipeline.from_manifest(manifest).nodes[0].value


def changed(**fields):
    """A point with fields that its constructor does not take."""
    point = Point(1.0)
    for name, value in fields.items():
        setattr(point, name, value)
    return point


NUMBERS = [0, -1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**200, True, None]
FLOATS = [
    0.0,
    -0.0,
    0.1 + 0.2,
    1e16,
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    math.inf,
    -math.inf,
    math.nan,
]
TEXTS = ["", "ß 日本 🎉", "a\0b\n\u2028", '"\\', b"", bytes(range(256)), bytearray(b"\xff")]
COMPLEX = [1 + 2j, complex(math.inf, -0.0)]
CONTAINERS = [
    [],
    [[], [[]]],
    {},
    {"a": {"b": [1, None]}},
    {1: "one", (2, 3): "pair", None: 0},
    {"$int": "5"},
    {"$tuple": [1]},
    {"$dataclass": "os:system", "fields": {}},
    (),
    (1, (2.5, "a")),
    {1, 2},
    frozenset({"a"}),
]
CLASSES = [
    Point(1.5),
    Point(math.nan, "there", [1, (2,)], Point(0.0)),
    changed(sum=3.5),
    Frozen(b"\0"),
    Colour.BLUE,
    Level.HIGH,
    PurePosixPath("/a/b c"),
]
DTYPES = "? i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 >i4 >f8 >u2".split()


@pytest.mark.parametrize("value", NUMBERS + FLOATS + TEXTS + COMPLEX + CONTAINERS + CLASSES, ids=repr)
def test_value_comes_back_as_it_was(value):
    found = returned(value)
    expected = Path(value) if isinstance(value, PurePosixPath) else value
    assert alike(expected, found)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (1, 0, 4)], ids=str)
def test_array_comes_back_with_dtype_shape_and_bytes(dtype, shape):
    array = np.asarray(np.arange(math.prod(shape)).reshape(shape) * 1.5).astype(dtype)
    found = returned(array)
    assert alike(array, found) and found.flags.writeable
    (entry,) = written(Pipeline([Holder(array)], "array"))["nodes"]
    held = entry["params"]["value"]["$ndarray"]
    assert held["shape"] == list(shape)
    assert base64.b64decode(held["data"]) == array.astype(array.dtype.newbyteorder("<")).tobytes()
    assert np.dtype(held["dtype"]) == array.dtype.newbyteorder("<")


@pytest.mark.parametrize(
    "layout", [lambda a: a.T, lambda a: a[::2], lambda a: a[:, ::-1], np.asfortranarray], ids=range(4)
)
def test_array_of_any_layout_comes_back(layout):
    array = layout(np.arange(24, dtype=np.int16).reshape(4, 6))
    assert alike(array, returned(array))


@pytest.mark.parametrize(
    "scalar", [np.float32(0.1), np.float64("nan"), np.int8(-3), np.bool_(True), np.complex64(1j)], ids=repr
)
def test_numpy_scalar_keeps_its_type(scalar):
    assert alike(scalar, returned(scalar))


def random_value(draw, depth):
    """Any value that a manifest can hold."""
    leaves = [
        lambda: draw.choice(NUMBERS + FLOATS + COMPLEX),
        lambda: draw.randint(-(10**30), 10**30),
        lambda: draw.uniform(-1e9, 1e9),
        lambda: "".join(
            chr(draw.choice((draw.randrange(0xD800), draw.randrange(0xE000, 0x110000))))
            for _ in range(draw.randrange(6))
        ),
        lambda: draw.randbytes(draw.randrange(9)),
        lambda: (np.array([draw.randrange(100) for _ in range(draw.randrange(5))]) * 0.5).astype(draw.choice(DTYPES)),
        lambda: draw.choice(list(Colour)),
    ]
    branches = [
        lambda: [random_value(draw, depth - 1) for _ in range(draw.randrange(4))],
        lambda: tuple(random_value(draw, depth - 1) for _ in range(draw.randrange(4))),
        lambda: {
            draw.choice(["a", "$b", "$tuple", "", "ß", str(draw.random())]): random_value(draw, depth - 1)
            for _ in range(draw.randrange(4))
        },
        lambda: {
            draw.choice([1, 2.5, None, "x", (1, "y"), b"z"]): random_value(draw, depth - 1)
            for _ in range(draw.randrange(4))
        },
        lambda: Point(draw.random(), "p", [random_value(draw, depth - 1)], random_value(draw, depth - 1)),
    ]
    return draw.choice(leaves + branches * 2 if depth else leaves)()


@pytest.mark.parametrize("seed", range(200))
def test_any_nested_value_comes_back_as_it_was(seed):
    value = random_value(random.Random(seed), depth=5)
    assert alike(value, decode(json.loads(json.dumps(encode(value), allow_nan=False))))


class Opaque:
    """Something of the program's own."""


REFUSED = {
    "object": Opaque(),
    "function": lambda: None,
    "class": type("Nameless", (), {}),
    "module": json,
    "datetime": datetime(2020, 1, 1),
    "memoryview": memoryview(b"a"),
    "array of objects": np.array([1, None], dtype=object),
    "array of texts": np.array(["a"]),
    "array of times": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "array of structures": np.zeros(1, dtype=[("a", "i4")]),
    "long double": np.longdouble(1),
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_what_a_manifest_cannot_hold_is_refused_with_the_place_and_what_to_do(value):
    pipeline = Pipeline([Holder({"deep": [0, value]}, name="held")], "refused")
    with pytest.raises(SerializationError, match=r"held\.params\.value\.deep\[1\] is an? .*(pass|convert)"):
        pipeline.serialize()
    with pytest.raises(SerializationError, match=r"held_0\.config\.value\.deep\[1\]"):
        pipeline.export_definition()


def test_text_with_half_a_character_is_refused():
    with pytest.raises(SerializationError, match="half a character at 1"):
        Pipeline([Holder("a\ud800")]).serialize()


def test_refused_parameters_still_run():
    assert Pipeline([Holder(Opaque)]).run(1) is Opaque


@pytest.mark.parametrize(
    "held",
    [
        {"$dataclass": "os:PathLike", "fields": {}},
        {"$dataclass": "nowhere:Class", "fields": {}},
        {"$dataclass": "os:system", "fields": {}},
        {"$enum": ["os:PathLike", "A"]},
        {"$ndarray": {"dtype": "|O", "shape": [1], "data": "AAAAAAAAAAA="}},
    ],
    ids=str,
)
def test_manifest_that_names_what_is_no_data_is_refused(held):
    manifest = written(Pipeline([Holder(1)], "hostile"))
    manifest["nodes"][0]["params"]["value"] = held
    with pytest.raises(Exception, match=r"is no |cannot be imported|expected numbers") as caught:
        Pipeline.from_manifest(manifest)
    assert type(caught.value).__module__ == "remotemedia.core.exceptions"


# State


def test_state_comes_back_with_the_node():
    node = Holder([1])
    Pipeline([node], "counted").run(["a", "b"])
    (again,) = Pipeline.from_manifest(written(Pipeline([node], "counted"))).nodes
    assert (again.count, again.last, again.value) == (2, "b", [1])
    assert Pipeline([again]).run("c") == [1] and again.count == 3


def test_state_leaves_out_what_is_private_or_has_no_form():
    node = Holder(1)
    node._secret, node.opaque, node.note = "hidden", Opaque(), "kept"
    (entry,) = written(Pipeline([node], "state"))["nodes"]
    assert entry["python"]["state"] == {"count": 0, "note": "kept"}


def test_a_node_can_say_itself_what_its_state_is():
    (entry,) = written(Pipeline([Saving(2)], "saved"))["nodes"]
    assert entry["python"]["state"] == {"total": 7}
    (again,) = Pipeline.from_manifest(written(Pipeline([Saving(2)], "saved"))).nodes
    assert again.restored == {"total": 7}


class Saving(Holder):
    """Says what is kept of it."""

    def get_state(self):
        return {"total": 7}

    def set_state(self, state):
        self.restored = state


def test_items_that_wait_in_a_buffer_come_back():
    buffer = BufferNode(buffer_size=3)
    for item in (1, (2, b"b")):
        buffer.process(item)
    (again,) = Pipeline.from_manifest(written(Pipeline([buffer], "waiting"))).nodes
    assert again.process("last") == [1, (2, b"b"), "last"]


# The manifest itself


def graph():
    """A pipeline with everything that a manifest can say."""
    source, left, right = MultiplyNode(3, name="a b/c"), Gain(db=-6), Holder((1, 2))
    pipeline = Pipeline("everything")
    pipeline.add(source, on_error=Retry(3, backoff=0.5), timeout=1.5)
    pipeline.connect(source, left, capacity=4, policy="drop_oldest").connect(source, right)
    pipeline.add(Holder("after"), on_error="skip").add(Holder("risky"), on_error=Holder("instead"))
    return pipeline


def test_whole_graph_comes_back():
    manifest = written(graph())
    again = written(Pipeline.from_manifest(manifest))
    for kept in ("version", "nodes", "connections"):
        assert again[kept] == manifest[kept]
    assert manifest["nodes"][0]["timeout_ms"] == 1500
    assert manifest["nodes"][0]["on_error"] == {"retry": {"attempts": 3, "backoff_ms": 500}}
    assert {"from": "a_b_c_0", "to": "Gain_1", "capacity": 4, "policy": "drop_oldest"} in manifest["connections"]


def test_manifest_loads_from_text_dict_and_file(tmp_path):
    manifest = graph().serialize()
    file = tmp_path / "everything.json"
    file.write_text(manifest, encoding="utf-8")
    sources = [manifest, json.loads(manifest), file, str(file)]
    loaded = [written(Pipeline.from_manifest(source))["nodes"] for source in sources]
    assert all(nodes == loaded[0] for nodes in loaded)


def test_creation_is_dated_in_universal_time():
    before = datetime.now(UTC)
    created = written(graph())["metadata"]["created_at"]
    assert created.endswith("Z")
    assert before <= datetime.fromisoformat(created) <= datetime.now(UTC)


def test_description_and_capabilities_are_there_when_asked_for():
    class Heavy(Holder):
        def get_capabilities(self):
            return {"gpu": {"type": "cuda", "min_memory_gb": 4.0, "required": True}, "memory_gb": 2.0}

    pipeline = Pipeline([Heavy()], "heavy")
    assert "capabilities" in written(pipeline)["nodes"][0]
    assert "capabilities" not in json.loads(pipeline.serialize(include_capabilities=False))["nodes"][0]
    assert json.loads(pipeline.serialize(description="told"))["metadata"]["description"] == "told"


@pytest.mark.parametrize(
    "names", [["a b", "a_b"], ["", ""], ["x", "x", "x_1"], ["ü" * 500, "ü" * 500], ["a.b", "a/b", "a:b"]]
)
def test_ids_are_safe_and_differ_whatever_the_names(names):
    manifest = written(Pipeline([Holder(name=name) for name in names], "ids"))
    ids = [node["id"] for node in manifest["nodes"]]
    assert len(set(ids)) == len(ids)
    assert Pipeline.from_manifest(manifest).run("item") is None


@pytest.mark.parametrize("name", ["a b", "dots.and/slashes", "a_1", "1", "grüße"])
def test_name_of_a_python_node_comes_back_as_it_was(name):
    (again,) = Pipeline.from_manifest(written(Pipeline([Holder(name=name)], "named"))).nodes
    assert again.name == name


def test_native_node_is_written_as_any_host_reads_it():
    nodes = [
        AudioSource(Path("a.wav")),
        Resample(np.int64(8000)),
        ChannelMix(matrix=np.ones((1, 2))),
        Text(operations=("strip",)),
    ]
    params = [node["params"] for node in written(Pipeline(nodes, "native"))["nodes"]]
    assert params == [{"path": "a.wav"}, {"rate": 8000}, {"matrix": [[1.0, 1.0]]}, {"operations": ["strip"]}]


@pytest.mark.parametrize(
    ("factor", "message"), [(math.inf, "is inf, expected a finite"), (Opaque(), "is a Opaque"), (b"a", "is a bytes")]
)
def test_parameter_that_no_native_node_can_read_is_refused(factor, message):
    pipeline = Pipeline([RustNode("Gain", name="louder", factor=factor)], "refused")
    for use in (pipeline.serialize, pipeline.inspect, pipeline.run):
        with pytest.raises(SerializationError, match=rf"louder\.factor {message}"):
            use()


@pytest.mark.parametrize("source", ["{", "[1]", "[]", '{"version": "v1"}', "/nowhere/at/all.json", "{}"])
def test_what_is_no_manifest_is_refused(source):
    with pytest.raises(PipelineError):
        Pipeline.from_manifest(source)


# Definitions


def test_definition_comes_back_through_json():
    pipeline = Pipeline(
        [MultiplyNode(3), Holder(np.arange(3, dtype=np.int16)), StatefulCounter(4), DataSinkNode(buffer_size=3)], "told"
    )
    definition = json.loads(json.dumps(pipeline.export_definition(), allow_nan=False))
    again = asyncio.run(Pipeline.from_definition(definition))
    assert [type(node) for node in again] == [type(node) for node in pipeline]
    assert alike(again.nodes[1].value, np.arange(3, dtype=np.int16))
    assert again.run([1, 2]) == pipeline.run([1, 2]) == [(4,), (5,)]
    assert definition["metadata"]["pipeline_type"] == "linear" and definition["metadata"]["node_count"] == "4"


def test_definition_of_branches_comes_back():
    left, right, join = Holder("l", name="left"), Holder("r", name="right"), Holder("j", name="join")
    pipeline = Pipeline("branches").add(Holder("a", name="head") >> [left, right] >> join)
    definition = pipeline.export_definition()
    again = asyncio.run(Pipeline.from_definition(definition))
    assert again.export_definition()["connections"] == definition["connections"]
    assert again.run(1) == ["j", "j"]


def test_definition_of_an_unknown_class_is_refused():
    definition = Pipeline([Holder(1)], "told").export_definition()
    definition["nodes"][0]["class_name"] = "Missing"
    with pytest.raises(PipelineError, match=r"Failed to create node Holder_0: .*Missing"):
        asyncio.run(Pipeline.from_definition(definition))
