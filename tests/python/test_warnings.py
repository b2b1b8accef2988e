"""What a manifest holds that is not used, or cannot be had here, reaches the user: once, or as an error."""

import logging

import pytest

from remotemedia import Pipeline
from remotemedia.core.exceptions import PipelineError


def manifest(name, **fields):
    node = {"id": "twice", "node_type": "Multiply", "params": {"factor": 2}, **fields}
    return {"version": "v1", "metadata": {"name": name}, "nodes": [node], "connections": []}


def test_fields_that_are_not_known_are_told_once_in_the_log(caplog):
    with caplog.at_level(logging.WARNING, logger="remotemedia"):
        pipeline = Pipeline.from_manifest(manifest("old", priority="high"))
        assert [pipeline.run(4) for _ in range(3)] == [8, 8, 8]
    told = [(record.name, record.getMessage()) for record in caplog.records]
    message = "nodes[0].priority is not known to this version, kept but not used"
    assert told == [("remotemedia.manifest", message)]


def test_what_a_node_would_like_better_is_told_once(caplog):
    wishes = manifest("wishes", capabilities={"cpu": {"cores": 1_000_000}})
    with caplog.at_level(logging.WARNING, logger="remotemedia"):
        assert [Pipeline.from_manifest(wishes).run(4) for _ in range(3)] == [8, 8, 8]
    (record,) = caplog.records
    assert "the node asks for 1000000 cores, this machine has" in record.getMessage()


def test_a_node_for_another_host_is_an_error():
    with pytest.raises(PipelineError, match="remote execution is not part of this build"):
        Pipeline.from_manifest(manifest("far", host="gpu-1:9000")).run(4)
