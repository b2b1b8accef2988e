"""Probe: the comparison cases on this project's wheel."""

import sys

import workload
from probe import median_ns, report, slope_ns

from remotemedia import Node, Pipeline
from remotemedia.nodes import AddNode, MultiplyNode, PassThroughNode

WHO = "remotemedia"


class PassThrough(Node):
    """A user's own node, in Python, that hands its input on."""

    def process(self, item):
        return item


def python_hop():
    """One more node in Python, in a stream."""
    items = list(range(workload.HOP_ITEMS))
    brief = Pipeline([PassThrough()])
    lengthy = Pipeline([PassThrough() for _ in range(1 + workload.EXTRA_NODES)])
    hops = workload.EXTRA_NODES * len(items)
    hop = slope_ns(lambda: brief.run(items), lambda: lengthy.run(items), hops, workload.HOP_ROUNDS)
    return hop, "ns", hops


def run_3():
    """`run([1, 2, 3])` of three nodes, start and teardown included."""

    def run():
        Pipeline([MultiplyNode(factor=2.0), AddNode(addend=1.0), MultiplyNode(factor=2.0)]).run([1, 2, 3])

    return median_ns(run, workload.RUN_ROUNDS), "ns", workload.RUN_ROUNDS


def math_chain():
    """One number through ten native nodes that multiply and add, in a stream."""
    items = [float(i) for i in range(workload.MATH_ITEMS)]
    took = median_ns(lambda: Pipeline(_math_nodes()).run(items), workload.HOP_ROUNDS)
    return took / len(items), "ns", len(items)


def round_trip_10():
    """One number through ten native nodes and back, one at a time."""
    return _round_trip(_math_nodes(), 1.0, workload.ROUND_TRIPS)


def array_1mb_10():
    """A 1 MiB float32 array through ten native nodes and back, one at a time."""
    nodes = [PassThroughNode() for _ in range(workload.CHAIN_NODES)]
    return _round_trip(nodes, workload.megabyte(), workload.ARRAY_ROUND_TRIPS)


def _math_nodes():
    pairs = workload.CHAIN_NODES // 2
    return [node for _ in range(pairs) for node in (MultiplyNode(factor=2.0), AddNode(addend=1.0))]


def _round_trip(nodes, item, trips):
    with Pipeline(nodes).session() as session:

        def trip():
            session.send(item)
            session.recv()

        return median_ns(trip, trips), "ns", trips


CASES = {case.__name__: case for case in (python_hop, run_3, math_chain, round_trip_10, array_1mb_10)}

if __name__ == "__main__":
    name = sys.argv[1]
    report(name, WHO, *CASES[name]())
