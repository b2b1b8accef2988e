"""Probe: how long an import takes in a fresh process, and how much memory the process then holds."""

import sys
import time

CASE, WHO, STATEMENT = sys.argv[1:]

begin = time.perf_counter_ns()
exec(STATEMENT)
took_ns = time.perf_counter_ns() - begin

# Read before anything else is imported, so that what this probe needs is not counted to the package.
with open("/proc/self/status", encoding="ascii") as status:
    resident_bytes = 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

from probe import report

FINDINGS = {"import_time": (took_ns, "ns"), "import_rss": (resident_bytes, "B")}
report(CASE, WHO, *FINDINGS[CASE], 1)
