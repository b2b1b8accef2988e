//! The standard nodes, and the names of those that a build without their feature lacks.

use remotemedia_core::Registry;

use crate::this_machine::this_machine;

/// The standard nodes of this build, and what this machine has for nodes that say what they need.
///
/// A manifest that names a standard node of a family that is switched off gets an error that names the feature.
///
/// ```
/// let nodes = remotemedia::standard_nodes();
/// assert!(nodes.node_type("Resample").is_some());
/// ```
pub fn standard_nodes() -> Registry {
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry).expect("no two standard node types have the same name");
    declare(&mut registry);
    registry.set_machine(this_machine().clone());
    registry
}

/// Notes the feature of every standard node type; the note matters only where the type itself is not registered.
fn declare(registry: &mut Registry) {
    for (feature, names) in FAMILIES {
        names.iter().for_each(|name| registry.declare_missing(*name, *feature));
    }
}

/// The family of a standard node type.
#[cfg(feature = "pkg")]
pub(crate) fn family(node_type: &str) -> Option<&'static str> {
    FAMILIES.iter().find(|(_, names)| names.contains(&node_type)).map(|(family, _)| *family)
}

/// Each family of standard nodes: its feature, and every name and alias that it registers.
const FAMILIES: &[(&str, &[&str])] = &[
    ("math", &["Add", "AddNode", "Calculator", "CalculatorNode", "Multiply", "MultiplyNode"]),
    ("text", &["Text", "TextProcessor", "TextProcessorNode"]),
    (
        "flow",
        &[
            "Align",
            "Batch",
            "Buffer",
            "BufferNode",
            "Counter",
            "Filter",
            "Merge",
            "PassThrough",
            "PassThroughNode",
            "StatefulCounter",
            "Tee",
            "Throttle",
            "Unbatch",
        ],
    ),
    (
        "audio",
        &[
            "AudioBuffer",
            "AudioResampleNode",
            "AudioResampler",
            "AudioTransform",
            "ChannelMix",
            "Chunker",
            "EnergyVoiceActivity",
            "FormatConvert",
            "FormatConverterNode",
            "Gain",
            "LevelMeter",
            "Resample",
            "VADNode",
            "VoiceActivityDetector",
        ],
    ),
    ("file", &["AudioSource", "MediaReaderNode", "MediaWriterNode", "WavSink"]),
    ("device", &["AudioSink"]),
    ("onnx", &["Onnx", "VoiceActivity"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use remotemedia_core::Pipeline;

    #[test]
    fn a_node_of_a_family_that_is_switched_off_names_its_feature() {
        let mut registry = Registry::new();
        declare(&mut registry);
        let manifest = r#"{"version": "v1", "metadata": {"name": "p"}, "connections": [],
            "nodes": [{"id": "hear", "node_type": "VoiceActivity"}]}"#;
        let error = Pipeline::from_json(manifest, &registry).unwrap_err();
        let expected =
            r#"nodes[0].node_type "VoiceActivity" is not part of this build; switch on the cargo feature "onnx""#;
        assert_eq!(error.to_string(), expected);
    }

    #[cfg(all(
        feature = "math",
        feature = "text",
        feature = "flow",
        feature = "audio",
        feature = "file",
        feature = "device",
        feature = "onnx"
    ))]
    #[test]
    fn the_families_list_exactly_the_names_that_are_registered() {
        let registry = standard_nodes();
        let mut listed: Vec<&str> = FAMILIES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        listed.sort_unstable();
        assert_eq!(listed, registry.names());
    }
}
