"""The machine and the run: what source code takes from them, which would not be the same elsewhere."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sized

from .refusal import refusal
from .statements import at_top_level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .sources import Program
    from .statements import Statement

#: What a top-level statement may not call, nor look at: it gives what is on this machine, or belongs to this run.
_HERE = (
    "open", "input", "io.open", "sys.argv", "sys.orig_argv", "sys.stdin", "sys.executable", "os.environ", "os.getenv",
    "environ", "getenv", "os.getcwd", "os.listdir", "os.getpid", "argv", "Path.cwd", "Path.home", "pathlib.Path.cwd",
)  # fmt: skip
#: Methods that do, whatever they are called on.
_READING = ("parse_args", "parse_known_args", "read_text", "read_bytes", "iterdir")
#: What makes something empty that can be filled, and how many arguments it does that with.
_EMPTY = {"list": 0, "dict": 0, "set": 0, "OrderedDict": 0, "Counter": 0, "deque": 0, "defaultdict": 1}
#: Functions that run text as code.
_TEXT_AS_CODE = ("exec", "eval", "globals")


def reach(node: ast.stmt, path: str, what: str, is_program: bool) -> None:
    """Refuses code that needs its own file's place; in the program, also what only this machine or this run can give."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id == "__file__":
            remedy = "give the file's path as a parameter, and name that in file_parameters, so that the file travels"
            raise refusal(path, part.lineno, f"{what} uses __file__, and only the source travels", remedy)
        if is_program and isinstance(part, ast.Call) and _name(part.func) in _TEXT_AS_CODE:
            called = f"{what} calls {_name(part.func)}(), whose names cannot be followed"
            raise refusal(path, part.lineno, called, "write the code itself")
    if is_program:
        for part in at_top_level(node):
            _check_here(part, path, what)


def _check_here(part: ast.AST, path: str, what: str) -> None:
    if isinstance(part, ast.Call):
        name = _name(part.func)
        if name in _HERE or name.rpartition(".")[2] in _READING:
            remedy = "read it in initialize(), or give the value to the node as a parameter"
            raise refusal(path, part.lineno, f"{what} needs what {name}() gives here", remedy)
    elif isinstance(part, (ast.Attribute, ast.Name)) and isinstance(part.ctx, ast.Load):
        name = _name(part)
        if name in _HERE and name not in ("open", "input"):
            remedy = "read it in initialize(), or give the value to the node as a parameter"
            raise refusal(path, part.lineno, f"{what} needs {name} of this run", remedy)


def check_value(program: Program, name: str, user: str, binding: list[Statement]) -> None:
    """Refuses a name whose value belongs to this process."""
    if name not in program.names or all(statement.is_import for statement in binding):
        return
    kind = _living(program.names[name])
    if kind is not None:
        what = f"class {user} uses {name}, a {kind}, which no source can make again"
        raise refusal(program.path, binding[-1].first, what, "make it in initialize()")


def has_changed(program: Program, name: str, binding: list[Statement]) -> bool:
    """Whether the one statement that binds a name writes another value than the name has by now."""
    if name not in program.names or len(binding) != 1:
        return False
    written, value = _literal(binding[0].node), program.names[name]
    if written is _NONE:
        return _makes_empty(binding[0].node) and isinstance(value, Sized) and len(value) > 0
    return not _same(written, value)


def _living(value: Any) -> str | None:
    """What a value is that belongs to this process alone."""
    return next((kind.__name__ for kind in _living_kinds() if isinstance(value, kind)), None)


def _living_kinds() -> Iterator[type]:
    import io
    import threading
    import types

    from ..core.pipeline import Pipeline
    from ..core.session import Session

    yield from (Pipeline, Session, io.IOBase, threading.Thread, types.GeneratorType, types.CoroutineType)
    for module, name in (
        ("socket", "socket"),
        ("subprocess", "Popen"),
        ("argparse", "Namespace"),
        ("sqlite3", "Connection"),
    ):
        if module in sys.modules:
            yield getattr(sys.modules[module], name)


def _literal(node: ast.stmt) -> Any:
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    if value is None or (isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)):
        return _NONE
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NONE


_NONE = object()


def _makes_empty(node: ast.stmt) -> bool:
    """Whether a statement assigns a list, a map or the like that a call makes with nothing in it."""
    call = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    if not isinstance(call, ast.Call) or call.keywords:
        return False
    most = _EMPTY.get(_name(call.func).rpartition(".")[2])
    return most is not None and len(call.args) <= most


def _same(written: Any, value: Any) -> bool:
    return type(written) is type(value) and bool(written == value)


def _name(node: ast.AST) -> str:
    """``a.b.c`` where the code says so, nothing where it says something else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


__all__ = ["check_value", "has_changed", "reach"]
