"""Each small example runs and prints what it promises."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

PRINTS = {
    "hello": "[3, 5, 7]\n",
    "echo_audio": "".join(f"packet {index}: 160 samples at 16000 Hz, peak 0.50\n" for index in range(3)),
    "custom_node": "['value 10', 'value 20', 'value 30']\ncustom_node/Label_1: item 2: ValueError: -20 is negative\n",
    "interrupt": "heard: this\nafter the interrupt: short answer\n",
    "metrics": "Multiply_0: 1000 in, 1000 out, 0 errors\nSquare_1: 1000 in, 1000 out, 0 errors\n",
}


def run(example: str) -> str:
    done = subprocess.run(
        [sys.executable, HERE / f"{example}.py"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("example", PRINTS)
def test_example_prints_what_it_promises(example):
    assert run(example) == PRINTS[example]


def test_branches_shows_its_graph_and_merges_both_branches():
    *graph, result = run("branches").splitlines()
    assert result == "[2, 4, 6, 101, 102, 103]"
    assert [line.split()[0] for line in graph[1:5]] == ["PassThrough_0", "Multiply_1", "Add_2", "Merge_3"]
