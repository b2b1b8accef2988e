"""Ctrl-C, any other signal and the end of the program stop a pipeline at once, wherever it is, and clean up."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from lives import GUARD

from remotemedia import Pipeline
from remotemedia.nodes import PassThrough

pytestmark = pytest.mark.timeout(120)

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


ENDS = {
    "end of the script": "",
    "sys.exit": "sys.exit(3)",
    "exception": "raise ValueError('out')",
}


#: What a session is in the middle of when the program ends.
OPEN = {
    "nothing": """
        session = Pipeline([Passes(), Passes()]).session()
        session.send(1)
        session.recv()
        """,
    "an asynchronous call": """
        class Waits(Noted):
            async def process(self, item):
                reached.set()
                await asyncio.Event().wait()

        reached = threading.Event()
        session = Pipeline([Passes(), Waits()]).session()
        session.send(1)
        reached.wait()
        """,
    "a stream without input": """
        session = Pipeline([Passes(), Streams()]).session()
        session.send(1)
        session.recv()
        """,
    "a source that waits for its reader": """
        session = Pipeline([AudioSource(device="test:noise"), Passes(), Passes()]).session()
        session.recv()
        """,
    "a session that only its own node knows": """
        node = Passes()
        node.session = Pipeline([node, Passes()]).session()
        node.session.send(1)
        node.session.recv()
        del node
        """,
    "a loop that was left": """
        session = iter(Pipeline([Passes(), Passes()]).stream(itertools.count()))
        next(session)
        """,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("opened", OPEN.values(), ids=OPEN)
def test_end_of_the_program_cleans_up_open_sessions(opened, end):
    process = child(f"{textwrap.dedent(opened)}\n{end}")
    said, errors = finish(process, [])
    assert process.returncode == {"": 0, "sys.exit(3)": 3}.get(end, 1), errors
    assert said.count("cleanup") == said.count("initialize") == 2, (said, errors)
    assert "panicked" not in errors and "Fatal Python error" not in errors


DAEMONS = {
    "waits in recv": """
        session = Pipeline([Passes()]).session()
        session.send(1)
        session.recv()
        work = session.recv
        """,
    "runs a plain node that loops": "work = lambda: Pipeline([Passes(), Spins()]).run([1])",
    "runs an asynchronous node that waits": "work = lambda: Pipeline([Passes(), Awaits()]).run([1])",
    "runs through endless items": "work = lambda: list(Pipeline([Passes(), Swallows()]).stream(itertools.count()))",
    "runs an endless native source": """work = lambda: Pipeline([AudioSource(device="test:noise"), Swallows()]).run()""",
}


@pytest.mark.parametrize("body", DAEMONS.values(), ids=DAEMONS)
def test_end_of_the_program_does_not_wait_for_daemon_threads(body):
    begins = """
entered = threading.Event()
threading.Thread(target=lambda: (entered.set(), work()), daemon=True).start()
entered.wait()
if sys.stdin.readline():
    say("over")
"""
    process = child(textwrap.dedent(body) + begins)
    said = []
    if "recv" not in body:
        for line in process.stdout:
            said.append(line.strip())
            if said[-1] == "ready":
                break
    said, errors = finish(process, said, "go\n")
    assert process.returncode == 0, (said, errors)
    assert said.count("over") == 1
    assert "panicked" not in errors and "Fatal Python error" not in errors


@pytest.mark.parametrize("first", ["", "import remotemedia"], ids=["registered first", "registered after the import"])
def test_pipeline_runs_in_a_function_for_the_end_of_the_program(first):
    body = f"""
import atexit
{first}
def last():
    from remotemedia import Node, Pipeline
    from remotemedia.nodes import Multiply

    class Async(Node):
        async def process(self, item):
            return item

    print(Pipeline([Multiply(factor=2), Async()]).run([1, 2]))

atexit.register(last)
import remotemedia.core.pipeline
"""
    run = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, timeout=GUARD)
    assert (run.returncode, run.stdout, run.stderr) == (0, "[2, 4]\n", "")


def test_forked_child_runs_pipelines_of_its_own():
    body = """
    assert Pipeline([Multiply(factor=2), Passes()]).run([1, 2]) == [2, 4]
    if pid := os.fork():
        _, status = os.waitpid(pid, 0)
        say(os.waitstatus_to_exitcode(status))
    else:
        class Later(Noted):
            async def process(self, item):
                return item

        result = Pipeline([Multiply(factor=3), Passes(), Later()]).run([1, 2])
        os._exit(0 if result == [3, 6] else 1)
    """
    process = child(body)
    said, errors = finish(process, [])
    assert said[-1] == "0", (said, errors)


@pytest.mark.parametrize("node", ["Passes", "Multiply", "Awaits"])
def test_session_kept_in_a_global_ends_with_the_program(node):
    body = f"""
    import builtins
    builtins.kept = Pipeline([AudioSource(device="test:noise"), Gain(factor=2.0), Passes()]).session()
    kept.recv()
    builtins.second = Pipeline([{node}()]).session()
    second.send(1)
    """
    process = child(body)
    _, errors = finish(process, [])
    assert process.returncode == 0, errors
    assert "panicked" not in errors and "Fatal Python error" not in errors


@pytest.mark.parametrize("attempt", range(12))
def test_program_that_ends_right_after_the_last_output_ends_well(attempt):
    body = """
    class Later(Node):
        async def process(self, item):
            await asyncio.sleep(0.0005)
            return item

    async def main():
        async with Pipeline([Later()]).session() as session:
            async def feed():
                for item in range(60):
                    await session.send(item)
                session.finish()

            feeder = asyncio.create_task(feed())
            async for _ in session:
                pass
            await feeder

    asyncio.run(main())
    """
    process = child(body)
    _, errors = finish(process, [])
    assert (process.returncode, errors) == (0, "")


def test_function_for_the_end_of_the_program_runs_a_pipeline_although_sessions_were_ended():
    body = """
    import atexit

    atexit.register(lambda: say(Pipeline([Passes()]).run([1, 2])))
    kept = Pipeline([Passes()]).session()
    kept.send(1)
    """
    process = child(body)
    said, errors = finish(process, [])
    assert (process.returncode, "[1, 2]" in said) == (0, True), (said, errors)


FORKS = {
    "after a run": "assert run() == [2, 4]",
    "after an asynchronous run": "assert asyncio.run(wait()) == [2, 4]",
    "with an open session": """
    session = doubling().session()
    session.send(1)
    assert session.recv().value == 2
    """,
    "with an open session under asyncio": "asyncio.run(leave_open())",
    "after a pipeline was looked at": "doubling().inspect()",
}

BEFORE_FORKS = """
import multiprocessing

def doubling():
    async def later(item):
        return item
    return Pipeline([Multiply(factor=2), lambda item: item, later])

def run():
    return doubling().run([1, 2])

async def wait():
    return await doubling().run([1, 2])

kept = []

async def leave_open():
    kept.append(doubling().session())
    running = await kept[0].__aenter__()
    await running.send(1)
    assert (await running.recv()).value == 2

def in_child():
    signal.alarm(20)
    assert run() == [2, 4]
    assert asyncio.run(wait()) == [2, 4]
    with Pipeline([Multiply(factor=2)]).session() as session:
        session.send(1)
        assert session.recv(timeout=10).value == 2
"""


@pytest.mark.parametrize("before", FORKS.values(), ids=FORKS)
def test_forked_child_has_a_runtime_of_its_own(before):
    body = f"""
    {before}
    children = [multiprocessing.get_context("fork").Process(target=in_child) for _ in range(3)]
    for one in children:
        one.start()
    for one in children:
        one.join()
    say([one.exitcode for one in children])
    if os.fork() == 0:
        in_child()
        sys.exit(0)
    say(os.waitstatus_to_exitcode(os.wait()[1]))
    """
    process = child(BEFORE_FORKS + textwrap.dedent(body.replace("\n    ", "\n").strip()))
    said, errors = finish(process, [])
    assert (said, process.returncode) == (["[0, 0, 0]", "0"], 0), errors


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
