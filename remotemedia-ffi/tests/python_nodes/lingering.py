"""Asynchronous nodes whose threads have something to do after their session."""

import asyncio
import ctypes
import time


class Flag:
    """Counts in the C `int` at an address."""

    def __init__(self, address):
        self.flag = ctypes.c_int.from_address(address)

    def work(self):
        time.sleep(0.2)
        self.flag.value += 1


class Lingers(Flag):
    """Works when its event loop ends what is left."""

    async def process(self, item):
        self.task = asyncio.create_task(self.wait())
        await asyncio.sleep(0)
        return item

    async def wait(self):
        try:
            await asyncio.Event().wait()
        finally:
            self.work()


class Executes(Flag):
    """Works on a thread of its event loop, which nobody waits for."""

    async def process(self, item):
        asyncio.get_running_loop().run_in_executor(None, self.work)
        return item


class Drips:
    """Gives numbers from a generator, which runs on a thread of its own."""

    async def process(self, item):
        return self.numbers(item)

    def numbers(self, item):
        for number in range(item):
            time.sleep(0.001)
            yield number
