//! Any text is read and built, or refused; what is read is written and read again unchanged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use remotemedia_core::graph::Graph;
use remotemedia_core::manifest::Manifest;

#[path = "../../remotemedia-core/tests/corpus/registry.rs"]
mod registry;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(manifest) = Manifest::parse(text) else { return };
    let again = Manifest::parse(&manifest.to_json());
    assert_eq!(again.expect("what was read can be read again"), manifest);
    if let Ok(graph) = Graph::build(&manifest, &registry::registry()) {
        assert!(graph.edges.iter().all(|edge| edge.from.node < edge.to.node), "an edge leads back");
    }
});
