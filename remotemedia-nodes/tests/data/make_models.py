"""Writes the small ONNX models that the tests of the Onnx node run. Needs the PyPI package onnx."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

HERE = Path(__file__).parent


def save(name, nodes, inputs, outputs, constants=()):
    graph = h.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(*c) for c in constants])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")


def affine():
    """y = x @ w + b for any number of rows."""
    w = np.array([[1, 10], [2, 20], [3, 30]], np.float32)
    b = np.array([0.5, -0.5], np.float32)
    save(
        "affine",
        [
            h.make_node("MatMul", ["x", "w"], ["xw"]),
            h.make_node("Add", ["xw", "b"], ["y"]),
        ],
        [h.make_tensor_value_info("x", T.FLOAT, ["batch", 3])],
        [h.make_tensor_value_info("y", T.FLOAT, ["batch", 2])],
        [(w, "w"), (b, "b")],
    )


def pair():
    """sum = a + b, largest = argmax(a), more = a > b."""
    save(
        "pair",
        [
            h.make_node("Cast", ["b"], ["bf"], to=T.FLOAT),
            h.make_node("Add", ["a", "bf"], ["sum"]),
            h.make_node("ArgMax", ["a"], ["largest"], axis=0, keepdims=0),
            h.make_node("Greater", ["a", "bf"], ["more"]),
        ],
        [
            h.make_tensor_value_info("a", T.FLOAT, [2]),
            h.make_tensor_value_info("b", T.INT64, [2]),
        ],
        [
            h.make_tensor_value_info("sum", T.FLOAT, [2]),
            h.make_tensor_value_info("largest", T.INT64, []),
            h.make_tensor_value_info("more", T.BOOL, [2]),
        ],
    )


def types():
    """Every supported type of element, unchanged."""
    kinds = {
        "i64": T.INT64,
        "i32": T.INT32,
        "i8": T.INT8,
        "u8": T.UINT8,
        "bool": T.BOOL,
        "f64": T.DOUBLE,
        "f16": T.FLOAT16,
    }
    save(
        "types",
        [h.make_node("Identity", [f"{name}_in"], [name]) for name in kinds],
        [h.make_tensor_value_info(f"{name}_in", kind, ["n"]) for name, kind in kinds.items()],
        [h.make_tensor_value_info(name, kind, ["n"]) for name, kind in kinds.items()],
    )


affine()
pair()
types()
