"""The cases of conformance/, which every host of the library runs, run from Python."""

import base64
import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from remotemedia import Audio, Packet, Pipeline
from remotemedia.core.exceptions import EndOfStream, RemoteMediaError

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "conformance").glob("*.json"))
HEADER = (ROOT / "remotemedia-ffi/include/remotemedia.h").read_text()
STATUS = {int(number): name.lower() for name, number in re.findall(r"#define RM_STATUS_(\w+) (-?\d+)", HEADER)}
PATIENCE = 10.0


class Host:
    """Takes the steps of one case on a session."""

    def __init__(self, session):
        self.session = session
        self.filled = 0

    def take(self, step):
        action, argument = next(iter(step.items()))
        getattr(self, action)(argument, step)

    def push(self, value, step):
        expected = step.get("expect", "ok")
        packet = value_of(value)
        if "pts" in step or "uninterruptible" in step:
            start = step["pts"] / 1e9 if "pts" in step else None
            packet = Packet(packet, start=start, uninterruptible=step.get("uninterruptible", False))
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
        if "pts" in step:
            assert packet.start == step["pts"] / 1e9

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
        while self.session.try_send(self.filled + 1):
            self.filled += 1
            assert self.filled < 1000, "the input never gets full"
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
        case _:
            raise ValueError(f"there is no value {kind}")


NUMPY = {"f32": np.float32, "i64": np.int64, "u8": np.uint8}


def same(found, expected):
    """Whether two values are the same, in kind and to the bit."""
    if isinstance(expected, tuple):
        return found.sample_rate == expected.sample_rate and same(np.asarray(found[0]), np.asarray(expected[0]))
    if isinstance(expected, np.ndarray):
        return found.dtype == expected.dtype and found.shape == expected.shape and found.tolist() == expected.tolist()
    if isinstance(expected, list | dict):
        return json.dumps(found) == json.dumps(expected)
    if isinstance(expected, float) and isinstance(found, float):
        return struct.pack("d", found) == struct.pack("d", expected)
    return type(found) is type(expected) and found == expected


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
    session = Pipeline.from_manifest(manifest).session(**case.get("session", {}))
    host = Host(session)
    for number, step in enumerate(case["steps"]):
        try:
            host.take(step)
        except AssertionError as error:
            raise AssertionError(f"step {number}: {step}: {error}") from error
    session.cancel()
