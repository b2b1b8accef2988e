"""What an import costs: the modules that come with it, and none that nobody asked for."""

import subprocess
import sys

import pytest

#: What a pipeline with manifests and dataclasses cannot do without.
STANDARD = {
    "abc",
    "atexit",
    "base64",
    "binascii",
    "collections",
    "contextlib",
    "contextvars",
    "copy",
    "copyreg",
    "datetime",
    "enum",
    "functools",
    "importlib",
    "itertools",
    "json",
    "keyword",
    "math",
    "operator",
    "re",
    "reprlib",
    "struct",
    "types",
    "warnings",
    "weakref",
}
PIPELINE = {
    "core",
    "core.compose",
    "core.exceptions",
    "core.launch",
    "core.manifest",
    "core.node",
    "core.params",
    "core.pipeline",
    "core.remote",
    "core.wiring",
}
PROGRAMS = {
    "the package": ("import remotemedia", set(), set()),
    "a node class": (
        "from remotemedia import Node",
        {"core", "core.compose", "core.exceptions", "core.node"},
        STANDARD,
    ),
    "a pipeline": ("from remotemedia import Node, Pipeline", PIPELINE, STANDARD),
    "a native node": (
        "from remotemedia.nodes import Resample; Resample(8000)",
        PIPELINE | {"nodes", "nodes.native"},
        STANDARD,
    ),
    "a run": (
        "from remotemedia import Pipeline; Pipeline().add(abs).run(-1)",
        PIPELINE | {"core.session", "nodes", "nodes.python"},
        STANDARD,
    ),
    "a native run": (
        "from remotemedia import Pipeline; from remotemedia.nodes import AddNode; Pipeline([AddNode()]).run(1)",
        PIPELINE | {"core.session", "nodes", "nodes.simple_math"},
        STANDARD,
    ),
}


def loaded(program):
    """The modules that a program imports, as a fresh interpreter counts them."""
    code = f"import sys; before = set(sys.modules); {program}; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=100, check=True)
    assert run.stderr == ""
    return set(run.stdout.split())


@pytest.mark.parametrize(("program", "own", "standard"), PROGRAMS.values(), ids=PROGRAMS)
def test_program_imports_what_it_uses_and_no_more(program, own, standard):
    found = loaded(program)
    ours = {name for name in found if name.split(".")[0] == "remotemedia"}
    parts = {"", "_native", "_audio"} | own
    # ``core/__init__`` names the pipeline, so a node class brings it along.
    allowed = {f"remotemedia.{part}".rstrip(".") for part in parts | (PIPELINE if own else set())}
    assert ours <= allowed and {f"remotemedia.{part}".rstrip(".") for part in parts - {"_audio"}} <= ours
    foreign = {name.split(".")[0] for name in found - ours}
    assert {name for name in foreign if not name.startswith("_")} <= standard


@pytest.mark.parametrize(
    "program", ["import remotemedia", "from remotemedia.nodes import Resample, VADNode, HFPipelineNode"]
)
def test_import_waits_for_no_heavy_package(program):
    heavy = {"numpy", "asyncio", "logging", "inspect", "typing", "ssl", "socket", "threading", "torch", "transformers"}
    assert heavy.isdisjoint({name.split(".")[0] for name in loaded(program)})
