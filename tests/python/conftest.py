"""What the tests share: fixtures that hear what would otherwise be lost, and that see what is left behind."""

import gc
import logging
import os
import signal
import sys
import threading
import time
import warnings

import pytest
from lives import GUARD
from packing import command

# A shell without job control lets what it starts in the background ignore Ctrl-C, which children would inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Complaints(logging.Handler):
    """What Python complains about where no caller hears it."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.heard = []

    def emit(self, record):
        self.heard.append(record.getMessage())

    def unraisable(self, hint):
        """An exception in a destructor or a callback."""
        self.heard.append(f"unraisable: {hint.err_msg} {hint.exc_value!r} in {hint.object!r}")

    def uncaught(self, hint):
        """An exception that ended a thread."""
        self.heard.append(f"uncaught in {hint.thread}: {hint.exc_value!r}")


@pytest.fixture
def complaints(monkeypatch):
    """Fails the test if coroutines were never awaited, tasks destroyed, exceptions lost or resources left open."""
    complaints = Complaints()
    monkeypatch.setattr(sys, "unraisablehook", complaints.unraisable)
    monkeypatch.setattr(threading, "excepthook", complaints.uncaught)
    logger = logging.getLogger("asyncio")
    logger.addHandler(complaints)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield complaints
        gc.collect()
    logger.removeHandler(complaints)
    assert complaints.heard + [f"{warning.category.__name__}: {warning.message}" for warning in warned] == []


def _soon(condition):
    """Whether something becomes true before the guard."""
    deadline = time.monotonic() + GUARD
    while not condition():
        if time.monotonic() > deadline:
            return False
        gc.collect()
        threading.Event().wait(0.005)
    return True


@pytest.fixture
def soon():
    """``soon(condition)``: whether something that nothing announces becomes true before the guard."""
    return _soon


def _own_threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("remotemedia")]


@pytest.fixture
def nothing_left():
    """Fails the test if threads of sessions live on after it."""
    yield
    assert _soon(lambda: not _own_threads()), _own_threads()


@pytest.fixture
def system_threads():
    """``system_threads()``: the number of the process's threads, those without Python included."""
    return lambda: len(os.listdir("/proc/self/task"))


@pytest.fixture
def remotemedia(tmp_path, monkeypatch):
    """Runs the command in a folder of its own, with keys of its own."""
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return command
