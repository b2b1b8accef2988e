//! Write isolation: what a node writes into its input never shows in another branch.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyTuple};

use super::array::{is_held_by, is_writable, read_only, references};
use super::types::{as_array, dataclass_fields, is_simple};

/// What a node that is the only holder of the packet is given instead of `object`: read-only views of arrays that others
/// hold. `None` where it may have the object itself. The caller holds one reference to it.
///
/// # Errors
/// If Python has no memory left.
pub(super) fn own<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if is_simple(object) {
        return Ok(None);
    }
    if let Some(array) = as_array(object) {
        let exposed = is_writable(array) && !is_held_by(array, 1);
        return exposed.then(|| read_only(array)).transpose();
    }
    match object.cast::<PyTuple>() {
        Ok(tuple) if holds_array(tuple) => with_read_only_arrays(tuple),
        _ => Ok(None),
    }
}

/// What a node may be given when other branches hold the same packet: arrays as read-only views, lists, dicts, sets and
/// dataclasses as copies, anything else as it is.
///
/// # Errors
/// If a dataclass cannot be copied.
pub(super) fn shared<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if is_simple(object) {
        return Ok(object.clone());
    }
    if let Some(array) = as_array(object) {
        return read_only(array);
    }
    if let Ok(list) = object.cast_exact::<PyList>() {
        let copy = PyList::empty(object.py());
        list.iter().try_for_each(|item| copy.append(shared(&item)?))?;
        return Ok(copy.into_any());
    }
    if let Ok(dict) = object.cast_exact::<PyDict>() {
        let copy = PyDict::new(object.py());
        dict.iter().try_for_each(|(key, value)| copy.set_item(key, shared(&value)?))?;
        return Ok(copy.into_any());
    }
    if object.is_exact_instance_of::<PySet>() || object.is_exact_instance_of::<pyo3::types::PyByteArray>() {
        return object.get_type().call1((object,));
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return shared_tuple(tuple);
    }
    match dataclass_fields(object) {
        Some(fields) => shared_dataclass(object, &fields),
        None => Ok(object.clone()),
    }
}

fn shared_tuple<'py>(tuple: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let items = tuple.iter().map(|item| shared(&item)).collect::<PyResult<Vec<_>>>()?;
    if items.iter().zip(tuple.iter()).all(|(copy, item)| copy.is(&item)) {
        return Ok(tuple.clone().into_any());
    }
    rebuilt(tuple, items)
}

fn shared_dataclass<'py>(object: &Bound<'py, PyAny>, fields: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let copy = py.import("copy")?.getattr("copy")?.call1((object,))?;
    let set = py.import("builtins")?.getattr("object")?.getattr("__setattr__")?;
    for name in fields.keys().iter() {
        let value = object.getattr(name.cast::<pyo3::types::PyString>()?)?;
        set.call1((&copy, &name, shared(&value)?))?;
    }
    Ok(copy)
}

fn holds_array(tuple: &Bound<'_, PyTuple>) -> bool {
    tuple.iter_borrowed().any(|item| as_array(&item).is_some())
}

fn with_read_only_arrays<'py>(tuple: &Bound<'py, PyTuple>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let ours = references(tuple) == 1;
    let mut changed = false;
    let mut items = Vec::with_capacity(tuple.len());
    for item in tuple.iter() {
        // A reference each: the tuple's and `item`.
        let exposed = as_array(&item).filter(|array| is_writable(array) && !(ours && is_held_by(array, 2)));
        changed |= exposed.is_some();
        items.push(exposed.map(read_only).transpose()?.unwrap_or(item));
    }
    changed.then(|| rebuilt(tuple, items)).transpose()
}

/// A tuple of the same type around other items. Named tuples and [`Audio`](super::audio) keep their type.
fn rebuilt<'py>(tuple: &Bound<'py, PyTuple>, items: Vec<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
    let py = tuple.py();
    let items = PyTuple::new(py, items)?;
    if tuple.is_exact_instance_of::<PyTuple>() {
        return Ok(items.into_any());
    }
    let new = py.import("builtins")?.getattr("tuple")?.getattr("__new__")?;
    let copy = new.call1((tuple.get_type(), items))?;
    if let Some(attributes) = tuple.getattr_opt("__dict__")? {
        copy.getattr("__dict__")?.call_method1("update", (attributes,))?;
    }
    Ok(copy)
}
