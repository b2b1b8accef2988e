//! Filter: passes the packets whose value fulfils conditions.

use std::borrow::Cow;

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::condition::{Conditions, Subject};

/// What [`Filter`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterParams {
    /// Where in the value to look: a JSON pointer such as `/words/0/score`; the whole value if not given.
    #[serde(default)]
    field: String,
    /// The attribute of the packet to look at instead of its payload; `field` then points into it.
    #[serde(default)]
    attribute: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// Passes the packets whose value fulfils every condition; the others go to the port `rejected`, where it is connected, and are
/// dropped and counted by metrics otherwise.
///
/// A value that is not there fulfils no condition but `exists: false`.
pub struct Filter {
    params: FilterParams,
}

impl Filter {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Filter")
            .summary("Passes packets whose value, field or attribute fulfils conditions")
            .optional_output("rejected", PayloadKind::Any)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If there is no condition, or the field is not a JSON pointer.
    pub fn new(params: FilterParams) -> NodeResult<Self> {
        if params.conditions.is_empty() {
            return Err(NodeError::new(
                "params: no condition, expected one of above, at_least, below, at_most, equals, one_of, contains, exists",
            ));
        }
        if !params.field.is_empty() && !params.field.starts_with('/') {
            return Err(NodeError::new(format!(
                "params: field is \"{0}\", expected a JSON pointer such as \"/{0}\"",
                params.field
            )));
        }
        Ok(Self { params })
    }

    fn passes(&self, packet: &Packet) -> NodeResult<bool> {
        let FilterParams { field, attribute, conditions } = &self.params;
        if let Some(name) = attribute {
            let subject = packet.attribute(name).map_or(Subject::Missing, |value| Subject::in_json(value, field));
            return conditions.hold(subject);
        }
        let payload = match &packet.payload {
            Payload::Host(object) => Cow::Owned(object.to_payload()?),
            payload => Cow::Borrowed(payload),
        };
        conditions.hold(Subject::in_payload(&payload, field))
    }
}

impl Node for Filter {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        if self.passes(&packet)? {
            return out.emit(packet);
        }
        if out.is_taken(REJECTED) {
            return out.emit_to(REJECTED, packet);
        }
        out.count_dropped();
        Ok(())
    }
}

/// The output port of packets that do not pass.
const REJECTED: usize = 1;
