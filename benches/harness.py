"""Runs the probes of every row by turns and sums up what they find."""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import results
from rows import ROWS

HERE = Path(__file__).resolve().parent
PROBE_TIMEOUT_S = 120


@dataclass
class Measured:
    """What the probes of one row found: samples by who was measured, and why probes gave none."""

    samples: dict = field(default_factory=lambda: defaultdict(list))
    units: dict = field(default_factory=dict)
    operations: dict = field(default_factory=dict)
    failures: dict = field(default_factory=dict)

    def add(self, finding):
        """Keep one line that a probe printed."""
        who = finding["who"]
        self.samples[who].append(finding["value"])
        self.units[who] = finding["unit"]
        self.operations[who] = finding["n"]

    def summary(self, who):
        """Median and spread over the repetitions."""
        samples = self.samples[who]
        return {
            "who": who,
            "value": statistics.median(samples),
            "unit": self.units[who],
            "n": self.operations[who],
            "spread": [min(samples), max(samples)],
            "repetitions": len(samples),
        }


def main():
    """Measure the chosen rows, print a JSON line for each finding, and write the report."""
    options = _options()
    chosen = [row for row in ROWS if not options.rows or row.case in options.rows.split(",")]
    measured, load = {}, [os.getloadavg()[0]]
    for row in chosen:
        measured[row.case] = _measure(row, options)
        for who in measured[row.case].samples:
            print(json.dumps({"case": row.case, **measured[row.case].summary(who)}), flush=True)
    load.append(os.getloadavg()[0])
    if options.out:
        facts = results.facts(_runners(options), load)
        Path(options.out).write_text(results.report(chosen, measured, options.repetitions, facts))


def _options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="", help="cases to measure, divided by commas; all by default")
    parser.add_argument("--repetitions", type=int, default=5, help="how often each probe runs")
    parser.add_argument("--cache", type=Path, required=True, help="folder that holds the peers")
    parser.add_argument("--out", help="file to write the report to")
    return parser.parse_args()


def _runners(options):
    cache = options.cache
    python = {name: cache / name / "bin" / "python" for name in ("ours", "pure", "earlier", "pipecat")}
    hosts = {name: cache / f"host_call_{name}" for name in ("c", "cpp", "go")}
    return {**python, **hosts, "gstreamer": cache / "gst_identity", "rust": cache / "remotemedia-benches"}


def _measure(row, options):
    measured, runners = Measured(), _runners(options)
    turns = options.repetitions * row.turns
    for turn in range(turns):
        for probe in row.probes:
            if probe in measured.failures:
                continue
            note(f"{row.case} {turn + 1}/{turns}: {probe.runner} {' '.join(probe.arguments)}")
            _run_probe(probe, runners[probe.runner], measured)
    return measured


def _run_probe(probe, program, measured):
    if not program.exists():
        measured.failures[probe] = f"{probe.runner} (not installed)"
        return
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    try:
        done = subprocess.run(
            [program, *probe.arguments],
            cwd=HERE,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        measured.failures[probe] = f"{probe.runner} (took longer than {PROBE_TIMEOUT_S} s)"
        return
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        measured.failures[probe] = f"{probe.runner} (ended with code {done.returncode}: {lines[-1]})"
        note(measured.failures[probe])
        return
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            measured.add(json.loads(line))


def note(text):
    """Tell the person who waits what is going on, away from the findings."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
