"""Models that a build makes smaller: how small they become, what they compute then, and when they stay as they are."""

import base64
import importlib.util
import json
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from remotemedia import Pipeline, RustNode
from remotemedia.core.exceptions import PackageError
from remotemedia.packing.optimize import CannotOptimize, optimize

VOICE_MODEL = Path(__file__).parents[2] / "models" / "silero_vad_openvino_16k.onnx"
WIDTH = 256


def layers(path, count=3, weight=1.0, operator="MatMul"):
    """Writes a model of layers with noise for weights."""
    random, nodes, weights, last = np.random.default_rng(1), [], [], "x"
    for layer in range(count):
        values = (weight * random.standard_normal((WIDTH, WIDTH)) / np.sqrt(WIDTH)).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"w{layer}"))
        nodes += [
            helper.make_node(operator, [last, f"w{layer}"], [f"m{layer}"]),
            helper.make_node("Relu", [f"m{layer}"], [f"y{layer}"]),
        ]
        last = f"y{layer}"
    axes = ["n", WIDTH] if operator == "MatMul" else [WIDTH, WIDTH]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, axes) for name in ("x", last)]
    graph = helper.make_graph(nodes, "layers", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def manifest(path, model):
    node = {"id": "model", "node_type": "Onnx", "params": {"model": str(model)}}
    content = {"version": "v1", "metadata": {"name": "layers"}, "nodes": [node], "connections": []}
    Path(path).write_text(json.dumps(content), encoding="utf-8")


def output(model, data):
    return Pipeline("one").add(RustNode("Onnx", model=str(model))).run([data])


def off(expected, found):
    return np.sqrt(np.mean((expected - found) ** 2) / np.mean(expected**2))


def test_weights_that_are_multiplied_by_become_integers_and_this_runtime_computes_nearly_the_same(tmp_path):
    layers(tmp_path / "plain.onnx")
    made = optimize(str(tmp_path / "plain.onnx"), str(tmp_path / "small.onnx"))
    assert made.method == "int8"
    assert made.bytes_after < 0.3 * made.bytes_before
    data = np.random.default_rng(2).standard_normal((4, WIDTH)).astype(np.float32)
    found = off(output(tmp_path / "plain.onnx", data), output(tmp_path / "small.onnx", data))
    assert 0 < found < 0.05
    assert found == pytest.approx(made.error, rel=0.5)


def test_a_model_without_such_weights_is_stored_in_half_precision(tmp_path):
    made = optimize(str(VOICE_MODEL), str(tmp_path / "small.onnx"))
    assert made.method == "fp16"
    assert made.bytes_after < 0.6 * made.bytes_before
    assert 0 < made.error < 0.01


def test_voices_are_heard_by_the_smaller_model_as_by_the_plain_one(tmp_path):
    optimize(str(VOICE_MODEL), str(tmp_path / "small.onnx"))
    speech = tmp_path / "speech.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", "good morning everybody", "-o", speech], check=True)

    def segments(model):
        source = RustNode("AudioSource", path=str(speech))
        pipeline = Pipeline("heard").add(source).add(RustNode("Resample", rate=16000))
        utterances = pipeline.add(RustNode("VoiceActivity", model=str(model))).run([])
        return [len(audio) for audio, _ in (utterances if isinstance(utterances, list) else [utterances])]

    assert segments(VOICE_MODEL) == segments(tmp_path / "small.onnx") != []


def test_weights_beyond_half_precision_keep_their_width(tmp_path):
    layers(tmp_path / "large.onnx", count=1, weight=1e7, operator="Add")
    with pytest.raises(CannotOptimize, match=r"fp16: \d+ bytes become \d+, and the outputs are off by 0.00%"):
        optimize(str(tmp_path / "large.onnx"), str(tmp_path / "small.onnx"))


def test_what_is_no_model_stays_as_it_is(tmp_path):
    (tmp_path / "none.onnx").write_bytes(b"no model at all")
    with pytest.raises(CannotOptimize, match="cannot be run to be compared"):
        optimize(str(tmp_path / "none.onnx"), str(tmp_path / "small.onnx"))


def test_missing_tools_are_named_with_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PackageError, match="--optimize needs onnx and onnxruntime; pip install onnx onnxruntime"):
        optimize(str(VOICE_MODEL), str(tmp_path / "small.onnx"))


def test_a_build_says_how_much_smaller_models_became_and_the_package_runs(remotemedia):
    layers("layers.onnx")
    manifest("layers.json", "layers.onnx")
    plain = json.loads(remotemedia("build", "layers.json", "--json").stdout)
    built = remotemedia("build", "layers.json", "--optimize", "--json")
    assert built.returncode == 0, built.stderr
    made = json.loads(built.stdout)
    (model,) = made["optimized"]
    assert model["file"] == "layers.onnx" and model["method"] == "int8"
    packed = {file["path"]: file["len_bytes"] for file in made["files"]}
    assert packed["models/layers.onnx"] == model["bytes_after"] < 0.3 * model["bytes_before"]
    assert made["digest"] != plain["digest"]
    data = base64.b64encode(np.ones((1, WIDTH), np.float32).tobytes()).decode()
    packet = {"kind": "tensor", "value": {"type": "tensor", "dtype": "f32", "shape": [1, WIDTH], "data": data}}
    ran = remotemedia("run", made["file"], "--packets", "--input", json.dumps(packet))
    assert ran.returncode == 0, ran.stderr


def test_optimizing_again_gives_the_same_digest(remotemedia):
    layers("layers.onnx")
    manifest("layers.json", "layers.onnx")
    digests = {json.loads(remotemedia("build", "layers.json", "--optimize", "--json").stdout)["digest"] for _ in "ab"}
    assert len(digests) == 1


def test_a_model_that_cannot_become_smaller_is_packed_as_it_is_and_the_reason_told(remotemedia):
    layers("large.onnx", count=1, weight=1e7, operator="Add")
    manifest("large.json", "large.onnx")
    built = remotemedia("build", "large.json", "--optimize")
    assert built.returncode == 0
    assert "large.onnx: kept as it is: int8: the model multiplies by no weights; fp16:" in built.stderr


def test_a_pipeline_without_models_says_so(remotemedia):
    node = {"id": "n", "node_type": "Add", "params": {"addend": 1}}
    content = {"version": "v1", "metadata": {"name": "plain"}, "nodes": [node], "connections": []}
    Path("plain.json").write_text(json.dumps(content), encoding="utf-8")
    built = remotemedia("build", "plain.json", "--optimize")
    assert (built.returncode, "the pipeline has no models to optimize\n" in built.stderr) == (0, True)
