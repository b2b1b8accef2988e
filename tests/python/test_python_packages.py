"""Packages with Python nodes: a program's nodes travel as source and run where the program is not."""

import json
import shutil
import textwrap
from pathlib import Path

import pytest
from packing import command, module_of, unpacked, write

HELPERS = """
import json

SEEN = []


def shout(text):
    SEEN.append(text)
    return text.upper()
"""

PROGRAM = '''
"""Counts words."""
import re
from dataclasses import dataclass

import numpy as np

import helpers
from helpers import shout
from remotemedia import Node, Pipeline
from remotemedia.nodes import Multiply

DIGITS = re.compile(r"\\d+")
WEIGHTS = {"a": 1}
WEIGHTS["b"] = 2


@dataclass
class Word:
    text: str
    count: int = 1


def digits(text):
    return len(DIGITS.findall(text))


class Say(Node):
    def __init__(self, word, table, **kwargs):
        super().__init__(word=word, table=table, **kwargs)
        self.word, self.table = word, table

    def process(self, item):
        return Word(shout(f"{item} {self.word.text} {self.table.sum()}"), digits("1 2") + WEIGHTS["b"])


class Show(Node):
    def process(self, word):
        assert isinstance(word, Word)
        if word.text.startswith("-"):
            raise ValueError(f"{word.text} is negative")
        return f"{word.text} {word.count} {helpers.SEEN}"


def exclaim(text):
    return text + "!"


p = Pipeline("words")
p.add(Multiply(factor=2)).add(Say(Word("hey"), np.ones(100_000))).add(Show()).add(exclaim)
print("built")
'''


@pytest.fixture
def remotemedia(tmp_path, monkeypatch):
    """Runs the command in a folder of its own, with keys of its own."""
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return command


@pytest.fixture
def package(remotemedia, tmp_path):
    """The package of a program whose files are gone."""
    write("helpers.py", HELPERS)
    write("words.py", PROGRAM)
    built = remotemedia("build", "words.py", "-o", str(tmp_path / "words.rmpkg"))
    assert built.returncode == 0, built.stderr
    shutil.rmtree("../project")
    Path("../elsewhere").mkdir()
    return tmp_path / "words.rmpkg"


def test_python_nodes_run_in_another_folder_without_their_files(package, remotemedia):
    ran = remotemedia("run", str(package), "--input", "3", cwd=package.parent / "elsewhere")
    assert (ran.returncode, ran.stdout) == (0, "\"6 HEY 100000.0 4 ['6 hey 100000.0']!\"\n"), ran.stderr


def test_only_what_the_nodes_lead_to_travels_and_lines_keep_their_numbers(package):
    module = module_of(package)
    assert [node["class"] for node in module["nodes"]] == [
        "remotemedia.nodes.python:PythonNode",
        "words:Say",
        "words:Show",
    ]
    assert sorted(module["sources"]) == ["helpers", "words"]
    assert module["sources"]["helpers"]["text"] == HELPERS.lstrip("\n")
    lines = module["sources"]["words"]["text"].splitlines()
    written = textwrap.dedent(PROGRAM).lstrip("\n").splitlines()
    assert [line for line, other in zip(lines, written, strict=False) if line not in ("", other)] == []
    assert "numpy" not in "".join(lines) and "built" not in "".join(lines) and "Pipeline(" not in "".join(lines)


def test_large_parameters_lie_beside_the_manifest_under_their_digest(package):
    folder = unpacked(package)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (data,) = folder.glob("data/*")
    assert manifest["nodes"][1]["params"]["table"]["$ndarray"]["data"] == {"$file": f"data/{data.name}"}
    assert data.stat().st_size == 800_000


def test_attributes_that_the_program_sets_on_a_class_travel(remotemedia):
    write(
        "greets.py",
        """
        from remotemedia import Node, Pipeline

        class Greets(Node):
            word = "hi"

            def process(self, item):
                return f"{self.word} {item}"

        setattr(Greets, "word", "ahoy")
        p = Pipeline("greets").add(Greets())
        """,
    )
    assert remotemedia("build", "greets.py", "-o", "p.rmpkg").returncode == 0
    ran = remotemedia("run", "p.rmpkg", "--input", "1")
    assert (ran.returncode, ran.stdout) == (0, '"ahoy 1"\n'), ran.stderr
