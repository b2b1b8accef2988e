"""Type stubs: every public name has one that fits, right programs pass a strict checker, and wrong ones do not."""

import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import remotemedia
from remotemedia import nodes
from remotemedia.nodes import native

ROOT = Path(__file__).resolve().parents[2]
TYPED = Path(__file__).resolve().parent / "typed"
CONFIG = ROOT / "bindings" / "python" / "pyproject.toml"


def run(*command):
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


def mypy(*arguments):
    """What mypy says of a user's file. The package's own configuration does not apply to it."""
    return run("-m", "mypy", "--strict", "--config-file=", "--no-error-summary", *arguments)


def test_committed_stubs_are_what_the_registry_gives():
    made = run("scripts/make_stubs.py", "--check")
    assert made.returncode == 0, f"{made.stdout}{made.stderr}run .venv/bin/python scripts/make_stubs.py"


def test_every_public_name_has_a_stub_that_fits():
    allowed = str(Path(__file__).with_name("stubtest_allowlist.txt"))
    checked = run(
        "-m", "mypy.stubtest", "remotemedia", "--concise", "--allowlist", allowed, "--mypy-config-file", str(CONFIG)
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_program_with_strict_types_passes_and_runs():
    checked = mypy(TYPED / "uses.py")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    ran = run(TYPED / "uses.py")
    assert ran.returncode == 0, ran.stderr


def test_the_program_with_strict_types_uses_every_public_name():
    words = set(re.findall(r"\w+", (TYPED / "uses.py").read_text(encoding="utf-8")))
    assert set(remotemedia.__all__) <= words, set(remotemedia.__all__) - words


def test_wrong_uses_are_rejected_each_for_its_reason():
    source = (TYPED / "misuses.py").read_text(encoding="utf-8").splitlines()
    expected = {number: line.rpartition("# error: ")[2] for number, line in enumerate(source, 1) if "# error: " in line}
    said = re.findall(r"^[^:]+:(\d+): error: .*\[([\w-]+)\]$", mypy(TYPED / "misuses.py").stdout, re.MULTILINE)
    assert len(expected) > 25
    assert {int(number): code for number, code in said} == expected


@pytest.mark.parametrize("name", sorted(set(native.known_specs()) - set(nodes.PYTHON_NODES)))
def test_class_of_a_native_type_has_the_signature_of_its_schema(name):
    kind = getattr(nodes, name)
    spec = native.known_specs()[name]
    properties = spec["params"].get("properties", {})
    taken = inspect.signature(kind).parameters
    assert [part for part in taken if part not in ("name", "params")] == list(properties)
    for part, schema in properties.items():
        needed = taken[part].default is inspect.Parameter.empty
        assert needed == (part in spec["params"].get("required", []))
        assert needed or "default" not in schema or taken[part].default == schema["default"]
        assert taken[part].annotation is not inspect.Parameter.empty
    assert taken["name"].default is None


def test_signature_reads_as_a_person_would_write_it():
    assert str(inspect.signature(nodes.Resample)) == (
        "(rate: int, channels: int | None = None, quality: Literal['low', 'medium', 'high'] = 'high',"
        " *, name: str | None = None)"
    )
    help = pydoc.render_doc(nodes.Resample, renderer=pydoc.plaintext)
    assert "Resample(rate: int, channels: int | None = None" in help
    assert "``rate``: Frames per second that come out." in help


def test_signature_of_a_subclass_with_a_constructor_is_its_own():
    class Telephone(nodes.Resample):
        def __init__(self, law="a", **options):
            super().__init__(8000, **options)
            self.law = law

    class Plain(nodes.Resample):
        pass

    assert list(inspect.signature(Telephone).parameters) == ["law", "options"]
    assert inspect.signature(Plain) == inspect.signature(nodes.Resample)
    assert Telephone().rate == 8000


def test_what_a_signature_leaves_open_may_be_given_as_it_stands():
    signature = inspect.signature(nodes.VoiceActivity)
    bound = signature.bind()
    bound.apply_defaults()
    assert nodes.VoiceActivity(**bound.arguments)._native_params() == {
        part: value.default for part, value in signature.parameters.items() if part not in ("name", "output")
    }
