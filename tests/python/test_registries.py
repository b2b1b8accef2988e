"""Pipelines go to a registry and come from it, and are nodes of others from there."""

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from packing import command, unpacked, write

from remotemedia import HFPipelineNode, Node, PackageError, Pipeline
from remotemedia.nodes import Add, Multiply

CONFIG = """
version: 0.1
log: {{level: info}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: 127.0.0.1:0}}
"""


@pytest.fixture
def registry(tmp_path):
    """The address of a registry that runs as long as the test."""
    config = tmp_path / "registry.yml"
    config.write_text(CONFIG.format(folder=tmp_path / "registry"))
    server = subprocess.Popen(["docker-registry", "serve", config], stderr=subprocess.PIPE, text=True)
    try:
        line = next(line for line in server.stderr if "listening on " in line)
        # Whoever does not read its log stops it.
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield line.split("listening on ")[1].split(",")[0].split('"')[0].strip()
    finally:
        server.kill()
        server.wait()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_pipeline_is_pushed_and_comes_back(registry):
    reference = f"oci://{registry}/team/scaled:1.0"
    pinned = Pipeline("scaled").add(Multiply(factor=2)).add(Add(addend=1)).push(reference)
    assert pinned.startswith(f"oci://{registry}/team/scaled@sha256:")
    assert Pipeline.from_package(reference).run([1, 2]) == [3, 5]
    assert Pipeline.from_package(pinned).run([3]) == 7
    ran = command("run", reference, "--input", "4")
    assert (ran.returncode, ran.stdout) == (0, "9\n"), ran.stderr


def test_python_nodes_come_from_a_registry_into_another_pipeline(registry):
    reference = f"oci://{registry}/talk"
    write("talk.py", f"""
        from remotemedia import Node, Pipeline

        class Talk(Node):
            def process(self, item):
                return item * 10

        p = Pipeline("talk").add(Talk())
        p.push({reference!r})
    """)  # fmt: skip
    pushed = command("validate", "talk.py")
    assert pushed.returncode == 0, pushed.stderr
    Path("talk.py").unlink()
    pipeline = Pipeline("outer").add(HFPipelineNode("talk", remote_ref=reference)).add(Add(addend=1))
    assert pipeline.run([1]) == 11
    pipeline.push(f"oci://{registry}/outer")
    assert Pipeline.from_package(f"oci://{registry}/outer").run([2]) == 21
    ran = command("run", f"oci://{registry}/outer", "--input", "2")
    assert (ran.returncode, ran.stdout) == (0, "21\n"), ran.stderr


def test_a_package_names_what_a_tag_was_on_when_it_was_opened(registry):
    reference = f"oci://{registry}/scaled"
    first = Pipeline("scaled").add(Multiply(factor=2)).push(reference)
    outer = Pipeline("outer").add(HFPipelineNode("scaled", remote_ref=reference)).add(Add(addend=1))
    second = Pipeline("scaled").add(Multiply(factor=3)).push(reference)
    assert command("pull", "--refresh", reference).returncode == 0
    package = Path(outer.export("outer.rmpkg"))
    manifest = json.loads((unpacked(package) / "manifest.json").read_text())
    assert first != second
    assert manifest["nodes"][0]["params"] == {"package": first}
    assert Pipeline.from_package(package).run([2]) == 5


def test_what_a_registry_has_not_is_an_error_that_names_it(registry):
    with pytest.raises(PackageError, match="nothing"):
        Pipeline.from_package(f"oci://{registry}/nothing")


def test_a_node_that_cannot_travel_is_not_pushed(registry):
    class Local(Node):
        def process(self, item):
            return item

    with pytest.raises(PackageError, match="is defined inside a function"):
        Pipeline("local").add(Local()).push(f"oci://{registry}/local")
    with pytest.raises(PackageError):
        Pipeline.from_package(f"oci://{registry}/local")


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "call",
    ["Pipeline.from_package({0!r})", "HFPipelineNode('p', remote_ref={0!r})", "Pipeline('p').add(Add()).push({0!r})"],
)
def test_ctrl_c_is_heard_while_a_registry_says_nothing(call):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reference = f"oci://127.0.0.1:{silent.getsockname()[1]}/nothing"
        lines = (
            "from remotemedia import HFPipelineNode, Pipeline",
            "from remotemedia.nodes import Add",
            call.format(reference),
        )
        program = subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stderr=subprocess.PIPE, text=True)
        connection, _ = silent.accept()
        with connection:
            # Whoever asks has asked, and waits for the answer.
            assert connection.recv(1)
            program.send_signal(signal.SIGINT)
            _, error = program.communicate()
        assert error.endswith("KeyboardInterrupt\n"), error
        # A call that runs out of patience is made again.
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()
