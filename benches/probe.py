"""What every probe needs: timing by alternation, memory readings, and one JSON line per finding."""

import json
import statistics
import time


def report(case, who, value, unit, n):
    """Print one finding: what was measured, on whom, and over how many operations."""
    print(json.dumps({"case": case, "who": who, "value": value, "unit": unit, "n": n}), flush=True)


def duration_ns(action):
    """How long one call of `action` takes, in nanoseconds."""
    begin = time.perf_counter_ns()
    action()
    return time.perf_counter_ns() - begin


def median_ns(action, rounds):
    """Median duration of `action` over `rounds` calls, after one call that warms it up."""
    action()
    return statistics.median(duration_ns(action) for _ in range(rounds))


async def median_async_ns(action, rounds):
    """`median_ns` for a coroutine function, within the running event loop."""
    await action()
    durations = []
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        await action()
        durations.append(time.perf_counter_ns() - begin)
    return statistics.median(durations)


def slope_ns(brief, lengthy, difference, rounds):
    """Cost of one of the `difference` operations that `lengthy` does and `brief` does not.

    The two alternate, so that a slow moment of the machine meets both.
    """
    brief()
    lengthy()
    pairs = [(duration_ns(brief), duration_ns(lengthy)) for _ in range(rounds)]
    briefly, at_length = (statistics.median(side) for side in zip(*pairs))
    return (at_length - briefly) / difference


def resident_bytes():
    """Memory of this process that is resident now (Linux only)."""
    with open("/proc/self/status", encoding="ascii") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
