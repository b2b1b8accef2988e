"""Nodes of Hugging Face models: what they say of themselves, and what they ask for where the packages are missing."""

import sys
import types

import numpy as np
import pytest

from remotemedia import ConfigurationError, HFPipelineNode, NodeError, Pipeline, register_pipeline
from remotemedia.nodes import MultiplyNode, TransformersPipelineNode, WhisperTranscriptionNode

pytestmark = pytest.mark.timeout(120)
NODES = {
    "TransformersPipelineNode": (lambda: TransformersPipelineNode("fill-mask"), "some text"),
    "WhisperTranscriptionNode": (lambda: WhisperTranscriptionNode(), (np.zeros(16, np.float32), 16000)),
}


@pytest.mark.parametrize("missing", ["transformers", "torch"])
@pytest.mark.parametrize(("make", "item"), NODES.values(), ids=NODES)
def test_missing_package_is_an_error_that_says_what_to_install(make, item, missing, monkeypatch):
    for name in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, missing, None)
    node = make()
    with pytest.raises(NodeError, match=r"pip install transformers torch") as caught:
        Pipeline([node], "models").run(item)
    assert node.name in str(caught.value) and "models/" in str(caught.value)
    assert caught.value.item is None


def test_bridge_asks_for_a_pipeline_or_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ConfigurationError, match=r"'fill-mask'.*register_pipeline.*pip install transformers torch"):
        HFPipelineNode("fill-mask")


def test_bridge_takes_the_registered_pipeline_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    register_pipeline("doubled", Pipeline([MultiplyNode(2)], "inner"))
    assert Pipeline([HFPipelineNode("doubled")]).run([1, 2]) == [2, 4]


def test_task_is_required():
    with pytest.raises(ValueError, match="'task' argument is required"):
        TransformersPipelineNode("")


@pytest.mark.parametrize(
    ("arguments", "memory", "gpu"),
    [
        ({"task": "fill-mask"}, 4.0, {"type": "cuda", "min_memory_gb": 3.0, "required": False}),
        ({"task": "text-to-speech", "device": 0}, 8.0, {"type": "cuda", "min_memory_gb": 6.0, "required": True}),
        ({"task": "fill-mask", "device": "cuda:1"}, 4.0, {"type": "cuda", "min_memory_gb": 3.0, "required": True}),
        ({"task": "fill-mask", "device": "cpu"}, 4.0, None),
    ],
)
def test_capabilities_follow_task_and_device(arguments, memory, gpu):
    capabilities = TransformersPipelineNode(**arguments).get_capabilities()
    assert capabilities == {"memory_gb": memory} | ({"gpu": gpu} if gpu else {})


def test_nothing_is_loaded_before_the_pipeline_runs(monkeypatch):
    for name in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    pipeline = Pipeline([TransformersPipelineNode("fill-mask", model="m"), WhisperTranscriptionNode()])
    assert "TransformersPipelineNode_0" in pipeline.inspect()
    assert Pipeline.from_manifest(pipeline.serialize()).nodes[0].task == "fill-mask"
