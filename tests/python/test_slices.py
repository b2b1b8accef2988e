"""Which statements of a program travel with a node: those that it leads to, and no others."""

import runpy

import pytest
from packing import write

from remotemedia.packing.sources import Collection, Program


@pytest.fixture
def collected(tmp_path, monkeypatch):
    """``collected(program)``: what the class ``Talk`` of a program needs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def collect(text):
        path = write("talk.py", text)
        names = runpy.run_path(str(path), run_name="__remotemedia__")
        collection = Collection(Program(str(path), names))
        assert collection.add(names["Talk"], "the class") == "talk:Talk"
        collection.finish()
        return collection

    return collect


@pytest.fixture
def kept(collected):
    """``kept(program)``: the lines that travel, without empty ones and without what is in the class."""

    def lines(text):
        source = collected(text).sources["talk"].text
        return [line for line in source.splitlines() if line and not line.startswith((" ", "class Talk"))]

    return lines


def test_names_inside_functions_are_their_own(kept):
    assert kept("""
        p = print
        x = 1
        class Talk:
            def process(self, p):
                x = p
                def inner():
                    nonlocal x
                    return [q for q in x]
                return inner, lambda q: q
        q = 2
    """) == []  # fmt: skip


def test_names_of_nested_functions_lambdas_and_comprehensions_are_followed(kept):
    assert kept("""
        A = B = C = D = E = 1
        F = 2
        G = 3
        unused = 4
        class Talk:
            def process(self, item):
                def inner():
                    return lambda: [F for _ in range(G)]
                return inner
    """) == ["F = 2", "G = 3"]  # fmt: skip


def test_bases_decorators_defaults_and_annotations_are_followed(kept):
    assert kept("""
        from functools import wraps
        import abc
        import os
        def mark(kind):
            return kind
        LIMIT = 3
        Number = int
        Text = str
        class Base: pass
        @mark
        class Talk(Base, metaclass=abc.ABCMeta):
            field: Number = 1
            def process(self, item: "Text", most=LIMIT): ...
    """) == [
        "import abc",
        "def mark(kind):",
        "LIMIT = 3",
        "Number = int",
        "Text = str",
        "class Base: pass",
        "@mark",
    ]  # fmt: skip


def test_what_changes_a_needed_value_travels_in_order(kept):
    assert kept("""
        TABLE = {}
        OTHER = {}
        TABLE["a"] = 1
        OTHER["a"] = 1
        TABLE.update(b=2)
        for number in range(3):
            TABLE[number] = number
        OTHER.update(b=2)
        TABLE |= {"c": 3}
        del TABLE["a"]
        class Talk:
            def process(self, item):
                return TABLE[item]
        print(TABLE)
    """) == [
        "TABLE = {}",
        'TABLE["a"] = 1',
        "TABLE.update(b=2)",
        "for number in range(3):",
        'TABLE |= {"c": 3}',
        'del TABLE["a"]',
    ]  # fmt: skip


def test_values_that_only_the_nodes_change_begin_as_they_are_written(kept):
    assert kept("""
        SEEN = []
        COUNT = 0
        def note(item):
            global COUNT
            COUNT += 1
            SEEN.append(item)
        class Talk:
            def process(self, item):
                note(item)
                return SEEN, COUNT
        Talk().process(1)
    """) == ["SEEN = []", "COUNT = 0", "def note(item):"]  # fmt: skip


def test_all_statements_that_may_bind_a_name_travel(kept):
    assert kept("""
        import sys
        try:
            import tomllib as reader
        except ImportError:
            reader = None
        if sys.version_info > (3,):
            NAME = "new"
        else:
            NAME = "old"
        FIRST, (SECOND, *REST) = 1, (2, 3)
        class Talk:
            def process(self, item):
                return reader, NAME, SECOND
    """) == [
        "import sys",
        "try:",
        "except ImportError:",
        "if sys.version_info > (3,):",
        "else:",
        "FIRST, (SECOND, *REST) = 1, (2, 3)",
    ]  # fmt: skip


def test_futures_travel_and_docstrings_do_not(kept):
    assert kept('''
        """The program."""
        from __future__ import annotations
        class Talk:
            def process(self, item: Unknown): ...
    ''') == ["from __future__ import annotations"]  # fmt: skip


def test_names_from_stars_are_followed_to_their_module(kept, tmp_path):
    write("letters.py", "from marks import *\nALPHA = 'a'\n")
    write("marks.py", "DOT = '.'\n_hidden = 1\n")
    assert kept("""
        from letters import *
        from string import *
        class Talk:
            def process(self, item):
                return DOT
    """) == ["from letters import *"]  # fmt: skip


def test_modules_and_what_they_import_travel_whole(collected):
    write("kit/__init__.py", "")
    write("kit/deep/__init__.py", "from . import leaf\n")
    write("kit/deep/leaf.py", "import beside\nprint('imported')\n")
    write("kit/other.py", "")
    write("beside.py", "import json\n")
    sources = collected("""
        import kit.deep
        class Talk:
            def process(self, item):
                return kit.deep.leaf
    """).sources  # fmt: skip
    assert sorted(sources) == ["beside", "kit", "kit.deep", "kit.deep.leaf", "talk"]
    assert sources["kit.deep.leaf"].text == "import beside\nprint('imported')\n"
    assert [name for name, source in sources.items() if source.is_package] == ["kit", "kit.deep"]


def test_distributions_are_told_with_their_versions_and_standard_modules_are_not(collected):
    import numpy

    collection = collected("""
        from typing import TYPE_CHECKING
        import json
        import numpy.linalg as la
        import remotemedia
        if TYPE_CHECKING:
            import nowhere
        try:
            import not_there_either
        except ImportError:
            not_there_either = None
        import pytest
        class Talk:
            def process(self, item: "nowhere.Thing"):
                import xml.dom
                return json, la, remotemedia, not_there_either
    """)  # fmt: skip
    assert collection.requires == {"numpy": numpy.__version__, "remotemedia": remotemedia_version()}


def remotemedia_version():
    import remotemedia

    return remotemedia.__version__


def test_a_folder_without_init_is_a_package_too(collected):
    write("space/tool.py", "x = 1\n")
    sources = collected("""
        from space import tool
        class Talk:
            def process(self, item):
                return tool.x
    """).sources  # fmt: skip
    assert (sources["space"].text, sources["space"].is_package) == ("", True)
    assert sources["space.tool"].text == "x = 1\n"


def test_other_encodings_and_line_ends_become_plain_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "talk.py"
    path.write_bytes("# -*- coding: latin-1 -*-\r\nclass Talk:\r\n    word = 'größe'\r\n".encode("latin-1"))
    names = runpy.run_path(str(path), run_name="__remotemedia__")
    collection = Collection(Program(str(path), names))
    collection.add(names["Talk"], "the class")
    collection.finish()
    assert collection.sources["talk"].text == "\nclass Talk:\n    word = 'größe'\n"
