"""Nodes that come from packages behave as they did in their program, and keep out of everybody's way."""

import inspect
import json
import logging
import pickle
import sys
import traceback

import pytest
from packing import build, command, unpacked, write

from remotemedia import Node, NodeError, PackageError, Pipeline, register_node_class

DIGEST = "0" * 64

WORDS = """
    import logging
    from dataclasses import dataclass, field, fields
    from enum import Enum

    from remotemedia import Node, Pipeline

    LOG = logging.getLogger(__name__)


    class Mood(Enum):
        CALM = 1
        LOUD = 2


    @dataclass
    class Word:
        text: str
        marks: list = field(default_factory=list)


    class Say(Node):
        def __init__(self, mood=Mood.CALM, **kwargs):
            super().__init__(mood=mood, **kwargs)
            self.mood = mood

        def process(self, item):
            LOG.warning("saying %s", item)
            if item == "bad":
                raise ValueError(f"{item} is bad")
            return Word(item.upper() if self.mood is Mood.LOUD else item)


    class Spell(Node):
        def process(self, word):
            assert isinstance(word, Word), word
            return [field.name for field in fields(word)] + list(word.text)


    p = Pipeline("words").add(Say(Mood.LOUD)).add(Spell())
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def words(folder):
    source = write("words.py", WORDS)
    package = build("words.py", "words.rmpkg")
    source.unlink()
    return package


def say(pipeline):
    return pipeline.nodes[0]


def test_a_package_becomes_a_pipeline_that_runs(words):
    pipeline = Pipeline.from_package(words)
    assert pipeline.name == "words"
    assert pipeline.run(["ab"]) == ["text", "marks", "A", "B"]
    assert "Say_0" in pipeline.inspect()


def test_the_traceback_of_a_node_shows_its_source(words):
    with pytest.raises(NodeError) as caught:
        Pipeline.from_package(words).run(["bad"])
    told = "".join(traceback.format_exception(caught.value.__cause__))
    number = inspect.cleandoc(WORDS).splitlines().index('            raise ValueError(f"{item} is bad")') + 1
    assert f'.rmpkg/words.py", line {number}, in process\n' in told
    assert 'raise ValueError(f"{item} is bad")' in told


def test_the_command_shows_the_traceback_of_a_node_too(words):
    ran = command("run", words, "--input", '"bad"')
    assert ran.returncode == 1
    assert 'raise ValueError(f"{item} is bad")' in ran.stderr and ".rmpkg/words.py" in ran.stderr


def test_the_source_of_a_class_can_be_read(words):
    kind = type(say(Pipeline.from_package(words)))
    assert inspect.getsource(kind).startswith("class Say(Node):\n    def __init__(self, mood=Mood.CALM")
    assert inspect.getsource(kind.process).lstrip().startswith("def process(self, item):")
    assert inspect.getsourcelines(kind)[1] == inspect.cleandoc(WORDS).splitlines().index("class Say(Node):") + 1


def test_objects_of_a_package_can_be_pickled(words):
    namespace = type(say(Pipeline.from_package(words))).process.__globals__
    word = namespace["Word"]("hello", [1])
    assert pickle.loads(pickle.dumps(word)) == word


def test_log_records_go_to_a_logger_of_the_package(words, caplog):
    with caplog.at_level(logging.WARNING):
        Pipeline.from_package(words).run(["ab"])
    (record,) = [record for record in caplog.records if record.getMessage() == "saying ab"]
    assert record.name.startswith("_rmpkg_") and record.name.endswith(".words")


def test_nothing_is_left_under_names_that_others_import(words):
    path, before = list(sys.path), set(sys.modules)
    Pipeline.from_package(words).run(["ab"])
    assert sys.path == path
    new = {name for name in set(sys.modules) - before if not name.startswith(("_rmpkg_", "remotemedia."))}
    assert "words" not in sys.modules
    assert not {name for name in new if name.partition(".")[0] not in sys.stdlib_module_names}


def test_packages_whose_classes_have_the_same_names_run_side_by_side(folder):
    def package(answer):
        write("same.py", """
            import helper
            from remotemedia import Node, Pipeline

            class Answer(Node):
                def process(self, item):
                    return helper.ANSWER

            p = Pipeline("same").add(Answer())
        """)  # fmt: skip
        write("helper.py", f"ANSWER = {answer!r}\n")
        return build("same.py", f"{answer}.rmpkg")

    first, second = (Pipeline.from_package(package(answer)) for answer in ("one", "two"))
    assert (first.run([0]), second.run([0]), first.run([0])) == ("one", "two", "one")
    assert type(first.nodes[0]).__name__ == type(second.nodes[0]).__name__ == "Answer"


def test_classes_that_a_package_registers_are_nobody_elses(folder):
    write("talk.py", """
        from remotemedia import Node, Pipeline, register_node_class

        @register_node_class
        class Talk(Node):
            def process(self, item):
                return "the package's"

        p = Pipeline("talk").add(Talk())
    """)  # fmt: skip
    package = build("talk.py")

    @register_node_class
    class Talk(Node):
        def process(self, item):
            return "the program's"

    assert Pipeline.from_package(package).run([1]) == "the package's"
    manifest = {"version": "v1", "metadata": {"name": "p"}, "connections": []}
    manifest["nodes"] = [{"id": "t", "node_type": "Talk"}]
    assert Pipeline.from_manifest(manifest).run([1]) == "the program's"


def test_a_package_opened_twice_has_the_same_classes(words):
    one, two = Pipeline.from_package(words), Pipeline.from_package(words)
    assert type(say(one)) is type(say(two)) and say(one) is not say(two)


def test_packages_of_modules_with_relative_and_late_imports_run(folder):
    write("kit/__init__.py", "from .text import shout\nVERSION = 3\n")
    write("kit/text.py", "from . import marks\ndef shout(text):\n    return text.upper() + marks.BANG\n")
    write("kit/marks.py", "BANG = '!'\n")
    write("kit/unused.py", "raise RuntimeError('never imported')\n")
    write("single.py", "from kit import VERSION\n")
    write("talk.py", """
        import kit.marks as m
        from remotemedia import Node, Pipeline
        import xml.dom

        class Talk(Node):
            def process(self, item):
                import kit.text
                from single import VERSION
                import single as alone
                return [kit.text.shout(item), kit.VERSION, m.BANG, VERSION, alone.__name__.partition(".")[2]]

        p = Pipeline("talk").add(Talk())
    """)  # fmt: skip
    package = build("talk.py")
    for file in folder.rglob("*.py"):
        file.unlink()
    assert Pipeline.from_package(package).run(["a"]) == ["A!", 3, "!", 3, "single"]


def test_nodes_of_modules_travel_with_their_whole_module(folder):
    write("nodes.py", """
        from remotemedia import Node
        REGISTRY = []

        def register(kind):
            REGISTRY.append(kind.__name__)
            return kind

        @register
        class Name(Node):
            def process(self, item):
                return REGISTRY

        @register
        class Other(Node):
            def process(self, item):
                return item
    """)  # fmt: skip
    write("main.py", "from nodes import Name\nfrom remotemedia import Pipeline\np = Pipeline('p').add(Name())\n")
    package = build("main.py")
    assert Pipeline.from_package(package).run([1]) == ["Name", "Other"]


def test_a_pipeline_within_the_pipeline_travels(folder):
    write("outer.py", """
        from remotemedia import Node, Pipeline
        from remotemedia.nodes import Add, PipelineNode

        class Twice(Node):
            def __init__(self, by=2, **kwargs):
                super().__init__(by=by, **kwargs)
                self.by = by

            def process(self, item):
                return item * self.by

        inner = Pipeline("inner").add(Twice(3)).add(Add(addend=1))
        p = Pipeline("outer").add(Twice()).add(PipelineNode(inner)).add(Twice(10))
    """)  # fmt: skip
    package = build("outer.py:p")
    assert Pipeline.from_package(package).run([1]) == 70
    ran = command("run", package, "--input", "1")
    assert (ran.returncode, ran.stdout) == (0, "70\n"), ran.stderr


def test_state_parameters_and_policies_survive(folder):
    write("state.py", """
        from pathlib import Path
        import numpy as np
        from remotemedia import Node, Pipeline, Retry

        class Count(Node):
            def __init__(self, start, where, raw=b"", table=None, **kwargs):
                super().__init__(start=start, where=where, raw=raw, table=table, **kwargs)
                self.start, self.where, self.raw, self.table = start, where, raw, table
                self.total = 0

            def process(self, item):
                self.total += item
                return [self.total, self.start, str(self.where), len(self.raw), self.table.dtype.str, self.name]

        node = Count({"a": (1, 2)}, Path("x/y"), bytes(70_000), np.arange(40_000, dtype=">i4"), name="counter")
        node.total = 40
        p = Pipeline("state").add(node, on_error=Retry(2), timeout=5.0)
    """)  # fmt: skip
    package = build("state.py")
    assert Pipeline.from_package(package).run([2]) == [42, {"a": (1, 2)}, "x/y", 70_000, "<i4", "counter"]
    manifest = json.loads((unpacked(package) / "manifest.json").read_text())
    (entry,) = manifest["nodes"]
    assert (entry["timeout_ms"], entry["on_error"]["retry"]["attempts"]) == (5000, 2)


def test_a_pickle_is_refused(folder):
    from remotemedia.packing.reading import read_pipeline

    module = {"nodes": [], "python": ">=3.11,<4", "requires": {}, "sources": {}}
    python = {"class": "remotemedia.nodes:PassThroughNode", "module": {"$file": f"{DIGEST}/modules/p.pynode"}}
    entry = {"id": "a", "node_type": "PassThroughNode", "params": {"x": {"$pickle": "gASVLg=="}}, "python": python}
    manifest = {"version": "v1", "metadata": {"name": "p"}, "nodes": [entry], "connections": []}
    with pytest.raises(PackageError, match="a parameter is a pickle"):
        read_pipeline(Pipeline, json.dumps(manifest), {f"{DIGEST}/modules/p.pynode": json.dumps(module)}, {})


def test_files_of_one_package_keep_out_of_each_other_s_way():
    from remotemedia.packing.reading import read_pipeline

    def module(word):
        text = f"from remotemedia import Node\nclass Say(Node):\n    def process(self, item):\n        return item + {word!r}"
        return json.dumps({
            "format": 1, "nodes": [{"class": "say:Say", "node_type": "Say"}], "python": ">=3.11,<4", "requires": {},
            "sources": {"say": {"package": False, "text": text}},
        })  # fmt: skip

    stems = ["a-b", "a_b", "a b", "a.b", "ä"]
    modules = {f"{DIGEST}/modules/{stem}.pynode": module(stem) for stem in stems}
    nodes = [
        {"id": f"n{index}", "node_type": "Say", "python": {"class": "say:Say", "module": {"$file": path}}}
        for index, path in enumerate(modules)
    ]
    connections = [{"from": f"n{index}", "to": f"n{index + 1}"} for index in range(len(nodes) - 1)]
    manifest = {"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": connections}
    assert read_pipeline(Pipeline, json.dumps(manifest), modules, {}).run([""]) == "".join(stems)


KINDS = {
    "coroutine": ("async def process(self, item):\n        return item + 1", "2\n3\n"),
    "generator": ("def process(self, item):\n        yield item\n        yield item * 10", "1\n10\n2\n20\n"),
    "asynchronous generator": ("async def process(self, item):\n        yield item * 10", "10\n20\n"),
    "stream": ("def stream(self, inputs):\n        yield sum(inputs)", "3\n"),
    "flush": (
        "def process(self, item):\n        self.last = item\n    def flush(self):\n        return self.last",
        "2\n",
    ),
}


@pytest.mark.parametrize("method, output", KINDS.values(), ids=KINDS)
def test_nodes_of_every_kind_run(folder, method, output):
    write(
        "kind.py",
        f"from remotemedia import Node, Pipeline\nclass Kind(Node):\n    {method}\np = Pipeline('k').add(Kind())\n",
    )
    ran = command("run", build("kind.py"), "--input", "1", "--input", "2")
    assert (ran.returncode, ran.stdout) == (0, output), ran.stderr


def test_a_source_makes_its_items(folder):
    write("source.py", """
        from remotemedia import Node, Pipeline
        from remotemedia.nodes import Add

        class Source(Node):
            is_source = True

            def process(self):
                yield from (1, 2)

        p = Pipeline("source").add(Source()).add(Add(addend=1))
    """)  # fmt: skip
    package = build("source.py")
    ran = command("run", package)
    assert (ran.returncode, ran.stdout) == (0, "2\n3\n"), ran.stderr
    assert Pipeline.from_package(package).run() == [2, 3]


def test_a_node_that_came_from_a_package_is_not_packed_again(words):
    with pytest.raises(
        PackageError, match=r"Say comes from a package and is packed already; let the package be a node"
    ):
        Pipeline.from_package(words).export()


def test_a_class_without_a_file_is_refused(folder):
    import subprocess

    program = "\n".join([
        "from remotemedia import Node, Pipeline",
        "class Talk(Node):",
        "    def process(self, item): return item",
        "Pipeline('talk').add(Talk()).export()",
    ])  # fmt: skip
    ran = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True)
    assert "the node class Talk was not defined in a file; put it into one, and import it" in ran.stderr, ran.stderr
