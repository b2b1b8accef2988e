"""The end of a program, by whatever way, ends its sessions and cleans up."""

import subprocess
import sys
import textwrap

import pytest
from lives import GUARD
from programs import child, finish

pytestmark = pytest.mark.timeout(120)

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
