"""Examples that were packed run in another folder, in a fresh process, when their sources are gone."""

import json
import shutil
import subprocess
from pathlib import Path

from packing import build, command, module_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_a_packed_example_runs_without_its_source(tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    sources, other = tmp_path / "sources", tmp_path / "other"
    sources.mkdir()
    other.mkdir()
    shutil.copy(EXAMPLES / "custom_node.py", sources)
    monkeypatch.chdir(sources)
    package = build("custom_node.py", str(tmp_path / "p.rmpkg"))
    shutil.rmtree(sources)
    monkeypatch.chdir(other)
    ran = command("run", package, "--input", '"hello"')
    assert (ran.returncode, ran.stdout) == (0, '"HELLO"\n"HELLO"\n'), ran.stderr
    (source,) = module_of(package)["sources"].values()
    assert "p.stream" not in source["text"] and "print" not in source["text"]


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
