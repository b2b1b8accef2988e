//! Constants: tensors written as JSON, for inputs of a model that never change.

use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::tensor::{DType, Tensor};
use serde_json::Value;

/// The tensor that a number, or a list of equally long lists of numbers, writes down.
///
/// # Errors
/// If it is something else, or a number that is not of the type `dtype`.
pub(super) fn parse(value: &Value, dtype: DType) -> NodeResult<Tensor> {
    let mut shape = Vec::new();
    let mut first = value;
    while let Value::Array(items) = first {
        shape.push(items.len());
        let Some(item) = items.first() else { break };
        first = item;
    }
    let mut elements = Vec::new();
    flatten(value, &shape, &mut elements)?;
    let wrong = |found: &&Value| NodeError::new(format!("found {found}, expected a number of {dtype:?}"));
    let ints = || elements.iter().map(|v| v.as_i64().or(v.as_bool().map(i64::from)).ok_or_else(|| wrong(v)));
    let floats = || elements.iter().map(|v| v.as_f64().ok_or_else(|| wrong(v)));
    let data = match dtype {
        DType::F32 => Buffer::from(floats().map(|n| Ok(n? as f32)).collect::<NodeResult<Vec<_>>>()?),
        DType::F64 => Buffer::from(floats().collect::<NodeResult<Vec<_>>>()?),
        DType::I64 => Buffer::from(ints().collect::<NodeResult<Vec<_>>>()?),
        DType::I32 => Buffer::from(ints().map(|n| Ok(i32::try_from(n?)?)).collect::<NodeResult<Vec<_>>>()?),
        DType::Bool => Buffer::from(ints().map(|n| Ok(u8::from(n? != 0))).collect::<NodeResult<Vec<_>>>()?),
        other => return Err(NodeError::new(format!("constants of {other:?} cannot be written as json"))),
    };
    Ok(Tensor::new(dtype, shape, data)?)
}

fn flatten<'a>(value: &'a Value, shape: &[usize], elements: &mut Vec<&'a Value>) -> NodeResult {
    match (value, shape) {
        (Value::Array(items), [len, rest @ ..]) if items.len() == *len => {
            items.iter().try_for_each(|item| flatten(item, rest, elements))
        }
        (Value::Array(items), [len, ..]) => Err(NodeError::new(format!(
            "a list of {} items beside one of {len}, expected equally long lists",
            items.len()
        ))),
        (Value::Array(_), []) => Err(NodeError::new("a list beside a number, expected equally deep lists")),
        (_, [_, ..]) => Err(NodeError::new("a number beside a list, expected equally deep lists")),
        (item, []) => {
            elements.push(item);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_lists_give_the_shape() {
        let tensor = parse(&json!([[1, 2, 3], [4, 5, 6]]), DType::I64).unwrap();
        assert_eq!(tensor.shape(), [2, 3]);
        assert_eq!(tensor.buffer().to_vec::<i64>(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(parse(&json!(16_000), DType::I64).unwrap().shape(), [0usize; 0]);
        assert_eq!(parse(&json!([]), DType::F32).unwrap().shape(), [0]);
    }

    #[test]
    fn uneven_lists_and_other_values_are_refused() {
        let error = |value, dtype| parse(&value, dtype).unwrap_err().to_string();
        assert_eq!(
            error(json!([[1, 2], [3]]), DType::I64),
            "a list of 1 items beside one of 2, expected equally long lists"
        );
        assert_eq!(error(json!([1, [2]]), DType::I64), "a list beside a number, expected equally deep lists");
        assert_eq!(error(json!([[1], 2]), DType::I64), "a number beside a list, expected equally deep lists");
        assert_eq!(error(json!([1.5]), DType::I64), "found 1.5, expected a number of I64");
        assert_eq!(error(json!("a"), DType::F32), "found \"a\", expected a number of F32");
    }
}
