"""What is measured on every executor alike: the functions, the items and the sizes."""

from array import array

EXTRA_NODES = 10
CHAIN_NODES = 10
HOP_ITEMS = 2000
MATH_ITEMS = 1000
ROUND_TRIPS = 500
HOP_ROUNDS = 7
ARRAY_ROUND_TRIPS = 200
RUN_ROUNDS = 20


def pass_through(item):
    """The plain function whose cost as a node is measured."""
    return item


def multiply(item):
    """What `MultiplyNode(factor=2.0)` does with a number."""
    return item * 2.0


def add(item):
    """What `AddNode(addend=1.0)` does with a number."""
    return item + 1.0


def math_chain():
    """Ten nodes that multiply and add by turns."""
    return [multiply, add] * (CHAIN_NODES // 2)


def megabyte():
    """A float32 array of 1 MiB: NumPy's where it is installed, the standard library's otherwise."""
    try:
        import numpy
    except ImportError:
        return array("f", bytes(1 << 20))
    return numpy.zeros(1 << 18, dtype=numpy.float32)
