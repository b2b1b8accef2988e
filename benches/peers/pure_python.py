"""Probe: the comparison cases on the pure-Python executors `asyncio` and `threads`, and on a bare loop of calls."""

import asyncio
import sys

import asyncio_executor
import thread_executor
import workload
from probe import median_async_ns, median_ns, report, slope_ns


class BareCalls:
    """The physical limit: every function called in turn, with no executor around it."""

    @staticmethod
    def run(functions, items):
        """All outputs of a chain of functions for all `items`."""
        outputs = []
        for item in items:
            for function in functions:
                item = function(item)
            outputs.append(item)
        return outputs


EXECUTORS = {"asyncio": asyncio_executor, "threads": thread_executor, "python_call": BareCalls}


def python_hop(who):
    """One more plain function as a node, in a stream."""
    run, items = EXECUTORS[who].run, list(range(workload.HOP_ITEMS))
    brief, lengthy = [workload.pass_through], [workload.pass_through] * (1 + workload.EXTRA_NODES)
    hops = workload.EXTRA_NODES * len(items)
    hop = slope_ns(lambda: run(brief, items), lambda: run(lengthy, items), hops, workload.HOP_ROUNDS)
    return hop, "ns", hops


def run_3(who):
    """`run([1, 2, 3])` of three nodes, start and teardown included."""
    run = EXECUTORS[who].run
    nodes = [workload.multiply, workload.add, workload.multiply]
    return median_ns(lambda: run(nodes, [1, 2, 3]), workload.RUN_ROUNDS), "ns", workload.RUN_ROUNDS


def math_chain(who):
    """One number through ten nodes that multiply and add, in a stream."""
    run, items = EXECUTORS[who].run, [float(i) for i in range(workload.MATH_ITEMS)]
    took = median_ns(lambda: run(workload.math_chain(), items), workload.HOP_ROUNDS)
    return took / len(items), "ns", len(items)


def round_trip_10(who):
    """One number through ten nodes and back, one at a time."""
    return _round_trip(who, workload.math_chain(), 1.0, workload.ROUND_TRIPS)


def array_1mb_10(who):
    """A 1 MiB float32 array through ten nodes and back, one at a time."""
    nodes = [workload.pass_through] * workload.CHAIN_NODES
    return _round_trip(who, nodes, workload.megabyte(), workload.ARRAY_ROUND_TRIPS)


def _round_trip(who, nodes, item, trips):
    if who == "asyncio":
        return asyncio.run(_round_trip_async(nodes, item, trips)), "ns", trips
    executor = thread_executor.ThreadExecutor(nodes)

    def trip():
        executor.send(item)
        executor.recv()

    took = median_ns(trip, trips)
    executor.finish()
    executor.join()
    return took, "ns", trips


async def _round_trip_async(nodes, item, trips):
    executor = asyncio_executor.AsyncioExecutor(nodes)

    async def trip():
        await executor.send(item)
        await executor.recv()

    took = await median_async_ns(trip, trips)
    await executor.finish()
    await executor.join()
    return took


CASES = {case.__name__: case for case in (python_hop, run_3, math_chain, round_trip_10, array_1mb_10)}

if __name__ == "__main__":
    name, who = sys.argv[1], sys.argv[2]
    report(name, who, *CASES[name](who))
