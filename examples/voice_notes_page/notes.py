"""Lists the notes: when, and what was said."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .units import clock, seconds


def listing(notes: Sequence[Mapping[str, Any]]) -> str:
    """The notes in order, each with an anchor that the waveform links to."""
    if not notes:
        return '<p class="none">Nothing was said.</p>'
    return f'<ol class="notes">{"".join(_note(*pair) for pair in enumerate(notes, start=1))}</ol>'


def _note(number: int, note: Mapping[str, Any]) -> str:
    start, end = float(note["start"]), float(note["end"])
    text = escape(note["text"])
    said = f'<p dir="auto">{text}</p>' if text.strip() else '<p class="unclear">not understood</p>'
    return (
        f'<li id="note-{number}" tabindex="-1"><span class="number" aria-hidden="true">{number}</span>'
        f'<span class="when">{_time(start)}<span aria-hidden="true">–</span>'
        f'<span class="unseen"> to </span>{_time(end)}</span>{said}'
        f'<span class="length">{seconds(end - start)}</span></li>'
    )


def _time(at_s: float) -> str:
    return f'<time datetime="PT{at_s:.3f}S">{clock(at_s, 1)}</time>'
