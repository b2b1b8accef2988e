//! What the nodes that the earlier Python package had need of Python: names of nodes, and words for values.

use remotemedia_core::node::NodeContext;
use serde_json::Value;

/// The name that the node's user knows: its id without the pipeline around it and without the index that the Python
/// `Pipeline` puts behind it.
pub(crate) fn node_name(cx: &NodeContext) -> &str {
    let id = cx.node.rsplit('/').next().unwrap_or(&cx.node);
    match id.rsplit_once('_') {
        Some((name, index)) if !name.is_empty() && index.parse::<u32>().is_ok() => name,
        _ => id,
    }
}

/// The name of the value's type.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// The value as `str()` writes it, for simple values; lists and dicts as JSON.
pub(crate) fn string(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
