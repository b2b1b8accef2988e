//! Tensors: numbers of one type in a shape, with strides, over shared bytes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::buffer::Buffer;
use crate::error::PayloadError;

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DType {
    /// One byte, zero or one.
    Bool,
    /// Signed 8-bit integer.
    I8,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 64-bit integer.
    U64,
    /// IEEE 754 half precision.
    F16,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 double precision.
    F64,
    /// Complex number of two single-precision parts.
    C64,
    /// Complex number of two double-precision parts.
    C128,
}

impl DType {
    /// Bytes per element.
    pub const fn size(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 | Self::C64 => 8,
            Self::C128 => 16,
        }
    }
}

/// An n-dimensional array. Strides are in bytes and may be negative or zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    layout: Arc<Layout>,
    data: Buffer,
}

/// Where the elements lie. Shared, so that a tensor is small to move and cheap to clone.
#[derive(Debug, PartialEq)]
struct Layout {
    dtype: DType,
    shape: Vec<usize>,
    strides: Vec<isize>,
    offset: usize,
}

impl Tensor {
    /// A tensor in row-major order.
    ///
    /// # Errors
    /// If `data` does not hold exactly the elements of `shape`.
    pub fn new(dtype: DType, shape: Vec<usize>, data: Buffer) -> Result<Self, PayloadError> {
        let expected = element_count(&shape)?.checked_mul(dtype.size()).ok_or_else(|| too_large(&shape))?;
        if data.len() != expected {
            return Err(PayloadError::new(format!(
                "tensor of shape {shape:?} needs {expected} bytes of {dtype:?}, found {}",
                data.len()
            )));
        }
        let strides = row_major_strides(&shape, dtype.size());
        Ok(Self { layout: Arc::new(Layout { dtype, shape, strides, offset: 0 }), data })
    }

    /// A view with any strides (in bytes), whose first element begins `offset` bytes into `data`.
    ///
    /// # Errors
    /// If an element would lie outside `data`, or `shape` and `strides` differ in length.
    pub fn with_strides(
        dtype: DType,
        shape: Vec<usize>,
        strides: Vec<isize>,
        offset: usize,
        data: Buffer,
    ) -> Result<Self, PayloadError> {
        if shape.len() != strides.len() {
            return Err(PayloadError::new(format!(
                "tensor has {} dimensions but {} strides",
                shape.len(),
                strides.len()
            )));
        }
        element_count(&shape)?;
        check_reach(dtype, &shape, &strides, offset, data.len())?;
        Ok(Self { layout: Arc::new(Layout { dtype, shape, strides, offset }), data })
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.layout.dtype
    }

    /// The length of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.layout.shape
    }

    /// The distance in bytes between neighbours, for each dimension.
    pub fn strides(&self) -> &[isize] {
        &self.layout.strides
    }

    /// Where the first element begins, in bytes from the start of [`buffer`](Self::buffer).
    pub fn offset(&self) -> usize {
        self.layout.offset
    }

    /// The shared bytes.
    pub fn buffer(&self) -> &Buffer {
        &self.data
    }

    /// The shared bytes, for changing elements in place (see [`Buffer::make_mut`]).
    pub fn buffer_mut(&mut self) -> &mut Buffer {
        &mut self.data
    }

    /// The number of elements.
    pub fn element_count(&self) -> usize {
        self.layout.shape.iter().product()
    }

    /// Whether the elements lie one after the other in row-major order.
    pub fn is_contiguous(&self) -> bool {
        let Layout { dtype, shape, strides, .. } = &*self.layout;
        let expected = row_major_strides(shape, dtype.size());
        let mut dimensions = shape.iter().zip(strides.iter().zip(expected));
        self.element_count() == 0 || dimensions.all(|(&len, (&stride, expected))| len == 1 || stride == expected)
    }

    /// The elements in row-major order over one contiguous buffer: shared if they lie so already, copied otherwise.
    pub fn to_contiguous(&self) -> Buffer {
        let len = self.element_count() * self.dtype().size();
        if self.is_contiguous() {
            return self.data.slice(self.offset()..self.offset() + len);
        }
        let mut out = Vec::with_capacity(len);
        self.gather(0, self.offset() as isize, &mut out);
        Buffer::from(out)
    }

    fn gather(&self, dimension: usize, position: isize, out: &mut Vec<u8>) {
        if dimension == self.shape().len() {
            let start = position as usize;
            out.extend_from_slice(&self.data.as_bytes()[start..start + self.dtype().size()]);
            return;
        }
        for index in 0..self.shape()[dimension] {
            self.gather(dimension + 1, position + index as isize * self.strides()[dimension], out);
        }
    }
}

fn element_count(shape: &[usize]) -> Result<usize, PayloadError> {
    shape.iter().try_fold(1usize, |count, &len| count.checked_mul(len)).ok_or_else(|| too_large(shape))
}

fn too_large(shape: &[usize]) -> PayloadError {
    PayloadError::new(format!("tensor of shape {shape:?} is larger than memory can be"))
}

fn row_major_strides(shape: &[usize], size: usize) -> Vec<isize> {
    let mut strides = vec![size as isize; shape.len()];
    for dimension in (1..shape.len()).rev() {
        strides[dimension - 1] = strides[dimension].saturating_mul(shape[dimension] as isize);
    }
    strides
}

/// Checks that the lowest and the highest byte any element touches lie within `len` bytes.
fn check_reach(
    dtype: DType,
    shape: &[usize],
    strides: &[isize],
    offset: usize,
    len: usize,
) -> Result<(), PayloadError> {
    if shape.contains(&0) {
        return Ok(());
    }
    let (mut low, mut high) = (offset as i128, offset as i128 + dtype.size() as i128);
    for (&length, &stride) in shape.iter().zip(strides) {
        let reach = (length as i128 - 1) * stride as i128;
        if reach < 0 { low += reach } else { high += reach }
    }
    if low < 0 || high > len as i128 {
        return Err(PayloadError::new(format!(
            "tensor of shape {shape:?} and strides {strides:?} reaches bytes {low}..{high} of a buffer of {len}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transposed_view_gathers_in_row_major_order() {
        let data = Buffer::from(vec![1i16, 2, 3, 4, 5, 6]);
        let view = Tensor::with_strides(DType::I16, vec![3, 2], vec![2, 6], 0, data).unwrap();
        assert!(!view.is_contiguous());
        assert_eq!(view.to_contiguous().to_vec::<i16>(), vec![1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn a_view_that_reaches_outside_its_bytes_is_refused() {
        let data = Buffer::from(vec![0u8; 16]);
        let error = Tensor::with_strides(DType::F32, vec![5], vec![4], 0, data.clone()).unwrap_err();
        assert!(error.to_string().contains("0..20 of a buffer of 16"), "{error}");
        assert!(Tensor::with_strides(DType::F32, vec![4], vec![-4], 12, data.clone()).is_ok());
        assert!(Tensor::with_strides(DType::F32, vec![4], vec![-4], 8, data).is_err());
    }

    #[test]
    fn a_shape_larger_than_memory_is_refused() {
        let error = Tensor::new(DType::U8, vec![usize::MAX, 2], Buffer::from(vec![0u8])).unwrap_err();
        assert!(error.to_string().contains("larger than memory"), "{error}");
    }

    #[test]
    fn wrong_length_names_found_and_expected() {
        let error = Tensor::new(DType::F32, vec![2, 2], Buffer::from(vec![0u8; 12])).unwrap_err();
        assert_eq!(error.to_string(), "tensor of shape [2, 2] needs 16 bytes of F32, found 12");
    }
}
