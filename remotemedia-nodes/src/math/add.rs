//! Add: adds a number to what comes.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::elementwise;
use super::number::Number;
use super::operation::Operation;

/// What [`Add`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AddParams {
    /// What is added to each number.
    addend: serde_json::Number,
}

impl Default for AddParams {
    fn default() -> Self {
        Self { addend: serde_json::Number::from_f64(0.0).expect("0.0 is finite") }
    }
}

/// Adds a number to what comes: a number, a list of numbers, a tensor or audio.
///
/// As in Python, two whole numbers give a whole number, and a floating-point number makes the result one. A whole result
/// beyond 64 bits is an error.
pub struct Add {
    addend: Number,
}

impl Add {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Add")
            .alias("AddNode")
            .summary("Adds a number to numbers, to each number of lists, to tensors and audio")
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// None.
    pub fn new(params: AddParams) -> NodeResult<Self> {
        Ok(Self { addend: Number::from(&params.addend) })
    }
}

impl Node for Add {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let payload = std::mem::replace(&mut packet.payload, Payload::Null);
        let result = elementwise::apply(Operation::Add, self.addend, payload)?;
        out.emit(packet.with_payload(result))
    }
}
