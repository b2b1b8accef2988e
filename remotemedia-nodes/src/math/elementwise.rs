//! Element-wise arithmetic: an operation with a fixed second number on a number, a list, a tensor or audio.

use std::sync::Arc;

use bytemuck::Pod;
use remotemedia_core::audio::Audio;
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::payload::Payload;
use remotemedia_core::tensor::{DType, Tensor};
use serde_json::Value;

use super::number::Number;
use super::operation::Operation;

/// `payload` with `operation` applied to each of its numbers and `operand`.
///
/// Samples and elements are changed in place where nothing else holds them.
///
/// # Errors
/// If the payload holds something else than numbers, or an operation fails.
pub(super) fn apply(operation: Operation, operand: Number, payload: Payload) -> NodeResult<Payload> {
    match payload.neutral()? {
        Payload::Int(number) => Ok(one(operation, Number::Int(number), operand)?.into()),
        Payload::Float(number) => Ok(one(operation, Number::Float(number), operand)?.into()),
        Payload::Bool(truth) => Ok(one(operation, Number::Int(truth.into()), operand)?.into()),
        Payload::Json(value) if value.is_array() => list(operation, operand, value),
        Payload::Audio(audio) => Ok(samples(operation, operand, audio).into()),
        Payload::Tensor(tensor) => Ok(elements(operation, operand, tensor)?.into()),
        other => Err(NodeError::new(format!(
            "expected a number, a list of numbers, audio or a tensor, found {}",
            other.describe()
        ))),
    }
}

fn one(operation: Operation, a: Number, b: Number) -> NodeResult<Number> {
    operation.apply(a, b).map_err(NodeError::new)
}

fn list(operation: Operation, operand: Number, list: Arc<Value>) -> NodeResult<Payload> {
    let mut list = Arc::unwrap_or_clone(list);
    for (index, item) in list.as_array_mut().into_iter().flatten().enumerate() {
        let number = Number::of_json(item).ok_or_else(|| {
            NodeError::new(format!("item {index} of the list is {item}, expected a number within 64 bits"))
        })?;
        let result = one(operation, number, operand)?;
        *item = result.to_json().ok_or_else(|| {
            NodeError::new(format!(
                "item {index} of the list: {number} {operation} {operand} is {result}, which a list cannot hold"
            ))
        })?;
    }
    Ok(Payload::Json(Arc::new(list)))
}

fn samples(operation: Operation, operand: Number, mut audio: Audio) -> Audio {
    each_f32(operation, operand.to_f64() as f32, audio.make_mut());
    audio
}

fn elements(operation: Operation, operand: Number, tensor: Tensor) -> NodeResult<Tensor> {
    let dtype = tensor.dtype();
    match dtype {
        DType::F32 => in_place(tensor, |elements: &mut [f32]| {
            each_f32(operation, operand.to_f64() as f32, elements);
            Ok(())
        }),
        DType::F64 => in_place(tensor, |elements: &mut [f64]| {
            each_f64(operation, operand.to_f64(), elements);
            Ok(())
        }),
        DType::I8 => ints::<i8>(operation, operand, tensor),
        DType::I16 => ints::<i16>(operation, operand, tensor),
        DType::I32 => ints::<i32>(operation, operand, tensor),
        DType::I64 => ints::<i64>(operation, operand, tensor),
        DType::U8 => ints::<u8>(operation, operand, tensor),
        DType::U16 => ints::<u16>(operation, operand, tensor),
        DType::U32 => ints::<u32>(operation, operand, tensor),
        DType::U64 => ints::<u64>(operation, operand, tensor),
        _ => Err(NodeError::new(format!("tensor of {dtype:?}, expected whole or floating-point numbers"))),
    }
}

/// A tensor of whole numbers: stays one where the operand is whole and the operation is not a division.
fn ints<T>(operation: Operation, operand: Number, tensor: Tensor) -> NodeResult<Tensor>
where
    T: Pod + Send + Sync + Into<i128> + TryFrom<i128>,
{
    let dtype = tensor.dtype();
    match operand {
        Number::Int(operand) if operation != Operation::Divide => in_place(tensor, |elements: &mut [T]| {
            elements.iter_mut().try_for_each(|element| {
                let result = operation.exact((*element).into(), operand.into());
                *element = result.and_then(|result| T::try_from(result).ok()).ok_or_else(|| {
                    NodeError::new(format!("{} {operation} {operand} is not a number of {dtype:?}", (*element).into()))
                })?;
                Ok(())
            })
        }),
        _ => {
            let mut floats: Vec<f64> =
                tensor.to_contiguous().to_vec::<T>().into_iter().map(|element| element.into() as f64).collect();
            each_f64(operation, operand.to_f64(), &mut floats);
            Ok(Tensor::new(DType::F64, tensor.shape().to_vec(), Buffer::from(floats))?)
        }
    }
}

/// The tensor in row-major order with its elements changed.
fn in_place<T: Pod + Send + Sync>(tensor: Tensor, change: impl FnOnce(&mut [T]) -> NodeResult) -> NodeResult<Tensor> {
    let (dtype, shape) = (tensor.dtype(), tensor.shape().to_vec());
    let mut data = tensor.to_contiguous();
    // The tensor's own hold on the memory would make it look shared.
    drop(tensor);
    change(data.make_mut())?;
    Ok(Tensor::new(dtype, shape, data)?)
}

/// Multiplication and addition are written out so that they are compiled into vector instructions.
fn each_f32(operation: Operation, operand: f32, elements: &mut [f32]) {
    match operation {
        Operation::Multiply => elements.iter_mut().for_each(|element| *element *= operand),
        Operation::Add => elements.iter_mut().for_each(|element| *element += operand),
        _ => elements
            .iter_mut()
            .for_each(|element| *element = operation.float(f64::from(*element), f64::from(operand)) as f32),
    }
}

fn each_f64(operation: Operation, operand: f64, elements: &mut [f64]) {
    elements.iter_mut().for_each(|element| *element = operation.float(*element, operand));
}
