"""What raises, where, and what is heard of it."""

LOG = []


class Fails:
    def __init__(self, where):
        self.where = where

    def live(self, phase):
        LOG.append(phase)
        if self.where == phase:
            raise ValueError(f"broken in {phase}")

    def initialize(self):
        self.live("initialize")

    def process(self, item):
        self.live(item)
        return item

    def flush(self):
        self.live("flush")

    def cleanup(self):
        self.live("cleanup")


class AsyncFails(Fails):
    async def process(self, item):
        self.live(item)
        return item


class YieldsFirst:
    def process(self, item):
        yield item
        if item == 2:
            raise KeyError("late")
        yield item


class Odd(Exception):
    def __str__(self):
        return "two\nlines"


class Silent(Exception):
    pass


class Raises:
    def __init__(self, what):
        self.what = what

    def process(self, item):
        if self.what == "odd":
            raise Odd
        if self.what == "silent":
            raise Silent
        if self.what == "zero":
            return 1 // 0
        return self.missing


class Cleans:
    def process(self, item):
        return item

    def cleanup(self):
        LOG.append("neighbour cleaned up")


class Stops:
    is_streaming = True

    async def process(self, items):
        async for item in items:
            if item == 2:
                raise RuntimeError("enough")
            yield item
