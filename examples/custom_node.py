"""Nodes of the program: one that answers at once, and one that finishes later on an event loop."""

import asyncio

from remotemedia import Node, Pipeline


class Upper(Node):
    """Makes text upper case."""

    def process(self, text):
        return text.upper()


class Repeat(Node):
    """Emits everything twice, and lets others work in between."""

    async def process(self, text):
        for _ in range(2):
            await asyncio.sleep(0)
            yield text


p = Pipeline("custom_node")
p.add(Upper())
p.add(Repeat())

for packet in p.stream(["hello", "world"]):
    print(packet.value)
