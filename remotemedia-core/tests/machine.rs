//! Nodes that need more than the machine has, or another host, are found before anything runs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use remotemedia_core::machine::{GraphicsProcessor, Machine};
use remotemedia_core::manifest::GpuKind;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

fn machine(gpus: &[(GpuKind, Option<f64>)]) -> Machine {
    let gpu = |(kind, memory_gb): &(GpuKind, Option<f64>)| GraphicsProcessor { kind: *kind, memory_gb: *memory_gb };
    Machine { gpus: gpus.iter().map(gpu).collect(), cores: 4, arch: "x86_64".to_owned(), memory_gb: Some(16.0) }
}

/// The warnings for one node, or why it is refused.
fn placed(machine: Option<Machine>, fields: Value) -> Result<Vec<String>, String> {
    let mut nodes = Registry::new();
    nodes.register("Gain", |_params| Ok(map(|x: f64| x))).unwrap();
    if let Some(machine) = machine {
        nodes.set_machine(machine);
    }
    let mut node = json!({"id": "a", "node_type": "Gain"});
    node.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let manifest = json!({"version": "v1", "metadata": {"name": "p"}, "nodes": [node], "connections": []});
    let pipeline = Pipeline::from_json(&manifest.to_string(), &Registry::over(nodes.into()));
    pipeline.map(|pipeline| pipeline.graph().warnings.clone()).map_err(|error| error.to_string())
}

fn gpu(needed: Value) -> Value {
    json!({"capabilities": {"gpu": needed}})
}

#[test]
fn a_node_for_another_host_is_refused_without_remote_execution() {
    let expected = "nodes[0].host \"gpu-1:9000\": remote execution is not part of this build; without \"host\" the \
                    node runs here";
    assert_eq!(placed(Some(machine(&[])), json!({"host": "gpu-1:9000"})).unwrap_err(), expected);
}

#[test]
fn a_required_gpu_that_is_not_there_is_an_error_that_says_what_is() {
    let needed = gpu(json!({"type": "cuda", "min_memory_gb": 6}));
    let none = "nodes[0].capabilities.gpu: the node requires a cuda GPU with 6 GB, and this machine has none";
    assert_eq!(placed(Some(machine(&[])), needed.clone()).unwrap_err(), none);
    let other = machine(&[(GpuKind::Rocm, Some(16.0)), (GpuKind::Cuda, Some(4.0))]);
    let too_small = "nodes[0].capabilities.gpu: the node requires a cuda GPU with 6 GB, and this machine has rocm with \
                     16.0 GB, cuda with 4.0 GB";
    assert_eq!(placed(Some(other), needed).unwrap_err(), too_small);
}

#[test]
fn a_gpu_that_fits_or_whose_memory_is_not_known_is_taken() {
    let needed = json!({"type": "cuda", "min_memory_gb": 6});
    for memory_gb in [Some(8.0), None] {
        assert_eq!(placed(Some(machine(&[(GpuKind::Cuda, memory_gb)])), gpu(needed.clone())), Ok(vec![]));
    }
    let any = machine(&[(GpuKind::Metal, None)]);
    assert_eq!(placed(Some(any), gpu(json!({"type": "any"}))), Ok(vec![]));
}

#[test]
fn what_a_node_would_like_better_is_a_warning() {
    let wants = json!({"capabilities": {
        "gpu": {"type": "cuda", "required": false}, "cpu": {"cores": 8, "arch": "aarch64"}, "memory_gb": 32,
    }});
    let expected = [
        "nodes[0].capabilities.gpu: the node would use a cuda GPU, and this machine has none",
        "nodes[0].capabilities.cpu: the node asks for 8 cores, this machine has 4",
        "nodes[0].capabilities.cpu: the node is meant for aarch64, this machine is x86_64",
        "nodes[0].capabilities.memory_gb: the node asks for 32 GB, this machine has 16.0",
    ];
    assert_eq!(placed(Some(machine(&[])), wants).unwrap(), expected);
    let fits = json!({"capabilities": {"cpu": {"cores": 4, "arch": "any"}, "memory_gb": 16}});
    assert_eq!(placed(Some(machine(&[])), fits), Ok(vec![]));
}

#[test]
fn a_runtime_that_does_not_know_its_machine_says_so() {
    let expected = "nodes[0].capabilities.gpu is not checked: this runtime does not know its machine";
    assert_eq!(placed(None, gpu(json!({"type": "any"}))).unwrap(), [expected]);
    assert_eq!(placed(None, gpu(json!({"type": "any", "required": false}))), Ok(vec![]));
}

#[test]
fn warnings_that_hold_for_many_nodes_are_said_once_and_bounded() {
    let mut nodes = Registry::new();
    nodes.register("Gain", |_params| Ok(map(|x: f64| x))).unwrap();
    nodes.set_machine(machine(&[]));
    let entry = |n: u32, cores: u32| {
        let capabilities = json!({"cpu": {"cores": cores}});
        json!({"id": format!("n{n}"), "node_type": "Gain", "capabilities": capabilities})
    };
    let warnings = |entries: Vec<Value>| {
        let manifest = json!({"version": "v1", "metadata": {"name": "p"}, "nodes": entries, "connections": []});
        Pipeline::from_json(&manifest.to_string(), &nodes).unwrap().graph().warnings.clone()
    };
    let same = "nodes[0].capabilities.cpu: the node asks for 8 cores, this machine has 4; so on 300 nodes";
    assert_eq!(warnings((0..300).map(|n| entry(n, 8)).collect()), [same]);
    let different = warnings((0..300).map(|n| entry(n, 8 + n)).collect());
    assert_eq!((different.len(), different[100].as_str()), (101, "200 more nodes ask for more than this machine has"));
}
