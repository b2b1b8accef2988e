"""Writes the page that shows what a voice pipeline heard and how long each node took.

The page is one HTML file without any outside resource, so it can be mailed, printed or opened offline.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from . import graph, latency, notes, queues, waveform
from .units import clock, count, duration, seconds

__all__ = ["write_page"]

_ASSETS = Path(__file__).parent
_SHEETS = ("base.css", "sections.css", "adapt.css")


def write_page(
    path: str | Path,
    *,
    title: str,
    samples: np.ndarray,
    sample_rate: int,
    notes: Sequence[Mapping[str, Any]],
    graph_svg: str,
    metrics: Mapping[str, Any],
) -> None:
    """Writes the page to ``path``.

    ``samples`` is the mono recording as floats, ``sample_rate`` in hertz. Each note has ``start`` and ``end`` in
    seconds and ``text``. ``graph_svg`` is what ``pipeline.inspect(format="svg")`` gives, ``metrics`` what
    ``session.metrics()`` gives.

    Raises ``ValueError`` when ``graph_svg`` is not an SVG drawing that can stand in a page of its own.
    """
    Path(path).write_text(_page(title, samples, sample_rate, notes, graph_svg, metrics), encoding="utf-8")


def _page(
    title: str,
    samples: np.ndarray,
    sample_rate: int,
    heard: Sequence[Mapping[str, Any]],
    graph_svg: str,
    metrics: Mapping[str, Any],
) -> str:
    length_s = len(samples) / sample_rate
    return Template(_asset("page.html")).substitute(
        title=escape(title),
        style="\n".join(_asset(sheet) for sheet in _SHEETS),
        script=_asset("page.js"),
        facts=_facts(length_s, heard, metrics),
        waveform=waveform.figure(samples, length_s, heard),
        notes=notes.listing(heard),
        graph=graph.inline(graph_svg),
        latency=latency.rows(metrics["nodes"], metrics["elapsed_ns"]),
        queues=queues.table(metrics["edges"]),
        pipeline=escape(metrics["pipeline"]),
    )


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _facts(length_s: float, heard: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any]) -> str:
    spoken_s = sum(note["end"] - note["start"] for note in heard)
    words = sum(len(note["text"].split()) for note in heard)
    elapsed_s = metrics["elapsed_ns"] / 1e9
    facts = [
        ("Length", clock(length_s), ""),
        ("Utterances", count(len(heard)), ""),
        ("Words", count(words), ""),
        ("Speech", seconds(spoken_s), f"{spoken_s / length_s:.0%} of the recording" if length_s else ""),
        ("Processed in", duration(metrics["elapsed_ns"]), _pace(length_s, elapsed_s)),
    ]
    return "\n".join(_fact(*fact) for fact in facts)


def _pace(length_s: float, elapsed_s: float) -> str:
    if not length_s or not elapsed_s:
        return ""
    return f"{length_s / elapsed_s:.1f} times real time"


def _fact(name: str, value: str, remark: str) -> str:
    extra = f'<dd class="remark">{remark}</dd>' if remark else ""
    return f"<div><dt>{name}</dt><dd>{value}</dd>{extra}</div>"
