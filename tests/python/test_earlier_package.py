"""Nodes and pipelines of the earlier package, from its own unchanged source files: what they gave, they give here."""

import asyncio
import json
import math
import pickle
import subprocess
import sys
import types
import zipfile
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from earlier.cases import ALL, OWN

from remotemedia import Pipeline, nodes

HERE = Path(__file__).resolve().parent
WHEEL = next((HERE.parents[1] / ".venv" / "earlier").glob("*.whl"), None)
assert WHEEL, "the earlier package is not there; run make setup, which fetches it"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """What the earlier package's own executor gives for each case."""
    file = tmp_path_factory.mktemp("earlier") / "results.pkl"
    run = [sys.executable, HERE / "earlier" / "reference.py", WHEEL, file]
    subprocess.run(run, check=True, capture_output=True, timeout=100)
    return dict(zip(ALL, pickle.loads(file.read_bytes()), strict=True))


@pytest.fixture(scope="module")
def earlier():
    """``earlier("audio")``: a module of the earlier package's nodes, whose imports lead to this package."""
    modules = {}

    def load(name):
        if name not in modules:
            with zipfile.ZipFile(WHEEL) as wheel:
                source = wheel.read(f"remotemedia/nodes/{name}.py")
            module = modules[name] = types.ModuleType(f"remotemedia.nodes.earlier_{name}")
            module.__package__ = "remotemedia.nodes"
            sys.modules[module.__name__] = module
            exec(compile(source, f"{WHEEL}/{name}.py", "exec"), vars(module))
        return modules[name]

    yield load
    for module in modules.values():
        del sys.modules[module.__name__]


def outputs(kinds, case):
    pipeline = Pipeline(case.name)
    for kind, (_, _, arguments) in zip(kinds, case.nodes, strict=True):
        pipeline.add(kind(**arguments))
    return pipeline.run(list(case.inputs))


def difference(found, expected, where="result"):
    """Where two results differ, or nothing. Audio is a tuple with names; sums may differ in their last digits."""
    if isinstance(expected, np.ndarray):
        same = isinstance(found, np.ndarray) and (found.dtype, found.shape) == (expected.dtype, expected.shape)
        planar = same and (found.size < 2 or found.strides[-1] == found.itemsize)
        close = planar and np.allclose(found, expected, rtol=1e-6, atol=1e-7)
        return None if close else f"{where}: {found!r}, expected {expected!r} with whole rows"
    if isinstance(expected, (list, tuple)) and isinstance(found, type(expected)) and len(found) == len(expected):
        pairs = [(f"{where}[{index}]", *pair) for index, pair in enumerate(zip(found, expected, strict=True))]
    elif isinstance(expected, dict) and isinstance(found, dict) and found.keys() == expected.keys():
        pairs = [(f"{where}[{key!r}]", found[key], expected[key]) for key in expected]
    else:
        exact = type(found) is type(expected) and found == expected
        close = type(found) is type(expected) is float and math.isclose(found, expected, rel_tol=1e-6)
        return None if exact or close else f"{where}: {found!r}, expected {expected!r}"
    return next((differs for at, a, b in pairs if (differs := difference(a, b, at))), None)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_unchanged_source_gives_here_what_it_gave(case, reference, earlier):
    known = reference[case]
    found = outputs([getattr(earlier(module), kind) for module, kind, _ in case.nodes], case)
    if known["failed"] is None:
        assert difference(found, known["result"]) is None


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.name)
def test_own_node_of_the_same_name_gives_what_the_earlier_gave(case, reference):
    known = reference[case]
    found = outputs(
        [getattr(import_module(f"remotemedia.nodes.{module}"), kind) for module, kind, _ in case.nodes], case
    )
    if known["failed"] is None:
        differs = difference(found, known["result"])
        assert (differs is None) == (case.settled is None), differs or f"no longer true: {case.settled}"


def test_what_the_earlier_package_could_not_run_itself_runs(reference):
    failed = {kind for case in OWN if reference[case]["failed"] for _, kind, _ in case.nodes}
    assert "StatefulCounter" in failed
    assert Pipeline([nodes.StatefulCounter(initial_value=3)]).run(["a", "b"]) == [(3,), (4,)]


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.name)
def test_what_the_earlier_pipeline_wrote_down_loads_and_does_the_same(case, reference):
    """Its manifests left out the parameters that its nodes did not hand on; what is not written cannot be read."""
    known = reference[case]
    manifest, definition = json.loads(known["manifest"]), known["definition"]
    again = [Pipeline.from_manifest(known["manifest"]), asyncio.run(Pipeline.from_definition(definition))]
    for pipeline, entries, params in zip(
        again, (manifest["nodes"], definition["nodes"]), ("params", "config"), strict=True
    ):
        assert [type(node).__name__ for node in pipeline] == [kind for _, kind, _ in case.nodes]
        whole = all(
            arguments.keys() - {"name"} <= entry[params].keys()
            for (_, _, arguments), entry in zip(case.nodes, entries, strict=True)
        )
        if whole and known["failed"] is None and case.settled is None:
            assert difference(pipeline.run(list(case.inputs)), known["result"]) is None


def test_unchanged_source_is_fed_from_outside_and_closed(earlier):
    io_nodes = earlier("io_nodes")
    source, heard = io_nodes.DataSourceNode(buffer_size=2, timeout_seconds=60.0), []
    sink = io_nodes.DataSinkNode(callback=heard.append, buffer_output=True)

    async def feed():
        taken = [await source.push_data(item) for item in (1, 2, 3)]
        running = asyncio.ensure_future(Pipeline([source, sink]).run_async())
        while not heard:
            await asyncio.sleep(0)
        taken.append(await source.push_data(4))
        while len(heard) < 3:
            await asyncio.sleep(0)
        await source.close()
        return taken, await running

    taken, results = asyncio.run(feed())
    assert taken == [True, True, False, True]
    assert results == heard == sink.get_buffered_output() == [1, 2, 4]


def test_unchanged_pipeline_code_runs_as_it_was_written():
    """The life of a pipeline, as programs for the earlier package spelled it out."""

    async def program():
        pipeline = Pipeline(nodes=[nodes.MultiplyNode(factor=2, name="twice")], name="written")
        pipeline.add_node(nodes.AddNode(addend=1)).add_node(nodes.PassThroughNode())

        async def numbers():
            for number in range(3):
                yield number

        await pipeline.initialize()
        first = [result async for result in pipeline.process(numbers())]
        await pipeline.cleanup()
        async with pipeline.managed_execution():
            second = [result async for result in pipeline.process(numbers())]
        return first, second, await pipeline.run([1, 2], use_rust=True), pipeline.get_node("twice").name

    assert asyncio.run(program()) == ([1, 3, 5], [1, 3, 5], [3, 5], "twice")


def test_unchanged_node_keeps_state_by_session(earlier):
    buffer = earlier("base").BufferNode(buffer_size=3, name="kept", enable_state=True)
    buffer.set_session_id("ann")
    buffer.get_session_state().set("seen", 2)
    assert buffer.get_session_state("ann").get("seen") == 2
    assert buffer.get_session_state("ben").get("seen") is None
    assert buffer.split_data_metadata((1, {"session_id": "ann"})) == (1, {"session_id": "ann"})
    assert buffer.merge_data_metadata((1, 2), {"a": 1}) == (1, 2, {"a": 1})
    assert buffer.to_manifest()["id"] == "kept"
