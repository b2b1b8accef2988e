"""Ctrl-C and any other signal stop a pipeline at once, wherever it is, and clean up."""

import signal
import subprocess
import textwrap
import threading
import time
from pathlib import Path

import pytest
from lives import GUARD
from programs import child, finish, interrupt_when_ready

from remotemedia import Pipeline
from remotemedia.nodes import PassThrough

pytestmark = pytest.mark.timeout(120)

WAITS = {
    "plain node that loops": "Pipeline([Passes(), Spins()]).run([1])",
    "plain node that sleeps": "Pipeline([Passes(), Sleeps()]).run([1])",
    "asynchronous node that waits": "Pipeline([Passes(), Awaits()]).run([1])",
    "asynchronous node in an event loop": "asyncio.run(Pipeline([Passes(), Awaits()]).run_async([1]))",
    "stream of an asynchronous node": "list(Pipeline([Passes(), Awaits()]).stream([1]))",
    "plain streaming node without input": """
        with Pipeline([Streams()]).session() as session:
            session.send(1)
            session.recv()
            session.recv()
        """,
    "endless native source into Python": """Pipeline([AudioSource(device="test:noise"), Swallows()]).run()""",
    "endless native source through native nodes": """
        class Kept(Passes):
            def process(self, item):
                say("ready")

        Pipeline([AudioSource(device="test:noise"), Gain(factor=0.5), Kept()]).run()
        """,
    "endless native source, streamed": """
        for count, packet in enumerate(Pipeline([AudioSource(device="test:noise"), Passes()]).stream()):
            if count == 100:
                say("ready")
        """,
    "endless Python source": "Pipeline([SpinningSource(), Passes()]).run()",
    "asynchronous source that waits": "Pipeline([AwaitingSource(), Passes()]).run()",
    "endless input": "list(Pipeline([Passes(), Swallows()]).stream(itertools.count()))",
    "recv with nothing coming": """
        with Pipeline([Passes()]).session() as session:
            session.send(1)
            session.recv()
            say("ready")
            session.recv()
        """,
    "recv with a long timeout": """
        with Pipeline([Passes()]).session() as session:
            session.send(1)
            session.recv()
            say("ready")
            session.recv(timeout=3600)
        """,
    "loop over a session": """
        session = Pipeline([PassThrough(), Passes()]).session()
        session.send(1)
        for packet in session:
            say("ready")
        """,
    "send into a full queue": """
        with Pipeline([Passes()]).session() as session:
            session.send(1)
            session.recv()
            while session.try_send(1):
                pass
            say("ready")
            while True:
                session.send(1)
        """,
    "recv in an event loop": """
        async def main():
            async with Pipeline([Passes()]).session() as session:
                await session.send(1)
                await session.recv()
                say("ready")
                await session.recv()

        asyncio.run(main())
        """,
    "initialize that sleeps": """
        class Loads(Passes):
            def initialize(self):
                super().initialize()
                say("ready")
                sleep()

        Pipeline([Loads()]).run([1])
        """,
    "asynchronous initialize that waits": """
        class Loads(Passes):
            async def initialize(self):
                say("initialize")
                say("ready")
                await asyncio.Event().wait()

        Pipeline([Loads()]).run([1])
        """,
    "flush that sleeps": """
        class Flushes(Passes):
            def flush(self):
                say("ready")
                sleep()

        Pipeline([Flushes()]).run([1])
        """,
}


@pytest.mark.parametrize("body", WAITS.values(), ids=WAITS)
def test_keyboard_interrupt_ends_the_program_and_cleans_up(body):
    process = child(body)
    said, errors = interrupt_when_ready(process)
    assert "ready" in said, errors
    assert process.returncode == -signal.SIGINT, (said, errors)
    assert errors.rstrip().splitlines()[-1] == "KeyboardInterrupt", errors
    assert said.count("cleanup") == said.count("initialize") > 0, (said, errors)
    assert "never awaited" not in errors and "Exception ignored" not in errors and "panicked" not in errors


#: A thread that no exception reaches: the program ends all the same, and what can be cleaned up is.
STUCK = {
    "worker that loops": """
        with Pipeline([Spins()]).session() as session:
            session.send(1)
            session.recv(timeout=3600)
        """,
    "worker that sleeps": """
        with Pipeline([Sticks()]).session() as session:
            session.send(1)
            session.recv(timeout=3600)
        """,
    "run on another thread": """
        thread = threading.Thread(target=Pipeline([Awaits()]).run, args=([1],), daemon=True)
        thread.start()
        thread.join()
        """,
    "worker under an event loop": """
        async def main():
            async with Pipeline([Sticks()]).session() as session:
                await session.send(1)
                await session.recv()

        asyncio.run(main())
        """,
}


@pytest.mark.parametrize("body", STUCK.values(), ids=STUCK)
def test_keyboard_interrupt_ends_the_program_although_a_thread_is_stuck(body):
    process = child(body)
    said, errors = interrupt_when_ready(process)
    assert process.returncode == -signal.SIGINT, (said, errors)
    assert errors.rstrip().splitlines()[-1] == "KeyboardInterrupt", errors


@pytest.mark.parametrize("wait", ["plain node that loops", "asynchronous node that waits", "recv with nothing coming"])
def test_program_that_catches_the_interrupt_goes_on(wait):
    body = f"""
try:
    {textwrap.indent(textwrap.dedent(WAITS[wait]), "    ").strip()}
except KeyboardInterrupt:
    say("caught")
say(Pipeline([Multiply(factor=2), Passes()]).run([1, 2]))
say([thread.name for thread in threading.enumerate()])
"""
    process = child(body)
    said, errors = interrupt_when_ready(process)
    assert process.returncode == 0, errors
    assert "caught" in said
    assert said[-1] == "['MainThread']"
    assert "[2, 4]" in said
    assert said.count("cleanup") == said.count("initialize")


@pytest.mark.parametrize("wait", ["asynchronous node that waits", "recv with nothing coming", "plain node that sleeps"])
def test_exception_of_any_signal_handler_comes_out_as_it_is(wait):
    body = f"""
class Alarm(BaseException):
    pass

def ring(number, frame):
    raise alarm

alarm = Alarm("rings")
signal.signal(signal.SIGUSR1, ring)
try:
    {textwrap.indent(textwrap.dedent(WAITS[wait]), "    ").strip()}
except Alarm as caught:
    say(caught is alarm)
"""
    process = child(body)
    said, errors = interrupt_when_ready(process, signal.SIGUSR1)
    assert process.returncode == 0, errors
    assert "True" in said
    assert said.count("cleanup") == said.count("initialize")


def test_signal_whose_handler_returns_disturbs_nothing():
    body = """
    def note(number, frame):
        say("signal")
        released.set()

    class Holds(Noted):
        async def process(self, item):
            say("ready")
            await asyncio.to_thread(released.wait)
            return item

    released = threading.Event()
    signal.signal(signal.SIGUSR1, note)
    say(Pipeline([Passes(), Holds()]).run([1, 2, 3]))
    """
    process = child(body)
    said, errors = interrupt_when_ready(process, signal.SIGUSR1)
    assert process.returncode == 0, errors
    assert "signal" in said and "[1, 2, 3]" in said


def test_second_interrupt_during_a_slow_cleanup_ends_the_program():
    body = """
    class Slow(Awaits):
        async def cleanup(self):
            say("cleanup begins")
            await asyncio.Event().wait()

    Pipeline([Slow()]).run([1])
    """
    process = child(body)
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if said[-1] in ("ready", "cleanup begins"):
            process.send_signal(signal.SIGINT)
        if said[-1] == "cleanup begins":
            break
    said, errors = finish(process, said)
    assert process.returncode == -signal.SIGINT, (said, errors)


def blocked(status):
    """The signals that a thread blocks, as the kernel tells of it."""
    line = next(line for line in status.splitlines() if line.startswith("SigBlk:"))
    return int(line.split()[1], 16)


def idle_threads_that_hear(number):
    """Which threads of the runtime the kernel may give a signal to."""
    tasks = [path.parent for path in Path("/proc/self/task").glob("*/comm") if path.read_text() == "remotemedia\n"]
    assert tasks
    return [task.name for task in tasks if not blocked((task / "status").read_text()) >> (number - 1) & 1]


def test_signals_come_to_the_main_thread_and_not_to_idle_threads_of_the_runtime():
    with Pipeline([PassThrough(), lambda item: item]).session() as session:
        session.send(1)
        session.recv(timeout=GUARD)
        deadline = time.monotonic() + GUARD
        # The thread that called the node may not be done with it yet.
        while (hear := idle_threads_that_hear(signal.SIGINT)) and time.monotonic() < deadline:
            time.sleep(0.001)
    assert not hear


def test_process_that_a_node_starts_on_a_thread_of_the_runtime_hears_signals():
    def start(item):
        status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
        return threading.get_native_id(), blocked(status)

    with Pipeline([start]).session() as session:
        session.send(1)
        thread, signals = session.recv(timeout=GUARD).value
    assert thread != threading.get_native_id()
    assert signals == 0
