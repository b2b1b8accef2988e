//! Buffer: gathers packets into lists, as the earlier package did.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::batch::{bundle, check_size};

/// What [`Buffer`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BufferParams {
    /// How many packets make a list.
    #[schemars(range(min = 1))]
    buffer_size: usize,
}

impl Default for BufferParams {
    fn default() -> Self {
        Self { buffer_size: 10 }
    }
}

/// Gathers packets into lists of `buffer_size`; the end of the stream gives a list of what is left, empty or not.
pub struct Buffer {
    size: usize,
    gathered: Vec<Packet>,
}

impl Buffer {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Buffer")
            .alias("BufferNode")
            .summary("Gathers packets into lists, the last of which may be empty")
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If the size is zero.
    pub fn new(params: BufferParams) -> NodeResult<Self> {
        check_size("buffer_size", params.buffer_size)?;
        Ok(Self { size: params.buffer_size, gathered: Vec::new() })
    }
}

impl Node for Buffer {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        self.gathered.push(packet);
        if self.gathered.len() < self.size { Ok(()) } else { self.flush(out) }
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        out.emit(bundle(std::mem::take(&mut self.gathered)))
    }

    fn interrupt(&mut self) {
        self.gathered.clear();
    }
}
