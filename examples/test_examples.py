"""Each small example runs and prints what it promises: the five of every language the same as in the others."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PROMISES = sorted((HERE.parent / "conformance/examples").glob("*.txt"))


def run(example: str) -> str:
    done = subprocess.run(
        [sys.executable, HERE / f"{example}.py"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_examples_of_every_language_are_here():
    assert [promise.stem for promise in PROMISES] == ["custom_node", "echo_audio", "hello", "interrupt", "metrics"]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.stem)
def test_example_prints_what_it_prints_in_every_language(promise):
    assert run(promise.stem) == promise.read_text()


def test_branches_shows_its_graph_and_merges_both_branches():
    *graph, result = run("branches").splitlines()
    assert result == "[2, 4, 6, 101, 102, 103]"
    assert [line.split()[0] for line in graph[1:5]] == ["PassThrough_0", "Multiply_1", "Add_2", "Merge_3"]
