"""Sources: which code the classes of a pipeline need to run elsewhere, found by reading it and never by running it.

What is imported travels as whole files, since that is what an import executes. The program itself does more than define
its nodes, it runs them; so of its file only those statements travel that the nodes lead to. All lines keep their numbers.
"""

from __future__ import annotations

import ast
import builtins
import os
import sys
from functools import cached_property

from ..core.exceptions import PackageError
from ..core.registry import PREFIX
from . import statements
from .distributions import providing
from .imports import Finder, imports
from .machine import check_value, has_changed, reach
from .refusal import refusal
from .statements import Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .imports import Import

#: What a file that runs as the program is called while it does.
PROGRAMS = ("__main__", "__mp_main__", "__remotemedia__")
#: Names that every module has.
_EVERY = frozenset(dir(builtins)) | {
    "__name__", "__doc__", "__package__", "__spec__", "__loader__", "__annotations__", "__builtins__", "__dict__",
}  # fmt: skip


class Source:
    """The source of one module."""

    __slots__ = ("is_package", "text")

    def __init__(self, text: str, is_package: bool) -> None:
        self.text = text
        self.is_package = is_package


class Program:
    """The file that ran as the program, and what it defined."""

    def __init__(self, path: str, names: dict[str, Any]) -> None:
        self.path = os.path.abspath(path)
        self.names = names
        stem = os.path.splitext(os.path.basename(path))[0]
        name = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in stem)
        #: What its module is called in the package.
        self.module = f"_{name}" if name[:1].isdigit() or not name else name

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file."""
        return statements.read(self.path).split("\n")

    @cached_property
    def statements(self) -> list[Statement]:
        """The top level of the file."""
        text = "\n".join(self.lines)
        return statements.statements(statements.parse(text, self.path), self.path)


class Collection:
    """The sources and distributions that a set of classes needs."""

    def __init__(self, program: Program | None) -> None:
        self._program = program
        self._finder = Finder(os.path.dirname(program.path) if program else None)
        #: The names of the program's file that are needed.
        self._needed: set[str] = set()
        self._kept: set[int] = set()
        #: The names that no longer have the values that their statements write: who needs each, and the statement.
        self._changed: dict[str, tuple[str, Statement]] = {}
        #: The source of each module.
        self.sources: dict[str, Source] = {}
        #: The version of each distribution.
        self.requires: dict[str, str] = {}

    def add(self, target: Any, what: str) -> str:
        """Adds a class or a function and all that it needs; gives the reference to it. ``what`` it is stands in errors."""
        module, name = str(target.__module__), str(target.__qualname__)
        self._check(target, module, name, what)
        if module in PROGRAMS:
            assert self._program is not None
            self._need(name.partition(".")[0], name)
            if named(self._program.names, name) is not target:
                what = f"{what} {name} is not what the file calls {name} by now"
                raise refusal(*self.place_of(target), what, "give each class and function a name of its own")
            return f"{self._program.module}:{name}"
        if module.startswith(PREFIX):
            remedy = "let the package be a node: HFPipelineNode(name, remote_ref=...)"
            raise PackageError(f"{what} {name} comes from a package and is packed already; {remedy}")
        origin = self._finder.origin(module)
        if origin.kind == "missing" or (origin.kind == "own" and not origin.path.endswith(".py")):
            raise PackageError(f"{what} {module}.{name} has no source file; define it in a file beside the program")
        self._import_module(module, _defined_in(target), _line(target))
        return f"{module}:{name}"

    def place_of(self, target: Any) -> tuple[str, int]:
        """The file and the line in which a class or a function is defined."""
        if target.__module__ in PROGRAMS and self._program is not None:
            return self._program.path, self._line_of(target.__qualname__)
        return _defined_in(target), _line(target)

    def finish(self) -> None:
        """Puts together what is needed of the program's file."""
        if self._program is None or not self._kept:
            return
        program = self._program
        if program.module in self.sources:
            what = f"a module imports {program.module}, which is the program itself"
            raise refusal(program.path, 1, what, "put what both need into a module of its own")
        kept = [statement for statement in program.statements if id(statement) in self._kept or statement.is_future]
        lines = [""] * len(program.lines)
        for statement in kept:
            lines[statement.first - 1 : statement.last] = program.lines[statement.first - 1 : statement.last]
        self._check_shared_lines(kept)
        self._check_changed()
        self.sources[program.module] = Source("\n".join(lines).rstrip() + "\n", False)

    def _check(self, target: Any, module: str, name: str, what: str) -> None:
        """Refuses what has no place in a file by which to find it again."""
        path, line = _defined_in(target), _line(target)
        if "<lambda>" in name:
            raise refusal(path, line, f"{what} is a lambda", "write a function at the top level of the file")
        if "<locals>" in name:
            what = f"{what} {name.replace('.<locals>', '')} is defined inside a function"
            raise refusal(path, line, what, "move it to the top level of the file")
        if module in PROGRAMS and self._program is None:
            message = f"{what} {name} was not defined in a file; put it into one, and import it"
            raise PackageError(message)

    def _need(self, name: str, user: str) -> None:
        """Keeps what binds or changes a name of the program, and what that needs in turn."""
        assert self._program is not None
        pending = [(name, user)]
        while pending:
            name, user = pending.pop()
            if name in self._needed:
                continue
            self._needed.add(name)
            for statement in self._bringing(name, user):
                pending += [(used, user) for used in sorted(statement.uses)]
                self._keep(statement, user)

    def _bringing(self, name: str, user: str) -> list[Statement]:
        assert self._program is not None
        program = self._program
        binding = [statement for statement in program.statements if self._binds(statement, name)]
        if not binding:
            self._check_unbound(name, user)
            return []
        if all(statement.is_for_programs_only for statement in binding):
            what = f"class {user} uses {name}, which is only set where the file runs as a program"
            raise refusal(program.path, binding[0].first, what, "set it at the top level of the file")
        changing = [s for s in program.statements if name in s.changes and not s.is_for_programs_only]
        if all(statement.is_import for statement in binding):
            # What a program does to modules of others is its own affair.
            changing = []
        check_value(program, name, user, binding)
        if not changing and has_changed(program, name, binding):
            self._changed[name] = (user, binding[0])
        return [statement for statement in (*binding, *changing) if not statement.is_for_programs_only]

    def _binds(self, statement: Statement, name: str) -> bool:
        if name in statement.binds:
            return True
        node = statement.node
        if not isinstance(node, ast.ImportFrom) or node.names[0].name != "*":
            return False
        return name in _public(sys.modules.get(node.module or ""))

    def _check_unbound(self, name: str, user: str) -> None:
        assert self._program is not None
        if name == "__file__":
            return
        if name not in _EVERY and name in self._program.names:
            line = self._line_of(user)
            what = f"class {user} uses {name}, which no statement of the file binds"
            raise refusal(self._program.path, line, what, "assign it, or import it, at the top level")

    def _line_of(self, user: str) -> int:
        assert self._program is not None
        root = user.partition(".")[0]
        return next((s.node.lineno for s in self._program.statements if root in s.binds), 1)

    def _keep(self, statement: Statement, user: str) -> None:
        if id(statement) in self._kept or statement.is_future:
            return
        assert self._program is not None
        self._kept.add(id(statement))
        path = self._program.path
        reach(statement.node, path, f"class {user}", True)
        for found in imports([statement.node], "", path):
            self._follow(found, path)

    def _follow(self, found: Import, path: str) -> None:
        """Adds what an import statement brings."""
        kind = self._import_module(found.module, path, found.line, found.is_optional)
        if kind != "own":
            return
        if found.names == ["<dynamic>"]:
            what = f"{found.module} is a module of yours, which is imported by a call"
            raise refusal(path, found.line, what, f"write: import {found.module}")
        for name in found.names:
            below = f"{found.module}.{name}"
            if name != "*" and self._finder.origin(below).kind == "own":
                self._import_module(below, path, found.line, found.is_optional)

    def _import_module(self, module: str, path: str, line: int, is_optional: bool = False) -> str:
        """Adds a module, and those above it; gives whose it is."""
        kind = self._finder.origin(module).kind
        if kind == "missing" and not is_optional:
            what = f"the module {module} is imported, but it is not there"
            raise refusal(path, line, what, "install it, or put it beside the program")
        if kind == "remotemedia":
            self.requires["remotemedia"] = sys.modules["remotemedia"].__version__
        if kind == "installed" and not is_optional:
            self._require(module, path, line)
        if kind == "own":
            parts = module.split(".")
            for length in range(1, len(parts) + 1):
                self._add_module(".".join(parts[:length]), path, line)
        return kind

    def _require(self, module: str, path: str, line: int) -> None:
        found = providing(module)
        if not found:
            what = f"the module {module} is installed, but no distribution says that it brought it"
            raise refusal(path, line, what, "install it with pip")
        self.requires.update(found)

    def _add_module(self, module: str, path: str, line: int) -> None:
        if module in self.sources:
            return
        origin = self._finder.origin(module)
        if self._program is not None and origin.path and os.path.abspath(origin.path) == self._program.path:
            what = f"the module {module} is the program itself"
            raise refusal(path, line, what, "put what both need into a module of its own")
        if origin.path and not origin.path.endswith(".py"):
            what = (
                f"the module {module} of yours is compiled ({os.path.basename(origin.path)}), and only source travels"
            )
            raise refusal(path, line, what, "publish it as a distribution, and install that with pip")
        if not module.isascii():
            what = f"the name of the module {module} has letters beyond ASCII"
            raise refusal(path, line, what, "rename its file")
        text = statements.read(origin.path) if origin.path else ""
        self.sources[module] = Source(text, origin.is_package)
        tree = statements.parse(text, origin.path)
        for node in tree.body:
            reach(node, origin.path, f"module {module}", False)
        package = module if origin.is_package else module.rpartition(".")[0]
        for found in imports(tree.body, package, origin.path):
            self._follow(found, origin.path)

    def _check_changed(self) -> None:
        """Refuses values that what stays behind may have changed. Those that the nodes change begin as they are written."""
        assert self._program is not None
        left = [statement for statement in self._program.statements if id(statement) not in self._kept]
        for name, (user, statement) in self._changed.items():
            if any(name in other.uses for other in left):
                what = f"class {user} uses {name}, which was changed since its statement made it"
                remedy = "write the value that it is to have, or give it as a parameter"
                raise refusal(self._program.path, statement.first, what, remedy)

    def _check_shared_lines(self, kept: list[Statement]) -> None:
        assert self._program is not None
        lines = {line for statement in kept for line in range(statement.first, statement.last + 1)}
        for statement in self._program.statements:
            if statement not in kept and statement.first in lines:
                what = "a statement that travels shares its line with one that does not"
                raise refusal(self._program.path, statement.first, what, "write each on a line of its own")


def named(names: dict[str, Any], path: str) -> Any:
    """What ``a.b`` means among the names of a module; ``None`` if it means nothing."""
    root, *attributes = path.split(".")
    found = names.get(root)
    for name in attributes:
        found = getattr(found, name, None)
    return found


def _public(module: Any) -> list[str]:
    """What ``from module import *`` brings."""
    if module is None:
        return []
    return list(getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")]))


def _defined_in(target: Any) -> str:
    code = _code(target)
    if code is not None:
        return str(code.co_filename)
    return str(getattr(sys.modules.get(target.__module__), "__file__", None) or target.__module__)


def _line(target: Any) -> int:
    code = _code(target)
    return code.co_firstlineno if code is not None else 1


def _code(target: Any) -> Any:
    """The code of a function, or of the first method of a class."""
    found = [target, *(vars(target).values() if isinstance(target, type) else ())]
    functions = (getattr(value, "__wrapped__", value) for value in found)
    return next((function.__code__ for function in functions if hasattr(function, "__code__")), None)


__all__ = ["PROGRAMS", "Collection", "Program", "Source", "named"]
