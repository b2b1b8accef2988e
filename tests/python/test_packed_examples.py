"""Examples that were packed run in another folder, in a fresh process, when their sources are gone."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from packing import build, command, module_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

#: The inputs of each example, and what comes out of its package.
PRINTS = {
    "custom_node": (['"hello"'], '"HELLO"\n"HELLO"\n'),
    "metrics": (["3"], "7\n"),
}


@pytest.mark.parametrize("example", PRINTS)
def test_a_packed_example_runs_without_its_source(example, tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    sources, other = tmp_path / "sources", tmp_path / "other"
    sources.mkdir()
    other.mkdir()
    shutil.copy(EXAMPLES / f"{example}.py", sources)
    monkeypatch.chdir(sources)
    package = build(f"{example}.py", str(tmp_path / "p.rmpkg"))
    shutil.rmtree(sources)
    monkeypatch.chdir(other)
    inputs, printed = PRINTS[example]
    ran = command("run", package, *(part for value in inputs for part in ("--input", value)))
    assert (ran.returncode, ran.stdout) == (0, printed), ran.stderr
    (source,) = module_of(package)["sources"].values()
    assert "p.run" not in source["text"] and "print" not in source["text"]


def test_the_voice_notes_travel_with_their_model_and_name_their_distributions(tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    sources, other = tmp_path / "sources", tmp_path / "other"
    other.mkdir()
    shutil.copytree(EXAMPLES, sources / "examples")
    (sources / "models").mkdir()
    shutil.copy(EXAMPLES.parent / "models" / "silero_vad_openvino_16k.onnx", sources / "models")
    with open(sources / "examples/voice_notes.py", "a", encoding="utf-8") as program:
        program.write('\nmade = voice_notes(Path("meeting.wav"))\n')
    monkeypatch.chdir(sources)
    package = build("examples/voice_notes.py:made", str(tmp_path / "p.rmpkg"))
    shutil.rmtree(sources)
    monkeypatch.chdir(other)
    subprocess.run([EXAMPLES.parent / "scripts" / "make_speech.sh", "meeting.wav"], check=True)
    ran = command("run", package)
    notes = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0 and len(notes) > 3 and all(isinstance(note, str) for note in notes), ran.stderr
    module = module_of(package)
    assert {"numpy", "pocketsphinx", "remotemedia"} == set(module["requires"])
    assert list(module["sources"]) == ["voice_notes"] and "argparse" not in module["sources"]["voice_notes"]["text"]
