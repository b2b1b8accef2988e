//! JSON values and their Python forms.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use remotemedia_core::error::PayloadError;
use serde_json::{Map, Number, Value};

use super::types::{dataclass_fields, is_array_scalar};

/// How deep lists and dicts may nest before they are refused.
pub(super) const MAX_DEPTH: usize = 128;

/// Which Python values have a JSON form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Only those that come back as they were.
    Exact,
    /// All that JSON can express: tuples as lists, dataclasses as objects, NumPy scalars as numbers.
    Neutral,
}

/// The JSON form of a Python value.
///
/// # Errors
/// If the value, or one inside it, has none.
pub(super) fn to_json(object: &Bound<'_, PyAny>, strictness: Strictness) -> Result<Value, PayloadError> {
    convert(object, strictness, 0)
}

/// The Python form of a JSON value.
///
/// # Errors
/// If Python has no memory left.
pub fn json_to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(value) => value.into_bound_py_any(py),
        Value::Number(number) => number_to_python(py, number),
        Value::String(text) => text.into_bound_py_any(py),
        Value::Array(items) => {
            let list = PyList::empty(py);
            items.iter().try_for_each(|item| list.append(json_to_python(py, item)?))?;
            Ok(list.into_any())
        }
        Value::Object(entries) => Ok(object_to_python(py, entries)?.into_any()),
    }
}

/// The Python form of a JSON object.
///
/// # Errors
/// If Python has no memory left.
pub(super) fn object_to_python<'py>(py: Python<'py>, entries: &Map<String, Value>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    entries.iter().try_for_each(|(key, value)| dict.set_item(key, json_to_python(py, value)?))?;
    Ok(dict)
}

fn number_to_python<'py>(py: Python<'py>, number: &Number) -> PyResult<Bound<'py, PyAny>> {
    if let Some(value) = number.as_i64() {
        return value.into_bound_py_any(py);
    }
    match number.as_u64() {
        Some(value) => value.into_bound_py_any(py),
        None => number.as_f64().unwrap_or(f64::NAN).into_bound_py_any(py),
    }
}

fn convert(object: &Bound<'_, PyAny>, strictness: Strictness, depth: usize) -> Result<Value, PayloadError> {
    if depth > MAX_DEPTH {
        return Err(PayloadError::new(format!("python value nests deeper than {MAX_DEPTH} levels")));
    }
    if let Some(scalar) = convert_scalar(object, strictness)? {
        return Ok(scalar);
    }
    let exact = strictness == Strictness::Exact;
    if let Ok(list) = object.cast_exact::<PyList>() {
        return convert_items(list.iter(), strictness, depth);
    }
    if let Ok(dict) = object.cast_exact::<PyDict>() {
        return convert_dict(dict, strictness, depth);
    }
    if exact {
        return Err(no_json(object));
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return convert_items(tuple.iter(), strictness, depth);
    }
    if let Ok(list) = object.cast::<PyList>() {
        return convert_items(list.iter(), strictness, depth);
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        return convert_dict(dict, strictness, depth);
    }
    if let Some(fields) = dataclass_fields(object) {
        return convert_dataclass(object, &fields, depth);
    }
    Err(no_json(object))
}

fn convert_scalar(object: &Bound<'_, PyAny>, strictness: Strictness) -> Result<Option<Value>, PayloadError> {
    if object.is_none() {
        return Ok(Some(Value::Null));
    }
    if let Ok(value) = object.cast_exact::<PyBool>() {
        return Ok(Some(Value::Bool(value.is_true())));
    }
    if let Ok(value) = object.cast_exact::<PyFloat>() {
        return finite(value.value()).map(Some);
    }
    if object.is_exact_instance_of::<PyInt>() {
        return whole(object).map(Some);
    }
    if let Ok(text) = object.cast_exact::<PyString>() {
        return text_of(text).map(|text| Some(Value::String(text)));
    }
    if strictness == Strictness::Exact {
        return Ok(None);
    }
    convert_subclass(object)
}

fn convert_subclass(object: &Bound<'_, PyAny>) -> Result<Option<Value>, PayloadError> {
    if is_array_scalar(object) {
        let item = object.call_method0("item").map_err(|_| no_json(object))?;
        return convert(&item, Strictness::Exact, 0).map(Some);
    }
    if let Ok(value) = object.cast::<PyFloat>() {
        return finite(value.value()).map(Some);
    }
    if object.is_instance_of::<PyInt>() {
        return whole(object).map(Some);
    }
    match object.cast::<PyString>() {
        Ok(text) => text_of(text).map(|text| Some(Value::String(text))),
        Err(_) => Ok(None),
    }
}

fn convert_items<'py>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    strictness: Strictness,
    depth: usize,
) -> Result<Value, PayloadError> {
    items.map(|item| convert(&item, strictness, depth + 1)).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn convert_dict(dict: &Bound<'_, PyDict>, strictness: Strictness, depth: usize) -> Result<Value, PayloadError> {
    let mut entries = Map::new();
    for (key, value) in dict.iter() {
        let text = match strictness {
            Strictness::Exact => key.cast_exact::<PyString>(),
            Strictness::Neutral => key.cast::<PyString>(),
        };
        let text = text.map_err(|_| PayloadError::new(format!("dict key {key} is not text, which json needs")))?;
        entries.insert(text_of(text)?, convert(&value, strictness, depth + 1)?);
    }
    Ok(Value::Object(entries))
}

fn convert_dataclass(
    object: &Bound<'_, PyAny>,
    fields: &Bound<'_, PyDict>,
    depth: usize,
) -> Result<Value, PayloadError> {
    let mut entries = Map::new();
    for name in fields.keys().iter() {
        let Ok(name) = name.cast_into::<PyString>() else { continue };
        let value = object.getattr(&name).map_err(|_| no_json(object))?;
        entries.insert(text_of(&name)?, convert(&value, Strictness::Neutral, depth + 1)?);
    }
    Ok(Value::Object(entries))
}

fn whole(object: &Bound<'_, PyAny>) -> Result<Value, PayloadError> {
    let signed = object.extract::<i64>().map(Value::from);
    signed.or_else(|_| object.extract::<u64>().map(Value::from)).map_err(|_| too_big(object))
}

fn finite(value: f64) -> Result<Value, PayloadError> {
    Number::from_f64(value)
        .map(Value::Number)
        .ok_or_else(|| PayloadError::new(format!("number {value} cannot be written as json")))
}

fn text_of(text: &Bound<'_, PyString>) -> Result<String, PayloadError> {
    text.to_cow().map(std::borrow::Cow::into_owned).map_err(|_| unpaired())
}

/// An integer that no native node can hold.
pub(super) fn too_big(object: &Bound<'_, PyAny>) -> PayloadError {
    let bits = object.call_method0("bit_length").and_then(|bits| bits.extract::<u64>()).unwrap_or_default();
    PayloadError::new(format!("python int of {bits} bits, expected one that fits into 64 bits"))
}

/// Text that is not valid Unicode.
pub(super) fn unpaired() -> PayloadError {
    PayloadError::new("python str with unpaired surrogates, expected text that UTF-8 can write")
}

fn no_json(object: &Bound<'_, PyAny>) -> PayloadError {
    let name = object.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    PayloadError::new(format!("python {name} has no neutral form that a native node could read"))
}
