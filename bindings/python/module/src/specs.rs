//! The native node types, for the Python classes that stand for them.

use pyo3::prelude::*;
use remotemedia::spec::{NodeSpec, PortSpec};
use remotemedia_python::cpython::json_to_python;
use serde_json::{Value, json};

use crate::runtime::runtime;

/// Every native node type as a dict: `node_type`, `aliases`, `summary`, `lane`, `inputs`, `outputs`, `source`, `params`.
#[pyfunction]
pub(crate) fn node_specs(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let specs = runtime()?.registry().specs();
    let described: Vec<Value> = specs.iter().map(|spec| describe(spec)).collect();
    json_to_python(py, &Value::Array(described))
}

fn describe(spec: &NodeSpec) -> Value {
    json!({
        "node_type": spec.node_type,
        "aliases": spec.aliases,
        "summary": spec.summary,
        "lane": spec.lane.name(),
        "inputs": ports(&spec.inputs),
        "outputs": ports(&spec.outputs),
        "source": spec.source,
        "params": spec.params,
    })
}

fn ports(ports: &[PortSpec]) -> Vec<Value> {
    ports.iter().map(|port| json!({ "name": port.name, "kind": port.kind.to_string() })).collect()
}
