//! Runtimes: how they are set up, and what runs on them.

use std::sync::Arc;

use remotemedia::driver::SingleThreaded;
use remotemedia::prelude::*;

const DOUBLE: &str = r#"{"version": "v1", "metadata": {"name": "doubled"}, "connections": [],
    "nodes": [{"id": "double", "node_type": "Double"}]}"#;

fn nodes() -> Registry {
    let mut nodes = remotemedia::standard_nodes();
    nodes.register("Double", |_params| Ok(map(|x: f64| x * 2.0))).unwrap();
    nodes
}

fn doubled(runtime: &Runtime) -> Vec<String> {
    let outputs = runtime.run(DOUBLE, [Packet::from(1), Packet::from(2.5)]).unwrap();
    outputs.iter().map(ToString::to_string).collect()
}

#[test]
fn own_nodes_run_beside_the_standard_ones() {
    let runtime = Runtime::builder().registry(nodes()).workers(1).build().unwrap();
    assert_eq!(doubled(&runtime), ["2.0", "5.0"]);
    assert!(runtime.registry().node_type("Gain").is_some());
}

#[test]
fn a_single_threaded_runtime_gives_the_same_results() {
    let driver = Arc::new(SingleThreaded::new());
    let runtime = Runtime::builder().registry(nodes()).driver(driver).build().unwrap();
    assert!(!runtime.driver().is_threaded());
    assert_eq!(doubled(&runtime), ["2.0", "5.0"]);
}

#[test]
fn a_session_outlives_its_runtime() {
    let runtime = Runtime::builder().registry(nodes()).build().unwrap();
    let session = runtime.pipeline(DOUBLE).unwrap().start(runtime.driver()).unwrap();
    drop(runtime);
    session.send(None, 4.0, None).unwrap();
    session.finish();
    assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(_, packet) if packet.to_string() == "8.0"));
    assert!(matches!(session.recv(None, None).unwrap(), Received::End));
}

#[test]
fn clones_share_node_types_and_driver() {
    let runtime = Runtime::builder().registry(nodes()).build().unwrap();
    let clone = runtime.clone();
    assert!(Arc::ptr_eq(runtime.registry(), clone.registry()));
    assert!(Arc::ptr_eq(runtime.driver(), clone.driver()));
}

#[test]
fn a_manifest_with_an_unknown_node_is_refused_before_anything_runs() {
    let runtime = Runtime::new().unwrap();
    let error = runtime.pipeline(&DOUBLE.replace("Double", "Gian")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Graph);
    assert!(error.to_string().contains(r#"did you mean "Gain"?"#), "{error}");
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn sessions_run_on_the_tokio_runtime_of_the_host() {
    let handle = tokio::runtime::Handle::current();
    let runtime = Runtime::builder().registry(nodes()).on(handle).build().unwrap();
    let session = runtime.pipeline(DOUBLE).unwrap().launch(runtime.driver(), &SessionConfig::default()).unwrap();
    session.send_async(None, 3.0).await.unwrap();
    session.finish();
    let Received::Packet(_, packet) = session.recv_async(None).await.unwrap() else { panic!("nothing came out") };
    assert_eq!(packet.to_string(), "6.0");
}
