//! NumPy arrays and tensors: either wraps the memory of the other, nothing is copied.

use std::any::Any;
use std::ffi::c_int;

use numpy::npyffi::{self, PY_ARRAY_API, PyArrayObject};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use remotemedia_core::buffer::{Buffer, Memory};
use remotemedia_core::error::PayloadError;
use remotemedia_core::tensor::{DType, Tensor};

use super::held::Held;
use super::types::as_array;

/// The memory of a NumPy array, kept alive by the array.
struct ArrayMemory {
    array: Held<PyUntypedArray>,
    start: *mut u8,
    len: usize,
}

// SAFETY: the pointer leads into memory that the array keeps alive; reading it needs no interpreter.
unsafe impl Send for ArrayMemory {}
// SAFETY: as above; writing needs `&mut self`.
unsafe impl Sync for ArrayMemory {}

impl Memory for ArrayMemory {
    fn bytes(&self) -> &[u8] {
        // SAFETY: `start` and `len` cover elements of the array, which is alive as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        let free = Python::try_attach(|py| {
            let array = self.array.get().bind(py);
            is_writable(array) && is_held_by(array, 1)
        });
        // SAFETY: as in `bytes`; nothing else in the program holds the array, so nothing else sees the write.
        free?.then(|| unsafe { std::slice::from_raw_parts_mut(self.start, self.len) })
    }

    fn owner(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// Keeps the bytes under a NumPy array alive: the array's `base`.
#[pyclass(frozen, module = "remotemedia._native")]
struct BufferOwner(Buffer);

/// Wraps the memory of an array. Arrays of foreign byte order are copied into the machine's own.
///
/// # Errors
/// If the elements are no numbers.
pub(super) fn tensor_from_array(array: &Bound<'_, PyUntypedArray>) -> Result<Tensor, PayloadError> {
    let Some(dtype) = dtype_of(array) else { return convert_byte_order(array) };
    let (shape, strides) = (array.shape().to_vec(), array.strides().to_vec());
    let (low, high) = extent(&shape, &strides, dtype.size());
    let data = data_of(array);
    if let Some(owner) = base_of(array).and_then(|base| base.cast_into::<BufferOwner>().ok()) {
        let buffer = owner.get().0.clone();
        let offset = data as usize - buffer.as_bytes().as_ptr() as usize;
        return Tensor::with_strides(dtype, shape, strides, offset, buffer);
    }
    let memory = ArrayMemory {
        array: Held::new(array.clone().unbind()),
        // SAFETY: NumPy's strides lead to elements within the array's allocation, so its lowest byte does too.
        start: unsafe { data.offset(low) },
        len: (high - low) as usize,
    };
    Tensor::with_strides(dtype, shape, strides, low.unsigned_abs(), Buffer::new(memory))
}

/// The tensor as an array: the array that it came from, where it wraps one, else a new one over the same memory.
///
/// # Errors
/// If NumPy is not installed.
pub(super) fn array_from_tensor<'py>(py: Python<'py>, tensor: Tensor) -> PyResult<Bound<'py, PyAny>> {
    let (dtype, offset, buffer) = (tensor.dtype(), tensor.offset(), tensor.buffer().clone());
    let (shape, strides) = (tensor.shape().to_vec(), tensor.strides().to_vec());
    // Only then can `buffer` be the one that holds the bytes.
    drop(tensor);
    view(py, dtype, &shape, &strides, offset, buffer)
}

/// An array over `buffer`, or the very array that the buffer wraps if it looks the same. Writable if nothing else holds
/// the bytes.
///
/// # Errors
/// If NumPy is not installed.
pub(super) fn view<'py>(
    py: Python<'py>,
    dtype: DType,
    shape: &[usize],
    strides: &[isize],
    offset: usize,
    buffer: Buffer,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some(array) = original(py, dtype, shape, strides, offset, &buffer) {
        return Ok(array.into_any());
    }
    py.import(pyo3::intern!(py, "numpy")).map_err(|error| needs_numpy(py, error))?;
    let (data, writable, buffer) = address_of(buffer, offset);
    let owner = Bound::new(py, BufferOwner(buffer))?;
    let flags = if writable { npyffi::NPY_ARRAY_WRITEABLE } else { 0 };
    // SAFETY: the tensor's own checks hold all elements within the buffer, which `owner` keeps alive as the base.
    unsafe {
        let ndarray = npyffi::get_type_object(py, npyffi::NpyTypes::PyArray_Type);
        let descr = PY_ARRAY_API.PyArray_DescrFromType(py, type_number(dtype));
        new_over(py, ndarray, descr, shape, strides, data, flags, owner.into_any())
    }
}

/// A view of the array that refuses writes.
pub(super) fn read_only<'py>(array: &Bound<'py, PyUntypedArray>) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    // SAFETY: the view has the array's own type, element type, shape and strides over the array's memory, and keeps the
    // array alive as its base.
    unsafe {
        let fields = &(*array.as_array_ptr()).fields;
        pyo3::ffi::Py_IncRef(fields.descr.cast());
        let kind = pyo3::ffi::Py_TYPE(array.as_ptr());
        let data = fields.data.cast();
        new_over(py, kind, fields.descr, array.shape(), array.strides(), data, 0, array.clone().into_any())
    }
}

/// Whether nothing but `count` references to the array leads to its memory.
pub(super) fn is_held_by(array: &Bound<'_, PyUntypedArray>, count: isize) -> bool {
    if references(array.as_any()) != count {
        return false;
    }
    let Some(mut holder) = base_of(array) else { return true };
    loop {
        // One reference is the array's own, one is `holder` here.
        if references(&holder) != 2 {
            return false;
        }
        if let Ok(owner) = holder.cast::<BufferOwner>() {
            return owner.get().0.is_unique();
        }
        // Memory of anything but arrays may have users that no reference count tells of.
        let Some(array) = as_array(&holder) else { return false };
        let Some(next) = base_of(array) else { return true };
        holder = next;
    }
}

fn original<'py>(
    py: Python<'py>,
    dtype: DType,
    shape: &[usize],
    strides: &[isize],
    offset: usize,
    buffer: &Buffer,
) -> Option<Bound<'py, PyUntypedArray>> {
    let memory = buffer.owner()?.downcast_ref::<ArrayMemory>()?;
    let array = memory.array.get().bind(py);
    let address = buffer.as_bytes().as_ptr() as usize + offset;
    let same = dtype_of(array) == Some(dtype)
        && array.shape() == shape
        && array.strides() == strides
        && data_of(array) as usize == address;
    same.then(|| array.clone())
}

/// Where the element at `offset` lies, and whether it may be written: only if nothing else holds the bytes, and they are
/// not memory that a host has lent to be read.
fn address_of(mut buffer: Buffer, offset: usize) -> (*mut u8, bool, Buffer) {
    let is_own = buffer.owner().is_none();
    let writable = buffer.bytes_mut().filter(|_| is_own).map(<[u8]>::as_mut_ptr);
    let start = writable.unwrap_or_else(|| buffer.as_bytes().as_ptr().cast_mut());
    (start.wrapping_add(offset), writable.is_some(), buffer)
}

/// # Safety
/// `descr` is a new reference. `shape` and `strides` lead to elements that `owner` keeps alive, and that may be written
/// if `flags` says so.
#[allow(clippy::too_many_arguments)]
unsafe fn new_over<'py>(
    py: Python<'py>,
    kind: *mut pyo3::ffi::PyTypeObject,
    descr: *mut npyffi::PyArray_Descr,
    shape: &[usize],
    strides: &[isize],
    data: *mut u8,
    flags: c_int,
    owner: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut dims: Vec<isize> = shape.iter().map(|&len| len as isize).collect();
    let mut strides = strides.to_vec();
    // SAFETY: the caller's promises; the dimensions and strides are copied by NumPy.
    unsafe {
        let array = PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            kind,
            descr,
            dims.len() as c_int,
            dims.as_mut_ptr(),
            strides.as_mut_ptr(),
            data.cast(),
            flags,
            if owner.is_exact_instance_of::<BufferOwner>() { std::ptr::null_mut() } else { owner.as_ptr() },
        );
        let array = Bound::from_owned_ptr_or_err(py, array)?;
        PY_ARRAY_API.PyArray_SetBaseObject(py, array.as_ptr().cast::<PyArrayObject>(), owner.into_ptr());
        PY_ARRAY_API.PyArray_UpdateFlags(py, array.as_ptr().cast(), npyffi::NPY_ARRAY_UPDATE_ALL);
        Ok(array)
    }
}

pub(super) fn is_writable(array: &Bound<'_, PyUntypedArray>) -> bool {
    // SAFETY: the array is alive and the interpreter attached.
    unsafe { (*array.as_array_ptr()).fields.flags & npyffi::NPY_ARRAY_WRITEABLE != 0 }
}

fn data_of(array: &Bound<'_, PyUntypedArray>) -> *mut u8 {
    // SAFETY: the array is alive and the interpreter attached.
    unsafe { (*array.as_array_ptr()).fields.data.cast() }
}

fn base_of<'py>(array: &Bound<'py, PyUntypedArray>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: the array is alive and holds a reference to its base, if it has one.
    unsafe { Bound::from_borrowed_ptr_or_opt(array.py(), (*array.as_array_ptr()).fields.base) }
}

pub(super) fn references(object: &Bound<'_, PyAny>) -> isize {
    // SAFETY: the object is alive and the interpreter attached.
    unsafe { pyo3::ffi::Py_REFCNT(object.as_ptr()) }
}

/// The type of the elements, or `None` if they are no numbers in the machine's byte order.
fn dtype_of(array: &Bound<'_, PyUntypedArray>) -> Option<DType> {
    // SAFETY: the array is alive and has an element type.
    let (kind, order) = unsafe {
        let fields = &(*(*array.as_array_ptr()).fields.descr).fields;
        (fields.kind as u8, fields.byteorder as u8)
    };
    let foreign = if cfg!(target_endian = "little") { b'>' } else { b'<' };
    let size = numpy::PyArrayDescrMethods::itemsize(&array.dtype());
    if order == foreign { None } else { dtype_named(kind, size) }
}

fn dtype_named(kind: u8, size: usize) -> Option<DType> {
    Some(match (kind, size) {
        (b'b', 1) => DType::Bool,
        (b'i', 1) => DType::I8,
        (b'i', 2) => DType::I16,
        (b'i', 4) => DType::I32,
        (b'i', 8) => DType::I64,
        (b'u', 1) => DType::U8,
        (b'u', 2) => DType::U16,
        (b'u', 4) => DType::U32,
        (b'u', 8) => DType::U64,
        (b'f', 2) => DType::F16,
        (b'f', 4) => DType::F32,
        (b'f', 8) => DType::F64,
        (b'c', 8) => DType::C64,
        (b'c', 16) => DType::C128,
        _ => return None,
    })
}

fn type_number(dtype: DType) -> c_int {
    use npyffi::NPY_TYPES as T;
    let long_is_64 = size_of::<std::ffi::c_long>() == 8;
    (match dtype {
        DType::Bool => T::NPY_BOOL,
        DType::I8 => T::NPY_BYTE,
        DType::I16 => T::NPY_SHORT,
        DType::I32 => T::NPY_INT,
        DType::I64 if long_is_64 => T::NPY_LONG,
        DType::I64 => T::NPY_LONGLONG,
        DType::U8 => T::NPY_UBYTE,
        DType::U16 => T::NPY_USHORT,
        DType::U32 => T::NPY_UINT,
        DType::U64 if long_is_64 => T::NPY_ULONG,
        DType::U64 => T::NPY_ULONGLONG,
        DType::F16 => T::NPY_HALF,
        DType::F32 => T::NPY_FLOAT,
        DType::F64 => T::NPY_DOUBLE,
        DType::C64 => T::NPY_CFLOAT,
        _ => T::NPY_CDOUBLE,
    }) as c_int
}

/// The lowest and the highest byte that elements touch, relative to the first element.
fn extent(shape: &[usize], strides: &[isize], size: usize) -> (isize, isize) {
    if shape.contains(&0) {
        return (0, 0);
    }
    let reaches = shape.iter().zip(strides).map(|(&len, &stride)| (len as isize - 1) * stride);
    reaches.fold((0, size as isize), |(low, high), reach| (low + reach.min(0), high + reach.max(0)))
}

fn convert_byte_order(array: &Bound<'_, PyUntypedArray>) -> Result<Tensor, PayloadError> {
    let py = array.py();
    let convert = || {
        let native = array.dtype().call_method1(pyo3::intern!(py, "newbyteorder"), ("=",))?;
        array.call_method1(pyo3::intern!(py, "astype"), (native,))
    };
    let unknown = || PayloadError::new(format!("array of {}, expected numbers", array.dtype()));
    let converted = convert().map_err(|_: PyErr| unknown())?;
    match as_array(&converted) {
        Some(converted) if dtype_of(converted).is_some() => tensor_from_array(converted),
        _ => Err(unknown()),
    }
}

fn needs_numpy(py: Python<'_>, cause: PyErr) -> PyErr {
    let error = PyImportError::new_err("arrays and audio need NumPy; install it with: pip install numpy");
    error.set_cause(py, Some(cause));
    error
}
