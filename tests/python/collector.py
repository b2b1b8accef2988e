"""An OpenTelemetry collector for tests: takes OTLP over HTTP, reads it with the official protocol definitions.

As a program it prints its port, then each request as a line of JSON: the signal, the headers and what was sent.
With the argument ``mute`` it takes requests and never answers.
"""

import json
import queue
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

#: How long a request is waited for, in seconds. A guard: nothing takes that long.
PATIENCE = 30.0
SERVICES = {
    "/v1/traces": ("traces", ExportTraceServiceRequest, ExportTraceServiceResponse),
    "/v1/metrics": ("metrics", ExportMetricsServiceRequest, ExportMetricsServiceResponse),
}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    mute = False
    writing = threading.Lock()

    def do_POST(self):
        """Takes spans or metrics."""
        signal, request, response = SERVICES[self.path]
        sent = request.FromString(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.writing:
            print(json.dumps({"signal": signal, "headers": headers, "sent": MessageToDict(sent)}), flush=True)
        if self.mute:
            threading.Event().wait()
        answer = response().SerializeToString()
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        """Says nothing."""


def value(attribute):
    """The value of an attribute, of whichever type."""
    kind, content = next(iter(attribute["value"].items()))
    return int(content) if kind == "intValue" else content


def attributes(holder):
    """The attributes of a span, a resource or a data point, by name."""
    return {attribute["key"]: value(attribute) for attribute in holder.get("attributes", ())}


class Collector:
    """A collector in a process of its own, and what it took."""

    def __init__(self, *options):
        command = [sys.executable, str(Path(__file__)), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.endpoint = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.requests = []
        self._taken = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._taken.put(json.loads(line))

    def take(self):
        """Waits for the next request."""
        request = self._taken.get(timeout=PATIENCE)
        self.requests.append(request)
        return request

    def close(self):
        """Ends the collector; what it took is known then."""
        self.process.terminate()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        while not self._taken.empty():
            self.take()

    def resources(self, signal):
        """What was sent of one signal, by resource."""
        kind = {"traces": "resourceSpans", "metrics": "resourceMetrics"}[signal]
        return [part for request in self.requests if request["signal"] == signal for part in request["sent"][kind]]

    def spans(self):
        """Every span."""
        scopes = [scope for resource in self.resources("traces") for scope in resource["scopeSpans"]]
        return [span for scope in scopes for span in scope["spans"]]

    def points(self, name, **wanted):
        """The data points of a metric as it was told last, those whose attributes are as wanted."""
        found = {}
        for resource in self.resources("metrics"):
            metrics = [metric for scope in resource["scopeMetrics"] for metric in scope["metrics"]]
            found.update({metric["name"]: metric for metric in metrics})
        metric = found[name]
        kind = next(kind for kind in ("sum", "gauge", "histogram") if kind in metric)
        told = [(attributes(point), point) for point in metric[kind]["dataPoints"]]
        return [point for known, point in told if all(known[f"remotemedia.{key}"] == wanted[key] for key in wanted)]

    def count(self, name, **wanted):
        """The sum of a metric's data points."""
        return sum(int(point["asInt"]) for point in self.points(name, **wanted))


if __name__ == "__main__":
    Handler.mute = "mute" in sys.argv[1:]
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
