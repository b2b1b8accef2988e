"""Makes the nodes that manifests name by their class. What the package `remotemedia` brings is needed only where it is used."""

import importlib


def class_named(reference):
    """The class that `module:Class` means."""
    module, colon, path = reference.partition(":")
    if not (module and colon and path):
        raise ValueError(f"class {reference!r}, expected module:Class")
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    if not isinstance(found, type):
        raise TypeError(f"{reference} is a {type(found).__name__}, expected a class")
    return found


def make(reference, name, params, state):
    """An instance: as a node, the object that runs, and whether it makes items by itself."""
    node = class_named(reference)(**_decoded(params))
    if hasattr(node, "name"):
        node.name = name
    if state is not None:
        node.set_state(_decoded(state))
    return _ready(node)


class Lacking(Exception):
    """The Python nodes of packages need what is not installed: what, and what to do."""


def packaged(modules, data, version):
    """What makes the nodes of packages, which is the Python package's part. Executes none of their code."""
    try:
        from remotemedia.core.exceptions import PackageError
        from remotemedia.packing.reading import PackagedNodes
    except ImportError as error:
        raise Lacking(_not_imported(error, version)) from error
    try:
        return PackagedNodes(modules, data)
    except PackageError as error:
        raise Lacking(str(error)) from error


def make_packaged(packaged, module, reference, name, params, state):
    """As `make`, for a class in a module of a package."""
    python = {"class": reference, "name": name, "module": {"$file": module}}
    if state is not None:
        python["state"] = state
    return _ready(packaged.node({"id": name, "params": params, "python": python}))


def enter(node, session):
    """Tells a node that keeps state by session which one it is in."""
    if hasattr(node, "set_session_id") and node.get_session_id() is None:
        node.set_session_id(f"session-{session}")


def _ready(node):
    implementation = getattr(node, "_implementation", None)
    running = node if implementation is None else implementation()
    return node, running, bool(getattr(node, "is_source", False))


def _not_imported(error, version):
    if getattr(error, "name", None) == "remotemedia":
        return (
            "the Python nodes of packages need the Python package remotemedia, which this interpreter does not find:"
            f" pip install remotemedia=={version} into the virtual environment that it was set up with"
        )
    return f"the Python package remotemedia does not fit this library: pip install remotemedia=={version}; {error}"


def _decoded(value):
    """The value behind its form in a manifest."""
    if not _is_encoded(value):
        return value
    from remotemedia.core.params import decode

    return decode(value)


def _is_encoded(value):
    """Whether something in it is no number, text, list or map, and so stands under a key that says what it is."""
    if isinstance(value, list):
        return any(map(_is_encoded, value))
    if not isinstance(value, dict):
        return False
    return any(key.startswith("$") for key in value) or any(map(_is_encoded, value.values()))
