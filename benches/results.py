"""Writes what was measured as a report in Markdown: the machine, the table, and how each row was measured."""

import platform
import statistics
import subprocess
from datetime import UTC, datetime

from rows import NAMES, OURS

SCALES = {
    "ns": ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")),
    "B": ((1e6, "MB"), (1e3, "KB"), (1, "B")),
}

HEAD = """\
# Results of the benchmarks

Written by `make bench`; do not edit. Ours and each peer ran by turns in one run on one machine, {repetitions} times or as
often as a row says; a value is the median of these, the range in brackets their lowest and highest. The ratio is peer by
ours: above 1, ours is better by that factor. It is the median of the ratios of each turn, in which all met the machine
in the same state, and need not be the ratio of the medians. Compare ratios, not times: another machine gives other
times, and so does this one when it is busy.
"""


def report(rows, measured, repetitions, facts):
    """The whole report as text."""
    machine = "## The machine\n\n" + "\n".join(f"- {name}: {fact}" for name, fact in facts.items()) + "\n"
    parts = [HEAD.format(repetitions=repetitions), machine, _table(rows, measured)]
    parts += [_section(row, measured[row.case]) for row in rows]
    return "\n".join(parts)


def facts(runners, load):
    """The machine and what ran on it. `load` holds the load averages of one minute before and after the run."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "load average": f"{load[0]:.1f} before the run, {load[1]:.1f} after it; the run itself makes 1 to 2",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Rust": _output("rustc", "--version"),
        "Python": platform.python_version(),
        "GStreamer": _output("pkg-config", "--modversion", "gstreamer-1.0"),
        "pipecat-ai": _package(runners["pipecat"], "pipecat-ai"),
        "remotemedia-client": _package(runners["earlier"], "remotemedia-client"),
        "numpy": _package(runners["pure"], "numpy"),
        "commit": _output("git", "describe", "--always", "--dirty", otherwise="not known"),
    }


def _table(rows, measured):
    lines = ["| what | ours | peer | ratio | target | met? |", "|---|---|---|---|---|---|"]
    for row in rows:
        found = measured[row.case]
        ours, peer = _shown(found, OURS), next((who for who in row.peers if who in found.samples), None)
        beside = f"{NAMES[peer]}: {_median(found, peer)}" if peer else "–"
        cells = (row.what, ours, beside, _ratio_text(found, peer), row.target, _verdict(row, found))
        lines.append(f"| {' | '.join(cells)} |")
    return "## The table\n\n" + "\n".join(lines) + "\n"


def _section(row, found):
    lines = [f"## {row.what[0].upper()}{row.what[1:]}", "", row.how, ""]
    if found.samples:
        lines += ["| who | value | ratio to ours | operations per run |", "|---|---|---|---|"]
        for who in sorted(
            found.samples, key=lambda who: (who != OURS, row.peers.index(who) if who in row.peers else 99)
        ):
            name = "ours" if who == OURS else NAMES[who]
            lines.append(f"| {name} | {_shown(found, who)} | {_ratio_text(found, who)} | {found.operations[who]:,} |")
        lines.append("")
    reasons = dict.fromkeys(found.failures.values())
    lines += [f"Not measured in this run: {reason}." for reason in reasons]
    return "\n".join(lines).rstrip() + "\n"


def _verdict(row, found):
    if OURS not in found.samples:
        return "not measured"
    if row.factor is not None:
        ratios = [_ratio(found, who) for who in row.peers if who in found.samples]
        return _yes_or_factor(min(ratios) >= row.factor, row.factor / min(ratios)) if ratios else "no peer"
    ours = found.summary(OURS)
    if ours["unit"] == "ns" and ours["value"] <= 0:
        return "not measured: noise was greater"
    return _yes_or_factor(ours["value"] < row.limit, ours["value"] / row.limit)


def _yes_or_factor(met, missed_by):
    return "yes" if met else f"no, missed by {missed_by:.2f}x"


def _ratio(found, who):
    turns = zip(found.samples[OURS], found.samples[who], strict=False)
    return statistics.median(peer / ours if ours > 0 else float("inf") for ours, peer in turns)


def _ratio_text(found, who):
    if who is None or who == OURS or OURS not in found.samples:
        return "–"
    ratio = _ratio(found, who)
    return f"{ratio:,.0f}x" if ratio >= 100 else f"{ratio:.3g}x"


def _median(found, who):
    summary = found.summary(who)
    return _quantity(summary["value"], summary["unit"])


def _shown(found, who):
    if who not in found.samples:
        return "not measured"
    summary = found.summary(who)
    low, high = (_quantity(value, summary["unit"]) for value in summary["spread"])
    return f"{_median(found, who)} ({low} – {high})"


def _quantity(value, unit):
    scale, name = next((pair for pair in SCALES[unit] if abs(value) >= pair[0]), SCALES[unit][-1])
    return f"{value / scale:.3g} {name}" if abs(value / scale) < 1000 else f"{value / scale:,.0f} {name}"


def _processor():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        models = [line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")]
    return f"{models[0] if models else platform.processor()}, {len(models)} cores"


def _package(python, name):
    return _output(python, "-c", f"import importlib.metadata as m; print(m.version('{name}'))")


def _output(*command, otherwise="not installed"):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return otherwise
