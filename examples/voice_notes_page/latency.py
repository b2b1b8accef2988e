"""Draws each node's latency distribution, all on one logarithmic time axis, with its counts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from .units import count, duration

_BINS_PER_DECADE = 12
_BASE = 58
_WHISKER = 72
_LABELS = 92
_BUCKET_RATIO = 9 / 8


def rows(nodes: Sequence[Mapping[str, Any]], elapsed_ns: int) -> str:
    """One article per node; they share the axis, so a column of them can be compared at a glance."""
    axis = Axis.spanning(node["latency"] for node in nodes)
    return "".join(_row(number, node, axis, elapsed_ns) for number, node in enumerate(nodes, start=1))


class Axis:
    """A logarithmic axis over whole decades of nanoseconds."""

    def __init__(self, first: int, last: int):
        self.first = first
        self.last = last

    @classmethod
    def spanning(cls, latencies: Iterable[Mapping[str, Any]]) -> "Axis":
        """The fewest decades that hold everything measured; microseconds to a second when nothing was."""
        measured = [latency for latency in latencies if latency["count"]]
        if not measured:
            return cls(3, 9)
        first = math.floor(math.log10(max(min(latency["min_ns"] for latency in measured), 1)))
        last = math.ceil(math.log10(max(max(latency["max_ns"] for latency in measured), 2)))
        return cls(first, max(last, first + 1))

    def share(self, nanos: float) -> float:
        """Where a duration lies: 0 at the left end, 1 at the right end."""
        place = (math.log10(max(nanos, 1)) - self.first) / (self.last - self.first)
        return min(max(place, 0.0), 1.0)

    def decades(self) -> Iterable[int]:
        """The powers of ten on the axis, both ends included."""
        return range(self.first, self.last + 1)

    @property
    def bins(self) -> int:
        """Into how many bars the axis is divided."""
        return (self.last - self.first) * _BINS_PER_DECADE

    def bin_edge_ns(self, index: int) -> float:
        """The duration at the left edge of a bar."""
        return 10 ** (self.first + index / _BINS_PER_DECADE)


def _row(number: int, node: Mapping[str, Any], axis: Axis, elapsed_ns: int) -> str:
    place = f"{escape(node['backend'])} · stage {node['stage']}"
    return f"""<article class="node" aria-labelledby="latency-{number}">
<header><h3 id="latency-{number}">{escape(node["id"])}</h3><p>{escape(node["node_type"])}</p><p>{place}</p></header>
<div class="chart">{_chart(node, axis)}</div>
<dl class="quantiles">{_quantiles(node["latency"])}</dl>
<dl class="counts">{_counts(node, elapsed_ns)}</dl>
</article>
"""


def _chart(node: Mapping[str, Any], axis: Axis) -> str:
    latency = node["latency"]
    if not latency["count"]:
        return '<p class="none">No call was timed.</p>'
    label = escape(
        f"Latency of {node['id']}: half of the calls within {duration(latency['p50_ns'])}, "
        f"90 % within {duration(latency['p90_ns'])}, 99 % within {duration(latency['p99_ns'])}"
    )
    return (
        f'<svg role="img" aria-label="{label}" height="{_LABELS + 4}">'
        f"{_grid(axis)}{_bars(latency['buckets'], axis)}{_whisker(latency, axis)}</svg>"
    )


def _grid(axis: Axis) -> str:
    lines = "".join(
        f'<line x1="{axis.share(10**power):.3%}" x2="{axis.share(10**power):.3%}" y1="0" y2="{_WHISKER + 8}"/>'
        for power in axis.decades()
    )
    labels = "".join(
        f'<text x="{axis.share(10**power):.3%}" y="{_LABELS}">{_decade(power)}</text>' for power in axis.decades()
    )
    return f'<g class="grid">{lines}</g><g class="labels">{labels}</g>'


def _decade(power: int) -> str:
    unit = ("ns", "µs", "ms", "s")[min(power // 3, 3)]
    return f"{10 ** (power - 3 * min(power // 3, 3))} {unit}"


def _bars(buckets: Sequence[Sequence[int]], axis: Axis) -> str:
    heights = spread(buckets, axis)
    highest = max(heights)
    return f'<g class="bars">{"".join(_bar(*pair, highest, axis) for pair in enumerate(heights) if pair[1])}</g>'


def _bar(index: int, calls: float, highest: float, axis: Axis) -> str:
    height = max(calls / highest * (_BASE - 4), 2)
    width = 1 / axis.bins
    span = f"{duration(axis.bin_edge_ns(index))} to {duration(axis.bin_edge_ns(index + 1))}"
    return (
        f'<rect x="{(index + 0.08) * width:.3%}" width="{0.84 * width:.3%}" y="{_BASE - height:.1f}" '
        f'height="{height:.1f}" rx="1.5"><title>{span}: about {count(max(round(calls), 1))} calls</title></rect>'
    )


def spread(buckets: Sequence[Sequence[int]], axis: Axis) -> list[float]:
    """Spreads the buckets over the bars, so that neither grid shows through the other.

    A bucket is known by its upper bound; it reaches down to the bucket before it, or by an eighth.
    """
    heights = [0.0] * axis.bins
    floor = 0
    for upper, calls in buckets:
        low = axis.share(max(floor, upper / _BUCKET_RATIO)) * axis.bins
        high = axis.share(upper) * axis.bins
        if high - low < 1e-9:
            heights[min(int(low), axis.bins - 1)] += calls
        else:
            for index in range(int(low), math.ceil(high)):
                heights[index] += calls * (min(high, index + 1) - max(low, index)) / (high - low)
        floor = upper
    return heights


def _whisker(latency: Mapping[str, Any], axis: Axis) -> str:
    low, high = axis.share(latency["min_ns"]), axis.share(latency["max_ns"])
    dots = "".join(
        f'<circle class="{name}" cx="{axis.share(latency[f"{name}_ns"]):.3%}" cy="{_WHISKER}" r="4.5"/>'
        for name in ("p99", "p90", "p50")
    )
    return f'<g class="whisker"><line x1="{low:.3%}" x2="{high:.3%}" y1="{_WHISKER}" y2="{_WHISKER}"/>{dots}</g>'


def _quantiles(latency: Mapping[str, Any]) -> str:
    if not latency["count"]:
        return ""
    return "".join(
        f'<div class="{name}"><dt>{name}</dt><dd>{duration(latency[f"{name}_ns"])}</dd></div>'
        for name in ("p50", "p90", "p99", "max")
    )


def _counts(node: Mapping[str, Any], elapsed_ns: int) -> str:
    flow = [("in", node["items_in"]), ("out", node["items_out"])]
    losses = [(name, node[name]) for name in ("dropped", "errors")]
    rare = [(name, node[name]) for name in ("skipped", "retries") if node[name]]
    busy = duration(node["busy_ns"]) + _of_session(node["busy_ns"], elapsed_ns)
    return (
        "".join(_figure(name, count(number)) for name, number in flow)
        + "".join(_figure(name, count(number), bad=number > 0) for name, number in losses + rare)
        + _figure("busy", busy)
    )


def _of_session(busy_ns: int, elapsed_ns: int) -> str:
    if not elapsed_ns:
        return ""
    share = busy_ns / elapsed_ns
    return " (under 0.1%)" if share < 0.001 else f" ({share:.1%})"


def _figure(name: str, value: str, bad: bool = False) -> str:
    mark = ' class="bad"' if bad else ""
    return f"<div{mark}><dt>{name}</dt><dd>{value}</dd></div>"
