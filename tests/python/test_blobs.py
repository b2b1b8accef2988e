"""Large parameters lie beside the manifest's file, by digest, and come back as they were."""

import hashlib
import json

import numpy as np
import pytest

from remotemedia import Node, Pipeline, PipelineError

SIZE = 100_000


class Table(Node):
    """A node with a large table, a large text of bytes, and small ones."""

    def __init__(self, table, raw=b"", small=None, **kwargs):
        super().__init__(table=table, raw=raw, small=small, **kwargs)
        self.table, self.raw, self.small = table, raw, small

    def process(self, item):
        return float(self.table[item]) + len(self.raw) + float(self.small.sum())


@pytest.fixture
def saved(tmp_path):
    table = np.random.default_rng(7).normal(size=SIZE).astype(np.float32)
    pipeline = Pipeline("table").add(Table(table, raw=bytes(SIZE), small=np.arange(3)))
    path = tmp_path / "pipeline.json"
    pipeline.save(path)
    return path, table


def blobs(path):
    return sorted((path.parent / "blobs" / "sha256").iterdir())


def test_large_values_come_back_from_beside_the_manifest(saved):
    path, table = saved
    loaded = Pipeline.from_manifest(path)
    node = loaded.nodes[0]
    assert np.array_equal(node.table, table) and node.table.dtype == table.dtype
    assert node.raw == bytes(SIZE)
    assert loaded.run([5]) == float(table[5]) + SIZE + 3.0
    assert Pipeline.from_manifest(str(path)).run([5]) == loaded.run([5])


def test_the_manifest_stays_small_and_names_each_blob_by_its_digest(saved):
    path, table = saved
    text = path.read_text()
    assert len(text) < 4096
    digests = {file.name for file in blobs(path)}
    assert digests == {hashlib.sha256(data).hexdigest() for data in (table.tobytes(), bytes(SIZE))}
    assert all(f"sha256:{digest}" in text for digest in digests)


def test_equal_values_are_stored_once_and_saving_again_changes_nothing(saved):
    path, _ = saved
    before = [(file.name, file.stat().st_mtime_ns) for file in blobs(path)]
    pipeline = Pipeline.from_manifest(path)
    pipeline.save(path.parent / "copy.json")
    assert [(file.name, file.stat().st_mtime_ns) for file in blobs(path)] == before
    assert Pipeline.from_manifest(path.parent / "copy.json").run([1]) == pipeline.run([1])


def test_a_manifest_in_the_working_folder_finds_its_blobs(saved, monkeypatch):
    path, table = saved
    monkeypatch.chdir(path.parent)
    assert np.array_equal(Pipeline.from_manifest(path.name).nodes[0].table, table)


def test_small_values_stay_in_the_manifest(tmp_path):
    Pipeline("small").add(Table(np.zeros(10), small=np.zeros(1))).save(tmp_path / "small.json")
    assert not (tmp_path / "blobs").exists()
    assert Pipeline.from_manifest(tmp_path / "small.json").run([0]) == 0.0


def test_a_changed_blob_is_refused(saved):
    path, _ = saved
    blobs(path)[0].write_bytes(b"other")
    with pytest.raises(PipelineError, match="was changed: its SHA-256 is"):
        Pipeline.from_manifest(path)


def test_a_missing_blob_is_named(saved):
    path, _ = saved
    gone = blobs(path)[0]
    gone.unlink()
    with pytest.raises(PipelineError, match=f"blob sha256:{gone.name} cannot be read"):
        Pipeline.from_manifest(path)


def test_a_manifest_without_its_folder_says_how_to_load_it(saved):
    path, _ = saved
    for source in (path.read_text(), json.loads(path.read_text())):
        with pytest.raises(PipelineError, match="load the manifest by its path"):
            Pipeline.from_manifest(source)


@pytest.mark.parametrize("reference", ["sha256:../../../etc/passwd", "sha256:", "md5:0", "sha256:" + "G" * 64, 7])
def test_a_reference_that_is_no_digest_is_refused(saved, reference):
    path, _ = saved
    content = json.loads(path.read_text())
    content["nodes"][0]["params"]["raw"] = {"$bytes": {"$blob": reference}}
    path.write_text(json.dumps(content))
    with pytest.raises(PipelineError, match="expected sha256: and 64 hexadecimal digits"):
        Pipeline.from_manifest(path)
