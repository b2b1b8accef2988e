#!/usr/bin/env python3
"""Writes the type stubs that follow from other sources: of `remotemedia` from its list of names, of `remotemedia.nodes`
from the registry of native node types. With --check it writes nothing, and says which stubs are not up to date.
"""

import inspect
import subprocess
import sys
import types
import typing
from pathlib import Path

import remotemedia
from remotemedia import nodes
from remotemedia.nodes import native
from remotemedia.nodes.native import UNSAID
from remotemedia.nodes.signature import signature_of

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "bindings" / "python" / "remotemedia"
COMMAND = "scripts/make_stubs.py"
NOTE = f"# Written by {COMMAND}; changes made here are lost.\n"


def main() -> int:
    stubs = {PACKAGE / "__init__.pyi": package_stub(), PACKAGE / "nodes" / "__init__.pyi": nodes_stub()}
    stubs = {path: formatted(text) for path, text in stubs.items()}
    stale = [path for path, text in stubs.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not up to date")
        if "--check" not in sys.argv[1:]:
            path.write_text(stubs[path], encoding="utf-8")
    if stale and "--check" in sys.argv[1:]:
        print(f"run {COMMAND} and commit what it writes")
        return 1
    return 0


def package_stub() -> str:
    names = remotemedia._EXPORTS
    imports = [f"from {module} import {name}" for name, module in names.items()]
    return (
        "\n".join([NOTE, docstring(remotemedia.__doc__ or "", ""), *imports, all_of(["__version__", *names])]) + VERSION
    )


VERSION = "\n__version__: str\n"


def nodes_stub() -> str:
    python = [f"from {module} import {name}" for name, module in nodes.PYTHON_NODES.items()]
    generated = sorted(set(native.known_specs()) - set(nodes.PYTHON_NODES))
    head = [NOTE, docstring(nodes.__doc__ or "", ""), "from typing import Any, ClassVar, Literal", *python]
    names = sorted({*nodes.PYTHON_NODES, *generated})
    classes = [native_class(name) for name in generated]
    return "\n".join([*head, all_of(names), "PYTHON_NODES: dict[str, str]", *classes]) + "\n"


def all_of(names: list[str]) -> str:
    return f"__all__ = [{', '.join(repr(name) for name in names)},]"


def native_class(name: str) -> str:
    kind = native.native_class(name)
    signature = signature_of(native.known_specs()[name])
    own = [part for part in signature.parameters.values() if part.kind is not part.VAR_KEYWORD and part.name != "name"]
    attributes = [f"    {part.name}: {written(part.annotation)}" for part in own if not hasattr(kind, part.name)]
    body = [f"class {name}(NativeNode):", docstring(kind.__doc__ or "", "    "), *attributes]
    return "\n".join([*body, f"    def __init__({parameters(signature)}) -> None: ..."])


def docstring(text: str, indent: str) -> str:
    lines = [indent + line if line else "" for line in text.strip().split("\n")]
    closing = f'\n{indent}"""' if len(lines) > 1 else '"""'
    return f'{indent}"""' + "\n".join(lines).removeprefix(indent) + closing


def parameters(signature: inspect.Signature) -> str:
    parts, starred = ["self"], False
    for part in signature.parameters.values():
        if part.kind is part.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        stars = "**" if part.kind is part.VAR_KEYWORD else ""
        parts.append(f"{stars}{part.name}: {written(part.annotation)}{default(part)}")
    return ", ".join(parts)


def default(part: inspect.Parameter) -> str:
    if part.default is part.empty:
        return ""
    simple = part.default is None or isinstance(part.default, (bool, int, float, str))
    return f" = {part.default!r}" if simple and part.default is not UNSAID else " = ..."


def written(annotation: object) -> str:
    """An annotation as Python source."""
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        return " | ".join(written(part) for part in arguments)
    if origin is typing.Literal:
        return f"Literal[{', '.join(repr(value) for value in arguments)}]"
    if origin is not None:
        return f"{origin.__name__}[{', '.join(written(part) for part in arguments)}]"
    if annotation is typing.Any:
        return "Any"
    return "None" if annotation is types.NoneType else annotation.__name__


def formatted(text: str) -> str:
    ruff = str(Path(sys.executable).with_name("ruff"))
    for command in (["check", "--fix", "--quiet", "--select", "I,F401,RUF022"], ["format", "--quiet"]):
        run = [ruff, *command, "--stdin-filename", "remotemedia/__init__.pyi", "-"]
        text = subprocess.run(run, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return text


if __name__ == "__main__":
    sys.exit(main())
