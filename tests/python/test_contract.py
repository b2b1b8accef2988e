"""The contract of Python nodes (tests/contract), as the backend ``cpython`` keeps it."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from remotemedia import NodeError, Pipeline
from remotemedia.core.params import decode
from remotemedia.nodes import PythonNode, RustNode

FOLDER = Path(__file__).resolve().parents[1] / "contract"
FIELDS = {"about", "needs", "pipeline", "inputs", "outputs", "error", "log"}
NEEDS = {"asyncio", "dataclasses", "numpy"}
pytestmark = pytest.mark.timeout(120)


@dataclass
class Outcome:
    """What came of a case."""

    outputs: list
    error: dict | None
    log: list


@dataclass
class Backend:
    """Something that runs cases: its name, what its interpreter has, and how it runs one of a source's pipelines."""

    name: str
    has: set
    run: Callable[[str, list, list | None], Outcome]


def cpython(source, parts, inputs):
    """Runs a case through the package."""
    names = {"__name__": "contract"}
    exec(source, names)
    pipeline = Pipeline("contract")
    for part in parts:
        part = {"node": part} if isinstance(part, str) else part
        params = decode(part.get("params", {}))
        native = part.get("native")
        pipeline.add(RustNode(native, **params) if native else PythonNode(names[part["node"]](**params)))
    outputs, error = [], None
    try:
        for packet in pipeline.stream(inputs):
            outputs.append(packet.value)
    except NodeError as raised:
        place = f"{raised.pipeline}/{raised.node}: " + (f"item {raised.item}: " if raised.item else "")
        assert str(raised).startswith(place)
        error = {"node": raised.node, "item": raised.item, "message": str(raised).removeprefix(place)}
    return Outcome(outputs, error, names["LOG"])


BACKENDS = [Backend("cpython", NEEDS, cpython)]


def cases():
    """Every case that a backend's interpreter has what it takes for."""
    for file in sorted(FOLDER.glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8")):
            for backend in BACKENDS:
                if backend.has >= set(case.get("needs", ())):
                    yield pytest.param(backend, file.with_suffix(".py"), case, id=f"{backend.name}: {case['about']}")


@pytest.mark.parametrize(("backend", "source", "case"), list(cases()))
def test_backend_keeps_the_contract(backend, source, case):
    inputs = [decode(item) for item in case["inputs"]] if "inputs" in case else None
    outcome = backend.run(source.read_text(encoding="utf-8"), case["pipeline"], inputs)
    assert outcome.error == case.get("error")
    assert same(outcome.outputs, [decode(item) for item in case["outputs"]]), outcome.outputs
    if "log" in case:
        assert same(outcome.log, [decode(item) for item in case["log"]]), outcome.log


def same(found, expected):
    """Whether values are equal and of one type, down to their items."""
    if isinstance(expected, np.ndarray):
        form = isinstance(found, np.ndarray) and (found.dtype, found.shape) == (expected.dtype, expected.shape)
        return form and np.array_equal(found, expected)
    if type(found) is not type(expected):
        return False
    if isinstance(expected, (list, tuple)):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[key], expected[key]) for key in expected)
    return found == expected and (
        not isinstance(expected, float) or math.copysign(1, found) == math.copysign(1, expected)
    )


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: file.stem)
def test_folder_is_as_its_readme_says(file):
    contents = json.loads(file.read_text(encoding="utf-8"))
    source = file.with_suffix(".py").read_text(encoding="utf-8")
    assert len({case["about"] for case in contents}) == len(contents)
    for case in contents:
        assert case.keys() <= FIELDS and {"about", "pipeline", "outputs"} <= case.keys()
        assert set(case.get("needs", ())) <= NEEDS
        named = [part if isinstance(part, str) else part.get("node") for part in case["pipeline"]]
        assert all(f"class {name}" in source for name in named if name)
    used = json.dumps([case["pipeline"] for case in contents])
    assert all(f'"{name}"' in used or f"({name})" in source for name in classes(source))


def classes(source):
    """The node classes of a source: those that no other thing is."""
    heads = [line for line in source.splitlines() if line.startswith("class ")]
    return [line.split()[1].split("(")[0].rstrip(":") for line in heads if "(Exception)" not in line]
