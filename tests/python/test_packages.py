"""Packages by the command as the package installs it: Python files whose nodes are native are built and run."""

import json
from pathlib import Path

NATIVE = """
from remotemedia import Pipeline
from remotemedia.nodes import Add, Multiply

p = Pipeline("scaled").add(Multiply(factor=2)).add(Add(addend=0.5))
"""


def test_a_python_file_of_native_nodes_becomes_a_package_that_runs(remotemedia):
    Path("scaled.py").write_text(NATIVE, encoding="utf-8")
    built = remotemedia("build", "scaled.py")
    assert built.returncode == 0, built.stderr
    ran = remotemedia("run", built.stdout.strip(), "--input", "2")
    assert (ran.returncode, ran.stdout) == (0, "4.5\n"), ran.stderr


def test_building_again_gives_the_same_digest(remotemedia):
    Path("scaled.py").write_text(NATIVE, encoding="utf-8")
    digests = {json.loads(remotemedia("build", "scaled.py", "--json").stdout)["digest"] for _ in range(2)}
    assert len(digests) == 1
