"""A pure-Python executor: one worker thread per node, with a bounded queue before each."""

from queue import Queue
from threading import Thread

CAPACITY = 64
END = object()


class ThreadExecutor:
    """Runs a chain of plain functions, each on a thread of its own."""

    def __init__(self, functions):
        self._queues = [Queue(CAPACITY) for _ in range(len(functions) + 1)]
        self._threads = [
            Thread(target=_work, args=chained) for chained in zip(functions, self._queues, self._queues[1:])
        ]
        for thread in self._threads:
            thread.start()
        self.send = self._queues[0].put
        self.recv = self._queues[-1].get

    def finish(self):
        """Send the end of the stream; the outputs that are left stay readable."""
        self.send(END)

    def join(self):
        """Wait until every node has ended."""
        for thread in self._threads:
            thread.join()


def run(functions, items):
    """All outputs of a chain of functions for all `items`."""
    executor = ThreadExecutor(functions)
    feeder = Thread(target=_feed, args=(executor, items))
    feeder.start()
    outputs = []
    while (item := executor.recv()) is not END:
        outputs.append(item)
    feeder.join()
    executor.join()
    return outputs


def _feed(executor, items):
    for item in items:
        executor.send(item)
    executor.finish()


def _work(function, source, target):
    while (item := source.get()) is not END:
        target.put(function(item))
    target.put(END)
