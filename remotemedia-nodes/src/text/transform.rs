//! Text: applies operations to each text.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::operation::Operation;

/// What [`Text`] is told.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TextParams {
    /// What to do with each text, one after the other; a count can only be the last.
    operations: Vec<Operation>,
    /// What is put before each text in the end.
    prefix: String,
    /// What is put behind each text in the end.
    suffix: String,
}

/// Applies operations to each text. A count gives a whole number.
pub struct Text {
    params: TextParams,
}

impl Text {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Text")
            .summary("Changes the case of text, takes words and spaces from it, counts")
            .ports(PayloadKind::Text, PayloadKind::Json)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If something is to be done with a count.
    pub fn new(params: TextParams) -> NodeResult<Self> {
        let count = params.operations.iter().position(|operation| operation.counts());
        let surrounded = !(params.prefix.is_empty() && params.suffix.is_empty());
        if count.is_some_and(|index| index + 1 < params.operations.len() || surrounded) {
            return Err(NodeError::new("params: a count is a number, expected it last and without prefix and suffix"));
        }
        Ok(Self { params })
    }
}

impl Node for Text {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let text = std::mem::replace(&mut packet.payload, Payload::Null).into_text()?;
        let TextParams { operations, prefix, suffix } = &self.params;
        if operations.is_empty() && prefix.is_empty() && suffix.is_empty() {
            return out.emit(packet.with_payload(text));
        }
        let changed = operations.iter().fold(Value::from(&*text), |value, operation| match value {
            Value::String(text) => operation.apply(&text),
            count => count,
        });
        let result = match changed {
            Value::String(text) => Payload::from(format!("{prefix}{text}{suffix}")),
            count => Payload::from(count),
        };
        out.emit(packet.with_payload(result))
    }
}
