"""Spans and metrics reach an OpenTelemetry collector, and no pipeline waits for it or fails because of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from collector import Collector, attributes
from lives import GUARD

COMMAND = str(Path(sys.executable).parent / "remotemedia")
MANIFEST = {
    "version": "v1",
    "metadata": {"name": "sum"},
    "nodes": [
        {"id": "twice", "node_type": "Multiply", "params": {"factor": 2}},
        {"id": "plus", "node_type": "Add", "params": {"addend": 1}},
    ],
    "connections": [{"from": "twice", "to": "plus"}],
}
PYTHON = """
import logging
import remotemedia
logging.basicConfig(format="%(name)s: %(message)s")
class Double(remotemedia.Node):
    def process(self, value):
        return 2 * value
pipeline = remotemedia.Pipeline("calls")
pipeline.add(Double(name="double"))
for _ in range(3):
    print(pipeline.run([1, 2]))
"""


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture
def mute_collector():
    collector = Collector("mute")
    yield collector
    collector.close()


@pytest.fixture
def manifest(tmp_path):
    """``manifest(**fields of the first node)``: the path of a manifest."""

    def write(**fields):
        nodes = [MANIFEST["nodes"][0] | fields, MANIFEST["nodes"][1]]
        path = tmp_path / "sum.json"
        path.write_text(json.dumps(MANIFEST | {"nodes": nodes}))
        return str(path)

    return write


def run(command, collector=None, stdin="", **variables):
    """Runs a command to its end; what the test's own environment says of telemetry does not count."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    if collector is not None:
        own["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.endpoint
    environment = own | variables
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, timeout=GUARD)
    return done.returncode, done.stdout, done.stderr


def test_a_session_is_one_trace_of_what_its_nodes_did(collector, manifest):
    done = run([COMMAND, "run", manifest(), "--otel=" + collector.endpoint, "-i", "1", "-i", "2"])
    assert done == (0, "3\n5\n", "")
    collector.close()
    spans = collector.spans()
    session = next(span for span in spans if span["name"] == "session sum")
    assert attributes(session)["remotemedia.pipeline"] == "sum"
    assert {span["traceId"] for span in spans} == {session["traceId"]}
    items = [span for span in spans if "remotemedia.item" in attributes(span)]
    assert sorted((span["name"], attributes(span)["remotemedia.item"]) for span in items) == [
        ("process plus", 1),
        ("process plus", 2),
        ("process twice", 1),
        ("process twice", 2),
    ]
    # Nodes of one stage call each other.
    by_id = {span["spanId"]: span["name"] for span in spans}
    parents = {span["name"]: by_id[span["parentSpanId"]] for span in items}
    assert parents == {"process plus": "process twice", "process twice": "session sum"}


def test_what_the_nodes_counted_is_exported(collector, manifest):
    code, out, _ = run([COMMAND, "run", manifest(on_error="skip")], collector, stdin='1\n"x"\n3\n')
    assert (code, out) == (0, "3\n7\n")
    collector.close()
    counts = {
        (node, what): collector.count(f"remotemedia.node.{what}", pipeline="sum", node=node)
        for node in ("twice", "plus")
        for what in ("items_in", "items_out", "errors", "skipped", "dropped", "queue.depth")
    }
    expected = {"items_in": 3, "items_out": 2, "errors": 1, "skipped": 1, "dropped": 0, "queue.depth": 0}
    assert {what: count for (node, what), count in counts.items() if node == "twice"} == expected
    assert counts["plus", "items_in"] == counts["plus", "items_out"] == 2
    (twice,) = collector.points("remotemedia.node.duration", node="twice")
    assert attributes(twice)["remotemedia.node.type"] == "Multiply"
    assert int(twice["count"]) == sum(map(int, twice["bucketCounts"])) == 3
    assert collector.count("remotemedia.session.started") == 1
    assert collector.count("remotemedia.session.failed") == collector.count("remotemedia.session.running") == 0


def test_the_standard_variables_name_the_service_and_carry_headers(collector, manifest):
    names = {"OTEL_SERVICE_NAME": "notes", "OTEL_EXPORTER_OTLP_HEADERS": "x-team=audio"}
    assert run([COMMAND, "run", manifest(), "-i", "1"], collector, **names)[0] == 0
    collector.close()
    assert {request["signal"] for request in collector.requests} == {"traces", "metrics"}
    assert {request["headers"]["x-team"] for request in collector.requests} == {"audio"}
    resources = collector.resources("traces") + collector.resources("metrics")
    assert {attributes(part["resource"])["service.name"] for part in resources} == {"notes"}


def test_an_error_marks_its_node_and_its_session(collector, manifest):
    code, _, _ = run([COMMAND, "run", manifest(), "-i", '"x"'], collector)
    assert code == 1
    collector.close()
    failed = {span["name"]: span["status"] for span in collector.spans() if span["status"]}
    message = "expected a number, a list of numbers, audio or a tensor, found text"
    assert failed["process twice"] == {"code": "STATUS_CODE_ERROR", "message": message}
    assert failed["session sum"]["message"] == f"sum/twice: item 1: {message}"
    assert collector.count("remotemedia.session.failed") == 1


def test_programs_that_import_the_package_export_until_they_end(collector):
    assert run([sys.executable, "-c", PYTHON], collector) == (0, "[2, 4]\n" * 3, "")
    collector.close()
    names = [span["name"] for span in collector.spans()]
    assert (names.count("session calls"), names.count("process double_0")) >= (3, 6)
    assert collector.count("remotemedia.session.started") == 3
    assert collector.count("remotemedia.node.items_in", pipeline="calls") == 6


def test_metrics_are_told_while_a_session_runs(collector, manifest):
    environment = os.environ | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRIC_EXPORT_INTERVAL": "20",
    }
    command = [COMMAND, "run", manifest()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        print(20, file=process.stdin, flush=True)
        assert process.stdout.readline() == "41\n"
        told = []
        while told != [1, 1]:
            assert collector.take()["signal"] == "metrics"
            started = collector.count("remotemedia.session.running")
            told = [started, collector.count("remotemedia.node.items_in", node="plus") if started else 0]
        process.stdin.close()
    assert process.returncode == 0


def test_nothing_is_sent_where_telemetry_is_switched_off(collector, manifest):
    assert run([COMMAND, "run", manifest(), "-i", "1"], collector, OTEL_SDK_DISABLED="true") == (0, "3\n", "")
    none = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    assert run([COMMAND, "run", manifest(), "-i", "1"], collector, **none) == (0, "3\n", "")
    assert run([COMMAND, "run", manifest(), "-i", "1"]) == (0, "3\n", "")
    collector.close()
    assert collector.requests == []


def test_a_collector_that_is_not_there_is_said_once_and_changes_nothing(manifest):
    numbers = "".join(f"{number}\n" for number in range(2000))
    code, out, err = run([COMMAND, "run", manifest(), "--otel=http://127.0.0.1:9"], stdin=numbers)
    assert (code, out) == (0, "".join(f"{2 * number + 1}\n" for number in range(2000)))
    assert err.startswith("warning: telemetry is lost: cannot reach the collector at http://127.0.0.1:9/v1/")
    assert "Connection refused" in err and err.count("\n") == 1


def test_a_collector_that_is_not_there_is_said_in_the_log_of_python():
    code, out, err = run([sys.executable, "-c", PYTHON], OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert (code, out) == (0, "[2, 4]\n" * 3)
    assert err.startswith("remotemedia.telemetry: telemetry is lost: cannot reach the collector")
    assert err.count("\n") == 1


def test_a_collector_that_never_answers_is_given_up_on(mute_collector, manifest):
    code, out, err = run([COMMAND, "run", manifest(), "-i", "1"], mute_collector)
    assert (code, out) == (0, "3\n")
    assert err.startswith("warning: telemetry is lost: the collector took not all of it within 5s")
    assert err.count("\n") == 1


def test_spans_that_find_no_room_are_counted_to_the_last_one(collector, manifest):
    numbers = "".join(f"{number}\n" for number in range(5000))
    variables = {"OTEL_BSP_MAX_QUEUE_SIZE": "64", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "64"}
    code, out, err = run([COMMAND, "run", manifest()], collector, stdin=numbers, **variables)
    assert (code, out.count("\n")) == (0, 5000)
    collector.close()
    words = err.split()
    lost, ended = int(words[2]), int(words[4])
    assert words[:2] == ["warning:", "telemetry:"] and lost > 0
    # Two nodes with 5000 items, the begin and the end of each, and the session.
    assert ended == 2 * (5000 + 2) + 1
    assert len(collector.spans()) == ended - lost


def test_a_protocol_that_is_not_spoken_is_said_and_the_run_goes_on(collector, manifest):
    code, out, err = run([COMMAND, "run", manifest(), "-i", "1"], collector, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
    assert (code, out) == (0, "3\n")
    assert 'this build speaks "http/protobuf", found "grpc"' in err
    code, out, err = run([sys.executable, "-c", PYTHON], collector, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
    assert (code, out) == (0, "[2, 4]\n" * 3)
    assert err.count('this build speaks "http/protobuf", found "grpc"') == 1


def test_an_endpoint_that_was_asked_for_and_is_none_stops_the_command(manifest):
    code, out, err = run([COMMAND, "run", manifest(), "--otel=localhost:4318", "-i", "1"])
    assert (code, out) == (1, "")
    assert err == 'error: --otel: expected a URL such as http://localhost:4318, found "localhost:4318"\n'
