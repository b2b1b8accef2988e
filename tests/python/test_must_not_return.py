"""Faults of the earlier package, each reproduced there once: none of them may come back."""

import filecmp
import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import distributions, entry_points, version
from pathlib import Path

import numpy as np
import pytest
from lives import Journal, Plain

import remotemedia
from remotemedia import Node, NodeError, Pipeline, PipelineError
from remotemedia.nodes import (
    AddNode,
    AudioResampleNode,
    AudioResampler,
    AudioTransform,
    BufferNode,
    CalculatorNode,
    MultiplyNode,
    PassThroughNode,
    Resample,
    TransformersPipelineNode,
    WhisperTranscriptionNode,
)

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.timeout(120)


def python(code, *arguments):
    """Runs code in a fresh interpreter; gives what it printed. Nothing may be said on standard error."""
    run = subprocess.run([sys.executable, *arguments, "-c", code], capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout.strip()


# Two wheels that overwrite each other


def installed_profile():
    """How the native module that is installed was built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    native = sys.modules["remotemedia._native"].__file__
    built = {profile: target / profile / "lib_native.so" for profile in ("release", "debug")}
    same = [profile for profile, file in built.items() if file.exists() and filecmp.cmp(file, native, shallow=False)]
    assert same, f"{native} is none of {[str(file) for file in built.values()]}; run make wheel"
    return same[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The files of a wheel as it is published, with what is in them."""
    folder = tmp_path_factory.mktemp("wheel")
    maturin = Path(sys.executable).with_name("maturin")
    release = ["--release"] if installed_profile() == "release" else []
    run = [maturin, "build", "--quiet", "--locked", *release, "--out", folder]
    subprocess.run(run, cwd=ROOT / "bindings" / "python", check=True, capture_output=True)
    (file,) = folder.iterdir()
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_one_wheel_brings_the_package_and_its_native_module(wheel):
    assert {name.split("/")[0] for name in wheel} == {"remotemedia", f"remotemedia-{version('remotemedia')}.dist-info"}
    assert [name for name in wheel if name.endswith((".so", ".pyd"))] == ["remotemedia/_native.abi3.so"]
    sources = ROOT / "bindings" / "python"
    written = [file for kind in ("*.py", "*.pyi", "py.typed") for file in (sources / "remotemedia").rglob(kind)]
    assert {str(file.relative_to(sources)) for file in written} <= set(wheel)
    (metadata,) = (wheel[name].decode() for name in wheel if name.endswith("/METADATA"))
    assert re.findall(r"^Requires-Dist: ([\w-]+)(?!.*\bextra\b)", metadata, re.MULTILINE) == ["numpy"]


def test_one_distribution_brings_the_package_and_its_native_module():
    package = Path(remotemedia.__file__).parent
    assert Path(sys.modules["remotemedia._native"].__file__).parent == package
    found = [found for found in distributions() if brings(found, package)]
    assert [found.metadata["Name"] for found in found] == ["remotemedia"]
    assert not [
        found.metadata["Name"] for found in distributions() if found.metadata["Name"].startswith("remotemedia-")
    ]


def brings(distribution, package):
    """Whether a distribution puts the package there: its files, or a path to them if it is installed for editing."""
    files = [file for file in distribution.files or () if file.parts[0] == "remotemedia" or file.suffix == ".pth"]
    return any(file.parts[0] == "remotemedia" or str(package.parent) in file.read_text().splitlines() for file in files)


# A wheel that does not load on Debian 12


def test_native_module_needs_only_what_debian_12_has():
    native = sys.modules["remotemedia._native"].__file__
    headers = subprocess.run(["readelf", "-dVW", native], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.+?)\]", headers))
    assert needed <= {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    versions = {tuple(map(int, version.split("."))) for version in re.findall(r"\bGLIBC_(\d[\d.]+)", headers)}
    assert versions and max(versions) <= (2, 36)
    assert native.endswith(".abi3.so")


# A command that points nowhere


def test_command_leads_to_a_function_that_runs():
    (command,) = entry_points(group="console_scripts", name="remotemedia")
    assert command.dist.name == "remotemedia"
    assert callable(command.load())
    call = f"import sys; from {command.module} import {command.attr} as main; sys.argv = ['remotemedia', 'nodes']; sys.exit(main())"
    assert "Resample" in python(call)


# import of 0.5 s with warnings


@pytest.mark.parametrize("code", ["import remotemedia", "from remotemedia import Node, Pipeline"])
def test_import_is_silent_and_light(code):
    loaded = python(
        f"import sys; before = set(sys.modules); {code}; print(*sorted(set(sys.modules) - before))", "-Werror"
    )
    heavy = {
        "numpy",
        "asyncio",
        "logging",
        "inspect",
        "typing",
        "ssl",
        "socket",
        "ctypes",
        "concurrent.futures",
        "threading",
    }
    assert heavy.isdisjoint(loaded.split()), heavy.intersection(loaded.split())


def test_import_starts_no_thread():
    assert python("import os, remotemedia; print(len(os.listdir('/proc/self/task')))") == "1"


# run() that never reaches Rust


def test_native_nodes_run_in_the_runtime_and_not_in_python(monkeypatch):
    def never(*_):
        raise AssertionError("a native node was called in Python")

    pipeline = Pipeline([MultiplyNode(factor=2), AddNode(addend=1), PassThroughNode()])
    for kind in (MultiplyNode, AddNode, PassThroughNode, Node):
        monkeypatch.setattr(kind, "process", never)
    assert pipeline.run([1, 2, 3]) == [3, 5, 7]
    nodes = pipeline.get_metrics()["nodes"]
    assert [node["backend"] for node in nodes] == ["native"] * 3
    assert [(node["items_in"], node["items_out"]) for node in nodes] == [(3, 3)] * 3


def test_no_python_is_called_for_an_item_of_native_nodes():
    def calls(count):
        seen = []
        sys.setprofile(lambda frame, event, argument: seen.append(frame.f_code.co_name) if event == "call" else None)
        try:
            pipeline.run(list(range(count)))
        finally:
            sys.setprofile(None)
        return len(seen)

    pipeline = Pipeline([MultiplyNode(factor=2), AddNode(addend=1)])
    calls(10)
    assert calls(10) == calls(5000)


# 1.0 s of teardown per node


def test_teardown_waits_for_nothing_whatever_the_number_of_nodes():
    """A wait of a second for each of the 20,000 nodes, or of 5 ms, would meet the guard of the test."""
    for kind in (PassThroughNode, Plain):
        for _ in range(50):
            assert Pipeline([kind() for _ in range(200)]).run([1, 2]) == [1, 2]


def test_nothing_sleeps_while_a_pipeline_ends(monkeypatch):
    import asyncio
    import threading
    import time

    def never(*_):
        raise AssertionError("something slept")

    class Waits(Node):
        async def process(self, item):
            return item

    monkeypatch.setattr(time, "sleep", never)
    monkeypatch.setattr(asyncio, "sleep", never)
    journal = Journal()
    assert Pipeline([Plain(journal), Waits(), Plain(journal)]).run([1, 2]) == [1, 2]
    assert journal.count("cleanup") == 2
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("remotemedia")] == []


# A raising node that truncates the stream or hangs


def test_raising_node_is_an_error_and_no_short_result():
    class Picky(Node):
        def process(self, item):
            if item == 2:
                raise ValueError("two")
            return item

    with pytest.raises(NodeError, match="Picky_0: item 2: ValueError: two"):
        Pipeline([Picky()]).run([1, 2, 3])


# An int that arrives as a dict, [1, 2] that arrives as bytes


@pytest.mark.parametrize(
    "value",
    [
        7,
        0,
        -1,
        2**40,
        1.5,
        True,
        "text",
        b"bytes",
        [1, 2],
        [[1, 2], [3]],
        {"a": [1, 2]},
        (1, 2),
        [1.5, "a", None],
        [],
        {},
    ],
    ids=repr,
)
def test_value_arrives_as_what_it_is(value):
    class Sees(Node):
        def process(self, item):
            seen.append(item)
            return item

    seen = []
    for nodes in ([Sees()], [PassThroughNode(), Sees()], [PassThroughNode(), Sees(), PassThroughNode()]):
        seen.clear()
        result = Pipeline(nodes).run([value])
        assert seen == [value] and type(seen[0]) is type(value)
        assert result == value and type(result) is type(value)


def test_number_of_a_native_node_arrives_as_a_number():
    class Sees(Node):
        def process(self, item):
            return type(item).__name__, item

    assert Pipeline([MultiplyNode(factor=2), Sees()]).run([3, 1.5]) == [("int", 6), ("float", 3.0)]


# Three inputs in, one output back


@pytest.mark.parametrize(
    "nodes",
    [
        lambda: [PassThroughNode()],
        lambda: [Plain()],
        lambda: [Plain(), PassThroughNode(), Plain()],
        lambda: [lambda item: item],
    ],
    ids=["native", "python", "mixed", "function"],
)
def test_three_inputs_are_three_outputs(nodes):
    pipeline = Pipeline()
    for node in nodes():
        pipeline.add(node)
    assert pipeline.run([1, 2, 3]) == [1, 2, 3]
    assert [packet.value for packet in pipeline.stream([1, 2, 3])] == [1, 2, 3]
    assert pipeline.run([[1], [2], [3]]) == [[1], [2], [3]]


# 1 MB arrays costing 20 ms


def test_array_of_a_megabyte_is_one_memory_from_end_to_end():
    class Sees(Node):
        def process(self, array):
            addresses.append(array.__array_interface__["data"][0])
            return array

    addresses = []
    array = np.zeros(250_000, np.float32)
    result = Pipeline([Sees(), PassThroughNode(), PassThroughNode(), Sees()]).run(array)
    assert {array.__array_interface__["data"][0], *addresses, result.__array_interface__["data"][0]} == {addresses[0]}
    assert len(addresses) == 2


# Empty metrics


def test_metrics_count_every_node_and_queue():
    pipeline = Pipeline([MultiplyNode(factor=2), Plain(), AddNode(addend=1)], "counted")
    assert pipeline.get_metrics() is None
    assert pipeline.run(list(range(200))) == [2 * number + 1 for number in range(200)]
    metrics = pipeline.get_metrics()
    assert metrics["pipeline"] == "counted" and metrics["elapsed_ns"] > 0
    assert [node["id"] for node in metrics["nodes"]] == ["MultiplyNode_0", "Plain_1", "AddNode_2"]
    for node in metrics["nodes"]:
        assert (node["items_in"], node["items_out"], node["errors"], node["dropped"]) == (200, 200, 0, 0)
        latency = node["latency"]
        assert latency["count"] == 200 and node["busy_ns"] > 0
        assert 0 < latency["min_ns"] <= latency["p50_ns"] <= latency["p99_ns"] <= latency["max_ns"]
        assert sum(count for _, count in latency["buckets"]) == 200
    assert metrics["edges"]


# Version "v2" accepted


@pytest.mark.parametrize("version", ["v2", "2", "2.0", "v10", "v0", "", None, 2, ["v1"]])
def test_manifest_of_another_version_is_refused(version):
    manifest = json.loads(Pipeline([PassThroughNode()], "later").serialize())
    assert manifest["version"] == "v1"
    manifest["version"] = version
    for source in (manifest, json.dumps(manifest)):
        with pytest.raises(PipelineError, match="version"):
            Pipeline.from_manifest(source)


def test_manifest_without_a_version_is_refused():
    manifest = json.loads(Pipeline([PassThroughNode()], "none").serialize())
    del manifest["version"]
    with pytest.raises(PipelineError, match="version"):
        Pipeline.from_manifest(manifest)


# Parameters lost in serialize()


class Scale(Node):
    """A user's node with parameters of its own."""

    def __init__(self, factor, offset=0, *, labels=(), **kwargs):
        super().__init__(**kwargs)
        self.factor, self.offset, self.labels = factor, offset, labels

    def process(self, item):
        return item * self.factor + self.offset, self.labels, self.config.get("unit")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: MultiplyNode(factor=3.5), {"factor": 3.5}),
        (lambda: MultiplyNode(3.5), {"factor": 3.5}),
        (lambda: AddNode(addend=-2), {"addend": -2}),
        (lambda: BufferNode(buffer_size=7), {"buffer_size": 7}),
        (lambda: CalculatorNode(operation="add", operand=5), {"operation": "add", "operand": 5}),
        (lambda: AudioTransform(8000, output_channels=1), {"output_sample_rate": 8000, "output_channels": 1}),
        (lambda: AudioResampler(target_sample_rate=8000), {"target_sample_rate": 8000}),
        (lambda: AudioResampleNode(8000, quality="low"), {"target_sample_rate": 8000, "quality": "low"}),
        (lambda: Resample(16000, channels=1), {"rate": 16000, "channels": 1}),
        (
            lambda: Scale(2, offset=1, labels=["a"], unit="dB"),
            {"factor": 2, "offset": 1, "labels": ["a"], "unit": "dB"},
        ),
        (lambda: TransformersPipelineNode("fill-mask", model="m"), {"task": "fill-mask", "model": "m"}),
        (lambda: WhisperTranscriptionNode(model_id="tiny"), {"model_id": "tiny"}),
    ],
)
def test_parameters_survive_serialize(make, expected):
    manifest = json.loads(Pipeline([make()], "kept").serialize())
    params = manifest["nodes"][0]["params"]
    assert {name: params.get(name) for name in expected} == expected


def test_pipeline_from_its_manifest_does_the_same():
    pipeline = Pipeline([MultiplyNode(factor=3), Scale(2, offset=1, labels=["a"], unit="dB")], "again")
    again = Pipeline.from_manifest(pipeline.serialize())
    assert again.run([1, 2]) == pipeline.run([1, 2]) == [(7, ["a"], "dB"), (13, ["a"], "dB")]
    assert json.loads(again.serialize())["nodes"] == json.loads(pipeline.serialize())["nodes"]


# A resampler that silently returns its input when a package is missing

RESAMPLERS = {
    "Resample": lambda rate: Resample(rate),
    "AudioResampler": lambda rate: AudioResampler(target_sample_rate=rate),
    "AudioTransform": lambda rate: AudioTransform(output_sample_rate=rate, output_channels=1),
    "AudioResampleNode": lambda rate: AudioResampleNode(target_sample_rate=rate),
    "AudioResampleNode, rust": lambda rate: AudioResampleNode(target_sample_rate=rate, runtime_hint="rust"),
    "AudioResampleNode, python": lambda rate: AudioResampleNode(target_sample_rate=rate, runtime_hint="python"),
}


def tones(rate, *frequencies, seconds=1.0):
    times = np.arange(round(rate * seconds)) / rate
    return sum(np.sin(2 * np.pi * frequency * times) for frequency in frequencies).astype(np.float32) * 0.25


def resampled(make, samples, rate, target):
    results = Pipeline([make(target)]).run([(samples.reshape(1, -1), rate)])
    packets = results if isinstance(results, list) else [results]
    assert {packet[1] for packet in packets} == {target}
    return np.concatenate([np.asarray(packet[0]).reshape(-1) for packet in packets])


def strength(samples, rate, frequency):
    """The amplitude of one frequency, leaving out both ends."""
    middle = samples[len(samples) // 8 : -len(samples) // 8]
    window = np.hanning(len(middle))
    turning = np.exp(-2j * np.pi * frequency * np.arange(len(middle)) / rate)
    return 2 * abs(np.sum(middle * window * turning)) / np.sum(window)


@pytest.mark.parametrize(("rate", "target"), [(44_100, 16_000), (48_000, 8_000), (16_000, 48_000), (8_000, 44_100)])
@pytest.mark.parametrize("make", RESAMPLERS.values(), ids=RESAMPLERS)
def test_resampler_keeps_the_tone_and_changes_the_rate(make, rate, target):
    result = resampled(make, tones(rate, 1000), rate, target)
    assert len(result) == pytest.approx(target, abs=target * 0.01)
    assert strength(result, target, 1000) == pytest.approx(0.25, rel=0.05)
    assert strength(result, target, 1500) < 0.005


@pytest.mark.parametrize("make", RESAMPLERS.values(), ids=RESAMPLERS)
def test_resampler_removes_what_the_new_rate_cannot_hold(make):
    result = resampled(make, tones(44_100, 1000, 10_000), 44_100, 16_000)
    assert strength(result, 16_000, 1000) == pytest.approx(0.25, rel=0.05)
    assert strength(result, 16_000, 6_000) < 0.005


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
from remotemedia import AudioSource, Node, Pipeline
from remotemedia.nodes import AudioResampleNode, AudioResampler, Multiply, Resample

assert Pipeline([Multiply(factor=2)]).run([1, 2]) == [2, 4]
samples = memoryview(bytes(4 * 44100)).cast("f")
for node in (AudioResampler(target_sample_rate=16000), AudioResampleNode(16000), AudioResampleNode(16000, runtime_hint="python")):
    try:
        print("result", Pipeline([node]).run([(samples, 44100)]))
    except Exception as error:
        print(type(error).__name__, error)
try:
    print("result", Pipeline([AudioSource(device="test:sine?seconds=0.1"), Resample(16000)]).run())
except Exception as error:
    print(type(error).__name__, error)
"""


def test_missing_numpy_is_an_error_that_names_it():
    lines = python(WITHOUT_NUMPY).splitlines()
    assert len(lines) == 4
    for line in lines:
        assert not line.startswith("result") and "numpy" in line.lower(), line


@pytest.mark.parametrize("missing", ["transformers", "torch"])
@pytest.mark.parametrize(
    ("make", "item"),
    [
        (lambda: TransformersPipelineNode("text-classification"), "text"),
        (lambda: WhisperTranscriptionNode(), (np.zeros((1, 16000), np.float32), 16000)),
    ],
    ids=["TransformersPipelineNode", "WhisperTranscriptionNode"],
)
def test_missing_package_is_an_error_that_says_what_to_install(monkeypatch, make, item, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(NodeError) as raised:
        Pipeline([make()]).run([item])
    assert isinstance(raised.value.__cause__, Exception)
    assert "pip install" in str(raised.value)
