"""Every way to write ``process``."""

LOG = []


class Plain:
    def process(self, item):
        return item * 2


class Coroutine:
    async def process(self, item):
        return item * 2


class Waiting:
    async def process(self, item):
        import asyncio

        await asyncio.sleep(0)
        return item * 2


class Generator:
    def process(self, item):
        yield from range(item)


class AsyncGenerator:
    async def process(self, item):
        for number in range(item):
            yield number


class Streaming:
    is_streaming = True

    async def process(self, items):
        total = 0
        async for item in items:
            total += item
            yield total


class Stream:
    def stream(self, items):
        total = 0
        for item in items:
            total += item
            yield total


class Source:
    is_source = True

    def process(self):
        yield from "abc"


class Counts:
    def __init__(self, start=0, step=1):
        self.next, self.step = start, step

    def process(self, item):
        self.next += self.step
        return self.next


class Sieve:
    def process(self, item):
        return item if item % 2 else None


class Nothing:
    def process(self, item):
        return None


class NothingToYield:
    def process(self, item):
        return
        yield


class Gaps:
    def process(self, item):
        yield None
        yield item
        yield None


class ListOfResults:
    def process(self, item):
        return [item, None, item]
