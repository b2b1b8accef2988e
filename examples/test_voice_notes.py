"""The voice notes example hears, nearly word for word and at the right times, what the speech script says."""

import difflib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SPEECH = HERE.parent / "scripts" / "make_speech.sh"


@pytest.fixture(scope="module")
def meeting(tmp_path_factory):
    """The spoken meeting, what is said in it, and what the example made of it."""
    folder = tmp_path_factory.mktemp("meeting")
    recording = folder / "meeting.wav"
    subprocess.run([SPEECH, recording], check=True)
    run = subprocess.run(
        [sys.executable, HERE / "voice_notes.py", recording, "--out", folder],
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(recording.with_suffix(".json").read_text(encoding="utf-8"))["sentences"]
    return said, run.stdout, folder


def notes_in(folder: Path) -> list[dict]:
    return json.loads((folder / "voice_notes.json").read_text(encoding="utf-8"))["notes"]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def test_each_sentence_is_a_note_at_its_time(meeting):
    said, _, folder = meeting
    notes = notes_in(folder)
    assert len(notes) == len(said)
    for sentence, note in zip(said, notes, strict=True):
        assert note["start"] == pytest.approx(sentence["start_s"], abs=0.3)
        assert note["end"] == pytest.approx(sentence["end_s"], abs=0.4)


def test_the_text_is_nearly_word_for_word(meeting):
    said, _, folder = meeting
    expected = [word for sentence in said for word in words(sentence["text"])]
    heard = [word for note in notes_in(folder) for word in words(note["text"])]
    assert difflib.SequenceMatcher(None, expected, heard, autojunk=False).ratio() >= 0.95


def test_the_terminal_shows_each_note(meeting):
    _, shown, folder = meeting
    lines = shown.splitlines()
    for line, note in zip(lines, notes_in(folder), strict=False):
        assert line.split(maxsplit=2) == [f"{note['start']:.2f}", f"{note['end']:.2f}", note["text"]]
    assert lines[-1].startswith("10 notes in ")


def test_the_page_shows_each_note_and_node(meeting):
    _, _, folder = meeting
    page = (folder / "voice_notes.html").read_text(encoding="utf-8")
    assert all(note["text"] in page for note in notes_in(folder))
    assert page.count('<article class="node"') == 5


def test_missing_recording_is_one_line_that_names_it(tmp_path):
    run = subprocess.run(
        [sys.executable, HERE / "voice_notes.py", "nowhere.wav", "--out", tmp_path], capture_output=True, text=True
    )
    assert run.returncode == 1
    assert "nowhere.wav" in run.stderr and "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []
