"""Runs the cases with the earlier package alone, executor included: ``python reference.py WHEEL RESULTS``.

Its packages are imported without their ``__init__`` files, which want what these nodes do not need.
"""

import asyncio
import pickle
import sys
import types
from importlib import import_module

from cases import ALL


def use(wheel):
    """Makes the wheel's modules importable."""
    for package in ("remotemedia", "remotemedia.core", "remotemedia.nodes"):
        module = types.ModuleType(package)
        module.__path__ = [f"{wheel}/{package.replace('.', '/')}"]
        sys.modules[package] = module
    # Each node has a thread that sleeps; to end it takes a second.
    import_module("remotemedia.core.node").StateManager.start_cleanup_task = lambda *_: None


async def result(case):
    """What the earlier pipeline gives, or why it failed, and how it writes itself down."""
    pipeline = import_module("remotemedia.core.pipeline").Pipeline(name=case.name)
    for module, kind, arguments in case.nodes:
        node = getattr(import_module(f"remotemedia.nodes.{module}"), kind)(**arguments)
        # A pipeline is given instances of Node alone; its executor asks for no more than these.
        for name, missing in (("name", kind), ("initialize", _nothing), ("cleanup", _nothing)):
            setattr(node, name, getattr(node, name, missing))
        pipeline.nodes.append(node)
    found = {"failed": None, "manifest": _said(pipeline.serialize), "definition": _said(pipeline.export_definition)}
    try:
        found["result"] = await pipeline.run(list(case.inputs), use_rust=False)
    except Exception as error:
        found["failed"] = f"{type(error).__name__}: {error}"
    return found


def _said(describe):
    """The description, as far as what it describes is a node."""
    try:
        return describe()
    except (AttributeError, TypeError):
        return None


def _nothing():
    """A life without beginning and end."""


async def results():
    """What every case gives, in their order."""
    return [await result(case) for case in ALL]


if __name__ == "__main__":
    use(sys.argv[1])
    with open(sys.argv[2], "wb") as file:
        pickle.dump(asyncio.run(results()), file)
