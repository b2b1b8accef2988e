"""The cases of conformance/, which every host of the library runs, run from Python."""

import base64
import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from remotemedia import Audio, Encoded, Packet, Pipeline, Video
from remotemedia.core.exceptions import EndOfStream, RemoteMediaError

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "conformance").glob("*.json"))
HEADER = (ROOT / "remotemedia-ffi/include/remotemedia.h").read_text()
STATUS = {int(number): name.lower() for name, number in re.findall(r"#define RM_STATUS_(\w+) (-?\d+)", HEADER)}
PATIENCE = 10.0
# How long an input is full before it is taken to stay so.
REST = 0.5


class Host:
    """Takes the steps of one case on a session."""

    def __init__(self, pipeline, sizes):
        self.pipeline = pipeline
        self.session = pipeline.session(**sizes)
        self.filled = 0

    def take(self, step):
        action, argument = next(iter(step.items()))
        getattr(self, action)(argument, step)

    def push(self, value, step):
        expected = step.get("expect", "ok")
        packet = Packet(value_of(value), **description(step))
        try:
            if expected == "would_block":
                assert not self.session.try_send(packet, port=step.get("port"))
                return
            self.session.send(packet, port=step.get("port"), timeout=PATIENCE)
        except RemoteMediaError as error:
            check(error, step)
            assert STATUS[error.status] == expected
        else:
            assert expected == "ok"

    def poll(self, value, step):
        packet = self.session.recv(port=step.get("port"), timeout=PATIENCE)
        assert same(packet.value, value_of(value)), packet
        for name, said in description(step).items():
            assert getattr(packet, name) == said

    def poll_status(self, expected, step):
        try:
            packet = self.session.recv(port=step.get("port"), timeout=0 if expected == "would_block" else PATIENCE)
        except TimeoutError:
            assert expected == "would_block"
        except EndOfStream:
            assert expected == "end"
        except RemoteMediaError as error:
            check(error, step)
            assert STATUS[error.status] == expected
        else:
            pytest.fail(f"expected {expected}, found {packet}")

    def fill(self, _, step):
        with pytest.raises(TimeoutError):
            while self.filled < 1000:
                self.session.send(self.filled + 1, timeout=REST)
                self.filled += 1
        assert self.filled > 0

    def poll_filled(self, _, step):
        for number in range(1, self.filled + 1):
            self.poll(number, step)

    def close(self, port, step):
        self.session.finish(port)

    def interrupt(self, _, step):
        self.session.interrupt()

    def cancel(self, _, step):
        self.session.cancel()

    def drain(self, expected, step):
        self.session.finish()
        try:
            for _ in self.session:
                pass
        except RemoteMediaError as error:
            assert STATUS[error.status] == expected
        else:
            assert expected == "ok"

    def inspect(self, expected, step):
        check_report(json.loads(self.pipeline.inspect(format="json")), expected)

    def metrics(self, expected, step):
        check_report(self.session.metrics(), expected)


def description(step):
    """The time and the metadata that a step says, as a packet names them."""
    names = {"attributes": "metadata", "seq": "seq", "stream": "stream", "uninterruptible": "uninterruptible"}
    said = {name: step[key] for key, name in names.items() if key in step}
    times = {"pts": "start", "duration": "duration"}
    return said | {name: step[key] / 1e9 for key, name in times.items() if key in step}


def check_report(report, expected):
    """A report says, at each place that a case names, what the case says; a place is a JSON pointer."""
    for place, value in expected.items():
        found = report
        for name in place.split("/")[1:]:
            found = found[int(name) if isinstance(found, list) else name]
        assert found == value, place


def check(error, step):
    expected = step.get("error", {})
    assert expected.get("message_has", "") in str(error)
    for name in expected.keys() & {"status", "pipeline", "node", "port", "item"}:
        assert getattr(error, name) == expected[name]


def value_of(value):
    """The value that a case writes."""
    if not (isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$")):
        return value
    kind, value = next(iter(value.items()))
    match kind:
        case "$bytes":
            return base64.b64decode(value)
        case "$repeat":
            return value[0] * value[1]
        case "$float":
            return float(value)
        case "$audio":
            assert value["format"] == "f32"
            samples = np.array(value["samples"], np.float32).reshape(-1, value["channels"]).T
            return Audio(samples[0] if value["channels"] == 1 else samples, value["rate"])
        case "$tensor":
            return np.array(value["values"], NUMPY[value["dtype"]]).reshape(value["shape"])
        case "$video":
            return Video(value["format"], value["width"], value["height"], base64.b64decode(value["data"]))
        case "$encoded":
            return Encoded(value["codec"], base64.b64decode(value["data"]), value["key_frame"])
        case _:
            raise ValueError(f"there is no value {kind}")


NUMPY = {"f32": np.float32, "i64": np.int64, "u8": np.uint8}


def same(found, expected):
    """Whether two values are the same, in kind and to the bit."""
    if isinstance(expected, tuple):
        return found.sample_rate == expected.sample_rate and same(np.asarray(found[0]), np.asarray(expected[0]))
    if isinstance(expected, np.ndarray):
        return found.dtype == expected.dtype and found.shape == expected.shape and found.tolist() == expected.tolist()
    if isinstance(expected, Video):
        return picture(found) == picture(expected)
    if isinstance(expected, Encoded):
        return unit(found) == unit(expected)
    if isinstance(expected, list | dict):
        return json.dumps(found) == json.dumps(expected)
    if isinstance(expected, float) and isinstance(found, float):
        return struct.pack("d", found) == struct.pack("d", expected)
    return type(found) is type(expected) and found == expected


def picture(video):
    return video.format, video.width, video.height, [plane.tolist() for plane in video.planes]


def unit(encoded):
    return encoded.codec, encoded.key_frame, encoded.data


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case_holds(path):
    case = json.loads(path.read_text())
    manifest = case.get("manifest_text", json.dumps(case.get("manifest")))
    first = case["steps"][0]
    if "open" in first:
        with pytest.raises(RemoteMediaError) as raised:
            Pipeline.from_manifest(manifest).inspect()
        check(raised.value, first)
        assert STATUS[raised.value.status] == first["open"]
        return
    host = Host(Pipeline.from_manifest(manifest), case.get("session", {}))
    for number, step in enumerate(case["steps"]):
        try:
            host.take(step)
        except AssertionError as error:
            raise AssertionError(f"step {number}: {step}: {error}") from error
    host.session.cancel()
