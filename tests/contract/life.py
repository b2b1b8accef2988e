"""The life of a node: what is called, when, and how often."""

LOG = []


class Lives:
    def initialize(self):
        LOG.append("initialize")

    def process(self, item):
        LOG.append(item)
        return item

    def flush(self):
        LOG.append("flush")

    def cleanup(self):
        LOG.append("cleanup")


class AsyncLives:
    async def initialize(self):
        LOG.append("initialize")

    async def process(self, item):
        LOG.append(item)
        return item

    async def flush(self):
        LOG.append("flush")

    async def cleanup(self):
        LOG.append("cleanup")


class Total:
    def initialize(self):
        self.total = 0

    def process(self, item):
        self.total += item

    def flush(self):
        return self.total


class AsyncTotal(Total):
    async def flush(self):
        return self.total


class TellsEach(Total):
    def flush(self):
        yield self.total
        yield None
        yield "end"


class Named:
    def __init__(self, label):
        self.label = label

    def initialize(self):
        self.ready = True

    def process(self, item):
        return f"{item}{self.label}"

    def flush(self):
        LOG.append(f"flush {self.label}")
        return f"end{self.label}"

    def cleanup(self):
        LOG.append(f"cleanup {self.label}")


class Bare:
    def process(self, item):
        return item


class LivingSource(Lives):
    is_source = True

    def process(self):
        yield 1
        yield 2
