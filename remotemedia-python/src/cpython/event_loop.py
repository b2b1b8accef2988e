"""The event loop of a session's asynchronous nodes, and the calls that run on it."""

import asyncio
import contextvars
import functools
import os
import threading
import types


def _start(run, name):
    """Starts a thread that no end of the program waits for; gives what waits for the thread."""
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread.join


#: The running ``OwnLoop`` of each loop whose threads a host has joined. A child of ``fork`` has none of them, and their
#: locks may be held for ever.
_joined = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_joined.clear)


class OwnLoop:
    """An event loop on a thread of its own, for sessions whose caller runs none."""

    def __init__(self, start=None):
        """``start(run, name)`` starts threads in the place of ``_start``, and has them joined."""
        self.loop = asyncio.new_event_loop()
        #: The identity of the loop's thread, once it runs.
        self.thread = None
        #: Held while another thread calls the loop, and while it is closed.
        self.calling = threading.RLock()
        #: What starts threads for it.
        self.start = start or _start
        self._stopped = self.loop.create_future()
        #: Waits for the loop's thread to end, for some seconds at most; ``None`` where ``start`` has it joined.
        self.join = self.start(self._run, "remotemedia-loop")

    def stop(self):
        """Ends the loop soon; what still runs on it is cancelled."""
        _call_soon(self.loop, _set, self._stopped)

    def _run(self):
        self.thread = threading.get_ident()
        if self.start is not _start:
            _joined[self.loop] = self
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._stopped)
            self._cancel_rest()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            if self.start is not _start:
                self.loop.run_until_complete(self.loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            with self.calling:
                self.loop.close()
            _joined.pop(self.loop, None)

    def _cancel_rest(self):
        rest = asyncio.all_tasks(self.loop)
        for task in rest:
            task.cancel()
        if rest:
            self.loop.run_until_complete(asyncio.wait(rest, timeout=1))


class Calls:
    """The calls into one asynchronous node: one after the other, each a task in the node's own context."""

    def __init__(self, loop, context):
        self._loop = loop
        self._context = context
        self._outside = contextvars.Context()
        self._task = None

    def submit(self, function, arguments, done):
        """Awaits ``function(*arguments)`` when the call before is over; ``done(result, exception)`` hears how it ended."""
        try:
            _call(self._loop, self._begin, function, arguments, done)
        except RuntimeError:
            _close(arguments)
            raise

    def notify(self, function):
        """Calls ``function`` soon, beside the call that runs now."""
        _call_soon(self._loop, self._notify, function)

    def cancel(self):
        """Cancels the call that runs now."""
        _call_soon(self._loop, self._cancel)

    def _begin(self, function, arguments, done):
        run = self._run(self._task, function, arguments)
        self._task = self._loop.create_task(run, context=self._context)
        # Whoever hears of the end may use the node's context, so it must not be entered then.
        self._task.add_done_callback(functools.partial(_report, arguments, done), context=self._outside)

    async def _run(self, before, function, arguments):
        try:
            if before is not None and not before.done():
                await asyncio.wait([before])
            return await function(*arguments), None
        except BaseException as error:
            _close(arguments)
            return None, error

    def _notify(self, function):
        self._loop.create_task(invoke(function), context=self._context)

    def _cancel(self):
        if self._task is not None:
            self._task.cancel()


class Inputs:
    """The inputs of a streaming node, for ``async for`` on the event loop or ``for`` on a thread."""

    def __init__(self, inbox):
        self._inbox = inbox

    def __aiter__(self):
        return self

    async def __anext__(self):
        taken = await settle(self._inbox.take())
        if taken is None:
            raise StopAsyncIteration
        return taken[0]

    def __iter__(self):
        return self

    def __next__(self):
        taken = self._inbox.take().wait()
        if taken is None:
            raise StopIteration
        return taken[0]


async def stream(function, inbox, emit):
    """Calls a streaming node's function with its inputs and emits everything it gives. Cancelling ends the inputs."""
    await give(function(Inputs(inbox)), emit, inbox.close)


async def call(function, arguments, emit):
    """Calls a function of a node and emits everything it gives, at once or over time."""
    await give(function(*arguments), emit)


async def source(function, emit):
    """Calls a source's function without an argument and emits every item it makes."""
    given = function()
    if isinstance(given, types.CoroutineType):
        given = await given
    if hasattr(given, "__aiter__"):
        await _give_each(given, emit)
    elif hasattr(given, "__iter__"):
        await _in_thread(_drain, iter(given), emit)
    else:
        name = type(given).__name__
        raise TypeError(f"without input the node must make items: expected an iterator from process(), found {name}")


async def give(given, emit, abandon=None):
    """Emits a value, or everything that a coroutine or generator gives.

    When it is cancelled, it waits for a generator's thread, which ``abandon()`` lets go on to its end.
    """
    if isinstance(given, types.CoroutineType):
        given = await given
    if isinstance(given, types.AsyncGeneratorType):
        await _give_each(given, emit)
    elif isinstance(given, types.GeneratorType):
        await _in_thread(_drain, given, emit, abandon=abandon)
    else:
        await _put(given, emit)


async def settle(pending):
    """Waits for something of the runtime without blocking the event loop, and gives its result."""
    loop = asyncio.get_running_loop()
    while True:
        woken = loop.create_future()
        if pending.poll(functools.partial(_call_soon, loop, _set, woken)):
            return pending.result()
        await woken


async def invoke(function):
    """Calls a method without arguments and waits for its end."""
    result = function()
    if isinstance(result, types.CoroutineType):
        await result


async def result_of(given):
    """What a coroutine returns."""
    return await given


async def next_of(generator):
    """The next item of an asynchronous generator as a tuple of one, or ``None`` at its end."""
    async for item in generator:
        return (item,)
    return None


async def _give_each(given, emit):
    iterator = aiter(given)
    try:
        async for item in iterator:
            await _put(item, emit)
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()


async def _put(value, emit):
    pending = emit(value)
    if pending is not None:
        await settle(pending)


def _drain(iterator, emit):
    try:
        for item in iterator:
            pending = emit(item)
            if pending is not None:
                pending.wait()
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


async def _in_thread(function, *arguments, abandon=None):
    """Runs ``function`` on a thread of its own and waits for its end, also when cancelled."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    work = functools.partial(contextvars.copy_context().run, function, *arguments)
    start = _joined[loop].start if loop in _joined else _start
    start(functools.partial(_tell, loop, ended, work), "remotemedia-stream")
    try:
        error = await asyncio.shield(ended)
    except asyncio.CancelledError:
        if abandon is not None:
            abandon()
        await asyncio.wait([ended])
        raise
    try:
        if error is not None:
            raise error
    finally:
        # The exception holds this frame.
        del error


def _tell(loop, ended, work):
    """Tells with what exception the work ended: as a result, since there may be nobody left to take an exception."""
    try:
        work()
    except BaseException as error:
        _call_soon(loop, _set, ended, error)
    else:
        _call_soon(loop, _set, ended)


def _report(arguments, done, task):
    if task.cancelled():
        _close(arguments)
        done(None, asyncio.CancelledError())
    else:
        done(*task.result())


def _close(arguments):
    """Closes the coroutines among the arguments of a call that was cancelled, which may not have begun."""
    for argument in arguments:
        if isinstance(argument, types.CoroutineType):
            argument.close()


def _set(future, result=None):
    if not future.done():
        future.set_result(result)


def _call_soon(loop, function, *arguments):
    """As ``call_soon_threadsafe``; a loop that is closed has nobody left to tell."""
    try:
        _call(loop, function, *arguments)
    except RuntimeError:
        pass


def _call(loop, function, *arguments):
    """``call_soon_threadsafe``, but never while the loop is closed: who writes into the pipe that wakes it when nobody
    reads it any more gets a SIGPIPE, which ends a program that does not ignore it."""
    own = _joined.get(loop)
    if own is None:
        loop.call_soon_threadsafe(function, *arguments)
        return
    with own.calling:
        loop.call_soon_threadsafe(function, *arguments)
