"""Probe: the comparison cases on `remotemedia-client` 0.2.0, the earlier public package.

Its Rust runtime is not published, so what runs is its own Python executor. Nodes are those that the package ships.
"""

import asyncio
import logging
import os
import statistics
import sys
import time
import warnings

import workload
from probe import median_async_ns, report

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

from remotemedia.core.pipeline import Pipeline
from remotemedia.nodes.base import PassThroughNode
from remotemedia.nodes.simple_math import AddNode, MultiplyNode

WHO = "earlier"


def _pipeline(nodes):
    pipeline = Pipeline(name="bench")
    for node in nodes:
        pipeline.add_node(node)
    return pipeline


def _math_nodes():
    pairs = workload.CHAIN_NODES // 2
    return [n for _ in range(pairs) for n in (MultiplyNode(factor=2.0), AddNode(addend=1.0))]


async def run_3():
    """`run([1, 2, 3])` of three nodes, start and teardown included: once, for it takes seconds."""
    begin = time.perf_counter_ns()
    pipeline = _pipeline([MultiplyNode(factor=2.0), AddNode(addend=1.0), MultiplyNode(factor=2.0)])
    await pipeline.run([1, 2, 3])
    return time.perf_counter_ns() - begin, "ns", 1


async def math_chain():
    """One number through ten nodes that multiply and add, in a stream."""
    took = await _stream_ns(_math_nodes(), [float(i) for i in range(workload.MATH_ITEMS)])
    return took / workload.MATH_ITEMS, "ns", workload.MATH_ITEMS


async def python_hop():
    """One more node of the package's own `PassThroughNode` class, in a stream."""
    items = list(range(workload.HOP_ITEMS))
    brief, lengthy = [], []
    for _ in range(3):
        brief.append(await _stream_ns([PassThroughNode()], items))
        lengthy.append(await _stream_ns([PassThroughNode() for _ in range(1 + workload.EXTRA_NODES)], items))
    hops = workload.EXTRA_NODES * len(items)
    return (statistics.median(lengthy) - statistics.median(brief)) / hops, "ns", hops


async def round_trip_10():
    """One number through ten nodes and back, one at a time."""
    return await _round_trip(_math_nodes(), 1.0, workload.ROUND_TRIPS)


async def array_1mb_10():
    """A 1 MiB float32 array through ten nodes and back, one at a time."""
    nodes = [PassThroughNode() for _ in range(workload.CHAIN_NODES)]
    return await _round_trip(nodes, workload.megabyte(), workload.ARRAY_ROUND_TRIPS)


async def _stream_ns(nodes, items):
    pipeline = _pipeline(nodes)
    await pipeline.initialize()
    begin = time.perf_counter_ns()
    async for _ in pipeline.process(_stream_of(items)):
        pass
    return time.perf_counter_ns() - begin


async def _stream_of(items):
    for item in items:
        yield item


async def _round_trip(nodes, item, trips):
    pipeline = _pipeline(nodes)
    await pipeline.initialize()
    inbox = asyncio.Queue()

    async def inputs():
        while True:
            yield await inbox.get()

    outputs = pipeline.process(inputs())

    async def trip():
        inbox.put_nowait(item)
        await anext(outputs)

    return await median_async_ns(trip, trips), "ns", trips


CASES = {case.__name__: case for case in (python_hop, run_3, math_chain, round_trip_10, array_1mb_10)}


async def _measure(name):
    report(name, WHO, *await CASES[name]())
    # The package takes one second per node to tear down, which only `run_3` is about.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_measure(sys.argv[1]))
