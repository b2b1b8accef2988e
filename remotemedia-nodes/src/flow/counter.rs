//! Counter: gives a count for each packet.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// What [`Counter`] and [`StatefulCounter`] are told.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CounterParams {
    /// What the first packet gives.
    initial_value: i64,
}

/// Gives for each packet how many came before it, with the packet's time.
pub struct Counter {
    next: i64,
}

impl Counter {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Counter")
            .summary("Gives for each packet how many came before it")
            .ports(PayloadKind::Any, PayloadKind::Number)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// None; for the registry.
    pub fn new(params: CounterParams) -> NodeResult<Self> {
        Ok(Self { next: params.initial_value })
    }

    fn count(&mut self) -> NodeResult<i64> {
        let count = self.next;
        self.next =
            count.checked_add(1).ok_or_else(|| NodeError::new(format!("the count {count} is the last of 64 bits")))?;
        Ok(count)
    }
}

impl Node for Counter {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let count = self.count()?;
        out.emit(packet.with_payload(count))
    }
}

/// Counts as the earlier package's node of this name: each count is a list of one.
pub struct StatefulCounter(Counter);

impl StatefulCounter {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("StatefulCounter")
            .summary("Gives for each packet how many came before it, as a list of one")
            .ports(PayloadKind::Any, PayloadKind::Json)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// None; for the registry.
    pub fn new(params: CounterParams) -> NodeResult<Self> {
        Counter::new(params).map(Self)
    }
}

impl Node for StatefulCounter {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let count = self.0.count()?;
        out.emit(packet.with_payload(json!([count])))
    }
}
