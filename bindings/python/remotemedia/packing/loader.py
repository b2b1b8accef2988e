"""The loader: modules of a package, imported from memory under names of their own.

Nothing is looked for on ``sys.path``, and no name of a package is one that anything else imports: its module ``voice`` is
``_rmpkg_<digest>.voice``. Inside of the package ``import voice`` finds it all the same.
"""

from __future__ import annotations

import builtins
import importlib
import linecache
import sys
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec

from ..core.registry import PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType, ModuleType
    from typing import Any


class Modules:
    """The modules of one package."""

    def __init__(self, digest: str, title: str, sources: Mapping[str, Mapping[str, Any]]) -> None:
        #: Below which name they lie in ``sys.modules``.
        self.prefix = f"{PREFIX}{digest}"
        self._title = title
        self.sources = sources
        self._roots = {name.partition(".")[0] for name in sources}
        self.builtins = {**vars(builtins), "__import__": self._import}

    def private(self, reference: str) -> str:
        """The reference ``module:name`` as this process knows it."""
        module = reference.partition(":")[0]
        return f"{self.prefix}.{reference}" if module in self.sources else reference

    def text(self, name: str) -> str:
        """The source of a module."""
        return str(self.sources[name]["text"]) if name else ""

    def is_package(self, name: str) -> bool:
        """Whether modules lie below it."""
        return not name or bool(self.sources[name]["package"])

    def file_name(self, name: str) -> str:
        """What tracebacks call the file of a module."""
        path = name.replace(".", "/")
        return f"{self._title}/{path}/__init__.py" if self.is_package(name) else f"{self._title}/{path}.py"

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """``import`` as the code of the package sees it."""
        root = name.partition(".")[0]
        if level or root not in self._roots:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        if fromlist:
            return builtins.__import__(f"{self.prefix}.{name}", globals, locals, fromlist, 0)
        importlib.import_module(f"{self.prefix}.{name}")
        return sys.modules[f"{self.prefix}.{root}"]


class _Loader(InspectLoader):
    """Makes one module of a package."""

    def __init__(self, modules: Modules, name: str) -> None:
        self._modules = modules
        self._name = name

    def create_module(self, spec: ModuleSpec) -> None:
        """Leaves making the module to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Executes the source."""
        file_name, text = self._modules.file_name(self._name), self._modules.text(self._name)
        linecache.cache[file_name] = (len(text), None, text.splitlines(keepends=True), file_name)
        module.__dict__["__builtins__"] = self._modules.builtins
        exec(self.get_code(module.__name__), module.__dict__)

    def get_source(self, fullname: str) -> str:
        """The source, for tracebacks and ``inspect``."""
        return self._modules.text(self._name)

    def get_code(self, fullname: str) -> CodeType:
        """The source, compiled."""
        text = self._modules.text(self._name)
        return compile(text, self._modules.file_name(self._name), "exec", dont_inherit=True)

    def is_package(self, fullname: str) -> bool:
        """Whether modules lie below it."""
        return self._modules.is_package(self._name)


class _Finder(MetaPathFinder):
    """Finds the modules of packages that were opened."""

    def __init__(self) -> None:
        self.opened: dict[str, Modules] = {}

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """The module of that name, if a package has it."""
        prefix, _, name = fullname.partition(".")
        modules = self.opened.get(prefix)
        if modules is None or (name and name not in modules.sources):
            return None
        loader = _Loader(modules, name)
        spec = ModuleSpec(fullname, loader, origin=modules.file_name(name), is_package=modules.is_package(name))
        spec.has_location = True
        return spec


_FINDER = _Finder()


def opened(digest: str, title: str, sources: Mapping[str, Mapping[str, Any]]) -> Modules:
    """The modules of a package, ready to be imported. A package that is opened again has the same ones."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    modules = Modules(digest, title, sources)
    return _FINDER.opened.setdefault(modules.prefix, modules)


__all__ = ["Modules", "opened"]
