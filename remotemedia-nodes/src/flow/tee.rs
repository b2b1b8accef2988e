//! Tee: gives each packet on every port.

use remotemedia_core::prelude::*;
use remotemedia_core::spec::PortSpec;
use schemars::JsonSchema;
use serde::Deserialize;

/// What [`Tee`] is told: nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeeParams {}

/// Gives each packet on every output port; no bytes are copied.
pub struct Tee {
    ports: usize,
}

impl Tee {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        let mut spec = NodeSpec::new("Tee")
            .summary("Gives each packet on every output port, whatever the ports are called")
            .extra_outputs(PayloadKind::Any);
        spec.outputs = vec![PortSpec { optional: true, ..PortSpec::new("out", PayloadKind::Any) }];
        spec
    }

    /// A node.
    ///
    /// # Errors
    /// None; for the registry.
    pub fn new(_params: TeeParams) -> NodeResult<Self> {
        Ok(Self { ports: 1 })
    }
}

impl Node for Tee {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.ports = cx.outputs.len();
        Ok(())
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        (1..self.ports).try_for_each(|port| out.emit_to(port, packet.clone()))?;
        out.emit(packet)
    }
}
