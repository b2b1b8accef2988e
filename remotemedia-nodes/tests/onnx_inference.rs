//! Onnx: tensors go through small models, by port name or one by one, and what does not fit is named.
#![cfg(feature = "onnx")]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::Pod;
use remotemedia_core::buffer::Buffer;
use remotemedia_core::driver::SingleThreaded;
use remotemedia_core::outputs::collect;
use remotemedia_core::prelude::*;
use remotemedia_core::tensor::{DType, Tensor};
use serde_json::{Value, json};

#[test]
fn a_model_with_one_input_takes_any_number_of_rows() {
    let mut node = node("affine", json!({}), &["in"], &["out"]).unwrap();
    for rows in [1, 2, 5] {
        let x = tensor(DType::F32, &[rows, 3], vec![1.0f32; rows * 3]);
        let given = run(&mut node, vec![(0, x)]).unwrap();
        assert_eq!(given.len(), 1);
        let y = given[0].1.clone().into_tensor().unwrap();
        assert_eq!((y.dtype(), y.shape()), (DType::F32, &[rows, 2][..]));
        assert_eq!(y.buffer().to_vec::<f32>(), [6.5, 59.5].repeat(rows));
    }
}

#[test]
fn the_envelope_of_the_input_goes_on() {
    let mut node = node("affine", json!({}), &["in"], &["out"]).unwrap();
    let packet = Packet::new(tensor(DType::F32, &[1, 3], vec![0.0f32; 3]))
        .at(Timestamp::from_nanos(7))
        .lasting(Span::from_nanos(3))
        .with_attribute("speaker", "rms");
    let (_, given) = collect(0, |out| node.process(packet, out)).unwrap();
    let given = &given[0].1;
    assert_eq!((given.pts, given.duration), (Some(Timestamp::from_nanos(7)), Some(Span::from_nanos(3))));
    assert_eq!(given.attribute("speaker"), Some(&json!("rms")));
    assert_eq!(given.attribute("output"), None);
}

#[test]
fn a_view_with_strides_is_read_in_order() {
    let mut node = node("affine", json!({}), &["in"], &["out"]).unwrap();
    let data = Buffer::from(vec![1.0f32, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let transposed = Tensor::with_strides(DType::F32, vec![2, 3], vec![4, 8], 0, data).unwrap();
    let given = run(&mut node, vec![(0, transposed)]).unwrap();
    let y = given[0].1.clone().into_tensor().unwrap();
    assert_eq!(y.buffer().to_vec::<f32>(), [1.5, 9.5, 2.5, 19.5]);
}

#[test]
fn several_inputs_are_fed_by_the_ports_of_their_names_and_outputs_come_named() {
    let mut node = node("pair", json!({}), &["in", "a", "b"], &["out"]).unwrap();
    let a = || tensor(DType::F32, &[2], vec![1.0f32, 5.0]);
    let b = || tensor(DType::I64, &[2], vec![2i64, 3]);
    assert_eq!(run(&mut node, vec![(2, b())]).unwrap().len(), 0);
    let given = run(&mut node, vec![(1, a())]).unwrap();
    let named: Vec<_> =
        given.iter().map(|(port, packet)| (*port, packet.attribute("output").unwrap().clone())).collect();
    assert_eq!(named, [(0, json!("sum")), (0, json!("largest")), (0, json!("more"))]);
    let tensors: Vec<_> = given.into_iter().map(|(_, packet)| packet.into_tensor().unwrap()).collect();
    assert_eq!(tensors[0].buffer().to_vec::<f32>(), [3.0, 8.0]);
    assert_eq!((tensors[1].dtype(), tensors[1].shape().len()), (DType::I64, 0));
    assert_eq!(tensors[1].buffer().to_vec::<i64>(), [1]);
    assert_eq!((tensors[2].dtype(), tensors[2].buffer().as_bytes()), (DType::Bool, &[0u8, 1][..]));
}

#[test]
fn an_output_with_a_port_of_its_own_comes_there_alone() {
    let mut node = node("pair", json!({"constants": {"b": [2, 3]}}), &["in"], &["out", "more", "sum"]).unwrap();
    let given = run(&mut node, vec![(0, tensor(DType::F32, &[2], vec![1.0f32, 5.0]))]).unwrap();
    let ports: Vec<_> =
        given.iter().map(|(port, packet)| (*port, packet.clone().into_tensor().unwrap().dtype())).collect();
    assert_eq!(ports, [(0, DType::I64), (1, DType::Bool), (2, DType::F32)]);
    assert!(given.iter().all(|(_, packet)| packet.attribute("output").is_none()));
}

#[test]
fn chosen_outputs_come_in_the_chosen_order() {
    let params = json!({"outputs": ["more", "sum"], "constants": {"b": [2, 3]}});
    let mut node = node("pair", params, &["in"], &["out"]).unwrap();
    let given = run(&mut node, vec![(0, tensor(DType::F32, &[2], vec![1.0f32, 5.0]))]).unwrap();
    let named: Vec<_> = given.iter().map(|(_, packet)| packet.attribute("output").unwrap().clone()).collect();
    assert_eq!(named, [json!("more"), json!("sum")]);
}

#[test]
fn tensors_pair_in_the_order_they_came() {
    let mut node = node("pair", json!({"outputs": ["sum"]}), &["in", "a", "b"], &["out"]).unwrap();
    let a = |value: f32| (1, tensor(DType::F32, &[2], vec![value; 2]));
    let b = |value: i64| (2, tensor(DType::I64, &[2], vec![value; 2]));
    let given = run(&mut node, vec![a(1.0), a(2.0), a(3.0), b(10), b(20), b(30)]).unwrap();
    let sums: Vec<f32> =
        given.into_iter().map(|(_, packet)| packet.into_tensor().unwrap().buffer().to_vec::<f32>()[0]).collect();
    assert_eq!(sums, [11.0, 22.0, 33.0]);
}

#[test]
fn every_supported_type_of_element_comes_back_as_it_went_in() {
    let mut node = node("types", json!({}), &TYPES.map(|(port, _)| port), &["out"]).unwrap();
    let went: Vec<Tensor> = vec![
        tensor(DType::I64, &[2], vec![-5i64, 1 << 30]),
        tensor(DType::I32, &[2], vec![-5i32, i32::MAX]),
        tensor(DType::I8, &[2], vec![-5i8, 127]),
        tensor(DType::U8, &[2], vec![5u8, 255]),
        tensor(DType::Bool, &[2], vec![0u8, 1]),
        tensor(DType::F64, &[2], vec![-0.5f64, 1024.0]),
        tensor(DType::F16, &[2], vec![0x3c00u16, 0xc000]),
    ];
    let given = run(&mut node, went.iter().cloned().enumerate().map(|(i, tensor)| (i + 1, tensor)).collect()).unwrap();
    let came: Vec<Tensor> = given.into_iter().map(|(_, packet)| packet.into_tensor().unwrap()).collect();
    assert_eq!(came, went);
}

#[test]
fn what_does_not_fit_is_named_with_what_is_expected() {
    let refused = |tensor| {
        let mut node = node("affine", json!({}), &["in"], &["out"]).unwrap();
        run(&mut node, vec![(0, tensor)]).unwrap_err().to_string()
    };
    assert_eq!(
        refused(tensor(DType::F64, &[1, 3], vec![0.0f64; 3])),
        "input \"x\": tensor of F64 [1, 3], expected F32 [batch, 3]"
    );
    assert_eq!(
        refused(tensor(DType::F32, &[3], vec![0.0f32; 3])),
        "input \"x\": tensor of F32 [3], expected F32 [batch, 3]"
    );
    assert_eq!(
        refused(tensor(DType::F32, &[1, 4], vec![0.0f32; 4])),
        "input \"x\": tensor of F32 [1, 4], expected F32 [batch, 3]"
    );
    let mut node = node("affine", json!({}), &["in"], &["out"]).unwrap();
    let error = collect(0, |out| node.process(Packet::from(1.5), out)).unwrap_err();
    assert_eq!(error.message(), "expected tensor, found number");
}

#[test]
fn a_number_that_the_runtime_cannot_hold_is_refused() {
    let mut node = node("pair", json!({"constants": {"a": [1, 2]}}), &["in"], &["out"]).unwrap();
    let error = run(&mut node, vec![(0, tensor(DType::I64, &[2], vec![1i64, 1 << 31]))]).unwrap_err();
    assert_eq!(error.message(), "the number 2147483648 is beyond 32 bits, which models run with");
}

#[test]
fn tensors_without_partners_are_reported_at_the_end() {
    let mut node = node("pair", json!({}), &["in", "a", "b"], &["out"]).unwrap();
    run(&mut node, vec![(1, tensor(DType::F32, &[2], vec![0.0f32; 2]))]).unwrap();
    let error = collect(0, |out| node.flush(out)).unwrap_err();
    assert_eq!(error.message(), "the stream ended with 1 tensors for input \"a\" without partners");
    collect(0, |out| node.flush(out)).unwrap();
}

#[test]
fn one_input_cannot_run_ahead_without_bound() {
    let mut node = node("pair", json!({}), &["in", "a", "b"], &["out"]).unwrap();
    let a = || (1, tensor(DType::F32, &[2], vec![0.0f32; 2]));
    run(&mut node, (0..64).map(|_| a()).collect()).unwrap();
    let error = run(&mut node, vec![a()]).unwrap_err();
    assert_eq!(error.message(), "64 tensors wait for partners at input \"a\", the most allowed");
    node.interrupt();
    run(&mut node, vec![a()]).unwrap();
}

#[test]
fn names_that_the_model_does_not_have_are_refused() {
    let (pair, dir) = (model("pair"), model("pair").display().to_string());
    assert!(pair.is_file());
    let refused =
        |params, inputs: &[&str], outputs: &[&str]| node("pair", params, inputs, outputs).err().unwrap().to_string();
    assert_eq!(refused(json!({}), &["in", "c"], &["out"]), format!("model {dir} takes no \"c\", it takes: a, b"));
    assert_eq!(
        refused(json!({"input": "c"}), &["in"], &["out"]),
        format!("model {dir} takes no \"c\", it takes: a, b")
    );
    assert_eq!(
        refused(json!({"constants": {"c": 1}}), &["in", "a", "b"], &["out"]),
        format!("model {dir} takes no \"c\", it takes: a, b")
    );
    let gives = format!("model {dir} gives no \"difference\", it gives: sum, largest, more");
    assert_eq!(refused(json!({}), &["in", "a", "b"], &["out", "difference"]), gives);
    assert_eq!(refused(json!({"outputs": ["difference"]}), &["in", "a", "b"], &["out"]), gives);
    assert_eq!(
        refused(json!({}), &["in"], &["out"]),
        format!("model {dir} has inputs that nothing feeds: a, b; connect ports of these names or give constants")
    );
    assert_eq!(
        refused(json!({"input": "a"}), &["in"], &["out"]),
        format!("model {dir} has inputs that nothing feeds: b; connect ports of these names or give constants")
    );
}

#[test]
fn a_constant_that_does_not_fit_is_named() {
    let refused = |b| node("pair", json!({"constants": {"b": b}}), &["in"], &["out"]).err().unwrap().to_string();
    assert_eq!(refused(json!([1.5, 2])), "params: constants.b: found 1.5, expected a number of I64");
    assert_eq!(refused(json!([1, 2, 3])), "input \"b\": tensor of I64 [3], expected I64 [2]");
}

#[test]
fn a_missing_model_says_where_it_was_looked_for() {
    let error = try_node(json!({"model": "/nowhere/model.onnx"}), &["in"], &["out"]).err().unwrap();
    assert_eq!(error.message(), "no model file at /nowhere/model.onnx; give the path of an .onnx file");
}

#[test]
fn a_network_of_another_kind_is_not_taken_for_voice_activity() {
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry).unwrap();
    let params = json!({"model": model("affine")});
    let factory = &registry.node_type("VoiceActivity").unwrap().factory;
    let AnyNode::Sync(mut node) = factory.create(params.as_object().unwrap()).unwrap() else {
        panic!("the node is synchronous")
    };
    let error = node.initialize(&context(&["in"], &["out", "probability"])).unwrap_err();
    assert_eq!(
        error.message(),
        format!(
            "model {} takes (x) and gives (y), expected a Silero network that takes (input, state) and gives \
             (output, stateN)",
            model("affine").display()
        )
    );
}

const TYPES: [(&str, DType); 8] = [
    ("in", DType::F32),
    ("i64_in", DType::I64),
    ("i32_in", DType::I32),
    ("i8_in", DType::I8),
    ("u8_in", DType::U8),
    ("bool_in", DType::Bool),
    ("f64_in", DType::F64),
    ("f16_in", DType::F16),
];

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).with_extension("onnx")
}

fn node(name: &str, mut params: Value, inputs: &[&str], outputs: &[&str]) -> NodeResult<Box<dyn Node>> {
    params["model"] = json!(model(name));
    try_node(params, inputs, outputs)
}

fn try_node(params: Value, inputs: &[&str], outputs: &[&str]) -> NodeResult<Box<dyn Node>> {
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry)?;
    let factory = &registry.node_type("Onnx").unwrap().factory;
    let AnyNode::Sync(mut node) = factory.create(params.as_object().unwrap())? else {
        panic!("the node is synchronous")
    };
    node.initialize(&context(inputs, outputs))?;
    Ok(node)
}

fn context(inputs: &[&str], outputs: &[&str]) -> NodeContext {
    let names = |ports: &[&str]| ports.iter().map(|port| (*port).to_owned()).collect();
    NodeContext {
        pipeline: "test".into(),
        node: "model".into(),
        session: 1,
        inputs: names(inputs),
        outputs: names(outputs),
        driver: Arc::new(SingleThreaded::new()),
    }
}

fn tensor<T: Pod + Send + Sync>(dtype: DType, shape: &[usize], elements: Vec<T>) -> Tensor {
    Tensor::new(dtype, shape.to_vec(), Buffer::from(elements)).unwrap()
}

fn run(node: &mut Box<dyn Node>, tensors: Vec<(usize, Tensor)>) -> NodeResult<Vec<(usize, Packet)>> {
    let mut all = Vec::new();
    for (port, tensor) in tensors {
        let (_, given) = collect(port, |out| node.process(Packet::new(tensor), out))?;
        all.extend(given);
    }
    Ok(all)
}
