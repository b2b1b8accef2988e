"""Writes earlier.json: what the nodes of the earlier package remotemedia-client give for many inputs.

Run it with the folder into which that package was unpacked as the only argument.
"""

import importlib.util
import json
import logging
import sys
import types
from pathlib import Path

logging.disable()
PACKAGE = Path(sys.argv[1]) / "remotemedia"


def load(name):
    """Loads one module without the package's own import of everything."""
    spec = importlib.util.spec_from_file_location(f"remotemedia.{name}", PACKAGE / f"{name.replace('.', '/')}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


for name in ["remotemedia", "remotemedia.core", "remotemedia.nodes"]:
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
load("core.exceptions")
load("core.node")

CALCULATIONS = [
    {"operation": operation, "args": args}
    for operation in ["add", "multiply", "subtract", "divide", "power", "modulo"]
    for args in [
        [2, 3],
        [7, -3],
        [-7, 3],
        [-7, -3],
        [0, 5],
        [2.5, 2],
        [-7.5, 2],
        [7.5, -2.0],
        [1, 0],
        [1.5, 0.0],
        [0, -1],
        [True, True],
        [1, 2, 3],
        [9007199254740993, 3],
        [1],
        [],
        "ab",
        5,
        None,
        [1, "a"],
        [None, 2],
        [1e200, 2],
        [10, 0.1],
        [0.1, 0.2],
        [3, 2.0],
        [-2, 3],
        [2, -3],
    ]
    if not (operation == "power" and args == [9007199254740993, 3])
    # Python repeats and joins text by operators; the node calculates with numbers.
    if not (args == "ab" or (operation == "multiply" and args == [1, "a"]))
    # A dictionary with a complex number or an infinity is no JSON.
    if not (operation == "power" and args == [-7.5, 2])
]
QUESTIONS = [
    *CALCULATIONS,
    {"operation": "root", "args": [1, 2]},
    {"operation": "root", "args": [1]},
    {"operation": None, "args": [1, 2]},
    {"operation": 5, "args": [1, 2]},
    {"operation": "add"},
    {"args": [1, 2]},
    {},
    5,
    "add",
    [1, 2],
    None,
    True,
    1.5,
]

TEXTS = [
    "Hello World",
    "",
    "  two  spaces ",
    "straße ÉCOLE ǆ",
    "it's o'neil 3rd x2y",
    "one",
    "日本語 テキスト",
    "a\tb\nc",
    "ΑΣ ΟΔΟΣ",
    "e\u0301a",
]
ALL = [
    "uppercase",
    "lowercase",
    "reverse",
    "word_count",
    "char_count",
    "title_case",
    "remove_spaces",
    "first_word",
    "last_word",
    "rot13",
]
DOCUMENTS = [
    *[{"text": text, "operations": ALL} for text in TEXTS],
    {"text": "default"},
    {"text": "none", "operations": []},
    {"operations": ["uppercase"]},
    {},
    5,
    "text",
    None,
    [1],
    {"text": 5, "operations": ["uppercase"]},
    {"text": None, "operations": ["char_count"]},
    {"text": "x", "operations": None},
    {"text": "x", "operations": 5},
    {"text": ["a"], "operations": ["reverse", "lowercase"]},
    {"text": "x", "operations": "ab"},
    {"text": "twice", "operations": ["uppercase", "uppercase"]},
    {"text": "x", "operations": [1, None]},
    {"text": 5, "operations": []},
]
NUMBERS = [0, 1, -3, 2.5, True, [1, 2.5, True], [], 1e308, -0.0]
FACTORS = [2, 2.0, -1, 0, 0.5, -0.0, 10]


def calculator(config, items):
    node = load("nodes.calculator").CalculatorNode(**config)
    return [[item, node.process(item)] for item in items]


def text(config, items):
    node = load("nodes.text_processor").TextProcessorNode(**config)
    return [[item, node.process(item)] for item in items]


def arithmetic():
    math = load("nodes.simple_math")
    return {
        name: [[factor, item, make(factor).process(item)] for factor in FACTORS for item in NUMBERS]
        for name, make in [("multiply", math.MultiplyNode), ("add", math.AddNode)]
    }


def finite(value):
    try:
        json.dumps(value, allow_nan=False)
        return True
    except ValueError:
        return False


def titles():
    """Every letter whose title case is not simply its upper case, and words that sigma ends."""
    letters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    special = [letter for letter in letters if letter.title() != letter.upper()]
    words = [
        "ΟΔΟΣ",
        "ΟΔΟΣ ΣΑΣ",
        "Σ",
        "ΑΣ.",
        "ΑΣ'Α",
        "ΑΣ\u0301",
        "x1y",
        "o’neil’s",
        "ﬁn ﬃx",
        "ŉa",
    ]
    return [[text, text.title()] for text in [*special, *(letter + "A" for letter in special), *words]]


CONFIG = {"precision": 3}
earlier = {
    "config": CONFIG,
    "calculator": [case for case in calculator(CONFIG, QUESTIONS) if finite(case)],
    "text": text(CONFIG, DOCUMENTS),
    "titles": titles(),
    **{name: [case for case in cases if finite(case)] for name, cases in arithmetic().items()},
}


def lines(value):
    """A list with an item per line, anything else on one."""
    if not isinstance(value, list):
        return json.dumps(value)
    items = ",\n".join(json.dumps(item, ensure_ascii=False) for item in value)
    return f"[\n{items}\n]"


members = ",\n".join(f"{json.dumps(key)}: {lines(value)}" for key, value in earlier.items())
Path(__file__).with_name("earlier.json").write_text(f"{{\n{members}\n}}\n")
