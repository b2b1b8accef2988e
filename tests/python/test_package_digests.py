"""The same program gives the same package: wherever, whenever, by whichever process and in whichever way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packing import COMMAND, command, write

ZONES = ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"]
MASKS = ["022", "077", "000", "027"]

PROGRAM = """
    import random

    import numpy as np

    import kit.text
    from kit import marks
    from remotemedia import Node, Pipeline

    WORDS = {"b", "a", "c"}

    class Talk(Node):
        def __init__(self, words, table, **kwargs):
            super().__init__(words=words, table=table, **kwargs)

        def process(self, item):
            return [kit.text.shout(item), marks.BANG, random.random(), WORDS]

    class Say(Talk):
        pass

    p = Pipeline("talk").add(Talk(WORDS, np.arange(20_000))).add(Say({"x", "y", "z"}, np.zeros(20_000)))

    if __name__ == "__main__":
        print(p.export("exported").digest)
"""


def project(folder):
    """Writes the program, in an order of its own."""
    write(folder / "talk.py", PROGRAM)
    for name in ("marks", "text"):
        write(folder / f"kit/{name}.py", "BANG = '!'\ndef shout(text):\n    return text.upper()\n")
    write(folder / "kit/__init__.py", "")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert command("keys", "new").returncode == 0
    return tmp_path


def test_a_hundred_builds_give_one_digest(folder):
    digests = set()
    for number in range(100):
        place = folder / str(number) / Path(*["deeper"] * (number % 4))
        project(place)
        seed = {
            "PYTHONHASHSEED": str(number),
            "TZ": ZONES[number % 4],
            "PYTHONDONTWRITEBYTECODE": str(number % 2 or ""),
        }
        mask = MASKS[number // 4 % 4]
        where, program = (place, "talk.py") if number % 3 else (folder, place / "talk.py")
        script = f"umask {mask}; exec {COMMAND} build {program} --json -o {place / 'out'}"
        built = subprocess.run(
            ["sh", "-c", script], cwd=where, env={**os.environ, **seed}, capture_output=True, text=True
        )
        assert built.returncode == 0, built.stderr
        digests.add(json.loads(built.stdout)["digest"])
    assert len(digests) == 1


def test_the_program_and_the_command_give_the_same_package(folder):
    project(folder)
    built = json.loads(command("build", "talk.py", "--json", "-o", "built").stdout)
    ran = subprocess.run([sys.executable, "talk.py"], capture_output=True, text=True)
    assert ran.stdout.strip() == built["digest"], ran.stderr


def test_a_change_of_the_code_gives_another_digest(folder):
    project(folder)
    first = json.loads(command("build", "talk.py", "--json", "-o", "built").stdout)["digest"]
    write("talk.py", PROGRAM.replace("marks.BANG", "'?'"))
    changed = json.loads(command("build", "talk.py", "--json", "-o", "built").stdout)["digest"]
    write("talk.py", PROGRAM + "\n    print('nothing that the nodes need')\n")
    same = json.loads(command("build", "talk.py", "--json", "-o", "built").stdout.splitlines()[-1])["digest"]
    assert first != changed and first == same
