"""Probe: how long `import MODULE` takes in a fresh process, and how much memory the process then holds."""

import sys
import time

CASE, WHO, MODULE = sys.argv[1:]

begin = time.perf_counter_ns()
__import__(MODULE)
took_ns = time.perf_counter_ns() - begin

# Imported afterwards, so that what the probe itself needs is not counted in the package's time.
from probe import report, resident_bytes

FINDINGS = {"import_time": (took_ns, "ns"), "import_rss": (resident_bytes(), "B")}
report(CASE, WHO, *FINDINGS[CASE], 1)
