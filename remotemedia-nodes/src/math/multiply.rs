//! Multiply: multiplies what comes by a factor.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::elementwise;
use super::number::Number;
use super::operation::Operation;

/// What [`Multiply`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MultiplyParams {
    /// What each number is multiplied by.
    factor: serde_json::Number,
}

impl Default for MultiplyParams {
    fn default() -> Self {
        Self { factor: serde_json::Number::from_f64(2.0).expect("2.0 is finite") }
    }
}

/// Multiplies what comes by a factor: a number, a list of numbers, a tensor or audio.
///
/// As in Python, two whole numbers give a whole number, and a floating-point number makes the result one. A whole result
/// beyond 64 bits is an error.
pub struct Multiply {
    factor: Number,
}

impl Multiply {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Multiply")
            .alias("MultiplyNode")
            .summary("Multiplies numbers, lists of numbers, tensors and audio by a factor")
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// None.
    pub fn new(params: MultiplyParams) -> NodeResult<Self> {
        Ok(Self { factor: Number::from(&params.factor) })
    }
}

impl Node for Multiply {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let payload = std::mem::replace(&mut packet.payload, Payload::Null);
        let result = elementwise::apply(Operation::Multiply, self.factor, payload)?;
        out.emit(packet.with_payload(result))
    }
}
