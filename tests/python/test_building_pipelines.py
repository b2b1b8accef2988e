"""Building pipelines: chains, branches, ports, queues, policies, and the earlier package's ways."""

import json

import numpy as np
import pytest

from remotemedia import Node, NodeError, Packet, Pipeline, PipelineError, Retry
from remotemedia.nodes import AddNode, MultiplyNode, PassThroughNode, PipelineNode, PythonNode, RustNode


class Named(Node):
    """Adds its name to what comes."""

    def process(self, item):
        return f"{item}{self.name}"


def named(*names):
    return [Named(name=name) for name in names]


def edges(pipeline):
    """The connections, as pairs of names."""
    return [(link["from"], link["to"]) for link in json.loads(pipeline.serialize())["connections"]]


def test_nodes_that_are_added_make_a_chain():
    pipeline = Pipeline("chain").add(Named(name="a")).add(Named(name="b"))
    assert pipeline.run("") == "ab"
    assert edges(pipeline) == [("a_0", "b_1")]


def test_the_earlier_constructor_takes_nodes_and_a_name():
    pipeline = Pipeline(named("a", "b"), name="chain")
    assert (pipeline.name, len(pipeline), [node.name for node in pipeline]) == ("chain", 2, ["a", "b"])
    assert Pipeline(nodes=named("a"), name="x").run("-") == "-a"
    assert Pipeline("only a name").name == "only a name"
    assert Pipeline().name.startswith("Pipeline_")


def test_an_empty_pipeline_is_still_something():
    assert Pipeline("empty")
    with pytest.raises(PipelineError, match="'empty' has no nodes"):
        Pipeline("empty").run(1)


def test_functions_and_objects_are_nodes():
    class Plain:
        def process(self, item):
            return item + 1

    pipeline = Pipeline("functions").add(lambda item: item * 2).add(Plain()).add(str)
    assert pipeline.run(5) == "11"
    assert [node.name for node in pipeline] == ["function", "Plain", "str"]


def test_a_class_becomes_a_node_with_its_parameters():
    class Power:
        def __init__(self, exponent):
            self.exponent = exponent

        def process(self, item):
            return item**self.exponent

    assert Pipeline("class").add(PythonNode(Power, exponent=3)).run(2) == 8


@pytest.mark.parametrize("thing", [5, "text", None, object()])
def test_what_is_no_node_is_refused(thing):
    with pytest.raises(PipelineError, match="expected a node, a function"):
        Pipeline("wrong").add_node(thing)


def test_a_node_needs_something_to_call():
    class Empty(Node):
        pass

    with pytest.raises(TypeError, match=r"Empty has neither process\(\) nor stream\(\)"):
        Empty()


def test_branches_are_written_with_arrows():
    a, b, c, d = named("a", "b", "c", "d")
    pipeline = Pipeline("branches").add(a >> [b, c] >> d)
    assert sorted(pipeline.run("")) == ["abd", "acd"]
    assert edges(pipeline) == [("a_0", "b_1"), ("a_0", "c_2"), ("b_1", "d_3"), ("c_2", "d_3")]


def test_a_list_can_begin_a_chain():
    a, b, c = named("a", "b", "c")
    pipeline = Pipeline("join").add([a, b] >> c)
    with pipeline.session() as session:
        for port in ("a_0", "b_1"):
            session.send("", port=f"{port}.in" if port not in inputs(pipeline) else port)
        session.finish()
        assert sorted(packet.value for packet in session) == ["ac", "bc"]


def inputs(pipeline):
    return [port["name"] for port in json.loads(pipeline.inspect("json"))["inputs"]]


def test_what_is_added_behind_branches_joins_them():
    a, b, c, d = named("a", "b", "c", "d")
    pipeline = Pipeline("join").add(a).add([b, c]).add(d)
    assert sorted(pipeline.run("")) == ["abd", "acd"]


def test_connect_adds_the_nodes_that_are_new():
    a, b, c = named("a", "b", "c")
    pipeline = Pipeline("connected").connect(a, b).connect(a, c)
    assert sorted(pipeline.run("")) == ["ab", "ac"]


def test_connect_replaces_the_place_that_adding_gave_a_node():
    a, b, c = named("a", "b", "c")
    pipeline = Pipeline("both").add(a).add(b).add(c).connect(a, c)
    assert edges(pipeline) == [("a_0", "b_1"), ("a_0", "c_2")]
    assert sorted(pipeline.run("")) == ["ab", "ac"]


def test_ports_are_named_in_brackets():
    class Sort(Node):
        outputs = ("even", "odd")

        def process(self, item):
            return Packet(str(item), port="odd" if item % 2 else "even")

    sort, even, odd = Sort(), *named("-even", "-odd")
    pipeline = Pipeline("ports").connect(sort["even"], even).connect(sort["odd"], odd)
    assert edges(pipeline) == [("Sort_0.even", "-even_1"), ("Sort_0.odd", "-odd_2")]
    assert sorted(pipeline.run([1, 2])) == ["1-odd", "2-even"]


def test_an_unknown_port_of_a_native_node_is_found_before_anything_runs():
    multiply, add = MultiplyNode(), AddNode()
    with pytest.raises(PipelineError, match="sideways"):
        Pipeline("ports").connect(multiply["sideways"], add).run(1)


def test_a_circle_is_refused_and_printed():
    a, b = named("a", "b")
    with pytest.raises(PipelineError, match="a_0 -> b_1 -> a_0"):
        Pipeline("circle").connect(a, b).connect(b, a).run("")


def test_the_same_node_cannot_be_added_twice():
    (a,) = named("a")
    with pytest.raises(PipelineError, match="'a' is part of the pipeline already"):
        Pipeline("twice").add(a).add(a)


def test_removing_a_node_joins_its_neighbours():
    pipeline = Pipeline(named("a", "b", "c"))
    assert pipeline.remove_node("b") is True
    assert pipeline.remove_node("b") is False
    assert pipeline.run("") == "ac"
    assert pipeline.remove_node("c")
    pipeline.add(Named(name="d"))
    assert pipeline.run("") == "ad"


def test_nodes_are_found_by_name():
    pipeline = Pipeline(named("a", "b"))
    assert pipeline.get_node("b") is pipeline.nodes[1]
    assert pipeline.get_node("c") is None


@pytest.mark.parametrize("name", ["with space", "dots.and/slashes", "grüße", "a" * 300, ""])
def test_any_name_makes_a_safe_id(name):
    pipeline = Pipeline("ids").add(Named(name=name))
    node_id = json.loads(pipeline.serialize())["nodes"][0]["id"]
    assert node_id.endswith("_0") and len(node_id) <= 256
    assert set(node_id) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    assert pipeline.run("x").startswith("x")


def test_a_failing_item_can_be_left_out():
    def odd(item):
        if item % 2 == 0:
            raise ValueError(item)
        return item

    assert Pipeline("skip").add(odd, on_error="skip").run([1, 2, 3]) == [1, 3]


def test_a_failing_item_can_be_tried_again():
    tries = []

    def third(item):
        tries.append(item)
        if len(tries) < 3:
            raise ValueError("not yet")
        return item

    assert Pipeline("retry").add(third, on_error=Retry(attempts=5)).run("x") == "x"
    assert tries == ["x"] * 3
    with pytest.raises(NodeError, match="ValueError: never"):
        Pipeline("retry").add(lambda item: fail("never"), on_error=Retry(1, backoff=0.001)).run("x")


def test_another_node_can_stand_in():
    def broken(item):
        raise ValueError("broken")

    assert Pipeline("fallback").add(broken, on_error=MultiplyNode(10)).run([1, 2]) == [10, 20]
    assert Pipeline("fallback").add(broken, on_error=PassThroughNode()).run([1, 2]) == [1, 2]


def fail(message):
    raise ValueError(message)


def test_a_policy_that_is_unknown_is_refused():
    with pytest.raises(PipelineError, match="on_error"):
        Pipeline("policy").add(lambda item: item, on_error="maybe").run(1)


def test_a_queue_between_nodes_is_declared_with_connect():
    a, b = named("a", "b")
    pipeline = Pipeline("queue").connect(a, b, capacity=2, policy="drop_oldest")
    (connection,) = json.loads(pipeline.serialize())["connections"]
    assert connection == {"from": "a_0", "to": "b_1", "capacity": 2, "policy": "drop_oldest"}
    assert pipeline.run("") == "ab"


def test_a_pipeline_is_a_node_of_another():
    inner = Pipeline("inner").add(MultiplyNode(2)).add(lambda item: item + 1)
    outer = Pipeline("outer").add(PipelineNode(inner)).add(PipelineNode(Pipeline("last").add(AddNode(0.5))))
    assert outer.run([1, 2]) == [3.5, 5.5]
    assert "inner_0/function_1" in outer.inspect()


def test_a_pipeline_that_is_added_becomes_a_node():
    inner = Pipeline("inner").add(MultiplyNode(3))
    assert Pipeline("outer").add(inner).add(AddNode(1)).run(2) == 7


def test_the_configuration_is_told():
    pipeline = Pipeline("told").add(MultiplyNode(3, name="triple"))
    assert pipeline.get_config() == {
        "name": "told",
        "node_count": 1,
        "remote_node_count": 0,
        "nodes": [{"name": "triple", "class": "MultiplyNode", "config": {"factor": 3}}],
        "is_initialized": False,
    }
    assert repr(pipeline) == "Pipeline(name='told', nodes=1, not initialized)"


def test_inspect_tells_backend_and_reason_of_each_node():
    text = Pipeline("shown").add(MultiplyNode(2)).add(lambda item: item).add(lambda item: item).inspect()
    rows = [line.split(maxsplit=4) for line in text.splitlines()]
    assert rows[0][0] == "shown"
    assert [(row[0], "native" in row, "cpython" in row) for row in rows[1:]] == [
        ("MultiplyNode_0", True, False),
        ("function_1", False, True),
        ("function_2", False, True),
    ]
    assert "runs inside function_1's stage" in text


@pytest.mark.parametrize(
    ("format", "begins"), [("json", "{"), ("dot", "digraph"), ("mermaid", "flowchart"), ("svg", "<")]
)
def test_inspect_draws_in_every_format(format, begins):
    assert Pipeline("drawn").add(MultiplyNode()).inspect(format=format).lstrip().startswith(begins)


def test_an_unknown_drawing_is_refused():
    with pytest.raises(PipelineError, match="known: text, json, dot, mermaid, svg"):
        Pipeline("drawn").add(MultiplyNode()).inspect("png")


def test_inspecting_starts_nothing():
    class Count(Node):
        started = 0

        def initialize(self):
            Count.started += 1

        def process(self, item):
            return item

    pipeline = Pipeline("shown").add(Count())
    pipeline.inspect()
    assert Count.started == 0
    assert pipeline.run(1) == 1


def test_neighbouring_python_nodes_share_a_stage():
    view = json.loads(Pipeline("stages").add(abs).add(abs).add(RustNode("PassThrough")).add(abs).inspect("json"))
    assert [node["stage"] for node in view["nodes"]] == [0, 0, 1, 2]


def test_results_are_bare_when_there_is_one_and_none_when_there_is_none():
    pipeline = Pipeline("results").add(lambda item: [item] * 2 if item else None)
    assert pipeline.run(1) == [1, 1]
    assert pipeline.run([1, 0, 2]) == [[1, 1], [2, 2]]
    assert pipeline.run([0]) is None
    assert pipeline.run([]) is None


def test_arrays_and_tuples_are_one_item():
    pipeline = Pipeline("items").add(lambda item: type(item).__name__)
    assert pipeline.run(np.zeros(3)) == "ndarray"
    assert pipeline.run((1, 2)) == "tuple"
    assert pipeline.run("text") == "str"


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), "1", True])
def test_time_limits_that_cannot_be_are_refused(timeout):
    with pytest.raises(ValueError, match="expected seconds"):
        Pipeline("limited").add(lambda item: item, timeout=timeout)


def test_the_class_of_a_node_is_refused_where_a_node_belongs():
    with pytest.raises(PipelineError, match=r"found the class MultiplyNode: write MultiplyNode\(...\)"):
        Pipeline("class").add(MultiplyNode)
