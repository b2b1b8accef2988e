"""The command as the package installs it: Python files run, and Ctrl-C ends them in silence."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

#: Both ways to call the command.
COMMANDS = {
    "program": [str(Path(sys.executable).with_name("remotemedia"))],
    "module": [sys.executable, "-m", "remotemedia"],
}

PIPELINE = """
from remotemedia import Node, Pipeline
from remotemedia.nodes import MultiplyNode

class Scale(Node):
    def initialize(self):
        self.by = 10
    def process(self, item):
        return {"scaled": item * self.by}

p = Pipeline("scaled").add(MultiplyNode(factor=2)).add(Scale())
"""

SLEEPS = """
import asyncio
from remotemedia import Node, Pipeline

class Sleeps(Node):
    async def process(self, item):
        print("asleep", flush=True)
        await asyncio.sleep(600)
    def cleanup(self):
        print("cleaned up", flush=True)

p = Pipeline("sleeping").add(Sleeps())
"""

BLOCKS = SLEEPS.replace("async def", "def").replace("await asyncio.sleep", "__import__('time').sleep")


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS)
def command(request):
    return request.param


def listening():
    """A child of a shell that ignores Ctrl-C would ignore it as well, and Python would not take it over."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(command, file, source):
    """Runs a pipeline's file until its node says that it sleeps, then presses Ctrl-C."""
    file.write_text(source, encoding="utf-8")
    run = subprocess.Popen(
        [*command, "run", str(file), "--input", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listening,
    )
    try:
        assert run.stdout.readline() == "asleep\n", run.communicate(timeout=100)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=100)
    finally:
        run.kill()
        run.wait()
    return run.returncode, out, err


def test_a_python_file_with_python_nodes_runs(command, tmp_path):
    file = tmp_path / "scaled.py"
    file.write_text(PIPELINE, encoding="utf-8")
    run = subprocess.run(
        [*command, "run", file, "--input", "1", "--input", "2"], capture_output=True, text=True, timeout=100
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert [json.loads(line) for line in run.stdout.splitlines()] == [{"scaled": 20}, {"scaled": 40}]


def test_ctrl_c_ends_a_waiting_node_in_silence(command, tmp_path):
    assert interrupted(command, tmp_path / "sleeping.py", SLEEPS) == (130, "cleaned up\n", "")


def test_ctrl_c_ends_a_file_that_takes_long_to_open(command, tmp_path):
    source = "import time\nprint('asleep', flush=True)\ntime.sleep(600)\n"
    assert interrupted(command, tmp_path / "slow.py", source) == (130, "", "")


def test_ctrl_c_ends_the_command_though_a_node_cannot_be_stopped(command, tmp_path):
    code, out, err = interrupted(command, tmp_path / "blocking.py", BLOCKS)
    assert (code, out) == (130, "")
    assert err == f"warning: {tmp_path / 'blocking.py'}: some nodes had not cleaned up when the run ended\n"


@pytest.mark.parametrize("act", ["pull", "run", "inspect"])
def test_ctrl_c_ends_a_transfer_that_stands_still(command, act, tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reference = f"oci://127.0.0.1:{silent.getsockname()[1]}/voice"
        run = subprocess.Popen([*command, act, reference], stderr=subprocess.PIPE, text=True, preexec_fn=listening)
        try:
            silent.settimeout(100)
            with silent.accept()[0]:
                run.send_signal(signal.SIGINT)
                _, err = run.communicate(timeout=20)
        finally:
            run.kill()
            run.wait()
    assert (run.returncode, err) == (-signal.SIGINT, "")
