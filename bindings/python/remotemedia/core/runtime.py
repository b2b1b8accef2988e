"""Questions of the earlier package about its separate runtime, which is part of this package."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def try_load_rust_runtime() -> tuple[bool, ModuleType | None, str | None]:
    """Whether the runtime is there, the module, and why it is not."""
    from .. import _native

    return True, _native, None


def is_rust_runtime_available() -> bool:
    """Whether the runtime is there. It always is."""
    return True


def get_rust_runtime() -> ModuleType:
    """The runtime's module."""
    from .. import _native

    return _native
