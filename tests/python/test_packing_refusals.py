"""What cannot travel in a package is refused with the file, the line, the name, and what to change."""

import re
import sys
from pathlib import Path

import pytest
from packing import command, write

HEAD = """from remotemedia import Node, Pipeline
"""
NODE = """
class Talk(Node):
    def process(self, item):
        return USE
p = Pipeline("talk").add(Talk())
"""


def using(expression, before=""):
    """A program whose node evaluates an expression; the node's class is in line 3 behind what comes before."""
    return HEAD + before + NODE.replace("USE", expression)


#: Each program, and what the refusal says: the line, then parts of the text.
REFUSED = {
    "a class in a function": (
        HEAD + "def make():\n    class Talk(Node):\n        def process(self, item):\n            return item\n"
        "    return Talk()\np = Pipeline('talk').add(make())\n",
        4,
        ["make.Talk is defined inside a function", "top level"],
    ),
    "a class made by a call": (
        HEAD + "Talk = type('Talk', (Node,), {'process': lambda self, item: item})\n"
        "exec('class Say(Node):\\n    def process(self, item):\\n        return item')\np = Pipeline('t').add(Say())\n",
        1,
        ["class Say uses Say, which no statement of the file binds"],
    ),
    "a lambda as a node": (
        HEAD + "p = Pipeline('talk').add(lambda item: item)\n",
        2,
        ["PythonNode", "lambda", "top level"],
    ),
    "a lambda as a parameter": (
        HEAD + "class Talk(Node):\n    def process(self, item):\n        return self.config['how'](item)\n"
        "p = Pipeline('talk').add(Talk(how=lambda item: item))\n",
        5,
        ["Talk of class Talk: parameter how is a lambda", "top level"],
    ),
    "a function of a function as a parameter": (
        HEAD + "def outer():\n    def inner(item):\n        return item\n    return inner\n"
        "p = Pipeline('talk').add(outer())\n",
        3,
        ["outer.inner is defined inside a function"],
    ),
    "an object as a parameter": (
        HEAD + "class Talk(Node):\n    def process(self, item):\n        return item\n"
        "p = Pipeline('talk').add(Talk(thing=object()))\n",
        2,
        ["class Talk: Talk.params.thing is a object", "which a manifest cannot hold"],
    ),
    "a method given to the object": (
        HEAD + "class Talk(Node):\n    def process(self, item):\n        return item\n"
        "t = Talk()\nt.process = print\np = Pipeline('talk').add(t)\n",
        2,
        ["Talk of class Talk was given a process() of its own"],
    ),
    "a file that is read": (using("TEXT", "TEXT = open('words.txt').read()\n"), 2, ["Talk", "open()", "initialize()"]),
    "a file that a path reads": (
        using("TEXT", "from pathlib import Path\nTEXT = Path('words.txt').read_text()\n"),
        3,
        ["class Talk", "read_text()"],
    ),
    "a file that stays open": (
        using("FILE.read()", "import tempfile\nFILE = tempfile.TemporaryFile()\n"),
        3,
        ["class Talk uses FILE, a ", "no source can make again", "initialize()"],
    ),
    "arguments of the program": (
        using("WHO", "import sys\nWHO = sys.argv[0]\n"),
        3,
        ["class Talk", "sys.argv of this run"],
    ),
    "the environment": (using("HOME", "import os\nHOME = os.environ['HOME']\n"), 3, ["class Talk", "os.environ"]),
    "a call that reads the environment": (
        using("H", "import os\nH = os.getenv('HOME')\n"),
        3,
        ["os.getenv() gives here"],
    ),
    "options of the command line": (
        using("OPTIONS.x", "import argparse\nP = argparse.ArgumentParser()\nOPTIONS = P.parse_known_args([])[0]\n"),
        4,
        ["class Talk uses OPTIONS, a Namespace"],
    ),
    "the pipeline itself": (
        HEAD
        + "class Talk(Node):\n    def process(self, item):\n        return len(p)\np = Pipeline('talk').add(Talk())\n",
        5,
        ["class Talk uses p, a Pipeline"],
    ),
    "a thread": (
        using("T.name", "import threading\nT = threading.Thread()\n"),
        3,
        ["class Talk uses T, a Thread"],
    ),
    "a value that was made empty and filled elsewhere": (
        using("WORDS", "WORDS = dict()\ndef fill(words):\n    words[1] = 2\nfill(WORDS)\n"),
        2,
        ["class Talk uses WORDS, which was changed since"],
    ),
    "a value that was changed elsewhere": (
        using("WORDS", "WORDS = []\ndef fill():\n    WORDS.append(1)\nfill()\n"),
        2,
        ["class Talk uses WORDS, which was changed since"],
    ),
    "a name for programs only": (
        using("X", "if __name__ == '__remotemedia__':\n    X = 1\n"),
        2,
        ["class Talk uses X, which is only set where the file runs as a program"],
    ),
    "a name that nothing binds": (
        using("INJECTED", "globals()['INJECTED'] = 1\n"),
        4,
        ["class Talk uses INJECTED, which no statement of the file binds"],
    ),
    "code in texts": (using("exec('1')"), 5, ["class Talk calls exec()", "write the code itself"]),
    "expressions in texts": (using("eval('1')"), 5, ["class Talk calls eval()"]),
    "names in texts": (using("globals()['re']"), 5, ["class Talk calls globals()"]),
    "the place of the file": (using("__file__"), 5, ["class Talk uses __file__", "file_parameters"]),
    "an import by a computed name": (using("__import__(item)"), 5, ["__import__()", "import statement"]),
    "an import by a computed name of importlib": (
        using("importlib.import_module(item)", "import importlib\n"),
        6,
        ["importlib.import_module() imports what its argument says"],
    ),
    "an import of a module of one's own by a call": (
        using("__import__('mine')"),
        5,
        ["mine is a module of yours", "write: import mine"],
    ),
    "a module that is not there": (
        HEAD + "class Talk(Node):\n    def process(self, item):\n        import nowhere_to_be_found\n"
        "p = Pipeline('talk').add(Talk())\n",
        4,
        ["the module nowhere_to_be_found is imported, but it is not there"],
    ),
    "a relative import beyond the package": (
        HEAD + "class Talk(Node):\n    def process(self, item):\n        from ..above import x\n"
        "p = Pipeline('talk').add(Talk())\n",
        4,
        ["the import from ..above leads beyond the package"],
    ),
    "a module that was compiled": (
        HEAD
        + "class Talk(Node):\n    def process(self, item):\n        import fast\np = Pipeline('talk').add(Talk())\n",
        4,
        ["the module fast of yours is compiled (fast", "only source travels"],
    ),
    "a shared line": (
        HEAD + "X = 1; Y = object()\nclass Talk(Node):\n    def process(self, item):\n        return X\n"
        "p = Pipeline('talk').add(Talk())\n",
        2,
        ["shares its line"],
    ),
    "a module that imports the program": (
        using("back.X", "import back\n"),
        3,
        ["the module talk is the program itself", "a module of its own"],
    ),
    "a class whose name means something else": (
        HEAD + "class Talk(Node):\n    def process(self, item):\n        return item\n"
        "p = Pipeline('talk').add(Talk())\nTalk = 1\n",
        2,
        ["the node class Talk is not what the file calls Talk by now"],
    ),
    "an instance of one's own class": (
        HEAD + "class Thing:\n    pass\nclass Talk(Node):\n    def process(self, item):\n        return item\n"
        "p = Pipeline('talk').add(Talk(thing=Thing()))\n",
        4,
        ["class Talk: Talk.params.thing is a Thing"],
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write("words.txt", "hello")
    write("mine.py", "x = 1\n")
    write("back.py", "X = 1\ndef later():\n    import talk\n")
    suffix = "so" if sys.platform == "linux" else "pyd"
    # The finder goes by the name; what is in it would only matter to who imports it.
    Path(f"fast.abi3.{suffix}").write_bytes(b"")


@pytest.mark.parametrize("program, line, parts", REFUSED.values(), ids=REFUSED)
def test_what_cannot_travel_is_refused_with_its_place(program, line, parts):
    write("talk.py", program)
    built = command("build", "talk.py")
    assert (built.returncode, built.stdout) == (1, ""), built.stderr
    message = " ".join(built.stderr.split())
    assert re.search(rf"(talk|back)\.py:{line}: ", message), message
    assert all(part in message for part in parts), message
    assert not list(Path().glob("*.rmpkg"))
