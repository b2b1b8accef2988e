"""Packages as nodes: in programs, in manifests and in other packages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from packing import build, command, unpacked, write

from remotemedia import ConfigurationError, HFPipelineNode, PackageError, Pipeline
from remotemedia.nodes import Add

TALK = """
    import numpy as np
    from remotemedia import Node, Pipeline
    from remotemedia.nodes import Multiply

    class Talk(Node):
        def __init__(self, table, **kwargs):
            super().__init__(table=table, **kwargs)
            self.table = table

        def process(self, item):
            return float(item + self.table.sum())

    p = Pipeline("talk").add(Multiply(factor=2)).add(Talk(np.ones(20_000)))
"""

OUTER = """
    from remotemedia import HFPipelineNode, Node, Pipeline

    class Talk(Node):
        def process(self, item):
            return f"outer {item}"

    p = Pipeline("outer").add(HFPipelineNode("inner", remote_ref="talk.rmpkg")).add(Talk())
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write("talk.py", TALK)
    build("talk.py", "talk.rmpkg")
    Path("talk.py").unlink()
    return tmp_path


def test_a_program_uses_a_package_as_a_node():
    pipeline = Pipeline("p").add(HFPipelineNode("talk", remote_ref="talk.rmpkg")).add(Add(addend=1))
    assert pipeline.run([1, 2]) == [20003.0, 20005.0]
    assert "talk_0/Talk_1" in pipeline.inspect()


def test_a_manifest_with_a_package_runs_wherever_it_is_read():
    pipeline = Pipeline("p").add(HFPipelineNode("talk", remote_ref="talk.rmpkg")).add(Add(addend=1))
    (entry, _) = json.loads(pipeline.serialize())["nodes"]
    assert entry == {"id": "talk_0", "node_type": "Pipeline", "params": {"package": "talk.rmpkg"}}
    Path("p.json").write_text(pipeline.serialize(), encoding="utf-8")
    assert Pipeline.from_manifest("p.json").run([1]) == 20003.0
    ran = command("run", "p.json", "--input", "1")
    assert (ran.returncode, ran.stdout) == (0, "20003.0\n"), ran.stderr


def test_a_path_in_a_manifest_begins_at_its_folder(folder, monkeypatch):
    Path("deep").mkdir()
    inner = Pipeline("inner").add(HFPipelineNode("talk", remote_ref="talk.rmpkg"))
    Pipeline("p").add(inner).add(Add(addend=1)).save("deep/p.json")
    (entry, _) = json.loads(Path("deep/p.json").read_text())["nodes"]
    assert entry["params"]["manifest"]["nodes"][0]["params"] == {"package": "../talk.rmpkg"}
    for place, name in ((".", "deep/p.json"), ("deep", "p.json"), ("/", folder / "deep/p.json")):
        monkeypatch.chdir(folder / place)
        assert Pipeline.from_manifest(name).run([1]) == 20003.0
        ran = command("run", name, "--input", "1")
        assert (ran.returncode, ran.stdout) == (0, "20003.0\n"), ran.stderr


def test_a_package_with_a_package_beside_it_runs_in_another_folder(folder):
    write("outer.py", OUTER)
    package = build("outer.py", "outer.rmpkg")
    manifest = json.loads((unpacked(package) / "manifest.json").read_text())
    assert manifest["nodes"][0]["params"] == {"package": "talk.rmpkg"}
    other = folder / "other"
    other.mkdir()
    for name in ("outer.rmpkg", "talk.rmpkg"):
        Path(name).rename(other / name)
    Path("outer.py").unlink()
    ran = command("run", other / "outer.rmpkg", "--input", "1")
    assert (ran.returncode, ran.stdout) == (0, '"outer 20002.0"\n'), ran.stderr
    assert Pipeline.from_package(other / "outer.rmpkg").run([1]) == "outer 20002.0"
    assert "outer_0" not in command("inspect", other / "outer.rmpkg").stderr


def test_the_folder_of_the_build_changes_nothing(folder, monkeypatch):
    Path("deep").mkdir()
    write("deep/outer.py", OUTER)
    write(
        "deep/p.json",
        """{"version": "v1", "metadata": {"name": "p"}, "connections": [],
        "nodes": [{"id": "t", "node_type": "Pipeline", "params": {"package": "../talk.rmpkg"}},
                  {"id": "o", "node_type": "PythonNode", "params": {"target": {"$function": "json:dumps"}},
                   "python": {"class": "remotemedia.nodes.python:PythonNode"}}]}""",
    )
    refused = command("build", "deep/p.json")
    assert refused.returncode == 1 and "name one that lies beside it" in " ".join(refused.stderr.split()), (
        refused.stderr
    )
    first = build("deep/outer.py", "first.rmpkg")
    Path("talk.rmpkg").rename("deep/talk.rmpkg")
    text = Path("deep/p.json").read_text().replace("../", "")
    Path("deep/p.json").write_text(text)
    digests = {json.loads(command("build", "deep/p.json", "--json").stdout)["digest"]}
    monkeypatch.chdir(folder / "deep")
    digests.add(json.loads(command("build", "p.json", "--json").stdout)["digest"])
    assert len(digests) == 1
    second = build("outer.py", "second.rmpkg")
    same = {json.loads(command("verify", "--json", package).stdout)["digest"] for package in (first, second)}
    assert len(same) == 1


def test_a_node_that_is_a_foreign_package_is_refused_unless_it_is_trusted(folder, monkeypatch):
    key = command("keys", "export").stdout
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(folder / "other"))
    with pytest.raises(PackageError, match="is not trusted"):
        HFPipelineNode("talk", remote_ref="talk.rmpkg")
    Path("alice.pem").write_text(key, encoding="utf-8")
    assert command("trust", "add", "alice.pem").returncode == 0
    with pytest.raises(PackageError, match="runs Python code of the package"):
        HFPipelineNode("talk", remote_ref="talk.rmpkg")
    script = (
        "from remotemedia import HFPipelineNode, Pipeline\n"
        "print(Pipeline('p').add(HFPipelineNode('t', remote_ref='talk.rmpkg', trust_native=True)).run([1]))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.stdout == "20002.0\n", ran.stderr


def test_a_package_that_is_not_there_is_an_error_that_names_it():
    with pytest.raises(PackageError, match="cannot open the package"):
        HFPipelineNode("talk", remote_ref="nowhere.rmpkg")


def test_a_package_and_another_machine_are_not_named_together():
    with pytest.raises(ConfigurationError, match="remote_ref is a package that runs here, host and remote_config name"):
        HFPipelineNode("talk", remote_ref="talk.rmpkg", host="gpu-1:9000")
