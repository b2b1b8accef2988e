"""Turns a recording into timed notes.

    python examples/voice_notes.py meeting.wav --out notes

Prints each note as it is found, then writes ``voice_notes.json`` and ``voice_notes.html``. Reads WAV, FLAC, MP3 and
OGG at any rate, width and channel count. Needs ``pip install pocketsphinx`` and the Silero network, which
``scripts/setup.sh`` puts into ``models``.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from voice_notes_page import write_page

from remotemedia import AudioSource, Node, Pipeline, RemoteMediaError
from remotemedia.nodes import ChannelMix, Resample, VoiceActivity

RATE = 16_000
MODEL = Path(__file__).resolve().parents[1] / "models" / "silero_vad_openvino_16k.onnx"


class Transcribe(Node):
    """Recognises the English speech of one utterance per packet."""

    def initialize(self):
        from pocketsphinx import Decoder

        self.decoder = Decoder(samprate=RATE, loglevel="FATAL")

    def process(self, utterance):
        pcm = np.clip(utterance.samples * 32768, -32768, 32767).astype(np.int16)
        self.decoder.start_utt()
        self.decoder.process_raw(pcm.tobytes(), full_utt=True)
        self.decoder.end_utt()
        heard = self.decoder.hyp()
        return heard.hypstr if heard else ""


def voice_notes(recording: Path) -> Pipeline:
    """The pipeline from a sound file to one text per utterance."""
    p = Pipeline("voice_notes")
    p.add(AudioSource(str(recording)))
    p.add(ChannelMix(channels=1))
    p.add(Resample(RATE))
    p.add(VoiceActivity(model=str(MODEL), padding_ms=100))
    p.add(Transcribe())
    return p


def waveform(recording: Path) -> np.ndarray:
    """The recording as one channel at ``RATE``, for the picture."""
    p = Pipeline("waveform")
    p.add(AudioSource(str(recording), chunk_ms=1000))
    p.add(ChannelMix(channels=1))
    p.add(Resample(RATE))
    return np.concatenate([np.zeros(0, np.float32), *(packet.value.samples for packet in p.stream())])


def take_notes(pipeline: Pipeline) -> tuple[list[dict], dict]:
    """Runs the pipeline and prints each note as it comes; gives the notes and the session's metrics."""
    notes = []
    with pipeline.session() as session:
        session.finish()
        for note in session:
            notes.append({"start": round(note.start, 3), "end": round(note.end, 3), "text": note.value})
            print(f"{note.start:7.2f} {note.end:7.2f}  {note.value or '(not understood)'}", flush=True)
        return notes, session.metrics()


def main() -> None:
    """Reads the command line, takes the notes and writes both files."""
    parser = argparse.ArgumentParser(description="Turns a recording into timed notes.")
    parser.add_argument("recording", type=Path, help="a WAV, FLAC, MP3 or OGG file")
    parser.add_argument("--out", type=Path, default=Path(), help="the folder for voice_notes.json and voice_notes.html")
    asked = parser.parse_args()

    pipeline = voice_notes(asked.recording)
    try:
        notes, metrics = take_notes(pipeline)
        samples = waveform(asked.recording)
    except RemoteMediaError as error:
        sys.exit(f"voice_notes: {error}")

    asked.out.mkdir(parents=True, exist_ok=True)
    content = {"recording": asked.recording.name, "notes": notes}
    (asked.out / "voice_notes.json").write_text(
        json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    write_page(
        asked.out / "voice_notes.html",
        title=asked.recording.name,
        samples=samples,
        sample_rate=RATE,
        notes=notes,
        graph_svg=pipeline.inspect(format="svg"),
        metrics=metrics,
    )
    found = "1 note" if len(notes) == 1 else f"{len(notes)} notes"
    print(f"{found} in {metrics['elapsed_ns'] / 1e9:.1f} s: {asked.out}/voice_notes.json, {asked.out}/voice_notes.html")


if __name__ == "__main__":
    main()
