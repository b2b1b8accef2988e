"""Imports: which modules source code names, and whose they are: Python's, a distribution's, or the user's own."""

from __future__ import annotations

import ast
import sys
from importlib.machinery import PathFinder

from .refusal import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec

#: What a name in the code may be caught as when its module is not there.
_MISSING = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
#: Folders below which installed distributions lie.
_INSTALLED = ("site-packages", "dist-packages")


class Import:
    """A module that source code imports."""

    __slots__ = ("is_optional", "line", "module", "names")

    def __init__(self, module: str, names: list[str], line: int, is_optional: bool) -> None:
        #: Its absolute name.
        self.module = module
        #: The names that are taken out of it, some of which may be modules below it.
        self.names = names
        self.line = line
        #: Whether the code does without it where it is not installed.
        self.is_optional = is_optional


class Origin:
    """Where a module comes from."""

    __slots__ = ("folders", "is_package", "kind", "path")

    def __init__(self, kind: str, path: str = "", is_package: bool = False, folders: list[str] | None = None) -> None:
        #: ``standard``, ``remotemedia``, ``installed``, ``own`` or ``missing``.
        self.kind = kind
        #: The source file of the user's own module; empty for a folder without ``__init__.py``.
        self.path = path
        self.is_package = is_package
        #: Where modules below it are looked for.
        self.folders = folders or []


def imports(nodes: list[ast.stmt], package: str, path: str) -> Iterator[Import]:
    """The imports in some statements of a file, those inside functions too. ``package`` is what relative ones refer to."""
    for node in nodes:
        yield from _imports(node, package, path, False)


def _imports(node: ast.AST, package: str, path: str, is_optional: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, [], node.lineno, is_optional)
    elif isinstance(node, ast.ImportFrom):
        if node.module != "__future__":
            module = _absolute(node, package, path)
            yield Import(module, [alias.name for alias in node.names], node.lineno, is_optional)
    elif isinstance(node, ast.Call):
        yield from _call(node, path, is_optional)
    if isinstance(node, ast.If) and _is_for_checkers(node.test):
        for statement in node.orelse:
            yield from _imports(statement, package, path, is_optional)
        return
    if isinstance(node, ast.Try):
        tried = is_optional or any(_catches_missing(handler) for handler in node.handlers)
        for statement in node.body:
            yield from _imports(statement, package, path, tried)
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            yield from _imports(part, package, path, is_optional)
        return
    for part in ast.iter_child_nodes(node):
        yield from _imports(part, package, path, is_optional)


def _absolute(node: ast.ImportFrom, package: str, path: str) -> str:
    if node.level == 0:
        return node.module or ""
    parts = package.split(".") if package else []
    if node.level > len(parts):
        dots = "." * node.level
        what = f"the import from {dots}{node.module or ''} leads beyond the package"
        raise refusal(path, node.lineno, what, "import the module by its full name, from beside the program")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _call(node: ast.Call, path: str, is_optional: bool) -> Iterator[Import]:
    """``importlib.import_module("name")`` and ``__import__("name")``."""
    called = ast.unparse(node.func)
    if called not in ("__import__", "importlib.import_module", "import_module"):
        return
    name = node.args[0] if node.args else None
    if isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("."):
        yield Import(name.value, ["<dynamic>"], node.lineno, is_optional)
        return
    what = f"{called}() imports what its argument says at run time, which cannot be followed"
    raise refusal(path, node.lineno, what, "write an import statement, or give the module's name as a text")


def _is_for_checkers(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind) in _MISSING for kind in caught)


class Finder:
    """Finds modules without importing them: beside the program first, then where Python looks."""

    def __init__(self, folder: str | None) -> None:
        self._path = [*([folder] if folder else []), *sys.path]
        self._folder = folder
        self._known: dict[str, Origin] = {}

    def origin(self, name: str) -> Origin:
        """Whose the module ``name`` is, and where its source lies."""
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> Origin:
        parent, _, _ = name.rpartition(".")
        if not parent:
            return self._find_root(name)
        above = self.origin(parent)
        if above.kind != "own":
            return above
        spec = PathFinder.find_spec(name, above.folders) if above.folders else None
        return _of_spec(spec)

    def _find_root(self, name: str) -> Origin:
        if name == "remotemedia":
            return Origin("remotemedia")
        if name in sys.stdlib_module_names and not self._is_shadowed(name):
            return Origin("standard")
        return _of_spec(PathFinder.find_spec(name, self._path) or _elsewhere(name))

    def _is_shadowed(self, name: str) -> bool:
        """Whether the program used a module of its own in place of Python's."""
        import os

        path = getattr(sys.modules.get(name), "__file__", None)
        return bool(self._folder and path and os.path.dirname(path) == os.path.abspath(self._folder))


def _elsewhere(name: str) -> ModuleSpec | None:
    """What other finders know, such as those of editable installations."""
    import importlib.util

    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _of_spec(spec: ModuleSpec | None) -> Origin:
    if spec is None:
        return Origin("missing")
    folders = [str(folder) for folder in spec.submodule_search_locations or []]
    places = [spec.origin] if spec.origin else folders
    if any(part in _INSTALLED for place in places for part in place.replace("\\", "/").split("/")):
        return Origin("installed")
    if spec.origin in ("built-in", "frozen"):
        return Origin("standard")
    return Origin("own", spec.origin or "", spec.submodule_search_locations is not None, folders)


__all__ = ["Finder", "Import", "Origin", "imports"]
