"""Draws a recording's waveform with its utterances as links to their notes."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from .units import clock, seconds

_COLUMNS = 1000
_HEIGHT = 200
_NUMBERED = 60
_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS = 10
_LAST_TICK = 0.96


def figure(samples: np.ndarray, length_s: float, notes: Sequence[Mapping[str, Any]]) -> str:
    """The figure: waveform, utterances, time axis and the line where the text under the pointer appears."""
    spans = [_share(note, length_s) for note in notes]
    label = f"Waveform of {seconds(length_s)} of sound with {len(notes)} utterances"
    return f"""<figure class="wave" data-length="{length_s:.3f}">
<div class="plot">
{_drawing(samples, spans, label)}
<ol class="spans">{"".join(_span(*pair) for pair in enumerate(zip(notes, spans, strict=True), start=1))}</ol>
<div class="cursor" aria-hidden="true" hidden><span></span></div>
</div>
<div class="axis" aria-hidden="true">{_ticks(length_s)}</div>
<figcaption><p class="hint">{_hint(notes)}</p><p class="said" aria-live="polite" dir="auto" hidden></p></figcaption>
</figure>"""


def _share(note: Mapping[str, Any], length_s: float) -> tuple[float, float]:
    """Where the note starts and how much it takes, as shares of the recording."""
    if not length_s:
        return 0.0, 0.0
    start, end = (min(max(note[edge] / length_s, 0.0), 1.0) for edge in ("start", "end"))
    return start, max(end - start, 0.0)


def _drawing(samples: np.ndarray, spans: Sequence[tuple[float, float]], label: str) -> str:
    low, high, rms = _envelope(samples)
    middle = _HEIGHT / 2
    shapes = '<use class="peaks" href="#wave-peaks"/><use class="loudness" href="#wave-loudness"/>'
    clip = "".join(
        f'<rect x="{start * _COLUMNS:.2f}" y="0" width="{width * _COLUMNS:.2f}" height="{_HEIGHT}"/>'
        for start, width in spans
    )
    return f"""<svg viewBox="0 0 {_COLUMNS} {_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{label}">
<defs><clipPath id="wave-speech">{clip}</clipPath>
<path id="wave-peaks" d="{_outline(low, high)}"/><path id="wave-loudness" d="{_outline(-rms, rms)}"/></defs>
<line class="zero" x1="0" x2="{_COLUMNS}" y1="{middle}" y2="{middle}"/>
<g class="rest">{shapes}</g>
<g class="speech" clip-path="url(#wave-speech)">{shapes}</g>
</svg>"""


def _envelope(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest value, highest value and RMS of each column, scaled so that the loudest sample fills the height."""
    if len(samples) == 0:
        return np.zeros(1), np.zeros(1), np.zeros(1)
    columns = min(_COLUMNS, len(samples))
    edges = np.linspace(0, len(samples), columns, endpoint=False).astype(np.int64)
    scale = max(float(np.max(np.abs(samples))), 1e-4)
    low = np.minimum.reduceat(samples, edges) / scale
    high = np.maximum.reduceat(samples, edges) / scale
    sizes = np.diff(np.append(edges, len(samples)))
    power = np.add.reduceat(np.square(samples, dtype=np.float64), edges) / sizes
    return low, high, np.sqrt(power) / scale


def _outline(low: np.ndarray, high: np.ndarray) -> str:
    """A closed path along the upper edge and back along the lower one."""
    x = (np.arange(len(high)) + 0.5) * (_COLUMNS / len(high))
    middle = _HEIGHT / 2
    reach = middle * 0.94
    there = [f"{at:.1f} {middle - value * reach:.1f}" for at, value in zip(x, high, strict=True)]
    back = [f"{at:.1f} {middle - value * reach:.1f}" for at, value in zip(x[::-1], low[::-1], strict=True)]
    return f"M{'L'.join(there + back)}Z"


def _span(number: int, placed: tuple[Mapping[str, Any], tuple[float, float]]) -> str:
    note, (start, width) = placed
    when = f"{clock(note['start'], 1)} to {clock(note['end'], 1)}"
    label = escape(f"Utterance {number}, {when}: {note['text']}")
    badge = f"<span>{number}</span>" if number <= _NUMBERED else ""
    return (
        f'<li style="left:{start:.4%};width:{width:.4%}"><a href="#note-{number}" aria-label="{label}">{badge}</a></li>'
    )


def _ticks(length_s: float) -> str:
    if not length_s:
        return ""
    step = next((step for step in _TICK_STEPS_S if length_s / step <= _MOST_TICKS), _TICK_STEPS_S[-1])
    marks = [at for at in range(0, int(length_s) + 1, step) if at <= length_s * _LAST_TICK]
    return "".join(f'<span style="left:{at / length_s:.4%}">{clock(at)}</span>' for at in marks)


def _hint(notes: Sequence[Mapping[str, Any]]) -> str:
    if not notes:
        return "No utterance was found in this recording."
    return "Point at an utterance to read it here."
