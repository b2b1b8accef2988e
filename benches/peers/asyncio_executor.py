"""A pure-Python executor: one asyncio task per node, with a bounded queue before each."""

import asyncio

CAPACITY = 64
END = object()


class AsyncioExecutor:
    """Runs a chain of plain functions on the running event loop."""

    def __init__(self, functions):
        self._queues = [asyncio.Queue(CAPACITY) for _ in range(len(functions) + 1)]
        self._tasks = [
            asyncio.create_task(_work(function, source, target))
            for function, source, target in zip(functions, self._queues, self._queues[1:])
        ]
        self.send = self._queues[0].put
        self.recv = self._queues[-1].get

    async def finish(self):
        """Send the end of the stream; the outputs that are left stay readable."""
        await self.send(END)

    async def join(self):
        """Wait until every node has ended."""
        await asyncio.gather(*self._tasks)


async def run_async(functions, items):
    """All outputs of a chain of functions for all `items`."""
    executor = AsyncioExecutor(functions)
    feeder = asyncio.create_task(_feed(executor, items))
    outputs = []
    while (item := await executor.recv()) is not END:
        outputs.append(item)
    await feeder
    await executor.join()
    return outputs


def run(functions, items):
    """`run_async` on an event loop of its own."""
    return asyncio.run(run_async(functions, items))


async def _feed(executor, items):
    for item in items:
        await executor.send(item)
    await executor.finish()


async def _work(function, source, target):
    while (item := await source.get()) is not END:
        await target.put(function(item))
    await target.put(END)
