//! PassThrough: gives each packet as it came.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// What [`PassThrough`] is told: nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassThroughParams {}

/// Gives each packet as it came.
pub struct PassThrough;

impl PassThrough {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("PassThrough").alias("PassThroughNode").summary("Gives each packet as it came")
    }

    /// A node.
    ///
    /// # Errors
    /// None; for the registry.
    pub fn new(_params: PassThroughParams) -> NodeResult<Self> {
        Ok(Self)
    }
}

impl Node for PassThrough {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        out.emit(packet)
    }
}
