//! Merge: gives the packets of every port in the order in which they come.

use remotemedia_core::prelude::*;
use remotemedia_core::spec::PortSpec;
use schemars::JsonSchema;
use serde::Deserialize;

/// What [`Merge`] is told.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MergeParams {
    /// The attribute that gets the name of the port on which a packet came; none if not given.
    label: Option<String>,
}

/// Gives the packets of every input port in the order in which they come; no bytes are copied.
pub struct Merge {
    label: Option<String>,
    ports: Vec<String>,
}

impl Merge {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        let mut spec = NodeSpec::new("Merge")
            .summary("Gives the packets of every input port as they come, whatever the ports are called")
            .extra_inputs(PayloadKind::Any);
        spec.inputs = vec![PortSpec { optional: true, ..PortSpec::new("in", PayloadKind::Any) }];
        spec
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// None; for the registry.
    pub fn new(params: MergeParams) -> NodeResult<Self> {
        Ok(Self { label: params.label, ports: Vec::new() })
    }
}

impl Node for Merge {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.ports.clone_from(&cx.inputs);
        Ok(())
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        match (&self.label, self.ports.get(out.input_port())) {
            (Some(label), Some(port)) => out.emit(packet.with_attribute(label, port.as_str())),
            _ => out.emit(packet),
        }
    }
}
