"""Nodes that the C programs run: classes as a user writes them, most of them without the package."""

import sys


class Times:
    alive = 0

    def __new__(cls, **params):
        Times.alive += 1
        return super().__new__(cls)

    def __init__(self, factor=2):
        self.factor = factor

    def __del__(self):
        Times.alive -= 1

    def process(self, item):
        return item * self.factor


class Census:
    """How many instances of ``Times`` there are."""

    def process(self, item):
        return Times.alive


class UpTo:
    def process(self, item):
        yield from range(item)


class Counts:
    def __init__(self):
        self.count = 0

    def process(self, item):
        self.count += 1
        return self.count


class Picky:
    def process(self, item):
        return self.check(item)

    def check(self, item):
        if item > 10:
            raise ValueError(f"{item} is too loud")
        return item


class Loop:
    """Gives which event loop it runs on; behind another one, whether that runs there, too."""

    async def process(self, item):
        import asyncio

        await asyncio.sleep(0)
        loop = id(asyncio.get_running_loop())
        return loop if item is None else item == loop


class Address:
    """Where the samples lie, and their peak."""

    def process(self, audio):
        samples = audio.samples
        return [samples.__array_interface__["data"][0], float(abs(samples).max()), audio.sample_rate]


class Halves:
    """Audio of the node's own."""

    def process(self, audio):
        return audio.samples * 0.5, audio.sample_rate


class Runtime:
    """Where the runtime comes from that the package finds."""

    def process(self, item):
        import remotemedia

        return getattr(sys.modules["remotemedia._native"], "__file__", None) or f"within, {remotemedia.__version__}"


class Stops:
    def process(self, item):
        sys.exit(3)


def function(item):
    return item
