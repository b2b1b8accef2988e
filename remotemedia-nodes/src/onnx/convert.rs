//! Conversion between tensors and the values of the ONNX runtime, which has fewer types of element.

use bytemuck::Pod;
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::tensor::{DType, Tensor};
use rten::{Value, ValueOrView, ValueView};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor as Owned, TensorView};

use super::half;

/// The value that stands for `tensor`: borrowed where the runtime has its type and it lies in order, copied otherwise.
///
/// # Errors
/// If the runtime has no type for the elements, or a 64-bit integer needs more than 32.
pub(super) fn to_value(tensor: &Tensor) -> NodeResult<ValueOrView<'_>> {
    match tensor.dtype() {
        DType::F32 => Ok(same::<f32>(tensor)?),
        DType::I32 => Ok(same::<i32>(tensor)?),
        DType::I8 => Ok(same::<i8>(tensor)?),
        DType::U8 => Ok(same::<u8>(tensor)?),
        DType::Bool => changed(tensor, |byte: u8| i32::from(byte != 0)),
        DType::F64 => changed(tensor, |number: f64| number as f32),
        DType::F16 => changed(tensor, half::to_f32),
        DType::I64 => narrowed(tensor),
        other => Err(NodeError::new(format!("tensor of {other:?}, expected one of {SUPPORTED}"))),
    }
}

/// The tensor that `value` stands for, with elements of the type `declared`.
///
/// # Errors
/// If the value is no tensor.
pub(super) fn to_tensor(value: Value, declared: Option<DType>) -> NodeResult<Tensor> {
    let shape = value.shape().to_vec();
    match (value, declared) {
        (Value::FloatTensor(t), Some(DType::F64)) => made(DType::F64, shape, t.into_data(), f64::from),
        (Value::FloatTensor(t), Some(DType::F16)) => made(DType::F16, shape, t.into_data(), half::from_f32),
        (Value::FloatTensor(t), _) => kept(DType::F32, shape, t.into_data()),
        (Value::Int32Tensor(t), Some(DType::I64)) => made(DType::I64, shape, t.into_data(), i64::from),
        (Value::Int32Tensor(t), Some(DType::Bool)) => {
            made(DType::Bool, shape, t.into_data(), |number| u8::from(number != 0))
        }
        (Value::Int32Tensor(t), _) => kept(DType::I32, shape, t.into_data()),
        (Value::Int8Tensor(t), _) => kept(DType::I8, shape, t.into_data()),
        (Value::UInt8Tensor(t), _) => kept(DType::U8, shape, t.into_data()),
        (other, _) => Err(NodeError::new(format!("the model gave {}, expected a tensor", other.dtype()))),
    }
}

fn same<'a, T: Pod>(tensor: &'a Tensor) -> NodeResult<ValueOrView<'a>>
where
    ValueView<'a>: From<TensorView<'a, T>>,
    Value: From<Owned<T>>,
{
    let shape = tensor.shape();
    let len = tensor.element_count() * tensor.dtype().size();
    let held = tensor.is_contiguous().then(|| &tensor.buffer().as_bytes()[tensor.offset()..tensor.offset() + len]);
    match held.and_then(|bytes| bytemuck::try_cast_slice(bytes).ok()) {
        Some(elements) => Ok(ValueView::from_shape(shape, elements)?.into()),
        None => Ok(Value::from_shape(shape, tensor.to_contiguous().to_vec::<T>())?.into()),
    }
}

fn changed<T: Pod, U>(tensor: &Tensor, change: impl Fn(T) -> U) -> NodeResult<ValueOrView<'static>>
where
    Value: From<Owned<U>>,
{
    let elements = tensor.to_contiguous().to_vec::<T>().into_iter().map(change).collect();
    Ok(Value::from_shape(tensor.shape(), elements)?.into())
}

fn narrowed(tensor: &Tensor) -> NodeResult<ValueOrView<'static>> {
    let narrow = |number: i64| {
        i32::try_from(number)
            .map_err(|_| NodeError::new(format!("the number {number} is beyond 32 bits, which models run with")))
    };
    let elements: NodeResult<Vec<i32>> = tensor.to_contiguous().to_vec::<i64>().into_iter().map(narrow).collect();
    Ok(Value::from_shape(tensor.shape(), elements?)?.into())
}

fn made<T, U: Pod + Send + Sync>(
    dtype: DType,
    shape: Vec<usize>,
    elements: Vec<T>,
    change: impl Fn(T) -> U,
) -> NodeResult<Tensor> {
    kept(dtype, shape, elements.into_iter().map(change).collect())
}

fn kept<T: Pod + Send + Sync>(dtype: DType, shape: Vec<usize>, elements: Vec<T>) -> NodeResult<Tensor> {
    Ok(Tensor::new(dtype, shape, Buffer::from(elements))?)
}

const SUPPORTED: &str = "F32, F64, F16, I64, I32, I8, U8, Bool";
