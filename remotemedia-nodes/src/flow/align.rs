//! Align: joins streams by time.

use std::sync::Arc;

use remotemedia_core::prelude::*;
use remotemedia_core::spec::PortSpec;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bundle::Bundle;
use super::matcher::{Found, Matcher};
use super::same_named_outputs;

/// What [`Align`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlignParams {
    /// By what packets belong together.
    by: By,
    /// How far the times of packets that belong together may lie apart, in milliseconds.
    tolerance_ms: f64,
    /// How many packets of each port may wait for the others.
    #[schemars(range(min = 1))]
    max_wait: usize,
    /// What happens to a packet that belongs to no other.
    unmatched: Unmatched,
}

/// By what packets belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Their presentation times.
    Time,
    /// Their sequence numbers, which must be equal.
    Number,
}

/// What happens to a packet that belongs to no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unmatched {
    /// It is dropped, and counted by metrics and in the attribute `unmatched` of the next set.
    Drop,
    /// It is given alone on the port of its name, with the attribute `unmatched` true.
    Pass,
    /// It ends the session with an error.
    Error,
}

impl Default for AlignParams {
    fn default() -> Self {
        Self { by: By::Time, tolerance_ms: 5.0, max_wait: 256, unmatched: Unmatched::Drop }
    }
}

/// Joins streams by time: one packet of each input port, whose times lie within a tolerance, makes a set.
///
/// Connections name the input ports. Each packet of a set is given on the output port of its input port's name, and all
/// get the same sequence number; the port `out` gives the set as one packet, a JSON object where the values are JSON.
/// Which packets belong together does not depend on how the streams arrive beside each other, as long as none is more
/// than `max_wait` packets ahead.
pub struct Align {
    params: AlignParams,
    names: Arc<[String]>,
    outputs: Vec<Option<usize>>,
    matcher: Matcher<Packet>,
    sets: u64,
    dropped: u64,
}

impl Align {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        let mut spec = NodeSpec::new("Align")
            .summary("Joins streams by time: one packet of each input port makes a set")
            .inputs(&[])
            .extra_inputs(PayloadKind::Any)
            .extra_outputs(PayloadKind::Any);
        spec.outputs = vec![PortSpec { optional: true, ..PortSpec::new("out", PayloadKind::Any) }];
        spec
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: AlignParams) -> NodeResult<Self> {
        if !(params.tolerance_ms >= 0.0 && params.tolerance_ms.is_finite()) {
            return Err(NodeError::new(format!("params: tolerance_ms is {}, expected 0 or more", params.tolerance_ms)));
        }
        super::batch::check_size("max_wait", params.max_wait)?;
        let matcher = Matcher::new(0, 0, 0);
        Ok(Self { params, names: Arc::default(), outputs: Vec::new(), matcher, sets: 0, dropped: 0 })
    }

    fn key(&self, packet: &Packet, port: usize) -> NodeResult<u64> {
        let (key, what) = match self.params.by {
            By::Time => (packet.pts.map(Timestamp::as_nanos), "time"),
            By::Number => (packet.seq, "number"),
        };
        key.ok_or_else(|| {
            NodeError::new(format!("a packet on port \"{}\" has no {what} to align it by", self.names[port]))
        })
    }

    fn take(&mut self, found: Found<Packet>, out: &mut Outputs<'_>) -> NodeResult {
        match found {
            Found::Set(packets) => self.give(packets, out),
            Found::Single(port, packet) => self.give_up(port, packet, out),
        }
    }

    fn give(&mut self, mut packets: Vec<Packet>, out: &mut Outputs<'_>) -> NodeResult {
        self.sets += 1;
        let dropped = std::mem::take(&mut self.dropped);
        for packet in &mut packets {
            packet.seq = Some(self.sets);
            if dropped > 0 {
                *packet = std::mem::replace(packet, Packet::new(Payload::Null)).with_attribute("unmatched", dropped);
            }
        }
        // The bundle goes first, so that its hold on the packets is gone when they go their own ways.
        out.emit(self.bundle(packets.clone()))?;
        let ports = self.outputs.iter().zip(packets).filter_map(|(port, packet)| Some(((*port)?, packet)));
        ports.into_iter().try_for_each(|(port, packet)| out.emit_to(port, packet))
    }

    /// The set as one packet, which begins with its earliest.
    fn bundle(&self, packets: Vec<Packet>) -> Packet {
        let earliest = packets.iter().min_by_key(|packet| packet.pts).cloned();
        let earliest = earliest.unwrap_or_else(|| Packet::new(Payload::Null));
        let uninterruptible = packets.iter().any(|packet| packet.uninterruptible);
        let mut bundle = earliest.with_payload(Bundle::named(packets, Arc::clone(&self.names)));
        bundle.uninterruptible = uninterruptible;
        bundle
    }

    fn give_up(&mut self, port: usize, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        match (self.params.unmatched, self.outputs[port]) {
            (Unmatched::Pass, Some(output)) => out.emit_to(output, packet.with_attribute("unmatched", true)),
            (Unmatched::Error, _) => Err(self.alone(port, &packet)),
            _ => {
                self.dropped += 1;
                out.count_dropped();
                Ok(())
            }
        }
    }

    fn alone(&self, port: usize, packet: &Packet) -> NodeError {
        let name = &self.names[port];
        let at = match (self.params.by, packet.pts, packet.seq) {
            (By::Time, Some(pts), _) => format!("at {pts}"),
            (_, _, seq) => format!("with number {}", seq.unwrap_or_default()),
        };
        NodeError::new(format!("the packet {at} on port \"{name}\" belongs to none of the other ports"))
    }
}

impl Node for Align {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        if cx.inputs.len() < 2 {
            return Err(NodeError::new(format!(
                "{} input ports, expected at least 2: connect them by name, such as {1}.left and {1}.right",
                cx.inputs.len(),
                cx.node
            )));
        }
        let strange = cx.outputs.iter().skip(1).find(|output| !cx.inputs.contains(output));
        if let Some(output) = strange {
            return Err(NodeError::new(format!("output port \"{output}\" has no input port of its name")));
        }
        if cx.inputs.iter().any(|input| input == "out") {
            return Err(NodeError::new("an input port is called \"out\", which is the port that gives whole sets"));
        }
        let tolerance = match self.params.by {
            By::Time => Span::from_secs_f64(self.params.tolerance_ms / 1000.0).as_nanos(),
            By::Number => 0,
        };
        self.names = cx.inputs.clone().into();
        self.outputs = same_named_outputs(cx);
        self.matcher = Matcher::new(cx.inputs.len(), tolerance, self.params.max_wait);
        Ok(())
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let port = out.input_port();
        let key = self.key(&packet, port)?;
        self.matcher.push(port, key, packet);
        while let Some(found) = self.matcher.next() {
            self.take(found, out)?;
        }
        Ok(())
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        while let Some(found) = self.matcher.leftover() {
            self.take(found, out)?;
        }
        Ok(())
    }

    fn interrupt(&mut self) {
        self.matcher.clear();
    }
}
