"""Logging: what nodes and the runtime report shows in Python's logging, once, and nowhere when nobody set it up."""

import json
import logging
import subprocess
import sys
import threading

import pytest

from remotemedia import Node, Pipeline, Retry
from remotemedia.nodes import MultiplyNode

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("nothing_left")]

LEVELS = [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]


class Talks(Node):
    """Logs each item at the level that it names."""

    def process(self, level):
        self.logger.log(level, "heard %s", level, extra={"item": level})
        return level


class AsyncTalks(Node):
    """The same in a coroutine."""

    async def process(self, level):
        self.logger.log(level, "heard %s", level, extra={"item": level})
        return level


def records(caplog, name):
    return [record for record in caplog.records if record.name.startswith(name)]


@pytest.mark.parametrize("kind", [Talks, AsyncTalks])
def test_record_of_a_node_keeps_level_logger_place_and_fields(kind, caplog):
    caplog.set_level(logging.DEBUG)
    Pipeline([kind()], "talks").run(LEVELS)
    found = records(caplog, "remotemedia.nodes")
    assert [(record.name, record.levelno, record.item) for record in found] == [
        (f"remotemedia.nodes.{kind.__name__}", level, level) for level in LEVELS
    ]
    assert {(record.funcName, record.filename) for record in found} == {("process", "test_logging.py")}


@pytest.mark.parametrize("level", LEVELS)
def test_level_of_the_logger_decides_what_is_heard(level, caplog):
    caplog.set_level(level, "remotemedia.nodes.Talks")
    Pipeline([Talks()], "talks").run(LEVELS)
    assert [record.levelno for record in records(caplog, "remotemedia.nodes")] == LEVELS[LEVELS.index(level) :]


def test_exception_in_a_record_keeps_its_traceback(caplog):
    class Copes(Node):
        def process(self, item):
            try:
                return 1 // item
            except ZeroDivisionError:
                self.logger.exception("cannot divide by %d", item)
                return -1

    assert Pipeline([Copes()], "copes").run([1, 0]) == [1, -1]
    (record,) = records(caplog, "remotemedia.nodes")
    assert record.getMessage() == "cannot divide by 0" and record.exc_info[0] is ZeroDivisionError
    assert "return 1 // item" in caplog.text


# What the runtime reports


def refuses(item):
    if item == 2:
        raise ValueError("two is too many")
    return item


class FailsToCleanUp(Node):
    """Cannot let go."""

    def process(self, item):
        return item

    def cleanup(self):
        raise OSError("stuck")


REPORTS = {
    "skip": (lambda: Pipeline("reports").add(refuses, on_error="skip"), "item skipped", "two is too many"),
    "fallback": (
        lambda: Pipeline("reports").add(refuses, on_error=MultiplyNode(10)),
        "falls back to",
        "two is too many",
    ),
}


@pytest.mark.parametrize(("make", "message", "cause"), REPORTS.values(), ids=REPORTS)
def test_warning_of_the_runtime_names_node_and_cause(make, message, cause, caplog):
    make().run([1, 2, 3])
    (record,) = records(caplog, "remotemedia.core")
    assert record.levelno == logging.WARNING and record.name.startswith("remotemedia.core.executor")
    assert message in record.getMessage() and cause in record.getMessage() and "refuses_0" in record.getMessage()


def test_warning_of_an_asynchronous_node_arrives_too(caplog):
    class Refuses(Node):
        async def process(self, item):
            return refuses(item)

    assert Pipeline("reports").add(Refuses(), on_error="skip").run([1, 2, 3]) == [1, 3]
    (record,) = records(caplog, "remotemedia.core")
    assert "Refuses_0" in record.getMessage() and "two is too many" in record.getMessage()


def test_failing_cleanup_is_reported_where_the_run_failed_already(caplog):
    pipeline = Pipeline("reports").add(refuses).add(FailsToCleanUp())
    with pytest.raises(Exception, match="two is too many"):
        pipeline.run([2])
    (record,) = records(caplog, "remotemedia.core")
    assert "cleanup failed" in record.getMessage() and "OSError: stuck" in record.getMessage()


@pytest.mark.parametrize(("level", "heard"), [(logging.DEBUG, True), (logging.INFO, False)])
def test_level_of_the_package_decides_what_the_runtime_reports(level, heard, caplog):
    caplog.set_level(level, "remotemedia")
    Pipeline([MultiplyNode()], "reports").run(1)
    assert any("session over" in record.getMessage() for record in caplog.records) == heard


def test_level_may_change_from_run_to_run(caplog):
    counts = []
    for level in (logging.CRITICAL, logging.WARNING, logging.CRITICAL, logging.WARNING):
        caplog.clear()
        caplog.set_level(level, "remotemedia")
        REPORTS["skip"][0]().run([1, 2, 3])
        counts.append(len(records(caplog, "remotemedia.core")))
    assert counts == [0, 1, 0, 1]


def test_fields_that_a_manifest_has_too_many_are_reported_once_each(caplog):
    manifest = json.loads(Pipeline([MultiplyNode(), MultiplyNode()], "newer").serialize())
    manifest["colour"] = manifest["metadata"]["author"] = "someone"
    for node in manifest["nodes"]:
        node["python_env"] = {"version": "3.9"}
    again = Pipeline.from_manifest(manifest)
    told = [record.getMessage() for record in records(caplog, "remotemedia.manifest")]
    assert told == [
        f"{place} is not known to this version, kept but not used"
        for place in ("colour", "metadata.author", "nodes[0].python_env")
    ]
    assert [node["python_env"] for node in json.loads(again.serialize())["nodes"]] == [{"version": "3.9"}] * 2


# Programs of their own

PROGRAM = """
{setup}
from remotemedia import Node, Pipeline
class Warns(Node):
    def process(self, item):
        self.logger.warning("item %s is odd", item)
        if item == 2:
            raise ValueError("two")
        return item
print(Pipeline("quiet").add(Warns(), on_error="skip").run([1, 2, 3]))
"""


def program(setup):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(setup=setup)], capture_output=True, text=True, timeout=100
    )
    assert (run.returncode, run.stdout) == (0, "[1, 3]\n"), run.stderr
    return run.stderr.splitlines()


@pytest.mark.parametrize("setup", ["", "import logging", "import logging; logging.getLogger('other').warning"])
def test_nothing_is_printed_where_nobody_set_up_logging(setup):
    assert program(setup) == []


def test_everything_is_printed_once_where_logging_is_set_up():
    lines = program("import logging; logging.basicConfig(format='%(levelname)s %(name)s %(message)s')")
    assert lines[:2] == [f"WARNING remotemedia.nodes.Warns item {item} is odd" for item in (1, 2)]
    assert lines[-1] == "WARNING remotemedia.nodes.Warns item 3 is odd"
    (skipped,) = lines[2:-1]
    assert skipped.startswith("WARNING remotemedia.core.executor") and "item skipped" in skipped


def test_command_shows_the_records_of_nodes_once_with_their_traceback(tmp_path):
    file = tmp_path / "logs.py"
    file.write_text(
        "import logging\nfrom remotemedia import Node, Pipeline\n"
        "class Copes(Node):\n"
        "    def process(self, item):\n"
        "        logging.getLogger('app.part').info('quiet %s', item)\n"
        "        try:\n            return 1 // item\n"
        "        except ZeroDivisionError:\n            self.logger.exception('cannot divide')\n            return 0\n"
        "p = Pipeline('logs').add(Copes())\n",
        encoding="utf-8",
    )
    run = [sys.executable, "-m", "remotemedia", "run", file, "--input", "0"]
    shown = subprocess.run(run, capture_output=True, text=True, timeout=100)
    assert shown.stdout == "0\n"
    assert shown.stderr.count("error: cannot divide") == 1 and shown.stderr.count("ZeroDivisionError: ") == 1
    assert "remotemedia.nodes.Copes" in shown.stderr and "quiet" not in shown.stderr
    more = subprocess.run([*run, "-v"], capture_output=True, text=True, timeout=100)
    assert more.stderr.count("info: quiet 0") == 1 and "app.part" in more.stderr


# Several at once


class Collects(logging.Handler):
    """Keeps records, and takes its time with a lock of its own that the program holds as well."""

    def __init__(self):
        super().__init__()
        self.kept, self.inner = [], threading.RLock()

    def emit(self, record):
        with self.inner:
            self.kept.append((record.name, record.levelno))


@pytest.fixture
def collected():
    handler, package = Collects(), logging.getLogger("remotemedia")
    package.addHandler(handler)
    package.setLevel(logging.DEBUG)
    yield handler
    package.removeHandler(handler)
    package.setLevel(logging.NOTSET)


def test_many_nodes_that_log_at_once_neither_lose_a_record_nor_wait_for_each_other(collected):
    items = [logging.INFO] * 200
    failures = []

    def run():
        try:
            pipeline = Pipeline([Talks(), AsyncTalks(), Talks(), AsyncTalks()], "crowd")
            pipeline.add(lambda level: refuses(2), on_error="skip")
            assert pipeline.run(items) is None
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for name in ("remotemedia.nodes.Talks", "remotemedia.nodes.AsyncTalks"):
        assert collected.kept.count((name, logging.INFO)) == 4 * 2 * len(items)
    skipped = [name for name, level in collected.kept if level == logging.WARNING]
    assert len(skipped) == 4 * len(items)


def test_handler_may_ask_the_session_that_it_hears_of(collected):
    asked = []

    class Asks(logging.Handler):
        def emit(self, record):
            asked.append(session.metrics()["nodes"][0]["items_in"])

    handler = Asks(logging.WARNING)
    logging.getLogger("remotemedia").addHandler(handler)
    try:
        with Pipeline("asked").add(refuses, on_error="skip").session() as session:
            for item in (1, 2, 3):
                session.send(item)
            session.finish()
            assert [packet.value for packet in session] == [1, 3]
    finally:
        logging.getLogger("remotemedia").removeHandler(handler)
    assert len(asked) == 1


def test_handler_that_raises_ends_nothing(collected, monkeypatch, capsys):
    class Broken(logging.Handler):
        def emit(self, record):
            raise RuntimeError("broken handler")

    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda hint: told.append(str(hint.exc_value)))
    handler = Broken(logging.WARNING)
    logging.getLogger("remotemedia.core").addHandler(handler)
    try:
        assert Pipeline("broken").add(refuses, on_error="skip").run([1, 2, 3]) == [1, 3]
    finally:
        logging.getLogger("remotemedia.core").removeHandler(handler)
    assert told == ["broken handler"]


def test_retries_are_not_reported_where_they_help(caplog):
    tries = []

    def third(item):
        tries.append(item)
        if len(tries) < 3:
            raise ValueError("not yet")
        return item

    assert Pipeline("retry").add(third, on_error=Retry(5)).run("x") == "x"
    assert records(caplog, "remotemedia.core") == []
