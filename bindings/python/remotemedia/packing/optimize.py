"""Smaller ONNX models: weights as 8-bit integers where the model multiplies by them, in half precision elsewhere.

Integers follow ONNX Runtime's dynamic quantisation: activations are scaled as they come, so no data is needed to
calibrate with. Weights in half precision are widened when the model is loaded: they cost precision, not time.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ..core.exceptions import PackageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

#: The operators whose weights become integers.
INTEGER_OPERATORS = ("MatMul", "Gather")
#: Weights of fewer numbers stay as they are: the operator that widens them would take as much room.
FEWEST_NUMBERS = 64
#: The largest number in half precision.
LARGEST_HALF = 65504.0
#: How far outputs may be off, as a part of their own size.
LARGEST_ERROR = 0.05
#: How long the axes are made that a model leaves open, but for its first, until one fits.
OPEN_AXES = (16, 1, 128, 512)


class CannotOptimize(Exception):
    """A model stays as it is, and why."""


class Smaller(NamedTuple):
    """What became of a model."""

    #: How its weights are stored: ``int8``, with the others in half precision, or ``fp16``.
    method: str
    bytes_before: int
    bytes_after: int
    #: How far the outputs are off where the inputs are noise, as a part of the outputs' own size; both are the root of
    #: the mean square.
    error: float


def optimize(source: str, target: str) -> Smaller:
    """Writes a smaller model to ``target`` that computes nearly what ``source`` does.

    8-bit integers are tried first, then half precision alone; the first way is taken that makes the model smaller and
    keeps its outputs within :data:`LARGEST_ERROR`.

    Raises:
        CannotOptimize: If the file is no model that can be run, or no way does.
        PackageError: If the tools are not installed.
    """
    _need_tools()
    before = os.path.getsize(source)
    inputs, expected = _first_run(source)
    reasons = []
    for method, convert in (("int8", _to_integers), ("fp16", _to_halves)):
        try:
            convert(source, target)
            error = _distance(expected, _run(target, inputs))
        except Exception as failure:
            reasons.append(f"{method}: {failure}")
            continue
        after = os.path.getsize(target)
        if after < before and error <= LARGEST_ERROR:
            return Smaller(method, before, after, error)
        reasons.append(f"{method}: {before} bytes become {after}, and the outputs are off by {error:.2%}")
    raise CannotOptimize("; ".join(reasons))


def _need_tools() -> None:
    missing = [name for name in ("onnx", "onnxruntime") if importlib.util.find_spec(name) is None]
    if missing:
        raise PackageError(f"--optimize needs {' and '.join(missing)}; pip install {' '.join(missing)}")


def _to_integers(source: str, target: str) -> None:
    """Integers where the model multiplies by weights, half precision for the others."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder, _quiet():
        plain, integers = os.path.join(folder, "plain.onnx"), os.path.join(folder, "integers.onnx")
        _rewrite(source, plain, _lift_constants)
        operators = list(INTEGER_OPERATORS)
        quantize_dynamic(plain, integers, operators, per_channel=True, weight_type=QuantType.QInt8)
        if not _has_integers(integers):
            raise CannotOptimize("the model multiplies by no weights")
        _rewrite(integers, target, _widen_halves)


def _has_integers(path: str) -> bool:
    import onnx

    graphs = _graphs(onnx.load(path).graph)
    return any(tensor.data_type == onnx.TensorProto.INT8 for graph in graphs for tensor in graph.initializer)


def _to_halves(source: str, target: str) -> None:
    def change(graph: Any) -> None:
        _lift_constants(graph)
        _widen_halves(graph)

    _rewrite(source, target, change)


def _rewrite(source: str, target: str, change: Callable[[Any], None]) -> None:
    """Copies a model, with every graph changed, those inside of operators too."""
    import onnx

    model = onnx.load(source)
    for graph in _graphs(model.graph):
        change(graph)
    onnx.save(model, target)


def _graphs(graph: Any) -> Iterator[Any]:
    import onnx

    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _graphs(attribute.g)
    yield graph


def _lift_constants(graph: Any) -> None:
    """Turns operators that give a weight into weights of the graph, which is where the others look for them."""
    kept = []
    for node in graph.node:
        tensor = next((each.t for each in node.attribute if node.op_type == "Constant" and each.name == "value"), None)
        if tensor is not None and _is_weight(tensor):
            tensor.name = node.output[0]
            graph.initializer.append(tensor)
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)


def _widen_halves(graph: Any) -> None:
    """Halves the room of the graph's weights; an operator behind each gives them their width back."""
    import onnx
    from onnx import numpy_helper

    outputs, widened = {output.name for output in graph.output}, []
    for tensor in graph.initializer:
        if not _is_weight(tensor) or tensor.name in outputs:
            continue
        numbers = numpy_helper.to_array(tensor)
        if abs(numbers).max() > LARGEST_HALF:
            continue
        name, half = tensor.name, f"{tensor.name}_half"
        tensor.CopyFrom(numpy_helper.from_array(numbers.astype("float16"), half))
        widened.append(onnx.helper.make_node("Cast", [half], [name], f"{name}_widened", to=onnx.TensorProto.FLOAT))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*widened, *rest])


def _is_weight(tensor: Any) -> bool:
    import math

    import onnx

    return bool(tensor.data_type == onnx.TensorProto.FLOAT and math.prod(tensor.dims) >= FEWEST_NUMBERS)


def _first_run(model: str) -> tuple[dict[str, Any], list[Any]]:
    """Inputs of noise that the model takes, and its outputs on them."""
    failure: Exception | None = None
    for length in OPEN_AXES:
        try:
            inputs = _noise(_session(model).get_inputs(), length)
            return inputs, _run(model, inputs)
        except Exception as error:
            failure = error
    raise CannotOptimize(f"it cannot be run to be compared: {failure}")


def _noise(inputs: list[Any], length: int) -> dict[str, Any]:
    import numpy as np

    types = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
    random = np.random.default_rng(0)
    noise = {}
    for each in inputs:
        shape = [axis if isinstance(axis, int) else length if i else 1 for i, axis in enumerate(each.shape)]
        # Whole numbers are masks, tokens or lengths; 1 is good for all of them.
        plain = types.get(each.type)
        kind = np.int32 if each.type == "tensor(int32)" else np.bool_ if each.type == "tensor(bool)" else np.int64
        noise[each.name] = random.standard_normal(shape).astype(plain) if plain else np.ones(shape, kind)
    return noise


def _run(model: str, inputs: dict[str, Any]) -> list[Any]:
    outputs: list[Any] = _session(model).run(None, inputs)
    return outputs


def _session(model: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _distance(expected: list[Any], found: list[Any]) -> float:
    """How far outputs are off, as a part of their own size: the worst of them."""
    import numpy as np

    worst = 0.0
    for right, other in zip(expected, found, strict=True):
        right, other = np.asarray(right, np.float64), np.asarray(other, np.float64)
        size, off = np.sqrt(np.mean(right**2)), np.sqrt(np.mean((right - other) ** 2))
        # What is not a number at all is as wrong as can be.
        worst = max(worst, float(off / size) if size > 0 else float(off > 0)) if np.isfinite(off) else float("inf")
    return worst


@contextmanager
def _quiet() -> Iterator[None]:
    """ONNX Runtime warns by the root logger of what is to be expected here."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(disabled)
