"""Nodes that do what a node should not."""

import asyncio
import sys


def worse(item):
    return worse(item) + 1


def respond(item):
    """What comes of an item, good or bad."""
    match item % 7 if isinstance(item, int) else 0:
        case 1:
            raise ValueError(f"{item} is not liked")
        case 2:
            sys.exit(item)
        case 3:
            return object()
        case 4:
            return worse(item)
        case 5:
            raise KeyboardInterrupt
    return item


class Moody:
    def __init__(self, mood="calm"):
        if mood != "calm":
            raise RuntimeError(f"{mood}, not calm")

    def process(self, item):
        return respond(item)

    def cleanup(self):
        raise LookupError("nothing was ever clean")


class MoodyCoroutine(Moody):
    async def process(self, item):
        await asyncio.sleep(0.001)
        return respond(item)


class MoodyGenerator(Moody):
    async def process(self, item):
        return self.numbers(item)

    def numbers(self, item):
        yield from range(5)
        yield respond(item)
