//! Multiply, Add and Calculator with a fixed operation: Python's arithmetic on every kind of payload.
#![cfg(feature = "math")]
#![allow(clippy::unwrap_used)]

mod node_common;

use bytemuck::Pod;
use node_common::{Bench, address, earlier};
use remotemedia_core::audio::Audio;
use remotemedia_core::buffer::Buffer;
use remotemedia_core::prelude::*;
use remotemedia_core::tensor::{DType, Tensor};
use serde_json::{Value, json};

#[test]
fn multiply_and_add_give_what_the_earlier_package_gave() {
    for (name, node_type, param) in [("multiply", "MultiplyNode", "factor"), ("add", "AddNode", "addend")] {
        let cases = earlier(name);
        assert!(cases.as_array().unwrap().len() > 50);
        for case in cases.as_array().unwrap() {
            let mut bench = Bench::new(node_type, json!({param: case[0]}));
            let given = bench.one(Payload::from(case[1].clone())).into_json().unwrap();
            assert_eq!(given.to_string(), case[2].to_string(), "{name} {} {}", case[0], case[1]);
        }
    }
}

#[test]
fn the_defaults_are_those_of_the_earlier_package() {
    assert_eq!(Bench::new("Multiply", json!({})).one(21i64).payload.to_string(), "42.0");
    assert_eq!(Bench::new("Add", json!({})).one(21i64).payload.to_string(), "21.0");
}

#[test]
fn infinities_and_nan_pass_as_numbers() {
    let mut multiply = Bench::new("Multiply", json!({"factor": 2}));
    assert_eq!(multiply.one(f64::INFINITY).payload.to_string(), "inf");
    assert_eq!(multiply.one(f64::MAX).payload.to_string(), "inf");
    assert_eq!(multiply.one(f64::NAN).payload.to_string(), "NaN");
}

#[test]
fn a_whole_result_beyond_64_bits_is_an_error() {
    let mut multiply = Bench::new("Multiply", json!({"factor": 2}));
    assert_eq!(multiply.error(i64::MAX), "9223372036854775807 * 2 is beyond 64 bits");
    assert_eq!(multiply.error(Payload::from(json!([1, i64::MIN]))), "-9223372036854775808 * 2 is beyond 64 bits");
    let beyond = multiply.error(Payload::from(json!(u64::MAX)));
    assert_eq!(beyond, "expected a number, a list of numbers, audio or a tensor, found number beyond 63 bits");
    assert_eq!(
        multiply.error(Payload::from(json!([u64::MAX]))),
        "item 0 of the list is 18446744073709551615, expected a number within 64 bits"
    );
    assert_eq!(Bench::new("Add", json!({"addend": 1})).error(i64::MAX), "9223372036854775807 + 1 is beyond 64 bits");
}

#[test]
fn what_is_no_number_is_named() {
    let mut multiply = Bench::new("Multiply", json!({}));
    let expected = "expected a number, a list of numbers, audio or a tensor, found";
    assert_eq!(multiply.error("two"), format!("{expected} text"));
    assert_eq!(multiply.error(Payload::Null), format!("{expected} null"));
    assert_eq!(multiply.error(Payload::from(json!({"a": 1}))), format!("{expected} json object"));
    assert_eq!(
        multiply.error(Payload::from(json!([1, "a"]))),
        "item 1 of the list is \"a\", expected a number within 64 bits"
    );
    assert_eq!(
        multiply.error(Payload::from(json!([[1]]))),
        "item 0 of the list is [1], expected a number within 64 bits"
    );
    assert_eq!(
        multiply.error(Payload::from(json!([1e308]))),
        "item 0 of the list: 1e308 * 2.0 is inf, which a list cannot hold"
    );
}

#[test]
fn time_and_attributes_stay_with_the_result() {
    let packet = Packet::from(1.5).at(Timestamp::from_nanos(5)).with_attribute("unit", "dB");
    let given = Bench::new("Multiply", json!({"factor": 2})).one(packet);
    assert_eq!((given.pts, given.attribute("unit")), (Some(Timestamp::from_nanos(5)), Some(&json!("dB"))));
}

#[test]
fn audio_is_changed_in_place_when_nothing_else_holds_it() {
    let packet = Packet::new(Audio::from_f32(8000, 2, vec![0.1, -0.2, 0.3, 0.4]).unwrap());
    let before = address(&packet);
    let given = Bench::new("Multiply", json!({"factor": 0.5})).one(packet);
    assert_eq!(address(&given), before);
    assert_eq!(given.into_audio().unwrap().as_f32(), Some(&[0.05, -0.1, 0.15, 0.2][..]));
}

#[test]
fn audio_that_something_else_holds_is_left_as_it_is() {
    let held = Audio::from_f32(8000, 1, vec![0.5, 1.0]).unwrap();
    let given = Bench::new("Add", json!({"addend": 0.25})).one(held.clone());
    assert_eq!(given.into_audio().unwrap().as_f32(), Some(&[0.75, 1.25][..]));
    assert_eq!(held.as_f32(), Some(&[0.5, 1.0][..]));
}

#[test]
fn floating_point_tensors_keep_their_type_and_their_place() {
    let tensor = tensor(DType::F32, &[2, 2], vec![1.0f32, 2.0, 3.0, 4.0]);
    let packet = Packet::new(tensor);
    let before = address(&packet);
    let given = Bench::new("Multiply", json!({"factor": 3})).one(packet);
    assert_eq!(address(&given), before);
    assert_eq!(read::<f32>(given), (DType::F32, vec![2, 2], vec![3.0, 6.0, 9.0, 12.0]));
}

#[test]
fn whole_number_tensors_stay_whole_unless_the_operand_is_not() {
    let numbers = || tensor(DType::I16, &[3], vec![1i16, -2, 300]);
    let given = Bench::new("Multiply", json!({"factor": 2})).one(numbers());
    assert_eq!(read::<i16>(given), (DType::I16, vec![3], vec![2, -4, 600]));
    let given = Bench::new("Multiply", json!({"factor": 0.5})).one(numbers());
    assert_eq!(read::<f64>(given), (DType::F64, vec![3], vec![0.5, -1.0, 150.0]));
    let given = Bench::new("Calculator", json!({"operation": "divide", "operand": 2})).one(numbers());
    assert_eq!(read::<f64>(given), (DType::F64, vec![3], vec![0.5, -1.0, 150.0]));
}

#[test]
fn an_element_beyond_its_type_is_an_error() {
    let error = Bench::new("Multiply", json!({"factor": 2})).error(tensor(DType::U8, &[2], vec![100u8, 200]));
    assert_eq!(error, "200 * 2 is not a number of U8");
    let error = Bench::new("Multiply", json!({})).error(tensor(DType::Bool, &[1], vec![1u8]));
    assert_eq!(error, "tensor of Bool, expected whole or floating-point numbers");
}

#[test]
fn a_transposed_tensor_is_read_in_order() {
    let data = Buffer::from(vec![1i64, 2, 3, 4]);
    let transposed = Tensor::with_strides(DType::I64, vec![2, 2], vec![8, 16], 0, data).unwrap();
    let given = Bench::new("Add", json!({"addend": 10})).one(transposed);
    assert_eq!(read::<i64>(given), (DType::I64, vec![2, 2], vec![11, 13, 12, 14]));
}

#[test]
fn a_calculator_with_an_operation_applies_it_to_each_number() {
    let given = |operation: &str, operand: Value, value: Value| {
        let mut bench = Bench::new("Calculator", json!({"operation": operation, "operand": operand}));
        bench.one(Payload::from(value)).payload.to_string()
    };
    assert_eq!(given("add", json!(1), json!(2)), "3");
    assert_eq!(given("subtract", json!(0.5), json!(2)), "1.5");
    assert_eq!(given("multiply", json!(3), json!([1, 2.5])), "[3,7.5]");
    assert_eq!(given("divide", json!(2), json!(3)), "1.5");
    assert_eq!(given("power", json!(2), json!([3, -4])), "[9,16]");
    assert_eq!(given("modulo", json!(3), json!(-7)), "2");
}

#[test]
fn a_calculator_with_half_an_operation_is_refused() {
    let refusal = |params| Bench::refusal("Calculator", params);
    assert_eq!(refusal(json!({"operation": "add"})), "params: operation is given without operand");
    assert_eq!(refusal(json!({"operand": 1})), "params: operand is given without operation");
    assert_eq!(
        refusal(json!({"operation": "divide", "operand": 0.0})),
        "params: operand is 0, expected a number that can be divided by"
    );
    assert_eq!(
        refusal(json!({"operation": "root", "operand": 2})),
        "params.operation: unknown variant `root`, expected one of `add`, `multiply`, `subtract`, `divide`, `power`, \
         `modulo`"
    );
    assert_eq!(
        Bench::refusal("Multiply", json!({"factors": 2})),
        "params.factors: unknown field `factors`, expected `factor`"
    );
}

fn tensor<T: Pod + Send + Sync>(dtype: DType, shape: &[usize], elements: Vec<T>) -> Tensor {
    Tensor::new(dtype, shape.to_vec(), Buffer::from(elements)).unwrap()
}

fn read<T: Pod>(packet: Packet) -> (DType, Vec<usize>, Vec<T>) {
    let tensor = packet.into_tensor().unwrap();
    (tensor.dtype(), tensor.shape().to_vec(), tensor.to_contiguous().to_vec())
}
