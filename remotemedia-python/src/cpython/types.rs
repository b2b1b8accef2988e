//! Python types that are asked for on every item, looked up once; NumPy's only after the program imported NumPy.

use numpy::PyUntypedArray;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyString, PyType};

/// The types of what calling a function can give instead of a value.
pub(super) struct Deferred {
    coroutine: Py<PyType>,
    generator: Py<PyType>,
    async_generator: Py<PyType>,
}

/// What a call gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Value,
    Coroutine,
    Generator,
    AsyncGenerator,
}

/// Whether `object` is a value, or something that has to be run first to give values.
pub(super) fn given(object: &Bound<'_, PyAny>) -> Given {
    let Ok(types) = deferred(object.py()) else { return Given::Value };
    let found = object.get_type_ptr();
    if found == types.coroutine.as_ptr().cast() {
        Given::Coroutine
    } else if found == types.generator.as_ptr().cast() {
        Given::Generator
    } else if found == types.async_generator.as_ptr().cast() {
        Given::AsyncGenerator
    } else {
        Given::Value
    }
}

/// `object` as a NumPy array of any type, subclasses included. Never imports NumPy.
pub(super) fn as_array<'a, 'py>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, PyUntypedArray>> {
    let ndarray = ndarray(object.py())?.as_type_ptr();
    let found = object.get_type_ptr();
    // SAFETY: both are types, and alive.
    let is_array = found == ndarray || unsafe { pyo3::ffi::PyType_IsSubtype(found, ndarray) != 0 };
    // SAFETY: the object is an instance of `numpy.ndarray`, which is what `PyUntypedArray` stands for.
    is_array.then(|| unsafe { object.cast_unchecked() })
}

/// Whether `object` is of a type whose values never change and hold nothing: most of what is sent.
pub(super) fn is_simple(object: &Bound<'_, PyAny>) -> bool {
    object.is_none()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyBytes>()
}

/// Whether `object` is exactly a NumPy array, no subclass. Never imports NumPy.
pub(super) fn is_exact_array(object: &Bound<'_, PyAny>) -> bool {
    ndarray(object.py()).is_some_and(|ndarray| object.get_type_ptr() == ndarray.as_ptr().cast())
}

/// Whether `object` is a NumPy scalar such as `numpy.float32(1)`. Never imports NumPy.
pub(super) fn is_array_scalar(object: &Bound<'_, PyAny>) -> bool {
    static GENERIC: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = object.py();
    ndarray(py).is_some()
        && GENERIC.import(py, "numpy", "generic").is_ok_and(|generic| object.is_instance(generic).unwrap_or(false))
}

/// The fields of a dataclass instance by name, or `None` if `object` is none.
pub(super) fn dataclass_fields<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    let fields = object.get_type().getattr_opt(pyo3::intern!(object.py(), "__dataclass_fields__")).ok()??;
    fields.cast_into().ok()
}

fn ndarray(py: Python<'_>) -> Option<&Bound<'_, PyType>> {
    static NDARRAY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if let Some(known) = NDARRAY.get(py) {
        return Some(known.bind(py));
    }
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let modules = MODULES.get_or_try_init(py, || {
        let modules = py.import("sys")?.getattr("modules")?;
        PyResult::Ok(modules.cast_into::<PyDict>()?.unbind())
    });
    let numpy = modules.ok()?.bind(py).get_item(pyo3::intern!(py, "numpy")).ok()??;
    let ndarray = numpy.getattr_opt(pyo3::intern!(py, "ndarray")).ok()??.cast_into::<PyType>().ok()?;
    Some(NDARRAY.get_or_init(py, || ndarray.unbind()).bind(py))
}

fn deferred(py: Python<'_>) -> PyResult<&Deferred> {
    static DEFERRED: PyOnceLock<Deferred> = PyOnceLock::new();
    DEFERRED.get_or_try_init(py, || {
        let types = py.import("types")?;
        let get = |name: &str| PyResult::Ok(types.getattr(name)?.cast_into::<PyType>()?.unbind());
        Ok(Deferred {
            coroutine: get("CoroutineType")?,
            generator: get("GeneratorType")?,
            async_generator: get("AsyncGeneratorType")?,
        })
    })
}
