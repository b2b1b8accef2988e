//! Declared types: which type of element the file says each input and output has.
//!
//! The runtime knows fewer types than ONNX and tells only those. This reads the names and types of the graph's inputs
//! and outputs from the protobuf text of the file, and nothing else.

use std::collections::HashMap;

use remotemedia_core::tensor::DType;

/// The declared types by the name of the input or output; what cannot be read is left out.
pub(super) fn types(model: &[u8]) -> HashMap<String, DType> {
    let graph = messages(model, MODEL_GRAPH).next().unwrap_or_default();
    let ports = messages(graph, GRAPH_INPUT).chain(messages(graph, GRAPH_OUTPUT));
    ports.filter_map(port_type).collect()
}

fn port_type(info: &[u8]) -> Option<(String, DType)> {
    let name = std::str::from_utf8(messages(info, VALUE_NAME).next()?).ok()?;
    let tensor = messages(messages(info, VALUE_TYPE).next()?, TYPE_TENSOR).next()?;
    let code = Fields(tensor).find_map(|field| match field {
        (TENSOR_ELEMENT, Value::Number(code)) => Some(code),
        _ => None,
    })?;
    Some((name.to_owned(), element_type(code)?))
}

fn element_type(code: u64) -> Option<DType> {
    Some(match code {
        1 => DType::F32,
        2 => DType::U8,
        3 => DType::I8,
        6 => DType::I32,
        7 => DType::I64,
        9 => DType::Bool,
        10 => DType::F16,
        11 => DType::F64,
        _ => return None,
    })
}

/// The contents of the fields `number` of a message.
fn messages(message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    Fields(message).filter_map(move |field| match field {
        (found, Value::Bytes(bytes)) if found == number => Some(bytes),
        _ => None,
    })
}

/// The fields of a protobuf message; ends at the first that is not well-formed.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let len = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

// Field numbers of onnx.proto.
const MODEL_GRAPH: u64 = 7;
const GRAPH_INPUT: u64 = 11;
const GRAPH_OUTPUT: u64 = 12;
const VALUE_NAME: u64 = 1;
const VALUE_TYPE: u64 = 2;
const TYPE_TENSOR: u64 = 1;
const TENSOR_ELEMENT: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: &[u8] = include_bytes!("../../tests/data/pair.onnx");

    #[test]
    fn inputs_and_outputs_have_the_types_of_the_file() {
        let types = types(PAIR);
        let expected =
            [("a", DType::F32), ("b", DType::I64), ("sum", DType::F32), ("largest", DType::I64), ("more", DType::Bool)];
        assert_eq!(types, expected.map(|(name, dtype)| (name.to_owned(), dtype)).into());
    }

    #[test]
    fn a_file_cut_anywhere_gives_what_is_whole() {
        let whole = types(PAIR);
        for end in 0..PAIR.len() {
            assert!(types(&PAIR[..end]).iter().all(|(name, dtype)| whole[name] == *dtype), "cut at {end}");
        }
    }

    #[test]
    fn lengths_that_reach_beyond_the_file_end_the_reading() {
        assert!(types(&[0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).is_empty());
        assert!(types(&[0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_empty());
    }
}
