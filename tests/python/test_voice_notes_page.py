"""The page of the voice notes example stands alone, escapes what it is given, and draws empty runs too."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

from voice_notes_page import write_page
from voice_notes_page.latency import Axis, spread
from voice_notes_page.units import clock, duration

SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="9" height="9"/></svg>'
HOSTILE = '"><script>alert(1)</script>&'
VOID = {"meta", "br", "hr", "img", "input", "link", "line", "rect", "circle", "path", "use"}


class Page(HTMLParser):
    """Collects the elements of a page and refuses one whose tags do not match."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.elements if name in (attributes.get("class") or "").split()]


def latency(count=3, buckets=((1023, 2), (9_215, 1)), **changes):
    measured = {"count": count, "min_ns": 900, "mean_ns": 3000.0, "max_ns": 9000, "buckets": [list(b) for b in buckets]}
    return measured | {"p50_ns": 1000, "p90_ns": 9000, "p99_ns": 9000} | changes


def unmeasured():
    return latency(0, (), min_ns=0, mean_ns=0.0, p50_ns=0, p90_ns=0, p99_ns=0, max_ns=0)


def node(name="Resample_1", **changes):
    counts = {"items_in": 3, "items_out": 3, "dropped": 0, "errors": 0, "skipped": 0, "retries": 0}
    place = {"id": name, "node_type": "Resample", "backend": "native", "stage": 0}
    return place | counts | {"queue_depth": 0, "queue_capacity": 16, "busy_ns": 9000, "latency": latency()} | changes


def edge(**changes):
    ends = {"from": "AudioSource_0.out", "to": "Resample_1.in"}
    return ends | {"depth": 0, "capacity": 16, "policy": "block", "dropped": 0} | changes


def metrics(*nodes, edges=None, **changes):
    report = {"pipeline": "voice_notes", "elapsed_ns": 500_000_000, "nodes": list(nodes) or [node()]}
    return report | {"edges": [edge()] if edges is None else edges} | changes


@pytest.fixture
def page(tmp_path):
    def write(**changes) -> Page:
        tone = np.sin(np.arange(32_000, dtype=np.float32) / 9)
        content = {"title": "meeting.wav", "samples": tone, "sample_rate": 16_000, "graph_svg": SVG}
        notes = [{"start": 0.25, "end": 1.0, "text": "good morning"}, {"start": 1.5, "end": 1.75, "text": "goodbye"}]
        path = tmp_path / "voice_notes.html"
        write_page(path, **content | {"notes": notes, "metrics": metrics()} | changes)
        return Page(path.read_text(encoding="utf-8"))

    return write


def test_every_reference_stays_inside_the_page(page):
    shown = page()
    references = [
        value
        for _, attributes in shown.elements
        for name, value in attributes.items()
        if name in ("href", "src", "srcset")
    ]
    assert references and all(value.startswith("#") for value in references)
    ids = {attributes["id"] for _, attributes in shown.elements if "id" in attributes}
    assert {value[1:] for value in references} <= ids
    styles_and_scripts = "".join(shown.words)
    assert not re.search(r"@import|url\((?!#)|fetch\(|https?://", styles_and_scripts)


def test_text_from_outside_is_never_markup(page):
    nodes = metrics(
        node(HOSTILE, node_type=HOSTILE, backend=HOSTILE),
        edges=[edge(**{"from": HOSTILE, "to": HOSTILE, "policy": HOSTILE})],
        pipeline=HOSTILE,
    )
    shown = page(title=HOSTILE, notes=[{"start": 0.0, "end": 1.0, "text": HOSTILE}], metrics=nodes)
    assert len(shown.named("script")) == 1
    assert "".join(shown.words).count(HOSTILE) == 10
    assert any(HOSTILE in (link.get("aria-label") or "") for link in shown.named("a"))


def test_notes_stand_where_they_were_said(page):
    shown = page()
    styles = [item["style"] for item in shown.named("li") if "style" in item]
    assert styles == ["left:12.5000%;width:37.5000%", "left:75.0000%;width:12.5000%"]
    assert [item["datetime"] for item in shown.named("time")] == ["PT0.250S", "PT1.000S", "PT1.500S", "PT1.750S"]


def test_note_that_leaves_the_recording_is_cut_at_its_ends(page):
    shown = page(notes=[{"start": -1.0, "end": 9.0, "text": "long"}])
    assert [item["style"] for item in shown.named("li") if "style" in item] == ["left:0.0000%;width:100.0000%"]


def test_recording_without_notes_says_so(page):
    words = "".join(page(notes=[]).words)
    assert "No utterance was found in this recording." in words
    assert "Nothing was said." in words


def test_note_without_text_is_marked(page):
    shown = page(notes=[{"start": 0.0, "end": 1.0, "text": " "}])
    assert len(shown.of_class("unclear")) == 1


def test_empty_recording_has_a_page(page):
    words = page(samples=np.zeros(0, np.float32), notes=[]).words
    assert "0:00" in words


def test_node_that_took_no_call_has_no_chart(page):
    shown = page(metrics=metrics(node(latency=unmeasured(), busy_ns=0)))
    assert "No call was timed." in shown.words
    assert len(shown.of_class("bars")) == 0


def test_calls_that_took_no_time_are_drawn(page):
    instant = latency(5, ((0, 5),), min_ns=0, mean_ns=0.0, p50_ns=0, p90_ns=0, p99_ns=0, max_ns=0)
    shown = page(metrics=metrics(node(latency=instant), elapsed_ns=0))
    assert len(shown.of_class("bars")) == 1
    assert [circle["cx"] for circle in shown.named("circle")] == ["0.000%"] * 3


def test_losses_stand_out(page):
    assert len(page().of_class("bad")) == 0
    shown = page(metrics=metrics(node(dropped=2, errors=1, retries=4), edges=[edge(dropped=2)]))
    assert len(shown.of_class("bad")) == 4


def test_connection_within_a_stage_is_a_direct_call(page):
    assert "direct call" not in page().words
    assert "direct call" in page(metrics=metrics(edges=[edge(capacity=0)])).words


def test_bars_keep_every_call():
    buckets = [[1_023, 40], [1_151, 7], [65_535, 3], [999_999_999, 1]]
    assert sum(spread(buckets, Axis(3, 9))) == pytest.approx(51)


def test_axis_covers_what_was_measured():
    axis = Axis.spanning([latency(min_ns=1_500), latency(max_ns=2_500_000_000), unmeasured()])
    assert list(axis.decades()) == [2, 3, 4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize(
    ("svg", "message"),
    [
        ("<svg", "not well-formed"),
        ("<p/>", "starts with <p>, expected <svg>"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "holds a <script>"),
        ('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "attribute onload"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><image href="a.png"/></svg>', "refers to 'a.png'"),
    ],
)
def test_drawing_that_is_not_plain_is_refused(page, svg, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        page(graph_svg=svg)


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "0 ns"),
        (5, "5 ns"),
        (850, "850 ns"),
        (1_000, "1.00 µs"),
        (12_400, "12.4 µs"),
        (999_600_000, "1.00 s"),
        (99_990, "100 µs"),
        (2.5e10, "25.0 s"),
    ],
)
def test_duration_has_three_digits_and_its_unit(nanos, text):
    assert duration(nanos) == text


@pytest.mark.parametrize(
    ("at_s", "decimals", "text"),
    [(0, 0, "0:00"), (59.96, 1, "1:00.0"), (61.25, 1, "1:01.2"), (3723.5, 0, "1:02:04")],
)
def test_clock_carries_its_rounding(at_s, decimals, text):
    assert clock(at_s, decimals) == text
