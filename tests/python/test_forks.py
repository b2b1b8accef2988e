"""Children of ``fork`` run pipelines of their own."""

import textwrap

import pytest
from programs import child, finish

pytestmark = pytest.mark.timeout(120)


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
