"""What the command needs of Python: the pipeline that a file makes."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import contextmanager

from .exceptions import RemoteMediaError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .pipeline import Pipeline


class Unusable(Exception):
    """A file cannot be used: what is wrong in one line, and what explains it."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


@contextmanager
def ctrl_c(usual: Any, meanwhile: Any) -> Iterator[None]:
    """Lets Ctrl-C do something else meanwhile where it would do the usual; what others have made of it stays."""
    if signal.getsignal(signal.SIGINT) != usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, meanwhile)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) == meanwhile:
            signal.signal(signal.SIGINT, usual)


@ctrl_c(signal.SIG_DFL, signal.default_int_handler)
def open_file(path: str, variable: str | None, args: list[str]) -> tuple[str, list[Any]]:
    """The manifest of the pipeline that a Python file makes, and the objects that are its Python nodes."""
    from . import launch

    names = _execute(path, args)
    pipeline = _named(names, variable) if variable else _only(names)
    try:
        return launch.parts(pipeline, has_input(pipeline))
    except Exception as error:
        raise Unusable(_line(error)) from error


@ctrl_c(signal.SIG_DFL, signal.default_int_handler)
def pack_file(
    path: str, variable: str | None, args: list[str]
) -> tuple[str, str, list[Any], list[tuple[str, str, bytes]]]:
    """The manifest of the pipeline in a Python file or a manifest, the same with the pipelines of packages in their
    places, its Python nodes, and the files that they need."""
    from ..packing.document import Document
    from ..packing.sources import Program
    from . import launch
    from .manifest import move_packages
    from .pipeline import Pipeline

    try:
        if path.endswith(".py"):
            names = _execute(path, args)
            pipeline = _named(names, variable) if variable else _only(names)
            program = Program(path, names)
        else:
            pipeline, program = Pipeline.from_manifest(path), None
        resolved, members = launch.parts(pipeline, has_input(pipeline))
        document = Document(pipeline, program)
    except Unusable:
        raise
    except RemoteMediaError as error:
        raise Unusable(str(error)) from error
    except Exception as error:
        raise Unusable(_line(error)) from error
    if program is None:
        move_packages(document.manifest, lambda package: os.path.relpath(package, os.path.dirname(path) or os.curdir))
    return json.dumps(document.manifest), resolved, members, document.files()


@ctrl_c(signal.SIG_DFL, signal.default_int_handler)
def open_package(content: str, modules: dict[str, str], data: dict[str, bytes]) -> tuple[str, list[Any]]:
    """The manifest of packages that may run, and the objects that are its Python nodes."""
    from ..packing.reading import read_pipeline
    from . import launch
    from .pipeline import Pipeline

    try:
        pipeline = read_pipeline(Pipeline, content, modules, data)
        return launch.parts(pipeline, has_input(pipeline))
    except RemoteMediaError as error:
        raise Unusable(str(error)) from error
    except Exception as error:
        raise Unusable(_line(error), _traceback(error)) from error


def has_input(pipeline: Pipeline) -> bool:
    """Whether something is to be fed to it."""
    return not any(node.is_source for node in pipeline._wiring.heads)


@ctrl_c(signal.SIG_DFL, signal.default_int_handler)
def optimize_model(source: str, target: str) -> str | tuple[str, int, int, float]:
    """Writes a smaller model: how its weights are stored, its sizes and its error; or why the model stays as it is."""
    from ..packing.optimize import CannotOptimize, optimize

    try:
        return optimize(source, target)
    except CannotOptimize as reason:
        return str(reason)
    except RemoteMediaError as error:
        raise Unusable(str(error)) from error


def leave_ctrl_c() -> None:
    """Leaves Ctrl-C to the command, which ends what runs: from now on it raises nothing here."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _nothing)


def _nothing(number: int, frame: Any) -> None:
    """The command hears the signal itself."""


def forward_logs(handler: Any) -> None:
    """Lets Python's log records go to the command's log, which knows how much of it is wanted."""
    import logging

    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        logging.getLogger("remotemedia").setLevel(1)


def _execute(path: str, args: list[str]) -> dict[str, Any]:
    """The names that the file defines. It is no main program: ``if __name__ == "__main__"`` does not apply."""
    import runpy

    argv, folder = sys.argv, os.path.dirname(os.path.abspath(path))
    sys.argv = [path, *args]
    sys.path.insert(0, folder)
    try:
        return runpy.run_path(path, run_name="__remotemedia__")
    except Exception as error:
        raise Unusable(_line(error), _traceback(error, path)) from error
    finally:
        sys.argv = argv
        sys.path.remove(folder)


def _named(names: dict[str, Any], variable: str) -> Pipeline:
    from .pipeline import Pipeline

    if variable not in names:
        raise Unusable(f'no variable "{variable}"')
    found = names[variable]
    if callable(found) and not isinstance(found, Pipeline):
        try:
            found = found()
        except Exception as error:
            raise Unusable(f"{variable}(): {_line(error)}", _traceback(error)) from error
    if not isinstance(found, Pipeline):
        raise Unusable(f'"{variable}" is a {type(found).__name__}, expected a Pipeline')
    return found


def _only(names: dict[str, Any]) -> Pipeline:
    from .pipeline import Pipeline

    found = {name: value for name, value in names.items() if isinstance(value, Pipeline)}
    if not found:
        raise Unusable("makes no pipeline: expected a variable of the file that holds a Pipeline")
    if len({id(value) for value in found.values()}) > 1:
        raise Unusable(f"makes several pipelines; name one behind a colon: {', '.join(found)}")
    return next(iter(found.values()))


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception, as Python prints it."""
    return _traceback(error)


def _traceback(error: BaseException, path: str | None = None) -> str:
    import traceback

    frames = error.__traceback__
    while path is not None and frames is not None and frames.tb_frame.f_code.co_filename != path:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))


def _line(error: BaseException) -> str:
    text = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def facts() -> list[tuple[str, str]]:
    """What ``doctor`` tells of Python."""
    import importlib.metadata
    import platform

    try:
        numpy = importlib.metadata.version("numpy")
    except importlib.metadata.PackageNotFoundError:
        numpy = "not installed: arrays and audio need it"
    return [("python", platform.python_version()), ("numpy", numpy), ("python path", sys.executable)]
