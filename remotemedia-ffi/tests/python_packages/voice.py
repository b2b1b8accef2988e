"""A pipeline whose nodes travel in a package."""

import numpy as np

from remotemedia import Node, Pipeline

FACTOR = 2


def checked(item):
    if item > 1000:
        raise ValueError(f"{item} is too heavy")
    return item * FACTOR


class Weigh(Node):
    """Multiplies by the largest of the weights, which are a file of the package."""

    def __init__(self, weights, **config):
        super().__init__(weights=weights, **config)
        self.weights = weights

    def process(self, item):
        return checked(item) * int(np.max(self.weights))


class Count(Node):
    """Counts what came, on the event loop."""

    def __init__(self, **config):
        super().__init__(**config)
        self.count = 0

    async def process(self, item):
        self.count += 1
        return item * 100 + self.count


p = Pipeline("voice").add(Weigh(np.arange(20_000) % 8)).add(Count())
