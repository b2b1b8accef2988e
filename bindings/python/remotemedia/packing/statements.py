"""Statements: the top level of a source file, and which names each statement binds, uses and changes."""

from __future__ import annotations

import ast
import symtable
import tokenize

from ..core.exceptions import PackageError
from .refusal import refusal, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Statements that have a namespace of their own: what happens inside happens later, or to other names.
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Statement:
    """A statement at the top level of a file."""

    def __init__(self, node: ast.stmt, path: str) -> None:
        #: The statement itself.
        self.node = node
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        #: Its first and its last line.
        self.first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        self.last = node.end_lineno or node.lineno
        table = symtable.symtable(ast.unparse(node), path, "exec")
        #: The names that it binds at the top level.
        self.binds = {symbol.get_name() for symbol in table.get_symbols() if _is_bound(symbol)}
        #: The names that it, or a function or class in it, looks up at the top level.
        self.uses = set(_looked_up(table)) | set(_in_text_annotations(node))
        #: The names whose values it changes without binding them.
        self.changes = set(_changed(node)) - self.binds

    @property
    def is_import(self) -> bool:
        """Whether all that it does is import."""
        return isinstance(self.node, (ast.Import, ast.ImportFrom))

    @property
    def is_future(self) -> bool:
        """Whether it says how the file is to be compiled."""
        return isinstance(self.node, ast.ImportFrom) and self.node.module == "__future__"

    @property
    def is_for_programs_only(self) -> bool:
        """Whether it is ``if __name__ == "__main__":``, which imports skip."""
        test = self.node.test if isinstance(self.node, ast.If) else None
        return test is not None and any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(test))


def read(path: str) -> str:
    """The text of a source file, whatever its encoding and line ends."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise PackageError(f"{shown(path)}: the source cannot be read: {error}") from error


def parse(text: str, path: str) -> ast.Module:
    """The syntax tree of a source file."""
    try:
        return ast.parse(text, path)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise refusal(path, line, f"this is not Python: {error}", "correct the file") from error


def statements(tree: ast.Module, path: str) -> list[Statement]:
    """The top level of a file."""
    return [Statement(node, path) for node in tree.body]


def at_top_level(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that are evaluated when the file is executed."""
    yield node
    if isinstance(node, _SCOPES):
        parts: list[ast.AST] = [*getattr(node, "decorator_list", []), *getattr(node, "bases", [])]
        if isinstance(node, ast.ClassDef):
            parts += [*node.keywords, *node.body]
        else:
            parts += [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
    else:
        parts = list(ast.iter_child_nodes(node))
    for part in parts:
        yield from at_top_level(part)


def root_name(node: ast.AST) -> str | None:
    """The name at the beginning of ``name.attribute[index]``."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _looked_up(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        # A name that a class body binds may be looked up at the top level before that.
        outside = table.get_type() in ("module", "class") or symbol.is_global()
        if outside and (symbol.is_referenced() or symbol.is_declared_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _looked_up(child)


def _in_text_annotations(node: ast.stmt) -> Iterator[str]:
    """The names in annotations that are texts."""
    for part in ast.walk(node):
        annotation = getattr(part, "annotation", None) or getattr(part, "returns", None)
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                parsed = ast.parse(annotation.value, mode="eval")
            except SyntaxError:
                continue
            yield from (name.id for name in ast.walk(parsed) if isinstance(name, ast.Name))


def _changed(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, _SCOPES):
        return
    for part in at_top_level(node):
        targets: list[ast.AST] = []
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            targets = [_target_of_call(part.value)]
        elif isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, (ast.Store, ast.Del)):
            targets = [part]
        for target in targets:
            name = root_name(target) if isinstance(target, (ast.Attribute, ast.Subscript)) else None
            if name is not None:
                yield name


def _target_of_call(call: ast.Call) -> ast.AST:
    """What a call changes as far as it says: that whose method it calls, or whose attribute it sets."""
    sets = isinstance(call.func, ast.Name) and call.func.id in ("setattr", "delattr") and call.args
    return ast.Attribute(call.args[0], "", ast.Store()) if sets else call.func


__all__ = ["Statement", "at_top_level", "parse", "read", "root_name", "statements"]
