"""Programs with pipelines, in processes of their own, that say on their standard output what happens."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest
from lives import GUARD

PRELUDE = """
import asyncio, itertools, os, signal, sys, threading, time
from remotemedia import AudioSource, Node, Pipeline
from remotemedia.nodes import Filter, Gain, Multiply, PassThrough


def say(line):
    os.write(1, f"{line}\\n".encode())


class Noted(Node):
    def initialize(self):
        say("initialize")

    def cleanup(self):
        say("cleanup")


class Passes(Noted):
    def process(self, item):
        return item


class Spins(Noted):
    def process(self, item):
        say("ready")
        while True:
            pass


def sleep():
    # A signal between the interpreter's last look and the system call is heard only when that is over.
    for _ in range(3600):
        time.sleep(1)


class Sleeps(Noted):
    def process(self, item):
        say("ready")
        sleep()


class Sticks(Noted):
    def process(self, item):
        say("ready")
        time.sleep(3600)


class Awaits(Noted):
    async def process(self, item):
        say("ready")
        await asyncio.Event().wait()


class Streams(Noted):
    is_streaming = True

    def process(self, items):
        for item in items:
            say("ready")
            yield item


class Swallows(Noted):
    count = 0

    def process(self, item):
        self.count += 1
        if self.count == 100:
            say("ready")


class SpinningSource(Noted):
    is_source = True

    def process(self, data=None):
        say("ready")
        while True:
            yield None


class AwaitingSource(Noted):
    is_source = True

    async def process(self, data=None):
        say("ready")
        await asyncio.Event().wait()
        yield 1
"""


#: What would go on for ever.
def child(body):
    """A process that runs a script and says on its standard output what happens."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(body)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def interrupt_when_ready(process, number=signal.SIGINT):
    """Sends a signal when the process says that it is ready; gives all that it said and its errors."""
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if said[-1] == "ready":
            process.send_signal(number)
            break
    return finish(process, said)


def finish(process, said, told=None):
    """Waits for the end of the process; gives all that it said and its errors."""
    try:
        rest, errors = process.communicate(told, timeout=GUARD)
    except subprocess.TimeoutExpired:
        process.kill()
        rest, errors = process.communicate()
        pytest.fail(f"the process went on; it said {said + rest.splitlines()}, and: {errors}")
    return said + rest.splitlines(), errors
