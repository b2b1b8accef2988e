//! Write isolation: what a node writes into its input never shows in another branch.

use std::collections::HashMap;

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict, PyList, PySet, PyString, PyTuple};

use super::array::{is_held_by, is_writable, read_only, references};
use super::json::MAX_DEPTH;
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
/// If a dataclass cannot be copied, or the value nests too deeply.
pub(super) fn shared<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Copies::default().of(object)
}

/// The copies inside one value: what is in it twice, or holds itself, is so in the copy as well.
#[derive(Default)]
struct Copies<'py> {
    /// Originals, kept alive so that each address stands for one object, and their copies, by address.
    made: HashMap<*mut ffi::PyObject, [Bound<'py, PyAny>; 2]>,
    depth: usize,
}

impl<'py> Copies<'py> {
    fn of(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if is_simple(object) {
            return Ok(object.clone());
        }
        if let Some([_, copy]) = self.made.get(&object.as_ptr()) {
            return Ok(copy.clone());
        }
        if self.depth > MAX_DEPTH {
            return Err(PyValueError::new_err(format!("python value nests deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let copy = self.make(object);
        self.depth -= 1;
        copy
    }

    fn make(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(array) = as_array(object) {
            let view = read_only(array)?;
            return Ok(self.note(object, view));
        }
        if let Ok(list) = object.cast_exact::<PyList>() {
            let copy = PyList::empty(object.py());
            self.note(object, copy.clone().into_any());
            list.iter().try_for_each(|item| copy.append(self.of(&item)?))?;
            return Ok(copy.into_any());
        }
        if let Ok(dict) = object.cast_exact::<PyDict>() {
            let copy = PyDict::new(object.py());
            self.note(object, copy.clone().into_any());
            dict.iter().try_for_each(|(key, value)| copy.set_item(key, self.of(&value)?))?;
            return Ok(copy.into_any());
        }
        if object.is_exact_instance_of::<PySet>() || object.is_exact_instance_of::<PyByteArray>() {
            let copy = object.get_type().call1((object,))?;
            return Ok(self.note(object, copy));
        }
        if let Ok(tuple) = object.cast::<PyTuple>() {
            let copy = self.tuple(tuple)?;
            return Ok(self.note(object, copy));
        }
        match dataclass_fields(object) {
            Some(fields) => self.dataclass(object, &fields),
            None => Ok(object.clone()),
        }
    }

    fn tuple(&mut self, tuple: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let items = tuple.iter().map(|item| self.of(&item)).collect::<PyResult<Vec<_>>>()?;
        if items.iter().zip(tuple.iter()).all(|(copy, item)| copy.is(&item)) {
            return Ok(tuple.clone().into_any());
        }
        rebuilt(tuple, items)
    }

    fn dataclass(&mut self, object: &Bound<'py, PyAny>, fields: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        let py = object.py();
        let copy = py.import("copy")?.getattr("copy")?.call1((object,))?;
        self.note(object, copy.clone());
        let set = py.import("builtins")?.getattr("object")?.getattr("__setattr__")?;
        for name in fields.keys().iter() {
            let value = object.getattr(name.cast::<PyString>()?)?;
            set.call1((&copy, &name, self.of(&value)?))?;
        }
        Ok(copy)
    }

    fn note(&mut self, object: &Bound<'py, PyAny>, copy: Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        self.made.insert(object.as_ptr(), [object.clone(), copy.clone()]);
        copy
    }
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
